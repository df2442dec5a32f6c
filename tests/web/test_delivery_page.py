"""Delivery: an admin sees whether texts arrive, why not, and what to do."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from care import attention
from care.models import (
    AttentionKind,
    Client,
    Direction,
    Lease,
    Practice,
    ReminderStatus,
    Role,
    Sender,
    SenderKind,
    User,
)
from care.provider_codes import CODES, Cause, explain
from reminders.delivery import BAD_NUMBERS
from reminders.flow import LATENESS_STEPS, Lateness
from reminders.provider import ProviderState, note
from tests.care.reminding import make_reminder
from tests.making import MONDAY_8AM, make_client, make_practice, make_text, make_user
from tests.web.conftest import MakeApp, SignIn, TestClock
from tests.web.flowing import make_sent
from tests.web.test_health import TWILIO
from web.delivery import duration_in_words, lateness_in_words

MINUTE = timedelta(minutes=1)


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def client(session: Session, practice: Practice) -> Client:
    session.add(Lease(name="tick", holder="here:1", expires_at=MONDAY_8AM, renewed_at=MONDAY_8AM))
    return make_client(session, practice, first_name="Jo", last_name="Chan")


@pytest.fixture
def admin(session: Session, practice: Practice, client: Client) -> User:
    admin = make_user(session, practice, role=Role.ADMIN)
    session.commit()
    return admin


@pytest.fixture
def signed_in(browser: FlaskClient, sign_in: SignIn, admin: User) -> FlaskClient:
    sign_in(browser, admin)
    return browser


def test_it_is_the_admins_and_they_find_it(
    browser: FlaskClient, sign_in: SignIn, session: Session, practice: Practice, admin: User
) -> None:
    therapist = make_user(session, practice)
    session.commit()

    sign_in(browser, therapist)
    theirs = [browser.get("/delivery").status_code]
    theirs += ['href="/delivery"' in browser.get(page).text for page in ("/settings", "/messages")]
    sign_in(browser, admin)
    admins = [browser.get("/delivery").status_code]
    admins += ['href="/delivery"' in browser.get(page).text for page in ("/settings", "/messages")]

    assert theirs == [403, False, False]
    assert admins == [200, True, True]


def test_before_the_first_text_it_says_so(signed_in: FlaskClient) -> None:
    page = signed_in.get("/delivery").text

    assert "No texts in the last 7 days." in page
    assert "What became of texts" not in page


def test_what_waits_is_counted(signed_in: FlaskClient, session: Session, client: Client) -> None:
    later = MONDAY_8AM + 4 * MINUTE
    for minutes in (-7, 30):
        make_reminder(session, client, dedupe_key=f"{minutes}", send_at=MONDAY_8AM + minutes * MINUTE)
    session.add(
        Sender(practice_id=client.practice_id, kind=SenderKind.NUMBER, address="+1", held_until=later)
    )
    session.commit()

    page = signed_in.get("/delivery").text

    assert "<dd>1 reminder, the oldest 7 minutes late</dd>" in page
    assert "<dd>1 reminder</dd>" in page
    assert "until today 8:04am" in page


def test_a_failure_says_what_happened_and_what_to_do(
    signed_in: FlaskClient, session: Session, client: Client
) -> None:
    for at in (MONDAY_8AM, MONDAY_8AM - timedelta(days=3)):
        make_text(session, client, status="undelivered", error_code=30034, at=at)
    make_text(session, client, status="failed", error_code=39999)
    make_text(session, client, direction=Direction.IN, status="received")
    session.commit()

    page = signed_in.get("/delivery").text

    assert "Our number is not registered yet." in page
    assert "Register brand and campaign (A2P 10DLC)" in page
    assert (
        '<span class="strong">2</span> in 7 days, <span class="strong">1</span> in 24 hours, code 30034'
        in page
    )
    assert "The provider gave code 39999." in page
    assert '<th scope="row">Did not arrive</th><td class="num">2</td><td class="num">3</td>' in page
    assert '<th scope="row">Came in</th><td class="num">1</td><td class="num">1</td>' in page


def test_a_text_in_doubt_leads_to_its_place_in_the_inbox(
    signed_in: FlaskClient, session: Session, client: Client
) -> None:
    shown = make_reminder(session, client, status=ReminderStatus.UNSURE, claimed_at=MONDAY_8AM)
    make_reminder(session, client, status=ReminderStatus.UNSURE, claimed_at=MONDAY_8AM, dedupe_key="new")
    item = attention.raise_item(
        session, client.practice_id, AttentionKind.UNSURE_TEXT, "u", MONDAY_8AM, reminder_id=shown.id
    )
    session.commit()

    page = signed_in.get("/delivery").text

    assert page.count("Jo Chan</a>") == 2
    assert page.count(f'href="/inbox?item={item.id}"') == 1
    assert page.count("Being looked up") == 1


def test_other_practices_stay_unseen(signed_in: FlaskClient, session: Session) -> None:
    stranger = make_client(session, make_practice(session), first_name="Stranger")
    make_sent(session, stranger)
    make_text(session, stranger, status="failed", error_code=30007)
    make_reminder(session, stranger, status=ReminderStatus.UNSURE)
    session.commit()

    page = signed_in.get("/delivery").text

    assert "No texts in the last 7 days." in page
    assert "Stranger" not in page


def test_an_engine_that_stopped_is_said_first(signed_in: FlaskClient, clock: TestClock) -> None:
    before = signed_in.get("/delivery").text
    clock.now = MONDAY_8AM + 4 * MINUTE
    after = signed_in.get("/delivery").text

    assert "The part that sends has stopped." not in before
    assert "The part that sends has stopped." in after


def test_a_provider_that_keeps_us_out_is_said_with_what_to_do(
    make_app: MakeApp, sign_in: SignIn, session: Session, admin: User
) -> None:
    browser = make_app(**TWILIO).test_client()
    note(session, ProviderState.LOCKED_OUT, MONDAY_8AM)
    session.commit()
    sign_in(browser, admin)

    page = browser.get("/delivery", base_url=TWILIO["HOMESTRETCH_PUBLIC_URL"]).text

    assert "The provider does not let us in." in page
    assert "TWILIO_AUTH_TOKEN" in page


@pytest.mark.parametrize(
    ("on_time", "total", "longest", "words"),
    [
        (0, 0, 0, "Nothing went out."),
        (1, 1, 3, "1 reminder within a minute of the time."),
        (20, 20, 59, "All 20 reminders within a minute of the time."),
        (190, 192, 720, "190 of 192 reminders within a minute of the time, the latest 12 minutes after it."),
        (0, 1, 100, "0 of 1 reminder within a minute of the time, the latest 2 minutes after it."),
    ],
)
def test_lateness_is_said_in_words(on_time: int, total: int, longest: float, words: str) -> None:
    within = tuple(on_time if step <= 60 else total for step in LATENESS_STEPS)

    assert lateness_in_words(Lateness(within, total, 0, longest)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (89, "89 seconds"),
        (90, "2 minutes"),
        (5400, "2 hours"),
        (2e5, "2 days"),
    ],
)
def test_a_duration_has_one_unit(seconds: float, words: str) -> None:
    assert duration_in_words(seconds) == words


def test_every_code_has_words_and_a_source() -> None:
    assert all(one.why.endswith(".") and one.remedy.endswith(".") for one in CODES.values())
    assert all(code == one.code and one.source.endswith(f"/{code}") for code, one in CODES.items())
    assert all(one.fix for one in CODES.values() if one.is_for_who_runs_it)
    assert {20003, 21408, 21608, 21610, 30003, 30005, 30006, 30007, 30034} <= CODES.keys()


def test_what_ruins_a_number_is_said_to_be_about_the_number() -> None:
    assert all(explain(code).cause is Cause.NUMBER for code in BAD_NUMBERS)
