"""A text in doubt is settled from the provider's side; only what surely never left is sent again."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from threading import Thread

import pytest
from sqlalchemy import event, func, select, update

from care.db import Database
from care.models import (
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    FollowUpKind,
    NumberState,
    OptOut,
    Question,
    QuestionStatus,
    Rating,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Visit,
)
from care.visits import move_visit
from reminders import settling
from reminders.delivery import StatusReport, record_status
from reminders.gateway import Outgoing, ProviderMessage, Unsure
from reminders.inbox import receive
from reminders.incoming import InboundText
from reminders.outbox import owe
from reminders.settling import AT_A_TIME, IN_FLIGHT, LAST_LOOK, LISTED, RARELY
from reminders.timelines import timelines
from tests.making import MONDAY_9AM, make_client, make_follow_up, make_visit
from tests.reminders.gateways import CountingGateway, sid_of
from tests.reminders.living import BOOK, DAY, HOUR, Life, begin, dispatching

MINUTE = timedelta(minutes=1)
FIRST, SECOND, LATER = (MONDAY_9AM + n * MINUTE for n in (2, 6, 12))


def in_doubt(database: Database) -> Life:
    """One text was handed over, and no answer came."""
    life = begin(database)
    owe_message(life)
    life.drain(CountingGateway([Unsure("no answer")]), MONDAY_9AM)
    return life


def owe_message(life: Life) -> None:
    life.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="See you on Friday.")


def listed(life: Life, **changes: object) -> ProviderMessage:
    """Our text as the provider's own list shows it."""
    [message] = life.messages()
    ours = ProviderMessage(
        sid="SM-from-the-list",
        direction="outbound-api",
        from_="+12025550100",
        to=message.phone,
        body=message.body,
        status="delivered",
        error_code=None,
        created_at=MONDAY_9AM,
    )
    return replace(ours, **changes)


def items(life: Life) -> list[AttentionItem]:
    with life.database.sessions() as session:
        return list(session.scalars(select(AttentionItem).order_by(AttentionItem.id)))


def looking(life: Life, gateway: CountingGateway, *moments: datetime) -> None:
    for moment in moments:
        life.settle(gateway, moment)


def test_a_text_the_provider_lists_was_sent_and_is_not_sent_again(any_database: Database) -> None:
    life = in_doubt(any_database)
    gateway = CountingGateway()
    gateway.listed = [listed(life)]

    looking(life, gateway, FIRST)
    life.drain(gateway, SECOND)

    [message] = life.messages()
    assert life.states() == [("sent", None)]
    assert (message.provider_sid, message.status) == ("SM-from-the-list", "delivered")
    assert gateway.sent == []


@pytest.mark.parametrize(
    "body",
    [
        "Sent from your Twilio trial account - {body}",
        "{body} ",
    ],
)
def test_a_text_the_provider_reworded_is_still_ours(database: Database, body: str) -> None:
    life = in_doubt(database)
    [ours] = life.messages()
    gateway = CountingGateway()
    gateway.listed = [listed(life, body=body.format(body=ours.body))]

    looking(life, gateway, FIRST)

    assert life.states() == [("sent", None)]


def test_one_look_in_vain_is_not_enough(any_database: Database) -> None:
    life, gateway = in_doubt(any_database), CountingGateway()

    looking(life, gateway, FIRST, FIRST + MINUTE)
    life.drain(gateway, FIRST + MINUTE)

    assert [status for status, _ in life.states()] == ["unsure"]
    assert gateway.sent == []


def test_what_two_looks_do_not_find_goes_out_once(any_database: Database) -> None:
    life, gateway = in_doubt(any_database), CountingGateway()

    looking(life, gateway, FIRST, SECOND)
    life.drain(gateway, SECOND)
    life.drain(gateway, LATER)

    assert life.states() == [("sent", None)]
    assert len(gateway.sent) == 1
    assert [one.status for one in life.messages()] == ["absent", "queued"]


