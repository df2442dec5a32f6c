"""What is well and what is not, said in sentences. Looks, and changes nothing."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from smtplib import SMTPException
from urllib.parse import urlsplit

from sqlalchemy import exists, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from care import emergency, field_keys, lacking
from care.db import Database, open_database
from care.errors import Refused
from care.key_ring import KeyRing
from care.migrating import what_to_do
from care.models import Client, Installation, Lease, Practice, Sender
from care.on_call import alert_phones
from care.phones import PhoneBook
from care.safe_start import OPEN_TO_OTHERS, private_files
from care.saying import counted
from care.settings import BadSettings, Settings, load_settings
from homestretch.backups.archive import folder_of, newest
from homestretch.installation import make_gateway
from homestretch.recounting import compare
from reminders import flow
from reminders.gateway import GatewayRefused, GatewayUnreachable
from reminders.mailing import check_server
from reminders.timelines import timelines

TICK_IS_LATE = timedelta(minutes=3)
# Of each practice; `homestretch recount` compares all.
LINES_COMPARED = 200
# One night, and the morning after.
BACKUP_IS_OLD = timedelta(hours=36)


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    what: str
    is_well: bool
    detail: str

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def diagnose(now: datetime) -> list[Finding]:
    """Look at settings, database, scheduler and provider, as far as each lets us."""
    try:
        settings = load_settings(os.environ)
    except BadSettings as bad:
        return [Finding("settings", False, fault) for fault in bad.faults]
    findings = [Finding("settings", True, f"gateway {settings.gateway}, {settings.public_url}")]
    database = open_database(settings.database_url, settings.field_ring)
    findings += _database(database)
    if all(finding.is_well for finding in findings):
        with database.reading() as session:
            findings += [_key(session, settings), _fields(session, settings.field_ring)]
            if findings[-1].is_well:
                findings += _rows(session, settings, now)
    database.dispose()
    files = [*_files(settings), _backups(settings, now)]
    seen = [_proxies(settings), _security_txt(settings, now)]
    return [*findings, *files, *seen, _webhooks(settings), _mail(settings), _provider(settings)]


def _database(database: Database) -> Iterator[Finding]:
    try:
        wrong = what_to_do(database)
        if database.is_sqlite:
            with database.engine.connect() as connection:
                verdict = str(connection.execute(text("PRAGMA quick_check")).scalar())
            yield Finding("database file", verdict == "ok", f"integrity check: {verdict}")
    except SQLAlchemyError as error:
        yield Finding("database", False, f"cannot be opened ({type(error).__name__}).")
        return
    yield Finding("tables", wrong is None, wrong or "up to date")


def _key(session: Session, settings: Settings) -> Finding:
    """The fingerprint tells whether it is the key the phones were hashed with, not which key that is."""
    kept = session.get(Installation, "phone_key")
    if kept is None:
        return Finding("secret key", True, "not used yet")
    if kept.value == PhoneBook(settings.phone_key).fingerprint:
        return Finding("secret key", True, "the one this database was made with")
    return Finding(
        "secret key",
        False,
        "not the one this database was made with. Restore HOMESTRETCH_SECRET_KEY, or secret.key in "
        "the data directory: with another one no phone and no opt-out is found again.",
    )


def _fields(session: Session, ring: KeyRing) -> Finding:
    """Whether phones, notes and words of texts are sealed, and what a rotation has still to do."""
    missing = field_keys.say_missing(field_keys.needed(session), ring)
    if missing is not None:
        return Finding("sealed fields", False, missing)
    if not ring.keys:
        return Finding("sealed fields", True, "off")
    others, keys = field_keys.count_others(session, ring), counted(len(ring.keys), "key")
    state = f"on, {keys}" if ring.first else f"off, {keys} to open what was sealed"
    if not others:
        return Finding("sealed fields", True, f"{state}; every row is as it should be")
    still = "not under the first" if ring.first else "still sealed"
    rows = f"{counted(others, 'row is', 'rows are')} {still}"
    return Finding("sealed fields", True, f"{state}; {rows}. Run: homestretch keys rotate")


def _processes(session: Session, now: datetime) -> Finding:
    """Whether one that runs lacks a key that another already seals with."""
    behind = lacking.last_known(session, now)
    if behind is None:
        return Finding("keys of processes", True, "none says that it lacks one")
    lacks = f"{behind.process} lacks the key {' and '.join(behind.ids)}"
    return Finding("keys of processes", False, f"{lacks}: restart it with the whole list")


def _rows(session: Session, settings: Settings, now: datetime) -> Iterator[Finding]:
    yield _processes(session, now)
    has_practice = session.scalar(select(func.count()).select_from(Practice)) or 0
    yield Finding(
        "practices", has_practice > 0, f"{has_practice}" if has_practice else "none. Run: homestretch init"
    )
    tick = session.get(Lease, "tick")
    if tick is None:
        yield Finding("scheduler", False, "has never run. Start: homestretch run")
    else:
        age = now - tick.renewed_at
        seconds = int(age.total_seconds())
        yield Finding("scheduler", age < TICK_IS_LATE, f"last ticked {seconds} s ago")
    ages = [(moment.now, flow.oldest_overdue(session, moment)) for moment in timelines(session, now)]
    late = max((at - since for at, since in ages if since), default=timedelta(0))
    yield Finding(
        "overdue texts",
        late < TICK_IS_LATE,
        f"the oldest {int(late.total_seconds())} s late" if late else "none",
    )
    unsure = flow.count_in_doubt(session)
    yield Finding("texts in doubt", not unsure, f"{unsure} (see Delivery and Inbox)" if unsure else "none")
    looked_at, wrong = compare(session, now, LINES_COMPARED)
    yield Finding(
        "caseload",
        not wrong,
        f"{len(wrong)} of {looked_at} lines differ from a count. Run: homestretch recount, and tell us"
        if wrong
        else f"{looked_at} lines are what a count says",
    )
    yield _alerts(session, settings)
    until = emergency.open_until(session, now)
    detail = "closed" if until is None else f"open until {until:%Y-%m-%d %H:%M} UTC (see Settings, Users)"
    yield Finding("emergency access", until is None, detail)
    if not settings.is_simulated:
        senders = session.scalar(select(func.count()).select_from(Sender)) or 0
        yield Finding("sender", senders > 0, "on file" if senders else "none. Run: homestretch init")


def _alerts(session: Session, settings: Settings) -> Finding:
    """A practice with clients in which a sign of danger would reach nobody away from the screen."""
    with_clients = select(Practice).where(
        ~Practice.is_sample, exists().where(Client.practice_id == Practice.id, Client.phone.is_not(None))
    )
    deaf = [
        practice.id
        for practice in session.scalars(with_clients)
        if settings.smtp is None and not alert_phones(session, practice.id)[1]
    ]
    if not deaf:
        return Finding("alerts to staff", True, "reach somebody where there are clients")
    return Finding(
        "alerts to staff",
        False,
        f"reach nobody in {len(deaf)} practice(s). Add phones under Settings, or HOMESTRETCH_SMTP_URL.",
    )


def _mail(settings: Settings) -> Finding:
    if settings.smtp is None:
        return Finding("mail", True, "off")
    try:
        check_server(settings.smtp)
    except (OSError, SMTPException) as error:
        return Finding("mail", False, f"{settings.smtp.host} cannot be used ({type(error).__name__}).")
    return Finding("mail", True, f"{settings.smtp.host} takes it ({settings.smtp.security})")


def _files(settings: Settings) -> Iterator[Finding]:
    for path in (settings.data_dir, *private_files(settings.data_dir, settings.database_url)):
        if path.exists():
            is_private = path.stat().st_mode & OPEN_TO_OTHERS == 0
            detail = "closed to others" if is_private else "readable by others. Run: chmod o-rwx"
            yield Finding(path.name, is_private, detail)


def _proxies(settings: Settings) -> Finding:
    """We end no TLS ourselves, so an https address means that a proxy stands in front."""
    if settings.is_https and not settings.proxy_hops:
        return Finding(
            "proxies",
            not settings.is_production,
            "HOMESTRETCH_PROXY_HOPS is 0: everybody seems to come from one address, and a hundred wrong "
            "sign-ins close the door to all. Set it to the number of your proxies.",
        )
    return Finding("proxies", True, f"{settings.proxy_hops} in front")


def _security_txt(settings: Settings, now: datetime) -> Finding:
    if not settings.security_contact or settings.security_expires is None:
        detail = (
            "none. Set HOMESTRETCH_SECURITY_CONTACT and HOMESTRETCH_SECURITY_EXPIRES, so that who finds "
            "a weakness can tell you"
        )
        return Finding("security.txt", True, detail)
    left = settings.security_expires - now
    if left < timedelta(0):
        return Finding("security.txt", False, "expired, so it is not shown. Set HOMESTRETCH_SECURITY_EXPIRES")
    return Finding("security.txt", True, f"{settings.security_contact}, for {left.days} more days")


def _backups(settings: Settings, now: datetime) -> Finding:
    if not settings.backup_key:
        return Finding("backups", not settings.is_production, "none are made. Set HOMESTRETCH_BACKUP_KEY")
    last = newest(folder_of(settings))
    if last is None:
        return Finding(
            "backups", False, "none yet. The scheduler makes one at night; now: homestretch backup"
        )
    hours = int((now - last).total_seconds() // 3600)
    return Finding("backups", now - last < BACKUP_IS_OLD, f"the newest is {hours} h old")


def _webhooks(settings: Settings) -> Finding:
    """Whether the provider can call us cannot be asked from inside; only what it has to be told."""
    if settings.is_simulated:
        return Finding("webhooks", True, "not used with the simulated phone")
    inbound, status = (f"{settings.public_url}/twilio/{end}" for end in ("inbound", "status"))
    if not settings.is_https or _is_private(urlsplit(settings.public_url).hostname or ""):
        return Finding(
            "webhooks",
            False,
            f"the provider cannot call {inbound}: HOMESTRETCH_PUBLIC_URL must be a public https address.",
        )
    return Finding(
        "webhooks",
        True,
        f"set at the provider, with POST: incoming texts to {inbound}#rc=3&rp=all (also as fallback). "
        f"Reports come to {status} by themselves. In a browser elsewhere {inbound} must answer 405.",
    )


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".internal", ".localhost"))


def _provider(settings: Settings) -> Finding:
    async def ask() -> str:
        gateway = make_gateway(settings)
        try:
            await gateway.check()
            return "simulated: no real texts" if settings.is_simulated else "lets us in, account active"
        finally:
            await gateway.aclose()

    try:
        return Finding("provider", True, asyncio.run(ask()))
    except GatewayUnreachable:
        return Finding("provider", False, "cannot be reached from here.")
    except (GatewayRefused, Refused) as refusal:
        return Finding("provider", False, str(refusal))
