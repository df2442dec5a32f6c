"""The command `worker`: who may work, and on what."""

import logging
from argparse import ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from care.wire import LANES
from homestretch.cli import main
from homestretch.working import MOST_PLACES, lanes, places


@pytest.fixture
def own_logs() -> Iterator[None]:
    """A command sets up the logs of its process; this one is the tests'."""
    handlers, level = list(logging.root.handlers), logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("7", {7}), ("0-2", {0, 1, 2}), ("0-1,40", {0, 1, 40}), (f"0-{LANES - 1}", set(range(LANES)))],
)
def test_lanes_are_typed_as_numbers_and_spans(typed: str, meant: set[int]) -> None:
    assert lanes(typed) == meant


@pytest.mark.parametrize("typed", ["", "a", "-1", "3-", "5-2", str(LANES), "0-99"])
def test_lanes_that_are_none_are_refused(typed: str) -> None:
    with pytest.raises(ArgumentTypeError):
        lanes(typed)


@pytest.mark.parametrize("typed", ["0", "-1", "two", str(MOST_PLACES + 1)])
def test_a_worker_has_some_places_and_not_too_many(typed: str) -> None:
    with pytest.raises(ArgumentTypeError):
        places(typed)


@pytest.mark.usefixtures("own_logs")
def test_on_sqlite_a_worker_is_refused_and_told_of_the_scheduler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOMESTRETCH_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("HOMESTRETCH_DATABASE_URL", raising=False)
    main(["migrate"])

    with pytest.raises(SystemExit) as ended:
        main(["worker"])

    assert ended.value.code == 2
    assert "homestretch scheduler" in capsys.readouterr().err
