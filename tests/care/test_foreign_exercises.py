"""Exercises of other libraries: their words cleaned, kept with source and licence, hidden until finished."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.errors import Refused
from care.exercises import list_exercises, restore_exercise
from care.foreign_exercises import read_foreign
from care.library_import import count_waiting, finish_import, import_exercises, list_waiting
from care.models import ExerciseType
from tests.care.test_exercises import OWN
from tests.making import MONDAY_9AM, make_exercise, make_practice, make_user

FREE: dict[str, Any] = {
    "id": "Seated_Side_Reach",
    "name": "Seated Side Reach",
    "force": "static",
    "level": "beginner",
    "mechanic": None,
    "equipment": "body only",
    "primaryMuscles": ["lats"],
    "secondaryMuscles": ["shoulders"],
    "instructions": ["Sit tall on a chair.", "Reach one arm up and over to the other side."],
    "category": "stretching",
    "images": ["Seated_Side_Reach/0.jpg"],
}
WGER: dict[str, Any] = {
    "id": 7,
    "uuid": "0f6c2a",
    "category": {"id": 9, "name": "Legs"},
    "muscles": [{"id": 11, "name": "Biceps femoris", "name_en": "Hamstrings", "is_front": False}],
    "muscles_secondary": [],
    "equipment": [{"id": 4, "name": "Gym mat"}],
    "license": {
        "id": 2,
        "full_name": "Creative Commons Attribution Share Alike 4",
        "short_name": "CC-BY-SA 4",
    },
    "license_author": "somebody",
    "images": [{"image": "https://elsewhere.example/7.png"}],
    "videos": [],
    "translations": [
        {
            "language": 2,
            "name": "Heel slide",
            "description": "<p>Lie on your back.</p><ul><li>Slide one heel <b>towards</b> you.</li></ul>",
            "license_author": "ann",
        },
        {
            "language": 4,
            "name": "Deslizar el tal\u00f3n",
            "description": "<p>Acu\u00e9stese boca arriba.</p>",
        },
    ],
}


def read(entries: Any) -> Any:
    return read_foreign(json.dumps(entries)).exercises


def test_an_entry_of_free_exercise_db_is_read() -> None:
    [found] = read([FREE])

    assert (found.source, found.ref, found.name) == (
        "free-exercise-db",
        "Seated_Side_Reach",
        "Seated Side Reach",
    )
    assert found.steps == ("Sit tall on a chair.", "Reach one arm up and over to the other side.")
    assert (found.region, found.type, found.equipment) == ("upper_back", ExerciseType.STRETCH, ("none",))
    assert found.licence == "Unlicense"


def test_an_entry_of_wger_is_read_in_both_languages_with_its_licence() -> None:
    [found] = read({"count": 1, "results": [WGER]})

    assert (found.source, found.ref, found.name) == ("wger", "0f6c2a", "Heel slide")
    assert found.steps == ("Lie on your back.", "Slide one heel towards you.")
    assert (found.region, found.equipment) == ("thigh_posterior", ("Gym mat",))
    assert (found.licence, found.author) == ("CC-BY-SA 4", "ann (en), somebody (es)")
    assert (found.spanish_name, found.spanish_steps) == (
        "Deslizar el tal\u00f3n",
        ("Acu\u00e9stese boca arriba.",),
    )


@pytest.mark.parametrize(
    ("name", "category", "kind"),
    [
        ("Foam Roll Quads", "strength", ExerciseType.SELF_RELEASE),
        ("Calves-SMR", "stretching", ExerciseType.SELF_RELEASE),
        ("Wall squat", "strength", ExerciseType.STRENGTH),
        ("Calf Stretch", "", ExerciseType.STRETCH),
    ],
)
def test_kinds_are_told_by_name_and_category(name: str, category: str, kind: ExerciseType) -> None:
    assert read([FREE | {"name": name, "category": category}])[0].type is kind


def test_markup_scripts_and_odd_characters_are_gone() -> None:
    hostile = (
        "<script>alert(1)</script><p onclick=x>Sit\u202e\x00 down.<img src=x onerror=y></p>"
        "<style>*{}</style>&lt;b&gt;"
    )
    wger = WGER | {"translations": [{"language": 2, "name": "<b>Sit</b>", "description": hostile}]}

    [found] = read([wger])

    assert found.name == "Sit"
    assert found.steps == ("Sit down.", "<b>")


def test_long_words_are_cut_between_sentences_and_none_is_lost() -> None:
    long = " ".join(["Lift the leg as high as it goes."] * 10)
    endless = " ".join(["and on"] * 60)
    given = [long, endless, "y" * 900, *[f"Rest {n}." for n in range(10)], "STOP if it is sharp."]
    [found] = read([FREE | {"name": "x" * 500, "instructions": given}])

    assert len(found.name) == 80
    assert all(len(step) <= 200 for step in found.steps)
    assert found.steps[0].endswith("goes.")
    assert "".join("".join(found.steps).split()) == "".join("".join(given).split())


@pytest.mark.parametrize(
    ("spanish", "licence", "author"),
    [
        ({"license": 1, "license_author": "bea"}, "CC-BY-SA 4 (en), CC-BY-SA 3 (es)", "ann (en), bea (es)"),
        ({"license": 2, "license_author": "ann"}, "CC-BY-SA 4", "ann"),
        ({"license": 9, "license_author": "ann"}, "CC-BY-SA 4 (en), licence 9 of wger (es)", "ann"),
        ({"license": 1, "license_author": "bea", "name": "", "description": ""}, "CC-BY-SA 4", "ann"),
    ],
)
def test_each_translation_keeps_its_own_licence_and_author(
    spanish: dict[str, Any], licence: str, author: str
) -> None:
    english, other = WGER["translations"]

    [found] = read([WGER | {"translations": [english, other | spanish]}])

    assert (found.licence, found.author) == (licence, author)


def test_two_long_authors_fit_beside_each_other() -> None:
    english, other = WGER["translations"]
    told = [english | {"license_author": "a" * 200}, other | {"license_author": "b" * 200}]

    [found] = read([WGER | {"translations": told}])

    assert found.author.endswith("b (es)")
    assert len(found.author) <= 120


def test_notes_beside_a_description_come_along() -> None:
    english = WGER["translations"][0] | {"notes": [{"comment": "Stop if it burns."}, 7]}

    [found] = read([WGER | {"translations": [english]}])

    assert found.steps[-1] == "Stop if it burns."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "neither"),
        ("{}", "neither"),
        ("7", "neither"),
        ('{"results": 7}', "neither"),
        ('[{"name": 1, "instructions": 2}]', "no exercise"),
        (json.dumps([FREE] * 5001), "more than 5,000"),
    ],
)
def test_what_is_no_such_file_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        read_foreign(text)


FIELDS = st.sampled_from([*FREE, *WGER])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FREE, *WGER]), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from([FREE, WGER]), FIELDS, JUNK)
def test_any_field_may_hold_anything(entry: dict[str, Any], field: str, junk: Any) -> None:
    try:
        found = read([entry | {field: junk}])
    except Refused:
        return
    assert all(one.name and one.steps for one in found)


def test_an_imported_exercise_waits_until_a_therapist_added_what_it_lacks(any_database) -> None:
    with any_database.sessions() as session:
        practice = make_practice(session)
        user = make_user(session, practice)
        make_exercise(session, practice, name="Heel slide")
        found = read([FREE]) + read([WGER])

        first = import_exercises(session, practice, found, MONDAY_9AM)
        again = import_exercises(session, practice, found, MONDAY_9AM)

        assert (first.added, first.taken, again.added, again.known) == (1, 1, 0, 1)
        [waiting] = list_waiting(session, practice.id, 10)
        assert waiting not in list_exercises(session, practice.id)
        with pytest.raises(Refused):
            restore_exercise(session, waiting)
        with pytest.raises(Refused, match="Caution"):
            finish_import(session, waiting, OWN, user, MONDAY_9AM)

        finish_import(session, waiting, with_caution(), user, MONDAY_9AM)

        assert waiting in list_exercises(session, practice.id)
        assert (waiting.came_from, waiting.licence) == ("free-exercise-db", "Unlicense")
        assert (count_waiting(session, practice.id), waiting.reviewed_by_id) == (0, user.id)


def with_caution() -> Any:
    return replace(OWN, caution="Stop if it pinches.")
