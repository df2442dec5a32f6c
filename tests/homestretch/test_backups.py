"""Backups: made while everything runs, opened by nobody else, and restored without texting anyone twice."""

import io
import json
import os
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from care.db import Database, open_database
from care.errors import Refused
from care.migrating import migrate
from care.models import AuditEntry, Client, Lease
from care.settings import Settings, load_settings
from homestretch.backups import sealing
from homestretch.backups.archive import DAYS_KEPT, Nightly, back_up, folder_of, newest, to_drop
from homestretch.backups.restoring import restore
from homestretch.backups.sealing import Opened, Sealer
from scheduler.leases import hold
from tests.homestretch.conftest import Shell, init
from tests.making import MONDAY_9AM, make_practice
from tests.postgres import PostgresServer, find_binaries
from tests.reminders.living import begin

PASSPHRASE = "seven quiet otters"
Environ = dict[str, str]
NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)


@pytest.fixture
def environ(tmp_path: Path) -> Environ:
    return {"HOMESTRETCH_DATA_DIR": str(tmp_path / "var"), "HOMESTRETCH_BACKUP_KEY": PASSPHRASE}


def opened(environ: Environ) -> tuple[Settings, Database]:
    found = load_settings(environ)
    database = open_database(found.database_url)
    migrate(database)
    return found, database


def count_clients(environ: Environ) -> int:
    database = open_database(load_settings(environ).database_url)
    with database.reading() as session:
        count = session.scalar(select(func.count()).select_from(Client)) or 0
    database.dispose()
    return count


def test_what_is_restored_is_what_was_there(environ: Environ) -> None:
    found, database = opened(environ)
    begin(database)
    (found.data_dir / "uploads").mkdir()
    (found.data_dir / "uploads" / "picture.jpg").write_bytes(b"a picture")
    file = back_up(found, database, NOON)
    begin(database)
    database.dispose()

    restored = restore(file, environ, NOON + timedelta(hours=1))

    assert count_clients(environ) == 1
    assert (found.data_dir / "uploads" / "picture.jpg").read_bytes() == b"a picture"
    assert restored.made_at == NOON.isoformat()
    assert all(Path(aside).exists() for aside in restored.moved_away)
    assert any(aside.endswith("homestretch.db") for aside in restored.moved_away)


def test_a_new_machine_gets_the_key_back_with_the_rows(environ: Environ, tmp_path: Path) -> None:
    found, database = opened(environ)
    begin(database)
    file = back_up(found, database, NOON)
    elsewhere = environ | {"HOMESTRETCH_DATA_DIR": str(tmp_path / "elsewhere")}
    database.dispose()

    restore(file, elsewhere, NOON)

    assert count_clients(elsewhere) == 1
    assert load_settings(elsewhere).secret_key == found.secret_key


def test_a_backup_made_while_rows_are_written_is_whole(environ: Environ) -> None:
    found, database = opened(environ)
    with database.sessions.begin() as session:
        practice_id = make_practice(session).id
    is_enough, has_begun = threading.Event(), threading.Event()

    def write() -> None:
        while not is_enough.is_set():
            with database.sessions.begin() as session:
                for subject in ("first", "second"):
                    entry = AuditEntry(practice_id=practice_id, action="view", subject=subject, at=NOON)
                    session.add(entry)
            has_begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    has_begun.wait(20)
    files = [back_up(found, database, NOON + timedelta(minutes=n)) for n in range(3)]
    is_enough.set()
    writer.join()
    database.dispose()

    for file in files:
        restore(file, environ, NOON + timedelta(hours=1))
        database = open_database(found.database_url)
        with database.reading() as session:
            first, second = (
                session.scalar(select(func.count()).where(AuditEntry.subject == subject))
                for subject in ("first", "second")
            )
        database.dispose()
        assert first == second
        assert first


