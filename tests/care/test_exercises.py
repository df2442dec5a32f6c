"""The library: its seed, finding in it, a practice's own entries, and warnings."""

from dataclasses import replace

import pytest

from care.errors import NotFound, Refused
from care.exercises import (
    START_POSITIONS,
    ExerciseDetails,
    add_exercise,
    count_exercises,
    get_exercise,
    list_exercises,
    restore_exercise,
    retire_exercise,
    review_exercise,
    seed_library,
    update_exercise,
    warnings_for,
)
from care.languages import LANGUAGES
from care.models import ExerciseSource, ExerciseType, Precaution
from care.precautions import precaution_in_words
from care.translating import Told, told_in, translation
from care.vocabulary import PRECAUTIONS, REGIONS
from tests.making import MONDAY, MONDAY_9AM, MONDAY_NOON, make_exercise, make_practice, make_user

OWN = ExerciseDetails(
    name="Towel hamstring pull",
    body_region="thigh_posterior",
    start_position="supine",
    type=ExerciseType.STRETCH,
    cue="Pull the towel until you feel it behind the thigh.",
    hold_seconds=30,
    reps=3,
    target_muscles=("hamstrings",),
    equipment=("towel",),
    avoid_if=("disc_problem",),
)


@pytest.fixture
def practice(session):
    return make_practice(session)


@pytest.fixture
def user(session, practice):
    return make_user(session, practice)


def test_the_seed_speaks_our_words_and_is_added_once(session, practice):
    assert seed_library(session, practice) == 80
    assert seed_library(session, practice) == 0

    library = list_exercises(session, practice.id)
    assert len(library) == 80
    assert {exercise.body_region for exercise in library} <= set(REGIONS)
    assert {exercise.start_position for exercise in library} <= set(START_POSITIONS)
    assert {code for exercise in library for code in exercise.avoid_if} <= set(PRECAUTIONS)
    assert all(exercise.caution and exercise.cue for exercise in library)


def test_every_seed_entry_would_pass_as_an_own_one(session, practice, user):
    seed_library(session, practice)

    for exercise in list_exercises(session, practice.id):
        update_exercise(session, exercise, details_of(exercise), user, MONDAY_9AM)


@pytest.mark.parametrize("query", ["ham", "HAMSTRING towel", "back of thigh", "towel-ham", "isquiotibiales"])
def test_an_exercise_is_found_by_name_region_muscle_equipment_or_code(session, practice, user, query):
    own = add_exercise(
        session,
        practice,
        replace(OWN, translations={"es": Told(name="Estiramiento de isquiotibiales")}),
        user,
        MONDAY_9AM,
    )
    make_exercise(session, practice, name="Doorway stretch", body_region="chest")

    assert list_exercises(session, practice.id, query=query) == [own]


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("ham ress", False),
        ("pulls", False),
        ("ham tow", True),
        ("pantorrilla", True),
        ("  ", True),
        ("'\"*", True),
    ],
)
def test_every_word_begins_a_word_of_the_entry_on_either_database(any_database, query, is_found):
    with any_database.sessions() as session:
        practice, elsewhere = make_practice(session), make_practice(session)
        make_exercise(
            session, elsewhere, name="Towel hamstring pull", translations={"es": {"name": "Pantorrilla"}}
        )
        own = make_exercise(session, practice, name="Tuck")
        own.name, own.equipment = "Towel hamstring pull", ["strap"]
        own.translations = {"es": {"name": "Pantorríllá"}}
        session.flush()

        found = list_exercises(session, practice.id, query=query)
        gone = list_exercises(session, practice.id, query="tuck")

        assert found == ([own] if is_found else [])
        assert gone == []
        assert count_exercises(session, practice.id, query=query) == len(found)
        session.delete(own)
        session.flush()
        assert list_exercises(session, practice.id, query=query) == []


def test_a_name_that_holds_the_word_comes_before_a_muscle_that_does(session, practice):
    muscle = make_exercise(session, practice, name="Bridge", target_muscles=["calf"])
    inside = make_exercise(session, practice, name="Wall calf stretch")
    begins = make_exercise(session, practice, name="Calf raise")

    assert list_exercises(session, practice.id, query="calf") == [begins, inside, muscle]


