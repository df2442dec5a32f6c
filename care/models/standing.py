"""How each client stands, and how many texts there were, counted beforehand for pages that show many."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from care.models.base import Base

# Names sort by code point on either database, as they do in Python.
Name = String(125).with_variant(String(125, collation="C"), "postgresql")


class Standing(Base):
    """One active client's line of the caseload, as `care.caseload` makes it of their rows.

    Right from `fresh_from` until before `fresh_until`, when time alone changes it, as long as no
    `StandingChange` names the client. `made_by` says which code made it. The smaller `call_rank`, the sooner
    the client is called. The words of their last message stay where they are: `last_message_id` leads there.
    What is summed up over many stands in columns of its own: exercises and questions of 14 days.
    """

    __tablename__ = "standing"
    __table_args__ = (
        Index("ix_standing_call", "practice_id", "call_rank", "name", "client_id"),
        Index("ix_standing_name", "practice_id", "sort_name", "client_id"),
        Index("ix_standing_from", "fresh_from"),
        Index("ix_standing_until", "fresh_until"),
        # All that is summed up, so that a sum over thousands reads nothing else.
        Index(
            "ix_standing_sums",
            *("practice_id", "therapist_id", "condition", "is_silent"),
            *("done", "partial", "skipped", "unknown", "on_paper", "asked", "answered"),
        ),
    )

    client_id: Mapped[int] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    practice_id: Mapped[int] = mapped_column(ForeignKey("practice.id", ondelete="CASCADE"))
    fresh_from: Mapped[datetime]
    fresh_until: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(Name)
    sort_name: Mapped[str] = mapped_column(Name)
    call_rank: Mapped[int] = mapped_column(BigInteger)
    is_silent: Mapped[bool]
    last_message_id: Mapped[int | None]
    figures: Mapped[dict[str, Any]]
    therapist_id: Mapped[int | None]
    condition: Mapped[str | None] = mapped_column(String(32))
    done: Mapped[int]
    partial: Mapped[int]
    skipped: Mapped[int]
    unknown: Mapped[int]
    on_paper: Mapped[int]
    asked: Mapped[int]
    answered: Mapped[int]


class ExerciseStanding(Base):
    """One exercise of one active client: how often it was due in 14 days, and the ratings of 8 weeks with it.

    `times` holds what counts as due and what does not. Rows lie in the order in which they are summed up.
    """

    __tablename__ = "exercise_standing"
    __table_args__ = ({"sqlite_with_rowid": False},)

    practice_id: Mapped[int] = mapped_column(
        ForeignKey("practice.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    exercise_id: Mapped[int] = mapped_column(
        ForeignKey("exercise.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    client_id: Mapped[int] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    times: Mapped[int]
    done: Mapped[int]
    partial: Mapped[int]
    skipped: Mapped[int]
    unknown: Mapped[int]
    on_paper: Mapped[int]
    ratings: Mapped[int]
    score_sum: Mapped[float]


class StandingChange(Base):
    """Something of this client changed since their standing was made. Triggers write it (`care.marking`).

    Rows are added and taken away, never changed, and nothing is unique: on PostgreSQL two transactions that
    write about the same client must not wait for each other.
    """

    __tablename__ = "standing_change"
    __table_args__ = (Index("ix_standing_change", "practice_id", "client_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    practice_id: Mapped[int]
    client_id: Mapped[int]


class FirstWeeks(Base):
    """How the first twelve weeks of a client's course of care went: a letter each (`care.first_weeks`).

    `began_on` is the day of its first plan, on the client's clock. Of discharged clients too.
    """

    __tablename__ = "first_weeks"
    __table_args__ = (Index("ix_first_weeks_began", "practice_id", "began_on"),)

    client_id: Mapped[int] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    began_on: Mapped[date] = mapped_column(primary_key=True)
    practice_id: Mapped[int] = mapped_column(ForeignKey("practice.id", ondelete="CASCADE"))
    made_by: Mapped[str] = mapped_column(String(16))
    weeks: Mapped[str] = mapped_column(String(12))


class StartDay(Base):
    """The first weeks of all who began on one day, summed up: did, left out and unknown of each week.

    Gone as soon as one of them changes, and right only while `clients` is the number of their rows.
    """

    __tablename__ = "start_day"

    practice_id: Mapped[int] = mapped_column(
        ForeignKey("practice.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    began_on: Mapped[date] = mapped_column(primary_key=True)
    clients: Mapped[int]
    counts: Mapped[list[list[int]]]


class TextDay(Base):
    """The texts of a practice on one day that is over. Gone as soon as one changes (`care.marking`)."""

    __tablename__ = "text_day"

    practice_id: Mapped[int] = mapped_column(
        ForeignKey("practice.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    ends_at: Mapped[datetime] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime]
    sent: Mapped[int]
    failed: Mapped[int]
    received: Mapped[int]
    parts: Mapped[int]
