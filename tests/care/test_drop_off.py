"""Drop-off by week: no answer drops nobody, a week counts once it is over, and what is kept is what is so."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from care.adherence import DayCounts
from care.db import Database
from care.drop_off import Cohort, CohortWeek, cohorts, old_days, since, sum_up
from care.first_weeks import letters, starts
from care.models import (
    Client,
    ClientStatus,
    Episode,
    Exercise,
    FirstWeeks,
    Occurrence,
    OccurrenceStatus,
    Plan,
    Practice,
    StartDay,
)
from care.standings import differing, find_old, make_anew
from tests.care.measuring import make_occurrence, on_day
from tests.making import MONDAY, make_assignment, make_client, make_exercise, make_practice

DONE, PARTIAL = OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL
SKIPPED, UNKNOWN = OccurrenceStatus.SKIPPED, OccurrenceStatus.UNKNOWN
A_DAY = timedelta(days=1)
# Three weeks and a day after MONDAY, on which everybody begins.
TODAY = MONDAY + 22 * A_DAY


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def exercise(session: Session, practice: Practice) -> Exercise:
    return make_exercise(session, practice)


def begin(
    session: Session, exercise: Exercise, *weeks: tuple[OccurrenceStatus, ...], **changes: object
) -> Client:
    """A client of whom each week has one occurrence a day from its first on, for as many as are told."""
    practice = session.get_one(Practice, exercise.practice_id)
    client = make_client(session, practice, **changes)
    assignment = make_assignment(session, client, exercise)
    for number, statuses in enumerate(weeks):
        for day, status in enumerate(statuses):
            make_occurrence(session, assignment, status, MONDAY + (7 * number + day) * A_DAY)
    return client


def shown(session: Session, practice: Practice, today: date = TODAY, months_each: int = 1) -> list[Cohort]:
    """As a page does it: what changed is counted anew, then what is missing summed up."""
    session.flush()
    now = on_day((today - MONDAY).days)
    old = find_old(session, Client.practice_id == practice.id, now).get(practice.id, [])
    make_anew(session, old, practice.id, now)
    sum_up(session, practice.id, old_days(session, practice.id, since(today)))
    assert old_days(session, practice.id, since(today)) == []
    return cohorts(session, practice.id, today, months_each)


def weeks_of(session: Session, practice: Practice, today: date = TODAY) -> list[tuple[int, int, int]]:
    """Of those who began in March: did, left all out, unknown, for each week of which anything is known."""
    [march] = [one for one in shown(session, practice, today) if one.first_day == date(2026, 3, 1)]
    return [(week.did, week.left_out, week.unknown) for week in march.weeks if week.due]


def test_the_worked_example(session: Session, practice: Practice, exercise: Exercise) -> None:
    """docs/measures.md, "Drop-off by week"."""
    begin(session, exercise, (DONE,) * 7, (PARTIAL, *[SKIPPED] * 6))
    begin(session, exercise, (SKIPPED, DONE), (UNKNOWN,) * 7)
    begin(session, exercise, (DONE, UNKNOWN), (SKIPPED, SKIPPED, UNKNOWN))
    begin(session, exercise, (DONE,), (SKIPPED,) * 7)
    begin(session, exercise, (DONE,))

    march = shown(session, practice)[0]

    assert (march.first_day, march.clients) == (date(2026, 3, 1), 5)
    assert march.weeks[:3] == (CohortWeek(1, 5, 0, 0), CohortWeek(2, 1, 1, 2), CohortWeek(3, 0, 0, 0))
    assert (march.weeks[1].due, march.weeks[1].at_least, march.weeks[1].at_most) == (4, 0.25, 0.75)
    assert march.has_curve
    assert not march.weeks[1].is_enough


def test_a_week_counts_once_it_is_over(session: Session, practice: Practice, exercise: Exercise) -> None:
    begin(session, exercise, (DONE,), (DONE,))

    assert weeks_of(session, practice, MONDAY + 13 * A_DAY) == [(1, 0, 0)]
    assert weeks_of(session, practice, MONDAY + 14 * A_DAY) == [(1, 0, 0), (1, 0, 0)]


def test_who_was_discharged_stays_among_those_who_began(
    session: Session, practice: Practice, exercise: Exercise
) -> None:
    client = begin(session, exercise, (DONE,), (UNKNOWN, UNKNOWN))
    shown(session, practice)
    client.status = ClientStatus.DISCHARGED

    assert weeks_of(session, practice) == [(1, 0, 0), (0, 0, 1)]


def test_who_is_erased_leaves_the_sums(session: Session, practice: Practice, exercise: Exercise) -> None:
    gone, stays = (begin(session, exercise, (DONE,)) for _ in range(2))
    assert weeks_of(session, practice) == [(2, 0, 0)]

    session.execute(delete(Client).where(Client.id == gone.id))
    assert weeks_of(session, practice) == [(1, 0, 0)]

    session.execute(delete(Client).where(Client.id == stays.id))
    assert weeks_of(session, practice) == []


def test_quarters_hold_their_months(session: Session, practice: Practice, exercise: Exercise) -> None:
    begin(session, exercise, (DONE,))
    april = begin(session, exercise)
    session.scalars(select(Plan).where(Plan.client_id == april.id)).one().created_at = on_day(33)
    long_ago = begin(session, exercise)
    session.scalars(select(Plan).where(Plan.client_id == long_ago.id)).one().created_at = on_day(-380)

    months = shown(session, practice, date(2026, 4, 20))
    quarters = shown(session, practice, date(2026, 4, 20), months_each=3)

    assert [(one.first_day, one.clients) for one in months[:2]] == [
        (date(2026, 4, 1), 1),
        (date(2026, 3, 1), 1),
    ]
    assert len(months) == 12
    assert [one.first_day.month for one in quarters] == [4, 1, 10, 7]
    assert [one.clients for one in quarters] == [1, 1, 0, 0]


def test_a_new_episode_begins_anew_and_a_new_version_of_a_plan_does_not() -> None:
    days = [MONDAY + number * A_DAY for number in (0, 20, 60, 70)]

    assert starts(days, []) == [MONDAY]
    assert starts(days, [MONDAY + 10 * A_DAY]) == [MONDAY]
    assert starts(days, [MONDAY, MONDAY + 60 * A_DAY]) == [MONDAY, MONDAY + 60 * A_DAY]
    assert starts([], [MONDAY]) == []


def test_weeks_end_where_the_next_course_begins_and_twelve_are_enough() -> None:
    days = {MONDAY + number * A_DAY: DayCounts(done=1) for number in (0, 7, 15, 83, 84)}

    assert letters(days, MONDAY, date.max) == "ddd--------d"
    assert letters(days, MONDAY, MONDAY + 15 * A_DAY) == "dd----------"


@pytest.mark.parametrize(
    ("counts", "letter"),
    [
        (DayCounts(partial=1, skipped=9), "d"),
        (DayCounts(skipped=3), "n"),
        (DayCounts(skipped=3, unknown=1), "u"),
        (DayCounts(skipped=3, open=1), "u"),
        (DayCounts(undelivered=3, on_paper=2), "-"),
        (DayCounts(), "-"),
    ],
)
def test_only_who_answered_everything_with_a_no_has_left_a_week_out(counts: DayCounts, letter: str) -> None:
    assert letters({MONDAY: counts}, MONDAY, date.max)[0] == letter


def test_an_answer_that_comes_late_changes_its_week_on_any_database(any_database: Database) -> None:
    with any_database.sessions() as session:
        practice = make_practice(session)
        exercise = make_exercise(session, practice)
        for _ in range(2):
            begin(session, exercise, (UNKNOWN,), (SKIPPED,))
        begin(session, make_exercise(session, make_practice(session)), (DONE,))
        assert weeks_of(session, practice) == [(0, 0, 2), (0, 2, 0)]

        first = session.scalars(select(Occurrence).order_by(Occurrence.id)).first()
        assert first is not None
        first.status = DONE

        assert weeks_of(session, practice) == [(1, 0, 1), (0, 2, 0)]
        session.rollback()


def test_nothing_is_counted_or_summed_up_again_while_nothing_changes(
    session: Session, practice: Practice, exercise: Exercise
) -> None:
    begin(session, exercise, (DONE,))
    shown(session, practice)
    session.execute(update(StartDay).values(counts=[[7, 0, 0]] * 12))
    session.execute(update(FirstWeeks).values(weeks="nnnnnnnnnnnn"))

    # Time alone makes lines anew, and leaves what the rows say of the weeks.
    assert weeks_of(session, practice, TODAY + A_DAY)[0] == (7, 0, 0)
    assert session.scalar(select(func.count()).select_from(FirstWeeks)) == 1
    # The doctor's look sees it.
    assert differing(session, practice.id, on_day(23))[1] != []


def test_a_practice_sees_no_other(session: Session, practice: Practice) -> None:
    begin(session, make_exercise(session, make_practice(session)), (DONE,))
    session.add(
        Episode(
            practice_id=practice.id,
            client_id=make_client(session, practice).id,
            complaint="hip",
            condition_category="other",
            started_on=MONDAY,
        )
    )

    assert sum(one.clients for one in shown(session, practice)) == 0
