"""After visit: every step is a round trip, and sending it once does everything at once."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from care import plans, visits
from care.followups import list_open_follow_ups
from care.models import (
    Assignment,
    Client,
    ClientStatus,
    Exercise,
    FollowUpKind,
    Laterality,
    Plan,
    Practice,
    Rating,
    User,
    Visit,
    VisitStatus,
)
from care.precautions import add_precaution
from care.recurrence import Schedule
from reminders import wakeup
from tests.making import MONDAY, MONDAY_8AM, make_client, make_exercise, make_practice, make_user
from tests.web.conftest import SignIn

FRAGMENT = {"X-Homestretch-Fragment": "1"}


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session, name="Riverside Physio")


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Sam")


@pytest.fixture
def maria(session: Session, practice: Practice, sam: User) -> Client:
    return make_client(session, practice, first_name="Maria", last_name="Lopez", therapist_id=sam.id)


@pytest.fixture
def address(
    session: Session, browser: FlaskClient, sign_in: SignIn, practice: Practice, sam: User, maria: Client
) -> str:
    """The address of Maria's After visit page; her therapist is signed in."""
    make_exercise(session, practice, name="Hamstring stretch", body_region="thigh_posterior")
    make_exercise(session, practice, name="Doorway chest stretch")
    session.commit()
    sign_in(browser, sam)
    return f"/clients/{maria.id}/visit"


def exercise_ids(session: Session) -> dict[str, int]:
    known = {row.name: row.id for row in session.scalars(select(Exercise))}
    session.commit()  # even reading holds the write lock here
    return known


def filled(session: Session, *names: str, **changes: Any) -> dict[str, Any]:
    """What the browser posts for these exercises, unless told otherwise."""
    known = exercise_ids(session)
    form: dict[str, Any] = {
        "key": "a-key",
        "exercise": [str(known[name]) for name in names],
        "days": "daily",
        "at_time": "18:00",
        "weeks": "4",
        "ask": "3",
        "next_date": "",
        "next_time": "",
    }
    for number in range(len(names)):
        form |= {f"sets-{number}": "1", f"reps-{number}": "3", f"hold-{number}": "30"}
    return form | changes


def rows_in(answer: TestResponse) -> list[str]:
    return re.findall(r'class="dose-name">([^<]+)', answer.text)


def current(session: Session, client: Client) -> list[Assignment]:
    session.expire_all()
    plan = plans.current_plan(session, client)
    return plans.list_assignments(session, plan) if plan else []


def test_the_rows_begin_with_the_running_plan(session, browser, address, maria):
    known = exercise_ids(session)
    dose = plans.Dose(2, 5, 45, 0, plans.Side.BOTH)
    schedule = Schedule(times=(time(7, 30),), starts_on=MONDAY, weekdays=frozenset(range(5)))
    plans.start_plan(
        session,
        maria,
        [plans.NewAssignment(known["Hamstring stretch"], dose, schedule)],
        user=None,
        now=MONDAY_8AM,
    )
    session.commit()

    answer = browser.get(address)

    assert rows_in(answer) == ["Hamstring stretch"]
    assert 'id="hold-0" name="hold-0" value="45"' in answer.text
    assert 'id="at_time" name="at_time" value="07:30"' in answer.text
    assert re.search(r'value="weekdays" checked', answer.text)


def test_enter_in_the_search_adds_the_first_match_and_keeps_what_was_typed(session, browser, address):
    form = filled(session, query="hamst", do="first", visit_note="Tight on the left")

    answer = browser.post(address, data=form)

    assert answer.status_code == 200
    assert rows_in(answer) == ["Hamstring stretch"]
    assert "Tight on the left" in answer.text
    assert 'data-announce="Hamstring stretch added, 1 in the plan"' in answer.text


def test_a_match_by_name_comes_before_one_by_muscle(session, browser, address, practice):
    make_exercise(session, practice, name="Ball release", target_muscles=["hamstrings"])
    session.commit()

    answer = browser.post(address, data=filled(session, query="hamst", do="first"))

    assert rows_in(answer) == ["Hamstring stretch"]


def test_the_first_submit_button_of_the_form_adds_the_first_match(browser, address):
    answer = browser.get(address)

    form = answer.text[answer.text.index('id="visit-form"') :]
    assert re.search(r"<button[^>]*>", form)[0].endswith('value="first" data-takes="query" tabindex="-1">')


