"""What the doctor finds, on an installation of its own each time."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from care.db import open_database
from care.models import Lease, Practice, ReminderStatus, Standing
from homestretch.doctor import Finding, diagnose
from homestretch.installation import open_installation
from homestretch.recounting import recount
from tests.care.reminding import make_reminder
from tests.making import make_client, make_practice
from tests.twilio_stand_in import ACCOUNT_SID, AUTH_TOKEN, TwilioStandIn

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
PUBLIC = "https://care.example.org"
INBOUND = f"{PUBLIC}/twilio/inbound"


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An installation with one practice whose engine has just ticked."""
    environ = {"HOMESTRETCH_DATA_DIR": str(tmp_path / "var")}
    monkeypatch.setenv("HOMESTRETCH_DATA_DIR", environ["HOMESTRETCH_DATA_DIR"])
    installation = open_installation(environ, may_migrate=True)
    with installation.database.sessions.begin() as session:
        make_practice(session)
        session.add(Lease(name="tick", holder="here:1", expires_at=NOW, renewed_at=NOW))
    installation.database.dispose()
    return environ


def found() -> dict[str, Finding]:
    return {one.what: one for one in diagnose(NOW)}


def write(environ: dict[str, str], work: Callable[[Session], None]) -> None:
    database = open_database(f"sqlite:///{environ['HOMESTRETCH_DATA_DIR']}/homestretch.db")
    with database.sessions.begin() as session:
        work(session)
    database.dispose()


def use_twilio(monkeypatch: pytest.MonkeyPatch, public_url: str = PUBLIC) -> None:
    for name, value in {
        "HOMESTRETCH_GATEWAY": "twilio",
        "HOMESTRETCH_PRODUCTION": "0",
        "HOMESTRETCH_PUBLIC_URL": public_url,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM_NUMBER": "+15005550006",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[TwilioStandIn]:
    with TwilioStandIn() as stand_in:
        for name, value in stand_in.environment().items():
            monkeypatch.setenv(name, value)
        use_twilio(monkeypatch)
        yield stand_in


def test_a_healthy_installation_has_nothing_to_find(environ: dict[str, str]) -> None:
    findings = found()

    assert [one.what for one in findings.values() if not one.is_well] == []
    assert findings["secret key"].detail == "the one this database was made with"
    assert findings["webhooks"].detail == "not used with the simulated phone"


def test_another_secret_key_is_found(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMESTRETCH_SECRET_KEY", "another key altogether, and long enough")

    finding = found()["secret key"]

    assert not finding.is_well
    assert "Restore HOMESTRETCH_SECRET_KEY" in finding.detail


def test_a_key_file_that_was_lost_is_found(environ: dict[str, str]) -> None:
    (Path(environ["HOMESTRETCH_DATA_DIR"]) / "secret.key").unlink()

    assert not found()["secret key"].is_well


def test_overdue_and_doubtful_texts_are_found(environ: dict[str, str]) -> None:
    def work(session: Session) -> None:
        client = make_client(session, make_practice(session))
        late = NOW - timedelta(minutes=10)
        make_reminder(session, client, due_at=late, send_at=late)
        make_reminder(session, client, status=ReminderStatus.UNSURE, dedupe_key="doubt")

    write(environ, work)

    findings = found()

    assert findings["overdue texts"] == Finding("overdue texts", False, "the oldest 600 s late")
    assert findings["texts in doubt"] == Finding("texts in doubt", False, "1 (see Delivery and Inbox)")


def test_it_says_what_to_set_at_the_provider(environ: dict[str, str], twilio: TwilioStandIn) -> None:
    findings = found()

    assert findings["webhooks"].is_well
    assert f"{INBOUND}#rc=3&rp=all" in findings["webhooks"].detail
    assert findings["provider"] == Finding("provider", True, "lets us in, account active")
    assert twilio.posts == 0


@pytest.mark.parametrize(
    "address", ["http://care.example.org", "https://127.0.0.1:8000", "https://localhost", "https://10.0.0.5"]
)
def test_an_address_the_provider_cannot_call_is_found(
    environ: dict[str, str], twilio: TwilioStandIn, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    use_twilio(monkeypatch, address)

    finding = found()["webhooks"]

    assert not finding.is_well
    assert "HOMESTRETCH_PUBLIC_URL must be a public https address." in finding.detail


def test_an_account_that_is_suspended_is_found(environ: dict[str, str], twilio: TwilioStandIn) -> None:
    twilio.account_status = "suspended"

    assert found()["provider"] == Finding("provider", False, "The Twilio account is suspended.")


def test_clients_with_phones_and_nobody_to_alert_is_a_finding(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = found()["alerts to staff"]
    write(environ, lambda session: make_client(session, make_practice(session)) and None)
    after = found()["alerts to staff"]
    monkeypatch.setenv("HOMESTRETCH_SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setenv("HOMESTRETCH_MAIL_FROM", "care@riverside.example")
    with_mail = found()

    assert (before.is_well, after.is_well, with_mail["alerts to staff"].is_well) == (True, False, True)
    assert not with_mail["mail"].is_well


@pytest.mark.parametrize(
    ("expires", "is_well", "detail"),
    [
        (None, True, "Set HOMESTRETCH_SECURITY_CONTACT"),
        ("2026-12-31", True, "for 304 more days"),
        ("2026-03-01", False, "expired, so it is not shown"),
    ],
)
@pytest.mark.usefixtures("environ")
def test_where_a_weakness_may_be_reported_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, expires: str | None, is_well: bool, detail: str
) -> None:
    if expires is not None:
        monkeypatch.setenv("HOMESTRETCH_SECURITY_CONTACT", "mailto:security@care.example.org")
        monkeypatch.setenv("HOMESTRETCH_SECURITY_EXPIRES", expires)

    finding = found()["security.txt"]

    assert (finding.is_well, detail in finding.detail) == (is_well, True)


@pytest.mark.parametrize(("hops", "is_well"), [("0", False), ("1", True)])
@pytest.mark.usefixtures("environ")
def test_a_proxy_that_was_not_counted_is_found(
    monkeypatch: pytest.MonkeyPatch, hops: str, is_well: bool
) -> None:
    monkeypatch.setenv("HOMESTRETCH_PUBLIC_URL", PUBLIC)
    monkeypatch.setenv("HOMESTRETCH_PROXY_HOPS", hops)

    assert found()["proxies"].is_well is is_well


def test_a_line_of_the_caseload_that_differs_from_a_count_is_found_and_counted_anew(
    environ: dict[str, str],
) -> None:
    write(environ, lambda session: make_client(session, session.scalars(select(Practice)).one()))
    database = open_database(f"sqlite:///{environ['HOMESTRETCH_DATA_DIR']}/homestretch.db")
    assert recount(database, NOW) == (1, 0)
    assert found()["caseload"].is_well

    write(environ, lambda session: session.execute(update(Standing).values(call_rank=1)))

    assert found()["caseload"].detail.startswith("1 of 1 lines differ")
    assert recount(database, NOW) == (1, 1)
    assert found()["caseload"].is_well
    database.dispose()