def test_names_that_begin_with_the_query_come_first(session, practice):
    inside = make_exercise(session, practice, name="Chair hamstring stretch")
    begins = make_exercise(session, practice, name="Hamstring stretch")

    assert list_exercises(session, practice.id, query="ham") == [begins, inside]
    assert list_exercises(session, practice.id, query="ham", limit=1) == [begins]


def test_a_region_narrows_the_list(session, practice):
    neck = make_exercise(session, practice, body_region="neck")
    make_exercise(session, practice, body_region="hip")

    assert list_exercises(session, practice.id, region="neck") == [neck]


def test_another_practices_exercise_is_not_found(session, practice):
    theirs = make_exercise(session, make_practice(session))

    assert list_exercises(session, practice.id) == []
    with pytest.raises(NotFound):
        get_exercise(session, practice.id, theirs.id)


def test_an_own_exercise_gets_a_stable_code(session, practice, user):
    own = add_exercise(session, practice, OWN, user, MONDAY_9AM)
    retire_exercise(session, own)
    twin = add_exercise(session, practice, OWN, user, MONDAY_9AM)

    update_exercise(session, twin, replace(OWN, name="Towel pull"), user, MONDAY_9AM)

    assert (own.slug, twin.slug) == ("towel-hamstring-pull", "towel-hamstring-pull-2")
    assert (twin.name, twin.source) == ("Towel pull", ExerciseSource.OWN)
    assert get_exercise(session, practice.id, twin.id) is twin


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Name must be 1 to 80 characters."),
        ({"steps": ("One.",) * 7}, "Steps must be 6 at most. Join two of them."),
        ({"cue": ""}, "Cue must be 1 to 200 characters."),
        ({"body_region": "wing"}, "Region must be chosen from the list."),
        ({"start_position": "flying"}, "Start position must be chosen from the list."),
        ({"sets": 0}, "Sets must be 1 to 10."),
        ({"reps": 101}, "Repetitions must be 1 to 100."),
        ({"hold_seconds": 601}, "Hold must be 0 to 600 seconds."),
        ({"duration_seconds": -1}, "Time must be 0 to 3600 seconds."),
        ({"days_per_week": 8}, "Days a week must be 1 to 7."),
        ({"avoid_if": ("bad_luck",)}, "Precautions must be chosen from the list."),
        (
            {"name": "towel HAMSTRING pull"},
            "There is already an exercise called towel HAMSTRING pull. Choose another name.",
        ),
    ],
)
def test_an_exercise_that_cannot_be_is_refused_with_what_to_do(session, practice, user, changes, sentence):
    add_exercise(session, practice, OWN, user, MONDAY_9AM)

    with pytest.raises(Refused) as refusal:
        add_exercise(session, practice, replace(OWN, **({"name": "Another"} | changes)), user, MONDAY_9AM)

    assert str(refusal.value) == sentence


def test_a_retired_exercise_is_hidden_until_it_is_restored(session, practice, user):
    own = add_exercise(session, practice, OWN, user, MONDAY_9AM)

    retire_exercise(session, own)
    assert list_exercises(session, practice.id) == []
    assert list_exercises(session, practice.id, include_retired=True) == [own]

    restore_exercise(session, own)
    assert list_exercises(session, practice.id) == [own]


def test_the_seed_tells_every_step_in_every_language_and_nobody_has_vouched_for_it(session, practice):
    seed_library(session, practice)

    for exercise in list_exercises(session, practice.id):
        assert 2 <= len(exercise.steps) <= 4, exercise.slug
        for code in LANGUAGES:
            told = told_in(exercise, code)
            assert len(told.steps) == len(exercise.steps), exercise.slug
            assert all((told.name, told.cue, told.caution)), exercise.slug
        assert exercise.reviewed_at is None, exercise.slug


