"""What an item keeps of the alerts about it: when they were owed and to whom, and who was told later."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from care.attention import instant_said, reopened_at
from care.models import AttentionItem

ALERTS = "alerts"


class Step(StrEnum):
    """At once; after `escalate_minutes` to others too; after as long once more to all admins."""

    FIRST = "first"
    LATER = "later"
    LAST = "last"


@dataclass(frozen=True)
class Told:
    """The last time of telling: when that was owed, when the first one is told, and of which signs.

    `ids` are the users that rows were owed to, by step; None where the item was told of by an earlier
    version or came by import, whose users are others.
    """

    at: datetime
    since: datetime
    wait: timedelta
    later: list[str]
    groups: frozenset[str]
    ids: dict[Step, list[int]] | None

    def owed(self, step: Step) -> list[int]:
        return self.ids.get(step, []) if self.ids else []


def keep(item: AttentionItem, **said: object) -> None:
    """Write this into what the item says of its alerts; what it says otherwise stays."""
    before = item.details.get(ALERTS)
    item.details = item.details | {ALERTS: (before if isinstance(before, dict) else {}) | said}


def read_told(item: AttentionItem) -> Told | None:
    """What the item says of its last alert. None where it has none, or an import brought something else."""
    said: Any = item.details.get(ALERTS)
    try:
        since = instant_said(said["since"])
        at = instant_said(said.get("at", said["since"]))
        groups = frozenset(said.get("groups", item.details.get("groups", [])))
        ids = {Step(step): list(of) for step, of in said["ids"].items()} if said.get("ids") else None
        return Told(at, since, timedelta(minutes=int(said["minutes"])), list(said["later"]), groups, ids)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def is_reopened(item: AttentionItem, told: Told) -> bool:
    """Somebody had taken it on since they were told, and something new undid that."""
    at = reopened_at(item)
    return at is not None and at > told.at


def is_overdue(item: AttentionItem, now: datetime) -> bool:
    """Whether somebody should have looked by now. One without alerts came by import: nobody waits for it."""
    told = read_told(item)
    return told is not None and now - told.since >= told.wait and not is_handed_on(item, told)


def is_handed_on(item: AttentionItem, told: Told) -> bool:
    """Since it was last told of. What was handed on before stays in sight of those who were told."""
    return item.escalated_at is not None and item.escalated_at >= told.since
