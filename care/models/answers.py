"""What came of a question: its window, the reply as we read it, and the ratings."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from care.models.base import Base, InPractice, Score
from care.models.timing import OccurrenceStatus
from care.sealed_fields import Sealed


class QuestionStatus(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"


class RatingSource(StrEnum):
    TEXT = "text"
    VISIT = "visit"
    WEB = "web"
    PAPER = "paper"


class Question(InPractice, Base):
    """An outgoing text that invites an answer, and how long a bare number answers it.

    `context` is what the reader is told (pain_prompt, exercise_prompt, followup). A bare number
    counts until `bare_until`; one that says it is pain counts until `closes_at`.
    """

    __tablename__ = "question"
    __table_args__ = (
        UniqueConstraint("reminder_id"),
        Index("ix_question_client_asked", "client_id", "asked_at"),
        Index(
            "ix_question_open_closes",
            "closes_at",
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    reminder_id: Mapped[int | None] = mapped_column(ForeignKey("reminder.id", ondelete="SET NULL"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", ondelete="SET NULL"), index=True)
    context: Mapped[str] = mapped_column(String(24))
    invites_rating: Mapped[bool] = mapped_column(default=True)
    asked_at: Mapped[datetime]
    bare_until: Mapped[datetime]
    closes_at: Mapped[datetime]
    status: Mapped[QuestionStatus] = mapped_column(default=QuestionStatus.OPEN)
    answered_at: Mapped[datetime | None]
    clarified_at: Mapped[datetime | None]


class Reply(InPractice, Base):
    """What an incoming message means, in which context it was read, and the rule that said so.

    What was read stays as it was; a person's reading stands beside it, the newest last in `corrections`.
    `did` tells what the message changed beyond answers ("Reminders moved to 7:00pm").
    """

    __tablename__ = "reply"
    __table_args__ = (UniqueConstraint("message_id"),)

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"))
    question_id: Mapped[int | None] = mapped_column(ForeignKey("question.id", ondelete="SET NULL"))
    context: Mapped[str] = mapped_column(String(24))
    intents: Mapped[list[str]]
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)
    flags: Mapped[list[str]] = mapped_column(default=list)
    rating: Mapped[float | None] = mapped_column(Score)
    done_count: Mapped[int | None]
    clarify: Mapped[bool] = mapped_column(default=False)
    did: Mapped[str] = mapped_column(Sealed(200), default="", server_default="")
    corrections: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    confirmed_at: Mapped[datetime | None]
    at: Mapped[datetime]


class Rating(InPractice, Base):
    """Pain from 0 to 10, only when the client gave one. Append-only: a correction supersedes.

    `is_late`: it came after the hours in which a bare number answers, and said that it is pain.
    """

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("score >= 0 AND score <= 10", name="score_on_scale"),
        Index("ix_rating_client_at", "client_id", "at"),
    )

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    score: Mapped[float] = mapped_column(Score)
    label: Mapped[str | None] = mapped_column(String(60))
    recall: Mapped[str] = mapped_column(String(16), default="now")
    source: Mapped[RatingSource]
    at: Mapped[datetime]
    question_id: Mapped[int | None] = mapped_column(ForeignKey("question.id", ondelete="SET NULL"))
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("reply.id", ondelete="CASCADE"), index=True)
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id", ondelete="SET NULL"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    is_late: Mapped[bool] = mapped_column(default=False, server_default=false())
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("rating.id", ondelete="SET NULL"))


class PaperTick(InPractice, Base):
    """What staff read in one box of a client's sheet. Append-only: the newest of an occurrence counts.

    `unknown` is a box left empty. `was` is what an earlier reading of the same box said, None the first time.
    """

    __tablename__ = "paper_tick"
    __table_args__ = (Index("ix_paper_tick_client_at", "client_id", "at"),)

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id", ondelete="CASCADE"), index=True)
    was: Mapped[OccurrenceStatus | None]
    status: Mapped[OccurrenceStatus]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]
