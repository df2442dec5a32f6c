"""Signs of danger: the fixed text of their group at once, a person who must look, and no exercise text
until that person says so.
"""

from collections.abc import Collection
from typing import Any

from care.attention import raise_item
from care.consent import is_opted_out
from care.holding import hold_texts
from care.models import AttentionKind, ReminderKind
from reminders.alerting import alert
from reminders.incoming import Arrival, Incoming, groups_said
from reminders.outbox import owe

# Which text answers which group of signs, the most urgent first. Being hurt by somebody gets none:
# another may hold the phone. The poison text names the crisis line too.
SAFETY_TEXTS = {
    "poison": "poison",
    "crisis": "crisis",
    "heart": "urgent_emergency",
    "stroke": "urgent_emergency",
    "cauda": "urgent_emergency",
    "limb": "urgent_emergency",
    "fracture": "urgent_emergency",
    "clot": "same_day",
    "infection": "same_day",
    "nerve": "same_day",
    "high_pain": "high_pain_words",
}
UNSAFE = "unsafe"
# Signs the reader names without a group, or with one we have no text for, are taken for the worst.
OTHER, OTHER_TEXT = "other", "urgent_emergency"
# After one of these a milder text would only take it back.
LAST_WORDS = frozenset({"poison", "crisis", "urgent_emergency"})
OPTED_OUT = "No text went: this phone opted out. Call."
CALL_IN_PRIVATE = "Call in private. Send no text: somebody else may hold the phone."


def safety_text(groups: Collection[str], said: Collection[str] = ()) -> tuple[str, str] | None:
    """The most urgent group of these whose text was not said yet, and its text; None where silence is safer.

    Where the most urgent one's text was said already, only one as urgent follows.
    """
    if UNSAFE in groups:
        return None
    ordered = [group for group in SAFETY_TEXTS if group in groups] or [OTHER]
    most_urgent = SAFETY_TEXTS.get(ordered[0], OTHER_TEXT)
    for group in ordered:
        text_key = SAFETY_TEXTS.get(group, OTHER_TEXT)
        is_as_urgent = text_key == most_urgent or {text_key, most_urgent} <= LAST_WORDS
        if group not in said and is_as_urgent:
            return group, text_key
    return None


def raise_flag(incoming: Incoming, *, with_text: bool = True, why_no_text: str = "") -> None:
    """Tell staff, hold exercise texts, and owe the client the safety text of the most urgent group.

    `with_text` is False where another answer carries the emergency line, or none can go (`why_no_text`).
    """
    groups = incoming.reading.flags
    if with_text and is_opted_out(incoming.session, incoming.message.phone_hash):
        why_no_text, with_text = OPTED_OUT, False
    item = incoming.attention(AttentionKind.RED_FLAG, "red_flag", **_details(groups, why_no_text))
    hold_texts(incoming.session, incoming.client, item, incoming.now)
    alert(incoming.session, item, incoming.now)
    said = groups_said(incoming.session, incoming.practice.id, incoming.message.phone_hash, incoming.now)
    chosen = safety_text(groups, said)
    if with_text and chosen is not None:
        group, text_key = chosen
        incoming.safety(text_key, group=group)


def raise_strangers_flag(
    arrival: Arrival, groups: Collection[str], *, with_text: bool = True, why_no_text: str = ""
) -> None:
    """The same for a phone we do not know: the text goes out, and the admins must look."""
    session, practice, message = arrival.session, arrival.practice, arrival.message
    if with_text and is_opted_out(session, message.phone_hash):
        why_no_text, with_text = OPTED_OUT, False
    item = raise_item(
        session,
        practice.id,
        AttentionKind.RED_FLAG,
        f"red_flag:phone:{message.phone_hash[:16]}",
        arrival.now,
        message_id=message.id,
        details=_details(groups, why_no_text),
    )
    alert(session, item, arrival.now)
    chosen = safety_text(groups, groups_said(session, practice.id, message.phone_hash, arrival.now))
    if not with_text or chosen is None:
        return
    group, text_key = chosen
    owe(
        session,
        practice.id,
        ReminderKind.SAFETY,
        text_key,
        arrival.now,
        dedupe_key=f"safety:{message.id}",
        to_phone=message.phone,
        params={"group": group},
        in_reply_to_id=message.id,
    )


def _details(groups: Collection[str], why_no_text: str) -> dict[str, Any]:
    details: dict[str, Any] = {"groups": sorted(groups)}
    what = CALL_IN_PRIVATE if UNSAFE in groups else why_no_text
    return details | {"what": what} if what else details