def test_rows_are_moved_and_removed_with_their_doses(session, browser, address):
    form = filled(session, "Hamstring stretch", "Doorway chest stretch") | {"hold-1": "99"}

    moved = browser.post(address, data=form | {"do": "up-1"})
    removed = browser.post(address, data=form | {"do": "remove-0"})

    assert rows_in(moved) == ["Doorway chest stretch", "Hamstring stretch"]
    assert 'id="hold-0" name="hold-0" value="99"' in moved.text
    assert rows_in(removed) == ["Doorway chest stretch"]


def test_the_focus_stays_in_a_row_that_moved_to_either_end(session, browser, address):
    form = filled(session, "Hamstring stretch", "Doorway chest stretch")

    first = browser.post(address, data=form | {"do": "up-1"})
    last = browser.post(address, data=form | {"do": "down-0"})

    assert re.search(r'id="down-0" autofocus', first.text)
    assert re.search(r'id="up-1" autofocus', last.text)


def test_an_exercise_that_meets_a_precaution_is_marked(session, browser, address, maria, practice):
    make_exercise(session, practice, name="Figure four", avoid_if=["hip_replacement"])
    add_precaution(session, maria, "hip_replacement", "left hip, 2024", MONDAY)
    session.commit()

    answer = browser.post(address, data=filled(session, "Figure four", do="show"))

    assert "Precaution: Hip replacement (left hip, 2024). Figure four asks for care" in answer.text


def test_the_text_is_shown_word_for_word_with_its_parts(session, browser, address):
    answer = browser.post(address, data=filled(session, "Hamstring stretch", do="show"))

    assert "Maria gets this text today at 6:00pm" in answer.text
    assert "Riverside Physio: Maria, time for your home stretches." in answer.text
    assert re.search(r"1 text, \d+ of 160", answer.text)


def test_without_consent_the_page_says_why_no_text_goes_out(session, browser, sign_in, practice, sam):
    client = make_client(session, practice, has_consent=False, therapist_id=sam.id)
    make_exercise(session, practice, name="Bridge")
    session.commit()
    sign_in(browser, sam)

    answer = browser.post(f"/clients/{client.id}/visit", data=filled(session, "Bridge", do="show"))

    assert "There is no recorded consent to text this phone." in answer.text


def test_sending_records_visit_plan_question_and_next_visit_and_rings_the_bell(
    session, browser, address, maria
):
    rang: list[bool] = []
    stop = wakeup.listen(lambda: rang.append(True))
    form = filled(
        session,
        "Hamstring stretch",
        "Doorway chest stretch",
        do="send",
        complaint="Right hip",
        pain="4",
        techniques=["mfr"],
        regions=["hip"],
        next_date="2026-03-09",
        next_time="10:00",
    )

    answer = browser.post(address, data=form)
    stop()

    assert answer.status_code == 303
    assert answer.location == f"/clients/{maria.id}"
    assert rang
    session.expire_all()
    happened, planned = session.scalars(select(Visit).order_by(Visit.starts_at)).all()
    assert (happened.complaint, happened.techniques, happened.regions) == ("Right hip", ["mfr"], ["hip"])
    assert planned.starts_at == datetime(2026, 3, 9, 14, tzinfo=UTC)
    assert session.scalar(select(Rating.score)) == 4
    assert [(one.times, one.ends_on, one.is_reminded) for one in current(session, maria)] == [
        (["18:00"], date(2026, 3, 29), True),
        (["18:00"], date(2026, 3, 29), True),
    ]
    asked, reminded = list_open_follow_ups(session, maria)
    assert (asked.kind, asked.days, asked.visit_id) == (FollowUpKind.PAIN_QUESTION, 3, happened.id)
    assert (reminded.kind, reminded.days, reminded.visit_id) == (
        FollowUpKind.VISIT_REMINDER,
        -1,
        planned.id,
    )


def test_the_notice_after_sending_names_what_happens_next(session, browser, address):
    browser.post(address, data=filled(session, "Hamstring stretch", do="send"))

    with browser.session_transaction() as cookie:
        [(tone, said)] = cookie["_flashes"]
    assert (tone, said) == ("ok", "Saved: 1 exercise. The first reminder goes out today at 6:00pm.")


