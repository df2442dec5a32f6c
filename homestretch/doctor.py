"""What is well and what is not, said in sentences. Looks, and changes nothing."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from care.db import Database, open_database
from care.errors import Refused
from care.migrating import is_up_to_date
from care.models import Lease, Practice, Reminder, ReminderStatus, Sender
from care.settings import BadSettings, Settings, load_settings
from homestretch.installation import make_gateway
from reminders.gateway import GatewayRefused, GatewayUnreachable

TICK_IS_LATE = timedelta(minutes=3)


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
    database = open_database(settings.database_url)
    findings += _database(database)
    if all(finding.is_well for finding in findings):
        with database.reading() as session:
            findings += _rows(session, settings, now)
    database.dispose()
    return [*findings, *_files(settings), _provider(settings)]


def _database(database: Database) -> Iterator[Finding]:
    try:
        is_current = is_up_to_date(database)
        if database.is_sqlite:
            with database.engine.connect() as connection:
                verdict = str(connection.execute(text("PRAGMA quick_check")).scalar())
            yield Finding("database file", verdict == "ok", f"integrity check: {verdict}")
    except SQLAlchemyError as error:
        yield Finding("database", False, f"cannot be opened ({type(error).__name__}).")
        return
    yield Finding(
        "tables", is_current, "up to date" if is_current else "not up to date. Run: homestretch migrate"
    )


def _rows(session: Session, settings: Settings, now: datetime) -> Iterator[Finding]:
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
    unsure = session.scalar(
        select(func.count()).select_from(Reminder).where(Reminder.status == ReminderStatus.UNSURE)
    )
    yield Finding("texts in doubt", not unsure, f"{unsure} (see Inbox)")
    if not settings.is_simulated:
        senders = session.scalar(select(func.count()).select_from(Sender)) or 0
        yield Finding("sender", senders > 0, "on file" if senders else "none. Run: homestretch init")


def _files(settings: Settings) -> Iterator[Finding]:
    for path in (settings.data_dir, settings.data_dir / "secret.key"):
        if Path(path).exists():
            is_private = path.stat().st_mode & 0o007 == 0
            detail = "closed to others" if is_private else "readable by others. Run: chmod o-rwx"
            yield Finding(path.name, is_private, detail)


def _provider(settings: Settings) -> Finding:
    async def ask() -> str:
        gateway = make_gateway(settings)
        try:
            await gateway.check()
            return "lets us in" if not settings.is_simulated else "simulated: no real texts"
        finally:
            await gateway.aclose()

    try:
        return Finding("provider", True, asyncio.run(ask()))
    except GatewayUnreachable:
        return Finding("provider", False, "cannot be reached from here.")
    except (GatewayRefused, Refused) as refusal:
        return Finding("provider", False, str(refusal))
