"""Templates: one tap begins a plan, one keeps a list; the practice tidies them on a page of their own."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import Exercise, Practice, Side, Template, TemplateDays, TemplateItem, User
from care.plans import Dose
from care.templates import keep_template
from tests.making import MONDAY_8AM, make_assignment, make_client, make_exercise, make_practice, make_user
from tests.web.conftest import SignIn

DOSE = Dose(2, 8, 20, 0, Side.BOTH)


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Sam")


@pytest.fixture
def template_id(
    session: Session, practice: Practice, sam: User, browser: FlaskClient, sign_in: SignIn
) -> int:
    """The template Hip and glute, of a bridge and a clam; there is a chin tuck besides. Sam is signed in."""
    bridge, clam = (make_exercise(session, practice, name=name) for name in ("Bridge", "Clam"))
    make_exercise(session, practice, name="Chin tuck")
    items = [(bridge.id, DOSE), (clam.id, DOSE)]
    kept = keep_template(session, practice.id, "Hip and glute", "other", items, sam, MONDAY_8AM)
    session.commit()
    sign_in(browser, sam)
    return kept.id


@pytest.fixture
def address(session: Session, practice: Practice, sam: User, template_id: int) -> str:
    client = make_client(session, practice, therapist_id=sam.id)
    session.commit()
    return f"/clients/{client.id}/visit"


def names_in(answer) -> list[str]:
    return re.findall(r'class="dose-name">([^<]+)', answer.text)


def begun_from(answer) -> str:
    return re.findall(r'name="begun_from" value="([^"]*)"', answer.text)[0]


def with_chin_tuck(session, **changes) -> dict[str, object]:
    exercise_id = session.scalars(select(Exercise.id).where(Exercise.name == "Chin tuck")).one()
    session.commit()
    return {"exercise": [str(exercise_id)], "sets-0": "1", "reps-0": "3", "hold-0": "30"} | changes


def test_a_template_takes_the_place_of_an_untouched_list(session, browser, address, template_id):
    opened = browser.get(address)

    chosen = browser.post(address, data={"do": f"template-{template_id}", "begun_from": begun_from(opened)})

    assert "Hip and glute, 2</button>" in opened.text
    assert names_in(chosen) == ["Bridge", "Clam"]
    assert 'value="20"' in chosen.text


def test_a_template_is_added_to_a_list_somebody_has_touched(session, browser, address, template_id):
    opened = browser.get(address)
    typed = with_chin_tuck(session, do=f"template-{template_id}", begun_from=begun_from(opened))

    chosen = browser.post(address, data=typed)
    again = browser.post(address, data=typed | {"begun_from": begun_from(chosen)})

    assert names_in(chosen) == ["Chin tuck", "Bridge", "Clam"]
    assert names_in(again) == ["Chin tuck", "Bridge", "Clam"]


def test_one_template_after_the_other_leaves_the_last_alone_in_the_list(
    session, browser, address, template_id, practice, sam
):
    tuck = session.scalars(select(Exercise).where(Exercise.name == "Chin tuck")).one()
    other = keep_template(session, practice.id, "Neck", "other", [(tuck.id, DOSE)], sam, MONDAY_8AM)
    session.commit()
    first = browser.post(
        address, data={"do": f"template-{template_id}", "begun_from": begun_from(browser.get(address))}
    )
    rows = {"exercise": re.findall(r'name="exercise" value="(\d+)"', first.text)}
    for number in range(2):
        rows |= {
            f"sets-{number}": "2",
            f"reps-{number}": "8",
            f"hold-{number}": "20",
            f"side-{number}": "both",
        }

    second = browser.post(
        address, data=rows | {"do": f"template-{other.id}", "begun_from": begun_from(first)}
    )

    assert names_in(second) == ["Chin tuck"]


def test_a_list_is_kept_as_a_template_for_everybody(session, browser, address):
    kept = browser.post(address, data=with_chin_tuck(session, do="keep", template_name="Neck, start"))

    template = session.scalars(select(Template).where(Template.name == "Neck, start")).one()
    [item] = session.scalars(select(TemplateItem).where(TemplateItem.template_id == template.id))
    assert (item.reps, item.hold_seconds) == (3, 30)
    assert "Neck, start is kept as a template for the whole practice" in kept.text
    assert names_in(kept) == ["Chin tuck"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"template_name": ""}, "Template name must be 1 to 60 characters."),
        ({"template_name": "Neck", "reps-0": "0"}, "Put the doses right first, then keep the list."),
    ],
)
def test_what_cannot_be_kept_says_why_and_loses_nothing(session, browser, address, changes, sentence):
    answer = browser.post(address, data=with_chin_tuck(session, do="keep") | changes)

    assert sentence in answer.text
    assert names_in(answer) == ["Chin tuck"]


def edited(opened) -> dict[str, object]:
    """The form of a template's page as it came."""
    found = re.findall(r'<input[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"([^>]*)', opened.text)
    fields: dict[str, object] = {
        name: value for name, value, rest in found if name != "exercise" and "checked" in rest
    }
    fields |= {
        name: value
        for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', opened.text)
        if re.fullmatch(r"name|at_time|second_time|weeks|(sets|reps|hold|duration|note|load)-\d+", name)
    }
    chosen = re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', opened.text, re.DOTALL)
    fields |= {name: re.findall(r'value="([^"]*)" selected', options)[0] for name, options in chosen}
    return fields | {"exercise": re.findall(r'name="exercise" value="(\d+)"', opened.text)}