@pytest.mark.parametrize("do", ["send", "save", "print"])
def test_words_left_in_the_search_bring_the_form_back_once(session, browser, address, maria, do):
    form = filled(session, "Hamstring stretch", do=do, query="doorway", visit_note="Keep me")

    answer = browser.post(address, data=form)
    again = browser.post(address, data=form | {"left_over": "doorway"})

    sentence = "Doorway chest stretch was not added. Press Enter to add it, or clear the field."
    assert answer.status_code == 422
    assert f'<a href="#query">{sentence}</a>' in answer.text
    assert 'value="doorway"' in answer.text
    assert 'name="left_over" value="doorway"' in answer.text
    assert "Keep me" in answer.text
    assert again.status_code == 303
    assert [one.exercise.name for one in current(session, maria)] == ["Hamstring stretch"]


def test_words_that_find_nothing_are_spoken_of_and_an_added_match_is_sent_at_once(
    session, browser, address, maria
):
    form = filled(session, "Hamstring stretch", do="send", query="Xylo")

    lost = browser.post(address, data=form)
    added = browser.post(address, data=form | {"query": "doorway", "left_over": "doorway", "do": "first"})

    assert "Nothing was added for &#39;Xylo&#39;. Clear the field, or search for another." in lost.text
    assert rows_in(added) == ["Hamstring stretch", "Doorway chest stretch"]
    assert 'name="left_over" value=""' in added.text
    assert current(session, maria) == []


def test_a_double_tap_saves_once(session, browser, address, maria):
    form = filled(session, "Hamstring stretch", do="send")

    first, second = browser.post(address, data=form), browser.post(address, data=form)

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert len(session.scalars(select(Plan)).all()) == 1


def test_saving_without_texting_leads_to_no_text(session, browser, address, maria):
    form = filled(session, "Hamstring stretch", do="save", next_date="2026-03-09", next_time="10:00")

    browser.post(address, data=form)

    assert [one.is_reminded for one in current(session, maria)] == [False]
    assert list_open_follow_ups(session, maria) == []
    assert visits.next_visit(session, maria, MONDAY_8AM) is not None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"hold-0": "900"}, "Hamstring stretch: Hold must be at most 600 seconds."),
        ({"reps-0": "many"}, "Hamstring stretch: Times must be 1 to 100."),
        ({"at_time": "25:00"}, "Time of day must look like 18:00."),
        ({"weeks": "0"}, "Plan length must be 1 to 26 weeks."),
        ({"pain": "11"}, "Pain now must be a number from 0 to 10."),
        ({"next_date": "2026-03-09"}, "Next visit needs a time like 10:00, or neither date nor time."),
        (
            {"next_date": "2026-03-01", "next_time": "10:00"},
            "Next visit must be after now and within two years.",
        ),
        ({"exercise": []}, "Add at least one exercise."),
    ],
)
def test_what_does_not_hold_comes_back_filled_with_a_sentence_at_the_field(
    session, browser, address, wrong, sentence
):
    form = filled(session, "Hamstring stretch", do="send", visit_note="Keep me") | wrong

    answer = browser.post(address, data=form)

    assert answer.status_code == 422
    assert answer.text.count(sentence) == 2
    assert "Keep me" in answer.text
    assert "<title>Error: After visit" in answer.text
    assert session.scalars(select(Plan)).all() == []


def test_a_time_at_which_no_text_goes_out_is_refused_at_its_field_and_told_in_the_preview(
    session, browser, address
):
    late = filled(session, "Hamstring stretch", at_time="22:00", ask="no")

    shown = browser.post(address, data=late | {"do": "texts"})
    sent = browser.post(address, data=late | {"do": "send"})
    second = browser.post(address, data=late | {"at_time": "18:00", "second_time": "20:30", "do": "print"})

    sentence = "No text goes out at 10:00pm: choose a time from 9:00am on and before 8:00pm, or No reminders."
    assert sentence in shown.text
    assert sent.status_code == 422
    assert f'<a href="#at_time">{sentence}</a>' in sent.text
    assert second.status_code == 422
    assert "8:30pm: choose a time from 9:00am on and before 8:00pm, or leave it empty." in second.text
    assert 'value="20:30"' in second.text


