"""When things are due: occurrences of exercises, the reminders we owe, and who keeps time."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from care.models.base import Base, InPractice
from care.sealed_fields import Sealed


class OccurrenceStatus(StrEnum):
    """`cancelled` was never due: a pause, a changed plan. `unknown` had no answer, which is not missed."""

    OPEN = "open"
    DONE = "done"
    PARTIAL = "partial"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class AnswerSource(StrEnum):
    """Where an occurrence's answer came from: a text, the client's own page, or a sheet staff entered."""

    TEXT = "text"
    WEB = "web"
    PAPER = "paper"


class ReminderKind(StrEnum):
    ENROL = "enrol"
    EXERCISE = "exercise"
    PAIN_QUESTION = "pain_question"
    MESSAGE = "message"
    VISIT = "visit"
    NUDGE = "nudge"
    ANSWER = "answer"
    SAFETY = "safety"
    ALERT = "alert"


class ReminderStatus(StrEnum):
    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNSURE = "unsure"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class Occurrence(InPractice, Base):
    """One time an assignment is due. Adherence is counted in these.

    The slot is the client's wall clock, so a change of zone cannot make the same slot due twice.
    It closes as unknown at `closes_at`: 24 hours after it was due or at the next slot.
    `is_on_paper`: the client had no phone, so nothing was asked and the answer stands on their sheet.
    `source` is None until there is an answer; a box left empty on a sheet that was entered is one.
    """

    __tablename__ = "occurrence"
    __table_args__ = (
        UniqueConstraint("assignment_id", "slot_on", "slot_time"),
        Index("ix_occurrence_client_due", "client_id", "due_at"),
        Index(
            "ix_occurrence_open_closes",
            "closes_at",
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"))
    slot_on: Mapped[date]
    slot_time: Mapped[time]
    due_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    status: Mapped[OccurrenceStatus] = mapped_column(default=OccurrenceStatus.OPEN)
    answered_at: Mapped[datetime | None]
    is_on_paper: Mapped[bool] = mapped_column(default=False, server_default=false())
    source: Mapped[AnswerSource | None]
    reminder_id: Mapped[int | None] = mapped_column(
        ForeignKey("reminder.id", ondelete="SET NULL"), index=True
    )
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("reply.id", ondelete="SET NULL"))


class Reminder(InPractice, Base):
    """One thing we owe by SMS. Rows are the queue: what is due is `planned` with `send_at` in the past.

    `dedupe_key` says what it is for (which slot, which follow-up on which day, the answer to which
    message), so planning the same thing twice changes nothing. `text_key` and `params` say what to
    word at the moment of sending; `body` is set for words written by a person. A smaller
    `priority` goes first: a safety text never waits behind a morning of reminders. `looked_at` is
    when the provider was last asked, in vain, for a text in doubt. An alert goes to a user, not to a
    client: "A client needs you".
    """

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("practice_id", "dedupe_key"),
        Index(
            "ix_reminder_due",
            "practice_id",
            "priority",
            "send_at",
            "due_at",
            sqlite_where=text("status = 'planned'"),
            postgresql_where=text("status = 'planned'"),
        ),
        Index(
            "ix_reminder_in_doubt",
            "claimed_at",
            sqlite_where=text("status IN ('sending', 'unsure')"),
            postgresql_where=text("status IN ('sending', 'unsure')"),
        ),
        Index("ix_reminder_client_status", "client_id", "status", "sent_at"),
        Index(
            "ix_reminder_in_reply_to",
            "in_reply_to_id",
            sqlite_where=text("in_reply_to_id IS NOT NULL"),
            postgresql_where=text("in_reply_to_id IS NOT NULL"),
        ),
    )

    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    to_phone: Mapped[str | None] = mapped_column(Sealed(20))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    kind: Mapped[ReminderKind]
    dedupe_key: Mapped[str] = mapped_column(String(80))
    text_key: Mapped[str] = mapped_column(String(32))
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[str | None] = mapped_column(Sealed(1600))
    follow_up_id: Mapped[int | None] = mapped_column(
        ForeignKey("follow_up.id", ondelete="SET NULL"), index=True
    )
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id", ondelete="SET NULL"), index=True)
    in_reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", ondelete="SET NULL"))
    lane: Mapped[int]
    priority: Mapped[int]
    due_at: Mapped[datetime]
    send_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    status: Mapped[ReminderStatus] = mapped_column(default=ReminderStatus.PLANNED)
    reason: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime]


class Lease(Base):
    """Who does a piece of work that only one process should do at a time, and when it last ran."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[datetime]
    renewed_at: Mapped[datetime]