def test_a_template_is_changed_retired_and_brought_back(session, browser, template_id):
    page = f"/templates/{template_id}/edit"
    fields = edited(browser.get(page))

    saved = browser.post(page, data=fields | {"do": "save", "name": "Hips", "condition": "scar"})
    renamed = browser.get("/templates").text
    browser.post(f"/templates/{template_id}/retire")
    without = browser.get("/templates").text
    retired = browser.get("/templates?retired=1").text
    browser.post(f"/templates/{template_id}/restore")

    assert saved.status_code == 303
    assert "Hips" in renamed
    assert "Scar" in renamed
    assert "Bridge" in renamed
    assert "No templates yet." in without
    assert "Hips" in retired
    assert "Hips" in browser.get("/templates").text


def test_its_exercises_are_added_moved_taken_out_and_given_other_doses(session, browser, template_id):
    page = f"/templates/{template_id}/edit"

    added = browser.post(page, data=edited(browser.get(page)) | {"do": "first", "query": "chin"})
    moved = browser.post(page, data=edited(added) | {"do": "up-2"})
    without = browser.post(page, data=edited(moved) | {"do": "remove-0", "hold-1": "45"})
    saved = browser.post(page, data=edited(without) | {"do": "save"})

    assert names_in(added) == ["Bridge", "Clam", "Chin tuck"]
    assert "Chin tuck added, 3 in the template" in added.text
    assert names_in(moved) == ["Bridge", "Chin tuck", "Clam"]
    assert names_in(without) == ["Chin tuck", "Clam"]
    assert saved.status_code == 303
    kept = session.scalars(select(TemplateItem).order_by(TemplateItem.position)).all()
    assert [item.hold_seconds for item in kept] == [45, 20]


def test_nothing_is_kept_before_it_is_saved(session, browser, template_id):
    page = f"/templates/{template_id}/edit"

    browser.post(page, data=edited(browser.get(page)) | {"do": "remove-0"})
    browser.post(page, data=edited(browser.get(page)) | {"live": "search", "query": "chin"})

    assert names_in(browser.get(page)) == ["Bridge", "Clam"]


def test_what_does_not_hold_comes_back_at_its_field_and_loses_nothing(session, browser, template_id):
    page = f"/templates/{template_id}/edit"
    wrong = {"do": "save", "name": "", "reps-0": "0", "at_time": "noon", "weeks": "40"}

    answer = browser.post(page, data=edited(browser.get(page)) | wrong)

    assert answer.status_code == 422
    for sentence in (
        "Enter the name.",
        "Bridge: Times must be 1 to 100.",
        "Time of day must look like 18:00, or be empty.",
        "Plan length must be 1 to 26 weeks, or empty.",
    ):
        assert answer.text.count(sentence) == 2
    assert names_in(answer) == ["Bridge", "Clam"]


