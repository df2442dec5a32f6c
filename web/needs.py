"""The needs-you list: what each open item is about, in words, with what to do about it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from care.attention import DECIDE
from care.in_words import ATTENTION, reason_in_words
from care.models import AttentionKind, AttentionStatus, User
from care.waiting import WaitingClient, WaitingItem, WaitingLine, first_lines
from reminders.answered import TOO_MANY
from web.message_words import failure_words

SIGNS = {
    AttentionKind.RED_FLAG: "red_flag",
    AttentionKind.PAIN_RISE: "pain",
    AttentionKind.HIGH_PAIN: "pain",
    AttentionKind.SIGNAL: "pain",
    AttentionKind.QUESTION: "unclear",
    AttentionKind.UNREADABLE: "unclear",
    AttentionKind.DELIVERY_FAILURE: "failed",
    AttentionKind.UNSURE_TEXT: "failed",
    AttentionKind.SILENCE: "silent",
}
ABOUT_THE_NUMBER = frozenset({AttentionKind.DELIVERY_FAILURE, AttentionKind.WRONG_NUMBER})


@dataclass(frozen=True)
class Need:
    """One open item as it stands in the list. `quote` is what the client wrote, and `at` when; else when
    the item was raised.

    `alerted` names the user an alert was for, where that is what did not arrive.
    """

    item: WaitingItem
    client: WaitingClient | None
    quote: str
    at: datetime
    seen_by: str | None
    alerted: str = ""

    @property
    def words(self) -> str:
        is_loop = self.item.details.get("reason") == TOO_MANY
        return "Many texts in an hour" if is_loop else ATTENTION[self.item.kind]

    @property
    def sign(self) -> str:
        return SIGNS.get(self.item.kind, "info")

    @property
    def name(self) -> str:
        if self.alerted:
            return f"Alert to {self.alerted}"
        if "user" in self.item.details:
            return f"E-mail to {self.item.details['user']}"
        return self.client.name if self.client else "Unknown number"

    @property
    def more(self) -> str:
        """What is known beyond the kind: why a text did not arrive, whom to call about what."""
        details = self.item.details
        if self.item.kind is AttentionKind.DELIVERY_FAILURE:
            return failure_words(details.get("code"))
        if self.item.kind is AttentionKind.UNSURE_TEXT:
            return reason_in_words(details.get("reason"))
        said = [str(details[name]) for name in ("what", "signal") if details.get(name)]
        return " ".join(f"{what[:1].upper()}{what[1:].rstrip('.')}." for what in said)

    @property
    def is_red_flag(self) -> bool:
        return self.item.kind is AttentionKind.RED_FLAG

    @property
    def is_signal(self) -> bool:
        """The suggestions for the next plan say how to go on with the exercise."""
        return self.item.kind is AttentionKind.SIGNAL or "signal" in self.item.details

    @property
    def is_to_cosign(self) -> bool:
        return self.item.kind is AttentionKind.COSIGN

    @property
    def is_undecided(self) -> bool:
        """It ends with the decision, not with a note."""
        return self.is_to_cosign and self.item.details.get(DECIDE) is True

    @property
    def is_about_the_number(self) -> bool:
        return self.item.kind in ABOUT_THE_NUMBER

    @property
    def is_acknowledged(self) -> bool:
        return self.item.status is AttentionStatus.ACKNOWLEDGED


def need_of(line: WaitingLine) -> Need:
    """The same of a line of what waits, read for a list."""
    return Need(line.item, line.client, line.quote, line.at, line.seen_by, line.alerted)


def first_needs(session: Session, seen_by: User, now: datetime, most: int | None) -> tuple[list[Need], int]:
    """The first of what waits for a person now, in the order it is to be dealt with; and how much waits."""
    lines, count = first_lines(session, seen_by, now, most)
    return [need_of(line) for line in lines], count
