"""`homestretch` in processes of their own, forked from one that has loaded it.

Loading takes a second and a half of a core, and the tests start it a hundred times.

What runs is the command itself, `homestretch.cli.main`, with the environment it is given and nothing else.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).parent.parent
KEPT = ("PATH", "HOME", "LANG")
BETWEEN_LOOKS_SECONDS = 0.02


def bare_environment() -> dict[str, str]:
    """What every process needs, and nothing of ours."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}


class Nursery:
    """Starts processes, one order after the other."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.nursery"],
            env=bare_environment(),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._one_at_a_time = threading.Lock()

    def start(
        self, words: Sequence[str], environ: Mapping[str, str], folder: Path, typed: str = ""
    ) -> "Child":
        """`homestretch` with these words. What it says is kept in the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (("typed", typed), ("stdout", ""), ("stderr", "")):
            (folder / name).write_text(text)
        order = {"words": list(words), "environ": dict(environ), "folder": str(folder)}
        return Child(self, self.ask(order), folder)

    def ask(self, order: dict[str, Any]) -> Any:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        with self._one_at_a_time:
            self._parent.stdin.write(json.dumps(order) + "\n")
            self._parent.stdin.flush()
            return json.loads(self._parent.stdout.readline())

    def close(self) -> None:
        self._parent.communicate(timeout=20)


class Child:
    """One of them, with the part of `subprocess.Popen` that tests use."""

    def __init__(self, nursery: Nursery, pid: int, folder: Path) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery
        self._folder = folder

    @property
    def stdout(self) -> str:
        """All it has said so far."""
        return (self._folder / "stdout").read_text("utf-8")

    @property
    def stderr(self) -> str:
        return (self._folder / "stderr").read_text("utf-8")

    def poll(self) -> int | None:
        """Its exit code, the negative number of the signal that killed it, or None while it runs."""
        if self.returncode is None:
            self.returncode = self._nursery.ask({"ended": self.pid})
        return self.returncode

    def wait(self, timeout: float) -> int:
        give_up = time.monotonic() + timeout
        while (code := self.poll()) is None:
            assert time.monotonic() < give_up, f"It does not end.\n{self.stderr}"
            time.sleep(BETWEEN_LOOKS_SECONDS)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def _take_orders(orders: TextIO) -> dict[str, Any] | None:
    """Returns an order in the child that is to carry it out, and None when there are no more."""
    for line in orders:
        order: dict[str, Any] = json.loads(line)
        if "ended" in order:
            pid, status = os.waitpid(order["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if answer == 0:
                return order
        print(json.dumps(answer), flush=True)
    return None


def _become(order: dict[str, Any]) -> None:
    """The process that was ordered: its words, its environment, and its own three files."""
    folder = Path(order["folder"])
    os.environ.clear()
    os.environ.update(order["environ"])
    time.tzset()
    for number, file in enumerate(
        (
            os.open(folder / "typed", os.O_RDONLY),
            os.open(folder / "stdout", os.O_WRONLY),
            os.open(folder / "stderr", os.O_WRONLY),
        )
    ):
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["homestretch", *order["words"]]


if __name__ == "__main__":
    from homestretch.cli import main
    from homestretch.garbage import collect_seldom

    collect_seldom()
    # Not from `sys.stdin`, which is the child's to read.
    if (order := _take_orders(os.fdopen(os.dup(0)))) is not None:
        _become(order)
        main(order["words"])
