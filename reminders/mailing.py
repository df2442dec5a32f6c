"""Sending the e-mails we owe users, over SMTP. Off where no server is named.

A mail that was on its way when a process died is sent again: it is an alert, and one twice is better
than none. Both carry the same Message-ID, by which mail programs can tell.
"""

import smtplib
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import structlog
from sqlalchemy import ColumnElement, and_, or_, select, true, update
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.db import Sessions
from care.key_ring import KeyMissing
from care.models import AttentionKind, Mail, MailStatus, User
from care.settings import SmtpSettings
from reminders.alerting import AlertKey, note_handed_on, waiting_items
from reminders.digest import is_digest
from reminders.mail_rows import ACCESS
from reminders.missing_keys import mails_that_open
from reminders.timelines import Timeline, timelines

log = structlog.get_logger()

AT_ONCE = 20
TIMEOUT_SECONDS = 10.0
# Longer than a server may take over the mails of one batch.
LEASE = timedelta(minutes=5)
FINAL = 500
UNSENDABLE = "mail_not_sent"
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)


@dataclass(frozen=True)
class Parcel:
    """What goes over the wire of one row, read before the network."""

    mail_id: int
    key: str
    to: str
    subject: str
    body: str
    attempts: int


@dataclass
class Mailed:
    """What one drain did."""

    sent: int = 0
    failed: int = 0
    postponed: int = 0