def test_postgresql_goes_out_and_comes_back_by_its_own_tools(
    environ: Environ, postgres: Database, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{find_binaries()}{os.pathsep}{os.environ['PATH']}")
    begin(postgres)
    full = environ | {"HOMESTRETCH_DATABASE_URL": postgres.engine.url.render_as_string(hide_password=False)}
    file = back_up(load_settings(full), postgres, NOON)
    empty = environ | {"HOMESTRETCH_DATABASE_URL": postgres_server.create("restored")}

    restore(file, empty, NOON)

    assert count_clients(empty) == 1
    with pytest.raises(Refused, match="holds tables"):
        restore(file, full, NOON)
    with pytest.raises(Refused, match="of a postgresql database"):
        restore(file, environ, NOON)
    postgres_server.drop("restored")


def test_nothing_is_touched_while_a_scheduler_runs(environ: Environ) -> None:
    found, database = opened(environ)
    begin(database)
    file = back_up(found, database, NOON)
    with database.sessions.begin() as session:
        hold(session, "tick", "another process", NOON)
        begin_again = session.scalar(select(func.count()).select_from(Lease))
    database.dispose()

    with pytest.raises(Refused, match="is running"):
        restore(file, environ, NOON + timedelta(minutes=1))

    assert begin_again == 1
    assert not list(found.data_dir.glob("before-restore-*"))
    restore(file, environ, NOON + timedelta(minutes=5))


def with_another_passphrase(file: Path, environ: Environ) -> None:
    environ["HOMESTRETCH_BACKUP_KEY"] = "some other passphrase"


def without_a_passphrase(file: Path, environ: Environ) -> None:
    del environ["HOMESTRETCH_BACKUP_KEY"]


def cut_short(file: Path, environ: Environ) -> None:
    file.write_bytes(file.read_bytes()[:-40])


def of_something_else(file: Path, environ: Environ) -> None:
    file.write_bytes(b"PK\x03\x04 a holiday picture")


def with_another_secret_key(file: Path, environ: Environ) -> None:
    (Path(environ["HOMESTRETCH_DATA_DIR"]) / "secret.key").write_text("k" * 64)


def gone(file: Path, environ: Environ) -> None:
    file.unlink()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (with_another_passphrase, "HOMESTRETCH_BACKUP_KEY is not the one"),
        (without_a_passphrase, "HOMESTRETCH_BACKUP_KEY is not set"),
        (cut_short, "HOMESTRETCH_BACKUP_KEY is not the one|damaged"),
        (of_something_else, "not a backup made by Homestretch"),
        (with_another_secret_key, r"secret\.key in the data directory is not the one"),
        (gone, "cannot be read"),
    ],
)
def test_what_cannot_be_restored_is_said_in_a_sentence_and_changes_nothing(
    environ: Environ, spoil: Callable[[Path, Environ], None], sentence: str
) -> None:
    found, database = opened(environ)
    begin(database)
    file = back_up(found, database, NOON)
    begin(database)
    database.dispose()
    spoil(file, environ)

    with pytest.raises(Refused, match=sentence):
        restore(file, environ, NOON + timedelta(hours=1))

    assert count_clients(environ) == 2


def sealed(data: bytes) -> bytes:
    to = io.BytesIO()
    sealer = Sealer(to, PASSPHRASE)
    sealer.write(data)
    sealer.close()
    return to.getvalue()


@settings(max_examples=60)
@given(data=st.binary(max_size=100), at=st.integers(0), flip=st.integers(1, 255), cut=st.integers(1, 200))
def test_no_byte_of_a_backup_can_be_changed_or_left_out(data: bytes, at: int, flip: int, cut: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sealing, "PIECE", 16)
        patched.setattr(sealing, "SCRYPT_N", 2)
        whole = sealed(data)
        changed = bytearray(whole)
        changed[at % len(whole)] ^= flip

        assert Opened(io.BytesIO(whole), PASSPHRASE).read() == data
        for spoiled in (bytes(changed), whole[: -min(cut, len(whole))], whole + whole[-16:]):
            with pytest.raises(Refused):
                Opened(io.BytesIO(spoiled), PASSPHRASE).read()


