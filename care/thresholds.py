"""The clinical numbers a practice may change, each with its default and where that comes from.

They sort and remind; none of them is advice, and a therapist decides.
"""

from dataclasses import dataclass, fields
from typing import Any

from care.errors import Refused


@dataclass(frozen=True)
class Thresholds:
    """Defaults with their sources.

    - mcid_points, mcid_percent: 2 points or 30 % is the common important change in pain
      (Ostelo 2008, Spine; Farrar 2001, Pain 94:149).
    - mild_from, moderate_from, severe_from: bands none 0, mild 1-3, moderate 4-6, severe 7-10 (a convention).
    - high_pain, urgent_pain, pain_rise: from 7 a person looks; from 9, or up 3 on the baseline, the same day.
    - baseline_days: ratings of the 7 days up to the first assignment make the baseline.
    - mean_days, mean_days_needed: a 7-day mean needs ratings on 4 of them (Griffiths 2022, PMID 35930136).
    - adherence_high, adherence_middle: 80 % is the most used cut-off (Bailey 2018, 86 studies).
    - response_needed: below half answered, no band is given.
    - silence_days, silence_questions: a call after 7 days or 3 unanswered questions.
    - bare_number_hours, answer_hours: how long a bare number, and any answer, belongs to a question.
    - exercise_stale_hours, question_stale_hours: a later reminder is dropped, not sent.
    - plan_size: more than 4 exercises get done less (Bachmann 2018, doi 10.1055/s-0043-120527).
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
    baseline_days: int = 7
    mean_days: int = 7
    mean_days_needed: int = 4
    adherence_high: int = 80
    adherence_middle: int = 50
    response_needed: int = 50
    silence_days: int = 7
    silence_questions: int = 3
    bare_number_hours: int = 12
    answer_hours: int = 24
    exercise_stale_hours: int = 2
    question_stale_hours: int = 12
    plan_size: int = 4
    ease_off_above: int = 5


BOUNDS: dict[str, tuple[int, int]] = {
    "mcid_points": (1, 10),
    "mcid_percent": (1, 100),
    "mild_from": (1, 10),
    "moderate_from": (1, 10),
    "severe_from": (1, 10),
    "high_pain": (1, 10),
    "urgent_pain": (1, 10),
    "pain_rise": (1, 10),
    "baseline_days": (1, 60),
    "mean_days": (1, 60),
    "mean_days_needed": (1, 60),
    "adherence_high": (1, 100),
    "adherence_middle": (1, 100),
    "response_needed": (1, 100),
    "silence_days": (1, 60),
    "silence_questions": (1, 30),
    "bare_number_hours": (1, 24),
    "answer_hours": (1, 72),
    "exercise_stale_hours": (1, 12),
    "question_stale_hours": (1, 24),
    "plan_size": (1, 20),
    "ease_off_above": (1, 10),
}


def thresholds_of(stored: dict[str, Any]) -> Thresholds:
    """The practice's own numbers over the defaults. Unknown names are ignored."""
    known = {field.name for field in fields(Thresholds)}
    return Thresholds(**{name: value for name, value in stored.items() if name in known})


def check_threshold(name: str, value: int) -> int:
    """The value itself when it is within bounds. Raises Refused otherwise."""
    if name not in BOUNDS:
        raise Refused(f"There is no setting called {name}.")
    low, high = BOUNDS[name]
    if not low <= value <= high:
        raise Refused(f"{name.replace('_', ' ').capitalize()} must be {low} to {high}.")
    return value
