"""A phone that was off or out of reach gets its text once more, and a person hears of it only then."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.asking import asked_between
from care.db import Database
from care.models import (
    AttentionItem,
    Client,
    NumberState,
    Occurrence,
    Practice,
    Question,
    QuestionStatus,
    Reminder,
    ReminderKind,
)
from reminders.contact import SECOND_TRY
from reminders.delivery import StatusReport, record_status
from reminders.gateway import Outgoing
from reminders.preview import upcoming
from tests.making import MONDAY_9AM, make_assignment, make_exercise
from tests.reminders.gateways import CountingGateway, sid_of
from tests.reminders.living import DAY, HOUR, MINUTE, Life, begin

LATER = MONDAY_9AM + timedelta(minutes=31)


def send(life: Life, at: datetime) -> list[Outgoing]:
    gateway = CountingGateway()
    life.drain(gateway, at)
    return gateway.sent


def report(
    life: Life, out: Outgoing, code: int | None, at: datetime = MONDAY_9AM, status: str = "undelivered"
) -> None:
    record_status(life.database.sessions, StatusReport(sid_of(out), out.reference, status, code), at)


def first_fails(database: Database, kind=ReminderKind.NUDGE, code: int = 30003, **changes) -> Life:
    life = begin(database, **changes)
    life.owe(kind, "pain_now" if kind is ReminderKind.PAIN_QUESTION else "nudge", MONDAY_9AM)
    [out] = send(life, MONDAY_9AM)
    report(life, out, code)
    return life


def items(life: Life) -> list[AttentionItem]:
    with life.database.sessions() as session:
        return list(session.scalars(select(AttentionItem)))


@pytest.mark.parametrize("code", [30003, 30008])
def test_it_goes_once_more_half_an_hour_later(any_database: Database, code: int) -> None:
    life = first_fails(any_database, code=code)

    assert send(life, MONDAY_9AM + 29 * MINUTE) == []
    [again] = send(life, LATER)

    report(life, again, None, LATER, "delivered")
    assert [one.status for one in life.messages()] == ["undelivered", "delivered"]
    assert life.messages()[0].body == life.messages()[1].body
    assert items(life) == []


def test_a_person_hears_when_the_second_try_fails_too(any_database: Database) -> None:
    life = first_fails(any_database)
    assert items(life) == []
    [again] = send(life, LATER)

    report(life, again, 30003, LATER)

    assert [one.kind for one in items(life)] == ["delivery_failure"]
    assert send(life, LATER + HOUR) == []


@pytest.mark.parametrize("code", [30004, 30005, 30006, 30007, 30034, 30036, None])
def test_what_would_fail_again_goes_to_a_person_at_once(database: Database, code: int | None) -> None:
    life = first_fails(database, code=code)

    assert len(items(life)) == 1
    assert send(life, LATER) == []


def test_the_report_of_the_same_end_twice_owes_it_once(any_database: Database) -> None:
    life = first_fails(any_database)
    first = life.messages()[0]
    for status in ("undelivered", "failed", "undelivered"):
        record_status(
            any_database.sessions,
            StatusReport(first.provider_sid, first.reference, status, 30003),
            MONDAY_9AM,
        )

    assert len(send(life, LATER)) == 1


def test_what_would_come_too_late_goes_to_a_person_instead(database: Database) -> None:
    life = begin(database)
    life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM)
    [out] = send(life, MONDAY_9AM)

    report(life, out, 30003, MONDAY_9AM + 23.5 * HOUR)

    assert len(items(life)) == 1
    assert send(life, MONDAY_9AM + DAY) == []


def test_answers_and_safety_texts_are_not_tried_again(database: Database) -> None:
    life = begin(database)
    life.owe(ReminderKind.SAFETY, "same_day", MONDAY_9AM)
    life.owe(ReminderKind.ANSWER, "done", MONDAY_9AM)
    for out in send(life, MONDAY_9AM):
        report(life, out, 30008)

    assert len(items(life)) == 1
    assert send(life, LATER) == []


def test_the_rules_of_contact_are_asked_again(database: Database) -> None:
    life = first_fails(database)
    life.change(lambda _s, client: setattr(client, "paused_from", MONDAY_9AM.date()))
    life.change(lambda _s, client: setattr(client, "paused_until", (MONDAY_9AM + DAY).date()))

    assert send(life, LATER) == []
    assert life.states()[-1] == ("skipped", "paused")


def test_both_tries_are_one_text_against_the_cap(any_database: Database) -> None:
    """The cap is one: the second try goes out, and the next text of the day does not for its sake."""
    life = first_fails(any_database, practice={"daily_cap": 1})
    assert len(send(life, LATER)) == 1
    life.change(
        lambda session, client: setattr(session.get_one(Practice, client.practice_id), "daily_cap", 2)
    )
    for number in (1, 2):
        life.owe(ReminderKind.NUDGE, "nudge", LATER, dedupe_key=f"more:{number}")

    assert len(send(life, LATER + HOUR)) == 1
    assert ("skipped", "daily_cap") in life.states()


def test_an_exercise_that_was_done_meanwhile_is_not_asked_for_again(database: Database) -> None:
    life, out = exercised(database)
    report(life, out, 30003)
    life.change(lambda session, _: setattr(session.scalars(select(Occurrence)).first(), "status", "done"))

    assert send(life, LATER) == []
    assert life.states()[1] == ("skipped", "already_done")


def exercised(database: Database) -> tuple[Life, Outgoing]:
    life = begin(database)

    def assign(session: Session, client: Client) -> None:
        practice = session.get_one(Practice, client.practice_id)
        make_assignment(session, client, make_exercise(session, practice))

    life.change(assign)
    life.plan(MONDAY_9AM)
    [out] = send(life, MONDAY_9AM)
    return life, out


def test_an_exercise_goes_with_its_occurrence(any_database: Database) -> None:
    life, out = exercised(any_database)

    report(life, out, 30003)

    with any_database.sessions() as session:
        second = session.scalars(select(Reminder).where(Reminder.dedupe_key.like(f"{SECOND_TRY}%"))).one()
        asked_for = session.scalars(select(Occurrence).where(Occurrence.due_at == second.due_at)).one()
        assert asked_for.reminder_id == second.id
    [again] = send(life, LATER)
    assert again.body == out.body


def test_a_question_answered_after_all_is_not_asked_again(any_database: Database) -> None:
    life = first_fails(any_database, ReminderKind.PAIN_QUESTION)
    life.change(lambda session, _: answer(session.scalars(select(Question)).one()))

    assert send(life, LATER) == []
    assert life.states()[-1] == ("skipped", "already_done")


def answer(question: Question) -> None:
    question.status, question.answered_at = QuestionStatus.ANSWERED, MONDAY_9AM


def test_what_never_came_was_not_asked(database: Database) -> None:
    life = first_fails(database, ReminderKind.PAIN_QUESTION)
    send(life, LATER)
    with database.sessions() as session:
        client = session.get_one(Client, life.client.id)

        asked = asked_between(session, client, MONDAY_9AM - DAY, MONDAY_9AM + 3 * DAY, [])

    assert (asked.questions, asked.answered) == (1, 0)


def test_a_phone_that_is_off_for_an_hour_is_still_texted_tomorrow(database: Database) -> None:
    """Two tries of one text say no more than one; the next text that cannot reach it does."""
    life = first_fails(database)
    [again] = send(life, LATER)
    report(life, again, 30003, LATER)
    assert state_of(life) is NumberState.OK

    life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM + DAY, dedupe_key="tomorrow")
    [next_day] = send(life, MONDAY_9AM + DAY)
    report(life, next_day, 30003, MONDAY_9AM + DAY)

    assert state_of(life) is NumberState.UNREACHABLE
    assert send(life, MONDAY_9AM + DAY + HOUR) == []


def state_of(life: Life) -> NumberState:
    return life.change(lambda _s, client: client.number_state)


def test_the_second_try_stands_in_the_preview(database: Database) -> None:
    life = first_fails(database)

    with database.sessions.begin() as session:
        coming = upcoming(session, session.get_one(Client, life.client.id), MONDAY_9AM + MINUTE)

    assert [one.at for one in coming] == [MONDAY_9AM + timedelta(minutes=30)]
