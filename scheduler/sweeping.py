"""Tidying up behind the engine: what nobody answered in time, and who has fallen silent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from care.emergency import end_expired
from care.key_ring import KeyMissing
from care.models import Practice
from care.occurrences import close_unanswered
from care.recurrence import A_DAY
from care.retention import empty_old_texts
from reminders.alerting import hand_on_overdue
from reminders.digest import owe_digests
from reminders.questions import expire_questions
from reminders.signal_tasks import watch_signals, who_rated
from reminders.silence import Quieted, watch_silence
from reminders.timelines import Timeline
from scheduler.leases import TURN, last_turn, let_go, take_turn

log = structlog.get_logger()

Done = TypeVar("Done")

# Days pass slowly: silence is looked at once an hour.
SILENCE_EVERY = timedelta(hours=1)
SIGNALS_EVERY = timedelta(minutes=5)
RETENTION_EVERY = timedelta(days=1)
DIGEST_EVERY = timedelta(minutes=10)


@dataclass
class Swept:
    """How many rows were closed, and how many clients' silence was acted upon."""

    occurrences: int = 0
    questions: int = 0
    calls: int = 0
    nudges: int = 0
    paused: int = 0
    resumed: int = 0

    def add(self, other: "Swept") -> None:
        for name, count in vars(other).items():
            setattr(self, name, getattr(self, name) + count)


def sweep(session: Session, timeline: Timeline) -> Swept:
    """Close what ran out by this moment, and hand on what nobody looked at in time."""
    now = timeline.now
    ids = session.scalars(select(Practice.id).where(timeline.covers(Practice.id))).all()
    closed = _each(session, "close_unanswered", ids, lambda some: close_unanswered(session, now, some))
    expired = _each(session, "expire_questions", ids, lambda some: expire_questions(session, now, some))
    _each(session, "hand_on_overdue", ids, lambda some: hand_on_overdue(session, now, some))
    if take_turn(session, _turn("digest", timeline), timeline.now, DIGEST_EVERY):
        _each(session, "owe_digests", ids, lambda some: owe_digests(session, now, some))
    _each(session, "end_expired", ids, lambda some: end_expired(session, some, now))
    _empty_old_texts(session, timeline, ids)
    swept = Swept(sum(closed), sum(expired))
    for quieted in _watch_silence(session, timeline, ids):
        swept.add(Swept(0, 0, quieted.calls, quieted.nudges, quieted.paused, quieted.resumed))
    try:
        with session.begin_nested():
            _watch_signals(session, timeline)
    except KeyMissing as missing:
        # The turn goes back with it: who rated since the last look must be looked at.
        log.error("field_key_missing", job="signals", keys=[missing.key_id])
    return swept


def _each(
    session: Session,
    step: str,
    ids: Sequence[int],
    work: Callable[[Sequence[int]], Done],
    of: str = "practice",
) -> list[Done]:
    """One step for all practices, or clients, at once; where that fails, for each alone, so that a row that
    breaks it stops nobody else's. A database out of reach is no row's fault, and passes; so does a key that
    this process lacks: of clients, who are looked at only once, it stops the rest for another turn.
    """
    try:
        return [_whole(session, ids, work)]
    except OperationalError:
        raise
    except Exception as trouble:
        log.warning("swept_one_by_one", step=step, why=type(trouble).__name__)
    done = []
    for one in ids:
        try:
            done.append(_whole(session, [one], work))
        except OperationalError:
            raise
        except KeyMissing as missing:
            if of == "client":
                raise
            log.error("field_key_missing", job=step, keys=[missing.key_id], practice=one)
        except Exception:
            log.exception("not_swept", step=step, **{of: one})
    return done


def _whole(session: Session, ids: Sequence[int], work: Callable[[Sequence[int]], Done]) -> Done:
    with session.begin_nested():
        return work(ids)


def _watch_silence(session: Session, timeline: Timeline, practices: Sequence[int]) -> list[Quieted]:
    """Once an hour on each clock, by whichever process comes first; at once again while some are left."""
    turn = _turn("silence", timeline)
    if not take_turn(session, turn, timeline.now, SILENCE_EVERY):
        return []

    def watch(some: Sequence[int]) -> Quieted:
        alone = Timeline(timeline.now, practice_id=some[0]) if some is not practices else timeline
        return watch_silence(session, alone)

    done = _each(session, "watch_silence", practices, watch)
    if any(one.is_more for one in done):
        let_go(session, turn, TURN, timeline.now)
    return done


def _watch_signals(session: Session, timeline: Timeline) -> None:
    """Every few minutes on each clock, from where the last look ended; a client who breaks it is left out."""
    turn = _turn("signals", timeline)
    since = last_turn(session, turn) or timeline.now - A_DAY
    if not take_turn(session, turn, timeline.now, SIGNALS_EVERY):
        return
    for some in who_rated(session, timeline, since):
        _each(session, "signals", some, lambda ids: watch_signals(session, ids, timeline.now), of="client")


def _empty_old_texts(session: Session, timeline: Timeline, practices: Sequence[int]) -> None:
    """Once a day on each clock; at once again while some are left."""
    turn = _turn("retention", timeline)
    if not take_turn(session, turn, timeline.now, RETENTION_EVERY):
        return
    done = _each(
        session, "empty_old_texts", practices, lambda some: empty_old_texts(session, some, timeline.now)
    )
    if any(done):
        let_go(session, turn, TURN, timeline.now)


def _turn(work: str, timeline: Timeline) -> str:
    """Each clock has turns of its own."""
    return work if timeline.practice_id is None else f"{work}:{timeline.practice_id}"
