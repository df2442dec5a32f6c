"""Whether a message a person writes now goes out: at once, later, or not at all and why."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from care.models import Client, Practice, Reminder, ReminderKind
from care.phones import PhoneBook
from care.recurrence import zone_of
from reminders import contact
from reminders.knowledge import learn
from reminders.outbox import USEFUL


@dataclass(frozen=True)
class MayWrite:
    """Whether a message written now goes out: `reason` why not at all, `later` when if not at once."""

    reason: str | None = None
    later: datetime | None = None


def may_write(
    session: Session, client: Client, practice: Practice, book: PhoneBook, now: datetime, *, is_real: bool
) -> MayWrite:
    """By the rules that decide at sending, asked before anything is typed."""
    if client.phone is None or client.phone_hash is None:
        return MayWrite("no_phone")
    imagined = Reminder(
        practice_id=practice.id,
        client_id=client.id,
        kind=ReminderKind.MESSAGE,
        text_key="message",
        due_at=now,
        expires_at=now + USEFUL[ReminderKind.MESSAGE],
    )
    known = learn(session, [imagined], book, now)
    facts = contact.Facts(
        practice=practice,
        client=client,
        has_consent=client.id in known.consenting,
        is_opted_out=client.phone_hash in known.opted_out,
        sent_today=known.sent_today.get(client.id, 0),
        answered_this_hour=0,
        is_real_gateway=is_real,
        awaits_enrolment=client.id in known.awaiting_enrolment,
        is_private=client.phone_hash in known.private,
    )
    if zone_of(client.timezone).key != client.timezone:
        # Sending would park it.
        return MayWrite("could_not_be_planned")
    match contact.judge(imagined, facts, now):
        case contact.Drop(reason):
            return MayWrite(reason)
        case contact.Wait(at, _):
            return MayWrite(later=at)
    return MayWrite()
