"""What comes late about a text must not undo what was decided of it meanwhile."""

from collections.abc import Callable
from datetime import time
from threading import Thread

import pytest
from sqlalchemy import select

from care.db import Database
from care.followups import cancel_follow_up
from care.models import AttentionItem, AttentionStatus, FollowUp, FollowUpKind, ReminderKind, Visit
from care.visits import move_visit
from reminders.gateway import Outcome, Outgoing, Postponed, Refused, Unsure
from tests.making import MONDAY_8AM, MONDAY_9AM, make_follow_up, make_visit
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import DAY, HOUR, MINUTE, Life, begin

NOON = 3 * HOUR


class Frozen(CountingGateway):
    """Of a process that stands still before its text leaves, and then says what became of it."""

    def __init__(self, meanwhile: Callable[[], None], outcome: Outcome) -> None:
        super().__init__()
        self._meanwhile, self._outcome = meanwhile, outcome

    async def send(self, outgoing: Outgoing) -> Outcome:
        other = Thread(target=self._meanwhile)
        other.start()
        other.join()
        return self._outcome


def with_message(database: Database) -> Life:
    life = begin(database)
    life.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="See you on Friday.")
    return life


@pytest.mark.parametrize(
    "late",
    [Postponed("its turn came too late", retry_after_seconds=0), Refused(21211, "no"), Unsure("no answer")],
    ids=["postponed", "refused", "unsure"],
)
def test_a_process_that_stood_still_does_not_undo_that_another_sent_it(
    any_database: Database, late: Outcome
) -> None:
    life, other = with_message(any_database), CountingGateway()

    def settles_and_sends() -> None:
        for minutes in (6, 10):
            life.settle(other, MONDAY_9AM + minutes * MINUTE)
        life.drain(other, MONDAY_9AM + 11 * MINUTE)

    life.drain(Frozen(settles_and_sends, late), MONDAY_9AM)
    life.drain(other, MONDAY_9AM + HOUR)

    assert len(other.sent) == 1
    assert life.states() == [("sent", None)]


def test_a_second_doubt_about_one_reminder_is_put_before_a_person_as_well(database: Database) -> None:
    life, gateway = with_message(database), CountingGateway([Unsure("no answer"), Unsure("no answer")])
    life.drain(gateway, MONDAY_9AM)
    gateway.listed = None
    life.settle(gateway, MONDAY_9AM + 12 * MINUTE)
    gateway.listed = []
    for minutes in (20, 24):
        life.settle(gateway, MONDAY_9AM + minutes * MINUTE)

    life.drain(gateway, MONDAY_9AM + 25 * MINUTE)
    gateway.listed = None
    life.settle(gateway, MONDAY_9AM + 40 * MINUTE)

    with database.sessions() as session:
        states = session.scalars(select(AttentionItem.status).order_by(AttentionItem.id)).all()
    assert states == [AttentionStatus.CLOSED, AttentionStatus.OPEN]


def test_a_question_called_off_while_it_was_out_is_not_asked_after_all(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    life.change(lambda s, c: make_follow_up(s, c, at_time=time(9)))
    life.plan(MONDAY_8AM)

    def call_off(_outgoing: Outgoing) -> None:
        life.change(lambda s, _c: cancel_follow_up(s, s.scalars(select(FollowUp)).one(), MONDAY_9AM))

    life.drain(CountingGateway([Postponed("busy")], while_sending=call_off), MONDAY_9AM)
    life.drain(gateway, MONDAY_9AM + HOUR)

    assert gateway.sent == []
    assert life.states() == [("cancelled", "follow_up_cancelled")]


@pytest.mark.parametrize(
    ("moved_to", "sent_at", "how_many"),
    [(DAY, DAY + NOON, 0), (DAY + 12 * HOUR, DAY + 9 * HOUR, 1)],
    ids=["before its text", "to later"],
)
def test_a_visit_moved_by_hours_is_reminded_of_until_it_begins(
    database: Database, moved_to, sent_at, how_many: int
) -> None:
    life, gateway = begin(database), CountingGateway()
    visit = life.change(lambda s, c: make_visit(s, c, starts_at=MONDAY_9AM + DAY + 8 * HOUR))
    kind = FollowUpKind.VISIT_REMINDER
    life.change(lambda s, c: make_follow_up(s, c, kind=kind, visit_id=visit.id, days=0, at_time=time(12)))
    life.plan(MONDAY_8AM)

    life.change(lambda s, _c: move_visit(s, s.get_one(Visit, visit.id), MONDAY_9AM + moved_to, MONDAY_9AM))
    life.drain(gateway, MONDAY_9AM + sent_at)

    assert len(gateway.sent) == how_many
    assert life.states() == ([("sent", None)] if how_many else [("skipped", "stale")])
