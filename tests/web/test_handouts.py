"""A plan on paper: what stands on it, who may print it, and that nothing is fetched to make it."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.client_links import find_link, link_for
from care.handouts import Paper, given_now, handout_of, paper_of
from care.models import Client, ClientLink, ClientStatus, Practice, User
from care.pausing import PAUSED_FOR_SILENCE, pause_texts
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
from web import handouts

STATIC = Path(handouts.__file__).parent / "static"


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session, name="Riverside Physio")


@pytest.fixture
def user(session: Session, practice: Practice) -> User:
    return make_user(session, practice)


@pytest.fixture
def client(session: Session, practice: Practice, user: User) -> Client:
    """On paper, with one drawn and approved exercise at nine every day."""
    client = make_client(session, practice, phone=None, therapist_id=user.id)
    drawn = make_exercise(
        session,
        practice,
        slug="doorway-chest-stretch",
        name="Doorway stretch",
        caution="Stop when it tingles.",
    )
    drawn.picture_approved_at = MONDAY_8AM
    make_assignment(session, client, drawn)
    session.commit()
    return client


def page_of(browser: FlaskClient, client: Client, **asked: str) -> str:
    answer = browser.get(f"/clients/{client.id}/handout", query_string=asked)
    assert answer.status_code == 200
    return answer.text


def test_a_sheet_says_what_to_do_and_whom_to_call(
    browser: FlaskClient, sign_in: SignIn, user: User, client: Client
) -> None:
    sign_in(browser, user)

    page = page_of(browser, client)

    assert "Hold 30 seconds. 3 times." in page
    assert "Stop when it tingles." in page
    assert page.count('<span class="nowrap">(202) 555-0100</span>') == 2
    assert "In an emergency call 911." in page
    assert page.count('<span class="paper-box"></span>') == 14
    assert page.count("paper-box--number") == 14
    assert f"/clients/{client.id}/handout/" in page


def test_a_day_of_rest_has_no_box(session: Session, practice: Practice, client: Client) -> None:
    plan_id = handout_of(client, given_now(session, client), MONDAY).exercises[0].assignment.plan_id
    exercise = make_exercise(session, practice)
    assignment = make_assignment(
        session, client, exercise, plan_id=plan_id, weekdays=[0, 2], times=["09:00", "18:00"]
    )
    assignment.paused_from = assignment.paused_until = date(2026, 3, 4)

    sheet = next(
        one
        for one in handout_of(client, given_now(session, client), MONDAY).exercises
        if one.assignment.id == assignment.id
    )

    assert [day.on.day for day in sheet.days if day.times] == [2, 9, 11]
    assert sheet.most_a_day == 2


def test_while_texts_are_paused_the_plan_is_printed_and_only_days_that_can_be_entered_have_boxes(
    browser: FlaskClient, sign_in: SignIn, session: Session, practice: Practice, user: User, client: Client
) -> None:
    plan_id = given_now(session, client)[0].plan_id
    stopped = make_exercise(session, practice, name="Strap stretch")
    make_assignment(session, client, stopped, plan_id=plan_id).paused_from = MONDAY
    pause_texts(session, client, MONDAY, None, MONDAY_8AM, PAUSED_FOR_SILENCE)
    session.commit()
    sign_in(browser, user)

    page = page_of(browser, client)

    assert "Doorway stretch" in page
    assert "Hold 30 seconds. 3 times." in page
    assert "Your texts are paused. You can still do your exercises." in page
    assert "they have no boxes to mark or to enter" in page
    assert "paper-box--number" in page
    assert '<span class="paper-box"></span>' not in page
    assert "Mark a box each time" not in page
    assert "Assign exercises" not in page
    assert "Strap stretch" not in page

    pause_texts(session, client, MONDAY, date(2026, 3, 6), MONDAY_8AM)
    session.commit()
    page = page_of(browser, client)
    assert page.count('<span class="paper-box"></span>') == 9
    assert page.count("if you like") == 5


def test_nothing_is_printed_for_who_was_discharged_and_the_page_says_what_comes_first(
    browser: FlaskClient, sign_in: SignIn, session: Session, user: User, client: Client
) -> None:
    client.status = ClientStatus.DISCHARGED
    session.commit()
    sign_in(browser, user)

    page = page_of(browser, client)

    assert "Doorway stretch" not in page
    assert "paper-box" not in page
    assert "was discharged. Start an episode first" in page
    assert "Assign exercises" not in page


def test_a_picture_nobody_approved_is_not_printed(
    browser: FlaskClient, sign_in: SignIn, session: Session, user: User, client: Client
) -> None:
    sign_in(browser, user)
    where = re.search(r'src="(/clients/\d+/handout/\d+\.svg)"', page_of(browser, client))
    assert where is not None
    assert browser.get(where[1]).mimetype == "image/svg+xml"
    assignment = handout_of(client, given_now(session, client), MONDAY).exercises[0].assignment

    assignment.exercise.picture_approved_at = None
    session.commit()

    assert "paper-picture" not in page_of(browser, client)
    assert browser.get(where[1]).status_code == 404


def test_a_link_is_made_by_asking_for_it_and_never_by_looking(
    browser: FlaskClient, sign_in: SignIn, session: Session, user: User, client: Client
) -> None:
    sign_in(browser, user)
    assert "paper-qr" not in page_of(browser, client)
    assert session.scalar(select(func.count()).select_from(ClientLink)) == 0
    session.commit()

    browser.post(f"/clients/{client.id}/handout/link")

    link = find_link(session, client, MONDAY_8AM)
    assert link is not None
    session.commit()
    page = page_of(browser, client)
    assert f"/c/{link.code[:4]}-{link.code[4:8]}-{link.code[8:]}<" in page
    assert link.token not in page
    assert "<path" in browser.get(f"/clients/{client.id}/handout/qr.svg").text


def test_a_sheet_speaks_the_clients_language(
    browser: FlaskClient, sign_in: SignIn, session: Session, user: User, client: Client
) -> None:
    client.language = "es"
    session.commit()
    sign_in(browser, user)

    page = page_of(browser, client)

    assert '<article class="paper" lang="es">' in page
    assert "Del lunes 2 de marzo al domingo 15 de marzo" in page
    assert "Si es una emergencia llame al 911." in page


def test_what_to_do_is_not_printed_again_where_it_is_a_step(
    browser: FlaskClient, sign_in: SignIn, session: Session, user: User, practice: Practice
) -> None:
    client = make_client(session, practice, phone=None, therapist_id=user.id)
    own = make_exercise(session, practice, name="Towel pull", cue="Sit down.", steps=["Sit down.", "Pull."])
    make_assignment(session, client, own)
    session.commit()
    sign_in(browser, user)

    assert page_of(browser, client).count("Sit down.") == 1


def test_what_a_sheet_tells_in_english_to_who_reads_another_language_says_so(
    browser: FlaskClient, sign_in: SignIn, session: Session, user: User, practice: Practice
) -> None:
    client = make_client(session, practice, phone=None, therapist_id=user.id, language="es")
    own = make_exercise(
        session,
        practice,
        name="Towel pull",
        steps=["Sit down.", "Pull."],
        caution="Stop when it tingles.",
        translations={"es": {"name": "Jalar la toalla"}},
    )
    make_assignment(session, client, own)
    session.commit()
    sign_in(browser, user)

    page = page_of(browser, client)

    assert "1. Jalar la toalla</h2>" in page
    assert '<li lang="en">Sit down.</li><li lang="en">Pull.</li>' in page
    assert '<span lang="en">Stop when it tingles.</span>' in page
    client.language = "en"
    session.commit()
    assert '<span lang="en">' not in page_of(browser, client)


def test_the_printers_of_a_country_decide_unless_somebody_does(
    browser: FlaskClient, sign_in: SignIn, user: User, client: Client
) -> None:
    sign_in(browser, user)

    assert paper_of(Practice(country="DE")) is Paper.A4
    assert "handout--letter" in page_of(browser, client)
    assert "handout--a4" in page_of(browser, client, paper="a4")
    assert "paper-box--number" not in page_of(browser, client, pain="none")


def test_a_day_that_is_none_is_said_and_kept(
    browser: FlaskClient, sign_in: SignIn, user: User, client: Client
) -> None:
    sign_in(browser, user)

    answer = browser.get(f"/clients/{client.id}/handout?from=soon")

    assert answer.status_code == 422
    assert "First day must be a date like 2026-11-30." in answer.text
    assert 'value="soon"' in answer.text


def test_nobody_prints_another_practices_client(
    browser: FlaskClient, sign_in: SignIn, session: Session, client: Client
) -> None:
    stranger = make_user(session, make_practice(session))
    session.commit()
    sign_in(browser, stranger)

    for path in ("handout", "handout.pdf", "handout/qr.svg", "handout/1.svg"):
        assert browser.get(f"/clients/{client.id}/{path}").status_code == 404


def test_without_weasyprint_the_page_offers_print_alone(
    browser: FlaskClient, sign_in: SignIn, user: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handouts, "printer", lambda: None)
    sign_in(browser, user)

    page = page_of(browser, client)

    assert "data-print" in page
    assert "handout.pdf" not in page
    assert browser.get(f"/clients/{client.id}/handout.pdf").status_code == 404


needs_weasyprint = pytest.mark.skipif(
    handouts.printer() is None, reason="No WeasyPrint: pip install 'homestretch[pdf]', and Pango"
)


def laid_out(browser: FlaskClient, client: Client) -> list[Any]:
    """The pages of a sheet of A4, each with the boxes that stand on it."""
    from weasyprint import HTML

    from web.pdf_printing import NOWHERE, HandedOver

    page = page_of(browser, client, paper="a4")
    parts = {f"/static/{name}": ("text/css", (STATIC / name).read_bytes()) for name in handouts.STYLES}
    for src in re.findall(r'<img class="paper-[a-z]+" src="([^"]+)"', page):
        parts[src] = ("image/svg+xml", browser.get(src).data)
    return list(HTML(string=page, base_url=f"{NOWHERE}/", url_fetcher=HandedOver(parts)).render().pages)


@needs_weasyprint
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_two_exercises_twice_a_day_share_a_page(
    browser: FlaskClient, sign_in: SignIn, session: Session, practice: Practice, user: User, client: Client
) -> None:
    given = given_now(session, client)[0]
    given.times = ["09:00", "18:00"]
    steps = [
        "Sit on a firm chair with one leg straight, heel on the floor.",
        "Sit tall.",
        "Tip forward. Hold.",
    ]
    for number, slug in enumerate(("chin-tuck", "heel-raise", "sit-to-stand", "figure-four-stretch")):
        drawn = make_exercise(session, practice, slug=slug, steps=steps, cue="Sit tall.")
        drawn.picture_approved_at = MONDAY_8AM
        make_assignment(
            session, client, drawn, plan_id=given.plan_id, position=number + 2, times=["09:00", "18:00"]
        )
    session.commit()
    sign_in(browser, user)

    sheets = laid_out(browser, client)

    page = page_of(browser, client)
    assert len(sheets) == 3
    found = {
        box.element.get("class"): box
        for box in reversed(list(sheets[1]._page_box.descendants()))
        if box.element is not None
    }
    picture, told = found["paper-picture"], found["paper-steps"]
    assert told.position_y < picture.position_y + picture.height
    assert told.content_box_x() > picture.position_x + picture.width
    assert '<span class="paper-label">9am</span>' in page
    assert '<span class="paper-label">6pm</span>' in page


@needs_weasyprint
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_pdf_measures_what_paper_needs(
    browser: FlaskClient, sign_in: SignIn, session: Session, practice: Practice, user: User, client: Client
) -> None:
    link_for(session, client, MONDAY_8AM)
    for number in range(4):
        make_assignment(
            session,
            client,
            make_exercise(session, practice, slug="bird-dog", name=f"Bird dog {number}")
            if number == 0
            else make_exercise(session, practice, steps=["Stand."] * 6),
            plan_id=handout_of(client, given_now(session, client), MONDAY).exercises[0].assignment.plan_id,
            position=number + 2,
        )
    session.commit()
    sign_in(browser, user)
    answer = browser.get(f"/clients/{client.id}/handout.pdf?paper=a4")
    sheets = laid_out(browser, client)

    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    millimetre = 96 / 25.4
    assert round(sheets[0].width / millimetre) == 210
    sizes = {}
    places: dict[str, set[int]] = {}
    for number, sheet in enumerate(sheets):
        for box in sheet._page_box.descendants():
            classes = (box.element.get("class") or "") if box.element is not None else ""
            if classes in ("paper-picture", "paper-qr"):
                sizes[classes] = box.width / millimetre
            if classes == "paper-exercise":
                places.setdefault(str(id(box.element)), set()).add(number)
    assert sizes["paper-picture"] >= 75
    assert sizes["paper-qr"] == pytest.approx(30, abs=0.1)
    assert len(places) == 6
    assert all(len(pages) == 1 for pages in places.values())


@needs_weasyprint
def test_nothing_but_what_was_handed_over_is_read() -> None:
    from web.pdf_printing import NOWHERE, HandedOver

    fetcher = HandedOver({"/a.svg": ("image/svg+xml", b"<svg/>")})

    assert fetcher.fetch(f"{NOWHERE}/a.svg").read() == b"<svg/>"
    for address in ("http://127.0.0.1/a.svg", "file:///etc/hostname", f"{NOWHERE}/b.svg", "/a.svg"):
        with pytest.raises(ValueError, match="handed over"):
            fetcher.fetch(address)
