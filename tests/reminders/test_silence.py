"""Nobody answers: a call, one question how it goes, and in the end a pause. Any word undoes it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from care.clients import set_client_thresholds
from care.consent import opt_out
from care.db import Database
from care.models import (
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    AuditEntry,
    Client,
    ClientStatus,
    ConsentSource,
    Direction,
    Message,
    NumberState,
    Question,
    QuestionStatus,
    RatingSource,
    Reminder,
    ReminderKind,
)
from care.pausing import pause_texts, resume_texts
from care.ratings import record_rating
from care.recurrence import today_in
from reminders.timelines import timelines
from scheduler.sweeping import Swept, sweep
from tests.making import MONDAY, MONDAY_9AM, make_client, make_consent
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import DAY, HOUR, Life, begin


@pytest.fixture
def life(any_database: Database) -> Life:
    return begin(any_database)


def ask(life: Life, *days: int, client: Client | None = None, message: Message | None = None) -> None:
    """Questions at nine on these days, Monday being 0, that nobody answered in time."""
    whose = client or life.client
    with life.database.sessions.begin() as session:
        for day in days:
            at = MONDAY_9AM + day * DAY
            session.add(
                Question(
                    practice_id=whose.practice_id,
                    client_id=whose.id,
                    message_id=message.id if message else None,
                    context="exercise_prompt",
                    asked_at=at,
                    bare_until=at + 12 * HOUR,
                    closes_at=at + DAY,
                    status=QuestionStatus.EXPIRED,
                )
            )


def write(life: Life, at: datetime, status: str = "received", **changes: object) -> Message:
    direction = Direction.IN if status == "received" else Direction.OUT
    with life.database.sessions.begin() as session:
        values = {
            "practice_id": life.practice.id,
            "client_id": life.client.id,
            "direction": direction,
            "phone": life.client.phone,
            "phone_hash": life.client.phone_hash,
            "body": "ok",
            "status": status,
            "at": at,
        }
        message = Message(**(values | changes))
        session.add(message)
    return message


def on(life: Life, day: int, hour: int = 2) -> Swept:
    """Sweep two hours after nine on that day."""
    return life.sweep(MONDAY_9AM + day * DAY + hour * HOUR)


def calls(life: Life) -> list[AttentionItem]:
    with life.database.sessions() as session:
        wanted = select(AttentionItem).where(AttentionItem.kind == AttentionKind.SILENCE)
        return list(session.scalars(wanted.order_by(AttentionItem.id)))


def nudges(life: Life) -> list[Reminder]:
    return [one for one in life.reminders() if one.kind is ReminderKind.NUDGE]


def client_now(life: Life) -> Client:
    with life.database.sessions() as session:
        return session.get_one(Client, life.client.id)


def test_three_questions_without_an_answer_are_a_call(life: Life) -> None:
    ask(life, 0, 1)
    two = on(life, 2).calls
    ask(life, 2)

    three = on(life, 3).calls

    [item] = calls(life)
    assert (two, three) == (0, 1)
    assert (item.client_id, item.status) == (life.client.id, AttentionStatus.OPEN)
    assert item.details["questions"] == 3
    assert item.details["what"].startswith("no answer since Mon 2 Mar, 3 questions")
    assert item.due_at is not None
    assert today_in(life.practice.timezone, item.due_at) == MONDAY + 4 * DAY
    assert nudges(life) == []


def test_seven_days_are_a_call_and_one_question_how_it_goes(life: Life) -> None:
    write(life, MONDAY_9AM)
    ask(life, 1)

    before = on(life, 6)
    after = on(life, 7)

    assert (before.calls, before.nudges) == (0, 0)
    assert (after.calls, after.nudges) == (1, 1)
    assert [one.text_key for one in nudges(life)] == ["nudge"]


def test_a_week_without_a_question_is_no_silence(life: Life) -> None:
    """Asked once a week: silence is counted from the day before the question that was left open."""
    write(life, MONDAY_9AM)
    ask(life, 7)

    early, late = on(life, 9).calls, on(life, 13).calls

    assert (early, late) == (0, 1)


def test_who_was_not_asked_lately_is_left_alone(life: Life) -> None:
    ask(life, 0, 1, 2)

    assert on(life, 30) == Swept()


def test_looking_again_changes_nothing(life: Life) -> None:
    ask(life, *range(7))
    on(life, 7)

    again = [on(life, 7, hour) for hour in (3, 4, 5, 20)]

    assert again == [Swept()] * 4
    assert (len(calls(life)), len(nudges(life))) == (1, 1)


def test_a_call_that_brought_no_word_is_not_raised_twice(life: Life) -> None:
    ask(life, 0, 1, 2)
    on(life, 3)
    with life.database.sessions.begin() as session:
        session.get_one(AttentionItem, calls(life)[0].id).status = AttentionStatus.CLOSED
    ask(life, 3, 4)

    assert on(life, 5).calls == 0


def test_after_fourteen_days_exercise_texts_pause_and_visits_go_on(life: Life) -> None:
    ask(life, *range(14))
    for day in range(4, 14):
        on(life, day)
    before = client_now(life)

    swept = on(life, 14)

    paused = client_now(life)
    assert before.paused_from is None
    assert swept.paused == 1
    assert (paused.paused_from, paused.paused_until, paused.pause_reason) == (
        MONDAY + 14 * DAY,
        None,
        "silence",
    )
    assert len(nudges(life)) == 1
    with life.database.sessions() as session:
        assert "pause_for_silence" in session.scalars(select(AuditEntry.action)).all()


@pytest.mark.parametrize(
    ("kind", "text_key", "goes"),
    [
        (ReminderKind.MESSAGE, "message", True),
        (ReminderKind.NUDGE, "nudge", True),
        (ReminderKind.PAIN_QUESTION, "pain_now", False),
    ],
)
def test_what_goes_out_during_a_pause_for_silence(
    life: Life, kind: ReminderKind, text_key: str, goes: bool
) -> None:
    gateway = CountingGateway()
    life.change(lambda s, c: pause_texts(s, c, MONDAY, None, MONDAY_9AM, "silence"))
    body = {"body": "See you soon."} if kind is ReminderKind.MESSAGE else {}
    life.owe(kind, text_key, MONDAY_9AM, **body)

    life.drain(gateway, MONDAY_9AM)

    assert len(gateway.sent) == goes


def test_a_word_that_came_another_way_resumes_and_closes(life: Life) -> None:
    """A rating on the client's page brings no message; the next look sees it all the same."""
    ask(life, *range(14))
    on(life, 14)
    at = MONDAY_9AM + 15 * DAY
    life.change(lambda s, c: record_rating(s, c, 3, source=RatingSource.WEB, at=at))

    swept = on(life, 15, 3)

    client, [item] = client_now(life), calls(life)
    assert swept.resumed == 1
    assert (client.pause_reason, client.is_paused_on(MONDAY + 15 * DAY)) == (None, False)
    assert (item.status, item.note) == (AttentionStatus.CLOSED, "The client was heard from again.")


