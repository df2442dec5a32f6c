"""What a new practice begins with, held against the published doses and the cautions it comes with.

Sources: ACSM Guidelines, 11th edition, Table 5.6 (stretching), ACSM 1998 (strength), reviews of foam
rolling of 2019 and 2020 (self-release), Bachmann 2018 (how many), as summed up in each test.
"""

import pytest

from care.exercises import list_exercises, seed_library
from care.models import ExerciseType, TemplateDays
from care.templates import list_templates, seed_templates
from care.vocabulary import PRECAUTIONS
from tests.making import MONDAY_8AM, make_practice

# How a caution names what the precautions of a client have a code for.
NAMED = {
    "hip replacement": "hip_replacement",
    "hip surgery": "hip_replacement",
    "osteoporosis": "osteoporosis",
    "low bone density": "osteoporosis",
    "dizziness": "dizziness",
    "neck injury": "neck_injury",
    "whiplash": "neck_injury",
    "rheumatoid neck": "rheumatoid_neck",
    "late pregnancy": "pregnancy",
    "clot history": "blood_clot",
    "swollen calf": "blood_clot",
    "varicose veins": "varicose_veins",
    "muscle tear": "muscle_tear",
    "heel cord tear": "muscle_tear",
    "groin strain": "muscle_tear",
    "shoulder surgery": "shoulder_surgery",
    "cuff repair": "shoulder_surgery",
    "shoulder repair": "shoulder_surgery",
    "unstable shoulder": "shoulder_instability",
    "spine fracture": "recent_fracture",
    "recent fracture": "recent_fracture",
    "wrist fracture": "recent_fracture",
    "pacemakers": "heart_condition",
    "sprain": "ankle_sprain",
    "open skin": "open_wound",
    "open sore": "open_wound",
    "numb feet": "diabetes_numb_feet",
    "disc pain": "disc_problem",
    "pain to the leg": "disc_problem",
    "leg pain spreads": "disc_problem",
    "down the leg": "disc_problem",
    "for balance": "falls",
    "prevent falls": "falls",
    "after surgery": "recent_surgery",
}
# "Move off the spot if tingling runs down the leg" is about the pressure, for everybody.
NOT_MEANT = {("hamstring-chair-ball", "disc_problem")}
# The same muscles at the same place, so the same care.
ALIKE = (
    ("gastrocnemius-wall-stretch", "soleus-wall-stretch"),
    ("upper-trapezius-stretch", "levator-scapulae-stretch"),
    ("doorway-chest-stretch", "doorway-high-chest-stretch"),
)


@pytest.fixture
def practice(session):
    practice = make_practice(session)
    seed_library(session, practice)
    seed_templates(session, practice, MONDAY_8AM)
    return practice


@pytest.fixture
def templates(session, practice):
    return list_templates(session, practice.id)


def items_of(templates, kind):
    found = [item for template in templates for item in template.items if item.exercise.type is kind]
    assert found
    return found


def test_a_stretch_is_held_10_to_30_seconds_2_to_4_times_and_60_seconds_in_all(templates):
    """ACSM, Table 5.6."""
    for item in items_of(templates, ExerciseType.STRETCH):
        assert 10 <= item.hold_seconds <= 30, item.exercise.slug
        assert 2 <= item.reps <= 4, item.exercise.slug
        assert item.sets * item.reps * item.hold_seconds == 60, item.exercise.slug


def test_strength_is_8_to_12_times_in_1_to_3_sets_and_not_on_days_in_a_row(templates):
    """ACSM 1998. Chin tuck and shoulder blade squeeze are light holds that the library gives every day."""
    for item in items_of(templates, ExerciseType.STRENGTH):
        assert 8 <= item.reps <= 12, item.exercise.slug
        assert 1 <= item.sets <= 3, item.exercise.slug
    for template in templates:
        if any(item.exercise.days_per_week <= 3 for item in template.items):
            assert template.days is TemplateDays.ALTERNATE, template.name


def test_self_release_takes_30_to_120_seconds_an_area_in_1_to_3_passes(templates):
    """Reviews of foam rolling, 2019 and 2020."""
    for item in items_of(templates, ExerciseType.SELF_RELEASE):
        assert 30 <= item.duration_seconds * item.reps <= 120, item.exercise.slug
        assert item.sets * item.reps <= 3, item.exercise.slug


def test_a_nerve_is_glided_and_never_held(templates):
    """The caution of the exercise itself: never hold the end."""
    glides = [item for one in templates for item in one.items if "nerve" in item.exercise.slug]

    assert glides
    assert all(item.hold_seconds == 0 for item in glides)


def test_no_template_asks_for_more_than_four_nor_for_an_exercise_more_often_than_the_library(templates):
    """Bachmann 2018: fewer than four go with better adherence."""
    days = {TemplateDays.DAILY: 7, TemplateDays.WEEKDAYS: 5, TemplateDays.ALTERNATE: 3}
    for template in templates:
        assert len(template.items) < 4, template.name
        assert days[template.days] == min(item.exercise.days_per_week for item in template.items)


def test_what_a_caution_names_is_asked_of_the_clients_precautions(session, practice):
    for exercise in list_exercises(session, practice.id):
        caution = exercise.caution.lower()
        named = {code for words, code in NAMED.items() if words in caution}
        named -= {code for slug, code in NOT_MEANT if slug == exercise.slug}
        assert named <= set(exercise.avoid_if), exercise.slug
        assert set(exercise.avoid_if) <= set(PRECAUTIONS)


def test_exercises_for_the_same_place_ask_for_the_same_care(session, practice):
    codes = {one.slug: set(one.avoid_if) for one in list_exercises(session, practice.id)}

    for first, second in ALIKE:
        assert codes[first] == codes[second]
