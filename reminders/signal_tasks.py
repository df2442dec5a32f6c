"""A red signal puts a task on the therapist's list for the same day: once, until that cause has passed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.deadlines import deadline_of, sooner
from care.in_words import names_in_words
from care.models import (
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    ClientStatus,
    Practice,
    Rating,
    Reply,
)
from care.ratings import Rated
from care.signal_facts import SignalFacts, signal_facts
from care.signals import points_of, red_since, too_much
from care.thresholds import Thresholds, thresholds_of
from reminders.timelines import Timeline

# Well below the values one statement of SQLite may take.
AT_ONCE = 200
# New ratings are looked for among so many: the newest stand together, whoever their client is.
NEWEST = 20_000
# A rating is stamped when it is written, and seen when that is committed.
LATE = timedelta(minutes=2)


@dataclass(frozen=True)
class _Red:
    """One cause of one exercise that holds now: since when, by which rating, and in which words."""

    key: str
    since: datetime
    rating: Rated
    name: str
    words: str


def watch_signals(session: Session, ids: Sequence[int], now: datetime) -> int:
    """Look at these clients. Doing it twice changes nothing."""
    wanted = select(Client).where(Client.id.in_(ids), Client.status == ClientStatus.ACTIVE)
    clients = session.scalars(wanted).all()
    theirs = select(Practice).where(Practice.id.in_({one.practice_id for one in clients}))
    practices = {one.id: one for one in session.scalars(theirs)}
    return tell_of_red(session, practices, clients, now)


def tell_of_red(
    session: Session, practices: Mapping[int, Practice], clients: Sequence[Client], now: datetime
) -> int:
    """Raise what is new about these clients. How many items it was said on."""
    limits = {one.id: thresholds_of(practices[one.practice_id].thresholds, one.thresholds) for one in clients}
    facts = signal_facts(session, clients, limits, now)
    reds = {one.id: _reds(facts[one.id], one.timezone, limits[one.id]) for one in clients}
    items = _items(session, [id for id, found in reds.items() if found])
    return sum(
        _tell(session, practices[one.practice_id], one, reds[one.id], items.get(one.id, []), now)
        for one in clients
        if reds[one.id]
    )


def who_rated(session: Session, timeline: Timeline, since: datetime) -> list[list[int]]:
    """The clients whose ratings came in since then, so many at once."""
    last = select(func.max(Rating.id)).scalar_subquery()
    wanted = (
        select(Rating.client_id)
        .distinct()
        .where(
            Rating.id > last - NEWEST,
            timeline.covers(Rating.practice_id),
            Rating.at > since - LATE,
            Rating.at <= timeline.now,
            Rating.superseded_by_id.is_(None),
        )
    )
    ids = list(session.scalars(wanted.order_by(Rating.client_id)))
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]


def _reds(facts: SignalFacts, zone: str, limits: Thresholds) -> list[_Red]:
    usual = points_of(facts.usual)
    return [
        _Red(
            key=f"{one.assignment.exercise_id}:{cause.value}",
            since=red_since(cause, points_of(one.with_it), usual, zone, limits),
            rating=one.with_it[-1],
            name=one.assignment.exercise.name,
            words=words,
        )
        for one in facts.followed
        if one.with_it
        for cause, words in too_much(points_of(one.with_it), usual, zone, limits).items()
    ]


def _in_words(reds: Sequence[_Red]) -> str:
    """One text asks about several exercises, so the same numbers are said of them together."""
    names: dict[str, list[str]] = {}
    for one in reds:
        names.setdefault(one.words, []).append(one.name)
    return "; ".join(f"{names_in_words(of)}: {words}" for words, of in names.items())


def _items(session: Session, ids: Sequence[int]) -> dict[int, list[AttentionItem]]:
    """All that ever told of a signal, and what is open about the pain itself."""
    kinds = (AttentionKind.SIGNAL, AttentionKind.HIGH_PAIN, AttentionKind.PAIN_RISE)
    wanted = select(AttentionItem).where(AttentionItem.client_id.in_(ids), AttentionItem.kind.in_(kinds))
    found: dict[int, list[AttentionItem]] = {}
    for item in session.scalars(wanted.order_by(AttentionItem.id)):
        found.setdefault(item.client_id or 0, []).append(item)
    return found


def _tell(
    session: Session,
    practice: Practice,
    client: Client,
    reds: Sequence[_Red],
    items: Sequence[AttentionItem],
    now: datetime,
) -> bool:
    """On the open item about the same rating where there is one, so that one text is one line."""
    key = f"{AttentionKind.SIGNAL.value}:{client.id}"
    open_now = next((item for item in items if item.cause_key == key and _is_open(item)), None)
    told = [item.details.get("signals", {}) for item in items]
    news = [one for one in reds if not any(_has_told(of, one) for of in told)]
    words = _in_words(reds)
    if not news:
        if open_now is not None:
            open_now.details = open_now.details | {"what": words}
        return False
    signals = {one.key: now.isoformat() for one in news}
    due_at = deadline_of(AttentionKind.SIGNAL, practice, now)
    about_pain = next((item for item in reversed(items) if _is_about(item, news)), None)
    if about_pain is not None:
        present = about_pain.details.get("signals", {})
        about_pain.details = about_pain.details | {"signal": words, "signals": present | signals}
        about_pain.due_at = sooner(about_pain.due_at, due_at)
        session.flush()
        return True
    present = open_now.details.get("signals", {}) if open_now is not None else {}
    raise_item(
        session,
        client.practice_id,
        AttentionKind.SIGNAL,
        key,
        now,
        client_id=client.id,
        message_id=_message_id(session, news[0].rating),
        owner_id=client.therapist_id,
        due_at=due_at,
        details={"what": words, "rating": news[0].rating.id, "signals": present | signals},
    )
    return True


def _message_id(session: Session, rating: Rated) -> int | None:
    """The text that brought the rating, where one did."""
    return session.scalar(select(Reply.message_id).where(Reply.id == rating.reply_id))


def _has_told(signals: Mapping[str, str], red: _Red) -> bool:
    """Whether this very run of ratings was told of: what passed and came again is told again."""
    return red.key in signals and datetime.fromisoformat(signals[red.key]) >= red.since


def _is_about(item: AttentionItem, news: Sequence[_Red]) -> bool:
    is_pain = item.kind in (AttentionKind.HIGH_PAIN, AttentionKind.PAIN_RISE)
    return is_pain and _is_open(item) and item.details.get("rating") in {one.rating.id for one in news}


def _is_open(item: AttentionItem) -> bool:
    return item.status is not AttentionStatus.CLOSED
