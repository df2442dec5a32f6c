"""What is left of a client who was erased: that it was done, and nothing of them."""

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
