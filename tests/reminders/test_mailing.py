"""E-mails to users: owed with the alert, sent over a checked connection, and again after a crash."""

import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import trustme
from sqlalchemy import select, update

from care.db import Database
from care.in_words import handed_on_in_words, reason_in_words
from care.models import AttentionItem, Mail, MailStatus, User
from care.settings import SmtpSettings
from reminders.dispatch import Dispatcher
from reminders.mailing import LEASE, Mailed, Mailer, check_server
from scheduler.engine import Engine
from tests.making import MONDAY_9AM, NEW_YORK
from tests.reminders.flagged import QUARTER, Ward, open_ward
from tests.reminders.living import BOOK, MINUTE, PUBLIC_URL
from tests.smtp_stand_in import SmtpStandIn

DANGER = "I have chest pain"
SENDER = "Homestretch <care@riverside.example>"


@pytest.fixture
def server() -> Iterator[SmtpStandIn]:
    with SmtpStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def ward(database: Database) -> Ward:
    """Nobody has a phone for alerts: all go by mail."""
    return open_ward(database, reached=(), sends_mail=True)


def settings_for(server: SmtpStandIn) -> SmtpSettings:
    return SmtpSettings("127.0.0.1", server.port, "none", SENDER)


def mail(ward: Ward, server: SmtpStandIn | SmtpSettings, now: datetime) -> Mailed:
    smtp = settings_for(server) if isinstance(server, SmtpStandIn) else server
    return Mailer(ward.database.sessions, smtp).drain(lambda: now)


def states(ward: Ward) -> list[tuple[str, str | None]]:
    return [(one.status.value, one.reason) for one in ward.mails()]


def test_the_mail_says_no_more_than_the_text(ward: Ward, server: SmtpStandIn) -> None:
    ward.text_in(DANGER, MONDAY_9AM)

    assert mail(ward, server, MONDAY_9AM) == Mailed(sent=1)

    [message] = server.mails
    assert (message["To"], message["From"]) == ("sam@riverside.example", SENDER)
    assert message["Subject"] == "A client needs you"
    link = f"{PUBLIC_URL}/inbox?item={ward.item().id}"
    assert str(message.get_payload()).split() == f"A client needs you. Open it in Homestretch: {link}".split()


def test_it_is_handed_on_by_mail_when_nobody_looks(ward: Ward, server: SmtpStandIn) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    mail(ward, server, MONDAY_9AM)

    done = mail(ward, server, MONDAY_9AM + QUARTER)

    assert done.sent == 2
    assert server.recipients[1:] == ["kim@riverside.example", "sam@riverside.example"]
    assert "so Kim was told too, 9:15am." in handed_on_in_words(ward.item(), NEW_YORK)


def test_a_mail_is_not_sent_once_somebody_has_acknowledged(ward: Ward, server: SmtpStandIn) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    mail(ward, server, MONDAY_9AM)
    ward.acknowledge("Sam", MONDAY_9AM + MINUTE)

    assert mail(ward, server, MONDAY_9AM + QUARTER) == Mailed()
    assert states(ward)[1:] == [("cancelled", "acknowledged")] * 2


def test_nothing_is_owed_by_mail_without_a_server(database: Database) -> None:
    ward = open_ward(database)

    ward.text_in(DANGER, MONDAY_9AM)

    assert ward.mails() == []


def test_the_sample_practice_mails_nobody(database: Database) -> None:
    ward = open_ward(database, sends_mail=True)
    ward.change(lambda session, client: setattr(session.get_one(type(ward.practice), 1), "is_sample", True))

    ward.text_in(DANGER, MONDAY_9AM)

    assert ward.mails() == []


def test_a_server_out_of_reach_is_tried_again_later_and_later(ward: Ward) -> None:
    with SmtpStandIn() as gone:
        pass
    ward.text_in(DANGER, MONDAY_9AM)
    away = SmtpSettings("127.0.0.1", gone._server.server_address[1], "none", SENDER)

    pauses, now = [], MONDAY_9AM
    for _ in range(4):
        assert mail(ward, away, now).postponed >= 1
        due_at = next(one.due_at for one in ward.mails() if one.attempts)
        pauses.append((due_at - now).total_seconds())
        now = due_at

    assert pauses == [30, 60, 120, 240]


