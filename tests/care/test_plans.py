"""Plans: a change ends one version and begins the next, and takes back what lies ahead at once."""

import re
from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from care.errors import NotFound, Refused
from care.languages import LANGUAGES
from care.models import (
    Assignment,
    AssignmentStatus,
    Client,
    Exercise,
    Laterality,
    Occurrence,
    OccurrenceStatus,
    PlanStatus,
    Practice,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Side,
)
from care.plan_words import dose_in_words, schedule_in_words
from care.plans import (
    Dose,
    NewAssignment,
    Schedule,
    current_plan,
    default_dose,
    end_plan,
    get_assignment,
    list_assignments,
    list_plans,
    plan_day,
    schedule_of,
    start_plan,
)
from care.rounds import minutes_for
from care.withdrawal import replan, withdraw_occurrences
from tests.care.measuring import make_occurrence
from tests.care.reminding import make_reminder
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    MONDAY_NOON,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
)

DOSE = Dose(sets=2, reps=3, hold_seconds=30, duration_seconds=0, side=Side.RIGHT)
OPEN = OccurrenceStatus.OPEN
DAILY = Schedule(times=(time(18), time(9)), starts_on=MONDAY)


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def client(session: Session, practice: Practice) -> Client:
    return make_client(session, practice)


@pytest.fixture
def exercise(session: Session, practice: Practice) -> Exercise:
    return make_exercise(session, practice)


def wanted(exercise: Exercise, **schedule: object) -> list[NewAssignment]:
    return [NewAssignment(exercise.id, DOSE, replace(DAILY, **schedule))]


def due_at_noon(session: Session, client: Client, assignment: Assignment) -> tuple[Occurrence, Reminder]:
    """One slot that is over and one ahead; returns the one ahead and its text."""
    reminder = make_reminder(session, client, kind=ReminderKind.EXERCISE, dedupe_key="noon")
    ahead = make_occurrence(
        session,
        assignment,
        OccurrenceStatus.OPEN,
        slot_time=time(12),
        due_at=MONDAY_NOON,
        reminder_id=reminder.id,
    )
    return ahead, reminder


def test_a_plan_begins_at_one_and_counts_on(session: Session, client: Client, exercise: Exercise) -> None:
    first = start_plan(session, client, wanted(exercise), user=None, now=MONDAY_8AM)
    second = start_plan(session, client, wanted(exercise), user=None, now=MONDAY_9AM, note="harder")

    assert [plan.version for plan in list_plans(session, client)] == [2, 1]
    assert (first.status, first.ended_at) == (PlanStatus.ENDED, MONDAY_9AM)
    assert current_plan(session, client) is second
    [old], [new] = list_assignments(session, first), list_assignments(session, second)
    assert (old.status, old.end_reason) == (AssignmentStatus.ENDED, "plan changed")
    assert (new.status, new.planned_until) == (AssignmentStatus.ACTIVE, MONDAY_9AM)


def test_what_was_given_comes_back_as_it_was_given(
    session: Session, client: Client, exercise: Exercise
) -> None:
    schedules = [
        DAILY,
        replace(DAILY, weekdays=frozenset({0, 2, 4}), ends_on=date(2026, 4, 1)),
        replace(DAILY, every_days=2, is_reminded=False),
    ]
    given = [NewAssignment(exercise.id, DOSE, schedule) for schedule in schedules]

    plan = start_plan(session, client, given, user=None, now=MONDAY_8AM)

    stored = list_assignments(session, plan)
    assert [schedule_of(one) for one in stored] == [
        replace(schedule, times=(time(9), time(18))) for schedule in schedules
    ]
    assert [one.position for one in stored] == [1, 2, 3]


