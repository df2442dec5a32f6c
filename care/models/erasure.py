"""What is left of an entry of a client that is no more: that it was erased, or merged into another."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from care.models.base import Base, InPractice


class Erasure(InPractice, Base):
    """The proof: a number that stands for nobody any more, who did it, why, and how many rows went."""

    __tablename__ = "erasure"

    client_id: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    reason: Mapped[str] = mapped_column(String(24))
    counts: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class ClientMerge(InPractice, Base):
    """Two entries of one client became one: what was of `old_id` is of `kept_id` now.

    `old_token` was its reference in exports; old addresses and references lead on.
    """

    __tablename__ = "client_merge"

    old_id: Mapped[int] = mapped_column(index=True)
    old_token: Mapped[str] = mapped_column(String(32), unique=True)
    kept_id: Mapped[int] = mapped_column(index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    counts: Mapped[dict[str, Any]]
    at: Mapped[datetime]
