"""A client's page beyond today: what is not due now is there to read, yesterday can be put right."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from care.client_links import link_for
from care.models import Assignment, Client, ClientStatus, OccurrenceStatus, Practice
from reminders.planning import plan_ahead
from reminders.timelines import Timeline
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
    make_visit,
)
from tests.web.conftest import SignIn
from tests.web.test_client_link import form_token, post, turns

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# New York's evening and the night after it.
MONDAY_8PM = MONDAY_8AM + 12 * HOUR
TUESDAY_1AM = MONDAY_8AM + 17 * HOUR


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session, name="Riverside Physio")


@pytest.fixture
def maria(session: Session, practice: Practice) -> Client:
    return make_client(session, practice)


def give(session: Session, client: Client, name: str = "Chest stretch", **changes: Any) -> Assignment:
    practice = session.get_one(Practice, client.practice_id)
    exercise = make_exercise(
        session, practice, name=name, steps=["Stand in a door."], translations={"es": {"name": "Estirar"}}
    )
    return make_assignment(session, client, exercise, **changes)


def address_of(session: Session, client: Client) -> str:
    address = f"/c/{link_for(session, client, MONDAY_8AM).token}"
    session.commit()
    return address


def lay_out(session: Session, now: datetime) -> None:
    plan_ahead(session, Timeline(now))
    session.commit()


def test_on_a_rest_day_the_exercises_are_there_to_read_and_say_when_they_come(session, browser, maria):
    give(session, maria, every_days=2, starts_on=MONDAY - DAY, times=["08:00"])
    address = address_of(session, maria)

    page, copy = browser.get(address).text, browser.get(address + "?copy=1").text

    assert "Hello Maria<" in page
    assert "Nothing is due today. Your exercises are here to read." in page
    assert "Your other exercises" not in page
    assert "I did this one" not in page
    assert "did not work for me" not in page
    for said in (page, copy):
        assert "Chest stretch" in said
        assert "Stand in a door." in said
        assert "Next: tomorrow, 8:00am" in said
    assert "Timer: 30 seconds" in page


def test_those_not_due_today_stand_below_todays(session, browser, maria):
    give(session, maria, "Calf stretch", times=["09:00"])
    give(session, maria, "Neck turn", weekdays=[3], times=["18:00"])
    give(session, maria, "Arm circle", starts_on=MONDAY + 9 * DAY, times=["18:00"])
    address = address_of(session, maria)
    lay_out(session, MONDAY_8AM)

    page = browser.get(address).text
    before, _, after = page.partition("Your other exercises")

    assert "Hello Maria, 1 exercise today" in before
    assert "Calf stretch" in before
    assert "I did this one" in before
    assert "Neck turn" not in before
    assert "Next: Thursday, 6:00pm" in after
    assert "Next: Wed 11 Mar, 6:00pm" in after
    assert "I did this one" not in after
    assert "Calf stretch" not in after


def test_after_the_hour_of_today_they_come_tomorrow(session, browser, maria, clock):
    give(session, maria, times=["09:00"], created_at=MONDAY_8PM, planned_until=MONDAY_8PM)
    address = address_of(session, maria)
    lay_out(session, MONDAY_8PM)
    clock.now = MONDAY_8PM

    assert "Next: tomorrow, 9:00am" in browser.get(address).text


@pytest.mark.parametrize(
    ("until", "said"),
    [(None, "You can still do this one."), (MONDAY + 8 * DAY, "Next: Wed 11 Mar, 9:00am")],
)
def test_while_texts_are_paused_they_can_be_read(session, browser, maria, until: date | None, said: str):
    give(session, maria, times=["09:00"])
    maria.paused_from, maria.paused_until = MONDAY, until

    page = browser.get(address_of(session, maria)).text

    assert "Stand in a door." in page
    assert said in page


@pytest.mark.parametrize(
    ("reason", "until", "language", "said"),
    [
        (
            "silence",
            None,
            "en",
            [
                "We stopped your texts because we did not hear from you.",
                "You can still do your exercises.",
                "tell us below how your pain is. Or text us DONE.",
            ],
        ),
        ("silence", None, "es", ["porque no supimos de usted", "O mándenos LISTO."]),
        ("client", MONDAY + 2 * DAY, "en", ["You asked for no texts through Wed 4 Mar.", "text us RESUME."]),
        ("staff", None, "en", ["We paused your texts.", "ask your therapist."]),
        ("staff", MONDAY + 2 * DAY, "es", ["en pausa hasta el 4 de marzo", "hable con su terapeuta."]),
    ],
)
def test_a_pause_says_whose_it_is_and_how_texts_come_again(
    session, browser, maria, reason: str, until: date | None, language: str, said: list[str]
):
    give(session, maria, times=["09:00"])
    maria.paused_from, maria.paused_until, maria.pause_reason = MONDAY, until, reason
    maria.language = language

    page = browser.get(address_of(session, maria)).text

    for words in said:
        assert words in page
    assert "Nothing is due" not in page
    assert "Hoy no le toca" not in page
    assert ('href="#pain"' in page) == (reason == "silence")


def test_after_a_silence_the_pain_told_on_the_page_brings_the_texts_back(session, browser, maria):
    give(session, maria, times=["18:00"])
    maria.paused_from, maria.pause_reason = MONDAY - DAY, "silence"
    address = address_of(session, maria)

    page = post(browser, address, do="rate", score="3", known="0", change="0").text

    assert "We stopped your texts" not in page
    assert "Next: today, 6:00pm" in page
    assert "Nothing is due today" not in page


def test_in_a_pause_nobody_is_told_to_do_what_the_therapist_paused(session, browser, maria):
    give(session, maria, times=["09:00"], paused_from=MONDAY)
    maria.paused_from, maria.pause_reason = MONDAY, "silence"

    page = browser.get(address_of(session, maria)).text

    assert "We stopped your texts" in page
    assert "You can still do" not in page


def test_only_where_there_is_a_plan_it_can_be_saved_on_the_phone(session, browser, maria):
    address = address_of(session, maria)
    assert "data-save>" not in browser.get(address).text

    give(session, maria)
    session.commit()
    assert "data-save>" in browser.get(address).text

    maria.texts_held_at = MONDAY_8AM
    session.commit()
    page = browser.get(address).text
    assert "data-save>" not in page
    assert "data-remove" in page


def test_a_discharged_client_is_promised_nothing(session, browser, maria):
    give(session, maria, times=["18:00"])
    maria.status, maria.paused_from = ClientStatus.DISCHARGED, MONDAY

    page = browser.get(address_of(session, maria)).text

    assert "You have no exercises right now." in page
    assert "Next:" not in page
    assert "Chest stretch" not in page
    assert "You can still do your exercises." not in page


def test_what_the_therapist_paused_is_to_wait(session, browser, maria):
    give(session, maria, times=["09:00"], paused_from=MONDAY)

    page = browser.get(address_of(session, maria)).text

    assert "Paused. Please wait with this one." in page


def test_what_is_over_or_held_after_a_sign_of_danger_is_not_shown(session, browser, maria):
    give(session, maria, starts_on=MONDAY - 9 * DAY, ends_on=MONDAY - DAY)
    address = address_of(session, maria)
    over = browser.get(address).text
    give(session, maria, "Neck turn", weekdays=[3])
    maria.texts_held_at = MONDAY_8AM
    session.commit()

    held = browser.get(address).text

    assert "You have no exercises right now." in over
    assert "Chest stretch" not in over
    assert "Please wait with the exercises." in held
    assert "Neck turn" not in held


def test_in_spanish_too(session, browser, practice):
    ana = make_client(session, practice, first_name="Ana", language="es")
    give(session, ana, weekdays=[1, 3], times=["08:00"])
    give(session, ana, weekdays=[3], times=["08:00"])

    page = browser.get(address_of(session, ana)).text

    assert "Hoy no le toca nada. Aquí puede leer sus ejercicios." in page
    assert "Próxima vez: mañana a las 08:00" in page
    assert "Próxima vez: jueves a las 08:00" in page


def test_past_midnight_yesterday_is_put_right_and_answered(session, browser, maria, clock):
    give(session, maria, "Calf stretch", times=["18:00"])
    give(session, maria, "Neck turn", times=["18:00"])
    address = address_of(session, maria)
    lay_out(session, MONDAY_8AM)
    first, second = [one.id for one in turns(session) if one.slot_on == MONDAY]
    clock.now = MONDAY_8PM
    post(browser, address, do="done", turn=first)
    clock.now = TUESDAY_1AM

    before, _, after = browser.get(address).text.partition("Yesterday")

    assert "Hello Maria, 2 exercises today" in before
    assert "Change this" not in before
    assert "You did this one." in after
    assert after.count("Change this") == 1

    post(browser, address, do="undo", turn=first)
    page = post(browser, address, do="done", turn=second)

    states = {one.id: one.status for one in turns(session)}
    assert (states[first], states[second]) == (OccurrenceStatus.OPEN, OccurrenceStatus.DONE)
    assert "You did your exercises on 1 of the last 7 days." in page.text


def test_what_closed_without_an_answer_cannot_be_answered_a_day_later(session, browser, maria, clock):
    give(session, maria, times=["09:00"])
    address = address_of(session, maria)
    lay_out(session, MONDAY_8AM)
    old = next(one.id for one in turns(session) if one.slot_on == MONDAY)
    clock.now = MONDAY_9AM + DAY

    page = post(browser, address, do="done", turn=old).text

    assert "Yesterday" not in page
    assert next(one for one in turns(session) if one.id == old).status is OccurrenceStatus.OPEN


def test_an_answer_from_the_next_day_can_be_changed_the_day_after(session, browser, maria, clock):
    give(session, maria, weekdays=[0], times=["18:00"])
    address = address_of(session, maria)
    lay_out(session, MONDAY_8AM)
    [monday] = [one.id for one in turns(session)]
    clock.now = MONDAY_8PM + 20 * HOUR
    post(browser, address, do="done", turn=monday)
    clock.now = MONDAY_8PM + 36 * HOUR

    page = browser.get(address).text

    assert "Mon 2 Mar" in page
    assert "Change this" in page


def place(page: str, turn: int) -> str:
    """What stands at this turn of an exercise."""
    return page.partition(f'id="t{turn}"')[2].partition('<div class="turn"')[0]


def test_a_tap_is_answered_beside_what_was_tapped(session, browser, maria):
    give(session, maria, times=["09:00", "18:00"])
    address = address_of(session, maria)
    lay_out(session, MONDAY_8AM)
    morning, evening = (one.id for one in turns(session) if one.slot_on == MONDAY)
    form = form_token(browser.get(address))

    sent = browser.post(address, data={"form": form, "do": "done", "turn": evening})
    page = browser.get(sent.location).text
    stale = post(browser, address, do="done", turn=999).text

    assert sent.location.endswith(f"at=t{evening}#t{evening}")
    assert "Saved. Thank you." in place(page, evening)
    assert page.count("Saved. Thank you.") == 1
    assert "You did the 6:00pm one." in place(page, evening)
    assert "This one is over, or your plan has changed." in stale.partition("<h1")[0]
    assert f'action="#t{morning}"' in page


@pytest.mark.parametrize("language", ["en", "es"])
def test_an_answer_left_out_is_asked_for_at_its_field_and_the_words_stay(
    session, browser, maria, language: str
):
    maria.language = language
    give(session, maria, times=["09:00"])
    address = address_of(session, maria)
    lay_out(session, MONDAY_8AM)
    turn = next(one.id for one in turns(session) if one.slot_on == MONDAY)
    wanted = {"en": "Choose an answer first.", "es": "Elija primero una respuesta."}[language]

    exercise = post(browser, address, do="trouble", turn=turn, words="Which leg? <b>")
    pain = post(browser, address, do="rate", known=0, change=0)

    assert (exercise.status_code, pain.status_code) == (422, 422)
    assert wanted in place(exercise.text, turn)
    assert "Which leg? &lt;b&gt;</textarea>" in exercise.text
    assert '<details class="disclosure" open>' in place(exercise.text, turn)
    assert wanted in pain.text.partition('id="pain"')[2]
    for page in (exercise, pain):
        assert page.text.count(wanted) == 1
        assert "<title>Error: " in page.text
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Tue 29 Feb 2028, 10:00am"), ("es", "29 de febrero de 2028 a las 10:00")],
)
def test_a_visit_in_another_year_is_said_with_its_year_to_clients_and_staff(
    session, browser, sign_in: SignIn, practice, maria, language: str, said: str
):
    sam = make_user(session, practice)
    maria.therapist_id, maria.language = sam.id, language
    visit = make_visit(session, maria, starts_at=datetime(2028, 2, 29, 15, tzinfo=UTC))
    address, visit_id, client_id = address_of(session, maria), visit.id, maria.id

    own = browser.get(address).text
    sign_in(browser, sam)
    paper = browser.get(f"/clients/{client_id}/handout").text
    for_staff = [browser.get(page).text for page in (f"/visits/{visit_id}", f"/clients/{client_id}")]

    assert said in own
    assert said in paper
    assert ["Tue 29 Feb 2028 10:00am" in page for page in for_staff] == [True, True]
