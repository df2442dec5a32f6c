"""Whether a message a person writes now goes out: at once, later, or not at all and why."""

from dataclasses import dataclass
from datetime import datetime

from care.models import Client, Practice, Reminder, ReminderKind
from care.recurrence import zone_of
from reminders import contact
from reminders.outbox import USEFUL
from reminders.texting_facts import TextingFacts


@dataclass(frozen=True)
class MayWrite:
    """Whether a message written now goes out: `reason` why not at all, `later` when if not at once."""

    reason: str | None = None
    later: datetime | None = None


def may_write(
    client: Client, practice: Practice, known: TextingFacts, now: datetime, *, is_real: bool
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
    facts = contact.Facts(
        practice=practice,
        client=client,
        has_consent=known.has_consent,
        is_opted_out=known.is_opted_out,
        sent_today=known.sent_today,
        answered_this_hour=0,
        is_real_gateway=is_real,
        awaits_enrolment=known.awaits_enrolment,
        is_private=known.is_private,
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
