"""Asked before every text of a batch: is it still the time it was, and may it still go?

A batch is judged when it is claimed, and with a slow provider its last text goes minutes later. So whoever
sends looks again every half second for what changed meanwhile, in one statement for the whole batch. What
it finds is judged as at the claim: by what is written down, since clocks of two machines differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic, time

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from care.consent import consenting_clients, opted_out
from care.key_ring import KeyMissing
from care.models import (
    Client,
    ClientStatus,
    ConsentAction,
    ConsentEvent,
    ConsentPurpose,
    NumberState,
    OptOut,
    Practice,
    ReminderKind,
)
from reminders import contact
from reminders.batch_rows import AnyClient
from reminders.given import is_among
from reminders.knowledge import recipients
from reminders.letters import Letter

LOOK_EVERY_SECONDS = 0.5


@dataclass(frozen=True)
class Present:
    """The clients of a batch who are still there, and what holds now of those who may not be texted."""

    there: frozenset[int]
    facts: Mapping[int, contact.Facts]

    def stops(self, letter: Letter, at: datetime) -> bool:
        """Whether this text must not go any more. The next claim says why in its row."""
        client = letter.client
        if client is None or letter.first.kind is ReminderKind.ALERT:
            return False
        if client.id not in self.there:
            return True
        facts = self.facts.get(client.id)
        if facts is None:
            return False
        return _has_another_phone(letter, facts.client) or any(
            not isinstance(contact.judge(one, facts, at), contact.Go) for one in letter.reminders
        )


@dataclass
class Gate:
    """When a batch was claimed, by both clocks, and what was found since: asked before every text.

    The wall clock moves on while a machine sleeps, where the other one stands still.
    """

    claimed_at: datetime
    by_the_wall: float = field(default_factory=time)
    began: float = field(default_factory=monotonic)
    looked: float = field(default_factory=monotonic)
    present: Present | None = None

    @property
    def at(self) -> datetime:
        """The present, on the clock it was claimed by."""
        return self.claimed_at + timedelta(seconds=max(monotonic() - self.began, time() - self.by_the_wall))

    def stops(self, letter: Letter, at: datetime) -> bool:
        """Whether the last look says that this text must not go."""
        return self.present is not None and self.present.stops(letter, at)


def look_again(session: Session, letters: Sequence[Letter]) -> Present:
    """What holds now of the clients these texts go to. Whoever is as they must be costs one row."""
    clients = {letter.client.id: letter.client for letter in letters if letter.client is not None}
    hashes = {one.phone_hash for one in clients.values() if one.phone_hash}
    there = select(Client.id, _may_be_stopped(session, hashes)).join(
        Practice, Practice.id == Client.practice_id
    )
    found = session.execute(there.where(is_among(session, Client.id, clients))).all()
    doubtful = {id for id, may_be_stopped in found if may_be_stopped}
    known = frozenset(id for id, _ in found)
    try:
        return Present(known, _facts(session, sorted(doubtful)))
    except KeyMissing:
        # Nobody here can read any more whether they may be texted: theirs go back and wait.
        return Present(known - doubtful, {})


def _may_be_stopped(session: Session, hashes: set[str]) -> ColumnElement[bool]:
    """Wider than the rules are, which are asked of those who are found."""
    withdrew = exists().where(
        ConsentEvent.client_id == Client.id,
        ConsentEvent.action == ConsentAction.WITHDRAWN,
        ConsentEvent.purpose == ConsentPurpose.TEXTING,
    )
    return or_(
        Practice.is_texting_paused,
        Client.status == ClientStatus.DISCHARGED,
        Client.number_state != NumberState.OK,
        Client.paused_from.is_not(None),
        Client.texts_held_at.is_not(None),
        Client.phone_hash.is_(None),
        ~is_among(session, Client.phone_hash, hashes),
        exists().where(OptOut.phone_hash == Client.phone_hash),
        withdrew,
    )


def _facts(session: Session, ids: Sequence[int]) -> dict[int, contact.Facts]:
    """How often they were texted is left aside: the text in question is counted in it."""
    clients = recipients(session, ids) if ids else []
    practices = {id: session.get_one(Practice, id) for id in {one.practice_id for one in clients}}
    consenting = consenting_clients(session, ids)
    stopped = opted_out(session, {one.phone_hash for one in clients if one.phone_hash})
    return {
        one.id: contact.Facts(
            practice=practices[one.practice_id],
            client=one,
            has_consent=one.id in consenting,
            is_opted_out=one.phone_hash in stopped,
            sent_today=0,
            answered_this_hour=0,
            is_real_gateway=False,
        )
        for one in clients
    }


def _has_another_phone(letter: Letter, now: AnyClient | None) -> bool:
    return letter.first.to_phone is None and (now is None or now.phone != letter.to)
