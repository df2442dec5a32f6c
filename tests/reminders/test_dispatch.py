"""What goes out: once, to whom it may, when it may, and never without a trace."""

import threading
import time as clocks
from datetime import time, timedelta
from sqlite3 import OperationalError as Away
from typing import Any

import pytest
from sqlalchemy import delete, event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from care.consent import withdraw_texting_consent
from care.db import Database
from care.models import (
    AttentionItem,
    AttentionKind,
    Client,
    ConsentSource,
    FollowUpKind,
    Message,
    NumberState,
    Occurrence,
    OccurrenceStatus,
    OptOut,
    Question,
    ReminderKind,
    ReminderStatus,
    Sender,
    SenderKind,
)
from care.plans import end_plan
from care.withdrawal import withdraw_texts
from reminders.contact import SHORTEST_VALIDITY
from reminders.delivery import StatusReport, record_status
from reminders.gateway import Accepted, Outgoing, Postponed, Refused, Unsure
from reminders.outbox import enrol, owe
from tests.making import (
    MONDAY_8AM,
    MONDAY_9AM,
    MONDAY_NOON,
    make_assignment,
    make_client,
    make_exercise,
    make_follow_up,
    make_practice,
    make_visit,
)
from tests.reminders.gateways import CountingGateway, sid_of
from tests.reminders.living import BOOK, DAY, HOUR, MINUTE, Life, begin, dispatching


def give_exercise(life: Life, **changes: Any) -> None:
    life.change(lambda s, client: make_assignment(s, client, make_exercise(s, life.practice), **changes))


def ask_pain(life: Life, at: time) -> None:
    life.change(lambda s, client: make_follow_up(s, client, at_time=at))


def attention(life: Life) -> list[AttentionItem]:
    with life.database.sessions() as session:
        return list(session.scalars(select(AttentionItem).order_by(AttentionItem.id)))


def questions(life: Life) -> list[Question]:
    with life.database.sessions() as session:
        return list(session.scalars(select(Question)))


