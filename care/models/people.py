"""Who there is: practices, their senders, the users who sign in, and the clients."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from care.models.base import Base, InPractice, Referenced
from care.sealed_fields import Sealed
from care.tokens import CODE_LENGTH, new_code, new_token


class Role(StrEnum):
    ADMIN = "admin"
    THERAPIST = "therapist"
    FRONT_DESK = "front_desk"


class ProviderKind(StrEnum):
    """What somebody is trained to give. Which exercises that covers is the practice's to say."""

    PHYSICAL_THERAPIST = "physical_therapist"
    MASSAGE_THERAPIST = "massage_therapist"


class ClientStatus(StrEnum):
    ACTIVE = "active"
    DISCHARGED = "discharged"


class NumberState(StrEnum):
    """What the provider told us about a phone, or whoever holds it. Only `ok` is texted."""

    OK = "ok"
    INVALID = "invalid"
    UNREACHABLE = "unreachable"
    WRONG = "wrong"  # somebody on it said that it is not the client's


class ConsentPurpose(StrEnum):
    TEXTING = "texting"
    SHARING = "sharing"


class ConsentAction(StrEnum):
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class ConsentSource(StrEnum):
    """How the client told us."""

    PAPER = "paper"
    IN_PERSON = "in_person"
    PHONE_CALL = "phone_call"
    TEXT = "text"
    WEB = "web"
    PROVIDER = "provider"
    IMPORT = "import"


class Practice(Referenced, Base):
    """One clinic. `clock_offset_seconds` is 0 but for a sample practice whose clock was moved.

    `spread_minutes` lets texts due at the same minute go out over so many. `part_price` is what one SMS
    part costs, in millionths of `currency`; None when nobody has said. `help_lines` and `wording` hold
    only what differs from ours: emergency, crisis and poison numbers; texts by language and key. The words
    of texts are removed after `texts_kept_days`, None never. A link to a
    shared summary usually lives `share_link_days`. `scopes` holds which types of exercises a kind of
    provider gives, where that differs from ours.
    """

    __tablename__ = "practice"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    country: Mapped[str] = mapped_column(String(2))
    timezone: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8), default="en")
    phone: Mapped[str | None] = mapped_column(String(32))
    window_from_time: Mapped[time] = mapped_column(default=time(9))
    window_until_time: Mapped[time] = mapped_column(default=time(20))
    daily_cap: Mapped[int] = mapped_column(default=3)
    is_texting_paused: Mapped[bool] = mapped_column(default=False)
    thresholds: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_sample: Mapped[bool] = mapped_column(default=False)
    clock_offset_seconds: Mapped[int] = mapped_column(default=0)
    clock_goal_at: Mapped[datetime | None]
    spread_minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    part_price: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3), default="USD", server_default="USD")
    help_lines: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    wording: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    texts_kept_days: Mapped[int | None]
    share_link_days: Mapped[int] = mapped_column(default=14, server_default="14")
    scopes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    created_at: Mapped[datetime]

    @property
    def counts_monitoring(self) -> bool:
        """Counts for remote monitoring follow US rules, and are off until somebody switches them on."""
        return self.country == "US" and bool(self.thresholds.get("rtm"))


class SenderKind(StrEnum):
    NUMBER = "number"
    SERVICE = "service"


class Sender(InPractice, Base):
    """What a practice texts from: a number or a messaging service. Held until `held_until` after a 429.

    `free_at` is when it may send the next segment: later than now while it sends at its limit.
    `troubles` counts the times in a row that the provider did not answer or said to wait.
    """

    __tablename__ = "sender"
    __table_args__ = (UniqueConstraint("address"),)

    kind: Mapped[SenderKind]
    address: Mapped[str] = mapped_column(String(40))
    held_until: Mapped[datetime | None]
    free_at: Mapped[datetime | None]
    troubles: Mapped[int] = mapped_column(default=0, server_default="0")


class User(InPractice, Base):
    """Someone who signs in: an admin, a therapist, or the front desk.

    `phone` is for alerts, which go out by text only once `alerts_agreed_at` says so, in the words of
    `alerts_wording`; on `on_call_days` (0 is Monday) between the two times, practice time. Who has a
    `backup` hands over to them what nobody looked at in time. `gets_digest`: a mail each morning. Whose
    `expires_at` is past can no longer sign in (`care.emergency`).
    What is outside of what their `provider_kind` covers waits for the `cosigner`.
    """

    __tablename__ = "user"
    __table_args__ = (UniqueConstraint("email"),)

    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[Role]
    password_hash: Mapped[str] = mapped_column(String(200))
    is_active: Mapped[bool] = mapped_column(default=True)
    phone: Mapped[str | None] = mapped_column(Sealed(20))
    phone_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    alerts_agreed_at: Mapped[datetime | None]
    alerts_wording: Mapped[str] = mapped_column(default="", server_default="")
    on_call_days: Mapped[list[int]] = mapped_column(
        default=lambda: list(range(7)), server_default="[0, 1, 2, 3, 4, 5, 6]"
    )
    on_call_from_time: Mapped[time | None]
    on_call_until_time: Mapped[time | None]
    backup_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    gets_digest: Mapped[bool] = mapped_column(default=True, server_default=true())
    expires_at: Mapped[datetime | None]
    provider_kind: Mapped[ProviderKind] = mapped_column(
        default=ProviderKind.PHYSICAL_THERAPIST, server_default="physical_therapist"
    )
    cosigner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    @property
    def is_front_desk(self) -> bool:
        return self.role is Role.FRONT_DESK