def test_what_came_too_late_to_be_useful_is_not_sent_after_all(database: Database) -> None:
    life, gateway = in_doubt(database), CountingGateway()

    late = MONDAY_9AM + timedelta(hours=25)
    looking(life, gateway, late, late + RARELY + MINUTE)

    assert life.states() == [("skipped", "stale")]
    assert gateway.sent == []


def test_another_text_nobody_can_explain_keeps_it_in_doubt_and_before_a_person(
    any_database: Database,
) -> None:
    life, gateway = in_doubt(any_database), CountingGateway()
    gateway.listed = [listed(life, body="Something else altogether")]

    looking(life, gateway, FIRST, SECOND, LATER, LATER + 5 * MINUTE)
    life.drain(gateway, LATER + 5 * MINUTE)

    assert [status for status, _ in life.states()] == ["unsure"]
    assert gateway.sent == []
    assert [one.status for one in items(life)] == [AttentionStatus.OPEN]


def test_a_text_of_ours_that_is_accounted_for_explains_itself(database: Database) -> None:
    life, gateway = in_doubt(database), CountingGateway()
    life.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="Another one.", dedupe_key="another")
    life.drain(gateway, MONDAY_9AM + MINUTE)
    other = next(one for one in life.messages() if "Another" in one.body)
    gateway.listed = [
        ProviderMessage(
            other.provider_sid, "outbound-api", "", other.phone, other.body, "sent", None, MONDAY_9AM
        )
    ]

    looking(life, gateway, FIRST, SECOND)

    assert sorted(status for status, _ in life.states()) == ["planned", "sent"]


def test_a_list_too_short_to_reach_back_to_it_proves_nothing(database: Database) -> None:
    life, gateway = in_doubt(database), CountingGateway()
    later = [MONDAY_9AM + timedelta(hours=4, minutes=n) for n in range(LISTED)]
    gateway.listed = [
        listed(life, sid=f"SM-later-{n}", body="Another one.", created_at=at) for n, at in enumerate(later)
    ]

    looking(life, gateway, LATER, LATER + 4 * MINUTE, LATER + 8 * MINUTE)

    assert [status for status, _ in life.states()] == ["unsure"]


def test_a_provider_out_of_reach_settles_nothing_and_a_person_is_told(database: Database) -> None:
    life, gateway = in_doubt(database), CountingGateway()
    gateway.listed = None

    looking(life, gateway, FIRST, SECOND, LATER, LATER + 5 * MINUTE)

    assert [status for status, _ in life.states()] == ["unsure"]
    assert len(items(life)) == 1


def test_a_doubt_a_person_has_closed_is_not_raised_again(database: Database) -> None:
    life, gateway = in_doubt(database), CountingGateway()
    gateway.listed = None
    looking(life, gateway, LATER)
    with database.sessions.begin() as session:
        for item in session.scalars(select(AttentionItem)):
            item.status = AttentionStatus.CLOSED

    looking(life, gateway, LATER + 5 * MINUTE)

    assert [one.status for one in items(life)] == [AttentionStatus.CLOSED]


def test_a_late_callback_settles_it_and_takes_it_off_the_list(database: Database) -> None:
    life, gateway = in_doubt(database), CountingGateway()
    gateway.listed = None
    looking(life, gateway, LATER)
    [message] = life.messages()

    report = StatusReport("SM-late", message.reference, "delivered", None)
    record_status(database.sessions, report, LATER + MINUTE)

    assert life.states() == [("sent", None)]
    assert [one.status for one in items(life)] == [AttentionStatus.CLOSED]


def test_a_callback_after_it_was_given_back_keeps_it_from_going_out_twice(any_database: Database) -> None:
    life, gateway = in_doubt(any_database), CountingGateway()
    [message] = life.messages()
    looking(life, gateway, FIRST, SECOND)
    assert [status for status, _ in life.states()] == ["planned"]

    record_status(
        any_database.sessions, StatusReport("SM-late", message.reference, "delivered", None), SECOND
    )
    life.drain(gateway, LATER)

    [message] = life.messages()
    assert gateway.sent == []
    assert (message.status, message.provider_sid) == ("delivered", "SM-late")
    assert [(one.status, one.message_id) for one in life.reminders()] == [(ReminderStatus.SENT, message.id)]