class Mailer:
    """Sends what is due through one server. Any number may run at once."""

    def __init__(self, sessions: Sessions, smtp: SmtpSettings) -> None:
        self._sessions = sessions
        self._smtp = smtp
        self._stopping = threading.Event()

    def drain(self, clock: Callable[[], datetime]) -> Mailed:
        """Send what is due, each practice by its own clock."""
        done = Mailed()
        with self._sessions() as session:
            moments = timelines(session, clock())
        for moment in moments:
            parcels = self._claim(moment)
            if parcels:
                self._deliver(parcels, moment.now, done)
        return done

    def _claim(self, moment: Timeline) -> list[Parcel]:
        """One that this process lacks the key of waits, and stops no other."""
        try:
            with self._sessions.begin() as session:
                return claim(session, moment)
        except KeyMissing as missing:
            log.error("field_key_missing", job="mail", keys=[missing.key_id])
        with self._sessions.begin() as session:
            return claim(session, moment, leave_shut=True)

    def stop(self) -> None:
        """Take nothing more; what was claimed and not sent goes back."""
        self._stopping.set()

    def _deliver(self, parcels: Sequence[Parcel], now: datetime, done: Mailed) -> None:
        waiting, broke = list(parcels), []
        try:
            with _connect(self._smtp) as server:
                while waiting and not self._stopping.is_set():
                    broke = waiting[:1]
                    self._hand_over(server, waiting[0], now, done)
                    broke = []
                    waiting.pop(0)
        except (OSError, smtplib.SMTPException) as trouble:
            log.warning("mail_postponed", mails=[one.mail_id for one in waiting], why=type(trouble).__name__)
        # The one at which the connection broke may be why: the next time the others go before it.
        self._put_back(broke, now, times=2)
        self._put_back(waiting[len(broke) :], now)
        done.postponed += len(waiting)

    def _hand_over(self, server: smtplib.SMTP, parcel: Parcel, now: datetime, done: Mailed) -> None:
        """One mail. What cannot be sent, or the server refuses for good, stands in nobody else's way."""
        message = self._message_or_none(parcel, now)
        if message is None:
            self._give_up(parcel, UNSENDABLE, now, done)
            return
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            self._refused(parcel, next(iter(refused.recipients.values()))[0], now, done)
        except smtplib.SMTPResponseException as refused:
            self._refused(parcel, refused.smtp_code, now, done)
        except (smtplib.SMTPNotSupportedError, ValueError) as trouble:
            log.warning("mail_unsendable", mail=parcel.mail_id, why=type(trouble).__name__)
            self._give_up(parcel, UNSENDABLE, now, done)
            # It may have been half said; a server that is gone by now shows at the next mail.
            with suppress(OSError):
                server.rset()
        else:
            self._write(parcel, now, status=MailStatus.SENT, sent_at=now)
            done.sent += 1
            log.info("mail_sent", mail=parcel.mail_id)

    def _refused(self, parcel: Parcel, code: int, now: datetime, done: Mailed) -> None:
        """From 500 on it is final; below, the server asks us to come again."""
        log.warning("mail_refused", mail=parcel.mail_id, code=code)
        if code < FINAL:
            self._put_back([parcel], now)
            done.postponed += 1
            return
        self._give_up(parcel, f"refused_{code}", now, done)

    def _give_up(self, parcel: Parcel, reason: str, now: datetime, done: Mailed) -> None:
        self._write(parcel, now, status=MailStatus.FAILED, reason=reason)
        with self._sessions.begin() as session:
            _tell_admins(session, parcel, now)
        done.failed += 1

    def _put_back(self, parcels: Sequence[Parcel], now: datetime, times: int = 1) -> None:
        for parcel in parcels:
            pause = times * min(FIRST_PAUSE * 2 ** min(parcel.attempts - 1, 8), LONGEST_PAUSE)
            self._write(parcel, now, status=MailStatus.PLANNED, due_at=now + pause, reason="server_busy")

    def _write(self, parcel: Parcel, now: datetime, **values: object) -> None:
        values = {"reason": None, "claimed_at": None} | values
        with self._sessions.begin() as session:
            session.execute(update(Mail).where(Mail.id == parcel.mail_id).values(**values))
            if values["status"] is MailStatus.SENT:
                note_handed_on(session, AlertKey.read(parcel.key), now)

    def _message_or_none(self, parcel: Parcel, now: datetime) -> EmailMessage | None:
        """None for an address no mail can be written to, whichever way the library says so."""
        try:
            return self._message(parcel, now)
        except Exception as trouble:
            log.warning("mail_unsendable", mail=parcel.mail_id, why=type(trouble).__name__)
            return None

    def _message(self, parcel: Parcel, now: datetime) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._smtp.sender, parcel.to, parcel.subject
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{parcel.key.replace(':', '.')}.{parcel.mail_id}@{self._smtp.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(parcel.body)
        return message


def _tell_admins(session: Session, parcel: Parcel, now: datetime) -> None:
    """That no mail reaches this user, once: until somebody closes it, further mails add nothing."""
    mail = session.get_one(Mail, parcel.mail_id)
    user = session.get(User, mail.user_id) if mail.user_id is not None else None
    if user is None:
        return
    raise_item(
        session,
        mail.practice_id,
        AttentionKind.UNSURE_TEXT,
        f"mail:{user.id}",
        now,
        details={"reason": UNSENDABLE, "user": user.name},
    )


def claim(session: Session, timeline: Timeline, *, leave_shut: bool = False) -> list[Parcel]:
    """Take due mails for ourselves, and those whose sender died. Committed before any network.

    What nobody needs any more, or would come too late, is dropped with the reason.
    """
    parcels = []
    for mail in _claimed(session, timeline, mails_that_open(session) if leave_shut else true()):
        reason = _why_not(session, mail, timeline.now)
        if reason is not None:
            mail.status, mail.reason, mail.claimed_at = MailStatus.CANCELLED, reason, None
            continue
        parcels.append(
            Parcel(mail.id, mail.dedupe_key, mail.to_address, mail.subject, mail.body, mail.attempts)
        )
    session.flush()
    return parcels


def _claimed(session: Session, timeline: Timeline, only: ColumnElement[bool]) -> Sequence[Mail]:
    now = timeline.now
    is_due = or_(
        and_(Mail.status == MailStatus.PLANNED, Mail.due_at <= now),
        and_(Mail.status == MailStatus.SENDING, Mail.claimed_at <= now - LEASE),
    )
    due = select(Mail).where(is_due, only, timeline.covers(Mail.practice_id))
    due = due.order_by(Mail.due_at, Mail.id)
    mails = session.scalars(due.limit(AT_ONCE).with_for_update(skip_locked=True)).all()
    for mail in mails:
        mail.status, mail.claimed_at, mail.attempts = MailStatus.SENDING, now, mail.attempts + 1
    return mails


def _why_not(session: Session, mail: Mail, now: datetime) -> str | None:
    user = session.get(User, mail.user_id) if mail.user_id is not None else None
    if user is None or not user.is_active:
        return "no_user"
    if mail.expires_at <= now:
        return "stale"
    if is_digest(mail.dedupe_key) or mail.dedupe_key.startswith(ACCESS):
        return None
    key = AlertKey.read(mail.dedupe_key)
    if key is None:
        return "no_alert"
    return None if waiting_items(session, [key.item_id], now) else "acknowledged"


def check_server(smtp: SmtpSettings) -> None:
    """Connect and sign in. Raises OSError or SMTPException when that cannot be."""
    with _connect(smtp) as server:
        server.noop()


def _connect(smtp: SmtpSettings) -> smtplib.SMTP:
    """With the server's certificate checked. Proxies are for the web, so they play no part."""
    server: smtplib.SMTP
    # Without a name of our own it would ask the network for one.
    if smtp.security == "tls":
        server = smtplib.SMTP_SSL(
            smtp.host, smtp.port, smtp.domain, timeout=TIMEOUT_SECONDS, context=_certificates(smtp)
        )
    else:
        server = smtplib.SMTP(smtp.host, smtp.port, smtp.domain, timeout=TIMEOUT_SECONDS)
    try:
        if smtp.security == "starttls":
            server.starttls(context=_certificates(smtp))
        if smtp.user:
            server.login(smtp.user, smtp.password)
    except BaseException:
        server.close()
        raise
    return server


def _certificates(smtp: SmtpSettings) -> ssl.SSLContext:
    authorities = smtp.authorities
    if authorities is not None and authorities.is_dir():
        return ssl.create_default_context(capath=authorities)
    return ssl.create_default_context(cafile=authorities)
