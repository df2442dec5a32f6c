"""What is frozen comes back the same, through JSON."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from hypothesis import given
from hypothesis import strategies as st

from care.freezing import freeze, thaw


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Part:
    score: float | None
    colour: Colour | None = None


@dataclass(frozen=True)
class Whole:
    at: datetime
    on: date | None
    parts: tuple[Part, ...]
    only: Part
    name: str = ""


parts = st.builds(Part, st.none() | st.floats(0, 10), st.none() | st.sampled_from(Colour))
wholes = st.builds(
    Whole,
    at=st.datetimes(timezones=st.just(UTC)),
    on=st.none() | st.dates(),
    parts=st.lists(parts).map(tuple),
    only=parts,
    name=st.text(),
)


@given(wholes)
def test_everything_comes_back_through_json(whole: Whole) -> None:
    assert thaw(Whole, json.loads(json.dumps(freeze(whole)))) == whole


def test_what_was_kept_before_a_field_existed_can_still_be_read() -> None:
    kept = {"score": 0, "faded": True}

    assert thaw(Part, kept) == Part(0, None)
