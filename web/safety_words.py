"""Whether the client of a red flag got the safety text, in words for who calls them."""

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from care.in_words import reason_in_words
from care.models import AttentionItem, AttentionKind, Reminder, ReminderKind, ReminderStatus
from care.private_phones import is_about_unsafe
from care.saying import moment_after

NOTHING_GOES = "No text was sent. Somebody else may read this phone. Call, at a time that is safe."
NOTHING_MORE = "Nothing more is sent: somebody else may read this phone. Call, at a time that is safe."
ON_ITS_WAY = frozenset({ReminderStatus.PLANNED, ReminderStatus.SENDING})


def safety_text_words(session: Session, item: AttentionItem, zone: str) -> str:
    """A sentence or two; empty where the item is no red flag that came by text."""
    if item.kind is not AttentionKind.RED_FLAG or item.message_id is None:
        return ""
    text = _text_of(session, item)
    if is_about_unsafe(item):
        went = text is not None and text.status not in (ReminderStatus.SKIPPED, ReminderStatus.CANCELLED)
        return f"{_said(text, item, zone)} {NOTHING_MORE}" if text is not None and went else NOTHING_GOES
    if text is not None:
        return _said(text, item, zone)
    return str(item.details.get("what") or "No safety text was sent: the same one had just gone.")


def _text_of(session: Session, item: AttentionItem) -> Reminder | None:
    """The safety text; or the answer to a STOP, which carries the emergency line."""
    is_theirs = Reminder.in_reply_to_id == item.message_id
    if item.client_id is not None:
        since = and_(Reminder.client_id == item.client_id, Reminder.created_at >= item.raised_at)
        is_theirs = or_(is_theirs, since)
    is_safety = Reminder.kind == ReminderKind.SAFETY
    wanted = select(Reminder).where(
        # The sum keeps SQLite off the practice's index, which leads through all there ever were.
        Reminder.practice_id + 0 == item.practice_id,
        is_theirs,
        or_(is_safety, Reminder.text_key == "stopped_urgent"),
    )
    return session.scalar(wanted.order_by(Reminder.id.desc()).limit(1))


def _said(text: Reminder, item: AttentionItem, zone: str) -> str:
    if text.status in ON_ITS_WAY:
        return "The safety text is on its way."
    if text.status is ReminderStatus.SENT and text.sent_at is not None:
        return f"The safety text went out, {moment_after(text.sent_at, item.raised_at, zone)}."
    if text.status is ReminderStatus.UNSURE:
        return "It is not known whether the safety text went out."
    return f"The safety text was not sent. {reason_in_words(text.reason)}".strip()
