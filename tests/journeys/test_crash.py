"""A few kills of the real sender, counted at the provider (`bench/crash.py` does it by the hundred)."""

from pathlib import Path

import pytest

from bench.crash import MUST_END_WITHIN_SECONDS, crash
from tests.postgres import PostgresServer


@pytest.mark.parametrize(("aim", "senders"), [("random", 1), ("accepted", 2)])
def test_killing_a_sender_loses_nothing_and_doubles_nothing(aim: str, senders: int, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'crash.db'}"

    outcome = crash(url, 4, aim=aim, with_faults=True, seed=7, with_callbacks=True, senders=senders)

    assert outcome.is_clean, str(outcome)
    assert (outcome.owed, outcome.reports > 0) == (12, True)


def test_the_same_holds_on_postgresql(postgres_server: PostgresServer) -> None:
    url = postgres_server.create("crash")

    outcome = crash(url, 4, aim="accepted", with_faults=True, seed=7, with_callbacks=True, senders=2)

    assert outcome.is_clean, str(outcome)
    postgres_server.drop("crash")


def test_a_scheduler_asked_to_end_does_so_in_time_and_leaves_nothing_half_done(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'crash.db'}"

    outcome = crash(url, 2, aim="stop", with_faults=False, seed=7)

    assert outcome.is_clean, str(outcome)
    assert 0 < outcome.slowest_stop < MUST_END_WITHIN_SECONDS
