"""What a client was given to do at home, and when we ask how it goes."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from care.models.base import Base, InPractice
from care.models.library import Exercise
from care.sealed_fields import Sealed, SealedJson


class PlanStatus(StrEnum):
    ACTIVE = "active"
    ENDED = "ended"


class AssignmentStatus(StrEnum):
    ACTIVE = "active"
    ENDED = "ended"


class Side(StrEnum):
    BOTH = "both"
    LEFT = "left"
    RIGHT = "right"


class FollowUpKind(StrEnum):
    PAIN_QUESTION = "pain_question"
    MESSAGE = "message"
    VISIT_REMINDER = "visit_reminder"
    CALL_TASK = "call_task"


class FollowUpAnchor(StrEnum):
    """What the days are counted from. A follow-up on a visit moves when the visit moves."""

    VISIT = "visit"
    DATE = "date"


class FollowUpStatus(StrEnum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class Plan(InPractice, Base):
    """One version of a client's home care. A change ends it and begins the next; history stays."""

    __tablename__ = "plan"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    episode_id: Mapped[int | None] = mapped_column(ForeignKey("episode.id", ondelete="SET NULL"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id", ondelete="SET NULL"))
    version: Mapped[int]
    status: Mapped[PlanStatus] = mapped_column(default=PlanStatus.ACTIVE)
    note: Mapped[str] = mapped_column(Sealed, default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Assignment(InPractice, Base):
    """One exercise given to one client: its dose and its schedule.

    The schedule is the client's wall clock: `times` as "HH:MM" on `weekdays` (0 is Monday), or
    every `every_days` days counted from `starts_on`, through `ends_on`. A pause is inclusive.
    Occurrences before `planned_until` exist already; a change sets it back to None.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        Index(
            "ix_assignment_to_plan",
            "planned_until",
            sqlite_where=text("status = 'active'"),
            postgresql_where=text("status = 'active'"),
        ),
    )

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    exercise_id: Mapped[int] = mapped_column(ForeignKey("exercise.id"))
    position: Mapped[int]
    sets: Mapped[int]
    reps: Mapped[int]
    hold_seconds: Mapped[int]
    duration_seconds: Mapped[int]
    side: Mapped[Side]
    load: Mapped[str] = mapped_column(String(60), default="")
    note: Mapped[str] = mapped_column(Sealed(300), default="")
    weekdays: Mapped[list[int]] = mapped_column(default=list)
    every_days: Mapped[int | None]
    times: Mapped[list[str]]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    is_reminded: Mapped[bool] = mapped_column(default=True)
    paused_from: Mapped[date | None]
    paused_until: Mapped[date | None]
    status: Mapped[AssignmentStatus] = mapped_column(default=AssignmentStatus.ACTIVE)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(120))
    planned_until: Mapped[datetime | None]

    exercise: Mapped[Exercise] = relationship(lazy="raise")


class CosignStatus(StrEnum):
    """Withdrawn: it was asked for anew, or taken out, before anybody decided."""

    WAITING = "waiting"
    SIGNED = "signed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Cosign(InPractice, Base):
    """One exercise that waits for a colleague, since it is outside of what its giver may give alone.

    Until it is signed it is no part of the plan: not texted, not due, not on the client's page. `wanted` is
    its dose and schedule as `care.cosigning` writes them; `plan_id` the version it was asked for with.
    """

    __tablename__ = "cosign"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    exercise_id: Mapped[int] = mapped_column(ForeignKey("exercise.id"))
    wanted: Mapped[dict[str, Any]] = mapped_column(SealedJson, default=dict)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    signer_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    status: Mapped[CosignStatus] = mapped_column(default=CosignStatus.WAITING)
    reason: Mapped[str] = mapped_column(Sealed(200), default="")
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]

    exercise: Mapped[Exercise] = relationship(lazy="raise")


class FollowUp(InPractice, Base):
    """A dated check on how the client is: a question, a message, a visit reminder, or a call for staff.

    Due on `due_on` (anchor `date`) or `days` after the visit (`-1` is the day before), at
    `at_time` on the client's clock; with `every_days`, again and again through `ends_on`. Whoever added
    it said that the `health_words` in its body may be texted.
    """

    __tablename__ = "follow_up"
    __table_args__ = (
        Index(
            "ix_follow_up_to_plan",
            "planned_until",
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id", ondelete="SET NULL"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id", ondelete="CASCADE"), index=True)
    kind: Mapped[FollowUpKind]
    anchor: Mapped[FollowUpAnchor]
    due_on: Mapped[date | None]
    days: Mapped[int] = mapped_column(default=0)
    at_time: Mapped[time]
    every_days: Mapped[int | None]
    ends_on: Mapped[date | None]
    body: Mapped[str] = mapped_column(Sealed(320), default="")
    health_words: Mapped[list[str]] = mapped_column(SealedJson, default=list, server_default="[]")
    planned_until: Mapped[datetime | None]
    status: Mapped[FollowUpStatus] = mapped_column(default=FollowUpStatus.OPEN)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]
