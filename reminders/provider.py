"""What is last known of the provider: it takes our texts, keeps us out, or cannot be reached.

One fact of the installation, noted by whoever sends and read by whoever is asked how things are.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from care.models import Installation
from care.provider_codes import is_about_the_account
from care.upsert import insert_into
from reminders.gateway import (
    Accepted,
    Gateway,
    GatewayRefused,
    GatewayUnreachable,
    Outcome,
    Postponed,
    Unsure,
)
from reminders.gateway import Refused as TextRefused

FACT = "provider"
# The same news is written down again only after this long.
NOTED_EVERY = timedelta(minutes=1)


class ProviderState(StrEnum):
    """`no_answer` is worse than unreachable: texts were handed over, and nobody says what became of them."""

    OK = "ok"
    LOCKED_OUT = "locked_out"
    UNREACHABLE = "unreachable"
    NO_ANSWER = "no_answer"


# How long news may stand before the provider is asked. Asking proves nothing about texts that get no
# answer, so that state is left to the next text for a while.
ASKED_AFTER = {
    ProviderState.OK: timedelta(minutes=5),
    ProviderState.LOCKED_OUT: timedelta(minutes=1),
    ProviderState.UNREACHABLE: timedelta(minutes=1),
    ProviderState.NO_ANSWER: timedelta(minutes=10),
}


@dataclass(frozen=True)
class ProviderFact:
    """The state, since when it has been that, and when it was last seen to be."""

    state: ProviderState
    since: datetime
    seen_at: datetime


def last_known(session: Session) -> ProviderFact | None:
    """None when nothing was ever sent or asked."""
    kept = session.get(Installation, FACT, populate_existing=True)
    if kept is None:
        return None
    values = json.loads(kept.value)
    since, seen_at = (datetime.fromisoformat(values[name]) for name in ("since", "seen_at"))
    return ProviderFact(ProviderState(values["state"]), since, seen_at)


def state_after(outcomes: Iterable[Outcome]) -> ProviderState | None:
    """What a batch of texts tells about the provider. One that it took, or refused, shows it is there."""
    seen = {_state_after(outcome) for outcome in outcomes}
    for state in (
        ProviderState.LOCKED_OUT,
        ProviderState.OK,
        ProviderState.NO_ANSWER,
        ProviderState.UNREACHABLE,
    ):
        if state in seen:
            return state
    return None


def note_outcomes(
    session: Session, outcomes: Iterable[Outcome], now: datetime, noted: ProviderState | None
) -> ProviderState | None:
    """What a part of a batch has shown, unless an earlier part showed the same. Returns what stands."""
    state = state_after(outcomes)
    if state is None or state is noted:
        return noted
    note(session, state, now)
    return state


def note(session: Session, state: ProviderState, now: datetime) -> None:
    """Write the state down when it changed, or when it was last seen a while ago."""
    known = last_known(session)
    is_same = known is not None and known.state is state
    if known is not None and is_same and timedelta(0) <= now - known.seen_at < NOTED_EVERY:
        return
    since = known.since if known is not None and is_same else now
    value = json.dumps({"state": state, "since": since.isoformat(), "seen_at": now.isoformat()})
    row = insert_into(session, Installation).values(name=FACT, value=value)
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def should_ask(known: ProviderFact | None, now: datetime) -> bool:
    """Whether the last news is too old to stand by. News from the future is of a clock that was set back."""
    return known is None or not timedelta(0) <= now - known.seen_at < ASKED_AFTER[known.state]


async def ask(gateway: Gateway) -> ProviderState:
    """Ask the provider whether it lets us in, which costs and changes nothing."""
    try:
        await gateway.check()
    except GatewayRefused:
        return ProviderState.LOCKED_OUT
    except GatewayUnreachable:
        return ProviderState.UNREACHABLE
    return ProviderState.OK


def _state_after(outcome: Outcome) -> ProviderState | None:
    match outcome:
        case Accepted() | TextRefused():
            return ProviderState.OK
        case Unsure():
            return ProviderState.NO_ANSWER
        case Postponed(code=code) if is_about_the_account(code):
            return ProviderState.LOCKED_OUT
        case Postponed(code=None, retry_after_seconds=None, holds_sender=False):
            return ProviderState.UNREACHABLE
        case Postponed(holds_sender=True):
            return ProviderState.OK  # it asked us to slow down, so it is there
        case _:
            return None  # we put it off ourselves
