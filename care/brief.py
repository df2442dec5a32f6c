"""The brief: all that came back since the last assessment, for a therapist with twenty seconds."""

import re
from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from care.adherence import Adherence
from care.asking import asked_between
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
from care.contrasts import Contrast, Turn, contrasts_of
from care.course_facts import CourseFacts, course_facts
from care.frames import frame_of, series_of
from care.in_words import ATTENTION, attention_in_words, reading_in_words
from care.models import AssignmentStatus, AttentionKind, Client, RatingSource
from care.plan_changes import changes_among
from care.ratings import Rated
from care.recurrence import today_in
from care.since_facts import SinceFacts, since_facts
from care.since_rows import ItemSince
from care.times_due import adherence_among

__all__ = [
    "Brief",
    "adherence_in_words",
    "brief_for",
    "brief_from_dict",
    "pain_in_words",
    "paragraph",
]

# An answer and no more: figures, or one word such as DONE.
BARE = re.compile(r"\W*(?:[\d\s.,/]+|\w+)\W*")


def brief_for(session: Session, client: Client, now: datetime, facts: SinceFacts | None = None) -> Brief:
    """Since the last completed assessment, else since the course of care began. `facts` up to that moment,
    where they are known.
    """
    facts = facts or since_facts(session, course_facts(session, client), now)
    known, since, thresholds = facts.known, facts.since, facts.limits
    course, standing = known.course, known.ratings_until(now)
    main, *others = series_of(standing, course, client.timezone, since, now, thresholds)
    lines = [_rating_line(rating) for rating in standing if rating.at >= since]
    exercises = _exercises(facts)
    adherence = Adherence.total(line.adherence for line in exercises)
    asked = asked_between(session, client, since, now, standing)
    items = facts.happened.items
    brief = Brief(
        made_at=now,
        zone=client.timezone,
        since=since,
        since_what=facts.since_what,
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
        contrasts=tuple(_contrasts(facts)),
        words=_with_page_words(_words(facts), items, since),
        changes=_changes(known, since, now),
        visits_missed=facts.happened.visits_missed,
        texts_not_delivered=facts.happened.texts_not_delivered,
        attention=tuple(_attention_line(item) for item in items),
    )
    return replace(brief, gaps=gaps_of(brief))


def _rating_line(rating: Rated) -> RatingLine:
    return RatingLine(
        at=rating.at,
        score=rating.score,
        is_visit=rating.source is RatingSource.VISIT,
        about=frame_of(rating),
    )


def _contrasts(facts: SinceFacts) -> list[Contrast]:
    """Of the whole course: the days since last time are rarely enough."""
    if len(facts.pain_by_day) < 2 * facts.limits.compare_days_needed:
        return []
    exercises = {one.id: one.exercise_id for one in facts.known.assignments}
    names = {one.exercise_id: one.exercise.name for one in facts.known.assignments}
    turns: dict[int, list[Turn]] = defaultdict(list)
    for assignment_id, slot_on, is_between, _is_recent, counted_as, _question_id in facts.times:
        if is_between:
            turns[exercises[assignment_id]].append((slot_on, counted_as))
    since, found = facts.known.course.since, contrasts_of(turns, facts.pain_by_day, names, facts.limits)
    return [replace(one, since=since) for one in found]


def _exercises(facts: SinceFacts) -> tuple[ExerciseLine, ...]:
    """Those that were due in these days, of the newest plan first."""
    zone = facts.known.client.timezone
    counted = adherence_among(facts.times, today_in(zone, facts.since), today_in(zone, facts.until))
    assignments = [one for version in reversed(facts.known.versions) for one in version.assignments]
    return tuple(
        ExerciseLine(
            assignment_id=one.id,
            name=one.exercise.name,
            adherence=counted[one.id],
            band=counted[one.id].band(facts.limits),
            has_ended=one.status is AssignmentStatus.ENDED,
        )
        for one in assignments
        if one.id in counted
    )


def _words(facts: SinceFacts) -> tuple[ClientWords, ...]:
    """Texts, and what was written on the client's own page, newest first."""
    return tuple(
        ClientWords(
            at=text.at,
            body=text.body.strip(),
            reading=reading_in_words(text.reply),
            is_bare=BARE.fullmatch(text.body) is not None,
            is_barrier=text.reply is not None and "skipped" in text.reply.intents,
            message_id=text.id,
        )
        for text in facts.happened.texts
    )


def _changes(known: CourseFacts, since: datetime, now: datetime) -> tuple[ChangeLine, ...]:
    found = changes_among(known.versions, known.client.timezone, since, now)
    return tuple(
        ChangeLine(one.at, f"{one.words}: {one.detail}" if one.detail else one.words) for one in found
    )


def _attention_line(item: ItemSince) -> AttentionLine:
    return AttentionLine(
        at=item.raised_at,
        words=ATTENTION[item.kind],
        state=attention_in_words(item),
        is_red_flag=item.kind is AttentionKind.RED_FLAG,
        item_id=item.id,
    )


def _with_page_words(
    texts: tuple[ClientWords, ...], items: list[ItemSince], since: datetime
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
