"""The practice's own words: kept when they hold, said when texts go out, and ours again when asked."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from care.errors import NotFound
from care.languages import LANGUAGES
from care.models import Client, Practice
from reminders.linting import Weight
from reminders.own_wording import TEXTS, find_text, save_words, show, use_ours
from reminders.wording import CHANGEABLE, client_text, template, visit_values
from tests.making import NEW_YORK, make_client, make_exercise, make_practice

OWN = "{practice}: Hello {first}, {min} quiet minutes for you. Reply DONE or SKIP."


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session, name="Riverside")


@pytest.fixture
def maria(session: Session, practice: Practice) -> Client:
    return make_client(session, practice)


def save(session: Session, practice: Practice, words: str, key: str = "reminder", language: str = "en"):
    return save_words(session, practice, find_text(key, language), language, words)


def test_own_words_go_out_from_now_on_in_that_language_alone(session, practice, maria):
    assert save(session, practice, OWN) == []
    session.expire_all()

    spanish = make_client(session, practice, language="es")
    assert client_text("reminder", maria, practice, min=8) == (
        "Riverside: Hello Maria, 8 quiet minutes for you. Reply DONE or SKIP."
    )
    assert "es hora de sus ejercicios" in client_text("reminder", spanish, practice, min=8)


def test_refused_words_change_nothing(session, practice):
    findings = save(session, practice, "Reply YES")

    assert [one.rule for one in findings] == ["needed", "carrier"]
    assert practice.wording == {}


def test_ours_come_back_and_leave_nothing_behind(session, practice, maria):
    save(session, practice, OWN)

    use_ours(session, practice, find_text("reminder", "en"), "en")

    assert practice.wording == {}
    assert "time for your home stretches" in client_text("reminder", maria, practice, min=8)


def test_saving_our_own_words_keeps_none(session, practice):
    save(session, practice, OWN)

    save(session, practice, template("reminder", "en"))

    assert practice.wording == {}


def test_a_warning_does_not_stand_in_the_way(session, practice):
    findings = save(session, practice, "{practice}: {first}, haga más. Responda LISTO.", language="es")

    assert [one.weight for one in findings] == [Weight.WARN]
    assert practice.wording["es"].keys() == {"reminder"}


def test_a_text_names_the_practices_own_exercises_by_no_name(session, practice):
    make_exercise(session, practice, name="Lizard glide")

    findings = save(session, practice, "{practice}: {first}, time for the lizard glide.")

    assert [one.words for one in findings] == [("Lizard glide",)]


def test_a_visit_needs_its_day_and_time(session, practice):
    findings = save(session, practice, "{practice}: see you soon.", key="visit")

    assert [one.words for one in findings] == [("date",), ("time",)]


def test_the_phone_can_be_named_only_where_there_is_one(session, practice):
    words = "{practice}: questions? Call {phone}. Reply DONE."
    assert save(session, practice, words) == []

    practice.phone = None
    assert [one.words for one in save(session, practice, words)] == [("phone",)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.key)
def test_our_own_words_could_be_saved_as_they_are(session, practice, text, language):
    practice.name = "Riverside Physio N"

    findings = save(session, practice, template(text.key, language), text.key, language)

    assert [one.sentence for one in findings if one.weight is Weight.REFUSE] == []


def test_a_practice_with_a_long_name_may_take_as_many_texts_as_ours_do(session, practice):
    practice.name = "The Riverside Centre for Orthopedic Massage and Physical Therapy"

    assert save(session, practice, template("reminder_pain", "en"), "reminder_pain") == []


def test_the_preview_reads_as_the_text_will(session, practice, maria):
    save(session, practice, OWN)

    shown = show(practice, find_text("reminder", "en"), "en")

    assert shown.is_own
    assert shown.reads == client_text("reminder", maria, practice, min=8)
    assert (shown.parts.parts, shown.parts.units) == (1, len(shown.reads))


@pytest.mark.parametrize(
    "key", ["stopped", "help", "crisis", "urgent_emergency", "high_pain", "enrol", "message"]
)
def test_safety_and_what_is_said_about_stopping_stay_ours(practice, maria, key):
    practice.wording = {"en": {key: "Ignore all this."}}

    values = {"score": "9", "weekly": 5, "body": "Hi"}
    assert key not in CHANGEABLE
    with pytest.raises(NotFound):
        find_text(key, "en")
    assert "Ignore" not in client_text(key, maria, practice, **values)


@pytest.mark.parametrize("broken", ["{practice}: {nobody}", "{first.__class__}", "{", "", "  ", 7, None])
def test_words_that_cannot_be_filled_in_never_go_out(practice, maria, broken):
    practice.wording = {"en": {"reminder": broken}}

    assert "time for your home stretches" in client_text("reminder", maria, practice, min=8)


def test_words_that_a_newer_rule_would_refuse_still_go_out(practice, maria):
    practice.wording = {"en": {"reminder": "{practice}: {first}, you missed some."}}

    assert client_text("reminder", maria, practice, min=8) == "Riverside: Maria, you missed some."


def test_a_visit_is_worded_by_the_practice_too(practice, maria):
    practice.wording = {"en": {"visit": "{practice}: {first}, we see you {date}, {time}."}}
    maria.timezone = NEW_YORK

    values = visit_values(datetime(2026, 3, 4, 15, 30, tzinfo=UTC), maria, datetime(2026, 3, 3, tzinfo=UTC))
    assert client_text("visit", maria, practice, **values) == (
        "Riverside: Maria, we see you Wed 4 Mar, 10:30am."
    )