@pytest.mark.parametrize("without", [{"do": "save"}, {"do": "send", "days": "no_texts"}])
def test_where_nothing_is_texted_any_time_of_day_will_do(session, browser, address, without):
    late = filled(session, "Hamstring stretch", at_time="22:00")

    assert browser.post(address, data=late | without).status_code == 303


def test_a_pain_of_zero_is_a_rating_and_an_empty_one_is_none(session, browser, address):
    browser.post(address, data=filled(session, "Hamstring stretch", do="send", pain="0"))
    browser.post(address, data=filled(session, "Hamstring stretch", do="send", pain="", key="another"))

    assert session.scalars(select(Rating.score)).all() == [0]


def test_the_planned_visit_of_today_is_the_one_that_happened(session, browser, address, maria, sam):
    planned = visits.plan_visit(session, maria, MONDAY_8AM + timedelta(hours=2), sam, MONDAY_8AM)
    session.commit()

    browser.post(address, data=filled(session, "Hamstring stretch", do="send"))

    session.expire_all()
    assert session.scalars(select(Visit.id)).all() == [planned.id]
    assert session.get_one(Visit, planned.id).status is VisitStatus.HAPPENED


def test_changing_the_next_visit_moves_it(session, browser, address, maria, sam):
    planned = visits.plan_visit(session, maria, datetime(2026, 3, 9, 14, tzinfo=UTC), sam, MONDAY_8AM)
    session.commit()

    shown = browser.get(address)
    form = filled(session, "Hamstring stretch", do="send", next_date="2026-03-10", next_time="11:30")
    browser.post(address, data=form)

    session.expire_all()
    assert 'value="2026-03-09"' in shown.text
    assert session.get_one(Visit, planned.id).starts_at == datetime(2026, 3, 10, 15, 30, tzinfo=UTC)


def test_this_visits_question_stands_in_for_that_of_the_visit_before(
    session, browser, address, maria, sam, clock, sign_in
):
    browser.post(address, data=filled(session, "Hamstring stretch", do="send", ask="7"))
    clock.now += timedelta(days=2)
    sign_in(browser, sam)

    browser.post(address, data=filled(session, "Hamstring stretch", do="send", ask="no", key="later"))

    session.expire_all()
    assert list_open_follow_ups(session, maria) == []


@pytest.mark.parametrize(
    ("last_day", "weeks"), [(date(2026, 7, 19), "20"), (date(2026, 3, 5), "1"), (None, "4")]
)
def test_the_length_of_the_running_plan_is_taken_over(session, browser, address, maria, last_day, weeks):
    schedule = Schedule(times=(time(18),), starts_on=MONDAY, ends_on=last_day)
    dose = plans.Dose(1, 3, 30, 0, plans.Side.BOTH)
    wanted = plans.NewAssignment(exercise_ids(session)["Hamstring stretch"], dose, schedule)
    plans.start_plan(session, maria, [wanted], user=None, now=MONDAY_8AM)
    session.commit()

    assert f'id="weeks" name="weeks" value="{weeks}"' in browser.get(address).text


def test_days_the_chips_do_not_name_are_kept(session, browser, address, maria):
    known = exercise_ids(session)
    schedule = Schedule(times=(time(18),), starts_on=MONDAY, weekdays=frozenset({0, 2, 4}))
    dose = plans.Dose(1, 3, 30, 0, plans.Side.BOTH)
    wanted = plans.NewAssignment(known["Hamstring stretch"], dose, schedule)
    plans.start_plan(session, maria, [wanted], user=None, now=MONDAY_8AM)
    session.commit()

    shown = browser.get(address)
    browser.post(address, data=filled(session, "Hamstring stretch", do="send", days="as_now"))

    assert "As now: Mon, Wed, Fri" in shown.text
    assert [one.weekdays for one in current(session, maria)] == [[0, 2, 4]]


def test_typing_brings_back_only_the_part_it_changes(session, browser, address):
    found = browser.post(address, data=filled(session, query="door", live="search"), headers=FRAGMENT)
    saved = browser.post(
        address, data=filled(session, "Hamstring stretch", live="autosave"), headers=FRAGMENT
    )

    assert found.text.lstrip().startswith('<div id="suggestions">')
    assert "Doorway chest stretch" in found.text
    assert saved.text.lstrip().startswith('<section class="card" id="preview"')
    assert "X-Homestretch-Fragment" in saved.headers["Vary"]


