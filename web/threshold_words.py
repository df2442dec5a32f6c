"""The clinical numbers as pages name them, each with where its default comes from."""

from dataclasses import dataclass

from care.thresholds import BOUNDS


@dataclass(frozen=True)
class ThresholdWords:
    name: str
    label: str
    unit: str
    source: str


@dataclass(frozen=True)
class Group:
    title: str
    numbers: tuple[ThresholdWords, ...]


def _group(title: str, **numbers: tuple[str, str, str]) -> Group:
    """Each number by its name: label, unit, source."""
    return Group(title, tuple(ThresholdWords(name, *words) for name, words in numbers.items()))


OURS = "Our choice; no study sets it."
CHANGE = "2 points or 30 % is the common important change (Ostelo 2008, Spine; Farrar 2001, Pain 94:149)."
BANDS = "A convention: none 0, mild 1 to 3, moderate 4 to 6, severe 7 to 10."
MEAN = "A 7-day mean needs ratings on 4 of the days (Griffiths 2022, PMID 35930136)."
DONE = "80 % is the most used cut-off (Bailey 2018, 86 studies)."
TWICE = "One rating alone is noisy (PMC3014612)."
EASE = "Acceptable if gone next morning (Silbernagel 2007)."
FEW = "More than 4 exercises get done less (Bachmann 2018, doi 10.1055/s-0043-120527)."

GROUPS = (
    _group(
        "What pain means",
        mcid_points=("Change that matters", "points", CHANGE),
        mcid_percent=("Change that matters, in percent", "%", CHANGE),
        mild_from=("Mild from", "of 10", BANDS),
        moderate_from=("Moderate from", "of 10", BANDS),
        severe_from=("Severe from", "of 10", BANDS),
        ease_off_above=("Pain during exercise that is acceptable, up to", "of 10", EASE),
        baseline_days=("Days that make the baseline", "days", OURS),
        mean_days=("Days in a mean", "days", MEAN),
        mean_days_needed=("Days with a rating a mean needs", "days", MEAN),
    ),
    _group(
        "When a person hears of pain",
        high_pain=("A person looks from", "of 10", OURS),
        urgent_pain=("The same day from", "of 10", OURS),
        pain_rise=("The same day when up on what was usual by", "points", OURS),
        baseline_rise=("The same day when up on the client's baseline by", "points", CHANGE),
        baseline_rise_percent=(
            "The same, in percent of the baseline, from 1 point on",
            "%, 0 is off",
            "30 % is the common important change (Farrar 2001, Pain 94:149).",
        ),
        rises_in_a_row=("Up on the baseline on so many ratings", "in a row", TWICE),
        settled_below=("Over, and said anew, when so far below", "points", OURS),
        pain_memory_days=("What was usual is the mean of the last", "days", OURS),
        due_days=("What need not be seen the same day, within", "days", OURS),
    ),
    _group(
        "Silence",
        silence_days=("Call after silence of", "days", OURS),
        silence_questions=("Call after unanswered questions", "in a row", OURS),
        silence_pause_days=("Pause texts after silence of", "days", OURS),
    ),
    _group(
        "Danger",
        escalate_minutes=("Tell whoever stands in when nobody looked for", "minutes", OURS),
    ),
    _group(
        "Exercises",
        adherence_high=("High from", "% done", DONE),
        adherence_middle=("Middle from", "% done", OURS),
        response_needed=("No band below", "% answered", OURS),
        plan_size=("Say something above", "exercises", FEW),
    ),
    _group(
        "Texts",
        bare_number_hours=("A bare number answers a question for", "hours", OURS),
        answer_hours=("Any answer belongs to a question for", "hours", OURS),
        exercise_stale_hours=("Drop an exercise reminder later than", "hours", OURS),
        question_stale_hours=("Drop a pain question later than", "hours", OURS),
        snooze_hours=("After LATER without a time, remind once more in", "hours", OURS),
        stop_line_days=("Say again how to stop texts after", "days", OURS),
    ),
)

WORDS = {one.name: one for group in GROUPS for one in group.numbers}


def is_within(name: str, typed: str) -> bool:
    """Whether what was typed is a whole number this one may be."""
    low, high = BOUNDS[name]
    return typed.isascii() and typed.isdecimal() and len(typed) < 5 and low <= int(typed) <= high


def bounds_sentence(name: str) -> str:
    """What is said where a number is not one it may be."""
    low, high = BOUNDS[name]
    return f"{WORDS[name].label} must be {low} to {high}."
