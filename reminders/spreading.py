"""Letting texts of one minute go out over several, each client's always at the same place."""

from datetime import datetime, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

from care.models import Client, Practice, ReminderKind
from care.thresholds import thresholds_of
from reminders.claiming import MERGED_KINDS
from reminders.contact import SHORTEST_VALIDITY, Window, closing

MOST_MINUTES = 60


def spread(client: Client, kind: ReminderKind, opening: datetime, window: Window) -> datetime:
    """When a text that may go out from `opening` on is sent: a little later, where its practice wants that.

    Never past the window, nor so late that it is stale. The same share of the time for all texts of a
    client, so that an exercise reminder and a pain question a few minutes apart stay so and travel together.
    """
    practice = client.practice
    if kind not in MERGED_KINDS or not practice.spread_minutes:
        return opening
    closes_at = closing(window, ZoneInfo(client.timezone), opening)
    room = min(_longest(practice), closes_at - SHORTEST_VALIDITY - opening)
    return opening + max(room, timedelta()) * place_of(client.id)


def place_of(client_id: int) -> float:
    """From 0 up to 1, the same for a client everywhere and for ever."""
    digest = blake2b(f"spread:{client_id}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32


def _longest(practice: Practice) -> timedelta:
    """One length for both kinds, within what the sooner stale of them allows."""
    limits = thresholds_of(practice.thresholds)
    useful = timedelta(hours=min(limits.exercise_stale_hours, limits.question_stale_hours))
    asked = timedelta(minutes=min(practice.spread_minutes, MOST_MINUTES))
    return min(asked, useful - 2 * SHORTEST_VALIDITY)
