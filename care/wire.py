"""What sending and importing must agree on: lanes, priorities, and the ranks of delivery statuses."""

from functools import lru_cache
from hashlib import blake2b

from care.models import ReminderKind

LANES = 64
SAFETY_PRIORITY, ANSWER_PRIORITY, ORDINARY_PRIORITY = 0, 1, 2
# From this rank on a status is the last word.
FINAL = 4
# A final status that says the text came to no phone.
NEVER_ARRIVED = frozenset({"undelivered", "failed", "canceled"})
# Ours, for a message the provider surely never had: its text is not among those that went out.
ABSENT = "absent"
# Callbacks arrive in any order, so a status counts only when it ranks above what is known.
RANKS = {
    ABSENT: 0,
    "accepted": 0,
    "scheduled": 0,
    "queued": 1,
    "sending": 2,
    "sent": 3,
    "delivered": 4,
    "undelivered": 4,
    "failed": 4,
    "canceled": 4,
    "partially_delivered": 4,
    "read": 5,
}


@lru_cache(maxsize=10_000)
def lane_of(practice_id: int) -> int:
    """Which of the lanes a practice's work belongs to; the same everywhere and for ever."""
    return int.from_bytes(blake2b(str(practice_id).encode(), digest_size=2).digest()) % LANES


def priority_of(kind: ReminderKind) -> int:
    """Safety and alerts before answers before everything we start ourselves."""
    if kind in (ReminderKind.SAFETY, ReminderKind.ALERT):
        return SAFETY_PRIORITY
    return ANSWER_PRIORITY if kind is ReminderKind.ANSWER else ORDINARY_PRIORITY


def rank_of(status: str) -> int:
    """Where a status stands on its way; an unknown one moves nothing."""
    return RANKS.get(status, 0)
