"""The morning mail: once a day, on days on call, counts alone, and none that says nothing."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from care.attention import raise_item
from care.db import Database
from care.facts import keep_facts
from care.models import AttentionKind, Mail, MailStatus, Practice, Role, User, Visit, VisitStatus
from care.settings import SmtpSettings
from reminders.digest import owe_digests
from reminders.mailing import Mailer
from tests.making import MONDAY_8AM, MONDAY_9AM, MONDAY_NOON, make_client, make_practice, make_user
from tests.smtp_stand_in import SmtpStandIn

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def practice(any_database: Database) -> Practice:
    """Sam has a client who needs them and two visits today; Kim has nothing."""
    with any_database.sessions.begin() as session:
        practice = make_practice(session)
        keep_facts(session, "https://clinic.example", sends_mail=True)
        sam = make_user(session, practice, name="Sam", email="sam@riverside.example")
        make_user(session, practice, name="Kim")
        make_user(session, practice, role=Role.FRONT_DESK)
        client = make_client(session, practice, therapist_id=sam.id, last_name="Lopez")
        raise_item(session, practice.id, AttentionKind.QUESTION, "q", MONDAY_8AM, client_id=client.id)
        for at in (MONDAY_9AM + HOUR, MONDAY_9AM):
            visit = Visit(
                practice_id=practice.id,
                client_id=client.id,
                user_id=sam.id,
                starts_at=at,
                status=VisitStatus.PLANNED,
            )
            session.add(visit)
    return practice


def owe(database: Database, practice: Practice, now: datetime) -> int:
    with database.sessions.begin() as session:
        return owe_digests(session, now, [practice.id])


def mails(database: Database) -> list[Mail]:
    with database.sessions() as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def change_sam(database: Database, **values: object) -> None:
    with database.sessions.begin() as session:
        sam = session.scalars(select(User).where(User.name == "Sam")).one()
        for name, value in values.items():
            setattr(sam, name, value)


def test_it_counts_what_waits_and_names_nobody(any_database: Database, practice: Practice) -> None:
    owe(any_database, practice, MONDAY_8AM)

    [mail] = mails(any_database)

    assert mail.to_address == "sam@riverside.example"
    assert mail.body.splitlines()[2:4] == ["1 item needs you.", "2 visits today, the first at 9:00am."]
    assert "https://clinic.example/today" in mail.body
    assert "Maria" not in mail.body
    assert "Lopez" not in mail.body


def test_it_comes_once_a_day(any_database: Database, practice: Practice) -> None:
    counts = [owe(any_database, practice, MONDAY_8AM + n * timedelta(minutes=10)) for n in range(3)]

    assert counts == [1, 0, 0]
    assert owe(any_database, practice, MONDAY_8AM + DAY) == 1


@pytest.mark.parametrize("at", [MONDAY_8AM - 2 * HOUR, MONDAY_NOON, MONDAY_NOON + 5 * HOUR])
def test_it_comes_in_the_morning_alone(any_database: Database, practice: Practice, at: datetime) -> None:
    assert owe(any_database, practice, at) == 0


@pytest.mark.parametrize("change", [{"gets_digest": False}, {"on_call_days": [1, 2]}, {"is_active": False}])
def test_whoever_does_not_want_it_or_is_away_gets_none(
    any_database: Database, practice: Practice, change: dict[str, object]
) -> None:
    change_sam(any_database, **change)

    assert owe(any_database, practice, MONDAY_8AM) == 0


def test_it_goes_out_by_mail_and_not_when_it_is_noon_by_then(database: Database) -> None:
    with database.sessions.begin() as session:
        practice = make_practice(session)
        keep_facts(session, "https://clinic.example", sends_mail=True)
        sam = make_user(session, practice)
        client = make_client(session, practice, therapist_id=sam.id)
        raise_item(session, practice.id, AttentionKind.QUESTION, "q", MONDAY_8AM, client_id=client.id)
    with SmtpStandIn() as server:
        mailer = Mailer(
            database.sessions, SmtpSettings("127.0.0.1", server.port, "none", "care@clinic.example")
        )
        owe(database, practice, MONDAY_8AM)
        mailer.drain(lambda: MONDAY_8AM)
        owe(database, practice, MONDAY_8AM + DAY)
        mailer.drain(lambda: MONDAY_NOON + DAY)

    assert [mail.status for mail in mails(database)] == [MailStatus.SENT, MailStatus.CANCELLED]
    assert [str(message["Subject"]) for message in server.mails] == ["Your day in Homestretch"]
