"""The exercises of a client's own page in their words: how they go, when, and what was said of them."""

from dataclasses import dataclass
from datetime import date

from care.client_day import EarlierDay, OtherExercise, TodaysExercise, Turn
from care.languages import Say, dated_for_client, day_for_client
from care.models import Assignment, OccurrenceStatus
from care.pictures import is_shown_to_clients, picture_in_words
from care.plans import is_running_on
from care.recurrence import A_DAY
from care.translating import parts_in_english, told_in
from web.client_words import clock_in_words, credit_of, dose_of

STATES = {
    OccurrenceStatus.DONE: "done",
    OccurrenceStatus.PARTIAL: "partly",
    OccurrenceStatus.SKIPPED: "not_done",
}


@dataclass(frozen=True)
class TurnWords:
    """One time of one exercise: what was said of it, or the buttons that say it."""

    turn: Turn
    state: str
    do: str
    no_good: str

    @property
    def place(self) -> str:
        return place_of(self.turn.occurrence.id)


@dataclass(frozen=True)
class ExerciseWords:
    """`next` is when it comes, for one that is not due today. `in_english` are the parts told in English to a
    client who reads another language.
    """

    assignment: Assignment
    name: str
    dose: str
    cue: str
    steps: list[str]
    caution: str
    in_english: frozenset[str]
    extra: str
    picture: str
    video: str
    turns: list[TurnWords]
    next: str = ""


@dataclass(frozen=True)
class EarlierWords:
    """A day before today, and what can still be answered or changed of it."""

    heading: str
    exercises: list[ExerciseWords]


def place_of(occurrence_id: int) -> str:
    """Where on the page this turn stands."""
    return f"t{occurrence_id}"


def due_exercise(one: TodaysExercise, language: str, say: Say) -> ExerciseWords:
    several = len(one.turns) > 1
    return _exercise(one.assignment, [_turn(turn, several, language, say) for turn in one.turns], language)


def other_exercise(one: OtherExercise, today: date, language: str, say: Say) -> ExerciseWords:
    return _exercise(one.assignment, [], language, _next(one, today, language, say))


def earlier_day(day: EarlierDay, today: date, language: str, say: Say) -> EarlierWords:
    heading = say("yesterday") if day.on == today - A_DAY else day_for_client(day.on, language)
    return EarlierWords(heading, [due_exercise(one, language, say) for one in day.exercises])


def _next(one: OtherExercise, today: date, language: str, say: Say) -> str:
    """By its name while that says enough: tomorrow, Tuesday; then the date. What a therapist paused with no
    end is not to be done meanwhile; where only the texts rest it may.
    """
    at = one.next_at
    if at is None:
        return say("next_paused" if is_running_on(one.assignment, today) else "next_waits")
    match (at.date() - today).days:
        case 0:
            day = say("today")
        case 1:
            day = say("tomorrow")
        case ahead if ahead < 7:
            day = day_for_client(at.date(), language, "whole_weekday_pattern")
        case _:
            day = dated_for_client(at.date(), language, today)
    return say("next_turn", when=say("date_and_time", date=day, time=clock_in_words(at, language)))


def _exercise(
    assignment: Assignment, turns: list[TurnWords], language: str, next_words: str = ""
) -> ExerciseWords:
    told = told_in(assignment.exercise, language)
    return ExerciseWords(
        assignment=assignment,
        name=told.name,
        dose=dose_of(assignment, language),
        cue=told.cue,
        steps=list(told.steps),
        caution=told.caution,
        in_english=parts_in_english(assignment.exercise, language),
        extra=". ".join(part for part in (assignment.load, assignment.note, credit_of(assignment)) if part),
        picture=_picture(assignment, language),
        video=assignment.exercise.video_url,
        turns=turns,
        next=next_words,
    )


def _picture(assignment: Assignment, language: str) -> str:
    """What the picture shows, in words; empty while clients see none."""
    exercise = assignment.exercise
    return picture_in_words(exercise, language) if is_shown_to_clients(exercise) else ""


def _turn(turn: Turn, several: bool, language: str, say: Say) -> TurnWords:
    ending = "_at" if several else ""
    at = clock_in_words(turn.at, language)
    state = STATES.get(turn.occurrence.status)
    return TurnWords(
        turn=turn,
        state=say(f"{state}{ending}", at=at) if state else "",
        do=say(f"did_it{ending}", at=at),
        no_good=say(f"no_good{ending}", at=at),
    )
