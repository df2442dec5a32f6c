"""The way back: a backup becomes the installation again, and nobody is texted twice for it."""

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from sqlalchemy import inspect, make_url, select

from care import field_keys
from care.db import Database, open_database
from care.errors import Refused
from care.models import Lease
from care.settings import Settings, load_settings
from homestretch.backups.archive import DATABASE, KEY, MANIFEST, NO_KEY, STAMP, UPLOADS
from homestretch.backups.copying import check_is_empty, copy_in
from homestretch.backups.sealing import NOT_OURS, Opened
from homestretch.installation import open_installation
from reminders.after_restore import AfterRestore, settle_restored

RUNNING = (
    "Homestretch is running on this database. Stop every process of it, wait two minutes, and restore again."
)


@dataclass(frozen=True)
class Restored:
    """When the backup was made, what became of the texts owed until now, and where the old files lie."""

    made_at: str
    after: AfterRestore
    moved_away: list[str]

    def as_dict(self) -> dict[str, Any]:
        return {"made_at": self.made_at, **asdict(self.after), "moved_away": self.moved_away}


def restore(file: Path, environ: Mapping[str, str], now: datetime) -> Restored:
    """Put a backup in the place of this installation. What was there is moved aside, never overwritten.

    Raises Refused while a scheduler runs, and where the backup cannot be opened, is of the other kind of
    database, belongs to another secret key, or needs a key of sealed fields that is missing. Until all of it
    is unpacked and looked at, nothing changes.
    """
    data_dir = Path(environ.get("HOMESTRETCH_DATA_DIR") or "var").absolute()
    had_key = bool(environ.get("HOMESTRETCH_SECRET_KEY")) or (data_dir / KEY).exists()
    settings = load_settings(environ)
    if not settings.backup_key:
        raise Refused(NO_KEY)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=data_dir) as scratch:
        unpacked = Path(scratch)
        _unpack(file, settings.backup_key, unpacked)
        manifest = json.loads((unpacked / MANIFEST).read_text())
        _check_kind(settings, manifest["kind"])
        _check_field_keys(settings, tuple(manifest.get("field_keys", ())))
        if had_key:
            _check_same_key(data_dir, unpacked)
        _check_nobody_runs(settings, now)
        moved = _move_away(settings, now)
        copy_in(settings.database_url, unpacked / DATABASE)
        if not had_key and (unpacked / KEY).exists():
            os.replace(unpacked / KEY, data_dir / KEY)
        if (unpacked / UPLOADS).exists():
            shutil.move(unpacked / UPLOADS, data_dir / UPLOADS)
    return Restored(manifest["made_at"], _settle(environ, now), moved)


def _unpack(file: Path, passphrase: str, to: Path) -> None:
    """All of it, so that a damaged end shows before anything is touched."""
    try:
        source = file.open("rb")
    except OSError as error:
        raise Refused(f"The backup cannot be read: {error.strerror}.") from None
    with source:
        opened = Opened(source, passphrase)
        try:
            with tarfile.open(fileobj=cast("BinaryIO", opened), mode="r|") as tar:
                tar.extractall(to, filter="data")
        except tarfile.TarError:
            raise Refused(NOT_OURS) from None
        opened.read()
    if not (to / DATABASE).is_file() or not (to / MANIFEST).is_file():
        raise Refused(NOT_OURS)


def _check_kind(settings: Settings, kind: str) -> None:
    ours = make_url(settings.database_url).get_backend_name()
    if kind != ours:
        raise Refused(
            f"The backup is of a {kind} database, and HOMESTRETCH_DATABASE_URL names a {ours} one. "
            "To change the kind, restore it as it was, then use: homestretch export and import."
        )


def _check_field_keys(settings: Settings, ids: tuple[str, ...]) -> None:
    """A backup holds sealed fields as they are; the keys are never in it."""
    missing = field_keys.say_missing(ids, settings.field_ring)
    if missing is not None:
        raise Refused(f"{missing} Nothing was restored.")


def _check_same_key(data_dir: Path, unpacked: Path) -> None:
    ours, theirs = data_dir / KEY, unpacked / KEY
    if ours.exists() and theirs.exists() and ours.read_text().strip() != theirs.read_text().strip():
        raise Refused(
            f"{KEY} in the data directory is not the one of the backup. Move it away, and restore again."
        )


def _check_nobody_runs(settings: Settings, now: datetime) -> None:
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite":
        database = open_database(settings.database_url, settings.field_ring)
        try:
            check_is_empty(database)
        finally:
            database.dispose()
    elif Path(url.database or "").exists():
        database = open_database(settings.database_url, settings.field_ring)
        is_held = _is_held(database, now)
        database.dispose()
        if is_held:
            raise Refused(RUNNING)


def _is_held(database: Database, now: datetime) -> bool:
    """Whether a scheduler ticked within its lease. A database without tables is held by nobody."""
    if not inspect(database.engine).has_table(Lease.__tablename__):
        return False
    with database.reading() as session:
        held = select(Lease.name).where(Lease.name == "tick", Lease.renewed_at <= now, Lease.expires_at > now)
        return session.scalar(held) is not None


def _move_away(settings: Settings, now: datetime) -> list[str]:
    """SQLite's file with those beside it, and the uploads: under a name that says when and why."""
    url = make_url(settings.database_url)
    places = [settings.data_dir / UPLOADS]
    if url.get_backend_name() == "sqlite":
        file = Path(url.database or "")
        places += [file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))]
    moved = []
    for place in places:
        if place.exists():
            aside = place.with_name(f"before-restore-{now.astimezone(UTC):{STAMP}}-{place.name}")
            os.rename(place, aside)
            moved.append(str(aside))
    return moved


def _settle(environ: Mapping[str, str], now: datetime) -> AfterRestore:
    installation = open_installation(environ, may_migrate=True)
    dispatcher = installation.dispatcher()
    try:
        return settle_restored(installation.database.sessions, dispatcher, now)
    finally:
        dispatcher.close()
        installation.database.dispose()
