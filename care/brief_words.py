"""The brief in sentences: what can be said, what cannot and why, and a paragraph to paste into a note."""

from collections.abc import Iterator
from datetime import datetime

from care.adherence import NOT_ENOUGH_REPLIES, Adherence
from care.brief_facts import Brief, ClientWords, ExerciseLine
from care.contrasts import Contrast
from care.pain import Outcome, PainFigures
from care.recurrence import today_in
from care.saying import counted, moment_in_words, number_in_words, short_day

OLD_AFTER_DAYS = 7
QUOTED = 3


def gaps_of(brief: Brief) -> tuple[str, ...]:
    """What cannot be said for want of data, a sentence each."""
    return (*_rating_gaps(brief), *_reply_gaps(brief))


def left_out(adherence: Adherence) -> dict[str, str]:
    """What was due and is not counted, a sentence each, with the name it is counted under instead."""
    found = {}
    if adherence.undelivered:
        found[f"{counted(adherence.undelivered, 'exercise time')} left out: the text did not arrive."] = (
            "undelivered"
        )
    if adherence.on_paper:
        found[f"{counted(adherence.on_paper, 'exercise time')} on paper, not entered yet."] = "on_paper"
    return found


def pain_in_words(pain: PainFigures) -> str:
    """Baseline, latest, change, what it means, and on how many ratings it stands."""
    if pain.baseline is None or pain.latest is None:
        return "no ratings"
    ratings = counted(pain.count, "rating")
    if pain.change is None:
        return f"{number_in_words(pain.latest)}, {ratings}"
    words = f"{number_in_words(pain.baseline)} to {number_in_words(pain.latest)}"
    percent = "" if pain.percent is None else f" ({pain.percent:+.0f} %)"
    missed = "" if pain.outcome is Outcome.WORSE else "MCID not reached, "
    mcid = "MCID reached, " if pain.is_mcid_reached else missed
    slope = f", {slope_in_words(pain.slope)}" if pain.slope is not None else ""
    change = f"change {_signed(pain.change)}{percent}" if pain.change else "no change"
    return f"{words}, {change}, {mcid}{pain.outcome}, {ratings}{slope}"


def slope_in_words(slope: float) -> str:
    """Points a week: "down 0.9 a week"; what rounds to nothing is level."""
    size = number_in_words(abs(slope))
    return "level" if size == "0" else f"{'down' if slope < 0 else 'up'} {size} a week"


def contrast_in_words(contrast: Contrast) -> str:
    """Two means with the days behind them, and nothing about why."""
    return (
        f"{contrast.name}: on days after it was done pain averaged {number_in_words(contrast.with_mean)} "
        f"({counted(contrast.with_days, 'day')}), on days after it was not "
        f"{number_in_words(contrast.without_mean)} ({counted(contrast.without_days, 'day')})"
    )


def adherence_in_words(adherence: Adherence) -> str:
    """Done, partial, skipped, unknown and due stand together; never a percentage alone."""
    kinds = [
        (adherence.partial, "partial"),
        (adherence.skipped, "skipped"),
        (adherence.unknown, "unknown"),
    ]
    also = "".join(f", {count} {name}" for count, name in kinds if count)
    return f"{adherence.done} of {adherence.due} due done{also}"


def paragraph(brief: Brief) -> str:
    """The subjective part of a note, ready to paste: "S: Since the assessment of 10 Nov ..."."""
    return "S: " + " ".join(_sentences(brief))


def _sentences(brief: Brief) -> Iterator[str]:
    yield f"Since {brief.since_what} ({_day(brief, brief.since)}):"
    yield f"Pain {pain_in_words(brief.pain)}."
    if brief.mean is not None and brief.worst is not None:
        yield (
            f"Since then mean {number_in_words(brief.mean)}, worst {number_in_words(brief.worst)}, "
            f"best {number_in_words(_best(brief))} of {counted(brief.rating_count, 'rating')}."
        )
    if brief.days_asked:
        yield f"Rated on {brief.days_answered} of {counted(brief.days_asked, 'day')} asked."
    for series in brief.other_series:
        yield f"Pain, {series.about}: {pain_in_words(series.pain)}."
    if brief.adherence.due:
        yield f"Home exercises: {adherence_in_words(brief.adherence)}{_shares(brief)}."
    if len(brief.exercises) > 1:
        yield f"{', '.join(f'{one.name} {_done(one)}' for one in brief.exercises)}."
    for contrast in brief.contrasts:
        yield f"Observed, not a cause: {contrast_in_words(contrast)}."
    if brief.questions_asked:
        yield f"Answered {brief.questions_answered} of {counted(brief.questions_asked, 'question')}."
    yield from _events(brief)
    yield from brief.gaps


