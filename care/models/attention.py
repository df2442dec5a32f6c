"""What needs a person."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from care.models.base import Base, InPractice
from care.sealed_fields import Sealed, SealedWords

# What an item's `details` say in words of somebody; codes and figures stand beside it.
SAID = ("what", "words")
# Words of ours that tell what a client rated.
TOLD_OF_RATINGS = ("signal", "why")


class AttentionKind(StrEnum):
    RED_FLAG = "red_flag"
    PAIN_RISE = "pain_rise"
    HIGH_PAIN = "high_pain"
    SIGNAL = "signal"
    QUESTION = "question"
    UNREADABLE = "unreadable"
    CALL_TASK = "call_task"
    DELIVERY_FAILURE = "delivery_failure"
    UNSURE_TEXT = "unsure_text"
    OPT_OUT = "opt_out"
    WRONG_NUMBER = "wrong_number"
    SILENCE = "silence"
    COSIGN = "cosign"


class AttentionStatus(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class AttentionItem(InPractice, Base):
    """One cause that needs a person, until a named one has dealt with it.

    One open item per cause: a second message about the same thing joins the first. Put off until
    `snoozed_until`; handed on to others at `escalated_at` because nobody had looked in time.
    """

    __tablename__ = "attention_item"
    __table_args__ = (
        Index(
            "uq_attention_open_cause",
            "practice_id",
            "cause_key",
            unique=True,
            sqlite_where=text("status != 'closed'"),
            postgresql_where=text("status != 'closed'"),
        ),
        Index("ix_attention_practice_status", "practice_id", "status"),
    )

    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    kind: Mapped[AttentionKind]
    cause_key: Mapped[str] = mapped_column(String(80))
    status: Mapped[AttentionStatus] = mapped_column(default=AttentionStatus.OPEN)
    details: Mapped[dict[str, Any]] = mapped_column(SealedWords(*SAID, *TOLD_OF_RATINGS), default=dict)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", ondelete="SET NULL"))
    reminder_id: Mapped[int | None] = mapped_column(ForeignKey("reminder.id", ondelete="SET NULL"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    acknowledged_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    closed_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(Sealed(500), default="")


# Both statuses are named, so that the index of practice and status leads past what was ever closed.
IS_OPEN = or_(
    AttentionItem.status == AttentionStatus.OPEN, AttentionItem.status == AttentionStatus.ACKNOWLEDGED
)
