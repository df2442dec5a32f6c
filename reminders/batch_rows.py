"""The rows of a batch as plain values: a mapped object costs three times as much, and is read but once."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from care.models import Client, ClientStatus, NumberState, Reminder, ReminderKind, ReminderStatus


@dataclass(slots=True)
class Due:
    """A claimed reminder. What becomes of it before the network is changed here, and written down later."""

    id: int
    practice_id: int
    client_id: int | None
    user_id: int | None
    to_phone: str | None
    kind: ReminderKind
    dedupe_key: str
    text_key: str
    params: dict[str, Any]
    body: str | None
    follow_up_id: int | None
    visit_id: int | None
    in_reply_to_id: int | None
    priority: int
    due_at: datetime
    send_at: datetime
    expires_at: datetime
    reason: str | None
    attempts: int
    status: ReminderStatus = ReminderStatus.SENDING
    claimed_at: datetime | None = None
    message_id: int | None = None


@dataclass(slots=True)
class Recipient:
    """What judging and wording ask of a client, by the client's own names."""

    id: int
    practice_id: int
    first_name: str
    last_name: str
    phone: str | None
    phone_hash: str | None
    number_state: NumberState
    language: str
    timezone: str
    window_from_time: time | None
    window_until_time: time | None
    window_requested_at: datetime | None
    paused_from: date | None
    paused_until: date | None
    pause_reason: str | None
    texts_held_at: datetime | None
    stop_told_at: datetime | None
    link_to_tell: str | None
    letter: str | None
    thresholds: dict[str, Any]
    status: ClientStatus

    def is_paused_on(self, day: date) -> bool:
        """As `Client` says it."""
        return Client.is_paused_on(self, day)  # type: ignore[arg-type]  # asks for the two days alone


# Either the plain row or the mapped one: what texting asks of them has the same names in both.
AnyReminder = Reminder | Due
AnyClient = Client | Recipient
