"""Green, amber or red for each exercise of a plan, by the pain-monitoring model, with the numbers behind it.

Silbernagel 2007: pain with an exercise may reach 5 when it is gone by the next morning and does not rise from
week to week. Cut-offs vary in print, so they are settings. A signal is a suggestion and changes nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import fmean

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.adherence import Adherence, adherence_by_assignment
from care.course_facts import CourseFacts
from care.models import (
    Assignment,
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    Occurrence,
    OccurrenceStatus,
    Practice,
    Question,
    Rating,
)
from care.pain import Point
from care.ratings import comparable
from care.recurrence import A_DAY, today_in
from care.saying import number_in_words, short_day
from care.thresholds import Thresholds, thresholds_of

DURING = "during exercise"
NEXT_MORNING = "next morning"
# "A day later": people answer at their own hour, so the next day's rating comes within these.
A_DAY_LATER = timedelta(hours=18), timedelta(hours=36)
DOSE = ("exercise_id", "sets", "reps", "hold_seconds", "duration_seconds")
KNOWN = (OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL, OccurrenceStatus.SKIPPED)
DID = (OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL)


class Level(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNKNOWN = "too little known"


class Suggestion(StrEnum):
    PROGRESS = "progress"
    KEEP = "keep"
    HALVE = "halve"
    SWAP = "swap"


SUGGESTED = {
    Level.GREEN: Suggestion.PROGRESS,
    Level.AMBER: Suggestion.KEEP,
    Level.RED: Suggestion.HALVE,
    Level.UNKNOWN: Suggestion.KEEP,
}


@dataclass(frozen=True)
class Signal:
    """What is suggested for one exercise, and the sentences that say why."""

    assignment: Assignment
    level: Level
    reasons: tuple[str, ...]
    adherence: Adherence
    since: datetime

    @property
    def suggestion(self) -> Suggestion:
        return SUGGESTED[self.level]


@dataclass(frozen=True)
class Known:
    """Of one exercise in these days: the pain given with it, oldest first, and how often it was done."""

    with_it: Sequence[Point]
    adherence: Adherence
    days_known: int


def signals_for(session: Session, known: CourseFacts, now: datetime) -> list[Signal] | None:
    """For each exercise of the running plan, in its order. None while a red flag is open: it comes first."""
    client = known.client
    if has_open_red_flag(session, client):
        return None
    if known.running is None:
        return []
    practice = session.get_one(Practice, client.practice_id)
    limits = thresholds_of(practice.thresholds, client.thresholds)
    since = now - timedelta(days=limits.signal_days)
    wanted = {
        one: _same_dose(one, known.assignments) for one in known.running.assignments if one.ended_at is None
    }
    done = _done(session, client, {id for same in wanted.values() for id in same}, since, now)
    ratings = known.ratings_until(now)
    usual = [(one.at, one.score) for one in ratings if one in comparable([one]) or one.label == NEXT_MORNING]
    signals = []
    for assignment, same in wanted.items():
        found = _known(done, same, ratings, since)
        level, reasons = judge(found, usual, client.timezone, limits)
        signals.append(Signal(assignment, level, reasons, found.adherence, since))
    return signals


def has_open_red_flag(session: Session, client: Client) -> bool:
    """Somebody has yet to close a sign of danger, or exercise texts are held for one."""
    is_open = select(AttentionItem.id).where(
        AttentionItem.client_id == client.id,
        AttentionItem.kind == AttentionKind.RED_FLAG,
        AttentionItem.status != AttentionStatus.CLOSED,
    )
    return client.texts_held_at is not None or session.scalar(is_open.limit(1)) is not None


def _same_dose(assignment: Assignment, given: Sequence[Assignment]) -> list[int]:
    """This assignment and those before it with the same exercise and dose: a new plan may change neither."""
    return [one.id for one in given if all(getattr(one, name) == getattr(assignment, name) for name in DOSE)]


@dataclass(frozen=True)
class _Done:
    """Of the exercises in these days: counts by assignment, and the turns known, each with its question."""

    counted: Mapping[int, Adherence]
    turns: Sequence[tuple[int, date, OccurrenceStatus, int | None]]


def _done(
    session: Session, client: Client, assignment_ids: Collection[int], since: datetime, now: datetime
) -> _Done:
    """Of all exercises at once."""
    counted = adherence_by_assignment(
        session, client.id, today_in(client.timezone, since) + A_DAY, today_in(client.timezone, now)
    )
    rows = session.execute(
        select(Occurrence.assignment_id, Occurrence.slot_on, Occurrence.status, Question.id)
        .outerjoin(Question, Question.reminder_id == Occurrence.reminder_id)
        .where(Occurrence.assignment_id.in_(assignment_ids), Occurrence.status.in_(KNOWN))
        .where(Occurrence.due_at > since, Occurrence.due_at <= now)
    )
    return _Done(counted, [(id, day, status, question_id) for id, day, status, question_id in rows])


def _known(done: _Done, assignment_ids: Sequence[int], ratings: Sequence[Rating], since: datetime) -> Known:
    """A rating belongs to the exercises its text asked about, where they were done, if only in part."""
    turns = [turn for turn in done.turns if turn[0] in assignment_ids]
    asked = {question_id for _id, _day, status, question_id in turns if question_id and status in DID}
    with_it = [
        (one.at, one.score)
        for one in ratings
        if one.at > since and ((one in comparable([one]) and one.question_id in asked) or one.label == DURING)
    ]
    return Known(
        with_it=with_it,
        adherence=Adherence.total(done.counted[one] for one in assignment_ids if one in done.counted),
        days_known=len({day for _id, day, _status, _question in turns}),
    )


def judge(
    known: Known, points: Sequence[Point], zone: str, limits: Thresholds
) -> tuple[Level, tuple[str, ...]]:
    """The level, and why in numbers. `points` are all ratings of the pain now, oldest first."""
    if not known.with_it:
        return Level.UNKNOWN, ("No rating came with this exercise",)
    red = tuple(_too_much(known.with_it, points, zone, limits))
    if red:
        return Level.RED, red
    worst = max(score for _at, score in known.with_it)
    told = f"Worst {number_in_words(worst)} with it, {_counted(known)}"
    unsettled = [at for at, score in known.with_it if settled(at, score, points, limits) is False]
    if worst > limits.signal_green_to:
        return Level.AMBER, (f"{told}: above {limits.signal_green_to}, below {limits.signal_red_from}",)
    if unsettled:
        return Level.AMBER, (f"Not back to usual a day after {_day(unsettled[-1], zone)}, settled since",)
    return _by_adherence(known, told, limits)


def _by_adherence(known: Known, told: str, limits: Thresholds) -> tuple[Level, tuple[str, ...]]:
    """Pain allows the next step: is enough known, and enough done?"""
    share = known.adherence.conservative
    if known.days_known < limits.signal_days_needed or share is None:
        known_for = f"Known for {known.days_known} of the {limits.signal_days_needed} days needed"
        return Level.UNKNOWN, (told, known_for)
    done = f"Done {100 * share:.0f} % of {known.adherence.due} due"
    if round(100 * share, 2) < limits.adherence_high:
        return Level.UNKNOWN, (told, f"{done}: below {limits.adherence_high} %, too little to go on")
    return Level.GREEN, (told, done)


def _too_much(
    with_it: Sequence[Point], points: Sequence[Point], zone: str, limits: Thresholds
) -> Iterator[str]:
    """What makes it red, each with its numbers. It is the newest rating that counts."""
    at, score = with_it[-1]
    if score >= limits.signal_red_from:
        yield f"{number_in_words(score)} with it on {_day(at, zone)}: {limits.signal_red_from} or more"
    if settled(at, score, points, limits) is False:
        usual = usual_before(at, points, limits)
        yield (
            f"{number_in_words(score)} with it on {_day(at, zone)}, not back to the usual "
            f"{number_in_words(usual or 0)} a day later"
        )
    last = with_it[-limits.rises_in_a_row :]
    rises = [score - usual for at, score in last if (usual := usual_before(at, points, limits)) is not None]
    is_up = len(rises) == limits.rises_in_a_row and min(rises) >= limits.signal_rise
    if is_up:
        ups = " and ".join(number_in_words(one) for one in rises)
        yield f"Up {ups} on what was usual, {limits.rises_in_a_row} in a row"


def usual_before(at: datetime, points: Sequence[Point], limits: Thresholds) -> float | None:
    """The mean of the days before (14); None without a rating in them."""
    earliest = at - timedelta(days=limits.pain_memory_days)
    scores = [score for when, score in points if earliest <= when < at]
    return fmean(scores) if scores else None


def settled(at: datetime, score: float, points: Sequence[Point], limits: Thresholds) -> bool | None:
    """Whether pain was back to usual a day later. None when nobody can say: no usual, or no rating then."""
    usual = usual_before(at, points, limits)
    if usual is None:
        return None
    most = usual + limits.signal_back_within
    if score < most:
        return True
    earliest, latest = A_DAY_LATER
    after = [(when, later) for when, later in points if at < when <= at + latest]
    if any(later < most for _when, later in after):
        return True
    return False if any(when >= at + earliest for when, _later in after) else None


def _counted(known: Known) -> str:
    count = len(known.with_it)
    return f"{count} rating{'' if count == 1 else 's'}"


def _day(at: datetime, zone: str) -> str:
    return short_day(today_in(zone, at))
