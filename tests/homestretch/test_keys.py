"""Sealed fields as whoever runs an installation meets them: commands, the doctor, starts and backups."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from care import lacking
from care.clock import utc_now
from care.errors import Refused
from care.key_ring import id_of, new_key
from care.settings import load_settings
from homestretch.backups.archive import back_up
from homestretch.backups.restoring import restore
from homestretch.cli import main
from homestretch.commands import parsing
from homestretch.doctor import diagnose
from homestretch.installation import open_installation
from tests.making import MONDAY_9AM, make_client, make_practice
from tests.sealing import NEW, OLD, stored

Environ = dict[str, str]
Say = Callable[..., str]


@pytest.fixture
def environ(tmp_path: Path) -> Environ:
    """An installation with one client, written before there were keys."""
    environ = {"HOMESTRETCH_DATA_DIR": str(tmp_path / "var"), "HOMESTRETCH_BACKUP_KEY": "seven quiet otters"}
    write(environ, lambda session: make_client(session, make_practice(session), note="Likes mornings."))
    return environ


def write(environ: Environ, work: Callable[[Session], object]) -> None:
    installation = open_installation(environ, may_migrate=True)
    with installation.database.sessions.begin() as session:
        work(session)
    installation.database.dispose()


def with_keys(environ: Environ, listed: str) -> Environ:
    return environ | {"HOMESTRETCH_FIELD_KEYS": listed}


@pytest.fixture
def say(environ: Environ, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """`say("", "keys", "rotate")` runs the command with this list of keys, and gives what it printed."""

    monkeypatch.setattr(parsing, "set_up_logs", lambda _level: None)  # logs are the whole process's

    def say(listed: str, *words: str) -> str:
        for name, value in with_keys(environ, listed).items():
            monkeypatch.setenv(name, value)
        main(words)
        return capsys.readouterr().out.strip()

    return say


def what_the_doctor_says(monkeypatch: pytest.MonkeyPatch, environ: Environ, listed: str) -> tuple[bool, str]:
    for name, value in with_keys(environ, listed).items():
        monkeypatch.setenv(name, value)
    found = {one.what: one for one in diagnose(MONDAY_9AM)}
    return found["sealed fields"].is_well, found["sealed fields"].detail


def test_every_new_key_is_another_and_goes_into_the_list(say: Say, tmp_path: Path) -> None:
    first, second = say("", "keys", "new"), say("", "keys", "new")

    assert first != second
    listed = f"{first},{second}"
    found = load_settings({"HOMESTRETCH_DATA_DIR": str(tmp_path), "HOMESTRETCH_FIELD_KEYS": listed})
    assert found.field_ring.keys == (first, second)


def test_switching_on_rotating_and_switching_off_is_told_step_by_step(
    environ: Environ, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doctor(listed: str) -> tuple[bool, str]:
        return what_the_doctor_says(monkeypatch, environ, listed)

    assert doctor("") == (True, "off")
    assert "nothing is sealed" in say("", "keys", "rotate")
    assert doctor(OLD)[1] == "on, 1 key; 2 rows are not under the first. Run: homestretch keys rotate"
    assert say(OLD, "keys", "rotate") == "2 rows written anew; every row is under the first key."
    assert doctor(OLD)[1] == "on, 1 key; every row is as it should be"
    assert "2 rows are not under the first" in doctor(f"{NEW},{OLD}")[1]
    assert say(f"{NEW},{OLD}", "keys", "rotate") == "2 rows written anew; every row is under the first key."
    assert doctor(NEW)[1] == "on, 1 key; every row is as it should be"
    still = "off, 1 key to open what was sealed; 2 rows are still sealed. Run: homestretch keys rotate"
    assert doctor(f"plain,{NEW}")[1] == still
    assert say(f"plain,{NEW}", "keys", "rotate") == "2 rows written anew; nothing is sealed any more."
    assert doctor("") == (True, "off")
    write(environ, lambda session: None)


def test_without_its_key_nothing_starts_and_the_doctor_says_which(
    environ: Environ, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(with_keys(environ, OLD), lambda session: make_client(session, make_practice(session)))

    for listed in ("", NEW, f"plain,{NEW}"):
        with pytest.raises(Refused, match=f"key {id_of(OLD)}, which HOMESTRETCH_FIELD_KEYS does not hold"):
            open_installation(with_keys(environ, listed), may_migrate=False)
        is_well, sentence = what_the_doctor_says(monkeypatch, environ, listed)
        assert not is_well
        assert f"key {id_of(OLD)}, which" in sentence


def test_a_backup_holds_sealed_fields_and_says_which_keys_they_need(environ: Environ) -> None:
    sealed = with_keys(environ, OLD)
    write(sealed, lambda session: make_client(session, make_practice(session), note="In the evening."))
    installation = open_installation(sealed, may_migrate=False)
    file = back_up(installation.settings, installation.database, MONDAY_9AM)
    installation.database.dispose()
    here = set(installation.settings.data_dir.iterdir())

    with pytest.raises(Refused, match=f"{id_of(OLD)}.*Nothing was restored"):
        restore(file, with_keys(environ, new_key()), MONDAY_9AM)

    assert set(installation.settings.data_dir.iterdir()) == here
    restore(file, sealed, MONDAY_9AM)
    again = open_installation(sealed, may_migrate=False)
    assert [one[:8] for one in stored(again.database, "client", "note")] == ["Likes mo", "~sealed~"]
    again.database.dispose()


def test_a_process_that_lacks_a_key_is_named_and_keeps_a_rotation_from_leaving_it_behind(
    environ: Environ, say: Say, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def doctor() -> tuple[bool, str]:
        [found] = [one for one in diagnose(utc_now()) if one.what == "keys of processes"]
        return found.is_well, found.detail

    write(environ, lambda session: lacking.note(session, "here:7", ["a1b2c3d4"], utc_now()))
    with pytest.raises(SystemExit):
        say(OLD, "keys", "rotate")

    assert "here:7 runs without the key a1b2c3d4" in capsys.readouterr().err
    assert doctor() == (False, "here:7 lacks the key a1b2c3d4: restart it with the whole list")
    write(with_keys(environ, OLD), lacking.forget)
    assert doctor() == (True, "none says that it lacks one")
    assert say(OLD, "keys", "rotate") == "2 rows written anew; every row is under the first key."
