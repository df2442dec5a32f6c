"""Sharing with somebody outside: nothing without a recorded agreement, and then for that recipient alone."""

import re
import zlib
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.assessments import AssessmentFields, complete, open_draft
from care.brief import brief_for
from care.episodes import start_episode
from care.finding_catalog import CATALOG
from care.findings import Given, keep_findings
from care.instruments import MEASURES
from care.models import Client, ConsentEvent, ConsentPurpose, FindingKind, Practice, RatingSource, User
from care.plans import current_plan
from care.precautions import add_precaution
from care.ratings import record_rating
from care.vocabulary import PRECAUTIONS
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
)
from tests.web.conftest import SignIn

AGREED = {"recipient": "Dr. Ahn, Hill Clinic", "source": "in_person", "agreed": "1"}


@pytest.fixture
def maria(session: Session, browser: FlaskClient, sign_in: SignIn) -> Client:
    practice = make_practice(session)
    sam = make_user(session, practice)
    client = make_client(session, practice, therapist_id=sam.id)
    make_assignment(session, client, make_exercise(session, practice, name="Wall slide"))
    record_rating(session, client, 6, source=RatingSource.VISIT, at=MONDAY_8AM)
    session.commit()
    sign_in(browser, sam)
    return client


def at(client: Client, *parts: object) -> str:
    return "/".join([f"/clients/{client.id}/sharing", *map(str, parts)])


def consents(session: Session) -> list[int]:
    wanted = select(ConsentEvent.id).where(ConsentEvent.purpose == ConsentPurpose.SHARING)
    found = list(session.scalars(wanted.order_by(ConsentEvent.id)))
    session.commit()
    return found


def test_an_agreement_for_one_recipient_opens_a_summary_with_the_question_asked(session, browser, maria):
    browser.post(at(maria), data=AGREED)

    [event_id] = consents(session)
    asked = browser.post(at(maria, event_id), data={"question": "Is more load safe?"})
    assert "load" not in asked.location
    text = browser.get(asked.location).text
    for words in ("Dr. Ahn, Hill Clinic", "Is more load safe?", "Wall slide", "6, one rating"):
        assert words in text
    assert f"Shared with the agreement of {maria.name} of Mon 2 Mar 2026." in text


def test_the_words_are_those_of_the_client(session, browser, maria):
    maria.language = "es"
    session.commit()

    page = browser.get(at(maria)).text
    browser.post(at(maria), data=AGREED)

    assert '<p lang="es">' in page
    assert "puede dar a la persona nombrada arriba un resumen" in page
    [event_id] = consents(session)
    kept = session.get_one(ConsentEvent, event_id).wording
    assert "puede dar a Dr. Ahn, Hill Clinic un resumen de mi tratamiento" in kept


def test_a_guardian_may_agree_and_is_named(session, browser, maria):
    browser.post(at(maria), data=AGREED | {"given_by": "Ana Lopez, mother"})

    [event_id] = consents(session)
    assert "agreement of Ana Lopez, mother of" in browser.get(at(maria, event_id)).text


@pytest.mark.parametrize("changes", [{"agreed": ""}, {"recipient": " "}, {"source": "text"}, {"source": ""}])
def test_without_an_agreement_nothing_is_recorded(session, browser, maria, changes):
    answer = browser.post(at(maria), data=AGREED | changes)

    assert answer.status_code == 422
    assert consents(session) == []


def test_what_was_taken_back_opens_nothing_more_and_the_history_stays(session, browser, maria):
    browser.post(at(maria), data=AGREED)
    [event_id] = consents(session)

    browser.post(at(maria, event_id, "withdraw"))

    assert browser.get(at(maria, event_id)).status_code == 404
    assert browser.get(at(maria, event_id, "summary.pdf")).status_code == 404
    assert browser.post(at(maria, event_id, "withdraw")).status_code == 404
    assert len(consents(session)) == 2


def test_consent_to_texts_is_no_consent_to_share_and_the_other_way_round(session, browser, maria):
    texting = session.scalars(select(ConsentEvent.id)).one()
    session.commit()

    assert browser.get(at(maria, texting)).status_code == 404
    browser.post(at(maria), data=AGREED)
    [event_id] = consents(session)
    browser.post(at(maria, event_id, "withdraw"))
    assert "Has not agreed to texts" not in browser.get(f"/clients/{maria.id}").text


def test_another_therapist_shares_nothing(session, browser, maria, sign_in):
    browser.post(at(maria), data=AGREED)
    [event_id] = consents(session)
    kim = make_user(session, make_practice(session))
    session.commit()
    sign_in(browser, kim)

    assert browser.get(at(maria, event_id)).status_code == 404
    assert browser.post(at(maria), data=AGREED).status_code == 404


