"""Home programmes side by side: what lines and care plans say, minutes a day, and where providers meet."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from care.carrying import side_by_side
from care.errors import Refused
from care.fhir import export_fhir
from care.models import Precaution, Reminder
from care.outside_programs import add_outside_program, end_outside_program, list_outside_programs
from care.plans import NewAssignment, default_dose, start_plan
from care.program_reading import OutsideExercise, exercise_from, read_program
from care.recurrence import Schedule
from reminders.planning import plan_ahead
from reminders.timelines import Timeline
from tests.care.fhir_checks import faults
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    make_client,
    make_exercise,
    make_practice,
    make_user,
)

HILL = "Hill Physio"
DAILY = Schedule(times=(MONDAY_9AM.time().replace(tzinfo=None),), starts_on=MONDAY)


def read(line: str) -> OutsideExercise:
    return read_program(line).exercises[0]


@pytest.mark.parametrize(
    ("line", "understood"),
    [
        ("Bridge", {}),
        ("Bridge, 3 x 10", {"sets": 3, "reps": 10}),
        ("- Bridge; 3 sets of 10 reps; hold 5 s", {"sets": 3, "reps": 10, "hold_seconds": 5}),
        (
            "Bridge. 12 reps. 20 seconds hold, each side",
            {"reps": 12, "hold_seconds": 20, "is_each_side": True},
        ),
        ("Walk, 2 min, twice a day", {"duration_seconds": 120, "times_per_day": 2}),
        ("Bridge, 3x a week", {"days_per_week": 3}),
        ("Bridge, 5 days a week, 2 a day, hip", {"days_per_week": 5, "times_per_day": 2, "region": "hip"}),
        ("Neck turn, daily", {"region": "neck", "days_per_week": 7}),
        ("Bridge, slowly, 3 x 10", {"sets": 3, "reps": 10, "note": "slowly"}),
        ("Bridge, 2 or 3 x 10", {"note": "2 or 3 x 10"}),
        ("Hip and knee bend", {}),
    ],
)
def test_a_line_is_read_as_far_as_it_says(line, understood):
    one = read(line)

    said = one.as_json()
    del said["name"]
    assert said == understood


def test_precautions_and_what_to_avoid_have_lines_of_their_own():
    program = read_program("Bridge\n\nPrecautions: falls; hip replacement, weak grip\nAvoid: running")

    assert program.precautions == ("falls", "hip_replacement", "weak grip")
    assert program.avoid == ("running",)
    assert len(program.exercises) == 1


def care_plan(*details: dict[str, object]) -> str:
    activities = [{"detail": {"status": "in-progress", **one}} for one in details]
    plan = {"resourceType": "CarePlan", "activity": activities}
    return json.dumps({"resourceType": "Bundle", "entry": [{"resource": plan}]})


def test_a_care_plan_of_fhir_is_read_with_its_timing():
    text = care_plan(
        {
            "code": {"text": "Side neck stretch"},
            "description": "1 set x 3 reps, hold 20 s, each side",
            "scheduledTiming": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
        },
        {"code": {"coding": [{"display": "Running"}]}, "doNotPerform": True},
        {"code": {"text": "Old one"}, "status": "stopped"},
    )

    program = read_program(text)

    [one] = program.exercises
    assert (one.name, one.region, one.sets, one.reps) == ("Side neck stretch", "neck", 1, 3)
    assert (one.hold_seconds, one.is_each_side, one.times_per_day, one.days_per_week) == (20, True, 2, 7)
    assert program.avoid == ("Running",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n",
        "Avoid: all",
        "{",
        "[]",
        '{"resourceType": "Patient"}',
        "[" * 5000,
        '{"resourceType": "CarePlan"}',
        "\n".join(f"Exercise {number}" for number in range(41)),
    ],
)
def test_what_holds_no_programme_is_refused(text):
    with pytest.raises(Refused):
        read_program(text)


@pytest.mark.parametrize(
    "activity", [1, [1], [{"detail": 1}], [{"detail": {"code": 1}}], [{"detail": {"code": {"text": 1}}}]]
)
def test_a_care_plan_with_anything_in_it_breaks_nothing(activity):
    with pytest.raises(Refused):
        read_program(json.dumps({"resourceType": "CarePlan", "activity": activity}))


def test_a_stored_exercise_of_another_shape_is_read_without_what_does_not_fit():
    assert exercise_from(
        {"name": 3, "sets": "2", "reps": True, "hold_seconds": 5, "x": 1}
    ) == OutsideExercise("", hold_seconds=5)


@pytest.fixture
def practice(session):
    return make_practice(session)


@pytest.fixture
def sam(session, practice):
    return make_user(session, practice, name="Sam")


@pytest.fixture
def maria(session, practice, sam):
    return make_client(session, practice, therapist_id=sam.id)


def give(session, client, user, *exercises):
    wanted = [NewAssignment(one.id, default_dose(one), DAILY) for one in exercises]
    start_plan(session, client, wanted, user=user, now=MONDAY_8AM)


def add(session, client, user, text, provider=HILL):
    return add_outside_program(session, client, provider, read_program(text), user, MONDAY, MONDAY_8AM)


def test_what_somebody_outside_gives_goes_out_as_a_care_plan_that_reads_as_it_was_told(
    session, practice, sam, maria
):
    told = """Bridge, 3 x 10, hold 5 s, each side, 2 a day, hip
        Neck turn, 3 days a week
        Walk
        Precautions: falls
        Avoid: running"""
    program = add(session, maria, sam, told)
    end_outside_program(session, maria, program.id, MONDAY)
    add(session, maria, sam, "Calf raise, 1 a day, 5 days a week", "Lake Osteopathy")

    resources = list(export_fhir(session, practice, maria))
    ended, running = [one for one in resources if one["resourceType"] == "CarePlan"]

    assert faults(resources) == []
    assert (ended["author"], ended["status"], running["status"]) == ({"display": HILL}, "unknown", "active")
    assert ended["note"] == [{"text": "Precaution: Falls or poor balance"}]
    repeats = [one["detail"].get("scheduledTiming", {}).get("repeat") for one in ended["activity"]]
    assert repeats == [
        {"frequency": 2, "period": 1, "periodUnit": "d"},
        {"frequency": 3, "period": 1, "periodUnit": "wk"},
        None,
        None,
    ]
    read_again = read_program(json.dumps(ended))
    assert read_again.avoid == ("running",)
    assert read_again.exercises == (
        OutsideExercise("Bridge", "hip", 3, 10, 5, None, True, 2, 7),
        OutsideExercise("Neck turn", "neck", times_per_day=1, days_per_week=3),
        OutsideExercise("Walk"),
    )
    [raise_] = read_program(json.dumps(running)).exercises
    assert (raise_.times_per_day, raise_.days_per_week, raise_.note) == (1, 5, "")


def test_minutes_a_day_are_those_of_the_worked_example(session, practice, sam, maria):
    """docs/measures.md, "What a client carries in a day"."""
    stretch = make_exercise(session, practice, name="Chest stretch", sets=1, reps=3, hold_seconds=30)
    give(session, maria, sam, stretch)
    add(session, maria, sam, "Bridge, 3 x 10, hold 5 s, each side, 2 a day, 5 days a week\nWalk")

    together = side_by_side(session, maria, MONDAY_9AM)

    ours, theirs = together.programs
    assert ours.items[0].seconds_a_day == 105
    assert theirs.items[0].seconds_a_day == 450
    assert theirs.items[1].seconds_a_day is None
    assert [one.minutes for one in together.programs] == [2, 8]
    assert (together.minutes, together.is_at_least, ours.is_at_least) == (9, True, False)


def test_each_exercise_is_of_who_gave_it_first_in_an_unbroken_row(session, practice, sam, maria):
    kim = make_user(session, practice, name="Kim")
    one, two, three = (make_exercise(session, practice, name=name) for name in ("One", "Two", "Three"))
    give(session, maria, sam, one, two)
    give(session, maria, kim, one, three)
    give(session, maria, kim, one, two, three)

    together = side_by_side(session, maria, MONDAY_9AM)

    by_provider = {program.provider: [item.name for item in program.items] for program in together.programs}
    assert by_provider == {"Sam": ["One"], "Kim": ["Two", "Three"]}


def test_what_is_paused_or_over_is_not_carried(session, practice, sam, maria):
    one = make_exercise(session, practice)
    paused = NewAssignment(one.id, default_dose(one), DAILY, (MONDAY, None))
    over = NewAssignment(
        one.id, default_dose(one), Schedule(times=DAILY.times, starts_on=MONDAY, ends_on=MONDAY)
    )
    start_plan(session, maria, [paused, over], user=sam, now=MONDAY_8AM)

    assert side_by_side(session, maria, MONDAY_9AM + timedelta(days=1)).programs == ()


def test_regions_and_exercises_that_several_give_are_told(session, practice, sam, maria):
    give(session, maria, sam, make_exercise(session, practice, name="Glute Bridge", body_region="glute"))
    add(session, maria, sam, "glute bridge, 10 times, glute\nHeel raise, 10 times, ankle")

    together = side_by_side(session, maria, MONDAY_9AM)

    assert [(one.what, one.providers) for one in together.regions] == [("glute", ("Sam", HILL))]
    assert [(one.what, one.providers) for one in together.doubles] == [("Glute Bridge", ("Sam", HILL))]


def test_precautions_that_contradict_are_told(session, practice, sam, maria):
    own = {"practice_id": practice.id, "client_id": maria.id}
    session.add(Precaution(**own, code="falls", added_on=MONDAY))
    give(
        session,
        maria,
        sam,
        make_exercise(session, practice, name="One leg bridge", avoid_if=["falls", "pregnancy"]),
    )
    add(session, maria, sam, "Walk\nPrecaution: pregnancy, weak grip\nAvoid: bridge")

    conflicts = side_by_side(session, maria, MONDAY_9AM).conflicts

    assert conflicts == (
        "Hill Physio names Pregnancy, which is not on this record.",
        "Hill Physio names weak grip, which is not on this record.",
        "Sam gives One leg bridge; Falls or poor balance (this record) speaks against it.",
        "Sam gives One leg bridge; Pregnancy (Hill Physio) speaks against it.",
        "Hill Physio says to avoid bridge; Sam gives One leg bridge.",
    )


def test_a_newer_programme_takes_the_place_of_the_one_before_and_one_that_is_over_goes(
    session, practice, sam, maria
):
    add(session, maria, sam, "Bridge")
    newer = add(session, maria, sam, "Walk", provider=HILL.upper())
    assert list_outside_programs(session, maria) == [newer]

    end_outside_program(session, maria, newer.id, MONDAY)

    assert side_by_side(session, maria, MONDAY_9AM).programs == ()


def test_a_programme_from_outside_plans_no_text(session, practice, sam, maria):
    add(session, maria, sam, "Bridge, 3 x 10, 5 a day")

    plan_ahead(session, Timeline(MONDAY_8AM, practice_id=practice.id))

    assert session.scalar(select(func.count()).select_from(Reminder)) == 0


@pytest.mark.parametrize(
    "address", ["http://hill.example", "javascript:alert(1)", "https://a:b@hill.example"]
)
def test_an_address_is_https_or_nothing(session, sam, maria, address):
    with pytest.raises(Refused):
        add_outside_program(
            session, maria, HILL, read_program("Bridge"), sam, MONDAY, MONDAY_8AM, address=address
        )
