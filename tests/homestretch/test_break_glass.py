"""Emergency access: an admin for some hours, told of loudly, who is gone when the time is over."""

from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from care import facts, signing_in, users
from care.api_tokens import find_token, make_token
from care.clock import utc_now
from care.db import open_database
from care.emergency import end_expired, open_access
from care.errors import Refused
from care.models import AuditEntry, Mail, Practice, Role, User
from homestretch.cli import main
from homestretch.installation import open_installation
from tests.making import MONDAY_8AM, make_practice, make_user

PASSWORD = "a lantern in the cellar"
FOUR_HOURS = timedelta(hours=4)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a database with one practice, its admin and a therapist, where mail goes out."""
    monkeypatch.setenv("HOMESTRETCH_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("HOMESTRETCH_SMTP_URL", "smtp://localhost:2525")
    monkeypatch.setenv("HOMESTRETCH_MAIL_FROM", "care@example.org")
    installation = open_installation(may_migrate=True)
    with installation.database.sessions.begin() as session:
        practice = make_practice(session, name="Harbour Clinic")
        make_user(session, practice, role=Role.ADMIN)
        make_user(session, practice)
    installation.database.dispose()
    return installation.settings.database_url


def break_glass(monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    words = {
        "practice": "Harbour Clinic",
        "email": "night@harbour.example",
        "name": "Night Watch",
        "reason": "Ada is ill and nobody else is an admin",
    } | changes
    monkeypatch.setattr("sys.stdin", StringIO(PASSWORD + "\n"))
    options = [part for name, value in words.items() for part in (f"--{name}", value)]
    main(["break-glass", *options, "--password-stdin"])


def test_it_makes_an_admin_writes_it_down_and_tells_every_admin(
    installed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    break_glass(monkeypatch)

    said = capsys.readouterr()
    assert said.out.startswith("night@harbour.example can sign in as an admin until ")
    assert '"event": "break_glass"' in said.err
    assert "Night" not in said.err
    with open_database(installed).reading() as session:
        user = session.scalars(select(User).where(User.email == "night@harbour.example")).one()
        [entry] = session.scalars(select(AuditEntry)).all()
        [mail] = session.scalars(select(Mail)).all()
        assert users.check_password(session, user.email, PASSWORD) is not None
    assert user.is_admin
    assert user.expires_at is not None
    assert timedelta(hours=3, minutes=59) < user.expires_at - utc_now() <= FOUR_HOURS
    assert (entry.action, entry.subject_id, entry.user_id) == ("break_glass", user.id, None)
    assert entry.detail == "4 h: Ada is ill and nobody else is an admin"
    assert "emergency access to Harbour Clinic" in mail.body


@pytest.mark.parametrize("changes", [{"reason": " "}, {"hours": "25"}, {"practice": "Nobody's"}])
@pytest.mark.usefixtures("installed")
def test_without_a_reason_or_for_too_long_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str]
) -> None:
    with pytest.raises(SystemExit) as left:
        break_glass(monkeypatch, **changes)

    assert left.value.code == 2


def watch(session: Session, practice: Practice, now: datetime = MONDAY_8AM) -> User:
    return open_access(
        session,
        practice,
        email="night@harbour.example",
        name="Night Watch",
        password=PASSWORD,
        reason="Nobody is there",
        hours=4,
        now=now,
    )


def test_when_the_time_is_over_sessions_and_tokens_open_nothing_and_the_user_is_out(session: Session) -> None:
    practice = make_practice(session)
    user = watch(session, practice)
    login = signing_in.start_session(session, user, MONDAY_8AM + FOUR_HOURS - timedelta(minutes=1))
    token = make_token(session, user, "records", ["people:read"], MONDAY_8AM)
    just_before, after = MONDAY_8AM + FOUR_HOURS - timedelta(seconds=1), MONDAY_8AM + FOUR_HOURS

    assert signing_in.find_user(session, login, just_before) is user
    assert signing_in.find_user(session, login, after) is None
    assert find_token(session, token, just_before) is not None
    assert find_token(session, token, after) is None
    assert end_expired(session, [practice.id], just_before) == 0
    assert end_expired(session, [practice.id], after) == 1
    assert not user.is_active
    assert [entry.action for entry in session.scalars(select(AuditEntry))] == [
        "break_glass",
        "break_glass_ended",
    ]


def test_it_counts_as_no_admin_who_stays(session: Session) -> None:
    practice = make_practice(session)
    admin = make_user(session, practice, role=Role.ADMIN)
    watch(session, practice)

    with pytest.raises(Refused, match="only admin"):
        users.set_active(session, admin, False, MONDAY_8AM)


def test_the_sample_practice_needs_none(session: Session) -> None:
    assert facts.sends_mail(session) is False

    with pytest.raises(Refused, match="sample practice"):
        watch(session, make_practice(session, is_sample=True))