def _events(brief: Brief) -> Iterator[str]:
    for item in brief.attention:
        if item.is_red_flag:
            yield f"Red flag {_day(brief, item.at)}, {item.state}."
    said = [words for words in brief.words if not words.is_bare]
    for verb, is_barrier in (("In the way", True), ("Wrote", False)):
        quoted = [one for one in said if one.is_barrier is is_barrier][:QUOTED]
        if quoted:
            yield f"{verb}: {'; '.join(_quote(one, brief.zone) for one in quoted)}."
    for item in brief.attention:
        if not item.is_red_flag:
            yield f"{item.words} {_day(brief, item.at)}, {item.state}."
    for change in brief.changes:
        yield f"{_day(brief, change.at)}: {change.words}."
    if brief.visits_missed:
        days = ", ".join(_day(brief, at) for at in brief.visits_missed)
        yield f"{counted(len(brief.visits_missed), 'visit')} missed: {days}."
    if brief.texts_not_delivered:
        yield f"{counted(brief.texts_not_delivered, 'text')} not delivered."


def _shares(brief: Brief) -> str:
    if brief.band is None or brief.adherence.conservative is None or brief.adherence.reported is None:
        return ""
    if brief.band == NOT_ENOUGH_REPLIES:
        return ""
    return (
        f" ({_percent(brief.adherence.conservative)} of all due, "
        f"{_percent(brief.adherence.reported)} of those answered, "
        f"{_percent(brief.adherence.response or 0)} answered)"
    )


def _done(line: ExerciseLine) -> str:
    return f"{line.adherence.done} of {line.adherence.due}"


def _quote(one: ClientWords, zone: str) -> str:
    body = one.body if '"' in one.body else f'"{one.body}"'
    return f"{body} ({moment_in_words(one.at, zone)})"


def _best(brief: Brief) -> float:
    """A brief kept before the best was told has only its ratings."""
    return brief.best if brief.best is not None else min(line.score for line in brief.ratings)


def _rating_gaps(brief: Brief) -> Iterator[str]:
    pain = brief.pain
    if pain.latest_at is None:
        yield "No ratings yet."
        return
    if not brief.rating_count:
        yield f"No ratings since {_day(brief, brief.since)}."
    elif days := _days_since(brief, pain):
        yield f"Last rating {_day(brief, pain.latest_at)}, {days} days ago."
    if not pain.is_enough_for_trend:
        yield f"{counted(pain.count, 'rating')}, too few for a trend."
    elif pain.week_mean is None and brief.rating_count:
        yield f"Ratings on {pain.week_days} of the last 7 days, too few for a weekly mean."
    if pain.is_first_rating:
        yield "No rating before the first assignment: the first rating is the baseline."
    if pain.change is not None and pain.percent is None:
        yield "No percentage: the baseline is 0."


def _reply_gaps(brief: Brief) -> Iterator[str]:
    adherence, since = brief.adherence, _day(brief, brief.since)
    if not brief.questions_asked:
        yield f"No questions asked since {since}."
    if not adherence.due:
        yield f"No exercises due since {since}."
    elif brief.band == NOT_ENOUGH_REPLIES:
        yield f"Not enough replies about exercises: {adherence.answered} of {adherence.due} answered."
    yield from left_out(adherence)


def _days_since(brief: Brief, pain: PainFigures) -> int:
    """How old the latest rating is in days, once that is worth saying; 0 before."""
    if pain.latest_at is None:
        return 0
    days = (today_in(brief.zone, brief.made_at) - today_in(brief.zone, pain.latest_at)).days
    return days if days > OLD_AFTER_DAYS else 0


def _day(brief: Brief, at: datetime) -> str:
    return short_day(today_in(brief.zone, at))


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{number_in_words(value)}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
