"""What a client says on their own page: the same consequences as when they text it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from care import occurrences
from care.attention import raise_item
from care.calendar_feeds import revoke_feeds
from care.client_day import Turn, newest_web_rating
from care.client_links import revoke_links
from care.consent import has_texting_consent
from care.holding import hold_texts
from care.languages import LANGUAGES
from care.models import (
    AnswerSource,
    Assignment,
    AttentionItem,
    AttentionKind,
    Client,
    ClientLink,
    ConsentSource,
    Exercise,
    NumberState,
    Occurrence,
    OccurrenceStatus,
    Practice,
    Question,
    QuestionStatus,
    RatingSource,
    ReminderKind,
)
from care.ratings import record_rating, supersede
from care.recurrence import today_in
from care.withdrawal import withdraw_texts
from reminders import replies
from reminders.alerting import alert
from reminders.opting import stop_texts
from reminders.outbox import owe
from reminders.questions import PAIN, Ledger, note_exercises, note_rating
from reminders.safety import CALL_IN_PRIVATE, UNSAFE, safety_text
from reminders.silence import heard
from reminders.watching import watch_ratings

LONGEST_WORDS = 500


class Trouble(StrEnum):
    """Why an exercise did not work."""

    PAIN = "pain"
    TIME = "time"
    UNSURE = "unsure"
    OTHER = "other"


# What a person reads of it; having no time needs nobody.
TROUBLES = {
    Trouble.PAIN: "It was too painful",
    Trouble.UNSURE: "They are not sure how to do it",
    Trouble.OTHER: "It did not work",
}


@dataclass(frozen=True)
class Said:
    """What the page says back: the key of a safety text, where the client must read one."""

    safety_key: str | None = None


def mark_done(session: Session, client: Client, turn: Turn, now: datetime) -> None:
    """Twice is harmless, and the first time stays on record."""
    if turn.occurrence.status is not OccurrenceStatus.DONE:
        _answer(session, client, turn.occurrence, OccurrenceStatus.DONE, now)


def take_back(session: Session, turn: Turn, now: datetime) -> None:
    """As if nothing had been said of it; it waits again, if it still can be answered."""
    if not turn.can_be_changed:
        return
    occurrences.unanswer(turn.occurrence, now)
    session.flush()


def mark_not_done(
    session: Session,
    practice: Practice,
    client: Client,
    turn: Turn,
    trouble: Trouble,
    words: str,
    now: datetime,
) -> Said:
    """It did not work: skipped, and where that needs a person, on their list. Words are read for danger."""
    _answer(session, client, turn.occurrence, OccurrenceStatus.SKIPPED, now)
    words = " ".join(words.split())[:LONGEST_WORDS]
    if trouble is not Trouble.TIME and (words or trouble is not Trouble.OTHER):
        what = f"{TROUBLES[trouble]}: {_exercise_name(session, turn.occurrence)}."
        _tell(session, practice, client, AttentionKind.QUESTION, "page", now, _quoting(what, words))
    return _look_for_danger(session, practice, client, words, now)


def rate(
    session: Session,
    practice: Practice,
    client: Client,
    score: int,
    now: datetime,
    *,
    known_id: int,
    is_change: bool,
) -> Said:
    """Record the pain they chose. `known_id` is the newest rating their page knew of, 0 for none: where
    there is a newer one, the form came twice, and it counts once.
    """
    before = newest_web_rating(session, client, now)
    is_correction = before is not None and (is_change or before.id != known_id)
    if before is not None and is_correction and before.score == score:
        return Said()
    ledger = _ledger(session, client, now)
    question = ledger.number if not is_correction else None
    if question is not None:
        note_rating(ledger, question, now)
    rating = record_rating(
        session,
        client,
        score,
        source=RatingSource.WEB,
        at=now,
        question=question,
    )
    rating.is_late = question is not None and now > question.bare_until
    if before is not None and is_correction:
        rating.question_id, rating.is_late = before.question_id, before.is_late
        supersede(session, before, rating)
    heard(session, client, now)
    session.flush()
    seen = watch_ratings(session, practice, client, now)
    if not seen.is_urgent:
        return Said()
    return Said("high_pain" if seen.is_waiting else "high_pain_known")


def speak(session: Session, client: Client, language: str) -> None:
    """The language of their page, their texts and their sheet, where we speak it."""
    if language in LANGUAGES:
        client.language = language
        session.flush()


def stop(session: Session, client: Client, now: datetime) -> None:
    """No more texts to their phone, as if they had texted STOP."""
    if client.phone_hash is not None:
        stop_texts(session, client.practice_id, client.phone_hash, ConsentSource.WEB, now)


def not_me(session: Session, practice: Practice, client: Client, now: datetime) -> None:
    """Somebody else has the phone: no text more, no page more, and staff learn of it."""
    client.number_state = NumberState.WRONG
    withdraw_texts(session, client.id, "wrong_number")
    revoke_links(session, client, now)
    revoke_feeds(session, client, now)
    _tell(
        session,
        practice,
        client,
        AttentionKind.WRONG_NUMBER,
        "wrong_number",
        now,
        "They said so on the page.",
    )


def owe_new_link(
    session: Session, practice: Practice, client: Client, link: ClientLink, public_url: str, now: datetime
) -> None:
    """Text the client's link to the phone on file, at most once on a day of theirs; nobody else's number
    can be given. Whoever may not be texted gets none.
    """
    if client.number_state is not NumberState.OK or not has_texting_consent(session, client):
        return
    owe(
        session,
        practice.id,
        ReminderKind.ANSWER,
        "own_page",
        now,
        dedupe_key=f"own_page:{client.id}:{today_in(client.timezone, now):%Y-%m-%d}",
        client=client,
        params={"link": f"{public_url}/c/{link.token}"},
    )


def _answer(
    session: Session, client: Client, occurrence: Occurrence, status: OccurrenceStatus, now: datetime
) -> None:
    occurrences.answer(session, [occurrence], status, now, AnswerSource.WEB)
    question = _ledger(session, client, now).exercises
    if question is not None:
        note_exercises(question, now)
    heard(session, client, now)
    session.flush()


def _ledger(session: Session, client: Client, now: datetime) -> Ledger:
    """What the client was asked and may still answer, as it is known when they text."""
    awaits_number = and_(
        Question.status == QuestionStatus.ANSWERED, Question.invites_rating, Question.context != PAIN
    )
    questions = session.scalars(
        select(Question)
        .where(
            Question.client_id == client.id,
            Question.asked_at <= now,
            Question.closes_at > now,
            or_(Question.status == QuestionStatus.OPEN, awaits_number),
        )
        .order_by(Question.asked_at.desc(), Question.id.desc())
    )
    return Ledger(questions.all(), now)


def _look_for_danger(session: Session, practice: Practice, client: Client, words: str, now: datetime) -> Said:
    """What the typed words mean, by the same reader; the safety text stands on the page at once."""
    reading = replies.read_reply(words, "none", client.language) if words else None
    if reading is None or not (reading.flags or "red_flag" in reading.intents):
        return Said()
    what = CALL_IN_PRIVATE if UNSAFE in reading.flags else _quoting("On their page.", words)
    item = _tell(session, practice, client, AttentionKind.RED_FLAG, "red_flag", now, what, reading.flags)
    hold_texts(session, client, item, now)
    alert(session, item, now)
    chosen = safety_text(reading.flags)
    return Said(chosen[1] if chosen else None)


def _tell(
    session: Session,
    practice: Practice,
    client: Client,
    kind: AttentionKind,
    cause: str,
    now: datetime,
    what: str,
    groups: frozenset[str] = frozenset(),
) -> AttentionItem:
    return raise_item(
        session,
        practice.id,
        kind,
        f"{cause}:{client.id}",
        now,
        client_id=client.id,
        owner_id=client.therapist_id,
        details={"what": what, "source": "web"} | ({"groups": sorted(groups)} if groups else {}),
    )


def _quoting(what: str, words: str) -> str:
    return f'{what} They wrote: "{words}"' if words else what


def _exercise_name(session: Session, occurrence: Occurrence) -> str:
    name = session.scalar(
        select(Exercise.name)
        .join(Assignment, Assignment.exercise_id == Exercise.id)
        .where(Assignment.id == occurrence.assignment_id)
    )
    return name or "exercise"
