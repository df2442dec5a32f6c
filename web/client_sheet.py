"""All that stands on a client's own page, in words: for the client, and for staff who look at it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from care.client_day import Turn, client_day
from care.languages import LANGUAGES, Say, day_for_client, own_name
from care.models import Assignment, Client, OccurrenceStatus, Rating
from care.own_progress import progress_of
from care.pictures import is_shown_to_clients, picture_in_words
from care.saying import number_in_words
from care.sheet_facts import sheet_facts
from care.translating import told_in
from reminders.wording import client_text
from web.client_words import (
    clock_in_words,
    credit_of,
    dose_of,
    language_of,
    sayer,
    visit_in_words,
)

# What a form that was sent comes back to say.
SAID = frozenset(
    (
        "done",
        "undone",
        "not_done",
        "person",
        "rated",
        "stopped",
        "again",
        "choose",
        "calendar",
        "calendar_off",
        "language",
    )
)
# The safety texts a page may be asked to show.
SAFETY_KEYS = frozenset(
    (
        "high_pain",
        "high_pain_known",
        "high_pain_words",
        "urgent_emergency",
        "crisis",
        "poison",
        "same_day",
    )
)
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


@dataclass(frozen=True)
class ExerciseWords:
    assignment: Assignment
    name: str
    dose: str
    cue: str
    steps: list[str]
    caution: str
    extra: str
    picture: str
    video: str
    turns: list[TurnWords]


@dataclass(frozen=True)
class Sheet:
    """`known_id` is the newest rating from the page, whatever the page shows."""

    client: Client
    language: str
    say: Say
    heading: str
    lead: str
    is_held: bool
    exercises: list[ExerciseWords]
    is_all_told: bool
    next_visit: str
    rating: Rating | None
    known_id: int
    gets_texts: bool
    calendar: str
    progress: list[str]
    languages: list[tuple[str, str]]

    @property
    def score(self) -> int | None:
        return int(self.rating.score) if self.rating is not None else None


def sheet_of(session: Session, client: Client, now: datetime, public_url: str = "") -> Sheet:
    """`public_url` is what the address of their calendar begins with."""
    language, say = language_of(client), sayer(client, client.practice)
    day = client_day(session, client, now)
    is_held = client.texts_held_at is not None
    beside = sheet_facts(session, client, now)
    count = len(day.exercises)
    if is_held:
        lead = ""
    elif count:
        lead = say("minutes", count=day.minutes)
    else:
        lead = say("nothing_today" if day.has_plan else "no_plan")
    return Sheet(
        client=client,
        language=language,
        say=say,
        heading=say("hello", count=count) if count else say("hello_none"),
        lead=lead,
        is_held=is_held,
        exercises=[_exercise(one.assignment, one.turns, language, say) for one in day.exercises],
        is_all_told=bool(count) and day.is_all_answered,
        next_visit=say("next_visit", when=visit_in_words(beside.next_visit, client, language))
        if beside.next_visit
        else "",
        rating=day.rating,
        known_id=day.known_id,
        gets_texts=beside.gets_texts,
        progress=_progress(session, client, now, language, say),
        languages=[(code, own_name(code)) for code in LANGUAGES if code != language],
        calendar=f"{public_url}/calendar/{beside.feed.token}.ics" if beside.feed else "",
    )


def _progress(session: Session, client: Client, now: datetime, language: str, say: Say) -> list[str]:
    """What there is to say; of a week without anything done, nothing."""
    progress = progress_of(session, client, now)
    said = []
    if progress.days_done:
        said.append(say("progress_days", count=progress.days_done))
    if progress.pain is not None:
        then, latest = number_in_words(progress.pain.first), number_in_words(progress.pain.newest)
        day = day_for_client(progress.pain.first_on, language)
        said.append(say("progress_pain", then=then, day=day, latest=latest))
    return said


def safety_words(key: str, score: int | None, client: Client) -> str:
    """The text as it would be texted; nothing for a key that is none, or a score that is not known."""
    if key not in SAFETY_KEYS or (score is None and key.startswith("high_pain") and key != "high_pain_words"):
        return ""
    shown = number_in_words(score) if score is not None else ""
    return client_text(key, client, client.practice, score=shown)


def _exercise(assignment: Assignment, turns: list[Turn], language: str, say: Say) -> ExerciseWords:
    told = told_in(assignment.exercise, language)
    several = len(turns) > 1
    return ExerciseWords(
        assignment=assignment,
        name=told.name,
        dose=dose_of(assignment, language),
        cue=told.cue,
        steps=list(told.steps),
        caution=told.caution,
        extra=". ".join(part for part in (assignment.load, assignment.note, credit_of(assignment)) if part),
        picture=_picture(assignment, language),
        video=assignment.exercise.video_url,
        turns=[_turn(turn, several, language, say) for turn in turns],
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
