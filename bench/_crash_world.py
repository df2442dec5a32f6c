"""What the crashes happen to: a practice that is always open, its texts, and what the rows say of them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.crash_sender import KEY
from care.db import Database
from care.models import (
    Client,
    ConsentAction,
    ConsentEvent,
    ConsentPurpose,
    ConsentSource,
    Message,
    Practice,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Sender,
    SenderKind,
)
from care.phones import PhoneBook
from reminders.outbox import owe

IN_DOUBT = frozenset({ReminderStatus.UNSURE, ReminderStatus.SENDING})


@dataclass(frozen=True)
class Row:
    """What we say of one text: our own status, and what the provider last reported."""

    status: ReminderStatus
    reported: str | None


def open_practice(database: Database) -> int:
    """A practice whose hours are always open, since the clock will be moved."""
    now = datetime.now(UTC)
    hours_to_noon = 12 - now.hour
    zone = f"Etc/GMT{-hours_to_noon:+d}" if hours_to_noon else "Etc/UTC"
    with database.sessions.begin() as session:
        practice = Practice(name="Crash", country="US", timezone=zone, created_at=now, daily_cap=100)
        session.add(practice)
        session.flush()
        session.add(Sender(practice_id=practice.id, kind=SenderKind.NUMBER, address="+12025550100"))
        return practice.id


def owe_texts(database: Database, practice_id: int, phones: list[str]) -> list[str]:
    with database.sessions.begin() as session:
        practice = session.get_one(Practice, practice_id)
        for phone in phones:
            client = _client(session, practice, phone)
            owe(
                session,
                practice_id,
                ReminderKind.MESSAGE,
                "message",
                datetime.now(UTC),
                dedupe_key=f"crash:{phone}",
                client=client,
                body="See you soon.",
            )
    return phones


def let_send(database: Database, practice_id: int) -> None:
    """Undo what a 429 left. A sender that is killed whenever its text was taken never learns that the
    provider is back, and would send one text in half a minute from then on: there would be nothing to kill.
    """
    with database.sessions.begin() as session:
        sender = select(Sender).where(Sender.practice_id == practice_id).with_for_update()
        held = session.scalars(sender).one()
        held.held_until, held.troubles = None, 0


def _client(session: Session, practice: Practice, phone: str) -> Client:
    now = datetime.now(UTC)
    phone_hash = PhoneBook(KEY).hash(phone)
    client = Client(
        practice_id=practice.id,
        first_name="Crash",
        phone=phone,
        phone_hash=phone_hash,
        timezone=practice.timezone,
        created_at=now,
    )
    session.add(client)
    session.flush()
    session.add(
        ConsentEvent(
            practice_id=practice.id,
            client_id=client.id,
            phone_hash=phone_hash,
            purpose=ConsentPurpose.TEXTING,
            action=ConsentAction.GIVEN,
            wording="for the crash",
            source=ConsentSource.PAPER,
            at=now,
        )
    )
    return client


def rows_of(database: Database, practice_id: int) -> dict[str, Row]:
    """What our rows say, by phone."""
    with database.sessions() as session:
        found = session.execute(
            select(Client.phone, Reminder.status, Message.status)
            .join(Reminder, Reminder.client_id == Client.id)
            .outerjoin(Message, Message.id == Reminder.message_id)
            .where(Reminder.practice_id == practice_id)
        )
        return {phone: Row(status, reported) for phone, status, reported in found if phone}


def left_sending(database: Database, practice_id: int) -> int:
    """Texts that were claimed and of which nothing was written down."""
    rows = rows_of(database, practice_id).values()
    return sum(row.status is ReminderStatus.SENDING for row in rows)


def waiting(database: Database, practice_id: int) -> int:
    """Texts that may still go out, or be found to have gone."""
    rows = rows_of(database, practice_id).values()
    return sum(row.status in IN_DOUBT or row.status is ReminderStatus.PLANNED for row in rows)


@dataclass
class Verdict:
    """The provider's count beside our rows. `untrue` are texts of which our rows say something else."""

    lost: list[str]
    doubled: list[str]
    untrue: list[str]
    in_doubt: int


def judge(rows: Mapping[str, Row], taken: Counter[str], reported: Mapping[str, str]) -> Verdict:
    """`reported` is how the provider last said each text ended, where it said so at all."""
    doubtful = {phone for phone, row in rows.items() if row.status in IN_DOUBT}
    return Verdict(
        lost=[
            f"{phone} {row.status}"
            for phone, row in rows.items()
            if not taken[phone] and phone not in doubtful
        ],
        doubled=[phone for phone in rows if taken[phone] > 1],
        untrue=[
            phone
            for phone, row in rows.items()
            if (taken[phone] and row.status is not ReminderStatus.SENT and phone not in doubtful)
            or (phone in reported and (row.reported != reported[phone] or phone in doubtful))
        ],
        in_doubt=len(doubtful),
    )
