"""The evidence sheet of remote monitoring: where it is offered, what it says, and its log."""

import csv
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import Client, LoginSession, MonitoringMinutes, Practice, Role, User
from care.monitoring import start_monitoring
from tests.care.measuring import on_day, rate
from tests.making import MONDAY, MONDAY_NOON, make_client, make_practice, make_user
from tests.web.conftest import SignIn, TestClock

TUESDAY_CALL = {
    "on": "2026-03-03",
    "from_time": "10:00",
    "until_time": "10:12",
    "activity": "call",
    "is_live": "y",
    "note": "Stairs are better",
}


@pytest.fixture
def sam(session: Session) -> User:
    return make_user(session, make_practice(session, thresholds={"rtm": 1}), name="Sam")


@pytest.fixture
def maria(session: Session, sam: User, browser: FlaskClient, sign_in: SignIn, clock: TestClock) -> Client:
    client = make_client(session, sam_practice(session, sam), therapist_id=sam.id)
    start_monitoring(session, client, MONDAY, "Form signed", sam, MONDAY_NOON)
    for day in range(0, 20, 2):
        rate(session, client, 0, day=day)
    session.commit()
    clock.now = on_day(20)
    sign_in(browser, sam)
    return client


def sam_practice(session: Session, sam: User) -> Practice:
    return session.get_one(Practice, sam.practice_id)


def at(client: Client, *parts: object) -> str:
    return "/".join([f"/clients/{client.id}/monitoring", *map(str, parts)])


def log(browser: FlaskClient, client: Client, sam: User, key: str = "k1", **changes: str) -> int:
    return browser.post(
        at(client, "minutes"), data=TUESDAY_CALL | {"user_id": sam.id, "key": key} | changes
    ).status_code


def entries(session: Session) -> list[MonitoringMinutes]:
    found = list(session.scalars(select(MonitoringMinutes).order_by(MonitoringMinutes.id)))
    session.commit()
    return found


def test_it_says_how_many_days_are_needed_and_that_it_is_evidence_only(browser, maria):
    text = browser.get(at(maria)).text

    assert "Evidence only." in text
    assert "They are no billing advice" in text
    assert "10 days</span>, 16 make the full count" in text
    assert "6 more days needed, 10 days left." in text
    assert "No talk in real time yet" in text
    assert "2 to 15 days" in text


def test_on_paper_stand_the_practice_and_each_day_with_data(browser, maria):
    paper = " ".join(re.findall(r'<(?:p|span) class="paper-only[^>]*>([^<]*)<', browser.get(at(maria)).text))

    assert paper.startswith("Riverside 1 2 Mar, 4 Mar, 6 Mar")
    assert paper.endswith("20 Mar")


def test_minutes_are_logged_once_and_counted(session, browser, maria, sam):
    assert log(browser, maria, sam) == 303
    assert log(browser, maria, sam) == 303

    assert len(entries(session)) == 1
    text = browser.get(at(maria)).text
    assert "12 minutes" in text
    assert "1 talk in real time." in text
    assert "8 more minutes to the next count" in text
    assert "Stairs are better" in text


def test_a_correction_shows_what_was_before_it(session, browser, maria, sam):
    log(browser, maria, sam)
    [row] = entries(session)
    assert 'value="10:12"' in browser.get(at(maria, "minutes", row.id)).text

    wanting = browser.post(
        at(maria, "minutes", row.id), data=TUESDAY_CALL | {"user_id": sam.id, "reason": ""}
    )
    browser.post(
        at(maria, "minutes", row.id),
        data=TUESDAY_CALL | {"user_id": sam.id, "until_time": "10:30", "reason": "Ended later"},
    )

    assert wanting.status_code == 422
    text = browser.get(at(maria)).text
    assert "30 minutes" in text
    assert "Why: Ended later" in text
    assert "Before: <s>Tue 3 Mar 10:00am to 10:12am" in text


def test_what_is_taken_back_stays_on_the_sheet(session, browser, maria, sam):
    log(browser, maria, sam)
    [row] = entries(session)

    browser.post(at(maria, "minutes", row.id), data={"do": "take_back", "reason": "Wrong client"})

    text = browser.get(at(maria)).text
    assert "taken back" in text
    assert "Why: Wrong client" in text
    assert "0 minutes" in text


def test_mistakes_come_back_with_a_sentence(session, browser, maria, sam):
    assert log(browser, maria, sam, until_time="9:00") == 422
    assert log(browser, maria, sam, activity="texts") == 422
    assert log(browser, maria, sam, user_id="no") == 422
    assert entries(session) == []