def test_staff_resume_with_one_tap_and_the_count_begins_anew(life: Life) -> None:
    ask(life, *range(14))
    on(life, 14)
    life.change(lambda s, c: resume_texts(s, c, MONDAY_9AM + 16 * DAY))
    ask(life, 16, 17)

    two = on(life, 18)
    ask(life, 18)
    three = on(life, 19)

    assert (two.calls, two.paused, two.nudges) == (0, 0, 0)
    assert (three.calls, three.paused) == (1, 0)


def pause(session: Session, client: Client) -> None:
    pause_texts(session, client, MONDAY, MONDAY + 20 * DAY, MONDAY_9AM)


def hold(_: Session, client: Client) -> None:
    client.texts_held_at = MONDAY_9AM


def discharge(_: Session, client: Client) -> None:
    client.status = ClientStatus.DISCHARGED


def lose_number(_: Session, client: Client) -> None:
    client.number_state = NumberState.INVALID


def lose_phone(_: Session, client: Client) -> None:
    client.phone = client.phone_hash = None


def stop(session: Session, client: Client) -> None:
    assert client.phone_hash is not None
    ids = [client.id]
    opt_out(session, client.practice_id, client.phone_hash, ConsentSource.TEXT, MONDAY_9AM, client_ids=ids)


@pytest.mark.parametrize("what", [pause, hold, discharge, lose_number, lose_phone, stop])
def test_a_contact_problem_is_no_silence(life: Life, what: Callable[[Session, Client], None]) -> None:
    ask(life, 0, 1, 2)
    life.change(what)

    assert on(life, 3).calls == 0


