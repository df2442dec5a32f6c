"""The brief: all that came back since the last assessment, for a therapist with twenty seconds."""

import re
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from care.adherence import NEVER_ARRIVED, Adherence, adherence_by_assignment
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
from care.in_words import ATTENTION, attention_in_words, reading_in_words
from care.models import (
    Assessment,
    AssessmentStatus,
    Assignment,
    AssignmentStatus,
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    Direction,
    Message,
    Practice,
    Question,
    QuestionStatus,
    Rating,
    RatingSource,
    Reminder,
    ReminderStatus,
    Reply,
    Visit,
    VisitStatus,
)
from care.pain import Course, current_course, figures_of
from care.plan_changes import list_plan_changes
from care.ratings import NOW, comparable, list_ratings
from care.recurrence import today_in
from care.thresholds import Thresholds, thresholds_of

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


def brief_for(session: Session, client: Client, now: datetime) -> Brief:
    """Since the last completed assessment, else since the course of care began."""
    practice = session.get_one(Practice, client.practice_id)
    thresholds = thresholds_of(practice.thresholds, client.thresholds)
    course = current_course(session, client)
    standing = [rating for rating in list_ratings(session, client.id) if rating.at <= now]
    since, since_what = _since(session, client, course, standing)
    lines = [_rating_line(rating) for rating in standing if rating.at >= since]
    trend = [line for line in lines if not line.about]
    scores = [line.score for line in trend]
    exercises = _exercises(session, client, since, now, thresholds)
    adherence = Adherence.total(line.adherence for line in exercises)
    asked, answered = _questions(session, client, since, now)
    facts = Brief(
        made_at=now,
        zone=client.timezone,
        since=since,
        since_what=since_what,
        pain=figures_of(_points(standing, course), course, client.timezone, now, thresholds),
        mean=sum(scores) / len(scores) if scores else None,
        worst=max(scores, default=None),
        rating_count=len(scores),
        ratings=tuple(trend),
        other_ratings=tuple(line for line in lines if line.about),
        questions_asked=asked,
        questions_answered=answered,
        adherence=adherence,
        band=adherence.band(thresholds),
        exercises=exercises,
        words=_words(session, client, since, now),
        changes=_changes(session, client, since, now),
        visits_missed=_visits_missed(session, client, since, now),
        texts_not_delivered=_texts_not_delivered(session, client, since, now),
        attention=_attention(session, client, since, now),
    )
    return replace(facts, gaps=gaps_of(facts))


def _since(session: Session, client: Client, course: Course, standing: list[Rating]) -> tuple[datetime, str]:
    """Where the brief begins, and what that was, in words."""
    last = session.scalar(
        select(func.max(Assessment.completed_at)).where(
            Assessment.client_id == client.id, Assessment.status == AssessmentStatus.COMPLETED
        )
    )
    if last is not None and (course.since is None or last >= course.since):
        return last, "the last assessment"
    if course.since is not None:
        return course.since, "the start of the episode"
    known = [client.created_at, course.first_assigned_at, *(rating.at for rating in standing[:1])]
    return min(at for at in known if at is not None), "the first day here"


def _points(standing: list[Rating], course: Course) -> list[tuple[datetime, float]]:
    return [
        (rating.at, rating.score)
        for rating in comparable(standing)
        if course.since is None or rating.at >= course.since
    ]


def _rating_line(rating: Rating) -> RatingLine:
    about = [rating.label or "", "" if rating.recall == NOW else rating.recall.replace("_", " ")]
    return RatingLine(
        at=rating.at,
        score=rating.score,
        is_visit=rating.source is RatingSource.VISIT,
        about=", ".join(part for part in about if part),
    )


def _questions(session: Session, client: Client, since: datetime, now: datetime) -> tuple[int, int]:
    """Asked and answered. One whose window is still open is asked once it closes or is answered."""
    is_answered = Question.status == QuestionStatus.ANSWERED
    row = session.execute(
        select(func.count(), func.count().filter(is_answered)).where(
            Question.client_id == client.id,
            Question.asked_at >= since,
            Question.asked_at <= now,
            or_(is_answered, Question.closes_at <= now),
        )
    ).one()
    return row[0], row[1]


def _exercises(
    session: Session, client: Client, since: datetime, now: datetime, thresholds: Thresholds
) -> tuple[ExerciseLine, ...]:
    """Those that were due in these days, of the plans in their order."""
    days = today_in(client.timezone, since), today_in(client.timezone, now)
    counted = adherence_by_assignment(session, client.id, *days)
    assignments = session.scalars(
        select(Assignment)
        .where(Assignment.client_id == client.id)
        .options(joinedload(Assignment.exercise))
        .order_by(Assignment.plan_id.desc(), Assignment.position)
    )
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
    """Newest first."""
    rows = session.execute(
        select(Message, Reply)
        .outerjoin(Reply, Reply.message_id == Message.id)
        .where(Message.client_id == client.id, Message.direction == Direction.IN)
        .where(Message.at >= since, Message.at <= now)
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(MOST_WORDS)
    )
    return tuple(
        ClientWords(
            at=message.at,
            body=message.body.strip(),
            reading=reading_in_words(reply),
            is_bare=BARE.fullmatch(message.body) is not None,
        )
        for message, reply in rows
    )


def _changes(session: Session, client: Client, since: datetime, now: datetime) -> tuple[ChangeLine, ...]:
    found = list_plan_changes(session, client, since, now)
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


def _texts_not_delivered(session: Session, client: Client, since: datetime, now: datetime) -> int:
    """Texts the provider refused or could not hand over. Those in doubt are on somebody's list."""
    never_came = or_(Reminder.status == ReminderStatus.FAILED, Message.status.in_(NEVER_ARRIVED))
    counted = select(func.count(func.distinct(func.coalesce(Reminder.message_id, -Reminder.id))))
    found = session.scalar(
        counted.select_from(Reminder)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .where(Reminder.client_id == client.id, Reminder.due_at >= since, Reminder.due_at <= now, never_came)
    )
    return found or 0


def _attention(session: Session, client: Client, since: datetime, now: datetime) -> tuple[AttentionLine, ...]:
    """What was raised since then, and what is older and still waits, newest first."""
    items = session.scalars(
        select(AttentionItem)
        .where(AttentionItem.client_id == client.id, AttentionItem.raised_at <= now)
        .where(or_(AttentionItem.raised_at >= since, AttentionItem.status != AttentionStatus.CLOSED))
        .order_by(AttentionItem.raised_at.desc())
    )
    return tuple(
        AttentionLine(
            at=item.raised_at,
            words=ATTENTION[item.kind],
            state=attention_in_words(item),
            is_red_flag=item.kind is AttentionKind.RED_FLAG,
        )
        for item in items
    )
