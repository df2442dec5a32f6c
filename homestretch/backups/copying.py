"""A whole database as one file, while it is in use; and back."""

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, inspect, make_url

from care.db import Database
from care.errors import Refused

# The workers' own tables (scheduler.cluster_tables) are made anew by `homestretch migrate`.
NOT_COPIED = "procrastinate"


def copy_out(database: Database, to: Path) -> None:
    """A consistent copy as of one moment, checked. Writers are not held up.

    Raises Refused where the copy is not sound, or PostgreSQL's own tools are missing or fail.
    """
    url = database.engine.url
    if database.is_sqlite:
        _copy_sqlite(Path(url.database or ""), to)
    else:
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--exclude-schema={NOT_COPIED}"]
        _run("pg_dump", [*options, f"--file={to}"], url)


def _copy_sqlite(source: Path, to: Path) -> None:
    """SQLite's online backup in one step: it reads one snapshot, which the write-ahead log keeps for it."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(to)) as copy:
        live.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")
        verdicts = [row[0] for row in copy.execute("PRAGMA integrity_check")]
        orphans = copy.execute("PRAGMA foreign_key_check").fetchall()
    if verdicts != ["ok"] or orphans:
        raise Refused("The database does not pass its own integrity check. See docs/operations.md, Backups.")


def check_is_empty(database: Database) -> None:
    """PostgreSQL alone: tables that are there already are never overwritten. Raises Refused."""
    if inspect(database.engine).get_table_names():
        raise Refused(
            "The PostgreSQL database holds tables. Make an empty one, name it in HOMESTRETCH_DATABASE_URL, "
            "and restore again."
        )


def copy_in(database_url: str, file: Path) -> None:
    """Put the copy in its place; SQLite's place must be free. Raises Refused as `copy_out` does."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        target = Path(url.database or "")
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.chmod(0o600)
        os.replace(file, target)
        return
    _run(
        "pg_restore",
        ["--no-owner", "--no-privileges", "--single-transaction", f"--dbname={url.database}", str(file)],
        url,
    )


def _run(tool: str, options: list[str], url: URL) -> None:
    """The password goes by the environment: a process list shows what follows a command."""
    environ = os.environ | {"PGPASSWORD": url.password or "", "PGDATABASE": url.database or ""}
    where = [
        f"--{name}={value}"
        for name, value in (("host", url.host), ("port", url.port), ("username", url.username))
        if value
    ]
    try:
        done = subprocess.run(  # noqa: S603 (a fixed program; no shell)
            [tool, *where, "--no-password", *options],
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise Refused(f"{tool} is not installed. It comes with PostgreSQL's client programs.") from None
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise Refused(f"{tool} failed: {lines[0] if lines else 'it did not say why'}")