class Client(Referenced, InPractice, Base):
    """A person receiving care. Without a phone, or without consent, they live on paper.

    No therapist means nobody but admins sees the client, never everybody. `letter` tells clients who
    share a phone apart. `pause_reason` says who paused the texts (staff, client, silence);
    `texts_held_at` since when exercise texts wait for a person after a sign of danger; `stop_told_at`
    when a text last said how to stop them; `link_to_tell` is the address of their page that the first text
    of a new plan brings, None once it has. `thresholds` holds the numbers that differ for this client.
    """

    __tablename__ = "client"
    __table_args__ = (Index("ix_client_practice_therapist", "practice_id", "therapist_id"),)

    therapist_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    first_name: Mapped[str] = mapped_column(String(60))
    last_name: Mapped[str] = mapped_column(String(60), default="")
    phone: Mapped[str | None] = mapped_column(Sealed(20))
    phone_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    number_state: Mapped[NumberState] = mapped_column(default=NumberState.OK)
    email: Mapped[str | None] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(8), default="en")
    timezone: Mapped[str] = mapped_column(String(64))
    window_from_time: Mapped[time | None]
    window_until_time: Mapped[time | None]
    window_requested_at: Mapped[datetime | None]
    paused_from: Mapped[date | None]
    paused_until: Mapped[date | None]
    pause_reason: Mapped[str | None] = mapped_column(String(16))
    texts_held_at: Mapped[datetime | None]
    stop_told_at: Mapped[datetime | None]
    link_to_tell: Mapped[str | None] = mapped_column(String(300))
    letter: Mapped[str | None] = mapped_column(String(1))
    thresholds: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    note: Mapped[str] = mapped_column(Sealed, default="")
    status: Mapped[ClientStatus] = mapped_column(default=ClientStatus.ACTIVE)
    created_at: Mapped[datetime]

    practice: Mapped[Practice] = relationship(lazy="raise")
    therapist: Mapped[User | None] = relationship(lazy="raise")

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def is_paused_on(self, day: date) -> bool:
        """Inclusive on both ends; an open end pauses until someone resumes."""
        if self.paused_from is None or day < self.paused_from:
            return False
        return self.paused_until is None or day <= self.paused_until


class ClientShare(InPractice, Base):
    """A colleague who sees and treats the client beside their therapist, until somebody ends it."""

    __tablename__ = "client_share"
    __table_args__ = (UniqueConstraint("client_id", "user_id"),)

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    shared_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    shared_at: Mapped[datetime]


class ClientLink(InPractice, Base):
    """A client's own page: `/c/<token>`, for nobody else. It works until revoked, or past its plan.

    `code` leads to the same page and is for paper, where 22 letters are too many to type.
    """

    __tablename__ = "client_link"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    token: Mapped[str] = mapped_column(String(32), unique=True, default=new_token)
    code: Mapped[str] = mapped_column(String(CODE_LENGTH), unique=True, default=new_code)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class CalendarFeed(InPractice, Base):
    """The private address of a client's calendar, `/calendar/<token>.ics`. It works until revoked.

    `given_out` says of each event how it looked when a calendar last asked, how often it changed, and when.
    """

    __tablename__ = "calendar_feed"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    token: Mapped[str] = mapped_column(String(32), unique=True, default=new_token)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    given_out: Mapped[dict[str, Any]] = mapped_column(default=dict)

    client: Mapped[Client] = relationship(lazy="raise")


class Goal(InPractice, Base):
    """What the client wants to be able to do again, in their words."""

    __tablename__ = "goal"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(Sealed(200))
    set_on: Mapped[date]
    ended_on: Mapped[date | None]


class Precaution(InPractice, Base):
    """A coded reason to take care (`care.precautions` names the codes), with the therapist's note."""

    __tablename__ = "precaution"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(Sealed(200), default="")
    added_on: Mapped[date]
    ended_on: Mapped[date | None]


class ConsentEvent(InPractice, Base):
    """Append-only: what a person agreed to or withdrew, in which words, and who wrote it down.

    Consent to share counts for one `recipient`; `given_by` names a guardian, and is empty for the client.
    """

    __tablename__ = "consent_event"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    phone_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    purpose: Mapped[ConsentPurpose]
    action: Mapped[ConsentAction]
    recipient: Mapped[str] = mapped_column(String(120), default="", server_default="")
    given_by: Mapped[str] = mapped_column(String(80), default="", server_default="")
    wording: Mapped[str] = mapped_column(Sealed)
    source: Mapped[ConsentSource]
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))


class OptOut(Base):
    """A phone that asked for no more texts, in any practice of this installation.

    Keyed by hash alone: it outlives the client's erasure and says nothing else about them.
    """

    __tablename__ = "opt_out"

    phone_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
    source: Mapped[ConsentSource]
