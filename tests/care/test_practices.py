"""Practices: what may be set up, and what a settings page may change."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from care.errors import NotFound, Refused
from care.exercises import list_exercises
from care.practices import (
    PracticeDetails,
    add_practice,
    find_practice,
    get_practice,
    list_practices,
    practice_now,
    set_texting_paused,
    set_threshold,
    set_thresholds,
    update_practice,
)
from care.thresholds import thresholds_of
from tests.making import MONDAY_8AM, NEW_YORK, make_practice

ORDINARY = PracticeDetails(
    name="Riverside Physio",
    phone="202-555-0123",
    timezone=NEW_YORK,
    country="US",
    language="en",
    window_from_time=time(8),
    window_until_time=time(21),
    daily_cap=3,
)


def test_a_new_practice_begins_with_the_seed_library(session):
    practice = add_practice(
        session,
        name=" Riverside  Physio ",
        timezone=NEW_YORK,
        country="us",
        phone="202-555-0123",
        now=MONDAY_8AM,
    )

    assert (practice.name, practice.country, practice.phone) == ("Riverside Physio", "US", "+12025550123")
    assert len(list_exercises(session, practice.id)) == 80
    assert get_practice(session, practice.id) is practice
    assert list_practices(session) == [practice]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "  "}, "Name must be 1 to 80 characters."),
        ({"name": "R" * 81}, "Name must be at most 80 characters."),
        ({"name": "Riverside 1"}, "Another practice has this name. Choose a different one."),
        ({"timezone": "New York"}, "Time zone must be one from the list, like America/New_York."),
        ({"timezone": "localtime"}, "Time zone must be one from the list, like America/New_York."),
        ({"country": "USA"}, "Country must be its two letters, like US."),
        ({"language": "fr"}, "Language must be English or Spanish."),
        ({"phone": "12"}, "Phone must be a number that can be texted, like 202-555-0123."),
    ],
)
def test_a_practice_that_cannot_be_is_refused_with_what_to_do(session, changes, sentence):
    make_practice(session)
    values = {"name": "Hillside", "timezone": NEW_YORK, "country": "US"} | changes

    with pytest.raises(Refused) as refusal:
        add_practice(session, now=MONDAY_8AM, **values)

    assert str(refusal.value) == sentence


def test_a_practice_is_found_by_its_name(session):
    practice = make_practice(session, name="Riverside Physio")

    assert find_practice(session, " Riverside  Physio") is practice
    assert find_practice(session, "Riverside") is None


def test_an_unknown_practice_is_not_found(session):
    with pytest.raises(NotFound):
        get_practice(session, 99)


def test_the_settings_page_changes_what_it_shows(session):
    practice = make_practice(session)

    update_practice(session, practice, replace(ORDINARY, window_from_time=time(8, 30), daily_cap=1))

    assert (practice.name, practice.window_from_time, practice.daily_cap) == (
        "Riverside Physio",
        time(8, 30),
        1,
    )


def test_a_practice_may_keep_its_own_name(session):
    practice = make_practice(session, name="Riverside Physio")

    update_practice(session, practice, ORDINARY)

    assert practice.phone == "+12025550123"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"window_from_time": time(7, 59)}, "Window must lie between 8:00am and 9:00pm."),
        ({"window_until_time": time(21, 1)}, "Window must lie between 8:00am and 9:00pm."),
        (
            {"window_from_time": time(12), "window_until_time": time(12)},
            "Window must begin before it ends.",
        ),
        ({"daily_cap": 0}, "Texts a day must be 1 to 10."),
    ],
)
def test_a_refused_change_changes_nothing(session, changes, sentence):
    practice = make_practice(session)

    with pytest.raises(Refused) as refusal:
        update_practice(session, practice, replace(ORDINARY, **changes))

    assert str(refusal.value) == sentence
    assert practice.name == "Riverside 1"


def test_a_threshold_of_its_own_is_kept_and_the_others_stay(session):
    practice = make_practice(session)

    set_threshold(session, practice, "silence_days", 5)
    session.commit()
    session.expire_all()

    thresholds = thresholds_of(practice.thresholds)
    assert (thresholds.silence_days, thresholds.high_pain) == (5, 7)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("silence_days", 0, "Silence days must be 1 to 60."),
        ("nonsense", 1, "There is no setting called nonsense."),
        ("mild_from", 4, "Mild from must be below moderate from, which is 4."),
        ("high_pain", 10, "High pain must be at most urgent pain, which is 9."),
    ],
)
def test_thresholds_stay_within_bounds_and_in_order(session, name, value, sentence):
    practice = make_practice(session)

    with pytest.raises(Refused) as refusal:
        set_threshold(session, practice, name, value)

    assert str(refusal.value) == sentence
    assert practice.thresholds == {}


def test_thresholds_that_hold_together_are_set_together(session):
    practice = make_practice(session)

    set_thresholds(session, practice, {"mild_from": 5, "moderate_from": 6})

    assert practice.thresholds == {"mild_from": 5, "moderate_from": 6}


def test_only_a_sample_practice_has_a_clock_of_its_own(session):
    moved = {"clock_offset_seconds": 3600}
    sample = make_practice(session, is_sample=True, **moved)
    real = make_practice(session, **moved)

    assert practice_now(sample, MONDAY_8AM) == MONDAY_8AM + timedelta(hours=1)
    assert practice_now(real, MONDAY_8AM) == MONDAY_8AM


def test_texting_can_be_paused_and_taken_up_again(session):
    practice = make_practice(session)

    set_texting_paused(session, practice, True)
    assert practice.is_texting_paused

    set_texting_paused(session, practice, False)
    assert not practice.is_texting_paused
