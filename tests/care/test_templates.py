"""Templates: the eight a practice begins with, and lists it keeps itself."""

from datetime import time

import pytest

from care.errors import NotFound, Refused
from care.exercises import seed_library
from care.models import ExerciseSource, Side, TemplateDays
from care.plans import Dose
from care.templates import (
    Routine,
    change_template,
    dose_of,
    get_template,
    keep_template,
    list_templates,
    retire_template,
    routine_of,
    seed_templates,
)
from care.vocabulary import CONDITION_CATEGORIES
from tests.making import MONDAY_8AM, MONDAY_9AM, make_exercise, make_practice, make_user

LEFT = Dose(2, 8, 20, 0, Side.LEFT, load="light band")
RIGHT = Dose(1, 12, 0, 0, Side.RIGHT, note="slowly")
WEEKDAYS_AT_NINE = Routine(TemplateDays.WEEKDAYS, (time(9), time(18)), 6, 0, 14)


@pytest.fixture
def practice(session):
    return make_practice(session)


@pytest.fixture
def user(session, practice):
    return make_user(session, practice)


def keep(session, user, name="Hip, second week", exercises=(), condition="other"):
    items = [(exercise.id, LEFT) for exercise in exercises]
    return keep_template(session, user.practice_id, name, condition, items, user, MONDAY_9AM)


def test_a_practice_begins_with_eight_templates_of_three_or_four_exercises(session, practice):
    seed_library(session, practice)
    seed_templates(session, practice, MONDAY_8AM)

    templates = list_templates(session, practice.id)

    assert len(templates) == 8
    assert all(3 <= len(template.items) <= 4 for template in templates)
    assert {template.condition_category for template in templates} <= set(CONDITION_CATEGORIES)


def test_those_of_the_clients_condition_come_first(session, practice, user):
    exercise = make_exercise(session, practice)
    keep(session, user, "Ankle", [exercise])
    keep(session, user, "Scar care", [exercise], condition="scar")

    assert [one.name for one in list_templates(session, practice.id)] == ["Ankle", "Scar care"]
    assert list_templates(session, practice.id, condition="scar")[0].name == "Scar care"


def test_a_list_is_kept_with_its_doses_in_its_order(session, practice, user):
    first, second = make_exercise(session, practice), make_exercise(session, practice)

    kept = get_template(session, practice.id, keep(session, user, exercises=[second, first]).id)

    assert [item.exercise for item in kept.items] == [second, first]
    assert [dose_of(item) for item in kept.items] == [LEFT, LEFT]
    assert (kept.source, kept.changed_by_id) == (ExerciseSource.OWN, user.id)


def test_the_same_name_again_replaces_the_list_and_brings_it_back(session, practice, user):
    first, second = make_exercise(session, practice), make_exercise(session, practice)
    before = keep(session, user, exercises=[first])
    retire_template(session, before)

    after = keep(session, user, name="hip, SECOND week", exercises=[second])

    [only] = list_templates(session, practice.id)
    assert only is after is before
    assert [item.exercise_id for item in only.items] == [second.id]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "Template name must be 1 to 60 characters."),
        ({"exercises": ()}, "A template holds 1 to 20 exercises."),
        ({"condition": "bad luck"}, "Condition must be chosen from the list."),
    ],
)
def test_what_cannot_be_kept_is_refused_with_what_to_do(session, practice, user, changes, sentence):
    wanted = {"exercises": [make_exercise(session, practice)]} | changes

    with pytest.raises(Refused, match=sentence):
        keep(session, user, **wanted)


def change(session, template, user, name, items=(), routine=WEEKDAYS_AT_NINE):
    now = MONDAY_9AM
    change_template(session, template, name, "scar", items, user, now, routine)


def test_a_template_is_changed_with_its_list_its_days_and_what_follows(session, practice, user):
    first, second = make_exercise(session, practice), make_exercise(session, practice)
    kept = keep(session, user, exercises=[first])

    change(session, kept, user, "Knee", [(second.id, RIGHT), (first.id, LEFT)])
    session.expunge_all()

    found = get_template(session, practice.id, kept.id)
    assert (found.name, found.condition_category) == ("Knee", "scar")
    assert [(item.exercise_id, dose_of(item)) for item in found.items] == [
        (second.id, RIGHT),
        (first.id, LEFT),
    ]
    assert routine_of(found) == WEEKDAYS_AT_NINE


def test_a_name_is_not_taken_from_another_template(session, practice, user):
    exercise = make_exercise(session, practice)
    keep(session, user, "Ankle", [exercise])
    knee = keep(session, user, "Knee", [exercise])

    with pytest.raises(Refused, match="already a template called ankle"):
        change(session, knee, user, "ankle", [(exercise.id, LEFT)])
    change(session, knee, user, "KNEE", [(exercise.id, LEFT)])
    assert knee.name == "KNEE"


@pytest.mark.parametrize(
    ("routine", "sentence"),
    [
        (Routine(times=(time(9), time(9))), "Second time must be another time of day."),
        (Routine(weeks=27), "Plan length must be 1 to 26 weeks."),
        (Routine(ask_days=91), "Days to the question must be 0 to 90."),
    ],
)
def test_days_and_times_that_make_no_sense_are_refused(session, practice, user, routine, sentence):
    exercise = make_exercise(session, practice)
    kept = keep(session, user, exercises=[exercise])

    with pytest.raises(Refused, match=sentence):
        change(session, kept, user, "Knee", [(exercise.id, LEFT)], routine)


def test_another_practices_template_is_not_found(session, practice, user):
    kept = keep(session, user, exercises=[make_exercise(session, practice)])

    with pytest.raises(NotFound):
        get_template(session, make_practice(session).id, kept.id)