# Letter and A4, in points.
SHEETS = {"US": (612, 792), "DE": (595, 842)}
LONG = "Sleeps badly on the left side and wakes when turning over, better since the stairs are easier. "


@pytest.fixture
def much(session: Session, maria: Client) -> Client:
    """Of everything as much as fits in: years of notes, every precaution, many findings, a long plan."""
    sam = session.get_one(User, maria.therapist_id)
    practice = session.get_one(Practice, maria.practice_id)
    start_episode(session, maria, ("Low back pain with a long story " * 4)[:120].strip(), "other", MONDAY)
    for code in PRECAUTIONS:
        add_precaution(session, maria, code, LONG.strip(), MONDAY)
    plan = current_plan(session, maria)
    for position in range(2, 14):
        exercise = make_exercise(session, practice, name=f"A stretch with quite a long name {position}")
        make_assignment(session, maria, exercise, plan_id=plan.id, position=position)
    for hour in range(60):
        at = MONDAY_8AM - timedelta(hours=3 * hour)
        record_rating(session, maria, hour % 11, source=RatingSource.TEXT, at=at)
    draft = open_draft(session, maria, sam, MONDAY_8AM)
    keep_findings(session, draft, measured())
    fields = AssessmentFields(findings=LONG * 80, impression=(LONG + "\n") * 40, next_steps=LONG * 30)
    complete(session, draft, fields, sam, MONDAY_8AM, brief_for(session, maria, MONDAY_8AM))
    session.commit()
    return maria


def measured() -> list[Given]:
    """Everything in the catalog that can be found, on its first side."""
    said = {
        FindingKind.RANGE: {"value": 90, "mode": "active", "method": "goniometer"},
        FindingKind.RESISTED: {"value": 4},
        FindingKind.SPECIAL: {"result": "positive"},
        FindingKind.PALPATION: {"value": 3, "result": "raised"},
        FindingKind.POSTURE: {"result": "marked"},
    }
    found = [
        Given(one.kind, one.code, one.sides[0], **said[one.kind])
        for one in CATALOG.entries
        if one.kind in said
    ]
    activities = [Given(FindingKind.ACTIVITY, f"{LONG[:60]}{number}", value=3) for number in range(5)]
    scores = [
        Given(FindingKind.SCORE, code, value=9, maximum=one.maxima[0]) for code, one in MEASURES.items()
    ]
    return [*found, *activities, Given(FindingKind.CHANGE, "groc", value=4), *scores]


def sheets_of(pdf: bytes) -> list[tuple[int, int]]:
    """The width and height of each page in points, as its objects say, which are compressed."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    inside = b" ".join(unpacked(one) for one in packed)
    assert len(re.findall(rb"/Type\s*/Page\b", inside)) == inside.count(b"/MediaBox")
    sizes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", inside)
    return [(round(float(width)), round(float(height))) for width, height in sizes]


def unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


@pytest.mark.parametrize("country", SHEETS)
def test_with_as_much_as_fits_into_a_record_it_is_one_sheet_of_letter_or_a4(session, browser, much, country):
    session.get_one(Practice, much.practice_id).country = country
    session.commit()
    recipient = ("Dr. Ahn of the Hill Clinic for Backs and Hips " * 3)[:120].strip()
    browser.post(at(much), data=AGREED | {"recipient": recipient, "given_by": "Ana Lopez, mother"})
    [event_id] = consents(session)
    asked = browser.post(at(much, event_id), data={"question": (LONG * 4)[:300]})

    page = browser.get(asked.location).text
    pdf = browser.get(asked.location.replace("?", "/summary.pdf?"))

    assert sheets_of(pdf.data) == [SHEETS[country]]
    assert "... (shortened)" in page
    assert "more in our record" in page
    for words in ("Precautions", "Range of motion", "Special tests", "Therapist impression", "Home plan"):
        assert f"<dt>{words}</dt>" in page


def test_what_fits_in_letters_of_ten_points_is_not_shortened(session, browser, maria):
    sam = session.get_one(User, maria.therapist_id)
    draft = open_draft(session, maria, sam, MONDAY_8AM)
    fields = AssessmentFields(findings=LONG * 6, impression=LONG * 6, next_steps=LONG * 6)
    complete(session, draft, fields, sam, MONDAY_8AM, brief_for(session, maria, MONDAY_8AM))
    session.commit()
    browser.post(at(maria), data=AGREED)
    [event_id] = consents(session)
    asked = browser.post(at(maria, event_id), data={"question": (LONG * 4)[:300]})

    page = browser.get(asked.location).text
    pdf = browser.get(asked.location.replace("?", "/summary.pdf?"))

    assert sheets_of(pdf.data) == [SHEETS["US"]]
    for words in ("shortened", "more in our record", "summary-sheet--dense"):
        assert words not in page
