"""Ratings: pain from 0 to 10, kept as the client gave it. 0 is a value; no rating is no row."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection, Integer, Select, bindparam, insert, select
from sqlalchemy.orm import Session

from care.errors import Refused
from care.models import Base, Client, Rating, RatingSource, Reply, User, Visit

NOW = "now"


class Identified(Protocol):
    """A row we only point at, mapped or plain."""

    @property
    def id(self) -> int: ...


class Rated(NamedTuple):
    """A rating that stands, as figures are counted from it: a course of care has hundreds."""

    id: int
    at: datetime
    score: float
    recall: str
    label: str | None
    source: RatingSource
    question_id: int | None
    reply_id: int | None
    visit_id: int | None


AnyRating = TypeVar("AnyRating", Rating, Rated, Rating | Rated)
_TABLE = Base.metadata.tables[Rating.__tablename__]
RATED = tuple(getattr(Rating, name) for name in Rated._fields)
_OLDEST_FIRST = (
    select(*RATED)
    .where(Rating.client_id == bindparam("client", type_=Integer), Rating.superseded_by_id.is_(None))
    .order_by(Rating.at, Rating.id)
)
_NEW_RATING = insert(_TABLE).returning(_TABLE.c.id)


def record_rating(
    session: Session,
    client: Client,
    score: float,
    *,
    source: RatingSource,
    at: datetime,
    question: Identified | None = None,
    reply: Reply | None = None,
    visit: Visit | None = None,
    user: User | None = None,
    label: str | None = None,
    recall: str = NOW,
) -> Rating:
    """Append one rating. Refused off the scale: 0 is no pain, 10 the worst, decimals stay as given.

    A `label` says what was rated when it is not the pain as a whole ("knee", "on stairs").
    """
    if not 0 <= score <= 10:
        raise Refused("Pain must be 0 to 10.")
    rating = Rating(
        practice_id=client.practice_id,
        client_id=client.id,
        score=float(score),
        label=label,
        recall=recall,
        source=source,
        at=at,
        question_id=question.id if question else None,
        reply_id=reply.id if reply else None,
        visit_id=visit.id if visit else None,
        user_id=user.id if user else None,
    )
    session.add(rating)
    session.flush()
    return rating


def record_texted(
    connection: Connection,
    practice_id: int,
    client_id: int,
    score: float,
    at: datetime,
    *,
    reply_id: int | None,
    question_id: int | None = None,
    label: str | None = None,
    is_late: bool = False,
) -> int:
    """Append one rating that a text brought, in one statement, as a morning's answers come all at once.

    It is late when it came after the hours in which a bare number answers, and said that it is pain.
    """
    row = {
        "practice_id": practice_id,
        "client_id": client_id,
        "score": float(score),
        "label": label,
        "source": RatingSource.TEXT,
        "at": at,
        "question_id": question_id,
        "reply_id": reply_id,
        "is_late": is_late,
    }
    id: int = connection.execute(_NEW_RATING, row).scalar_one()
    return id


def supersede(session: Session, rating: Rating, by: Rating) -> None:
    """Let a correction stand in for a rating. The first one stays stored, and counts no more."""
    if rating.id == by.id or rating.client_id != by.client_id:
        raise Refused("A rating is corrected by another rating of the same client.")
    rating.superseded_by_id = by.id
    session.flush()


def take_back(session: Session, rating: Rating) -> None:
    """Let a rating count no more with nothing in its place: it was none. It is kept, pointing at itself."""
    rating.superseded_by_id = rating.id
    session.flush()


def list_ratings(session: Session, client_id: int, since: datetime | None = None) -> list[Rated]:
    """The ratings that stand (not corrected), oldest first, of every recall and label."""
    wanted, asked = _OLDEST_FIRST, {"client": client_id}
    if since is not None:
        wanted = wanted.where(Rating.at >= since)
    # A year of them, so past the mapper: nothing mapped is asked for.
    return list(map(Rated._make, session.connection().execute(wanted, asked).all()))


def latest_rating(session: Session, client_id: int) -> Rating | None:
    """The newest rating of the pain now, as a whole; None when there is none."""
    newest = _standing(client_id).where(Rating.recall == NOW, Rating.label.is_(None))
    return session.scalar(newest.order_by(Rating.at.desc(), Rating.id.desc()).limit(1))


def comparable(ratings: Iterable[AnyRating]) -> list[AnyRating]:
    """Those a trend may hold: pain now, of no single place or moment.

    Only the same recall and context compare (docs/measures.md); the others are listed beside.
    """
    return [rating for rating in ratings if rating.recall == NOW and rating.label is None]


def _standing(client_id: int) -> Select[Rating]:
    return select(Rating).where(Rating.client_id == client_id, Rating.superseded_by_id.is_(None))
