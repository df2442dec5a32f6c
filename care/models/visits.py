"""What happened in the room: episodes of care, visits, and the therapist's assessments."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from care.models.base import Base, InPractice, Referenced, Score
from care.sealed_fields import Sealed, SealedJson


class VisitStatus(StrEnum):
    PLANNED = "planned"
    HAPPENED = "happened"
    MISSED = "missed"
    CANCELLED = "cancelled"


class AssessmentStatus(StrEnum):
    DRAFT = "draft"
    COMPLETED = "completed"


class Episode(InPractice, Base):
    """One course of care for one complaint, from its start to its discharge."""

    __tablename__ = "episode"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    complaint: Mapped[str] = mapped_column(Sealed(120))
    condition_category: Mapped[str] = mapped_column(String(32))
    started_on: Mapped[date]
    discharged_on: Mapped[date | None]
    discharge_reason: Mapped[str | None] = mapped_column(Sealed(200))


class Visit(Referenced, InPractice, Base):
    """One session of a client with the therapist. Home care is assigned at its end."""

    __tablename__ = "visit"
    __table_args__ = (Index("ix_visit_practice_starts", "practice_id", "starts_at"),)

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    episode_id: Mapped[int | None] = mapped_column(ForeignKey("episode.id", ondelete="SET NULL"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    starts_at: Mapped[datetime]
    status: Mapped[VisitStatus]
    complaint: Mapped[str] = mapped_column(Sealed(200), default="")
    techniques: Mapped[list[str]] = mapped_column(default=list)
    regions: Mapped[list[str]] = mapped_column(default=list)
    note: Mapped[str] = mapped_column(Sealed, default="")
    confirmed_at: Mapped[datetime | None]


class Draft(InPractice, Base):
    """An After visit form as it was typed, one for each user and client, until it is sent.

    Once sent it is kept for a moment together with what sending did, so that it can be taken back. Saved
    later than sent it is a draft again, typed on in another window.
    """

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("user_id", "client_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    typed: Mapped[dict[str, Any]] = mapped_column(SealedJson)
    saved_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    did: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)


class Assessment(InPractice, Base):
    """The therapist's evaluation. A completed one is frozen together with the brief as it was seen."""

    __tablename__ = "assessment"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    episode_id: Mapped[int | None] = mapped_column(ForeignKey("episode.id", ondelete="SET NULL"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id", ondelete="SET NULL"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    status: Mapped[AssessmentStatus] = mapped_column(default=AssessmentStatus.DRAFT)
    pain: Mapped[float | None] = mapped_column(Score)
    history: Mapped[str] = mapped_column(Sealed, default="")
    findings: Mapped[str] = mapped_column(Sealed, default="")
    impression: Mapped[str] = mapped_column(Sealed, default="")
    next_steps: Mapped[str] = mapped_column(Sealed, default="")
    from_replies: Mapped[list[str]] = mapped_column(default=list)
    brief: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)
    started_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
