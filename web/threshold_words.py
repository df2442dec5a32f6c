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
START = "1 from a start below 5, 2 from 5 to 7, 3 from 8 on (doi 10.1055/a-1304-3677)."
MONITOR = "Up to 5 is acceptable if gone next morning; cut-offs vary in print (Silbernagel 2007)."
ERROR = "Knee flexion has an MDC90 of 6 to 8 degrees (doi 10.1055/s-0036-1593877); these two are our choice."
STRETCHES = "Holds to 60 s for older adults, 2 to 4 of each stretch (ACSM, Garber 2011)."
SETS = "8 to 12 times, 10 to 15 if older or frail, in 1 to 3 sets (ACSM 1998)."
RELEASES = "30 to 120 s for each area (reviews of foam rolling, 2019 and 2020)."
FEW = "More than 4 exercises get done less (Bachmann 2018, doi 10.1055/s-0043-120527)."

GROUPS = (
    _group(
        "What pain means",
        mcid_points=("Change that matters", "points", CHANGE),
        mcid_percent=("Change that matters, in percent", "%", CHANGE),
        mcid_by_baseline=("Let it depend on where pain began", "1 is on, 0 is off", START),
        mcid_low_start=("Then it is, from a start below 5", "points", START),
        mcid_middle_start=("From a start of 5 to 7", "points", START),
        mcid_high_start=("From a start of 8 or more", "points", START),
        mild_from=("Mild from", "of 10", BANDS),
        moderate_from=("Moderate from", "of 10", BANDS),
        severe_from=("Severe from", "of 10", BANDS),
        ease_off_above=("Pain during exercise that is acceptable, up to", "of 10", EASE),
        baseline_days=("Days that make the baseline", "days", OURS),
        mean_days=("Days in a mean", "days", MEAN),
        mean_days_needed=("Days with a rating a mean needs", "days", MEAN),
        slope_span_days=("A slope needs ratings that lie apart", "days", OURS),
        compare_days_needed=("Days with and days without an exercise, to compare them", "of each", OURS),
    ),
    _group(
        "Signals for the next plan",
        signal_green_to=("Pain with an exercise goes on up to", "of 10", MONITOR),
        signal_red_from=("Pain with an exercise is too much from", "of 10", MONITOR),
        signal_rise=("Up on what was usual, on ratings in a row, by", "points", CHANGE),
        signal_back_within=("Back to usual when less above it than", "points", OURS),
        signal_days=("Looked at", "days", OURS),
        signal_days_needed=("Known for at least", "days", OURS),
    ),
    _group(
        "How far an exercise is progressed",
        progress_percent=("One step takes one thing up by", "%", OURS),
        longest_hold=("Longest hold", "seconds", STRETCHES),
        most_holds=("Most holds of a stretch", "holds", STRETCHES),
        most_times=("Most times in a set", "times", SETS),
        most_sets=("Most sets", "sets", SETS),
        longest_release=("Longest for one area", "seconds", RELEASES),
    ),
    _group(
        "Range of motion",
        rom_possible_from=("A possible change from", "degrees", ERROR),
        rom_real_from=("Likely real from", "degrees", ERROR),
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