def test_a_new_template_is_made_on_its_own_page(session, browser, template_id):
    typed = edited(browser.get("/templates/new")) | {"do": "first", "query": "chin"}
    listed = browser.post("/templates/new", data=typed)
    made = browser.post("/templates/new", data=edited(listed) | {"do": "save", "name": "Neck, start"})

    assert made.status_code == 303
    assert "Neck, start" in browser.get("/templates").text


def test_days_times_and_what_follows_come_into_the_plan_with_the_list(session, browser, address, template_id):
    page = f"/templates/{template_id}/edit"
    routine = {"days": "alternate", "at_time": "08:30", "weeks": "6", "ask": "7", "next_visit": "14"}
    browser.post(page, data=edited(browser.get(page)) | routine | {"do": "save"})

    opened = browser.get(address)
    chosen = browser.post(address, data={"do": f"template-{template_id}", "begun_from": begun_from(opened)})
    touched = browser.post(
        address, data=with_chin_tuck(session, do=f"template-{template_id}", begun_from="", days="daily")
    )

    for field in ('value="alternate" checked', 'value="08:30"', 'value="6"', 'value="7" checked'):
        assert field in chosen.text
    assert re.search(r'name="next_date" value="\d{4}-', chosen.text)
    assert 'value="daily" checked' in touched.text
    assert "Every other day, 8:30am, for 6 weeks, pain asked in 7 days" in browser.get("/templates").text


def test_a_client_with_a_plan_keeps_their_own_hours(session, browser, practice, sam, template_id):
    client = make_client(session, practice, therapist_id=sam.id)
    make_assignment(session, client, make_exercise(session, practice), times=["07:15"])
    session.commit()
    page, visit = f"/templates/{template_id}/edit", f"/clients/{client.id}/visit"
    routine = {"days": "weekdays", "at_time": "20:00", "do": "save"}
    browser.post(page, data=edited(browser.get(page)) | routine)

    begun = begun_from(browser.get(visit))
    running = edited(browser.get(visit)) | {"at_time": "07:15"}
    chosen = browser.post(visit, data=running | {"do": f"template-{template_id}", "begun_from": begun})

    assert names_in(chosen) == ["Bridge", "Clam"]
    assert 'value="07:15"' in chosen.text
    assert 'value="weekdays" checked' in chosen.text


def test_a_list_is_kept_with_its_days_times_and_question(session, browser, address):
    routine = {"days": "weekdays", "at_time": "08:30", "second_time": "20:00", "weeks": "2", "ask": "no"}
    browser.post(address, data=with_chin_tuck(session, do="keep", template_name="Neck, start") | routine)

    template = session.scalars(select(Template).where(Template.name == "Neck, start")).one()
    assert (template.days, template.times) == (TemplateDays.WEEKDAYS, ["08:30", "20:00"])
    assert (template.weeks, template.ask_days) == (2, 0)


def test_a_name_that_is_taken_comes_back_with_a_sentence(session, browser, template_id, practice, sam):
    tuck = session.scalars(select(Exercise).where(Exercise.name == "Chin tuck")).one()
    keep_template(session, practice.id, "Neck", "other", [(tuck.id, DOSE)], sam, MONDAY_8AM)
    session.commit()
    page = f"/templates/{template_id}/edit"

    answer = browser.post(page, data=edited(browser.get(page)) | {"do": "save", "name": "neck"})

    assert answer.status_code == 422
    assert "There is already a template called neck. Choose another name." in answer.text
    session.expire_all()
    assert session.get(Template, template_id).name == "Hip and glute"


def test_another_practices_template_is_not_found(session, browser, template_id):
    theirs = make_practice(session)
    user = make_user(session, theirs)
    exercise = make_exercise(session, theirs)
    kept = keep_template(session, theirs.id, "Theirs", "other", [(exercise.id, DOSE)], user, MONDAY_8AM)
    session.commit()

    assert browser.get(f"/templates/{kept.id}/edit").status_code == 404
    assert browser.post(f"/templates/{kept.id}/retire").status_code == 404
