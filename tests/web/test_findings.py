"""The findings of an assessment on its page: short by default, the rest one tap away, then frozen."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from care.models import Addendum, Assessment, AssessmentStatus, Client, Finding, User
from tests.making import make_client, make_practice, make_user
from tests.web.conftest import SignIn, TestClock


@pytest.fixture
def maria(session: Session, browser: FlaskClient, sign_in: SignIn) -> Client:
    practice = make_practice(session)
    sam = make_user(session, practice)
    client = make_client(session, practice, therapist_id=sam.id)
    session.commit()
    sign_in(browser, sam)
    return client


def address_of(client: Client) -> str:
    return f"/clients/{client.id}/assessment"


def form_on(text: str) -> MultiDict[str, Any]:
    """Every field of the page as a browser would send it."""
    form: MultiDict[str, Any] = MultiDict()
    for tag in re.findall(r"<input[^>]*>", text[text.index('id="assessment-form"') :]):
        name = re.search(r'name="([^"]*)"', tag)
        is_box = 'type="checkbox"' in tag or 'type="radio"' in tag
        if name and (not is_box or " checked" in tag):
            value = re.search(r'value="([^"]*)"', tag)
            form.add(name[1], value[1] if value else "")
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', text):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        form.add(name, chosen[1] if chosen else "")
    for name, words in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>([^<]*)</textarea>', text):
        form.add(name, words)
    return form


def post(browser: FlaskClient, client: Client, do: str, **changes: Any):
    form = form_on(browser.get(address_of(client)).text)
    for name, value in changes.items():
        form.setlist(name.replace("_", "-"), value if isinstance(value, list) else [value])
    form["do"] = do
    return browser.post(address_of(client), data=form)


def first_assessment(browser: FlaskClient, client: Client) -> str:
    """A movement with both sides, and two activities."""
    post(browser, client, "show", add=["range:shoulder_flexion"], new_activity=["Stairs", "Sleep", ""])
    values = {"f0_valueleft": "130", "f0_valueright": "168", "f0_painleft": "0"}
    answer = post(browser, client, "complete", f1_value="2", f2_value="4", **values)
    return answer.location


def kept(session: Session) -> list[Finding]:
    session.expire_all()
    rows = list(session.scalars(select(Finding).order_by(Finding.assessment_id, Finding.position)))
    session.commit()
    return rows


def test_the_whole_catalog_is_one_tap_away_and_nothing_of_it_stands_open(browser, maria):
    text = browser.get(address_of(maria)).text

    assert text.count('name="add" value="') > 150
    assert 'name="line"' not in text
    for one in ("posture:spine_side_shift", "palpation:neck", "special:low_back_slump", "score:quickdash"):
        assert f'value="{one}"' in text


def test_what_is_ticked_in_a_list_comes_onto_the_page_and_stays_with_the_draft(browser, maria):
    answer = post(
        browser, maria, "show", add=["range:shoulder_flexion", "special:shoulder_neer"], add_mode="passive"
    )

    text = browser.get(answer.location).text
    assert "Shoulder flexion, passive" in text
    assert 'value="special::shoulder_neer"' in text
    assert "norm 180°" in text


def test_what_is_added_in_the_middle_of_the_page_takes_its_own_figures(session, browser, maria):
    """A movement stands before the activities, though it was added after them."""
    post(browser, maria, "show", new_activity=["Stairs", "Sleep", ""])
    post(browser, maria, "show", add=["score:ndi", "range:hip_extension"])
    text = browser.get(address_of(maria)).text
    names = re.findall(r'name="(f\d+-value\w*)" value=""', text)
    left, right, stairs, sleep, ndi = names

    post(browser, maria, "draft", **{left: "0", right: "12", stairs: "2", sleep: "4", ndi: "20"})

    assert [(one.code, one.side, one.value) for one in kept(session)] == [
        ("hip_extension", "left", 0),
        ("hip_extension", "right", 12),
        ("Stairs", "", 2),
        ("Sleep", "", 4),
        ("ndi", "", 20),
    ]


def test_a_completed_assessment_shows_each_figure_against_the_other_side(session, browser, maria):
    where = first_assessment(browser, maria)

    shown = browser.get(where).text
    assert [(one.code, one.side, one.value, one.pain) for one in kept(session)] == [
        ("shoulder_flexion", "left", 130, 0),
        ("shoulder_flexion", "right", 168, None),
        ("Stairs", "", 2, None),
        ("Sleep", "", 4, None),
    ]
    assert "38° less than right, likely real" in shown
    assert "PSFS mean 3 of 10, 2 rated" in shown


@pytest.fixture
def two_weeks_later(
    session: Session, browser: FlaskClient, maria: Client, clock: TestClock, sign_in: SignIn
) -> None:
    """Her first assessment was two weeks ago, and her therapist signs in again."""
    first_assessment(browser, maria)
    clock.now += timedelta(weeks=2)
    sam = session.get_one(User, maria.therapist_id)
    session.commit()
    sign_in(browser, sam)


def test_a_repeat_opens_with_last_times_lines_and_takes_few_steps(browser, maria, two_weeks_later):

    text = browser.get(address_of(maria)).text
    # Opening the page, three figures, an activity each, the impression and Complete: seven steps.
    assert "Last: left 130°, pain 0, right 168°, goniometer (2 Mar)" in text
    typed = {"f0_valueleft": "150", "f1_value": "5", "f2_value": "6", "impression": "Better"}
    where = post(browser, maria, "complete", **typed).location

    shown = browser.get(where).text
    assert "+20° since 2 Mar, likely real" in shown
    assert "+2.5 since 2 Mar over the same 2, a medium change for the better" in shown
    assert 1 + len(typed) + 1 <= 8


def test_last_times_figures_are_not_taken_for_todays(session, browser, maria, two_weeks_later):
    post(browser, maria, "complete")

    assert {one.assessment_id for one in kept(session)} == {1}


def test_a_figure_that_cannot_be_comes_back_with_a_sentence(session, browser, maria):
    post(browser, maria, "show", add=["range:shoulder_flexion", "score:ndi"])

    answer = post(browser, maria, "complete", f0_valueleft="many", f1_value="60")

    assert answer.status_code == 422
    assert "Shoulder flexion: write a number, or leave it empty." in answer.text
    assert "NDI must be a number from 0 to 50." in answer.text
    assert 'value="many"' in answer.text
    rows = session.scalars(select(Assessment.status)).all()
    assert rows == [AssessmentStatus.DRAFT]


def test_a_draft_is_saved_while_it_is_typed(session, browser, maria):
    post(browser, maria, "show", add=["range:knee_flexion"])
    form = form_on(browser.get(address_of(maria)).text)
    form.setlist("f0-valueleft", ["95"])
    form["live"] = "autosave"

    answer = browser.post(address_of(maria), data=form)

    assert "Draft saved" in answer.text
    assert "assessment-form" not in answer.text
    assert 95 in [one.value for one in kept(session)]


def test_an_addendum_stands_beside_what_was_completed(session, browser, maria):
    where = first_assessment(browser, maria)
    key = re.search(r'name="key" value="([^"]*)"', browser.get(where).text)[1]

    for _ in range(2):
        browser.post(f"{where}/addenda", data={"key": key, "addendum": "Left is the old injury."})

    assert browser.post(f"{where}/addenda", data={"key": "k", "addendum": " "}).status_code == 422
    assert "Left is the old injury." in browser.get(where).text
    assert len(session.scalars(select(Addendum)).all()) == 1


def test_another_therapist_can_add_nothing(session, browser, maria, sign_in):
    where = first_assessment(browser, maria)
    kim = make_user(session, make_practice(session))
    session.commit()
    sign_in(browser, kim)

    assert browser.post(f"{where}/addenda", data={"addendum": "Hello"}).status_code == 404


def test_lines_that_mean_nothing_are_left_out(browser, maria):
    form = form_on(browser.get(address_of(maria)).text)
    form.setlist("line", ["", "range", "range:asleep:shoulder_flexion", "special:x:y", "what::ever"])
    form["do"] = "draft"

    assert browser.post(address_of(maria), data=form).status_code == 303