def test_a_backup_shows_nothing_to_whoever_finds_it(environ: Environ) -> None:
    found, database = opened(environ)
    client = begin(database).client
    file = back_up(found, database, NOON)
    database.dispose()

    held = file.read_bytes()

    assert file.stat().st_mode & 0o777 == 0o600
    for secret in (str(client.phone), client.last_name, "SQLite format", found.secret_key):
        assert secret.encode() not in held
    assert [kept.name for kept in folder_of(found).iterdir()] == [file.name]


@given(st.sets(st.integers(0, 900), max_size=80))
def test_the_newest_of_each_month_and_all_of_two_weeks_are_kept(days: set[int]) -> None:
    moments = {NOON - timedelta(days=days_ago) for days_ago in days}

    kept = moments - to_drop(moments, NOON)

    assert {moment for moment in moments if moment > NOON - timedelta(days=DAYS_KEPT)} <= kept
    assert not moments or max(moments) in kept
    old = sorted(moment for moment in kept if moment <= NOON - timedelta(days=DAYS_KEPT))
    assert len({(moment.year, moment.month) for moment in old}) == len(old) <= 12


def test_what_a_killed_backup_left_open_is_cleared_away_by_a_later_one(environ: Environ) -> None:
    found, database = opened(environ)
    folder = folder_of(found)
    for name, age in (("old", timedelta(days=2)), ("of another that is being made", timedelta(hours=1))):
        scratch = folder / f".backup-{name}"
        scratch.mkdir(parents=True)
        (scratch / "database").write_text("everybody's rows")
        at = (NOON - age).timestamp()
        os.utime(scratch, (at, at))

    back_up(found, database, NOON)

    assert [one.name for one in folder.glob(".backup-*")] == [".backup-of another that is being made"]


def test_there_is_one_backup_a_night_and_old_ones_go(environ: Environ) -> None:
    found, database = opened(environ)
    begin(database)
    nightly = Nightly(found, database)
    folder = folder_of(found)
    for moment in (MONDAY_9AM, MONDAY_9AM + timedelta(hours=1), MONDAY_9AM + timedelta(hours=17)):
        nightly(moment)
    assert newest(folder) == MONDAY_9AM

    # Three in the morning in New York.
    nightly(MONDAY_9AM + timedelta(hours=18))
    nightly(MONDAY_9AM + timedelta(days=40))

    assert newest(folder) == MONDAY_9AM + timedelta(days=40)
    assert len(list(folder.iterdir())) == 2
    database.dispose()


def test_a_night_that_failed_is_tried_again_an_hour_later(
    environ: Environ, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, database = opened(environ)
    begin(database)
    nightly = Nightly(found, database)
    folder = folder_of(found)
    folder.write_text("in the way")
    with pytest.raises(FileExistsError):
        nightly(MONDAY_9AM)
    folder.unlink()

    nightly(MONDAY_9AM + timedelta(minutes=5))
    assert newest(folder) is None
    nightly(MONDAY_9AM + timedelta(hours=1))

    assert newest(folder) == MONDAY_9AM + timedelta(hours=1)
    database.dispose()


def test_an_operator_backs_up_and_restores_by_two_commands(shell: Shell, tmp_path: Path) -> None:
    init(shell)
    assert "HOMESTRETCH_BACKUP_KEY is not set" in shell("backup").stderr
    key = {"HOMESTRETCH_BACKUP_KEY": PASSPHRASE}
    made = shell("backup", "--to", str(tmp_path / "kept"), **key)
    assert made.returncode == 0, made.stderr
    shutil.rmtree(tmp_path / "var")

    back = shell("restore", made.stdout.strip(), **key)

    assert back.returncode == 0, back.stderr
    assert json.loads(back.stdout)["is_paused"] is False
    records = [json.loads(line) for line in shell("export").stdout.splitlines()]
    assert [r["name"] for r in records if r["type"] == "practice"] == ["Harbour Clinic"]