def test_a_due_reminder_is_sent_once(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    give_exercise(life)
    life.plan(MONDAY_8AM)

    early = life.drain(gateway, MONDAY_9AM - MINUTE)
    done = life.drain(gateway, MONDAY_9AM)
    again = life.drain(gateway, MONDAY_9AM + MINUTE)

    assert (early.claimed, done.sent, again.claimed) == (0, 1, 0)
    assert [out.to for out in gateway.sent] == [life.client.phone]
    assert "time for your home stretches" in gateway.bodies[0]


def test_two_dispatchers_at_once_send_each_text_once(any_database: Database) -> None:
    life = begin(any_database)
    with any_database.sessions.begin() as session:
        for _ in range(40):
            client = make_client(session, life.practice)
            make_follow_up(session, client, kind=FollowUpKind.PAIN_QUESTION, at_time=time(9))
    life.plan(MONDAY_8AM)
    gateways = [CountingGateway(), CountingGateway()]
    together = threading.Barrier(2)

    def run(gateway: CountingGateway) -> None:
        with dispatching(any_database, gateway) as dispatcher:
            together.wait()
            dispatcher.drain(lambda: MONDAY_9AM)

    threads = [threading.Thread(target=run, args=[gateway]) for gateway in gateways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    sent = [out.to for gateway in gateways for out in gateway.sent]
    assert len(sent) == len(set(sent)) == 40
    assert {one.status for one in life.reminders()} == {ReminderStatus.SENT}


def test_exercise_and_pain_question_within_a_quarter_hour_are_one_text(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    give_exercise(life)
    ask_pain(life, time(9, 15))
    life.plan(MONDAY_8AM)

    life.drain(gateway, MONDAY_9AM)
    life.drain(gateway, MONDAY_9AM + 15 * MINUTE)

    assert len(gateway.sent) == 1
    assert "DONE and your pain now, 0 to 10" in gateway.bodies[0]
    assert [one.context for one in questions(life)] == ["exercise_prompt"]


def test_sixteen_minutes_apart_they_are_two_texts(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    give_exercise(life)
    ask_pain(life, time(9, 16))
    life.plan(MONDAY_8AM)

    life.drain(gateway, MONDAY_9AM)
    assert len(gateway.sent) == 1
    life.drain(gateway, MONDAY_9AM + 16 * MINUTE)

    assert len(gateway.sent) == 2


def test_a_question_taken_early_goes_at_its_own_time_when_the_exercise_is_done(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    give_exercise(life)
    ask_pain(life, time(9, 10))
    life.plan(MONDAY_8AM)
    with database.sessions.begin() as session:
        for occurrence in session.scalars(select(Occurrence)):
            occurrence.status = OccurrenceStatus.DONE

    life.drain(gateway, MONDAY_9AM)
    assert gateway.sent == []
    life.drain(gateway, MONDAY_9AM + 10 * MINUTE)

    assert ["What is your pain right now" in body for body in gateway.bodies] == [True]


def test_an_expiring_exercise_does_not_take_the_question_down_with_it(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    give_exercise(life)
    ask_pain(life, time(9, 5))
    life.plan(MONDAY_8AM)

    life.drain(gateway, MONDAY_9AM + 2 * HOUR - timedelta(seconds=30))

    assert ["What is your pain right now" in body for body in gateway.bodies] == [True]
    assert ("skipped", "stale") in life.states()


def test_visit_texts_stay_alone(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    give_exercise(life)
    visit = life.change(lambda s, client: make_visit(s, client, starts_at=MONDAY_9AM + DAY))
    life.change(
        lambda s, c: make_follow_up(
            s, c, kind=FollowUpKind.VISIT_REMINDER, visit_id=visit.id, days=-1, at_time=time(9)
        )
    )
    life.plan(MONDAY_8AM)

    life.drain(gateway, MONDAY_9AM)

    assert sorted("your visit is" in body for body in gateway.bodies) == [False, True]


def test_a_visit_called_off_is_not_reminded_of(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    visit = life.change(lambda s, client: make_visit(s, client))
    life.change(
        lambda s, c: make_follow_up(
            s, c, kind=FollowUpKind.VISIT_REMINDER, visit_id=visit.id, at_time=time(9)
        )
    )
    life.plan(MONDAY_8AM)
    with database.sessions.begin() as session:
        session.get_one(type(visit), visit.id).status = "cancelled"

    life.drain(gateway, MONDAY_9AM)

    assert gateway.sent == []
    assert life.states() == [("cancelled", "visit_changed")]


def test_a_refused_text_is_put_before_a_person_and_marks_the_number(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway([Refused(21614, "not a mobile")])
    give_exercise(life)
    life.plan(MONDAY_8AM)

    life.drain(gateway, MONDAY_9AM)

    assert life.states()[0] == ("failed", "refused_21614")
    assert [one.kind for one in attention(life)] == [AttentionKind.DELIVERY_FAILURE]
    assert life.change(lambda _s, client: client.number_state) is NumberState.INVALID
    assert questions(life) == []
    assert [(m.status, m.error_code) for m in life.messages()] == [("failed", 21614)]


def test_a_phone_the_provider_blocks_is_opted_out_here_too(database: Database) -> None:
    life, gateway = begin(database), CountingGateway([Refused(21610, "unsubscribed")])
    ask_pain(life, time(9))
    give_exercise(life, times=["12:00"])
    life.plan(MONDAY_8AM)

    life.drain(gateway, MONDAY_9AM)
    life.drain(gateway, MONDAY_NOON)

    assert len(gateway.sent) == 1
    assert [one.kind for one in attention(life)] == [AttentionKind.OPT_OUT]
    assert ("cancelled", "opted_out") in life.states()


def test_a_postponed_text_keeps_its_place_with_a_later_time(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway([Postponed("no connection")])
    give_exercise(life)
    life.plan(MONDAY_8AM)

    life.drain(gateway, MONDAY_9AM)

    assert (life.messages(), questions(life)) == ([], [])
    assert life.states()[0] == ("planned", "provider_busy")
    life.drain(gateway, MONDAY_9AM + timedelta(seconds=29))
    assert len(gateway.sent) == 1
    life.drain(gateway, MONDAY_9AM + timedelta(seconds=30))
    assert (len(gateway.sent), life.states()[0]) == (2, ("sent", None))
    assert gateway.sent[0].reference != gateway.sent[1].reference


def test_a_busy_sender_keeps_its_whole_practice_waiting_but_no_other(database: Database) -> None:
    life = begin(database)
    busy = Postponed("slow down", code=20429, retry_after_seconds=90, holds_sender=True)
    gateway = CountingGateway([busy])
    with database.sessions.begin() as session:
        session.add(Sender(practice_id=life.practice.id, kind=SenderKind.NUMBER, address="+12025550100"))
        other = make_client(session, make_practice(session))
        make_follow_up(session, other, at_time=time(9, 1))
        make_follow_up(session, make_client(session, life.practice), at_time=time(9, 1))
    ask_pain(life, time(9))
    life.plan(MONDAY_8AM)

    life.drain(gateway, MONDAY_9AM)
    life.drain(gateway, MONDAY_9AM + MINUTE)
    assert [out.to for out in gateway.sent] == [life.client.phone, other.phone]
    life.drain(gateway, MONDAY_9AM + 2 * MINUTE)

    assert len(gateway.sent) == 4


def test_a_provider_that_says_at_once_is_not_asked_in_a_circle(database: Database) -> None:
    life = begin(database)
    gateway = CountingGateway([Postponed("try again", retry_after_seconds=0)] * 50)
    give_exercise(life)
    life.plan(MONDAY_8AM)

    life.drain(gateway, MONDAY_9AM)

    assert len(gateway.sent) == 1


@pytest.mark.parametrize("answer", [Unsure("no answer"), RuntimeError("the gateway broke")])
def test_a_doubtful_text_is_never_sent_again_by_itself(
    any_database: Database, answer: Unsure | Exception
) -> None:
    life, gateway = begin(any_database), CountingGateway([answer])
    give_exercise(life, ends_on=MONDAY_9AM.date())
    life.plan(MONDAY_8AM)

    done = life.drain(gateway, MONDAY_9AM)
    life.drain(gateway, MONDAY_9AM + HOUR)

    assert (done.unsure, len(gateway.sent)) == (1, 1)
    assert life.states() == [("unsure", "no_answer_from_provider")]
    assert [one.status for one in life.messages()] == ["unsure"]
    assert len(questions(life)) == 1


def test_a_callback_that_beats_a_lost_answer_settles_it(any_database: Database) -> None:
    life = begin(any_database)

    def provider_calls(out: Outgoing) -> None:
        record_status(
            any_database.sessions,
            StatusReport(sid_of(out), out.reference, "delivered", None),
            MONDAY_9AM,
        )

    gateway = CountingGateway([Unsure("reset")], while_sending=provider_calls)
    give_exercise(life, ends_on=MONDAY_9AM.date())
    life.plan(MONDAY_8AM)

    life.drain(gateway, MONDAY_9AM)

    assert life.states() == [("sent", None)]
    assert [(m.status, m.provider_sid) for m in life.messages()] == [("delivered", sid_of(gateway.sent[0]))]


def test_a_callback_before_our_own_commit_is_not_undone(any_database: Database) -> None:
    life = begin(any_database)

    def provider_calls(out: Outgoing) -> None:
        for status in ("delivered", "sent"):
            report = StatusReport(sid_of(out), out.reference, status, None)
            record_status(any_database.sessions, report, MONDAY_9AM)

    gateway = CountingGateway(while_sending=provider_calls)
    give_exercise(life, ends_on=MONDAY_9AM.date())
    life.plan(MONDAY_8AM)

    life.drain(gateway, MONDAY_9AM)

    assert [(m.status, m.status_rank) for m in life.messages()] == [("delivered", 4)]
    assert life.states() == [("sent", None)]


def test_a_text_that_cannot_be_worded_is_parked_and_the_others_go(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    life.owe(ReminderKind.NUDGE, "no_such_text", MONDAY_9AM)
    life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM)

    life.drain(gateway, MONDAY_9AM)

    assert sorted(life.states()) == [("failed", "could_not_be_worded"), ("sent", None)]
    assert len(gateway.sent) == 1
    assert [one.details for one in attention(life)] == [{"reason": "could_not_be_worded"}]


def test_a_client_in_a_zone_nobody_knows_keeps_nobody_else_waiting(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    ask_pain(life, time(9))
    with any_database.sessions.begin() as session:
        lost = make_client(session, life.practice)
        make_follow_up(session, lost, at_time=time(9))
    life.plan(MONDAY_8AM)
    with any_database.sessions.begin() as session:
        session.get_one(Client, lost.id).timezone = "Mars/Olympus"

    life.drain(gateway, MONDAY_9AM)

    assert [out.to for out in gateway.sent] == [life.client.phone]
    assert sorted(life.states()) == [("failed", "could_not_be_worded"), ("sent", None)]


def test_the_sample_practice_never_reaches_a_real_gateway(database: Database) -> None:
    life = begin(database, practice={"is_sample": True})
    real, simulated = CountingGateway(), CountingGateway(name="simulated")
    life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM)
    life.owe(ReminderKind.SAFETY, "crisis", MONDAY_9AM)

    life.drain(real, MONDAY_9AM)

    assert real.sent == []
    assert life.states() == [("skipped", "sample_practice")] * 2
    life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM, dedupe_key="another")
    life.drain(simulated, MONDAY_9AM)
    assert len(simulated.sent) == 1


def test_after_three_days_down_nothing_stale_goes_out_and_all_of_it_is_listed(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    give_exercise(life, planned_until=MONDAY_8AM)
    ask_pain(life, time(10))

    thursday = MONDAY_9AM + 3 * DAY - MINUTE
    life.plan(thursday)
    life.drain(gateway, thursday)

    assert gateway.sent == []
    missed = [one for one in life.reminders() if one.status is ReminderStatus.SKIPPED]
    assert [(one.kind, one.reason) for one in missed] == [
        (ReminderKind.EXERCISE, "stale"),
        (ReminderKind.PAIN_QUESTION, "stale"),
        (ReminderKind.EXERCISE, "stale"),
        (ReminderKind.EXERCISE, "stale"),
    ]


def test_what_the_provider_is_told(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    with database.sessions.begin() as session:
        session.add(Sender(practice_id=life.practice.id, kind=SenderKind.NUMBER, address="+12025550100"))
    give_exercise(life)
    life.plan(MONDAY_8AM)

    life.drain(gateway, MONDAY_9AM)

    out, message = gateway.sent[0], life.messages()[0]
    assert (out.from_number, out.service_sid) == ("+12025550100", None)
    assert out.callback_url == f"https://clinic.example/twilio/status?m={message.reference}"
    assert (out.reference, out.body, out.to) == (message.reference, message.body, message.phone)
    assert 2 * 3600 - 30 <= (out.validity_seconds or 0) <= 2 * 3600


@pytest.mark.parametrize(
    ("minutes_before_closing", "seconds"),
    [(30, 1800), (11 * 60, 36_000)],
    ids=["window ends", "most there is"],
)
def test_a_text_is_valid_no_longer_than_the_window_or_ten_hours(
    database: Database, minutes_before_closing: int, seconds: int
) -> None:
    life, gateway = begin(database), CountingGateway()
    at = MONDAY_9AM + 11 * HOUR - minutes_before_closing * MINUTE
    life.owe(ReminderKind.MESSAGE, "message", at, body="Bring your brace.")

    life.drain(gateway, at)

    assert seconds - 30 <= (gateway.sent[0].validity_seconds or 0) <= seconds


def test_a_question_stands_open_before_its_text_is_out(any_database: Database) -> None:
    life = begin(any_database)
    seen: list[tuple[str, bool]] = []

    def look(_: Outgoing) -> None:
        with any_database.reading() as session:
            seen.extend((one.context, one.invites_rating) for one in session.scalars(select(Question)))

    ask_pain(life, time(9))
    life.plan(MONDAY_8AM)
    life.drain(CountingGateway(while_sending=look), MONDAY_9AM)

    assert seen == [("pain_prompt", True)]


def test_nothing_goes_to_a_phone_that_opted_out_after_it_was_queued(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    give_exercise(life)
    life.plan(MONDAY_8AM)
    with any_database.sessions.begin() as session:
        assert life.client.phone_hash is not None
        session.add(
            OptOut(phone_hash=life.client.phone_hash, at=MONDAY_8AM, source=ConsentSource.TEXT),
        )

    life.drain(gateway, MONDAY_9AM)

    assert gateway.sent == []
    assert life.states()[0] == ("skipped", "opted_out")


def test_an_exercise_taken_out_after_it_was_due_is_not_reminded_of(database: Database) -> None:
    life, gateway = begin(database), CountingGateway([Postponed("no connection")])
    give_exercise(life, ends_on=MONDAY_9AM.date())
    life.plan(MONDAY_8AM)
    life.drain(gateway, MONDAY_9AM)
    with database.sessions.begin() as session:
        end_plan(session, session.get_one(Client, life.client.id), "It hurt.", MONDAY_9AM + MINUTE)

    life.drain(gateway, MONDAY_9AM + 2 * MINUTE)

    assert len(gateway.sent) == 1
    assert life.states() == [("cancelled", "plan_changed")]


def test_the_first_text_goes_before_all_others(any_database: Database) -> None:
    life, gateway = begin(any_database, has_consent=False), CountingGateway()
    give_exercise(life)
    life.plan(MONDAY_8AM)
    life.change(
        lambda s, client: enrol(
            s, client, wording="I agree.", source=ConsentSource.PAPER, now=MONDAY_8AM, user=None
        )
    )
    life.plan(MONDAY_8AM)

    life.drain(gateway, MONDAY_9AM)
    assert ["you are signed up" in body for body in gateway.bodies] == [True]
    life.drain(gateway, MONDAY_9AM + MINUTE)

    assert ["you are signed up" in body for body in gateway.bodies] == [True, False]


def test_consent_given_again_brings_the_days_ahead_back(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    give_exercise(life)
    life.plan(MONDAY_8AM)
    life.change(
        lambda s, c: withdraw_texting_consent(s, c, "No more.", ConsentSource.IN_PERSON, MONDAY_8AM + MINUTE)
    )
    with database.sessions.begin() as session:
        withdraw_texts(session, life.client.id, "consent_withdrawn")
    life.change(
        lambda s, c: enrol(
            s, c, wording="I agree.", source=ConsentSource.PAPER, now=MONDAY_8AM + 2 * MINUTE, user=None
        )
    )
    life.plan(MONDAY_8AM + 2 * MINUTE)

    life.drain(gateway, MONDAY_9AM)
    life.drain(gateway, MONDAY_9AM + MINUTE)

    assert len(gateway.sent) == 2


def test_the_daily_cap_counts_what_goes_out_in_the_same_moment(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    for number in range(5):
        life.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="Hello.", dedupe_key=f"{number}")

    life.drain(gateway, MONDAY_9AM)

    assert len(gateway.sent) == 3
    assert sorted(str(reason) for _, reason in life.states()) == ["None"] * 3 + ["daily_cap"] * 2


def test_a_text_in_doubt_counts_for_the_daily_cap(database: Database) -> None:
    life, gateway = begin(database), CountingGateway([Unsure("no answer")] * 3)
    for number in range(3):
        life.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="Hello.", dedupe_key=f"{number}")
    life.drain(gateway, MONDAY_9AM)
    life.owe(ReminderKind.MESSAGE, "message", MONDAY_NOON, body="Hello.", dedupe_key="late")

    life.drain(gateway, MONDAY_NOON)

    assert len(gateway.sent) == 3


def test_answers_are_limited_to_three_an_hour_and_safety_is_not(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    for number in range(5):
        life.owe(ReminderKind.ANSWER, "done", MONDAY_9AM, dedupe_key=f"{number}")
    life.owe(ReminderKind.SAFETY, "same_day", MONDAY_9AM)

    life.drain(gateway, MONDAY_9AM)

    assert len(gateway.sent) == 4
    assert "call your doctor" in gateway.bodies[0]


def test_a_client_erased_while_the_text_was_out_stops_nobody(any_database: Database) -> None:
    life = begin(any_database)
    other = life.change(lambda s, _c: make_client(s, life.practice))
    life.change(lambda s, _c: make_follow_up(s, s.get_one(Client, other.id), at_time=time(9)))
    ask_pain(life, time(9))
    life.plan(MONDAY_8AM)

    def erase(out: Outgoing) -> None:
        if out.to == life.client.phone:
            with any_database.sessions.begin() as session:
                session.execute(delete(Client).where(Client.id == life.client.id))

    life.drain(CountingGateway(while_sending=erase), MONDAY_9AM)

    assert [(one.client_id, one.status) for one in life.reminders()] == [(other.id, ReminderStatus.SENT)]


def test_outcomes_survive_a_database_that_is_away_for_a_moment(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    life, gateway = begin(database), CountingGateway()
    give_exercise(life, ends_on=MONDAY_9AM.date())
    life.plan(MONDAY_8AM)
    monkeypatch.setattr("reminders.dispatch.SECONDS_BETWEEN_TRIES", 0)
    failures = iter([True, True])

    @event.listens_for(database.engine, "before_cursor_execute")
    def fail(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if gateway.sent and next(failures, False):
            raise OperationalError(statement, None, Away("the server went away"))

    life.drain(gateway, MONDAY_9AM)

    assert (len(gateway.sent), life.states()) == (1, [("sent", None)])


def test_a_text_whose_turn_comes_too_late_is_not_handed_over(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    life, gateway = begin(database), CountingGateway()
    at = MONDAY_9AM + 11 * HOUR - 2 * MINUTE
    life.owe(ReminderKind.MESSAGE, "message", at, body="Bring your brace.")
    monkeypatch.setattr("reminders.revoking.time", lambda: clocks.time() + 61)

    life.drain(gateway, at)

    assert gateway.sent == []
    assert life.states()[0][0] == "planned"
    assert life.messages() == []


def test_a_last_minute_text_waits_for_the_morning(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    late = MONDAY_9AM + 11 * HOUR - SHORTEST_VALIDITY + timedelta(seconds=1)
    life.owe(ReminderKind.ENROL, "enrol", late)

    life.drain(gateway, late)

    assert gateway.sent == []
    assert [one.send_at for one in life.reminders()] == [MONDAY_9AM + DAY]


def test_stopping_takes_no_other_batch(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM)

    with dispatching(database, gateway) as dispatcher:
        dispatcher.stop()
        done = dispatcher.drain(lambda: MONDAY_9AM)

    assert (done.claimed, gateway.sent) == (0, [])


def test_a_stranger_is_answered_at_the_number_that_wrote(session: Session, database: Database) -> None:
    practice = make_practice(session)
    owe(
        session,
        practice.id,
        ReminderKind.ANSWER,
        "unknown_phone",
        MONDAY_9AM,
        dedupe_key="stranger",
        to_phone="+12025550188",
    )
    session.commit()
    gateway = CountingGateway([Accepted("SM1", "delivered", 1)])

    with dispatching(database, gateway) as dispatcher:
        dispatcher.drain(lambda: MONDAY_9AM)

    assert [out.to for out in gateway.sent] == ["+12025550188"]
    message = session.scalars(select(Message)).one()
    assert (message.status, message.delivered_at, message.phone_hash) == (
        "delivered",
        MONDAY_9AM,
        BOOK.hash("+12025550188"),
    )
