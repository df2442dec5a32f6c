"""What a therapist measured and found at an assessment, one row for each figure, and what was added later."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from care.models.base import Base, InPractice, Score
from care.sealed_fields import Sealed


class FindingKind(StrEnum):
    POSTURE = "posture"
    PALPATION = "palpation"
    RANGE = "range"
    RESISTED = "resisted"
    SPECIAL = "special"
    ACTIVITY = "activity"
    CHANGE = "change"
    SCORE = "score"


class Finding(InPractice, Base):
    """One figure or mark of one side, frozen with its assessment. `care.finding_catalog` names the codes.

    `code` of an activity is the client's own words for it. `side` is left, right, or empty in the midline;
    `mode` active or passive for a range of motion. `maximum` is the end of the scale a score stands on.
    """

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("assessment_id", "kind", "code", "side", "mode"),
        Index("ix_finding_client_kind", "client_id", "kind"),
    )

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessment.id", ondelete="CASCADE"))
    position: Mapped[int]
    kind: Mapped[FindingKind]
    code: Mapped[str] = mapped_column(String(120))
    side: Mapped[str] = mapped_column(String(8), default="")
    mode: Mapped[str] = mapped_column(String(8), default="")
    method: Mapped[str] = mapped_column(String(16), default="")
    value: Mapped[float | None] = mapped_column(Score)
    maximum: Mapped[float | None] = mapped_column(Score)
    pain: Mapped[float | None] = mapped_column(Score)
    result: Mapped[str] = mapped_column(String(16), default="")
    traits: Mapped[list[str]] = mapped_column(default=list)
    note: Mapped[str] = mapped_column(Sealed(200), default="")


class Addendum(InPractice, Base):
    """What somebody added to a completed assessment. Append-only: the assessment itself stays as it was."""

    __tablename__ = "addendum"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessment.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    text: Mapped[str] = mapped_column(Sealed)
    at: Mapped[datetime]
