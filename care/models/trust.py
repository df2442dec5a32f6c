"""Who is signed in, what was already done once, and who looked at or changed what."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, query_expression, relationship

from care.models.base import Base, InPractice
from care.models.people import Client, ConsentEvent, User
from care.sealed_fields import Sealed


class LoginSession(InPractice, Base):
    """A signed-in browser. The cookie holds the token, the row only its hash, so sign-out is final.

    `confirmed_at` is when its user last proved who they are; `has_code` whether their sign-in takes a code,
    where it was asked for (`care.signing_in.find_login`).
    """

    __tablename__ = "login_session"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(String(80), default="", server_default="")

    user: Mapped[User] = relationship(lazy="raise")
    has_code: Mapped[bool] = query_expression()


class TwoStep(InPractice, Base):
    """What a user's app makes its codes from, sealed. Before `confirmed_at` it counts for nothing.

    `last_step` is the newest half minute a code was taken of: none of it or before is taken again.
    """

    __tablename__ = "two_step"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), unique=True)
    sealed_secret: Mapped[str] = mapped_column(String(200))
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(default=0)


class RecoveryCode(InPractice, Base):
    """One code to keep on paper, for the day the phone is lost. It opens once."""

    __tablename__ = "recovery_code"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class AccessLink(InPractice, Base):
    """A link by which a user chooses a password. It works once, and not after `expires_at`."""

    __tablename__ = "access_link"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ShareLink(InPractice, Base):
    """A link by which the recipient of a consent to share reads the client's summary, and nothing else.

    It lives until `expires_at`, until somebody ends it, until it was opened `most_openings` times, or until
    the consent is taken back, whichever is first. `openings` is counted here, so that two at once cannot pass
    the limit.
    """

    __tablename__ = "share_link"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    consent_id: Mapped[int] = mapped_column(ForeignKey("consent_event.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    question: Mapped[str] = mapped_column(Sealed(300), default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    most_openings: Mapped[int | None]
    openings: Mapped[int] = mapped_column(default=0)
    revoked_at: Mapped[datetime | None]

    client: Mapped[Client] = relationship(lazy="raise")
    consent: Mapped[ConsentEvent] = relationship(lazy="raise")
    user: Mapped[User | None] = relationship(lazy="raise")


class ShareOpening(InPractice, Base):
    """One time a shared summary was opened. `address` is the network it came from, not the device."""

    __tablename__ = "share_opening"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("share_link.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(45), default="")


class OneTimeKey(InPractice, Base):
    """A form that was already sent: the same key leads to the first result again."""

    __tablename__ = "one_time_key"

    key: Mapped[str] = mapped_column(String(32), unique=True)
    result: Mapped[str] = mapped_column(String(200))
    used_at: Mapped[datetime]


class AuditEntry(InPractice, Base):
    """One look at, or change of, something that matters. Append-only; holds ids, never contents.

    `seq` and `hash` are its place in the chain of its practice (`care.audit_chain`), None until chained.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_practice_at", "practice_id", "at"),
        Index("ix_audit_subject", "practice_id", "subject", "subject_id"),
        UniqueConstraint("practice_id", "seq"),
    )

    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None]
    at: Mapped[datetime]
    detail: Mapped[str] = mapped_column(String(80), default="", server_default="")
    seq: Mapped[int | None]
    hash: Mapped[str | None] = mapped_column(String(64))


class Installation(Base):
    """A fact about this database as a whole, such as the fingerprint of the key its phone hashes need."""

    __tablename__ = "installation"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class Throttle(Base):
    """How often something was tried since then: a hash says what, so that nothing typed is kept."""

    __tablename__ = "throttle"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    tries: Mapped[int]
    since: Mapped[datetime]
