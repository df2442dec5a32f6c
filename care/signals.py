"""Green, amber or red for each exercise of a plan, by the pain-monitoring model, with the numbers behind it.

Silbernagel 2007: pain with an exercise may reach 5 when it is gone by the next morning and does not rise from
week to week. Cut-offs vary in print, so they are settings. A signal is a suggestion and changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import fmean

from care.adherence import Adherence
from care.models import Assignment
from care.pain import Point, start_of
from care.ratings import Rated
from care.recurrence import A_DAY, today_in
from care.saying import number_in_words, short_day
from care.signal_facts import KNOWN, followed, same_dose, that_say_usual
from care.since_facts import SinceFacts
from care.thresholds import Thresholds
from care.times_due import adherence_among


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


class Cause(StrEnum):
    """Why it is red: high with the exercise, not settled a day later, or up on what was usual."""

    HIGH = "high"
    UNSETTLED = "unsettled"
    RISE = "rise"


SUGGESTED = {
    Level.GREEN: Suggestion.PROGRESS,
    Level.AMBER: Suggestion.KEEP,
    Level.RED: Suggestion.HALVE,
    Level.UNKNOWN: Suggestion.KEEP,
}


@dataclass(frozen=True)
class Signal:
    """What is suggested for one exercise, the sentences that say why, and what they were counted from.

    `with_it` are the ratings that came with it; `same_ids` the assignments of its dose, this one among them,
    whose times due count from the day of `since` on.
    """

    assignment: Assignment
    level: Level
    reasons: tuple[str, ...]
    adherence: Adherence
    since: datetime
    with_it: tuple[Rated, ...] = ()
    same_ids: tuple[int, ...] = ()

    @property
    def suggestion(self) -> Suggestion:
        return SUGGESTED[self.level]


@dataclass(frozen=True)
class Known:
    """Of one exercise in these days: the pain given with it, oldest first, and how often it was done."""

    with_it: Sequence[Point]
    adherence: Adherence
    days_known: int


def signals_for(facts: SinceFacts) -> list[Signal] | None:
    """For each exercise of the running plan, in its order. None while a red flag is open: it comes first."""
    if facts.has_open_red_flag:
        return None
    known, limits, now, since = facts.known, facts.limits, facts.until, facts.signals_since
    zone = known.client.timezone
    if known.running is None:
        return []
    wanted = {
        one: same_dose(one, known.assignments) for one in known.running.assignments if one.ended_at is None
    }
    turns = [one for one in facts.times if one.is_recent and one.status in KNOWN]
    first_day = today_in(zone, since) + A_DAY
    counted = adherence_among(facts.times, first_day, today_in(zone, now))
    ratings = known.ratings_until(now)
    usual = points_of(that_say_usual(ratings))
    signals = []
    for assignment, same in wanted.items():
        found = followed(assignment, same, turns, ratings, since)
        adherence = Adherence.total(counted[id] for id in same if id in counted)
        level, reasons = judge(
            Known(points_of(found.with_it), adherence, found.days_known), usual, zone, limits
        )
        began = start_of(first_day, zone)
        signals.append(Signal(assignment, level, reasons, adherence, began, found.with_it, tuple(same)))
    return signals


def points_of(ratings: Iterable[Rated]) -> list[Point]:
    return [(one.at, one.score) for one in ratings]


def judge(
    known: Known, points: Sequence[Point], zone: str, limits: Thresholds
) -> tuple[Level, tuple[str, ...]]:
    """The level, and why in numbers. `points` are all ratings of the pain now, oldest first."""
    if not known.with_it:
        return Level.UNKNOWN, ("No rating came with this exercise",)
    red = too_much(known.with_it, points, zone, limits)
    if red:
        return Level.RED, tuple(red.values())
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


def too_much(
    with_it: Sequence[Point], points: Sequence[Point], zone: str, limits: Thresholds
) -> dict[Cause, str]:
    """What makes it red, each with its numbers. It is the newest rating that counts."""
    at, score = with_it[-1]
    said, day = number_in_words(score), _day(at, zone)
    causes = {}
    if score >= limits.signal_red_from:
        causes[Cause.HIGH] = f"{said} with it on {day}: {limits.signal_red_from} or more"
    if settled(at, score, points, limits) is False:
        was = number_in_words(usual_before(at, points, limits) or 0)
        causes[Cause.UNSETTLED] = f"{said} with it on {day}, not back to the usual {was} a day later"
    last = with_it[-limits.rises_in_a_row :]
    rises = [score - usual for at, score in last if (usual := usual_before(at, points, limits)) is not None]
    if len(rises) == limits.rises_in_a_row and min(rises) >= limits.signal_rise:
        ups = " and ".join(number_in_words(one) for one in rises)
        causes[Cause.RISE] = f"Up {ups} on what was usual, {limits.rises_in_a_row} in a row"
    return causes


def red_since(
    cause: Cause, with_it: Sequence[Point], points: Sequence[Point], zone: str, limits: Thresholds
) -> datetime:
    """When the run of ratings began that this cause, which holds now, has held for."""
    since = with_it[-1][0]
    for place in range(len(with_it), 0, -1):
        if cause not in too_much(with_it[:place], points, zone, limits):
            break
        since = with_it[place - 1][0]
    return since


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
    earliest = timedelta(hours=limits.signal_settle_from_hours)
    latest = timedelta(hours=limits.signal_settle_until_hours)
    after = [(when, later) for when, later in points if at < when <= at + latest]
    if any(later < most for _when, later in after):
        return True
    return False if any(when >= at + earliest for when, _later in after) else None


def _counted(known: Known) -> str:
    count = len(known.with_it)
    return f"{count} rating{'' if count == 1 else 's'}"


def _day(at: datetime, zone: str) -> str:
    return short_day(today_in(zone, at))
