"""A link to a summary: shown once, opened by a person alone, over when its time or the agreement is."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care import audit
from care.db import Database
from care.disclosure import give_sharing_consent, withdraw_sharing_consent
from care.erasing import erase_client
from care.errors import Refused
from care.models import (
    AuditEntry,
    Client,
    ConsentEvent,
    ConsentSource,
    Practice,
    Role,
    ShareLink,
    ShareOpening,
    User,
)
from care.share_links import (
    find_share_link,
    list_share_links,
    make_share_link,
    record_opening,
    shortened,
    who_opened,
)
from tests.making import MONDAY_8AM, make_assignment, make_client, make_exercise, make_practice, make_user
from tests.web.conftest import TestClock

AHN = "Dr. Ahn, Hill Clinic"
A_DAY = timedelta(days=1)


@pytest.fixture
def sam(session: Session) -> User:
    return make_user(session, make_practice(session), name="Sam")


@pytest.fixture
def agreed(session: Session, sam: User) -> ConsentEvent:
    practice = session.get_one(Practice, sam.practice_id)
    client = make_client(session, practice, therapist_id=sam.id)
    make_assignment(session, client, make_exercise(session, practice, name="Wall slide"))
    event = give_sharing_consent(
        session, client, practice.name, AHN, "", ConsentSource.PAPER, MONDAY_8AM - A_DAY, sam
    )
    session.commit()
    return event


@pytest.fixture
def maria(session: Session, agreed: ConsentEvent) -> Client:
    client = session.get_one(Client, agreed.client_id)
    session.commit()
    return client


@pytest.fixture
def staff(app: Flask) -> FlaskClient:
    """Not kept open between requests: the doctor's would run inside its context."""
    return app.test_client()


@pytest.fixture
def doctor(app: Flask) -> FlaskClient:
    """Somebody outside: no cookie, no log-in."""
    return app.test_client()


def make(session: Session, agreed: ConsentEvent, sam: User, **changes: object) -> str:
    client = session.get_one(Client, agreed.client_id)
    values = {"days": 14, "question": "Is more load safe?"} | changes
    secret = make_share_link(session, client, agreed, sam, MONDAY_8AM, **values)  # type: ignore[arg-type]  # of all kinds
    session.commit()
    return secret


def count(session: Session, table: type) -> int:
    found = session.scalar(select(func.count()).select_from(table)) or 0
    session.commit()
    return found


def test_a_therapist_makes_a_link_which_is_shown_once_and_kept_as_a_hash(
    session, staff, sign_in, sam, agreed
):
    sign_in(staff, sam)
    summary = f"/clients/{agreed.client_id}/sharing/{agreed.id}"
    page = staff.post(summary, data={"question": "Why?"}, follow_redirects=True)
    once = re.search(r'name="once" value="([^"]+)"', page.text).group(1)
    typed = {"once": once, "days": "7", "most_openings": "3", "question": "Why?"}

    made = staff.post(f"/clients/{agreed.client_id}/sharing/{agreed.id}/link", data=typed)
    again = staff.post(f"/clients/{agreed.client_id}/sharing/{agreed.id}/link", data=typed)

    secret = re.search(r"/shared/([A-Za-z0-9_-]{43})<", made.text).group(1)
    [link] = session.scalars(select(ShareLink))
    session.commit()
    assert again.status_code == 303
    assert secret not in staff.get(f"/clients/{agreed.client_id}/sharing").text
    assert secret not in str(vars(link))
    assert (link.expires_at - link.created_at, link.most_openings, link.question) == (7 * A_DAY, 3, "Why?")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"days": "0"}, "Days must be 1 to 90."),
        ({"days": "91"}, "Days must be 1 to 90."),
        ({"days": "soon"}, "Days and openings must be whole numbers."),
        ({"days": "14", "most_openings": "-1"}, "Days and openings must be whole numbers."),
        ({"days": "14", "most_openings": "0"}, "Openings must be 1 to 100."),
    ],
)
def test_bad_numbers_come_back_with_a_sentence_and_make_nothing(
    session, staff, sign_in, sam, agreed, typed, sentence
):
    sign_in(staff, sam)

    answer = staff.post(f"/clients/{agreed.client_id}/sharing/{agreed.id}/link", data={"once": "k"} | typed)

    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert count(session, ShareLink) == 0


