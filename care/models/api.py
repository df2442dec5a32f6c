"""Other programs: those that act for a user and what they did once, and those that are told of events."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from care.models.base import Base, InPractice, Referenced
from care.sealed_fields import SealedJson


class ApiToken(InPractice, Base):
    """A key by which a program acts for a user, within `scopes`. The row keeps only its hash."""

    __tablename__ = "api_token"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ApiCall(InPractice, Base):
    """A call that named an idempotency key, with its answer: sent again, it acts no second time."""

    __tablename__ = "api_call"
    __table_args__ = (UniqueConstraint("token_id", "key"),)

    token_id: Mapped[int] = mapped_column(ForeignKey("api_token.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    answer: Mapped[dict[str, Any]] = mapped_column(SealedJson)
    at: Mapped[datetime] = mapped_column(index=True)


class HookStatus(StrEnum):
    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class EventHook(InPractice, Base):
    """An address that is told of events. `secret` signs what goes there.

    Ratings from `first_rating_id` on concern it; those up to `seen_rating_id` were laid out.
    """

    __tablename__ = "event_hook"

    url: Mapped[str] = mapped_column(String(500))
    secret: Mapped[str] = mapped_column(String(80))
    events: Mapped[list[str]]
    seen_rating_id: Mapped[int]
    first_rating_id: Mapped[int]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(String(32), default="")


class HookDelivery(Referenced, InPractice, Base):
    """One event on its way to one address; its token is the id that the receiver tells repeats by."""

    __tablename__ = "hook_delivery"
    __table_args__ = (
        UniqueConstraint("hook_id", "event", "cause_key"),
        Index(
            "ix_hook_delivery_due",
            "send_at",
            sqlite_where=text("status IN ('planned', 'sending')"),
            postgresql_where=text("status IN ('planned', 'sending')"),
        ),
    )

    hook_id: Mapped[int] = mapped_column(ForeignKey("event_hook.id", ondelete="CASCADE"))
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    event: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int]
    cause_key: Mapped[str] = mapped_column(String(48))
    status: Mapped[HookStatus] = mapped_column(default=HookStatus.PLANNED)
    attempts: Mapped[int] = mapped_column(default=0)
    answered: Mapped[str] = mapped_column(String(32), default="")
    happened_at: Mapped[datetime]
    send_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