def test_the_file_holds_every_count_and_every_entry(session, browser, maria, sam, database, clock):
    log(browser, maria, sam, note="=1+1")
    [row] = entries(session)
    browser.post(at(maria, "minutes", row.id), data={"do": "take_back", "reason": "Wrong client"})
    with database.sessions.begin() as writing:
        for one in writing.scalars(select(LoginSession)):
            one.confirmed_at = clock.now

    lines = list(csv.reader(browser.get(at(maria, "sheet.csv")).text.splitlines()))

    assert lines[0][0].startswith("Evidence only: counts, no billing advice.")
    records = [line[0] for line in lines[2:]]
    assert records.count("answers of a day") == 10
    assert ["days with data", "2026-03-02", "2026-03-31", "10"] in [line[:4] for line in lines]
    [first, second] = [line for line in lines if line[0] == "entry"]
    assert first[1:9] == [
        "2026-03-03 10:00",
        "2026-03-03 10:12",
        "12",
        "1",
        "Sam",
        "Phone or video call",
        "'=1+1",
        "replaced",
    ]
    assert (second[8], second[9]) == ("taken back", "Wrong client")


def test_it_starts_and_ends_with_what_the_client_agreed_to(session, browser, maria, sam):
    assert "End today" in browser.get(at(maria)).text
    browser.post(at(maria, "end"))
    assert "ended on 22 Mar 2026" in browser.get(at(maria)).text

    refused = browser.post(at(maria, "start"), data={"started_on": "2026-03-22", "agreement": "By phone"})

    assert refused.status_code == 422
    assert "The first day must be after 22 Mar" in refused.text


def test_where_a_practice_does_not_count_there_is_no_page_and_no_link(session, browser, maria, sam):
    assert "Remote monitoring" in browser.get(f"/clients/{maria.id}").text
    sam_practice(session, sam).thresholds = {}
    session.commit()

    assert "Remote monitoring" not in browser.get(f"/clients/{maria.id}").text
    assert browser.get(at(maria)).status_code == 404
    assert browser.get(at(maria, "sheet.csv")).status_code in (303, 404)
    assert log(browser, maria, sam) == 404


def test_the_front_desk_sees_none_of_it(session, browser, maria, sam, sign_in):
    desk = make_user(session, sam_practice(session, sam), role=Role.FRONT_DESK)
    session.commit()
    sign_in(browser, desk)

    assert browser.get(at(maria)).status_code == 403
    assert log(browser, maria, sam) == 403


def listed(browser: FlaskClient) -> list[str]:
    """The rows of the list, in words."""
    text = browser.get("/monitoring").text
    rows = re.findall(r'<tr role="row">\s*<th scope="row".*?</tr>', text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def test_the_list_says_where_both_clocks_of_each_client_stand(session, browser, maria, sam):
    assert log(browser, maria, sam) == 303
    other = make_client(session, sam_practice(session, sam), therapist_id=sam.id, last_name="Arroyo")
    make_client(session, sam_practice(session, sam), therapist_id=sam.id, last_name="Not monitored")
    start_monitoring(session, other, MONDAY, "Form signed", sam, MONDAY_NOON)
    session.commit()

    first, second = listed(browser)

    assert first.startswith("Maria Arroyo with Sam 0 of 30 days with data 2 Mar to 31 Mar")
    assert "16 more days needed, 10 days left: the full count can no longer be reached" in first
    assert "0 minutes this month 10 more to the next count Talk in real time: not yet" in first
    assert "10 of 30 days with data" in second
    assert "6 more days needed, 10 days left" in second
    assert "12 minutes this month 8 more to the next count Talk in real time: yes, 1" in second
    assert "Evidence only." in browser.get("/monitoring").text


def test_the_list_counts_the_running_period_and_no_entry_that_was_taken_back(
    session, browser, maria, sam, clock, sign_in
):
    log(browser, maria, sam)
    [entry] = entries(session)
    browser.post(at(maria, "minutes", entry.id), data={"do": "take_back", "reason": "Another client"})
    assert "0 minutes" in listed(browser)[0]

    clock.now = on_day(31)
    sign_in(browser, sam)
    rate(session, session.get_one(Client, maria.id), 0, day=30)
    session.commit()

    [row] = listed(browser)
    assert "1 of 30 days with data 1 Apr to 30 Apr" in row


def test_a_therapist_sees_their_own_an_admin_all_and_nobody_where_it_is_off(
    session, browser, maria, sam, sign_in, clock
):
    practice = sam_practice(session, sam)
    lee = make_user(session, practice, name="Lee")
    admin = make_user(session, practice, name="Ada", role=Role.ADMIN)
    session.commit()
    counts = []
    for user in (sam, lee, admin):
        sign_in(browser, user)
        counts.append(len(listed(browser)))
    assert counts == [1, 0, 1]
    assert '<a href="/monitoring"' in browser.get("/today").text

    sam_practice(session, sam).thresholds = {}
    session.commit()
    assert browser.get("/monitoring").status_code == 404
    assert '<a href="/monitoring"' not in browser.get("/today").text
