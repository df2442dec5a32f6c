"""Changing a running plan: each change is a version, and one exercise goes up or down by a step."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.errors import Refused
from care.models import Assignment, Client, ExerciseType, PlanStatus, Practice, Side, User
from care.plan_changes import changes_among, list_versions
from care.plan_edits import Edit, edit_plan
from care.plans import (
    NO_PAUSE,
    Dose,
    NewAssignment,
    current_plan,
    is_running_on,
    list_assignments,
    start_plan,
)
from care.progression import progressed, regressed
from care.recurrence import Schedule
from care.thresholds import Thresholds
from tests.making import MONDAY, MONDAY_8AM, MONDAY_9AM, make_client, make_exercise, make_practice, make_user

HOLD = Dose(sets=1, reps=3, hold_seconds=30, duration_seconds=0, side=Side.BOTH)
LIFT = Dose(sets=2, reps=15, hold_seconds=0, duration_seconds=0, side=Side.BOTH)
ALTERNATE = Schedule(times=(time(9),), starts_on=MONDAY, ends_on=date(2026, 3, 29), every_days=2)
STRETCH, STRENGTH, RELEASE = ExerciseType.STRETCH, ExerciseType.STRENGTH, ExerciseType.SELF_RELEASE


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Sam")


@pytest.fixture
def client(session: Session, practice: Practice, sam: User) -> Client:
    return make_client(session, practice, therapist_id=sam.id)


@pytest.fixture
def running(session: Session, practice: Practice, client: Client) -> list[Assignment]:
    """Bridge, Clam and Dip, every other day."""
    wanted = [
        NewAssignment(make_exercise(session, practice, name=name).id, HOLD, ALTERNATE)
        for name in ("Bridge", "Clam", "Dip")
    ]
    return list_assignments(session, start_plan(session, client, wanted, user=None, now=MONDAY_8AM))


def edit(session: Session, client: Client, user: User | None = None, /, **edits: Edit) -> list[Assignment]:
    """Edits by the name of the exercise; returns the plan after them."""
    plan = current_plan(session, client)
    assert plan is not None
    known = {one.exercise.name: one.id for one in list_assignments(session, plan)}
    wanted = {known[name]: one for name, one in edits.items()}
    return list_assignments(session, edit_plan(session, client, wanted, user=user, now=MONDAY_9AM))


def test_a_sitting_of_changes_is_one_version_with_its_writer(
    session: Session, practice: Practice, client: Client, sam: User, running: list[Assignment]
) -> None:
    other = make_exercise(session, practice, name="Easy dip")
    harder = Dose(sets=1, reps=3, hold_seconds=35, duration_seconds=0, side=Side.BOTH)

    after = edit(
        session,
        client,
        sam,
        Bridge=Edit(dose=harder),
        Clam=Edit(pause=(MONDAY, MONDAY + timedelta(days=6))),
        Dip=Edit(exercise_id=other.id),
    )

    assert [one.exercise.name for one in after] == ["Bridge", "Clam", "Easy dip"]
    told = changes_among(list_versions(session, client), client.timezone)[-1]
    assert told.by == "Sam"
    assert told.detail == "Dip swapped for Easy dip, Bridge: hold 30 to 35 s, Clam paused until 8 Mar"
    assert len(changes_among(list_versions(session, client), client.timezone)) == 2


def test_what_is_not_changed_keeps_its_rhythm_and_its_pause(
    session: Session, client: Client, running: list[Assignment]
) -> None:
    edit(session, client, Clam=Edit(pause=(MONDAY, None)))

    bridge, clam = edit(session, client, Dip=Edit(ends=True))

    assert (bridge.every_days, bridge.starts_on, bridge.ends_on) == (2, MONDAY, date(2026, 3, 29))
    assert not is_running_on(clam, date(2026, 6, 1))
    assert changes_among(list_versions(session, client), client.timezone)[-1].detail == "Dip taken out"


def test_an_exercise_that_goes_on_leaves_its_pause_on_record(
    session: Session, client: Client, running: list[Assignment]
) -> None:
    edit(session, client, Clam=Edit(pause=(MONDAY, None)))
    edit(session, client, Clam=Edit(pause=NO_PAUSE))

    assert [one.detail for one in changes_among(list_versions(session, client), client.timezone)][1:] == [
        "Clam paused",
        "Clam goes on",
    ]


def test_the_version_before_ends_and_stays(
    session: Session, client: Client, running: list[Assignment]
) -> None:
    edit(session, client, Bridge=Edit(ends=True))

    before = session.scalars(select(Assignment).where(Assignment.plan_id == running[0].plan_id)).all()
    assert {one.ended_at for one in before} == {MONDAY_9AM}
    assert len(before) == 3
    plan = current_plan(session, client)
    assert plan is not None
    assert (plan.version, plan.status) == (2, PlanStatus.ACTIVE)


@pytest.mark.parametrize(
    ("edits", "sentence"),
    [
        ({}, "Nothing is different yet."),
        ({"Bridge": Edit(dose=HOLD)}, "Nothing is different yet."),
        ({name: Edit(ends=True) for name in ("Bridge", "Clam", "Dip")}, "Nothing would be left."),
        ({"Bridge": Edit(dose=Dose(0, 3, 30, 0, Side.BOTH))}, "Sets must be 1 to 10."),
        ({"Bridge": Edit(pause=(MONDAY, MONDAY - timedelta(days=1)))}, "The last day of a pause"),
    ],
)
def test_what_makes_no_sense_is_refused(
    session: Session, client: Client, running: list[Assignment], edits: dict[str, Edit], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        edit(session, client, **edits)


def test_an_exercise_of_an_earlier_version_is_refused(
    session: Session, client: Client, running: list[Assignment]
) -> None:
    edit(session, client, Dip=Edit(ends=True))

    with pytest.raises(Refused, match="The plan has changed meanwhile"):
        edit_plan(session, client, {running[0].id: Edit(ends=True)}, user=None, now=MONDAY_9AM)


def dose(sets: int, reps: int, hold: int = 0, duration: int = 0) -> Dose:
    return Dose(sets, reps, hold, duration, Side.BOTH)


@pytest.mark.parametrize(
    ("type", "before", "after"),
    [
        (STRETCH, dose(1, 3, 30), dose(1, 3, 35)),
        (STRETCH, dose(1, 3, 10), dose(1, 3, 12)),
        (STRETCH, dose(1, 3, 60), dose(1, 4, 60)),
        (STRETCH, dose(1, 4, 60), None),
        (RELEASE, dose(1, 1, 0, 60), dose(1, 1, 0, 70)),
        (STRENGTH, dose(2, 10), dose(2, 12)),
        (STRENGTH, dose(2, 15), dose(3, 12)),
        (STRENGTH, dose(3, 15), None),
    ],
)
def test_progress_takes_one_thing_a_step_up(type: ExerciseType, before: Dose, after: Dose | None) -> None:
    assert progressed(before, type, Thresholds()) == after


@pytest.mark.parametrize(
    ("type", "before", "after"),
    [
        (STRETCH, dose(1, 3, 30), dose(1, 3, 15)),
        (STRENGTH, dose(3, 12), dose(3, 6)),
        (STRENGTH, dose(3, 1), dose(2, 1)),
        (RELEASE, dose(1, 1, 0, 90), dose(1, 1, 0, 45)),
        (STRENGTH, dose(1, 1), None),
    ],
)
def test_regress_halves_the_dose(type: ExerciseType, before: Dose, after: Dose | None) -> None:
    assert regressed(before, type) == after


@pytest.mark.parametrize("kind", list(ExerciseType))
def test_a_step_is_ten_to_twenty_percent_where_numbers_allow(kind: ExerciseType) -> None:
    for sets, reps, hold in [(s, r, h) for s in (1, 2, 3) for r in (5, 8, 10, 15) for h in (0, 20, 30, 45)]:
        before = dose(sets, reps, hold)
        after = progressed(before, kind, Thresholds())
        if after is not None and after.reps != before.reps + 1:
            grew = (after.sets * after.reps * (after.hold_seconds or 1)) / (sets * reps * (hold or 1))
            assert 1.1 <= grew <= 1.25, (before, after)
