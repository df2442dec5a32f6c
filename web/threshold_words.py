"""The clinical numbers as the settings page names them, each with where its default comes from."""

from dataclasses import dataclass


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


OURS = "Our choice; no study sets it."
CHANGE = "2 points or 30 % is the common important change (Ostelo 2008, Spine; Farrar 2001, Pain 94:149)."
BANDS = "A convention: none 0, mild 1 to 3, moderate 4 to 6, severe 7 to 10."
MEAN = "A 7-day mean needs ratings on 4 of the days (Griffiths 2022, PMID 35930136)."
DONE = "80 % is the most used cut-off (Bailey 2018, 86 studies)."

GROUPS = (
    Group(
        "Pain",
        (
            ThresholdWords("mcid_points", "Change that matters", "points", CHANGE),
            ThresholdWords("mcid_percent", "Change that matters, in percent", "%", CHANGE),
            ThresholdWords("mild_from", "Mild from", "of 10", BANDS),
            ThresholdWords("moderate_from", "Moderate from", "of 10", BANDS),
            ThresholdWords("severe_from", "Severe from", "of 10", BANDS),
            ThresholdWords("high_pain", "A person looks from", "of 10", OURS),
            ThresholdWords("urgent_pain", "The same day from", "of 10", OURS),
            ThresholdWords("pain_rise", "Rise on the baseline that needs a person", "points", OURS),
            ThresholdWords(
                "ease_off_above",
                "Pain during exercise that is acceptable, up to",
                "of 10",
                "Acceptable if gone next morning (Silbernagel 2007).",
            ),
        ),
    ),
    Group(
        "Baseline and means",
        (
            ThresholdWords("baseline_days", "Days that make the baseline", "days", OURS),
            ThresholdWords("mean_days", "Days in a mean", "days", MEAN),
            ThresholdWords("mean_days_needed", "Days with a rating a mean needs", "days", MEAN),
        ),
    ),
    Group(
        "Exercises and answers",
        (
            ThresholdWords("adherence_high", "High from", "% done", DONE),
            ThresholdWords("adherence_middle", "Middle from", "% done", OURS),
            ThresholdWords("response_needed", "No band below", "% answered", OURS),
            ThresholdWords("silence_days", "Call after silence of", "days", OURS),
            ThresholdWords("silence_questions", "Call after unanswered questions", "in a row", OURS),
            ThresholdWords(
                "plan_size",
                "Say something above",
                "exercises",
                "More than 4 exercises get done less (Bachmann 2018, doi 10.1055/s-0043-120527).",
            ),
        ),
    ),
    Group(
        "Texts",
        (
            ThresholdWords("bare_number_hours", "A bare number answers a question for", "hours", OURS),
            ThresholdWords("answer_hours", "Any answer belongs to a question for", "hours", OURS),
            ThresholdWords("exercise_stale_hours", "Drop an exercise reminder later than", "hours", OURS),
            ThresholdWords("question_stale_hours", "Drop a pain question later than", "hours", OURS),
        ),
    ),
)
