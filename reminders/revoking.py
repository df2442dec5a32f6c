"""Asked before every text of a batch: is it still the time it was, and was it taken back meanwhile?

A batch is judged when it is claimed, and with a slow provider its last text goes minutes later. So whoever
sends looks again every half second for what came meanwhile, in one statement for the whole batch.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic, time

from sqlalchemy import String, cast, literal, select, union_all
from sqlalchemy.orm import Session

from care.holding import HELD_KINDS
from care.models import Client, ConsentAction, ConsentEvent, ConsentPurpose, OptOut
from reminders.contact import TO_OPTED_OUT
from reminders.letters import Letter

LOOK_EVERY_SECONDS = 0.5
# What came just before the claim may have been committed just after it.
OVERLAP = timedelta(seconds=15)


@dataclass(frozen=True)
class Revoked:
    """Phones that want no more, clients who withdrew, and clients whose exercise texts are held."""

    phones: frozenset[str] = frozenset()
    withdrawn: frozenset[int] = frozenset()
    held: frozenset[int] = frozenset()

    def stops(self, letter: Letter) -> bool:
        """Whether this text must not go any more. The next claim says why in its row."""
        client, first = letter.client, letter.first
        if client is None or first.text_key in TO_OPTED_OUT:
            return False
        if client.phone_hash in self.phones or client.id in self.withdrawn:
            return True
        return client.id in self.held and any(one.kind in HELD_KINDS for one in letter.reminders)


NOTHING = Revoked()


@dataclass
class Gate:
    """When a batch was claimed, by both clocks, and what was taken back since: asked before every text.

    The wall clock moves on while a machine sleeps, where the other one stands still.
    """

    claimed_at: datetime
    by_the_wall: float = field(default_factory=time)
    began: float = field(default_factory=monotonic)
    looked: float = field(default_factory=monotonic)
    revoked: Revoked = NOTHING

    @property
    def at(self) -> datetime:
        """The present, on the clock it was claimed by."""
        return self.claimed_at + timedelta(seconds=max(monotonic() - self.began, time() - self.by_the_wall))


def revoked_since(session: Session, claimed_at: datetime) -> Revoked:
    since = claimed_at - OVERLAP
    rows = session.execute(
        union_all(
            select(literal("phone"), OptOut.phone_hash).where(OptOut.at >= since),
            select(literal("withdrawn"), cast(ConsentEvent.client_id, String)).where(
                ConsentEvent.at >= since,
                ConsentEvent.action == ConsentAction.WITHDRAWN,
                ConsentEvent.purpose == ConsentPurpose.TEXTING,
            ),
            select(literal("held"), cast(Client.id, String)).where(Client.texts_held_at >= since),
        )
    ).all()
    found: dict[str, set[str]] = {"phone": set(), "withdrawn": set(), "held": set()}
    for kind, value in rows:
        found[kind].add(value)
    return Revoked(
        phones=frozenset(found["phone"]),
        withdrawn=frozenset(map(int, found["withdrawn"])),
        held=frozenset(map(int, found["held"])),
    )