def test_days_of_a_pause_that_is_over_do_not_count(life: Life) -> None:
    ask(life, 0, 1)
    life.change(lambda s, c: pause_texts(s, c, MONDAY + 2 * DAY, MONDAY + 9 * DAY, MONDAY_9AM))
    ask(life, 10)

    early = on(life, 11)
    ask(life, 11, 12)
    late = on(life, 13)

    assert (early.calls, late.calls) == (0, 1)


def test_texts_that_never_arrived_ask_nothing(life: Life) -> None:
    lost = write(life, MONDAY_9AM, "undelivered")
    ask(life, 0, 1, 2, message=lost)

    assert on(life, 3).calls == 0


def test_a_new_yes_begins_the_count(life: Life) -> None:
    ask(life, 0, 1, 2)
    life.change(lambda s, c: make_consent(s, c, at=MONDAY_9AM + 3 * DAY))

    assert on(life, 3, 5).calls == 0


def test_a_client_may_have_a_silence_of_their_own(life: Life) -> None:
    life.change(lambda s, c: set_client_thresholds(s, c, life.practice, {"silence_questions": 1}))
    ask(life, 0)

    assert on(life, 1).calls == 1


def test_it_is_looked_at_once_an_hour(life: Life) -> None:
    on(life, 3, 0)
    ask(life, 0, 1, 2)

    soon = life.sweep(MONDAY_9AM + 3 * DAY + HOUR - timedelta(seconds=1)).calls
    then = life.sweep(MONDAY_9AM + 3 * DAY + HOUR).calls

    assert (soon, then) == (0, 1)


def test_a_silence_is_found_on_the_practices_own_clock(any_database: Database) -> None:
    life = begin(any_database, practice={"is_sample": True, "clock_offset_seconds": 3 * 86_400})
    ask(life, 0, 1, 2)

    with any_database.sessions.begin() as session:
        moments = timelines(session, MONDAY_9AM + HOUR)
    with any_database.sessions.begin() as session:
        found = [sweep(session, moment).calls for moment in moments]

    assert found == [0, 1]


def test_what_is_left_after_a_full_batch_is_done_at_the_next_look(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reminders.silence.AT_ONCE", 2)
    clients = [add_client(life) for _ in range(4)]
    for client in clients:
        ask(life, 0, 1, 2, client=client)

    first, second, third = (on(life, 3, 2), on(life, 3, 2), on(life, 3, 2))

    assert (first.calls, second.calls, third.calls) == (2, 2, 0)


def add_client(life: Life) -> Client:
    with life.database.sessions.begin() as session:
        return make_client(session, life.practice)


def test_the_statements_do_not_grow_with_the_clients(life: Life) -> None:
    def statements(day: int) -> int:
        seen: list[str] = []

        def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            seen.append(statement)

        event.listen(life.database.engine, "before_cursor_execute", note)
        on(life, day)
        event.remove(life.database.engine, "before_cursor_execute", note)
        return len(seen)

    for client in [add_client(life) for _ in range(2)]:
        ask(life, 0, 1, client=client)
    few = statements(2)
    for client in [add_client(life) for _ in range(40)]:
        ask(life, 1, 2, client=client)
    many = statements(3)

    # Sixteen of them set and release the savepoints of the eight steps of a sweep.
    assert few == many <= 36