@pytest.mark.parametrize(
    "change",
    [{"sets": 0}, {"reps": 101}, {"hold_seconds": -1}, {"duration_seconds": 100_000}],
    ids=lambda change: next(iter(change)),
)
def test_a_dose_out_of_bounds_changes_nothing(
    session: Session, client: Client, exercise: Exercise, change: dict[str, int]
) -> None:
    running = start_plan(session, client, wanted(exercise), user=None, now=MONDAY_8AM)
    off = NewAssignment(exercise.id, replace(DOSE, **change), DAILY)

    with pytest.raises(Refused):
        start_plan(session, client, [off], user=None, now=MONDAY_9AM)

    assert current_plan(session, client) is running


def test_nothing_wanted_is_refused_and_so_is_another_practices_exercise(
    session: Session, client: Client
) -> None:
    foreign = make_exercise(session, make_practice(session))

    with pytest.raises(Refused):
        start_plan(session, client, [], user=None, now=MONDAY_8AM)
    with pytest.raises(Refused):
        start_plan(session, client, wanted(foreign), user=None, now=MONDAY_8AM)


def test_a_change_takes_back_what_lies_ahead_in_the_same_transaction(
    session: Session, client: Client, exercise: Exercise
) -> None:
    plan = start_plan(session, client, wanted(exercise), user=None, now=MONDAY_8AM)
    [assignment] = list_assignments(session, plan)
    past = make_occurrence(session, assignment, OPEN, slot_time=time(8), due_at=MONDAY_8AM)
    ahead, reminder = due_at_noon(session, client, assignment)

    end_plan(session, client, "better", MONDAY_9AM)
    session.flush()

    session.expire_all()
    assert (past.status, ahead.status) == (OccurrenceStatus.OPEN, OccurrenceStatus.CANCELLED)
    assert (reminder.status, reminder.reason) == (ReminderStatus.CANCELLED, "plan_changed")
    assert current_plan(session, client) is None


def test_a_text_another_exercise_still_needs_stays(
    session: Session, client: Client, exercise: Exercise
) -> None:
    one, other = (make_assignment(session, client, exercise) for _ in range(2))
    _, reminder = due_at_noon(session, client, one)
    kept = make_occurrence(
        session, other, OPEN, slot_time=time(12), due_at=MONDAY_NOON, reminder_id=reminder.id
    )

    withdraw_occurrences(session, [one.id], MONDAY_9AM, "plan_changed")

    session.expire_all()
    assert (reminder.status, kept.status) == (ReminderStatus.PLANNED, OccurrenceStatus.OPEN)


@pytest.mark.parametrize(
    "status", [ReminderStatus.SENDING, ReminderStatus.SENT, ReminderStatus.UNSURE, ReminderStatus.SKIPPED]
)
def test_what_is_on_the_wire_or_settled_is_not_touched(
    session: Session, client: Client, exercise: Exercise, status: ReminderStatus
) -> None:
    assignment = make_assignment(session, client, exercise)
    _, reminder = due_at_noon(session, client, assignment)
    reminder.status = status

    withdraw_occurrences(session, [assignment.id], MONDAY_9AM, "plan_changed")

    session.expire_all()
    assert reminder.status is status


def test_replanning_does_not_skip_what_a_stopped_planner_still_owes(
    session: Session, client: Client, exercise: Exercise
) -> None:
    assignment = make_assignment(session, client, exercise, planned_until=MONDAY_8AM)

    replan(session, [assignment], MONDAY_NOON)

    assert assignment.planned_until == MONDAY_8AM


def test_an_assignment_is_seen_by_those_who_treat_the_client(
    session: Session, client: Client, practice: Practice, exercise: Exercise
) -> None:
    assignment = make_assignment(session, client, exercise)
    theirs, stranger = (make_user(session, practice) for _ in range(2))
    client.therapist_id = theirs.id

    assert get_assignment(session, assignment.id, theirs).id == assignment.id
    with pytest.raises(NotFound):
        get_assignment(session, assignment.id, stranger)
    with pytest.raises(NotFound):
        get_assignment(session, assignment.id + 1, theirs)


