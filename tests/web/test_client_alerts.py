"""Alerts for one client, and where help is: what may be typed, and what it changes."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from care.models import Client, Practice, Role, User
from care.thresholds import PER_CLIENT, thresholds_of
from reminders.help_lines import help_line
from tests.making import make_client, make_practice, make_user
from tests.web.conftest import SignIn


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session, thresholds={"high_pain": 6})


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Sam")


@pytest.fixture
def maria(session: Session, practice: Practice, sam: User) -> Client:
    maria = make_client(session, practice, therapist_id=sam.id)
    session.commit()
    return maria


@pytest.fixture
def signed_in(browser: FlaskClient, sign_in: SignIn, sam: User, maria: Client) -> FlaskClient:
    sign_in(browser, sam)
    return browser


def test_the_page_shows_the_practices_number_and_its_source_beside_each(
    signed_in: FlaskClient, maria: Client
) -> None:
    page = signed_in.get(f"/clients/{maria.id}/alerts").text

    assert "Alerts for Maria" in page
    assert all(f'name="{name}" value=""' in page for name in PER_CLIENT)
    assert "Practice: 6. 1 to 10. Our choice" in page
    assert "Farrar 2001" in page
    assert 'name="plan_size"' not in page


def test_only_what_is_typed_differs_and_an_empty_field_goes_back(
    signed_in: FlaskClient, session: Session, maria: Client, practice: Practice
) -> None:
    signed_in.post(f"/clients/{maria.id}/alerts", data={"high_pain": "8", "silence_days": "10"})
    session.refresh(maria)
    session.commit()
    first = dict(maria.thresholds)
    signed_in.post(f"/clients/{maria.id}/alerts", data={"high_pain": "", "silence_days": "10"})

    session.refresh(maria)
    assert first == {"high_pain": 8, "silence_days": 10}
    assert maria.thresholds == {"silence_days": 10}
    assert thresholds_of(practice.thresholds, maria.thresholds).high_pain == 6


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"high_pain": "11"}, "A person looks from must be 1 to 10."),
        ({"high_pain": "lots"}, "A person looks from must be 1 to 10."),
        ({"high_pain": "10"}, "High pain must be at most urgent pain, which is 9."),
        (
            {"silence_days": "20"},
            "Silence days must be at most silence pause days, which is 14.",
        ),
    ],
)
def test_bad_input_comes_back_with_one_sentence(
    signed_in: FlaskClient, session: Session, maria: Client, typed: dict[str, str], sentence: str
) -> None:
    answer = signed_in.post(f"/clients/{maria.id}/alerts", data=typed)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{next(iter(typed.values()))}"' in answer.text
    session.refresh(maria)
    assert maria.thresholds == {}


def test_a_number_no_client_has_of_their_own_is_ignored(
    signed_in: FlaskClient, session: Session, maria: Client
) -> None:
    signed_in.post(f"/clients/{maria.id}/alerts", data={"plan_size": "9"})

    session.refresh(maria)
    assert maria.thresholds == {}


def test_another_therapists_client_is_not_found(
    browser: FlaskClient, sign_in: SignIn, session: Session, practice: Practice, maria: Client
) -> None:
    kim = make_user(session, practice)
    session.commit()
    sign_in(browser, kim)

    assert browser.get(f"/clients/{maria.id}/alerts").status_code == 404
    assert browser.post(f"/clients/{maria.id}/alerts", data={"high_pain": "8"}).status_code == 404


def test_the_clients_page_says_why_texts_are_paused_and_how_they_go_on(
    signed_in: FlaskClient, session: Session, maria: Client
) -> None:
    maria.paused_from, maria.pause_reason = maria.created_at.date(), "silence"
    session.commit()

    page = signed_in.get(f"/clients/{maria.id}").text
    signed_in.post(f"/clients/{maria.id}/resume")

    assert "Texts are paused: no answer" in page
    assert "because Maria has not answered" in page
    assert "Resume texts" in page
    session.refresh(maria)
    assert (maria.paused_from, maria.pause_reason) == (None, None)


@pytest.fixture
def admin(browser: FlaskClient, sign_in: SignIn, session: Session, practice: Practice) -> FlaskClient:
    admin = make_user(session, practice, role=Role.ADMIN)
    session.commit()
    sign_in(browser, admin)
    return browser


def test_the_numbers_of_the_country_stand_beside_the_practices_own(admin: FlaskClient) -> None:
    page = admin.get("/settings/help-lines").text

    assert "Usually 911: the country&#39;s emergency number." in page
    assert "Usually 988: 988 Suicide &amp; Crisis Lifeline" in page
    assert "Call or text 988 now." in page
    assert "Llame al 988 y marque 2." in page
    assert "1 part" in page


def test_a_number_of_our_own_is_in_every_safety_text_from_then_on(
    admin: FlaskClient, session: Session, practice: Practice
) -> None:
    answer = admin.post("/settings/help-lines", data={"crisis": " 0800  123 ", "emergency": "", "poison": ""})

    page = admin.get("/settings/help-lines").text
    session.refresh(practice)
    assert answer.location == "/settings"
    assert practice.help_lines == {"crisis": "0800 123"}
    assert "Call 0800 123 now." in page
    assert "Call or text" not in page


def test_looking_first_saves_nothing(admin: FlaskClient, session: Session, practice: Practice) -> None:
    page = admin.post("/settings/help-lines", data={"emergency": "112", "look": "1"}).text

    session.refresh(practice)
    assert "Not saved yet." in page
    assert "In an emergency call 112." in page
    assert practice.help_lines == {}


@pytest.mark.parametrize("typed", ["1", "call us", "9" * 21, "988; DROP", "\u0661\u0661\u0662"])
def test_what_is_no_number_comes_back_at_its_field(
    admin: FlaskClient, session: Session, practice: Practice, typed: str
) -> None:
    answer = admin.post("/settings/help-lines", data={"crisis": typed})

    assert answer.status_code == 422
    assert answer.text.count("Crisis line must be a phone number") == 2
    session.refresh(practice)
    assert practice.help_lines == {}


def test_a_number_too_long_for_one_part_is_warned_about(
    admin: FlaskClient, session: Session, practice: Practice
) -> None:
    practice.name = "Riverside Physiotherapy and Orthopedic Massage"
    session.commit()

    answer = admin.post("/settings/help-lines", data={"emergency": "+44 (0)20 7946 0018"})
    page = admin.get(answer.location).text

    assert answer.location == "/settings/help-lines"
    assert "more than one part" in page
    assert "2 parts" in page


def test_a_therapist_may_not_change_where_help_is(signed_in: FlaskClient) -> None:
    assert signed_in.get("/settings/help-lines").status_code == 403
    assert signed_in.post("/settings/help-lines", data={"crisis": "112"}).status_code == 403


@pytest.mark.parametrize(
    ("country", "kind", "number"),
    [
        ("US", "crisis", "988"),
        ("MX", "crisis", "800 911 2000"),
        ("MX", "poison", "911"),
        ("NZ", "crisis", "111"),
        ("IN", "poison", "112"),
    ],
)
def test_where_a_country_has_no_line_the_emergency_number_stands(
    country: str, kind: str, number: str
) -> None:

    assert help_line(Practice(country=country, help_lines={}), kind).number == number
    own = Practice(country=country, help_lines={kind: "0800 1"})
    assert help_line(own, kind).number == "0800 1"


def test_an_own_emergency_number_stands_in_where_there_is_no_line() -> None:

    practice = Practice(country="NZ", help_lines={"emergency": "105"})

    assert help_line(practice, "poison").number == "105"
