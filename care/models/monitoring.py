"""Remote monitoring counted for US practices: since when, and the minutes staff spent on it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from care.models.base import Base, InPractice
from care.sealed_fields import Sealed


class Monitoring(InPractice, Base):
    """One stretch of remote monitoring, from the client's own day on which it was set up and taught.

    `agreement` says how the client agreed to it. A client has one that runs at most.
    """

    __tablename__ = "monitoring"
    __table_args__ = (
        Index(
            "uq_monitoring_running",
            "client_id",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
    )

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    started_on: Mapped[date]
    ended_on: Mapped[date | None]
    agreement: Mapped[str] = mapped_column(Sealed(200))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime]


class MonitoringMinutes(InPractice, Base):
    """Time one person spent on a client's monitoring. Append-only: a correction is another row.

    `replaces_id` is the row it stands in for, with the `reason`; one that `is_void` only takes that away.
    `is_live`: the client was talked with in real time. `user_id` spent it, `recorded_by_id` wrote it down.
    """

    __tablename__ = "monitoring_minutes"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index("ix_monitoring_minutes_client_starts", "client_id", "starts_at"),
        Index("uq_monitoring_minutes_replaces", "replaces_id", unique=True),
    )

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    activity: Mapped[str] = mapped_column(String(24))
    note: Mapped[str] = mapped_column(Sealed(200), default="", server_default="")
    is_live: Mapped[bool] = mapped_column(default=False, server_default=false())
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("monitoring_minutes.id", ondelete="CASCADE"))
    is_void: Mapped[bool] = mapped_column(default=False, server_default=false())
    reason: Mapped[str] = mapped_column(Sealed(200), default="", server_default="")
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime]
