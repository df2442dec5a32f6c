"""Every text we send: short enough, complete in every language, and free of what others must not read."""

import re
from datetime import UTC, datetime
from string import Formatter

import pytest

from care.languages import LANGUAGES
from care.models import Client, Practice
from care.models.library import translated_names
from care.seeds import seed_rows
from care.vocabulary import CONDITION_CATEGORIES, REGIONS
from reminders.segments import count_parts
from reminders.wording import client_text, contact_values, template, text, visit_values
from tests.making import MONDAY_8AM, NEW_YORK

A_YEAR_BEFORE = datetime(2025, 9, 22, tzinfo=UTC)
EIGHTEEN, TEN = "Riverside Physio N", "Maximilian"
KEYS = {
    "enrol", "reminder", "reminder_first", "reminder_first_pain", "reminder_pain", "pain_now", "message",
    "visit", "visit_no_phone", "nudge", "saved", "done", "done_saved", "done_ask", "skipped", "skipped_saved",
    "skipped_ask", "later", "confirmed", "passed_on", "clarify", "clarify_done", "help", "help_no_phone",
    "stopped", "stopped_urgent", "restarted", "wrong_number", "unknown_phone", "high_pain", "high_pain_known",
    "stop_line", "high_pain_words", "urgent_emergency", "crisis", "poison", "same_day", "alert",
    "alert_no_reading", "noted", "noted_held", "noted_waiting", "remind_nothing", "plan_changed",
}  # fmt: skip
ALL = [(language, key) for language in LANGUAGES for key in sorted(KEYS)]
COUNTRIES = ("US", "CA", "GB", "ES", "AU", "MX", "IN")
# Words that a carrier takes for an opt-out or opt-in, whoever meant something else by them.
CARRIER_WORDS = ("YES", "END", "CANCEL", "QUIT", "UNSUBSCRIBE", "STOPALL", "REVOKE", "OPTOUT", "UNSTOP")


def make_practice(country: str = "US") -> Practice:
    phones = {"US": "+12025550100", "GB": "+447400123456", "ES": "+34612345678", "AU": "+61412345678"}
    return Practice(name=EIGHTEEN, country=country, phone=phones.get(country, "+12025550100"))


def make_client(language: str) -> Client:
    return Client(first_name=TEN, language=language, timezone=NEW_YORK)


def filled(key: str, language: str, country: str = "US") -> str:
    """With the longest values there are."""
    client = make_client(language)
    values = {"min": 45, "weekly": 21, "score": "6.5", "limit": 10, "body": "x" * 100}
    values |= {"link": "https://homestretch.riverside-physio.example/inbox?item=1234567"}
    values |= visit_values(datetime(2026, 9, 23, 15, 30, tzinfo=UTC), client, A_YEAR_BEFORE)
    return client_text(key, client, make_practice(country), **values)


def fields(key: str, language: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template(key, language)) if name}


@pytest.mark.parametrize(("language", "key"), ALL)
def test_every_text_fits_one_part(language: str, key: str) -> None:
    assert (len(EIGHTEEN), len(TEN)) == (18, 10)
    body = filled(key, language)

    counted = count_parts(body)
    assert (counted.encoding, counted.parts) == ("GSM-7", 1), f"{counted.units} units: {body}"


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_text_can_be_filled_in_everywhere(country: str) -> None:
    bodies = [filled(key, language, country) for language, key in ALL]

    assert [body for body in bodies if re.search(r"[{}]|\s{2,}| [.,:]", body)] == []


@pytest.mark.parametrize("key", sorted(KEYS))
def test_languages_say_the_same_things(key: str) -> None:
    in_english = fields(key, "en")

    assert {language: fields(key, language) for language in LANGUAGES} == dict.fromkeys(LANGUAGES, in_english)


def test_every_language_has_every_text() -> None:
    english = {key: template(key, "en") for key in KEYS}
    spanish = {key: template(key, "es") for key in KEYS}

    same = {key for key in KEYS if english[key] == spanish[key]}
    assert same == {"message"}


def forbidden_words() -> set[str]:
    """Body parts, conditions and exercise names, in both languages."""
    words = {word for name in REGIONS.values() for word in name.split()} - {"and", "of", "whole", "body"}
    words |= {word for name in CONDITION_CATEGORIES.values() for word in name.lower().split()}
    words -= {"or", "pain", "other"}
    words -= {"back", "front"}  # "get back to you"
    return words | {"rodilla", "hombro", "espalda", "cuello", "cadera", "tobillo", "codo", "lumbar", "pie"}


@pytest.mark.parametrize(("language", "key"), ALL)
def test_no_text_tells_a_stranger_what_is_wrong_with_whom(language: str, key: str) -> None:
    words = set(re.findall(r"\w+", template(key, language).lower()))

    assert words & forbidden_words() == set()


def test_no_text_names_an_exercise() -> None:
    rows = seed_rows()
    names = {name.lower() for row in rows for name in (row["name"], *translated_names(row["translations"]))}

    assert len(names) > 150
    said = " ".join(template(key, language).lower() for language, key in ALL)
    assert [name for name in names if name in said] == []


@pytest.mark.parametrize(("language", "key"), ALL)
def test_no_text_invites_a_carriers_own_word(language: str, key: str) -> None:
    invited = set(re.findall(r"\b[A-ZÁÉÍÓÚÑ]{2,}\b", template(key, language)))

    assert invited & set(CARRIER_WORDS) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_text_says_how_often_what_it_costs_and_how_to_stop(language: str) -> None:
    first = filled("enrol", language)

    assert {"21", "STOP"} <= set(re.findall(r"\w+", first))
    assert "Msg rates" in first or "cargos" in first


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_practice_without_a_phone_names_none(language: str) -> None:
    practice = make_practice()
    practice.phone = None
    client = make_client(language)

    for key in ("help", "visit"):
        values = visit_values(datetime(2026, 3, 4, 15, 30, tzinfo=UTC), client, MONDAY_8AM)
        body = client_text(key, client, practice, **values)
        assert "call to" not in body
        assert " al  " not in body


def test_help_is_where_the_practice_is() -> None:
    assert contact_values(make_practice("GB"), "en")["emergency"] == "999"
    assert contact_values(make_practice("IN"), "en")["emergency"] == "112"
    assert "988 y marque 2" in filled("crisis", "es")
    assert "marque" not in filled("crisis", "es", "ES")


def test_a_visit_is_told_on_the_clients_clock() -> None:
    at = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)

    assert visit_values(at, make_client("en"), MONDAY_8AM) == {"date": "Mon 9 Mar", "time": "9:30pm"}
    assert visit_values(at, make_client("es"), MONDAY_8AM) == {"date": "9 de marzo", "time": "21:30"}


def test_a_visit_in_another_year_is_told_with_its_year() -> None:
    at, new_years_eve = datetime(2027, 1, 1, 15, tzinfo=UTC), datetime(2027, 1, 1, 4, tzinfo=UTC)
    said = {code: visit_values(at, make_client(code), new_years_eve)["date"] for code in LANGUAGES}
    on_the_day = visit_values(at, make_client("en"), datetime(2027, 1, 1, 6, tzinfo=UTC))["date"]

    assert said == {"en": "Fri 1 Jan 2027", "es": "1 de enero de 2027"}
    assert on_the_day == "Fri 1 Jan"


def test_braces_typed_by_a_person_stay_as_they_are() -> None:
    assert text("message", "en", practice="P", body="{first} & {}") == "P: {first} & {}"