def test_looking_names_nobody_and_counts_nothing(session, doctor, sam, agreed, maria):
    secret = make(session, agreed, sam)

    for method in ("GET", "HEAD"):
        page = doctor.open(f"/shared/{secret}", method=method)

        assert page.status_code == 200
        assert maria.first_name not in page.text
        assert "Wall slide" not in page.text
        assert "Set-Cookie" not in page.headers
    assert count(session, ShareOpening) == 0


def test_whoever_presses_reads_the_summary_and_is_on_record(session, doctor, sam, agreed, maria):
    secret = make(session, agreed, sam)

    page = doctor.post(f"/shared/{secret}", environ_base={"REMOTE_ADDR": "203.0.113.77"})

    for words in (maria.name, AHN, "Is more load safe?", "Wall slide", "Sam"):
        assert words in page.text
    [opening] = session.scalars(select(ShareOpening))
    [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "open"))
    assert (opening.address, opening.at) == ("203.0.113.0/24", MONDAY_8AM)
    assert (entry.subject, entry.subject_id, entry.user_id) == ("share_link", maria.id, None)
    assert entry.detail == f"link {opening.link_id}"


def test_neither_page_is_kept_found_or_named_to_others(session, doctor, sam, agreed):
    secret = make(session, agreed, sam)

    for answer in (
        doctor.get(f"/shared/{secret}"),
        doctor.post(f"/shared/{secret}"),
        doctor.get("/shared/x"),
    ):
        assert "no-store" in answer.headers["Cache-Control"]
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_staff_see_who_opened_it_and_the_client_may_be_told(
    session, staff, doctor, sign_in, sam, agreed, maria
):
    secret = make(session, agreed, sam)
    doctor.post(f"/shared/{secret}", environ_base={"REMOTE_ADDR": "203.0.113.77"})
    doctor.post(f"/shared/{secret}", environ_base={"REMOTE_ADDR": "2001:db8:7:8::9"})
    sign_in(staff, sam)

    desk = staff.get(f"/clients/{maria.id}/sharing").text
    looks = staff.get(f"/clients/{maria.id}/people/looks").text

    assert "Opened 2 times" in desk
    assert "203.0.113.0/24" in desk
    assert "2001:db8:7::/48" in desk
    assert f"{AHN}, by link" in looks
    assert "2 times" in looks


def test_one_tap_ends_it_and_the_answer_is_one_sentence(session, staff, doctor, sign_in, sam, agreed, maria):
    secret = make(session, agreed, sam)
    sign_in(staff, sam)
    [link_id] = session.scalars(select(ShareLink.id))
    session.commit()

    staff.post(f"/clients/{maria.id}/sharing/links/{link_id}/end")

    for answer in (doctor.get(f"/shared/{secret}"), doctor.post(f"/shared/{secret}")):
        assert (answer.status_code, "This link was ended" in answer.text) == (404, True)
        assert maria.first_name not in answer.text
    assert count(session, ShareOpening) == 0


def test_it_is_over_when_its_days_are(session, doctor, clock: TestClock, sam, agreed):
    secret = make(session, agreed, sam, days=14)
    clock.now = MONDAY_8AM + 14 * A_DAY - timedelta(seconds=1)
    assert doctor.post(f"/shared/{secret}").status_code == 200

    clock.now += timedelta(seconds=1)

    assert "This link is over" in doctor.get(f"/shared/{secret}").text
    assert doctor.post(f"/shared/{secret}").status_code == 404


def test_consent_taken_back_kills_it_at_once_and_agreeing_anew_does_not_wake_it(
    session, doctor, sam, agreed, maria
):
    secret = make(session, agreed, sam)
    paper = ConsentSource.PAPER
    withdraw_sharing_consent(session, maria, agreed.id, paper, MONDAY_8AM, sam)
    session.commit()
    assert doctor.post(f"/shared/{secret}").status_code == 404

    give_sharing_consent(session, maria, "R", AHN.upper(), "", paper, MONDAY_8AM + A_DAY, sam)
    session.commit()

    answer = doctor.get(f"/shared/{secret}")
    assert (answer.status_code, "This link was ended" in answer.text) == (404, True)