def test_whoever_writes_what_clients_read_vouches_for_it(session, practice, user):
    own = add_exercise(session, practice, OWN, user, MONDAY_9AM)
    colleague = make_user(session, practice, email="lee@riverside.example")

    update_exercise(session, own, replace(OWN, reps=5), colleague, MONDAY_NOON)
    assert (own.reviewed_by_id, own.reviewed_at) == (user.id, MONDAY_9AM)

    update_exercise(session, own, replace(OWN, steps=("Lie down.", "Pull.")), colleague, MONDAY_NOON)
    assert (own.reviewed_by_id, own.reviewed_at) == (colleague.id, MONDAY_NOON)


def test_an_exercise_is_not_restored_beside_one_of_the_same_name(session, practice, user):
    own = add_exercise(session, practice, OWN, user, MONDAY_9AM)
    retire_exercise(session, own)
    add_exercise(session, practice, OWN, user, MONDAY_9AM)

    with pytest.raises(Refused, match="already an exercise called"):
        restore_exercise(session, own)


def test_a_precaution_warns_by_its_name_and_in_the_therapists_own_words(session, practice):
    exercise = make_exercise(
        session,
        practice,
        name="Figure four stretch",
        caution="After hip replacement ask first.",
        avoid_if=["hip_replacement"],
    )
    hip = Precaution(code="hip_replacement", note="left hip, 2024.", added_on=MONDAY)

    assert warnings_for(exercise, [hip]) == [
        "Precaution: Hip replacement (left hip, 2024). Figure four stretch asks for care "
        "(After hip replacement ask first.)"
    ]


def test_without_a_note_or_caution_the_warning_names_the_precaution(session, practice):
    exercise = make_exercise(session, practice, name="Bridge", avoid_if=["falls"])
    falls = Precaution(code="falls", note="", added_on=MONDAY)

    assert warnings_for(exercise, [falls]) == ["Precaution: Falls or poor balance. Bridge asks for care."]


def test_a_precaution_on_no_list_is_named_by_its_note():
    assert precaution_in_words(Precaution(code="other", note="weak grip", added_on=MONDAY)) == "weak grip"


def test_what_is_over_or_has_nothing_to_do_with_it_does_not_warn(session, practice):
    exercise = make_exercise(session, practice, avoid_if=["falls"])
    over = Precaution(code="falls", note="", added_on=MONDAY, ended_on=MONDAY)
    unrelated = Precaution(code="glaucoma", note="", added_on=MONDAY)

    assert warnings_for(exercise, [over, unrelated]) == []


def details_of(exercise) -> ExerciseDetails:
    values = {name: getattr(exercise, name) for name in ExerciseDetails.__dataclass_fields__}
    translations = {code: translation(exercise, code) for code in exercise.translations}
    return ExerciseDetails(**values | {"translations": translations, "short_code": exercise.short_code or ""})


def test_what_a_person_approved_stays_as_they_read_it(session, practice, user):
    seed_library(session, practice)
    seed = list_exercises(session, practice.id)[0]
    # As in an installation that was there before the language was.
    seed.translations = {}
    before = translation(seed, "es")

    review_exercise(session, seed, user, MONDAY_9AM)

    assert before.name
    assert seed.translations["es"]["steps"] == list(before.steps)
    seed.translations = {"es": {"name": "Puente"}}
    assert translation(seed, "es") == Told(name="Puente")
    assert told_in(seed, "es") == Told("Puente", seed.cue, seed.caution, tuple(seed.steps))


@pytest.mark.parametrize(
    "translations",
    [
        {},
        {"es": None},
        {"es": [1]},
        {"es": {"name": 7, "steps": "none"}},
        {"es": {"steps": [{}, ""]}},
        [1],
    ],
)
def test_whatever_an_import_brought_an_exercise_is_told_and_found(session, practice, translations):
    exercise = make_exercise(session, practice, source=ExerciseSource.OWN, translations=translations)

    assert told_in(exercise, "es") == told_in(exercise, "en")
    assert told_in(exercise, "xx") == told_in(exercise, "en")
    assert list_exercises(session, practice.id, query="doorway") == [exercise]
