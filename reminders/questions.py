"""Open questions: which one an answer belongs to, how a text is read against them, and when one closes.

The rules are told in docs/replies.md, "Which question an answer belongs to".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, select, update
from sqlalchemy.orm import Session

from care.models import Client, Question, QuestionStatus
from reminders import replies
from reminders.given import table_of
from reminders.inbound_rows import AnyQuestion, Asked
from reminders.incoming import read_message

PAIN, EXERCISES = "pain_prompt", "exercise_prompt"
_QUESTIONS = table_of(Question)
_ANSWERED = update(_QUESTIONS).where(_QUESTIONS.c.id == bindparam("question"))


@dataclass(frozen=True)
class Ledger:
    """One client's open questions at a moment, the newest first."""

    questions: Sequence[AnyQuestion]
    now: datetime

    @property
    def asking(self) -> AnyQuestion | None:
        """The newest that still waits for what it asked, within the hours of a bare number."""
        return next((one for one in self._in_time() if _awaits(one)), None)

    @property
    def context(self) -> str:
        """What the reader is told was asked."""
        return self.asking.context if self.asking else "none"

    @property
    def number(self) -> AnyQuestion | None:
        """The newest that has no number yet: a rating belongs to it, a late one too."""
        return next((one for one in self.questions if one.invites_rating), None)

    @property
    def takes_bare_number(self) -> bool:
        return self.number is not None and self.now <= self.number.bare_until

    @property
    def exercises(self) -> AnyQuestion | None:
        """The newest about exercises, one without an answer first: DONE belongs to it, hours later too."""
        found = [one for one in self.questions if one.context != PAIN]
        return next((one for one in found if _awaits(one)), found[0] if found else None)

    def belongs_to(self, reading: replies.Reply) -> AnyQuestion | None:
        """The question this reading answers; the newest open one when it answers none."""
        intents = set(reading.intents)
        if "rating" in intents and self.number is not None:
            return self.number
        if intents & {"done", "skipped", "snooze"} and self.exercises is not None:
            return self.exercises
        return self.questions[0] if self.questions else None

    def _in_time(self) -> list[AnyQuestion]:
        return [one for one in self.questions if self.now <= one.bare_until]


def open_question(session: Session, client: Client, now: datetime) -> Question | None:
    """The newest question that still waits for its main answer."""
    return session.scalar(
        select(Question)
        .where(
            Question.client_id == client.id,
            Question.status == QuestionStatus.OPEN,
            Question.asked_at <= now,
            Question.closes_at > now,
        )
        .order_by(Question.asked_at.desc(), Question.id.desc())
        .limit(1)
    )


def _awaits(question: AnyQuestion) -> bool:
    """Whether it lacks its main answer: the number, or whether the exercises were done."""
    return question.status is QuestionStatus.OPEN


def read_against(
    ledger: Ledger, said: str, language: str, opt_out_type: str | None
) -> tuple[replies.Reply, str]:
    """What the text means, and the context it was read in.

    After DONE its reminder still takes a bare number, but nothing else is expected any more ("thanks!").
    A second bare number after the first is not recorded: nothing is open for it.
    """
    context = ledger.context
    reading = read_message(said, context, language, opt_out_type)
    if reading.rating is not None and not ledger.takes_bare_number:
        alone = reading if context == "none" else read_message(said, "none", language, opt_out_type)
        return (reading, context) if alone.rating is not None else (alone, "none")
    if context == "none" and reading.clarify and ledger.takes_bare_number:
        number = read_message(said, PAIN, language, opt_out_type)
        if number.intents == ("rating",):
            return number, EXERCISES
    return reading, context


def note_rating(ledger: Ledger, question: AnyQuestion, now: datetime) -> None:
    """The question has its number. Older ones that asked for one too are overtaken: that moment is past."""
    _note_number(question, now)
    for older in ledger.questions:
        if older is not question and older.invites_rating and older.asked_at <= question.asked_at:
            _overtake(older, now)


def note_exercises(question: AnyQuestion, now: datetime) -> None:
    """The question has its DONE or SKIP; a number that it invites may still come."""
    question.answered_at = question.answered_at or now
    question.status = QuestionStatus.ANSWERED


def _note_number(question: AnyQuestion, now: datetime) -> None:
    """A question about exercises goes on waiting for DONE."""
    question.answered_at = question.answered_at or now
    question.invites_rating = False
    if question.context == PAIN:
        question.status = QuestionStatus.ANSWERED


def _overtake(older: AnyQuestion, now: datetime) -> None:
    """One that was asked again has its answer now; one that was not has none, which is no zero."""
    if older.clarified_at is not None:
        _note_number(older, now)
        return
    older.invites_rating = False
    if older.context == PAIN:
        older.status = QuestionStatus.EXPIRED


def store_answered(connection: Connection, ledger: Ledger) -> None:
    """Write down what answers changed of questions that were read as plain rows."""
    for one in ledger.questions:
        if isinstance(one, Asked) and one.answered != one.stored:
            status, invites_rating, answered_at, clarified_at = one.stored = one.answered
            row = {
                "question": one.id,
                "status": status,
                "invites_rating": invites_rating,
                "answered_at": answered_at,
                "clarified_at": clarified_at,
            }
            connection.execute(_ANSWERED, row)


def expire_questions(session: Session, now: datetime, practice_ids: Sequence[int]) -> int:
    """Close questions nobody answered in time. No answer is not zero and not missed.

    One that got half of what it asked (the number, and no DONE) counts as answered.
    """
    half_answered = Question.answered_at.is_not(None)
    status = case((half_answered, QuestionStatus.ANSWERED.value), else_=QuestionStatus.EXPIRED.value)
    closed = session.execute(
        update(Question)
        .where(
            Question.status == QuestionStatus.OPEN,
            Question.closes_at <= now,
            # "+ 0" keeps SQLite from walking through all a practice ever had instead of what is open.
            (Question.practice_id + 0).in_(practice_ids),
        )
        .values(status=status)
        .execution_options(synchronize_session=False)
    )
    return int(closed.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it