def test_agreeing_once_more_without_taking_back_leaves_it_working(session, doctor, sam, agreed, maria):
    secret = make(session, agreed, sam)

    give_sharing_consent(session, maria, "R", AHN, "", ConsentSource.PAPER, MONDAY_8AM + A_DAY, sam)
    session.commit()

    assert doctor.post(f"/shared/{secret}").status_code == 200


def test_no_more_openings_than_allowed_however_many_press_at_once(any_database: Database):
    with any_database.sessions() as session:
        practice = make_practice(session)
        user = make_user(session, practice)
        client = make_client(session, practice)
        event = give_sharing_consent(
            session, client, "R", AHN, "", ConsentSource.PAPER, MONDAY_8AM - A_DAY, user
        )
        secret = make_share_link(session, client, event, user, MONDAY_8AM, days=1, most_openings=3)
        session.commit()

    def press(_number: int) -> bool:
        with any_database.sessions.begin() as session:
            link = find_share_link(session, secret)
            assert link is not None
            return record_opening(session, link, "203.0.113.7", MONDAY_8AM, MONDAY_8AM)

    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(press, range(8)))

    assert opened.count(True) == 3
    with any_database.sessions() as session:
        assert count(session, ShareOpening) == 3
        assert [one.count for one in who_opened(session, 1)] == [3]


def test_the_last_opening_says_so_and_then_it_is_used_up(session, doctor, sam, agreed):
    secret = make(session, agreed, sam, most_openings=1)

    assert "0 more times" in doctor.post(f"/shared/{secret}").text
    assert "opened as often as it may be" in doctor.post(f"/shared/{secret}").text


def test_a_machine_that_presses_on_and_on_is_told_to_wait(session, doctor, clock: TestClock, sam, agreed):
    secret = make(session, agreed, sam)

    answers = [doctor.post(f"/shared/{secret}").status_code for _ in range(21)]

    assert answers == [200] * 20 + [429]
    clock.now += timedelta(minutes=15)
    assert doctor.post(f"/shared/{secret}").status_code == 200


def test_guesses_are_answered_alike_and_then_cut_short(doctor):
    guess = {"environ_base": {"REMOTE_ADDR": "198.51.100.9"}}

    answers = [doctor.get(f"/shared/guess{number}", **guess) for number in range(21)]

    assert {answer.status_code for answer in answers} == {404}
    assert "Check that the whole link was copied" in answers[0].text
    assert answers[-1].text == "Nothing is here."


def test_the_front_desk_makes_none(session, staff, sign_in, sam, agreed, maria):
    desk = make_user(session, session.get_one(Practice, sam.practice_id), role=Role.FRONT_DESK)
    session.commit()
    sign_in(staff, desk)

    answer = staff.post(f"/clients/{maria.id}/sharing/{agreed.id}/link", data={"once": "k", "days": "14"})

    assert answer.status_code == 403
    with pytest.raises(Refused):
        make_share_link(session, maria, agreed, desk, MONDAY_8AM, days=14)


def test_erasing_the_client_leaves_no_link(session, doctor, sam, agreed, maria):
    secret = make(session, agreed, sam)
    doctor.post(f"/shared/{secret}")
    sam.role = Role.ADMIN

    proof = erase_client(session, maria, "asked", sam, MONDAY_8AM)
    session.commit()

    assert (proof.counts["share_link"], proof.counts["share_opening"]) == (1, 1)
    assert (count(session, ShareLink), count(session, ShareOpening)) == (0, 0)
    assert "Check that the whole link was copied" in doctor.get(f"/shared/{secret}").text


def test_the_audit_page_names_whoever_has_the_link(session, staff, doctor, sign_in, sam, agreed, maria):
    doctor.post(f"/shared/{make(session, agreed, sam)}")
    sam.role = Role.ADMIN
    session.commit()
    sign_in(staff, sam)

    page = staff.get("/settings/audit", query_string={"client": maria.id}).text

    assert "Whoever has the link" in page
    assert "Opened share link" in page
    assert "share_link" in audit.OF_CLIENT


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:7:8::9", "2001:db8:7::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_of_an_address_the_network_is_kept(address, kept):
    assert shortened(address) == kept


def test_links_of_another_client_are_not_listed(session, sam, agreed):
    make(session, agreed, sam)
    other = make_client(session, session.get_one(Practice, sam.practice_id))

    assert list_share_links(session, other, MONDAY_8AM) == []