def test_a_callback_after_it_was_withdrawn_keeps_it_from_being_planned_again(
    any_database: Database,
) -> None:
    life, gateway = begin(any_database), CountingGateway([Unsure("no answer")])
    wednesday = MONDAY_9AM + 2 * DAY
    visit = life.change(lambda s, c: make_visit(s, c, starts_at=wednesday))
    kind = FollowUpKind.VISIT_REMINDER
    life.change(lambda s, c: make_follow_up(s, c, kind=kind, visit_id=visit.id, days=-2, at_time=time(9)))
    life.plan(MONDAY_9AM - HOUR)
    life.drain(gateway, MONDAY_9AM)
    [message] = life.messages()
    looking(life, CountingGateway(), FIRST, SECOND)
    life.change(lambda s, _c: move_visit(s, s.get_one(Visit, visit.id), wednesday + 7 * DAY, SECOND))
    assert life.states() == [("cancelled", "visit_changed")]

    report = StatusReport("SM-late", message.reference, "delivered", None)
    record_status(any_database.sessions, report, LATER)
    life.change(lambda s, _c: move_visit(s, s.get_one(Visit, visit.id), wednesday, LATER))
    life.plan(LATER)
    life.drain(gateway, LATER)

    assert len(gateway.sent) == 1
    assert life.states() == [("sent", None)]


def test_a_callback_of_the_first_does_not_undo_that_it_went_out_anew(database: Database) -> None:
    life, gateway = in_doubt(database), CountingGateway()
    [first] = life.messages()
    looking(life, gateway, FIRST, SECOND)
    life.drain(gateway, LATER)

    record_status(database.sessions, StatusReport("SM-late", first.reference, "delivered", None), LATER)

    first, second = life.messages()
    assert (first.status, second.status) == ("delivered", "queued")
    assert [one.message_id for one in life.reminders()] == [second.id]


