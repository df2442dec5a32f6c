"""What a client was given to do at home by somebody outside the practice."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from care.models.base import Base, InPractice
from care.sealed_fields import Sealed, SealedJson


class OutsideProgram(InPractice, Base):
    """One provider's home programme as we were told it. It sends no texts and counts in no adherence.

    `exercises` are as `care.program_reading.OutsideExercise` writes them; `precautions` codes of ours or
    the provider's own words, `avoid` what they said not to do. `address` is where it can be read.
    """

    __tablename__ = "outside_program"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = mapped_column(Sealed(120))
    address: Mapped[str] = mapped_column(Sealed(300), default="")
    exercises: Mapped[list[dict[str, Any]]] = mapped_column(SealedJson, default=list)
    precautions: Mapped[list[str]] = mapped_column(SealedJson, default=list)
    avoid: Mapped[list[str]] = mapped_column(SealedJson, default=list)
    received_on: Mapped[date]
    ended_on: Mapped[date | None]
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]
