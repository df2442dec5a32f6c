"""The ratings behind a figure of pain, the days that were asked for one, and those after an exercise."""

from collections.abc import Iterator

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from care.asking import days_asked
from care.contrasts import days_after
from care.evidence_lines import Evidence, Wanted, line_of
from care.frames import frame_of
from care.models import (
    Assignment,
    Client,
    Exercise,
    Message,
    Rating,
    RatingSource,
    Reply,
)
from care.ratings import comparable, list_ratings
from care.recurrence import today_in
from care.saying import number_in_words
from care.times_due import times_due

SOURCES = {
    RatingSource.TEXT: "by text",
    RatingSource.VISIT: "asked at a visit",
    RatingSource.WEB: "on their own page",
    RatingSource.PAPER: "from paper",
}


def ratings_behind(session: Session, client: Client, wanted: Wanted) -> Iterator[Evidence]:
    """Those that stand: a corrected one counts no more."""
    for rating, message in _given(session, client, wanted):
        if wanted.frame is None or frame_of(rating) == wanted.frame:
            yield _line(rating, SOURCES[rating.source], message)


def contrast_behind(session: Session, client: Client, wanted: Wanted) -> Iterator[Evidence]:
    """The ratings of days after the exercise was done, and after it was not, as `care.contrasts` has them."""
    zone, names = client.timezone, _assigned(session, client, wanted.exercise_id)
    times = times_due(session, client.id, zone, wanted.since, wanted.until) if names else []
    found = [one for one in times if one.is_between and one.assignment_id in names]
    if not found:
        return
    name = names[found[0].assignment_id]
    rows = [row for row in _given(session, client, wanted) if comparable([row[0]])]
    counted = days_after(
        [(one.slot_on, one.counted_as) for one in found],
        {today_in(zone, rating.at) for rating, _message in rows},
    )
    for rating, message in rows:
        was_done = counted.get(today_in(zone, rating.at))
        if was_done is not None:
            yield _line(rating, f"the day after {name} was {'done' if was_done else 'not done'}", message)


def days_behind(session: Session, client: Client, wanted: Wanted) -> Iterator[Evidence]:
    """A line for each day asked: the text that asked, and what was given."""
    ratings = [one for one in list_ratings(session, client.id) if one.at <= wanted.until]
    days = days_asked(session, client, wanted.since, wanted.until, ratings)
    ids = [id for day in days for id in day.message_ids]
    asked = {one.id: one for one in session.scalars(select(Message).where(Message.id.in_(ids)))}
    for day in days:
        scores = ", ".join(number_in_words(one.score) for one in day.ratings)
        message = next((asked[id] for id in day.message_ids if id in asked), None)
        yield line_of(day.asked_at, f"Rated {scores}" if scores else "No rating", "asked that day", message)


def _assigned(session: Session, client: Client, exercise_id: int | None) -> dict[int, str]:
    """The name of the exercise, by each assignment of it to this client."""
    rows = session.execute(
        select(Assignment.id, Exercise.name)
        .join(Exercise, Exercise.id == Assignment.exercise_id)
        .where(Assignment.client_id == client.id, Assignment.exercise_id == exercise_id)
    )
    return dict(rows.all())


def _given(session: Session, client: Client, wanted: Wanted) -> list[tuple[Rating, Message | None]]:
    these = Rating.id.in_(wanted.rating_ids) if wanted.rating_ids else true()
    rows = session.execute(
        select(Rating, Message)
        .outerjoin(Reply, Reply.id == Rating.reply_id)
        .outerjoin(Message, Message.id == Reply.message_id)
        .where(Rating.client_id == client.id, Rating.superseded_by_id.is_(None))
        .where(wanted.covers(Rating.at), these)
        .order_by(Rating.id)
    )
    return [(rating, message) for rating, message in rows]


def _line(rating: Rating, detail: str, message: Message | None) -> Evidence:
    frame = frame_of(rating)
    said = f"{number_in_words(rating.score)}{f', {frame}' if frame else ''}"
    return line_of(rating.at, f"Pain {said}", detail, message)
