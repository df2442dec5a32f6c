"""Somebody is hurt at home, and another may hold the phone: nothing goes to it until a person says so."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from care.attention import close
from care.db import Database
from care.models import (
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    AuditEntry,
    Practice,
    Reminder,
    ReminderKind,
    Role,
    User,
)
from reminders import contact
from tests.making import MONDAY_9AM, make_user
from tests.web.conftest import MakeApp, SignIn, TestClock
from tests.web.texting import PUBLIC, Line, open_line

SAYS_SO = "my husband hits me"
SENTENCE = "Somebody else may read this phone. Call instead, at a time that is safe."


@pytest.fixture
def line(database: Database, make_app: MakeApp, clock: TestClock) -> Line:
    return open_line(database, make_app, clock)


@pytest.fixture
def ada(line: Line) -> User:
    with line.database.sessions.begin() as session:
        practice = session.get_one(Practice, line.practice.id)
        user = make_user(session, practice, name="Ada", role=Role.ADMIN)
        session.flush()
        session.expunge_all()
    return user


@pytest.fixture
def desk(line: Line, ada: User, sign_in: SignIn) -> FlaskClient:
    sign_in(line.door, ada)
    return line.door


def flag(line: Line) -> AttentionItem:
    return next(item for item in line.items() if item.kind is AttentionKind.RED_FLAG)


def texts_to(line: Line) -> list[tuple[str, str, str | None]]:
    owed = [one for one in line.reminders() if one.kind is not ReminderKind.ALERT]
    return [(one.text_key, one.status.value, one.reason) for one in owed]


@pytest.mark.parametrize(
    "body", ["4", "HELP", "LIST", "STOP", "what time is it?", "asdf qwer", "I have chest pain", SAYS_SO]
)
def test_whatever_is_written_afterwards_nothing_goes_to_that_phone(line: Line, body: str) -> None:
    client = line.add()
    line.ask_pain(client)
    before = len(texts_to(line))
    told_at_first = line.text(client, SAYS_SO)
    line.later(minutes=3)

    assert (told_at_first, line.text(client, body)) == ([], [])
    assert {(status, reason) for _, status, reason in texts_to(line)[before:]} <= {
        ("skipped", "unsafe"),
        ("skipped", "opted_out"),
    }


@pytest.mark.parametrize("kind", [ReminderKind.VISIT, ReminderKind.ENROL, ReminderKind.PAIN_QUESTION])
def test_what_we_start_is_dropped_with_the_reason(kind: ReminderKind, line: Line) -> None:
    texts = Reminder(kind=kind, text_key=kind.value, dedupe_key="1", params={}, due_at=MONDAY_9AM)
    texts.expires_at = MONDAY_9AM + timedelta(hours=2)
    known = contact.Facts(line.practice, None, True, False, 0, 0, False, is_private=True)

    assert contact.judge(texts, known, MONDAY_9AM) == contact.Drop("unsafe")


def test_a_pain_question_due_meanwhile_is_not_asked(line: Line) -> None:
    client = line.add()
    line.text(client, SAYS_SO)

    assert line.ask_pain(client) == []
    assert texts_to(line)[-1][1:] == ("skipped", "unsafe")


def test_a_phone_nobody_knows_stays_as_silent(line: Line) -> None:
    line.add()
    line.text("+12025550188", SAYS_SO)
    line.later(minutes=3)

    assert line.text("+12025550188", "HELP") == []


def test_texts_come_back_once_a_person_has_closed_it_with_a_reason(line: Line, ada: User) -> None:
    client = line.add()
    line.text(client, SAYS_SO)
    with line.database.sessions.begin() as session:
        item = session.scalars(select(AttentionItem)).one()
        close(session, item, session.get_one(User, ada.id), line.clock.now, "Called, has her own phone now")
    line.later(minutes=3)

    assert len(line.text(client, "HELP")) == 1


def test_a_later_danger_is_left_to_the_person_who_calls_and_the_item_says_so(
    line: Line, desk: FlaskClient
) -> None:
    client = line.add()
    line.text(client, SAYS_SO)
    line.later(minutes=3)

    assert line.text(client, "I have chest pain") == []
    page = desk.get("/inbox", base_url=PUBLIC).text

    assert "No text was sent. Somebody else may read this phone." in page
    assert SENTENCE in page


@pytest.mark.parametrize("where", ["inbox", "client"])
def test_a_person_writes_all_the_same_only_with_a_second_tap_that_is_kept(
    line: Line, desk: FlaskClient, ada: User, where: str
) -> None:
    client = line.add()
    line.text(client, SAYS_SO)
    path = f"/inbox/{flag(line).id}/answer" if where == "inbox" else f"/clients/{client.id}/messages"
    body = {"body": "See you on Tuesday."}

    first = desk.post(path, data=body, base_url=PUBLIC)
    went_at_first = line.drain()
    second = desk.post(path, data=body | {"anyway": '["this phone"]'}, base_url=PUBLIC)

    assert (first.status_code, went_at_first, second.status_code) == (422, [], 303)
    assert SENTENCE in first.text
    assert "See you on Tuesday." in first.text
    assert "Send it anyway" in first.text
    assert len(line.drain()) == 1
    with line.looking() as session:
        wanted = select(AuditEntry).where(AuditEntry.action == "write_though_private")
        assert session.scalars(wanted).one().user_id == ada.id


@pytest.mark.parametrize("note", [{}, {"note": " "}])
def test_a_red_flag_is_not_closed_by_writing_back_alone(
    line: Line, desk: FlaskClient, note: dict[str, str]
) -> None:
    client = line.add()
    line.text(client, "I have chest pain")

    answer = desk.post(
        f"/inbox/{flag(line).id}/answer",
        data={"body": "Please call us.", "then": "close", **note},
        base_url=PUBLIC,
    )

    assert answer.status_code == 422
    assert "close the red flag with a note" in answer.text
    assert "Please call us." in answer.text
    assert flag(line).status is AttentionStatus.OPEN
    assert line.drain() == []


def test_with_a_note_of_ones_own_it_is_written_and_closed_in_one(line: Line, desk: FlaskClient) -> None:
    client = line.add()
    line.text(client, "I have chest pain")

    desk.post(
        f"/inbox/{flag(line).id}/answer",
        data={"body": "Please call us.", "then": "close", "note": "Called, is at the ER"},
        base_url=PUBLIC,
    )

    assert (flag(line).status, flag(line).note) == (AttentionStatus.CLOSED, "Called, is at the ER")


def test_the_item_says_whether_the_safety_text_went(line: Line, desk: FlaskClient) -> None:
    client = line.add()
    line.text(client, "I have chest pain")

    assert "The safety text went out, " in desk.get("/inbox", base_url=PUBLIC).text


def test_the_item_says_that_no_safety_text_goes_to_who_said_stop(line: Line, desk: FlaskClient) -> None:
    client = line.add()
    line.text(client, "STOP")
    line.later(minutes=10)
    line.text(client, "I have chest pain")

    page = desk.get(f"/inbox?item={flag(line).id}", base_url=PUBLIC).text

    assert "No text went: this phone opted out. Call." in page
    assert "The safety text went out" not in page
