"""Where tests keep their files, and what is dear to make: made once a run, and copied by whoever needs it."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH = 2 << 30


def memory() -> Path | None:
    """A folder in memory, where no commit waits for a disk; None where there is none or hardly any.

    What a killed process wrote is there all the same. Only a power cut would show the difference.
    """
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
        return MEMORY
    return None


class Shelf:
    """A folder that all workers of a run share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, name: str, make: Callable[[Path], None]) -> Path:
        """What stands under this name: made by the first to ask while the others wait, written to by none."""
        path = self._folder / name
        with (self._folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                unfinished = self._folder / f"{name}.unfinished"
                make(unfinished)
                unfinished.rename(path)
        return path
