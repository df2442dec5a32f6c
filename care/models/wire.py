"""What crossed the wire: messages in and out, and what the provider later said of them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from care.models.base import Base, InPractice
from care.sealed_fields import Sealed
from care.tokens import new_token


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class Message(InPractice, Base):
    """An SMS that crossed the wire, or is about to: an outgoing one is written down before the network.

    `reference` is ours and travels in the callback address; `provider_sid` is the provider's.
    `status_rank` only ever grows (callbacks arrive in any order). `emptied_at`: its words were removed.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("provider_sid"),
        UniqueConstraint("reference"),
        Index("ix_message_client_at", "client_id", "at"),
        Index("ix_message_phone_hash_at", "phone_hash", "at"),
        Index("ix_message_practice_at", "practice_id", "at"),
        Index(
            "ix_message_absent",
            "practice_id",
            "client_id",
            sqlite_where=text("status = 'absent'"),
            postgresql_where=text("status = 'absent'"),
        ),
    )

    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    direction: Mapped[Direction]
    reference: Mapped[str] = mapped_column(String(32), default=new_token)
    provider_sid: Mapped[str | None] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(Sealed(20))
    phone_hash: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Sealed)
    segments: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(String(24))
    status_rank: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[int | None]
    at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    num_media: Mapped[int] = mapped_column(default=0)
    emptied_at: Mapped[datetime | None]

    @property
    def words(self) -> str:
        """What to show: the body, or why there is none any more (`care.retention`)."""
        if self.emptied_at is None:
            return self.body
        return f"(Text removed after {(self.emptied_at - self.at).days} days)"


class MailStatus(StrEnum):
    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Mail(InPractice, Base):
    """An e-mail we owe a user. Like reminders, rows are the queue, and owing one twice changes nothing."""

    __tablename__ = "mail"
    __table_args__ = (
        UniqueConstraint("practice_id", "dedupe_key"),
        Index(
            "ix_mail_due",
            "due_at",
            sqlite_where=text("status IN ('planned', 'sending')"),
            postgresql_where=text("status IN ('planned', 'sending')"),
        ),
    )

    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    to_address: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Sealed)
    dedupe_key: Mapped[str] = mapped_column(String(80))
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    status: Mapped[MailStatus] = mapped_column(default=MailStatus.PLANNED)
    reason: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class DeliveryEvent(Base):
    """One status callback, kept as it came. The same status of the same message counts once."""

    __tablename__ = "delivery_event"
    __table_args__ = (UniqueConstraint("provider_sid", "status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), index=True)
    reference: Mapped[str | None] = mapped_column(String(32))
    provider_sid: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(24))
    error_code: Mapped[int | None]
    received_at: Mapped[datetime]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
