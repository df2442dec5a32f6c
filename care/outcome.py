"""The outcome of one episode of care: every measure over time, and its first figure against its last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import fmean

from sqlalchemy.orm import Session

from care.adherence import Adherence
from care.comparing import (
    change_in_words,
    change_of_score,
    meaning_of_score,
    norm_of,
    size_of_activities,
    size_of_range,
)
from care.course_facts import CourseFacts, course_facts
from care.finding_catalog import ACTIVITY_MOST, CATALOG, METHODS
from care.findings import Earlier, earlier_findings
from care.instruments import MEASURES
from care.models import Client, Episode, FindingKind, Practice
from care.outcome_weeks import Week, weeks_done
from care.pain import PainFigures, Point, figures_of, start_of
from care.plan_changes import changes_among
from care.ratings import comparable
from care.recurrence import A_DAY, today_in
from care.saying import counted, number_in_words, short_day
from care.thresholds import Thresholds, thresholds_of


@dataclass(frozen=True)
class Track:
    """One measure over the episode, oldest first, on a scale from `low` to `high`.

    `meaning` says what first against last comes to; empty while there is only one figure.
    """

    title: str
    points: tuple[Point, ...]
    low: float
    high: float
    unit: str = ""
    meaning: str = ""

    @property
    def change(self) -> float | None:
        return self.points[-1][1] - self.points[0][1] if len(self.points) > 1 else None


@dataclass(frozen=True)
class Outcome:
    """All of one episode. `until` is its discharge, or now."""

    episode: Episode | None
    zone: str
    since: date
    until: date
    pain: PainFigures
    pain_points: tuple[Point, ...]
    function: Track | None
    ranges: tuple[Track, ...]
    scores: tuple[Track, ...]
    change_rated: str
    weeks: tuple[Week, ...]
    adherence: Adherence
    changed_on: tuple[date, ...]


def outcome_of(session: Session, client: Client, now: datetime) -> Outcome:
    """Of the newest episode; without any, of everything we know."""
    return outcome_among(session, course_facts(session, client), earlier_findings(session, client), now)


def outcome_among(
    session: Session, known: CourseFacts, findings: Sequence[Earlier], now: datetime
) -> Outcome:
    """The same where the course of care is known, and what was found at all completed assessments."""
    client, course, zone = known.client, known.course, known.client.timezone
    practice = session.get_one(Practice, client.practice_id)
    limits = thresholds_of(practice.thresholds, client.thresholds)
    episode = next(iter(known.episodes), None)
    until = episode.discharged_on if episode and episode.discharged_on else today_in(zone, now)
    began, ends = course.since, start_of(until + A_DAY, zone)
    points = [
        (one.at, one.score)
        for one in comparable(known.ratings_until(now))
        if (began is None or one.at >= began) and one.at < ends
    ]
    found = [
        one for one in sorted(findings, key=_in_order) if (began is None or one.at >= began) and one.at < ends
    ]
    since = episode.started_on if episode else _first_day(client, points, found)
    weeks = weeks_done(session, client.id, since, until)
    changes = changes_among(known.versions, zone, began, now)
    return Outcome(
        episode=episode,
        zone=zone,
        since=since,
        until=until,
        pain=figures_of(points, course, zone, now, limits),
        pain_points=tuple(points),
        function=_function(found),
        ranges=tuple(_ranges(found, limits)),
        scores=tuple(_scores(found)),
        change_rated=_change_rated(found),
        weeks=tuple(weeks),
        adherence=Adherence.total(week.adherence for week in weeks),
        changed_on=tuple(sorted({day for one in changes if (day := today_in(zone, one.at)) <= until})),
    )


def _in_order(one: Earlier) -> tuple[datetime, int]:
    return one.at, one.finding.position


def _first_day(client: Client, points: Sequence[Point], found: Sequence[Earlier]) -> date:
    known = [client.created_at, *(at for at, _score in points[:1]), *(one.at for one in found[:1])]
    return today_in(client.timezone, min(known))


def _function(found: Sequence[Earlier]) -> Track | None:
    """The mean of the activities named first and rated every time since: never of two mixes."""
    times: dict[datetime, dict[str, float]] = {}
    for one in found:
        if one.finding.kind is FindingKind.ACTIVITY and one.finding.value is not None:
            times.setdefault(one.at, {})[one.finding.code] = one.finding.value
    if not times:
        return None
    same = set(next(iter(times.values())))
    rated = {at: values for at, values in times.items() if same & set(values)}
    for values in rated.values():
        same &= set(values)
    points = tuple((at, fmean(values[name] for name in same)) for at, values in rated.items()) if same else ()
    if not points:
        return None
    change = points[-1][1] - points[0][1]
    return Track(
        title=f"Function (PSFS), mean of {counted(len(same), 'activity', 'activities')}",
        points=points,
        low=0,
        high=ACTIVITY_MOST,
        meaning=size_of_activities(change) if len(points) > 1 else "",
    )


def _ranges(found: Sequence[Earlier], limits: Thresholds) -> list[Track]:
    """One for each movement, side, mode and method: two methods are two lines."""
    lines: dict[tuple[str, str, str, str], list[Point]] = {}
    for one in found:
        row = one.finding
        if row.kind is FindingKind.RANGE and row.value is not None:
            lines.setdefault((row.code, row.side, row.mode, row.method), []).append((one.at, row.value))
    tracks = []
    for (code, side, mode, method), points in lines.items():
        entry = CATALOG.by_code[FindingKind.RANGE, code]
        words = ", ".join(word for word in (side, mode, METHODS.get(method, "")) if word)
        values = [value for _at, value in points]
        change = values[-1] - values[0]
        meaning = f"{size_of_range(change, limits)}, norm {norm_of(code)}" if len(points) > 1 else ""
        low, high = min(0, *values), max(entry.aaos or 0, *values)
        tracks.append(
            Track(f"{entry.name}, {words}", tuple(points), low, max(high, low + 1), entry.unit, meaning)
        )
    return tracks


def _scores(found: Sequence[Earlier]) -> list[Track]:
    """One for each measure and scale, so that two scales are never mixed."""
    lines: dict[tuple[str, float], list[Point]] = {}
    for one in found:
        row = one.finding
        if row.kind is FindingKind.SCORE and row.value is not None and row.maximum is not None:
            lines.setdefault((row.code, row.maximum), []).append((one.at, row.value))
    tracks = []
    for (code, maximum), points in lines.items():
        measure = MEASURES[code]
        first, last = points[0][1], points[-1][1]
        change = change_of_score(measure, maximum, first, last)
        meaning = meaning_of_score(measure, maximum, change) if len(points) > 1 else ""
        better = "high" if measure.is_high_better else "low"
        title = f"{measure.name} of {maximum:g}, {better} is better"
        tracks.append(Track(title, tuple(points), 0, maximum, meaning=meaning))
    return tracks


def _change_rated(found: Sequence[Earlier]) -> str:
    """What the client said last of all in all; it has a start of its own, so it is no line."""
    said = [one.finding.value for one in found if one.finding.kind is FindingKind.CHANGE]
    rated = [value for value in said if value is not None]
    return f"{rated[-1]:+g} of 5, {change_in_words(rated[-1])}" if rated else ""


def discharge_summary(outcome: Outcome, client_name: str, next_steps: str = "") -> str:
    """A paragraph for the record: complaint, dates, first against last of each measure, and why it ended."""
    said = [_beginning(outcome, client_name), _pain(outcome)]
    tracks = [one for one in (outcome.function, *outcome.ranges, *outcome.scores) if one is not None]
    said += [track_in_words(one) for one in tracks if one.change is not None]
    if outcome.change_rated:
        said.append(f"Change as the client sees it {outcome.change_rated}")
    if outcome.adherence.due:
        counts, share = outcome.adherence, outcome.adherence.conservative
        percent = "" if share is None else f" ({100 * share:.0f} % of all due)"
        said.append(f"Home exercises {counts.done} of {counts.due} done, {counts.unknown} unknown{percent}")
    if next_steps:
        said.append(f"Next steps: {next_steps.rstrip('.')}")
    return " ".join(f"{one}." for one in said if one)


def _beginning(outcome: Outcome, client_name: str) -> str:
    episode = outcome.episode
    about = f": {episode.complaint}" if episode else ""
    days = (
        f"{short_day(outcome.since)} {outcome.since.year} to {short_day(outcome.until)} {outcome.until.year}"
    )
    ended = ""
    if episode and episode.discharged_on:
        ended = f". Discharged: {(episode.discharge_reason or 'no reason given').rstrip('.')}"
    return f"{client_name}{about}, {days}{ended}"


def _pain(outcome: Outcome) -> str:
    pain = outcome.pain
    if pain.baseline is None or pain.latest is None:
        return "No pain ratings"
    if pain.change is None:
        return f"Pain {number_in_words(pain.latest)}, one rating"
    reached = ", MCID reached" if pain.is_mcid_reached else ", MCID not reached"
    return (
        f"Pain {number_in_words(pain.baseline)} to {number_in_words(pain.latest)} "
        f"({pain.change:+.3g}), {pain.outcome}{reached}"
    )


def track_in_words(track: Track) -> str:
    """ "Shoulder flexion, left, active, goniometer: 130° to 150°, likely real, norm 180°"."""
    first, last = track.points[0][1], track.points[-1][1]
    figures = f"{number_in_words(first)}{track.unit} to {number_in_words(last)}{track.unit}"
    return f"{track.title}: {figures}{', ' + track.meaning if track.meaning else ''}"
