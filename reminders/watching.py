"""Watching pain: which ratings a person should hear of, and by when.

What counts is `care.flares`: one item for each cause, and none again before the pain has come back. A rating
that joins an open item only brings its words up to date.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.deadlines import end_of_day
from care.flares import AGAINST_USUAL, SAME_DAY, Cause, Flare, flares_of
from care.models import AttentionItem, AttentionKind, AttentionStatus, Client, Practice, Rating
from care.pain import current_course
from care.ratings import Rated, comparable, list_ratings
from care.saying import number_in_words
from care.thresholds import Thresholds, thresholds_of
from reminders.alerting import alert
from reminders.incoming import Incoming
from reminders.wording import score_in_words

# The item that tells of each cause. Rising over weeks is another matter than hurting much today.
KIND_OF = {
    Cause.HIGH: AttentionKind.HIGH_PAIN,
    Cause.URGENT: AttentionKind.HIGH_PAIN,
    Cause.JUMP: AttentionKind.HIGH_PAIN,
    Cause.RISE: AttentionKind.PAIN_RISE,
}
# Up on the baseline on several ratings is seen the same day too (pain monitoring, Silbernagel 2007).
TODAY = SAME_DAY | {Cause.RISE}


@dataclass(frozen=True)
class Watched:
    """What the newest rating came to. `is_urgent`: so high or so steeply up that the client is told to rest.

    `is_waiting` says that an item about it is open, so that a person will look.
    """

    is_urgent: bool = False
    is_waiting: bool = False


def watch_pain(incoming: Incoming, score: float) -> bool:
    """Put pain that needs a person on their list. True when the client got the high-pain text for it."""
    seen = watch_ratings(
        incoming.session, incoming.practice, incoming.client, incoming.now, incoming.message.id
    )
    if seen.is_urgent:
        key = "high_pain" if seen.is_waiting else "high_pain_known"
        incoming.safety(key, score=score_in_words(score))
    return seen.is_urgent


def watch_ratings(
    session: Session, practice: Practice, client: Client, now: datetime, message_id: int | None = None
) -> Watched:
    """Look at the client's ratings as they stand now: after a new one, or after one was corrected."""
    limits = thresholds_of(practice.thresholds, client.thresholds)
    course = current_course(session, client)
    ratings = [one for one in comparable(list_ratings(session, client.id, course.since)) if one.at <= now]
    if not ratings:
        return Watched()
    flares = flares_of([(one.at, one.score) for one in ratings], course, limits)
    scene = _Scene(session, practice, client, ratings[-1], limits, now, message_id)
    items = _items(session, client)
    for kind in (AttentionKind.HIGH_PAIN, AttentionKind.PAIN_RISE):
        _tell(scene, kind, [one for one in items if one.kind is kind], flares)
    waiting = [one for one in _items(session, client) if one.kind is AttentionKind.HIGH_PAIN]
    return Watched(_is_urgent(flares, ratings[-1]), any(_is_open(item) for item in waiting))


@dataclass(frozen=True)
class _Scene:
    """Whose newest rating is looked at, and when."""

    session: Session
    practice: Practice
    client: Client
    newest: Rated
    limits: Thresholds
    now: datetime
    message_id: int | None


def _is_urgent(flares: Mapping[Cause, Flare], newest: Rated) -> bool:
    """Very high each time; a steep rise the first time, as from then on it is what the person looks at."""
    jump, urgent = flares.get(Cause.JUMP), flares.get(Cause.URGENT)
    has_jumped = jump is not None and jump.since == newest.at
    return has_jumped or (urgent is not None and urgent.is_met)


def _items(session: Session, client: Client) -> Sequence[AttentionItem]:
    """All there ever were about this client's pain: what was told once is not told again."""
    kinds = list(set(KIND_OF.values()))
    wanted = select(AttentionItem).where(AttentionItem.client_id == client.id, AttentionItem.kind.in_(kinds))
    return session.scalars(wanted.order_by(AttentionItem.id)).all()


def _is_open(item: AttentionItem) -> bool:
    return item.status is not AttentionStatus.CLOSED


def _tell(
    scene: _Scene, kind: AttentionKind, items: Sequence[AttentionItem], flares: Mapping[Cause, Flare]
) -> None:
    """Raise what is new of this kind; else let the newest rating stand on the item that is open."""
    held = [one for cause, one in flares.items() if KIND_OF[cause] is kind]
    news = [one for one in held if one.is_met and not any(_has_told(item, one) for item in items)]
    present = next((item for item in items if _is_open(item)), None)
    if news:
        _raise(scene, kind, held, news, present)
    elif present is not None:
        _bring_up_to_date(scene, present, is_held=any(one.is_met for one in held))


def _has_told(item: AttentionItem, flare: Flare) -> bool:
    """Whether this item told of this very flare-up. One that names no causes told of all it can."""
    told = item.details.get("causes", {cause.value: item.raised_at.isoformat() for cause in KIND_OF})
    return flare.cause.value in told and datetime.fromisoformat(told[flare.cause.value]) >= flare.since


def _raise(
    scene: _Scene,
    kind: AttentionKind,
    held: Sequence[Flare],
    news: Sequence[Flare],
    present: AttentionItem | None,
) -> None:
    causes = {**present.details.get("causes", {})} if present is not None else {}
    causes |= {one.cause.value: scene.now.isoformat() for one in news}
    is_today = any(one.cause in TODAY for one in news)
    why = _why(scene.newest.score, held)
    item = raise_item(
        scene.session,
        scene.practice.id,
        kind,
        present.cause_key if present is not None else f"{kind.value}:{scene.client.id}",
        scene.now,
        client_id=scene.client.id,
        message_id=scene.message_id,
        owner_id=scene.client.therapist_id,
        due_at=end_of_day(scene.practice, scene.now, 0 if is_today else scene.limits.due_days),
        details={
            "score": scene.newest.score,
            "rating": scene.newest.id,
            "same_day": is_today or bool(present and present.details.get("same_day")),
            "causes": causes,
            "why": why,
            "what": why,
        },
    )
    if any(one.cause in SAME_DAY for one in news):
        alert(scene.session, item, scene.now)


def _bring_up_to_date(scene: _Scene, item: AttentionItem, *, is_held: bool) -> None:
    """The newest rating beside the one that raised the item. A correction that takes the cause away is said,
    and a person still closes it.
    """
    raised_by = scene.session.get(Rating, item.details.get("rating") or 0)
    if raised_by is None or raised_by.id == scene.newest.id:
        return
    latest, why = number_in_words(scene.newest.score), item.details.get("why", "")
    if raised_by.superseded_by_id is None:
        words = f"{why}; latest {latest}"
    else:
        words = f"{why}; corrected to {latest}" + ("" if is_held else ", so the cause is gone")
    item.details = item.details | {"latest": scene.newest.score, "what": words}
    scene.session.flush()


def _why(score: float, held: Sequence[Flare]) -> str:
    """The rating, and what it is over where that is the client's own: "6 of 10, up 3 on the baseline"."""
    usual = {Cause.JUMP: "what was usual", Cause.RISE: "the baseline"}
    rises = [
        f"up {number_in_words(round(score - one.over, 1))} on {usual[one.cause]}"
        for one in held
        if one.cause in AGAINST_USUAL and one.is_met
    ]
    return ", ".join([f"{number_in_words(score)} of 10", *rises])
