"""All that stands on a client's own page, in words: for the client, and for staff who look at it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from care.client_day import ClientDay, client_day
from care.languages import LANGUAGES, Say, dated_for_client, own_name
from care.models import Client, ClientStatus, Rating
from care.own_progress import progress_of
from care.pausing import PAUSED_FOR_SILENCE
from care.plans import is_running_on
from care.recurrence import today_in
from care.saying import number_in_words
from care.sheet_facts import sheet_facts
from reminders.wording import client_text
from web.client_words import language_of, sayer, visit_in_words
from web.exercise_words import EarlierWords, ExerciseWords, due_exercise, earlier_day, other_exercise
from web.pause_words import pause_in_words

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


@dataclass(frozen=True)
class Sheet:
    """`exercises` are due today, `others` are not. `pause` says why no texts come, and how they go on.
    `known_id` is the newest rating from the page, whatever
    the page shows.
    """

    client: Client
    language: str
    say: Say
    heading: str
    lead: str
    pause: list[str]
    is_held: bool
    exercises: list[ExerciseWords]
    earlier: list[EarlierWords]
    others: list[ExerciseWords]
    is_all_told: bool
    next_visit: str
    rating: Rating | None
    known_id: int
    gets_texts: bool
    calendar: str
    progress: list[str]
    languages: list[tuple[str, str]]

    @property
    def has_plan(self) -> bool:
        return bool(self.exercises or self.others)

    @property
    def pain_resumes(self) -> bool:
        """Whether telling how their pain is brings the texts back."""
        return bool(self.pause) and self.gets_texts and self.client.pause_reason == PAUSED_FOR_SILENCE

    @property
    def places(self) -> set[str]:
        """Where on the page something can be tapped that answers there."""
        shown = [*self.exercises, *(one for day in self.earlier for one in day.exercises)]
        return {"pain", "calendar", "end", *(turn.place for one in shown for turn in one.turns)}

    @property
    def score(self) -> int | None:
        return int(self.rating.score) if self.rating is not None else None


def sheet_of(session: Session, client: Client, now: datetime, public_url: str = "") -> Sheet:
    """`public_url` is what the address of their calendar begins with."""
    language, say = language_of(client), sayer(client, client.practice)
    day = client_day(session, client, now)
    is_held = client.texts_held_at is not None
    beside = sheet_facts(session, client, now)
    count, today = len(day.exercises), today_in(client.timezone, now)
    pause = _pause(client, day, now, gets_texts=beside.gets_texts)
    return Sheet(
        client=client,
        language=language,
        say=say,
        heading=say("hello", count=count) if count else say("hello_none"),
        lead=_lead(day, today, say, is_held=is_held, is_paused=bool(pause)),
        pause=pause,
        is_held=is_held,
        exercises=[due_exercise(one, language, say) for one in day.exercises],
        earlier=[earlier_day(one, today, language, say) for one in day.earlier],
        others=[other_exercise(one, today, language, say) for one in day.others],
        is_all_told=bool(count) and day.is_all_answered,
        next_visit=say("next_visit", when=visit_in_words(beside.next_visit, client, language, now))
        if beside.next_visit
        else "",
        rating=day.rating,
        known_id=day.known_id,
        gets_texts=beside.gets_texts,
        progress=_progress(session, client, now, language, say),
        languages=[(code, own_name(code)) for code in LANGUAGES if code != language],
        calendar=f"{public_url}/calendar/{beside.feed.token}.ics" if beside.feed else "",
    )


def _lead(day: ClientDay, today: date, say: Say, *, is_held: bool, is_paused: bool) -> str:
    """Nothing is said not to be due in a pause, as what is said of the pause says more, nor while today's
    exercises are still to be laid out, as in the minute after it.
    """
    if is_held:
        return ""
    if day.exercises:
        return say("minutes", count=day.minutes)
    if not day.others:
        return say("no_plan")
    comes_today = any(one.next_at is not None and one.next_at.date() == today for one in day.others)
    stop = say("paper_stop")
    return stop if is_paused or comes_today else f"{say('nothing_today')} {stop}"


def _pause(client: Client, day: ClientDay, now: datetime, *, gets_texts: bool) -> list[str]:
    """Nothing where exercises are held, or the client was discharged: that goes before."""
    if client.texts_held_at is not None or client.status is ClientStatus.DISCHARGED:
        return []
    today = today_in(client.timezone, now)
    may_exercise = any(is_running_on(one, today) for one in day.assignments)
    language, say = language_of(client), sayer(client, client.practice)
    return pause_in_words(client, today, language, say, gets_texts=gets_texts, may_exercise=may_exercise)


def _progress(session: Session, client: Client, now: datetime, language: str, say: Say) -> list[str]:
    """What there is to say; of a week without anything done, nothing."""
    progress = progress_of(session, client, now)
    said = []
    if progress.days_done:
        said.append(say("progress_days", count=progress.days_done))
    if progress.pain is not None:
        then, latest = number_in_words(progress.pain.first), number_in_words(progress.pain.newest)
        day = dated_for_client(progress.pain.first_on, language, today_in(client.timezone, now))
        said.append(say("progress_pain", then=then, day=day, latest=latest))
    return said


def safety_words(key: str, score: int | None, client: Client) -> str:
    """The text as it would be texted; nothing for a key that is none, or a score that is not known."""
    if key not in SAFETY_KEYS or (score is None and key.startswith("high_pain") and key != "high_pain_words"):
        return ""
    shown = number_in_words(score) if score is not None else ""
    return client_text(key, client, client.practice, score=shown)