def test_a_question_that_was_answered_had_arrived(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway([Unsure("no answer")])
    life.owe(ReminderKind.PAIN_QUESTION, "pain_now", MONDAY_9AM)
    life.drain(gateway, MONDAY_9AM)
    assert life.client.phone
    answer = InboundText("SM-in", life.client.phone, "+12025550100", None, "4", 0, None)
    receive(any_database.sessions, BOOK, answer, MONDAY_9AM + MINUTE)

    looking(life, gateway, FIRST, SECOND, LATER)
    life.drain(gateway, LATER)

    assert life.states()[0] == ("sent", None)
    assert gateway.bodies.count(gateway.bodies[0]) == 1
    assert life.messages()[0].status == "sent"


def test_its_question_stands_open_again_when_it_had_arrived_after_all(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway([Unsure("no answer")])
    life.owe(ReminderKind.PAIN_QUESTION, "pain_now", MONDAY_9AM)
    life.drain(gateway, MONDAY_9AM)
    [message] = life.messages()
    looking(life, CountingGateway(), FIRST, SECOND)
    assert life.states() == [("planned", "surely_not_sent")]

    report = StatusReport("SM-late", message.reference, "delivered", None)
    record_status(any_database.sessions, report, SECOND)
    answer = InboundText("SM-in", message.phone, "+12025550100", None, "4", 0, None)
    receive(any_database.sessions, BOOK, answer, LATER)

    with any_database.sessions() as session:
        [rating] = session.scalars(select(Rating))
        [question] = session.scalars(select(Question))
    assert (rating.score, question.status, question.message_id) == (4, QuestionStatus.ANSWERED, message.id)
    assert question.asked_at == MONDAY_9AM


def test_a_callback_in_the_midst_of_giving_back_waits_and_is_heard(postgres: Database) -> None:
    life, gateway = in_doubt(postgres), CountingGateway()
    [message] = life.messages()
    looking(life, gateway, FIRST)
    report = StatusReport("SM-late", message.reference, "delivered", None)
    calling = Thread(target=record_status, args=(postgres.sessions, report, SECOND))

    def call_back(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO delivery_event") and calling.ident is None:
            calling.start()
            calling.join(timeout=0.5)

    event.listen(postgres.engine, "before_cursor_execute", call_back)
    looking(life, gateway, SECOND)
    event.remove(postgres.engine, "before_cursor_execute", call_back)
    calling.join()
    life.drain(gateway, LATER)

    assert gateway.sent == []
    assert life.states() == [("sent", None)]


@pytest.mark.parametrize(
    ("code", "kind", "state", "opt_outs"),
    [
        (30005, AttentionKind.DELIVERY_FAILURE, NumberState.INVALID, 0),
        (21610, AttentionKind.OPT_OUT, NumberState.OK, 1),
    ],
)
def test_a_text_the_list_shows_as_failed_is_told_as_a_callback_would(
    any_database: Database, code: int, kind: AttentionKind, state: NumberState, opt_outs: int
) -> None:
    life, gateway = in_doubt(any_database), CountingGateway()
    gateway.listed = [listed(life, status="undelivered", error_code=code)]
    [message] = life.messages()

    looking(life, gateway, FIRST)
    report = StatusReport("SM-from-the-list", message.reference, "undelivered", code)
    record_status(any_database.sessions, report, SECOND)

    assert [one.kind for one in items(life)] == [kind]
    with any_database.sessions() as session:
        assert session.get_one(Client, life.client.id).number_state is state
        assert session.scalar(select(func.count()).select_from(OptOut)) == opt_outs


def test_what_is_listed_may_be_the_same_words_that_are_on_their_way(any_database: Database) -> None:
    life = begin(any_database)
    life.owe(ReminderKind.ANSWER, "help", MONDAY_9AM, dedupe_key="first")
    life.drain(CountingGateway([Unsure("no answer")]), MONDAY_9AM)
    life.owe(ReminderKind.ANSWER, "help", FIRST, dedupe_key="second")
    seen: list[tuple[str, str | None]] = []

    def settle_meanwhile(out: Outgoing) -> None:
        looker = CountingGateway()
        looker.listed = [
            ProviderMessage(sid_of(out), "outbound-api", "", out.to, out.body, "sent", None, FIRST)
        ]
        looking(life, looker, FIRST)
        seen.extend(life.states())

    life.drain(CountingGateway(while_sending=settle_meanwhile), FIRST)

    assert seen == [("unsure", "no_answer_from_provider"), ("sending", None)]
    assert [status for status, _ in life.states()] == ["unsure", "sent"]


def many_in_doubt(database: Database, count: int) -> tuple[Life, CountingGateway]:
    """As many clients with a text in doubt each."""
    life, gateway = begin(database), CountingGateway([Unsure("no answer")] * count)
    with database.sessions.begin() as session:
        for _ in range(count):
            client = make_client(session, life.practice)
            owe(
                session,
                life.practice.id,
                ReminderKind.MESSAGE,
                "message",
                MONDAY_9AM,
                dedupe_key=f"to:{client.id}",
                client=client,
                body="See you on Friday.",
            )
    life.drain(gateway, MONDAY_9AM)
    return life, gateway


def test_every_doubt_reaches_a_person_though_the_provider_cannot_be_asked(database: Database) -> None:
    life, gateway = many_in_doubt(database, AT_A_TIME + 10)
    gateway.listed = None

    looking(life, gateway, LATER, LATER + 3 * MINUTE)

    assert len(items(life)) == AT_A_TIME + 10


def test_more_doubts_than_half_an_hour_has_looks_for_are_all_settled(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "AT_A_TIME", 1)
    life, gateway = many_in_doubt(database, 34)

    looking(life, gateway, *(FIRST + n * MINUTE for n in range(50)))

    assert {status for status, _ in life.states()} == {"planned"}


def test_doubts_that_last_keep_no_new_one_waiting(database: Database) -> None:
    life, gateway = many_in_doubt(database, AT_A_TIME + 10)
    gateway.listed = [
        ProviderMessage(f"SM-{n}", "outbound-api", "", out.to, "Other words.", "sent", None, MONDAY_9AM)
        for n, out in enumerate(gateway.sent)
    ]
    looking(life, gateway, FIRST, FIRST + MINUTE)
    life.owe(ReminderKind.MESSAGE, "message", SECOND, body="A new one.", dedupe_key="new")
    life.drain(CountingGateway([Unsure("no answer")]), SECOND)

    looking(life, gateway, *(SECOND + n * MINUTE for n in range(1, 10)))

    [new] = [one for one in life.reminders() if one.dedupe_key == "new"]
    assert new.status is ReminderStatus.PLANNED


def test_a_doubt_that_lasts_is_asked_about_less_and_less_and_then_no_more(database: Database) -> None:
    life, gateway = in_doubt(database), CountingGateway()
    gateway.listed = [listed(life, body="Something else altogether")]

    def looks(since: datetime) -> int:
        """In one hour of a tick a minute."""
        count = 0
        for n in range(60):
            with database.sessions.begin() as session:
                waiting = settling.doubts(session, timelines(session, since + n * MINUTE)[0])
                for doubt in waiting:
                    settling.settle(session, doubt, gateway.listed, since + n * MINUTE)
                count += len(waiting)
        return count

    in_time = [looks(MONDAY_9AM), looks(MONDAY_9AM + 5 * HOUR), looks(MONDAY_9AM + LAST_LOOK)]

    assert in_time[0] > in_time[1] > in_time[2] == 0


@pytest.mark.parametrize("status", [ReminderStatus.SENDING, ReminderStatus.UNSURE])
def test_a_doubt_nobody_can_ask_about_is_put_before_a_person_and_is_over(
    any_database: Database, status: ReminderStatus
) -> None:
    life, gateway = begin(any_database), CountingGateway()
    owe_message(life)
    with any_database.sessions.begin() as session:
        session.execute(update(Reminder).values(status=status))

    looking(life, gateway, FIRST, LATER, LATER + DAY)

    assert life.states() == [("failed", "interrupted")]
    assert [(one.kind, one.status) for one in items(life)] == [
        (AttentionKind.UNSURE_TEXT, AttentionStatus.OPEN)
    ]


def test_who_asks_to_stop_waits_for_one_look_at_most(database: Database) -> None:
    many_in_doubt(database, 5)
    asked: list[str] = []

    class Stopping(CountingGateway):
        async def list_sent_to(self, phone: str, limit: int) -> list[ProviderMessage]:
            asked.append(phone)
            dispatcher.stop()
            return []

    with dispatching(database, Stopping()) as dispatcher:
        dispatcher.inquirer.settle(FIRST)

    assert len(asked) == 1


def test_a_crash_on_the_wire_is_a_doubt_like_any_other(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    owe_message(life)
    crash_after_claim(life)
    assert [status for status, _ in life.states()] == ["sending"]

    life.drain(gateway, MONDAY_9AM + MINUTE)
    looking(life, gateway, MONDAY_9AM + MINUTE)
    assert [status for status, _ in life.states()] == ["sending"]

    looking(life, gateway, MONDAY_9AM + IN_FLIGHT + MINUTE, MONDAY_9AM + IN_FLIGHT + 5 * MINUTE)
    life.drain(gateway, MONDAY_9AM + IN_FLIGHT + 5 * MINUTE)

    assert life.states() == [("sent", None)]
    assert len(gateway.sent) == 1


def crash_after_claim(life: Life) -> None:
    """As if the process were killed between the claim's commit and the network."""

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with dispatching(life.database, CountingGateway()) as dispatcher:
        dispatcher._send = killed
        with pytest.raises(Killed):
            dispatcher.drain(lambda: MONDAY_9AM)
