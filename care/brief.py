"""The brief: all that came back since the last assessment, for a therapist with twenty seconds."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.adherence import Adherence, adherence_by_assignment
from care.asking import asked_between
from care.attention import stood_between
from care.brief_facts import (
    AttentionLine,
    Brief,
    ChangeLine,
    ClientWords,
    ExerciseLine,
    RatingLine,
    brief_from_dict,
)
from care.brief_words import adherence_in_words, gaps_of, pain_in_words, paragraph
from care.contrasts import Contrast, contrasts_of, turns_between
from care.course_facts import CourseFacts, course_facts
from care.frames import frame_of, series_of
from care.in_words import ATTENTION, attention_in_words, reading_in_words
from care.models import (
    Assessment,
    AssessmentStatus,
    AssignmentStatus,
    AttentionItem,
    AttentionKind,
    Client,
    Direction,
    Message,
    Practice,
    Rating,
    RatingSource,
    Reply,
    Visit,
    VisitStatus,
)
from care.pain import Course
from care.plan_changes import changes_among
from care.ratings import comparable
from care.recurrence import today_in
from care.thresholds import Thresholds, thresholds_of
from care.undelivered import list_undelivered

__all__ = [
    "Brief",
    "adherence_in_words",
    "brief_for",
    "brief_from_dict",
    "pain_in_words",
    "paragraph",
]

MOST_WORDS = 50
# An answer and no more: figures, or one word such as DONE.
BARE = re.compile(r"\W*(?:[\d\s.,/]+|\w+)\W*")


def brief_for(
    session: Session,
    client: Client,
    now: datetime,
    known: CourseFacts | None = None,
    completed: Sequence[Assessment] | None = None,
) -> Brief:
    """Since the last completed assessment, else since the course of care began. `known` where it is, and
    those `completed`, newest first.
    """
    known = known or course_facts(session, client)
    practice = session.get_one(Practice, client.practice_id)
    thresholds = thresholds_of(practice.thresholds, client.thresholds)
    course, standing = known.course, known.ratings_until(now)
    last = _last_completed(session, client, completed)
    since, since_what = _since(client, course, standing, last)
    main, *others = series_of(standing, course, client.timezone, since, now, thresholds)
    lines = [_rating_line(rating) for rating in standing if rating.at >= since]
    exercises = _exercises(session, known, since, now, thresholds)
    adherence = Adherence.total(line.adherence for line in exercises)
    asked = asked_between(session, client, since, now, standing)
    items = list(session.scalars(stood_between(client.id, since, now)))
    words = _with_page_words(_words(session, client, since, now), items, since)
    facts = Brief(
        made_at=now,
        zone=client.timezone,
        since=since,
        since_what=since_what,
        pain=main.pain,
        mean=main.mean,
        worst=main.worst,
        best=main.best,
        slope=main.slope,
        rating_count=main.count,
        ratings=tuple(line for line in lines if not line.about),
        other_ratings=tuple(line for line in lines if line.about),
        other_series=tuple(others),
        questions_asked=asked.questions,
        questions_answered=asked.answered,
        days_asked=asked.days,
        days_answered=asked.days_answered,
        adherence=adherence,
        band=adherence.band(thresholds),
        exercises=exercises,
        contrasts=tuple(_contrasts(session, client, course, standing, now, thresholds)),
        words=words,
        changes=_changes(known, since, now),
        visits_missed=_visits_missed(session, client, since, now),
        texts_not_delivered=len(list_undelivered(session, client.id, since, now)),
        attention=tuple(_attention_line(item) for item in items),
    )
    return replace(facts, gaps=gaps_of(facts))


def _last_completed(
    session: Session, client: Client, completed: Sequence[Assessment] | None
) -> datetime | None:
    if completed is not None:
        return next((one.completed_at for one in completed), None)
    return session.scalar(
        select(func.max(Assessment.completed_at)).where(
            Assessment.client_id == client.id, Assessment.status == AssessmentStatus.COMPLETED
        )
    )


def _since(
    client: Client, course: Course, standing: list[Rating], last: datetime | None
) -> tuple[datetime, str]:
    """Where the brief begins, and what that was, in words. `last` is when one was last completed."""
    if last is not None and (course.since is None or last >= course.since):
        return last, "the last assessment"
    if course.since is not None:
        return course.since, "the start of the episode"
    known = [client.created_at, course.first_assigned_at, *(rating.at for rating in standing[:1])]
    return min(at for at in known if at is not None), "the first day here"


def _rating_line(rating: Rating) -> RatingLine:
    return RatingLine(
        at=rating.at,
        score=rating.score,
        is_visit=rating.source is RatingSource.VISIT,
        about=frame_of(rating),
    )


def _contrasts(
    session: Session,
    client: Client,
    course: Course,
    standing: list[Rating],
    now: datetime,
    thresholds: Thresholds,
) -> list[Contrast]:
    """Of the whole course: the days since last time are rarely enough."""
    points = [
        (rating.at, rating.score)
        for rating in comparable(standing)
        if course.since is None or rating.at >= course.since
    ]
    if len(points) < 2 * thresholds.compare_days_needed:
        return []
    rows = turns_between(session, client.id, course.since, now)
    names = {exercise_id: name for exercise_id, _day, _status, name in rows}
    turns = [(exercise_id, day, status) for exercise_id, day, status, _name in rows]
    found = contrasts_of(turns, points, client.timezone, names, thresholds)
    return [replace(one, since=course.since) for one in found]


def _exercises(
    session: Session, known: CourseFacts, since: datetime, now: datetime, thresholds: Thresholds
) -> tuple[ExerciseLine, ...]:
    """Those that were due in these days, of the newest plan first."""
    zone = known.client.timezone
    counted = adherence_by_assignment(session, known.client.id, today_in(zone, since), today_in(zone, now))
    assignments = [one for version in reversed(known.versions) for one in version.assignments]
    return tuple(
        ExerciseLine(
            assignment_id=one.id,
            name=one.exercise.name,
            adherence=counted[one.id],
            band=counted[one.id].band(thresholds),
            has_ended=one.status is AssignmentStatus.ENDED,
        )
        for one in assignments
        if one.id in counted
    )


def _words(session: Session, client: Client, since: datetime, now: datetime) -> tuple[ClientWords, ...]:
    """Texts, and what was written on the client's own page, newest first."""
    rows = session.execute(
        select(Message, Reply)
        .outerjoin(Reply, Reply.message_id == Message.id)
        .where(Message.client_id == client.id, Message.direction == Direction.IN)
        .where(Message.at >= since, Message.at <= now, Message.emptied_at.is_(None))
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(MOST_WORDS)
    )
    return tuple(
        ClientWords(
            at=message.at,
            body=message.body.strip(),
            reading=reading_in_words(reply),
            is_bare=BARE.fullmatch(message.body) is not None,
            is_barrier=reply is not None and "skipped" in reply.intents,
            message_id=message.id,
        )
        for message, reply in rows
    )


