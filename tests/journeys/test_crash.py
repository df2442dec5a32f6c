"""A few kills of the real sender, counted at the provider (`bench/crash.py` does it by the hundred)."""

from pathlib import Path

import pytest

from bench.crash import crash
from tests.postgres import PostgresServer


@pytest.mark.parametrize("aim", ["random", "accepted"])
def test_killing_the_sender_loses_nothing_and_doubles_nothing(aim: str, tmp_path: Path) -> None:
    outcome = crash(f"sqlite:///{tmp_path / 'crash.db'}", 4, aim=aim, with_faults=True, seed=7)

    assert outcome.is_clean, str(outcome)
    assert outcome.owed == 12


def test_the_same_holds_on_postgresql(postgres_server: PostgresServer) -> None:
    url = postgres_server.create("crash")

    outcome = crash(url, 4, aim="accepted", with_faults=True, seed=7)

    assert outcome.is_clean, str(outcome)
    postgres_server.drop("crash")