def test_what_a_server_takes_back_later_goes_out_the_next_time(ward: Ward, server: SmtpStandIn) -> None:
    server.answers = ["451 greylisted"]
    ward.text_in(DANGER, MONDAY_9AM)

    assert mail(ward, server, MONDAY_9AM) == Mailed(postponed=1)
    assert mail(ward, server, MONDAY_9AM + MINUTE) == Mailed(sent=1)


def test_a_refused_address_is_final_and_stands_in_nobodys_way(ward: Ward, server: SmtpStandIn) -> None:
    ward.change(lambda session, _: session.execute(update(User).values(backup_id=None)))
    server.answers = ["250 fine", "550 no such user"]
    ward.text_in(DANGER, MONDAY_9AM)
    mail(ward, server, MONDAY_9AM)

    done = mail(ward, server, MONDAY_9AM + QUARTER)

    assert done == Mailed(sent=1, failed=1)
    assert ("failed", "refused_550") in states(ward)


NO_ADDRESSES = ["josé@riverside.example", "sam@riversidé.example", "sam\nada@riverside.example"]


def give_address(ward: Ward, address: str) -> None:
    """To Sam's first mail; as a row kept it from the time before addresses were checked."""
    ward.change(
        lambda session, _: session.execute(
            update(Mail).where(Mail.due_at == MONDAY_9AM).values(to_address=address)
        )
    )


def mail_items(ward: Ward) -> list[AttentionItem]:
    with ward.database.sessions() as session:
        about_mail = select(AttentionItem).where(AttentionItem.cause_key.startswith("mail:"))
        return list(session.scalars(about_mail))


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_an_address_no_mail_can_be_sent_to_stands_in_nobodys_way(
    ward: Ward, server: SmtpStandIn, address: str
) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    give_address(ward, address)

    done = mail(ward, server, MONDAY_9AM + QUARTER)

    assert done == Mailed(sent=2, failed=1)
    assert ("failed", "mail_not_sent") in states(ward)
    [item] = mail_items(ward)
    assert (item.details["user"], item.client_id, item.owner_id) == ("Sam", None, None)
    assert "Check their email address." in reason_in_words(item.details["reason"])


def test_further_mails_that_cannot_be_sent_are_told_once(ward: Ward, server: SmtpStandIn) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    ward.change(lambda session, _: session.execute(update(Mail).values(to_address=NO_ADDRESSES[0])))

    done = mail(ward, server, MONDAY_9AM + QUARTER)

    assert done == Mailed(failed=3)
    assert sorted(one.details["user"] for one in mail_items(ward)) == ["Kim", "Sam"]


def test_a_mail_at_which_the_connection_breaks_lets_the_others_go_first(
    ward: Ward, server: SmtpStandIn
) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    server.breaks_at = "sam@riverside.example"
    broken = mail(ward, server, MONDAY_9AM + QUARTER)

    soon = mail(ward, server, MONDAY_9AM + QUARTER + timedelta(seconds=30))

    assert (broken, soon.sent) == (Mailed(postponed=3), 1)
    assert server.recipients == ["kim@riverside.example"]
    assert mail_items(ward) == []


def test_a_mail_with_a_key_that_is_none_is_dropped(ward: Ward, server: SmtpStandIn) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    ward.change(
        lambda session, _: session.execute(
            update(Mail).where(Mail.due_at == MONDAY_9AM).values(dedupe_key="alert:sometoken")
        )
    )

    assert mail(ward, server, MONDAY_9AM + QUARTER).sent == 2
    assert ("cancelled", "no_alert") in states(ward)


