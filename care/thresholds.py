"""The clinical numbers a practice may change, each with its default and where that comes from.

They sort and remind; none of them is advice, and a therapist decides.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any

from care.errors import Refused


@dataclass(frozen=True)
class Thresholds:
    """Defaults with their sources.

    - mcid_points, mcid_percent: 2 points or 30 % is the common important change in pain
      (Ostelo 2008, Spine; Farrar 2001, Pain 94:149).
    - mcid_by_baseline: 1 lets the drop that matters depend on where pain began: mcid_low_start from below 5,
      mcid_middle_start from 5 to 7, mcid_high_start from 8 (1, 2 and 3: doi 10.1055/a-1304-3677). 0 is off.
    - slope_span_days: a slope needs ratings that lie so many days apart (our choice).
    - compare_days_needed: pain after days with an exercise is set against days without it only when there
      are so many of each (our choice, one more than the 4 days a mean needs, Griffiths 2022).
    - signal_green_to, signal_red_from: pain with an exercise up to 3 goes on, from 6 is too much. Silbernagel
      2007 accepts up to 5 when it is gone by the next morning; the cut-offs vary in print.
    - signal_back_within: pain is back to usual when less than so far above it (our choice: 1 point is noise).
    - signal_rise: up so far over what was usual on `rises_in_a_row` ratings is too much (Silbernagel 2007: no
      rise from week to week; 2 points matter to most people, Ostelo 2008).
    - signal_settle_from_hours, signal_settle_until_hours: "the next day" is 18 to 36 hours on, as people
      answer at their own hour (our choice; Silbernagel 2007 says the next morning).
    - signal_days, signal_days_needed: what was done in 14 days, known for 7 at least, goes into a signal.
    - rom_possible_from, rom_real_from: below 5 degrees is no clear change, from 10 likely real (our choice:
      knee flexion has an MDC90 of 6 to 8 degrees, doi 10.1055/s-0036-1593877).
    - mild_from, moderate_from, severe_from: bands none 0, mild 1-3, moderate 4-6, severe 7-10 (a convention).
    - high_pain, urgent_pain, pain_rise: from 7 a person looks; from 9, or up 3 on the mean of the days before
      (pain_memory_days), the same day (our choice).
    - baseline_rise, rises_in_a_row: 2 points over the client's own baseline on 2 ratings in a row, since one
      rating alone is noisy (PMC3014612) and 2 points matter to most people (Ostelo 2008).
    - baseline_rise_percent: the same as a share of the baseline, from a point on; 0 is off (30: Farrar 2001).
    - settled_below: raised pain is over, and may be raised anew, that far below its threshold (our choice).
    - pain_memory_days: a rating older than this says nothing of what is usual now (our choice).
    - due_days: a person looks by the end of the next day at what need not be seen the same day (our choice).
    - baseline_days: ratings of the 7 days up to the first assignment make the baseline.
    - mean_days, mean_days_needed: a 7-day mean needs ratings on 4 of them (Griffiths 2022, PMID 35930136).
    - adherence_high, adherence_middle: 80 % is the most used cut-off (Bailey 2018, 86 studies).
    - response_needed: below half answered, no band is given.
    - silence_days, silence_questions: a call after 7 days or 3 unanswered questions (our choice; answers to
      diaries fall with days, Ono 2019).
    - silence_pause_days: after 14 days without an answer the texts pause until there is one (our choice).
    - stop_line_days: how long after the last time a text says again how to end them (our choice).
    - bare_number_hours, answer_hours: how long a bare number, and any answer, belongs to a question.
    - exercise_stale_hours, question_stale_hours: a later reminder is dropped, not sent.
    - escalate_minutes: after 15 minutes in which nobody looked, whoever stands in is told too (our choice).
    - snooze_hours: "later" without a time brings one more reminder so much later (our choice).
    - plan_size: more than 4 exercises get done less (Bachmann 2018, doi 10.1055/s-0043-120527).
    - carry_minutes: minutes a day at home, of all providers together, that are pointed out; 0, the default,
      is off: no study we know of sets a number.
    - progress_percent: one thing goes up by 10 to 20 % at a time (our choice).
    - longest_hold, most_holds: holds to 60 s for older adults, 2 to 4 of each stretch (ACSM, Garber 2011).
    - most_times, most_sets: 8 to 12 times, 10 to 15 if older or frail, in 1 to 3 sets (ACSM 1998).
    - longest_release: 30 to 120 s for each area (reviews of foam rolling, 2019 and 2020).
    - rtm: 1 counts days and minutes of remote monitoring (US) as evidence; 0 is off.
    - rtm_period_days, rtm_days_full, rtm_days_few: days with data in each 30 days from the start: 16 or more,
      and from 2026 on 2 or more (CY 2026 fee schedule final rule, FR 2025-19787).
    - rtm_minutes_full, rtm_minutes_few: minutes in a calendar month: 20, and from 2026 on 10 (the same rule).
    - ease_off_above: pain up to 5 during exercise is acceptable if gone next morning (Silbernagel 2007).
    """

    mcid_points: int = 2
    mcid_percent: int = 30
    mild_from: int = 1
    moderate_from: int = 4
    severe_from: int = 7
    high_pain: int = 7
    urgent_pain: int = 9
    pain_rise: int = 3
    baseline_rise: int = 2
    baseline_rise_percent: int = 0
    rises_in_a_row: int = 2
    settled_below: int = 1
    pain_memory_days: int = 14
    due_days: int = 1
    baseline_days: int = 7
    mean_days: int = 7
    mean_days_needed: int = 4
    adherence_high: int = 80
    adherence_middle: int = 50
    response_needed: int = 50
    silence_days: int = 7
    silence_questions: int = 3
    silence_pause_days: int = 14
    stop_line_days: int = 30
    bare_number_hours: int = 12
    answer_hours: int = 24
    exercise_stale_hours: int = 2
    question_stale_hours: int = 12
    escalate_minutes: int = 15
    snooze_hours: int = 2
    plan_size: int = 4
    carry_minutes: int = 0
    progress_percent: int = 15
    longest_hold: int = 60
    most_holds: int = 4
    most_times: int = 15
    most_sets: int = 3
    longest_release: int = 120
    ease_off_above: int = 5
    mcid_by_baseline: int = 0
    mcid_low_start: int = 1
    mcid_middle_start: int = 2
    mcid_high_start: int = 3
    slope_span_days: int = 7
    compare_days_needed: int = 5
    signal_green_to: int = 3
    signal_red_from: int = 6
    signal_back_within: int = 1
    signal_rise: int = 2
    signal_settle_from_hours: int = 18
    signal_settle_until_hours: int = 36
    signal_days: int = 14
    signal_days_needed: int = 7
    rom_possible_from: int = 5
    rom_real_from: int = 10
    rtm: int = 0
    rtm_period_days: int = 30
    rtm_days_full: int = 16
    rtm_days_few: int = 2
    rtm_minutes_full: int = 20
    rtm_minutes_few: int = 10


BOUNDS: dict[str, tuple[int, int]] = {
    "mcid_points": (1, 10),
    "mcid_percent": (1, 100),
    "mild_from": (1, 10),
    "moderate_from": (1, 10),
    "severe_from": (1, 10),
    "high_pain": (1, 10),
    "urgent_pain": (1, 10),
    "pain_rise": (1, 10),
    "baseline_rise": (1, 10),
    "baseline_rise_percent": (0, 100),
    "rises_in_a_row": (1, 5),
    "settled_below": (0, 5),
    "pain_memory_days": (1, 60),
    "due_days": (0, 7),
    "baseline_days": (1, 60),
    "mean_days": (1, 60),
    "mean_days_needed": (1, 60),
    "adherence_high": (1, 100),
    "adherence_middle": (1, 100),
    "response_needed": (1, 100),
    "silence_days": (1, 60),
    "silence_questions": (1, 30),
    "silence_pause_days": (2, 60),
    "stop_line_days": (7, 30),
    "bare_number_hours": (1, 24),
    "answer_hours": (1, 72),
    "exercise_stale_hours": (1, 12),
    "question_stale_hours": (1, 24),
    "escalate_minutes": (5, 120),
    "snooze_hours": (1, 6),
    "plan_size": (1, 20),
    "carry_minutes": (0, 240),
    "progress_percent": (5, 50),
    "longest_hold": (10, 600),
    "most_holds": (1, 20),
    "most_times": (5, 100),
    "most_sets": (1, 10),
    "longest_release": (30, 600),
    "ease_off_above": (1, 10),
    "mcid_by_baseline": (0, 1),
    "mcid_low_start": (1, 10),
    "mcid_middle_start": (1, 10),
    "mcid_high_start": (1, 10),
    "slope_span_days": (1, 60),
    "compare_days_needed": (2, 60),
    "signal_green_to": (0, 9),
    "signal_red_from": (1, 10),
    "signal_back_within": (1, 5),
    "signal_rise": (1, 10),
    "signal_settle_from_hours": (6, 48),
    "signal_settle_until_hours": (12, 72),
    "signal_days": (2, 60),
    "signal_days_needed": (1, 60),
    "rom_possible_from": (1, 45),
    "rom_real_from": (1, 90),
    "rtm": (0, 1),
    "rtm_period_days": (7, 60),
    "rtm_days_full": (1, 60),
    "rtm_days_few": (1, 60),
    "rtm_minutes_full": (1, 120),
    "rtm_minutes_few": (1, 120),
}


# Numbers that only make sense in this order, each with whether the two may be equal.
IN_ORDER = (
    ("mild_from", "moderate_from", False),
    ("moderate_from", "severe_from", False),
    ("high_pain", "urgent_pain", True),
    ("mean_days_needed", "mean_days", True),
    ("adherence_middle", "adherence_high", False),
    ("bare_number_hours", "answer_hours", True),
    ("silence_days", "silence_pause_days", True),
    ("signal_green_to", "signal_red_from", False),
    ("signal_settle_from_hours", "signal_settle_until_hours", False),
    ("signal_days_needed", "signal_days", True),
    ("rom_possible_from", "rom_real_from", False),
    ("rtm_days_few", "rtm_days_full", False),
    ("rtm_days_full", "rtm_period_days", True),
    ("rtm_minutes_few", "rtm_minutes_full", False),
)

# The numbers in which one client may differ from the practice: when a person should hear of them.
PER_CLIENT = (
    "high_pain",
    "urgent_pain",
    "pain_rise",
    "baseline_rise",
    "baseline_rise_percent",
    "silence_days",
    "silence_questions",
    "silence_pause_days",
)


_NAMES = frozenset(field.name for field in fields(Thresholds))


def thresholds_of(stored: Mapping[str, Any], of_client: Mapping[str, Any] | None = None) -> Thresholds:
    """The practice's own numbers over the defaults, and a client's over both. Unknown names are ignored."""
    own = {name: value for name, value in (of_client or {}).items() if name in PER_CLIENT}
    return _over_defaults(tuple((name, value) for name, value in {**stored, **own}.items() if name in _NAMES))


@lru_cache(maxsize=1_000)
def _over_defaults(values: tuple[tuple[str, int], ...]) -> Thresholds:
    """Kept, since all clients of a practice share most of them, and a page asks for them again and again."""
    return Thresholds(**dict(values))


def check_threshold(name: str, value: int) -> int:
    """The value itself when it is within bounds. Raises Refused otherwise."""
    if name not in BOUNDS:
        raise Refused(f"There is no setting called {name}.")
    low, high = BOUNDS[name]
    if not low <= value <= high:
        raise Refused(f"{name.replace('_', ' ').capitalize()} must be {low} to {high}.")
    return value


def check_order(thresholds: Thresholds) -> None:
    """Raises Refused with a sentence where two numbers contradict each other."""
    values = asdict(thresholds)
    for lower, higher, may_be_equal in IN_ORDER:
        if values[lower] < values[higher] or (may_be_equal and values[lower] == values[higher]):
            continue
        first, second = (name.replace("_", " ") for name in (lower, higher))
        relation = "at most" if may_be_equal else "below"
        raise Refused(f"{first.capitalize()} must be {relation} {second}, which is {values[higher]}.")