def test_the_side_is_asked_where_the_dose_counts_per_side(session, browser, address, practice):
    make_exercise(session, practice, name="Calf stretch", laterality=Laterality.EACH_SIDE)
    session.commit()

    answer = browser.post(address, data=filled(session, "Calf stretch", "Hamstring stretch", do="show"))

    assert 'id="side-0"' in answer.text
    assert 'id="side-1"' not in answer.text


def test_more_than_four_exercises_get_a_word_of_advice_and_no_block(
    session, browser, address, practice, maria
):
    names = [make_exercise(session, practice, name=f"Stretch {n}").name for n in range(5)]
    session.commit()

    shown = browser.post(address, data=filled(session, *names, do="show"))
    sent = browser.post(address, data=filled(session, *names, do="send"))

    assert "Fewer exercises get done more often." in shown.text
    assert sent.status_code == 303


def test_another_therapists_client_is_not_found(session, browser, address, practice, sign_in):
    kim = make_user(session, practice, name="Kim")
    session.commit()
    sign_in(browser, kim)

    assert browser.get(address).status_code == 404
    assert browser.post(address, data=filled(session, "Hamstring stretch", do="send")).status_code == 404


def test_printing_texts_as_sending_does_and_opens_the_handout_with_undo(session, browser, address, maria):
    shown = browser.get(address)
    answer = browser.post(address, data=filled(session, "Hamstring stretch", do="print"))
    sheet = browser.get(answer.location)

    assert "Print handout assigns and sends as well." in shown.text
    assert (answer.status_code, answer.location) == (303, f"/clients/{maria.id}/handout")
    assert [(one.exercise.name, one.is_reminded) for one in current(session, maria)] == [
        ("Hamstring stretch", True)
    ]
    assert [one.kind for one in list_open_follow_ups(session, maria)] == [FollowUpKind.PAIN_QUESTION]
    session.commit()
    assert "Saved: 1 exercise. The first reminder goes out today at 6:00pm." in sheet.text
    assert 'lang="en"><p class="flash' in sheet.text.replace("\n", "")
    assert f'action="{address}/undo"' in sheet.text
    assert 'name="days" value="daily" checked' in browser.get(address).text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, "Print handout assigns and sends as well."),
        ({"status": ClientStatus.DISCHARGED}, "Print handout assigns as well. Maria gets no texts just now."),
        ({"paused_from": MONDAY}, "Print handout assigns as well. Maria gets no texts just now."),
        ({"texts_held_at": MONDAY_8AM}, "Print handout assigns as well. Maria gets no texts just now."),
        ({"phone": None}, "No phone on file, so nothing is texted."),
    ],
)
def test_the_words_beside_print_handout_say_what_it_does_for_this_client(
    session, browser, address, maria, change, says
):
    for name, value in change.items():
        setattr(maria, name, value)
    session.commit()
    form = filled(session, "Hamstring stretch")

    opened = browser.get(address)
    typed = browser.post(address, data=form | {"live": "autosave"}, headers=FRAGMENT)
    looked = browser.post(address, data=form | {"live": "texts"}, headers=FRAGMENT)

    for answer in (opened, typed, looked):
        assert f'id="print-does">{says}</p>' in answer.text


def test_where_nothing_is_asked_nor_reminded_printing_promises_no_text(session, browser, address):
    form = filled(session, "Hamstring stretch", days="no_texts", ask="no", do="show")

    shown = browser.post(address, data=form)

    assert "Print handout assigns as well. No text goes out in the next 30 days." in shown.text


def test_printing_for_who_has_no_phone_saves_without_texting(session, browser, address, maria):
    maria.phone = None
    session.commit()

    shown = browser.get(address)
    answer = browser.post(address, data=filled(session, "Hamstring stretch", do="print"))

    assert "No phone on file, so nothing is texted." in shown.text
    assert answer.location == f"/clients/{maria.id}/handout"
    assert [one.is_reminded for one in current(session, maria)] == [False]
    assert list_open_follow_ups(session, maria) == []
    session.commit()
    assert "Saved: 1 exercise. No texts go out." in browser.get(answer.location).text