def test_a_mail_whose_sender_died_is_sent_again_after_its_lease(ward: Ward, server: SmtpStandIn) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    ward.change(
        lambda session, _: session.execute(
            update(Mail).where(Mail.due_at == MONDAY_9AM).values(status="sending", claimed_at=MONDAY_9AM)
        )
    )

    early = mail(ward, server, MONDAY_9AM + LEASE - timedelta(seconds=1))
    late = mail(ward, server, MONDAY_9AM + LEASE)

    assert (early, late) == (Mailed(), Mailed(sent=1))


def test_a_mail_taken_without_a_word_is_sent_again_under_the_same_name(
    ward: Ward, server: SmtpStandIn
) -> None:
    server.hangs_up = True
    ward.text_in(DANGER, MONDAY_9AM)

    first = mail(ward, server, MONDAY_9AM)
    again = mail(ward, server, MONDAY_9AM + MINUTE)

    assert (first, again) == (Mailed(postponed=1), Mailed(sent=1))
    assert len({message["Message-ID"] for message in server.mails}) == 1


def test_a_mail_that_would_come_a_day_late_is_dropped(ward: Ward, server: SmtpStandIn) -> None:
    ward.text_in(DANGER, MONDAY_9AM)

    mail(ward, server, MONDAY_9AM + timedelta(hours=25))

    assert set(states(ward)) == {("cancelled", "stale")}


def test_two_mailers_at_once_send_each_mail_once(ward: Ward, server: SmtpStandIn) -> None:
    ward.text_in(DANGER, MONDAY_9AM)

    done = [mail(ward, server, MONDAY_9AM).sent for _ in range(2)]

    assert done == [1, 0]
    assert len(server.mails) == 1


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def certificate_for(authority: trustme.CA, host: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_out_encrypted_and_signed_in(
    ward: Ward, authority: trustme.CA, trusted: Path, security: str
) -> None:
    certificate = certificate_for(authority, "127.0.0.1")
    ward.text_in(DANGER, MONDAY_9AM)

    with SmtpStandIn(certificate, tls_from_the_start=security == "tls", password="open sesame") as server:
        smtp = replace(settings_for(server), security=security, user="care", password="open sesame")
        done = mail(ward, replace(smtp, authorities=trusted), MONDAY_9AM)

    assert done.sent == 1
    assert server.was_encrypted == [True]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_cannot_prove_its_name_gets_no_mail(
    ward: Ward, authority: trustme.CA, trusted: Path, security: str
) -> None:
    certificate = certificate_for(authority, "elsewhere.example")
    ward.text_in(DANGER, MONDAY_9AM)

    with SmtpStandIn(certificate, tls_from_the_start=security == "tls") as server:
        smtp = replace(settings_for(server), security=security, authorities=trusted)
        done = mail(ward, smtp, MONDAY_9AM)

    assert (done.sent, done.postponed, server.mails) == (0, 1, [])


def test_a_wrong_password_is_not_the_mails_fault(ward: Ward) -> None:
    ward.text_in(DANGER, MONDAY_9AM)

    with SmtpStandIn(password="right") as server:
        smtp = replace(settings_for(server), user="care", password="wrong")
        done = mail(ward, smtp, MONDAY_9AM)

    assert done == Mailed(postponed=1)
    assert {one.status for one in ward.mails()} == {MailStatus.PLANNED}


def test_a_bell_brings_the_mail_out_without_a_web_request_waiting(ward: Ward, server: SmtpStandIn) -> None:
    dispatcher = Dispatcher(ward.database.sessions, ward.gateway, BOOK, PUBLIC_URL)
    mailer = Mailer(ward.database.sessions, settings_for(server))
    engine = Engine(ward.database.sessions, dispatcher, lambda: MONDAY_9AM, mailer)
    engine.start()
    try:
        ward.text_in(DANGER, MONDAY_9AM)
        assert server.has_mail.wait(20)
    finally:
        engine.stop()

    assert server.recipients == ["sam@riverside.example"]


def test_the_doctor_can_tell_whether_the_server_takes_mail(server: SmtpStandIn) -> None:
    check_server(settings_for(server))

    with SmtpStandIn(password="right") as strict, pytest.raises(smtplib.SMTPAuthenticationError):
        check_server(replace(settings_for(strict), user="care", password="wrong"))
