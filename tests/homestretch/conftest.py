"""The command line, as an operator types it: a process of its own on a data directory of its own."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.nursery import Child, Nursery, bare_environment

PASSWORD = "correct horse battery staple"


@dataclass
class Shell:
    """Types `homestretch ...` with this environment and nothing else of ours."""

    nursery: Nursery
    folder: Path
    environ: dict[str, str]

    def __call__(self, *words: str, typed: str = "", **environ: str) -> Child:
        whole = bare_environment() | self.environ | environ
        done = self.nursery.start(words, whole, Path(mkdtemp(dir=self.folder)), typed)
        done.wait(120)
        return done


@pytest.fixture
def shell(nursery: Nursery, tmp_path: Path) -> Shell:
    return Shell(nursery, tmp_path, {"HOMESTRETCH_DATA_DIR": str(tmp_path / "var")})


def init(shell: Shell) -> Child:
    return shell(
        "init",
        *("--practice", "Harbour Clinic", "--timezone", "Europe/London", "--country", "GB"),
        *("--admin-email", "ada@harbour.example", "--admin-password-stdin"),
        typed=PASSWORD + "\n",
    )
