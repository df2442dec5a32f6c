"""Pain after days with an exercise beside days without: only known days, only when there are enough."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from care.contrasts import contrasts_of, pain_by_day
from care.models import OccurrenceStatus
from care.thresholds import Thresholds
from tests.care.measuring import on_day
from tests.making import MONDAY, NEW_YORK

DONE, SKIPPED, UNKNOWN = OccurrenceStatus.DONE, OccurrenceStatus.SKIPPED, OccurrenceStatus.UNKNOWN
LIMITS = Thresholds(compare_days_needed=2)
NAMES = {1: "Bridge"}


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def contrast(statuses, scores):
    turns = {1: [(day(number), status) for number, status in enumerate(statuses) if status]}
    points = [(on_day(number), score) for number, score in scores.items()]
    return contrasts_of(turns, pain_by_day(points, NEW_YORK), NAMES, LIMITS)


def test_the_worked_example_of_the_documentation():
    statuses = [DONE, DONE, SKIPPED, UNKNOWN, None, DONE]
    [found] = contrast(statuses, {1: 3, 2: 4, 3: 5, 4: 9, 5: 7, 6: 2})

    assert (found.with_mean, found.with_days) == (3, 3)
    assert (found.without_mean, found.without_days) == (6, 2)


def test_too_few_days_of_one_kind_say_nothing():
    assert contrast([DONE, DONE, DONE, SKIPPED], {1: 3, 2: 3, 3: 3, 4: 3}) == []


@settings(max_examples=25)
@given(st.integers(0, 10))
def test_what_nobody_answered_about_moves_no_mean(score):
    known = [DONE, DONE, SKIPPED, SKIPPED]

    without = contrast(known, {1: 3, 2: 3, 3: 5, 4: 5})
    with_unknown = contrast([*known, UNKNOWN], {1: 3, 2: 3, 3: 5, 4: 5, 5: score})

    assert without == with_unknown
