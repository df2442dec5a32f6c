"""What every table shares: column types that refuse the ambiguous, and the practice each row belongs to."""

import enum
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Date, DateTime, Dialect, Enum, ForeignKey, MetaData, Numeric, String, Time
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from care.tokens import new_token


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Naive values are refused on the way in; what comes back is aware and in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant needs a time zone; this one has none.")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """SQLite hands over the text we wrote, read here in one step: a batch reads thousands."""
        return _read_instant if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _read_instant(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(f"{stored}+00:00")


class Score(TypeDecorator[float]):
    """A number on a clinical scale, kept to hundredths. 0 is a value; None is no answer."""

    impl = Numeric(6, 2, asdecimal=True)
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(str(round(value, 2)))

    def process_result_value(self, value: Decimal | None, dialect: Dialect) -> float | None:
        return None if value is None else float(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], float | None] | None:
        """SQLite hands over a number, which is no decimal to begin with."""
        return _read_score if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _read_score(stored: float | None) -> float | None:
    return None if stored is None else float(round(stored, 2))


def _values(members: type[enum.Enum]) -> list[str]:
    return [member.value for member in members]


class Base(DeclarativeBase):
    """Constraint names are fixed, so migrations read the same on SQLite and PostgreSQL."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it off the class)
        datetime: UtcDateTime,
        date: Date,
        time: Time,
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[int]: JSON,
        list[list[int]]: JSON,
        list[dict[str, Any]]: JSON,
        enum.StrEnum: Enum(
            enum.StrEnum, native_enum=False, create_constraint=False, length=24, values_callable=_values
        ),
    }


class InPractice:
    """Every row belongs to one practice, and every query names it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    practice_id: Mapped[int] = mapped_column(ForeignKey("practice.id", ondelete="CASCADE"), index=True)


class Referenced:
    """A row that is named outside the house, by a token nobody can guess."""

    token: Mapped[str] = mapped_column(String(32), unique=True, default=new_token)
