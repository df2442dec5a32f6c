"""What the provider reports of a text after taking it. Statuses only move forward."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from care.attention import raise_item, resolve
from care.db import Sessions
from care.models import (
    AttentionKind,
    Client,
    DeliveryEvent,
    Direction,
    Message,
    NumberState,
    Reminder,
    ReminderStatus,
)
from care.upsert import insert_into
from care.wire import ABSENT, FINAL, NEVER_ARRIVED, rank_of
from reminders.absent import take_back
from reminders.opting import mirror_opt_out
from reminders.second_try import OUT_OF_REACH, is_of_the_same_text, owe_once_more

log = structlog.get_logger()

# Twilio error codes that say the number itself cannot be texted.
BAD_NUMBERS = frozenset({21211, 21614, 21635, 30005, 30006})
OPTED_OUT = 21610
# What PostgreSQL ends so that another may go on (a deadlock, a failed serialization) goes through the next
# time. The provider knocks just once.
TRIES = 4
WORTH_ANOTHER = frozenset({"40P01", "40001"})


@dataclass(frozen=True)
class StatusReport:
    """One status callback. `reference` is ours, out of the callback address."""

    sid: str
    reference: str | None
    status: str
    error_code: int | None


def bad_number(code: int | None) -> bool:
    """Whether this error says the number can never be texted."""
    return code in BAD_NUMBERS


def record_status(sessions: Sessions, report: StatusReport, now: datetime) -> None:
    """Keep the report and move the message forward. Repeats and strangers are taken calmly."""
    for tries_left in reversed(range(TRIES)):
        try:
            with sessions.begin() as session:
                _record(session, report, now)
            return
        except DBAPIError as error:
            if not tries_left or getattr(error.orig, "sqlstate", None) not in WORTH_ANOTHER:
                raise


def _record(session: Session, report: StatusReport, now: datetime) -> None:
    message = _find_message(session, report)
    if not _is_new(session, report, message, now) or message is None:
        return
    take_as_proof(session, message, report, now)
    log.info("status_recorded", message=message.id, status=report.status, code=report.error_code)


def take_as_proof(session: Session, message: Message, report: StatusReport, now: datetime) -> None:
    """The provider has the text, by a callback or by its own list: settle what was in doubt, move the
    message forward, and tell staff when it never arrived. The message's row must be ours.
    """
    if message.provider_sid is None:
        message.provider_sid = report.sid
    settle_as_sent(session, message, now)
    if _advance(session, message.id, report, now) and report.status in NEVER_ARRIVED:
        tell_staff(session, message, report, now)


def _find_message(session: Session, report: StatusReport) -> Message | None:
    """By the provider's sid, else by our reference. Its row is ours until we commit: the outcome of the
    sending may be written down at the same moment.
    """
    by_sid = session.scalar(select(Message).where(Message.provider_sid == report.sid).with_for_update())
    if by_sid is not None or not report.reference:
        return by_sid
    ours = session.scalar(select(Message).where(Message.reference == report.reference).with_for_update())
    return ours if ours is not None and ours.provider_sid in (None, report.sid) else None


def _is_new(session: Session, report: StatusReport, message: Message | None, now: datetime) -> bool:
    row = insert_into(session, DeliveryEvent).values(
        message_id=message.id if message else None,
        reference=report.reference,
        provider_sid=report.sid,
        status=report.status,
        error_code=report.error_code,
        received_at=now,
        details={},
    )
    row = row.on_conflict_do_nothing(index_elements=["provider_sid", "status"])
    return session.execute(row.returning(DeliveryEvent.id)).first() is not None


def settle_as_sent(session: Session, message: Message, now: datetime) -> None:
    """It is proven that the provider has the text, whatever we saw of the sending."""
    if message.status == ABSENT:
        take_back(session, message)
    if message.status in (ABSENT, "unsure"):
        message.status = "sending"
    session.flush()
    settled = session.execute(
        update(Reminder)
        .where(
            Reminder.message_id == message.id,
            Reminder.status.in_([ReminderStatus.SENDING, ReminderStatus.UNSURE]),
        )
        .values(status=ReminderStatus.SENT, sent_at=message.at, reason=None)
        .returning(Reminder.id)
    )
    for (reminder_id,) in settled.all():
        resolve(session, message.practice_id, f"unsure:{reminder_id}", now, "The provider had sent it.")


def _advance(session: Session, message_id: int, report: StatusReport, now: datetime) -> bool:
    rank = rank_of(report.status)
    values: dict[str, object] = {"status": report.status, "status_rank": rank}
    if report.status == "delivered":
        values["delivered_at"] = now
    if report.error_code is not None:
        values["error_code"] = report.error_code
    # The same end once more, now with its reason, is news as well.
    says_why = and_(Message.status == report.status, Message.error_code.is_(None))
    is_news: ColumnElement[bool] = Message.status_rank < rank
    if report.error_code is not None:
        is_news = or_(is_news, says_why)
    moved = session.execute(
        update(Message).where(Message.id == message_id, is_news).values(**values).returning(Message.id)
    )
    return moved.first() is not None


def tell_staff(session: Session, message: Message, report: StatusReport, now: datetime) -> None:
    """A text never arrived: what that says of the phone is noted, and a person is told unless it goes
    once more.
    """
    if report.error_code == OPTED_OUT:
        mirror_opt_out(session, message.practice_id, message.phone_hash, now)
        return
    client = _client_at(session, message)
    if client is not None:
        _mark_number(session, client, message, report.error_code)
        is_texted = client.number_state is NumberState.OK
        if is_texted and owe_once_more(session, message, report.error_code, now):
            return
    raise_item(
        session,
        message.practice_id,
        AttentionKind.DELIVERY_FAILURE,
        f"delivery:{message.client_id or message.id}",
        now,
        client_id=message.client_id,
        message_id=message.id,
        details={"code": report.error_code, "reason": report.status},
    )


def _client_at(session: Session, message: Message) -> Client | None:
    """Whose phone it went to, if that still is their number."""
    client = session.get(Client, message.client_id) if message.client_id is not None else None
    return client if client is not None and client.phone == message.phone else None


def _mark_number(session: Session, client: Client, message: Message, code: int | None) -> None:
    """A number that cannot be texted is texted no more; one out of reach is given a second chance."""
    if bad_number(code):
        client.number_state = NumberState.INVALID
    elif code == OUT_OF_REACH and _is_second_in_a_row(session, message):
        client.number_state = NumberState.UNREACHABLE


def _is_second_in_a_row(session: Session, message: Message) -> bool:
    """Whether the text before this one, or the very next, ended out of reach as well: reports come in
    any order. Both tries of one text are one.
    """
    others = select(Message.error_code).where(
        Message.client_id == message.client_id,
        Message.phone_hash == message.phone_hash,
        Message.direction == Direction.OUT,
        Message.status != ABSENT,
        ~is_of_the_same_text(session, message),
    )
    earlier = others.where(Message.at < message.at, Message.status_rank >= FINAL)
    later = others.where(Message.at > message.at)
    before = session.scalar(earlier.order_by(Message.at.desc(), Message.id.desc()).limit(1))
    after = session.scalar(later.order_by(Message.at, Message.id).limit(1))
    return OUT_OF_REACH in (before, after)
