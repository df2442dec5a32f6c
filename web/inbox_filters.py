"""What the inbox shows of all that waits, by its address: whose, of which kind, or what was put off."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from flask import request, url_for

from care.attending import is_mine
from care.models import AttentionKind as Kind
from care.models import User
from care.waiting import Queued, Waiting

KINDS: dict[str, tuple[str, frozenset[Kind]]] = {
    "flags": ("Red flags", frozenset({Kind.RED_FLAG})),
    "pain": ("Pain", frozenset({Kind.HIGH_PAIN, Kind.PAIN_RISE, Kind.SIGNAL})),
    "replies": ("Replies", frozenset({Kind.UNREADABLE, Kind.QUESTION})),
    "calls": ("Calls", frozenset({Kind.CALL_TASK, Kind.SILENCE})),
    "texts": (
        "Texts",
        frozenset({Kind.DELIVERY_FAILURE, Kind.UNSURE_TEXT, Kind.OPT_OUT, Kind.WRONG_NUMBER}),
    ),
}
WHOSE = {"all": "Everybody's", "mine": "Mine"}
Links = list[tuple[str, str, bool]]


@dataclass(frozen=True)
class Filters:
    whose: str = "all"
    kind: str = "all"
    is_snoozed: bool = False

    @property
    def in_address(self) -> dict[str, Any]:
        """Only what differs from the usual."""
        said = {"whose": self.whose, "kind": self.kind}
        return {name: value for name, value in said.items() if value != "all"} | (
            {"snoozed": 1} if self.is_snoozed else {}
        )

    def lets_through(self, item: Queued, user: User) -> bool:
        if self.whose == "mine" and not is_mine(item.owner_id, item.therapist_id, user):
            return False
        return self.kind == "all" or item.kind in KINDS[self.kind][1]


def read_filters() -> Filters:
    """From the address; what it does not know is the usual."""
    whose, kind = request.args.get("whose", "all"), request.args.get("kind", "all")
    return Filters(
        whose if whose in WHOSE else "all",
        kind if kind in KINDS else "all",
        request.args.get("snoozed") == "1",
    )


def filter_links(filters: Filters, waiting: Waiting, user: User) -> tuple[Links, Links]:
    """Whose, and of which kind or put off, each with where it leads and whether it is chosen.

    Kinds that nothing waits of are left out, so that few are left to choose from.
    """
    whose = [
        (words, _link(replace(filters, whose=one)), one == filters.whose) for one, words in WHOSE.items()
    ]
    kinds = [("All", _link(Filters(filters.whose)), filters.kind == "all" and not filters.is_snoozed)]
    whoever = Filters(filters.whose)
    counts = Counter(one.kind for one in waiting.now if whoever.lets_through(one, user))
    snoozed = len(waiting.later)
    for one, (words, wanted) in KINDS.items():
        chosen = Filters(filters.whose, one)
        count = sum(counts[kind] for kind in wanted)
        if count or filters == chosen:
            kinds.append((f"{words} ({count})", _link(chosen), filters == chosen))
    if snoozed or filters.is_snoozed:
        put_off = Filters(filters.whose, is_snoozed=True)
        kinds.append((f"Put off ({snoozed})", _link(put_off), filters.is_snoozed))
    return whose, kinds


def _link(filters: Filters) -> str:
    return url_for("inbox.index", **filters.in_address)