def _changes(known: CourseFacts, since: datetime, now: datetime) -> tuple[ChangeLine, ...]:
    found = changes_among(known.versions, known.client.timezone, since, now)
    return tuple(
        ChangeLine(one.at, f"{one.words}: {one.detail}" if one.detail else one.words) for one in found
    )


def _visits_missed(session: Session, client: Client, since: datetime, now: datetime) -> tuple[datetime, ...]:
    return tuple(
        session.scalars(
            select(Visit.starts_at)
            .where(Visit.client_id == client.id, Visit.status == VisitStatus.MISSED)
            .where(Visit.starts_at >= since, Visit.starts_at <= now)
            .order_by(Visit.starts_at)
        )
    )


def _attention_line(item: AttentionItem) -> AttentionLine:
    return AttentionLine(
        at=item.raised_at,
        words=ATTENTION[item.kind],
        state=attention_in_words(item),
        is_red_flag=item.kind is AttentionKind.RED_FLAG,
        item_id=item.id,
    )


def _with_page_words(
    texts: tuple[ClientWords, ...], items: list[AttentionItem], since: datetime
) -> tuple[ClientWords, ...]:
    """Why an exercise did not work, as the client told it on their own page, among the texts."""
    told = [
        ClientWords(item.raised_at, item.note, "on their page", is_barrier=True)
        for item in items
        if item.kind is AttentionKind.QUESTION
        and item.message_id is None
        and item.note
        and item.raised_at >= since
    ]
    return tuple(sorted([*texts, *told], key=lambda one: one.at, reverse=True))