@pytest.mark.parametrize(
    ("dose", "words"),
    [
        (Dose(1, 3, 30, 0, Side.RIGHT), "Hold 30 seconds. 3 times, right side"),
        (Dose(3, 10, 0, 0, Side.BOTH), "3 sets of 10"),
        (Dose(1, 1, 0, 300, Side.BOTH), "Do it for 5 minutes. Once"),
        (Dose(1, 1, 0, 90, Side.LEFT), "Do it for 90 seconds. Once, left side"),
        (Dose(2, 1, 0, 60, Side.BOTH), "Do it for 60 seconds. 2 times"),
        (Dose(2, 1, 45, 0, Side.RIGHT), "Hold 45 seconds. 2 times, right side"),
        (Dose(1, 12, 0, 0, Side.BOTH), "12 times"),
    ],
)
def test_a_dose_in_words(dose: Dose, words: str) -> None:
    assert dose_in_words(dose) == words


ALL_DOSES = st.builds(
    Dose,
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 3),
    st.sampled_from([0, 1, 60, 120]),
    st.sampled_from(Side),
)


@given(ALL_DOSES, st.sampled_from(Laterality), st.sampled_from(sorted(LANGUAGES)))
def test_no_dose_is_told_in_sets_where_there_is_nothing_to_count(
    dose: Dose, laterality: Laterality, language: str
) -> None:
    words = dose_in_words(dose, laterality, language)

    assert not re.search(r"\b(of|de) 1\b|\b1 (sets?|series?|times|veces)\b", words)


def test_an_exercise_for_each_side_says_so_unless_one_is_chosen() -> None:
    both, left = Dose(1, 3, 0, 0, Side.BOTH), Dose(1, 3, 0, 0, Side.LEFT)

    assert dose_in_words(both, Laterality.EACH_SIDE) == "3 times, each side"
    assert dose_in_words(left, Laterality.EACH_SIDE) == "3 times, left side"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "every day 9:00am and 6:00pm"),
        ({"weekdays": frozenset(range(5))}, "weekdays 9:00am and 6:00pm"),
        ({"weekdays": frozenset({4, 0}), "times": (time(18),)}, "Mon, Fri 6:00pm"),
        ({"every_days": 2, "times": (time(9),)}, "every other day 9:00am"),
        ({"every_days": 5, "times": (time(9),)}, "every 5 days 9:00am"),
        ({"every_days": 1, "times": (time(9),)}, "every day 9:00am"),
    ],
)
def test_a_schedule_in_words(changes: dict[str, object], words: str) -> None:
    assert schedule_in_words(replace(DAILY, **changes)) == words


def test_how_long_a_round_takes(session: Session, client: Client, practice: Practice) -> None:
    hold = make_assignment(session, client, make_exercise(session, practice))
    each = make_exercise(session, practice, laterality=Laterality.EACH_SIDE)
    both_sides = make_assignment(session, client, each)
    one_side = make_assignment(session, client, each, side=Side.LEFT)
    timed = make_assignment(session, client, make_exercise(session, practice), duration_seconds=300, reps=1)
    for assignment in session.scalars(select(Assignment).options(joinedload(Assignment.exercise))):
        session.refresh(assignment, ["exercise"])

    assert minutes_for([hold]) == 2
    assert minutes_for([both_sides]) == 3
    assert minutes_for([one_side]) == 2
    assert minutes_for([hold, both_sides, timed]) == 10
    timed.reps = 2  # "Do it for 5 minutes. 2 times"
    assert minutes_for([timed]) == 10
    assert minutes_for([]) == 2  # so that "minutes" is always right


def test_the_library_dose_and_the_day_of_the_plan(
    session: Session, client: Client, exercise: Exercise
) -> None:
    plan = start_plan(session, client, wanted(exercise), user=None, now=MONDAY_8AM)

    assert default_dose(exercise) == Dose(1, 3, 30, 0, Side.BOTH)
    assert [plan_day(plan, client, at) for at in (MONDAY_8AM, MONDAY_NOON.replace(day=3))] == [1, 2]
