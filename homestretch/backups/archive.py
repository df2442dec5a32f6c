"""Making backups: a sealed tar of database, secret key and uploads; which to keep; and every night."""

import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select

from care import field_keys
from care.db import Database
from care.errors import Refused
from care.migrating import current_revision
from care.models import Practice
from care.recurrence import instant_of
from care.settings import Settings
from homestretch.backups.copying import copy_out
from homestretch.backups.sealing import Sealer
from scheduler.leases import take_turn

log = structlog.get_logger()

SUFFIX = ".backup"
SCRATCH = ".backup-"
# Longer than any backup takes that is still being made.
ABANDONED = timedelta(days=1)
NAMED = re.compile(r"homestretch-(\d{8}T\d{6}Z)\.backup")
STAMP = "%Y%m%dT%H%M%SZ"
DATABASE, KEY, UPLOADS, MANIFEST = "database", "secret.key", "uploads", "manifest.json"
DAYS_KEPT, MONTHS_KEPT = 14, 12
NIGHT = time(3, 0)
TURN_NAME, TRY_AGAIN = "backup", timedelta(hours=1)
NO_KEY = (
    "HOMESTRETCH_BACKUP_KEY is not set. Choose a long passphrase, keep it apart from the backups, and set it."
)


def folder_of(settings: Settings) -> Path:
    """Where backups are kept where no other place is named."""
    return settings.data_dir / "backups"


def back_up(settings: Settings, database: Database, now: datetime, folder: Path | None = None) -> Path:
    """Write one backup. Returns its file, mode 0600; no unfinished one is ever left under that name.

    Raises Refused without a passphrase, and where the copy is not sound.
    """
    if not settings.backup_key:
        raise Refused(NO_KEY)
    folder = folder or folder_of(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _clear_leftovers(folder, now)
    finished = folder / f"homestretch-{now.astimezone(UTC):{STAMP}}{SUFFIX}"
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder) as scratch:
        copy, sealed = Path(scratch) / DATABASE, Path(scratch) / "sealed"
        copy_out(database, copy)
        _seal(settings, database, now, copy, sealed)
        os.replace(sealed, finished)
    return finished


def _clear_leftovers(folder: Path, now: datetime) -> None:
    """What a backup left that was killed in the middle: an open copy of the database lies in it."""
    for scratch in folder.glob(f"{SCRATCH}*"):
        with suppress(OSError):
            if scratch.stat().st_mtime < (now - ABANDONED).timestamp():
                shutil.rmtree(scratch)


def _seal(settings: Settings, database: Database, now: datetime, copy: Path, to: Path) -> None:
    manifest = Path(to.parent) / MANIFEST
    manifest.write_text(json.dumps(_manifest(database, now)))
    key, uploads = settings.data_dir / KEY, settings.data_dir / UPLOADS
    with open(to, "xb", opener=_closed_to_others) as file:
        sealer = Sealer(file, settings.backup_key)
        with tarfile.open(fileobj=cast("BinaryIO", sealer), mode="w|", format=tarfile.PAX_FORMAT) as tar:
            tar.add(manifest, MANIFEST)
            tar.add(copy, DATABASE)
            for kept, name in ((key, KEY), (uploads, UPLOADS)):
                if kept.exists():
                    tar.add(kept, name)
        sealer.close()
        file.flush()
        os.fsync(file.fileno())


def _manifest(database: Database, now: datetime) -> dict[str, object]:
    """What is told of the copy before it is unpacked, the keys that its sealed fields need among it."""
    with database.reading() as session:
        return {
            "made_at": now.isoformat(),
            "kind": database.engine.dialect.name,
            "revision": current_revision(session.connection()),
            "field_keys": field_keys.needed(session),
        }


def _closed_to_others(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def made_at(file: Path) -> datetime | None:
    """When a backup was made, by its name. None for other files."""
    named = NAMED.fullmatch(file.name)
    return datetime.strptime(named[1], STAMP).replace(tzinfo=UTC) if named else None


def newest(folder: Path) -> datetime | None:
    """When the newest backup of a folder was made."""
    files = folder.iterdir() if folder.is_dir() else ()
    return max(filter(None, map(made_at, files)), default=None)


def to_drop(moments: Iterable[datetime], now: datetime) -> set[datetime]:
    """Which backups may go: all of the last 14 days stay, and of the 12 months before, each one's newest."""
    old = sorted(moment for moment in moments if moment <= now - timedelta(days=DAYS_KEPT))
    newest_of = {(moment.year, moment.month): moment for moment in old}
    months = sorted(newest_of)[-MONTHS_KEPT:]
    return set(old) - {newest_of[month] for month in months}


def rotate(folder: Path, now: datetime) -> int:
    """Drop what may go. Returns how many files that were."""
    files = {moment: file for file in folder.iterdir() if (moment := made_at(file))}
    dropped = to_drop(files, now)
    for moment in dropped:
        files[moment].unlink()
    return len(dropped)


class Nightly:
    """Backs up once after three in the morning where the first practice is, whoever comes first.

    Called every few minutes by the scheduler (`scheduler.engine`). What fails is logged, and tried again
    an hour later.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database

    def __call__(self, now: datetime) -> None:
        folder = folder_of(self._settings)
        last = newest(folder)
        with self._database.sessions.begin() as session:
            zone_name = session.scalar(select(Practice.timezone).order_by(Practice.id).limit(1))
            if zone_name is None or (last is not None and last >= _last_night(now, ZoneInfo(zone_name))):
                return
            if not take_turn(session, TURN_NAME, now, TRY_AGAIN):
                return
        made = back_up(self._settings, self._database, now)
        log.info("backed_up", bytes=made.stat().st_size, dropped=rotate(folder, now))


def _last_night(now: datetime, zone: ZoneInfo) -> datetime:
    today = now.astimezone(zone).date()
    tonight = instant_of(today, NIGHT, zone)
    return tonight if tonight <= now else instant_of(today - timedelta(days=1), NIGHT, zone)
