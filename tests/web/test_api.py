"""The JSON API: the rules of the pages, for programs. No row and no act beyond token, role and client."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from care import api_tokens
from care.db import Database
from care.models import (
    AttentionItem,
    AttentionKind,
    AuditEntry,
    Client,
    ConsentEvent,
    Plan,
    Rating,
    RatingSource,
    Reminder,
    ReminderKind,
    Role,
    User,
    Visit,
)
from tests.making import MONDAY_8AM, make_client, make_exercise, make_practice, make_user
from tests.web.conftest import TestClock
from web.api.resources import RESOURCES
from web.api.writing import CALLS

ALL = api_tokens.SCOPES


class Program:
    """Another program, with a token that may do everything its user may."""

    def __init__(
        self, browser: FlaskClient, session: Session, user: User, scopes: tuple[str, ...] = ALL
    ) -> None:
        self._browser = browser
        self.token = api_tokens.make_token(session, user, "Calendar", scopes, MONDAY_8AM)
        session.commit()

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        given = {"Authorization": f"Bearer {self.token}"} | {
            k.replace("_", "-"): v for k, v in headers.items()
        }
        return self._browser.open(f"/api/v1{path}", method=method, json=body, headers=given)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> TestResponse:
        return self.ask("POST", path, body, **headers)


class House:
    """A practice with an admin, a therapist and their client, and a colleague's client."""

    def __init__(self, session: Session) -> None:
        self.practice = make_practice(session)
        self.admin = make_user(session, self.practice, role=Role.ADMIN)
        self.sam = make_user(session, self.practice)
        self.kim = make_user(session, self.practice)
        self.desk = make_user(session, self.practice, role=Role.FRONT_DESK)
        self.maria = make_client(session, self.practice, therapist_id=self.sam.id)
        self.tom = make_client(session, self.practice, therapist_id=self.kim.id, first_name="Tom")
        self.exercise = make_exercise(session, self.practice)
        session.commit()


@pytest.fixture
def house(session: Session) -> House:
    return House(session)


@pytest.fixture
def sam(browser: FlaskClient, session: Session, house: House) -> Program:
    return Program(browser, session, house.sam)


@pytest.fixture
def admin(browser: FlaskClient, session: Session, house: House) -> Program:
    return Program(browser, session, house.admin)


def count(session: Session, row: type[Any]) -> int:
    session.expire_all()
    return session.scalar(select(func.count()).select_from(row)) or 0


def is_problem(answer: TestResponse) -> bool:
    said = answer.get_json(force=True)
    return answer.content_type == "application/problem+json" and said["status"] == answer.status_code


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer hs_nothing"}, {"Authorization": "Basic x"}])
def test_nothing_is_said_without_a_good_token(
    browser: FlaskClient, house: House, header: dict[str, str]
) -> None:
    asked = [("GET", f"/api/v1/{name}") for name in RESOURCES]
    asked += [(call.method, f"/api/v1{call.path.replace('<int:row_id>', '1')}") for call in CALLS]

    answers = [browser.open(path, method=method, headers=header) for method, path in asked]

    assert {answer.status_code for answer in answers} == {401}
    assert all(is_problem(answer) for answer in answers)
    assert "Bearer" in answers[0].headers["WWW-Authenticate"]


def test_a_token_ends_with_its_time_its_user_or_by_hand(
    sam: Program, house: House, session: Session, clock: TestClock
) -> None:
    assert sam.get("/clients").status_code == 200

    house.sam.is_active = False
    session.commit()
    assert sam.get("/clients").status_code == 401
    house.sam.is_active = True
    session.commit()
    clock.now = MONDAY_8AM + timedelta(days=api_tokens.USUAL_DAYS)
    assert sam.get("/clients").status_code == 401
    clock.now = MONDAY_8AM
    api_tokens.end_token(session, 1, house.admin, MONDAY_8AM)
    session.commit()
    assert sam.get("/clients").status_code == 401


def test_whoever_guesses_at_tokens_is_told_to_wait(browser: FlaskClient, house: House) -> None:
    codes = [
        browser.get("/api/v1/clients", headers={"Authorization": f"Bearer hs_{n}"}).status_code
        for n in range(101)
    ]

    assert codes == [401] * 100 + [429]


def test_a_token_goes_as_far_as_its_scopes(browser: FlaskClient, session: Session, house: House) -> None:
    program = Program(browser, session, house.sam, ("people:read",))

    assert program.get("/clients").status_code == 200
    assert program.get("/visits").status_code == 403
    assert program.post("/clients", {"first_name": "Ann"}).status_code == 403
    assert count(session, Client) == 2


def test_what_a_program_is_refused_is_on_file(browser: FlaskClient, session: Session, house: House) -> None:
    program = Program(browser, session, house.sam, ("people:read",))

    program.get("/clients/4711")
    program.get("/visits")

    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(one.action, one.subject, one.subject_id, one.user_id) for one in entries] == [
        ("refused", "client", 4711, house.sam.id),
        ("refused", "scope care:read", None, house.sam.id),
    ]


def test_a_therapist_sees_their_own_clients_alone(sam: Program, admin: Program, house: House) -> None:
    assert [row["id"] for row in sam.get("/clients").json["data"]] == [house.maria.id]
    assert [row["id"] for row in admin.get("/clients").json["data"]] == [house.maria.id, house.tom.id]
    for answer in (
        sam.get(f"/clients/{house.tom.id}"),
        sam.ask("PATCH", f"/clients/{house.tom.id}", {"first_name": "Mine"}),
        sam.post("/visits", {"client_id": house.tom.id, "starts_at": "2026-03-09T15:00:00Z"}),
    ):
        assert answer.status_code == 404
        assert is_problem(answer)


def test_another_practice_is_another_world(
    browser: FlaskClient, session: Session, house: House, admin: Program
) -> None:
    elsewhere = make_user(session, make_practice(session), role=Role.ADMIN)
    stranger = Program(browser, session, elsewhere)
    admin.post("/visits", {"client_id": house.maria.id, "starts_at": "2026-03-09T15:00:00Z"})

    seen = {name: stranger.get(f"/{name}").json["data"] for name in RESOURCES}

    assert [row["id"] for row in seen.pop("users")] == [elsewhere.id]
    assert {row["user_id"] for row in seen.pop("audit")} == {elsewhere.id}
    assert [name for name, rows in seen.items() if rows] == []
    assert stranger.get(f"/clients/{house.maria.id}").status_code == 404


def test_the_front_desk_has_contact_data_and_visits_and_nothing_else(
    browser: FlaskClient, session: Session, house: House
) -> None:
    desk = Program(browser, session, house.desk)

    refused = {name for name in RESOURCES if desk.get(f"/{name}").status_code == 403}

    assert refused == set(RESOURCES) - {"clients", "visits"}
    house.maria.therapist_id, house.maria.note = house.desk.id, "private words"
    session.commit()
    shown = desk.get("/clients")
    assert "private words" not in shown.text
    assert "thresholds" not in shown.text


def test_secrets_and_keys_of_ours_are_never_shown(admin: Program, house: House) -> None:
    told = "".join(admin.get(f"/{name}").text for name in RESOURCES)

    assert house.maria.first_name in told
    for secret in ("password", "phone_hash", "token_hash", house.maria.token, str(house.maria.phone_hash)):
        assert secret not in told


def test_a_long_list_comes_in_pages_that_miss_nothing(admin: Program, house: House, session: Session) -> None:
    for _ in range(5):
        make_client(session, house.practice)
    session.commit()

    seen, cursor = [], ""
    while cursor is not None:
        page = admin.get(f"/clients?limit=3{cursor}").json
        seen += [row["id"] for row in page["data"]]
        cursor = f"&cursor={page['next']}" if page["next"] else None

    assert seen == sorted(set(seen))
    assert len(seen) == 7


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=9999999999999999", "cursor=%FF", "client_id=x", "cursor=YQ"]
)
def test_a_question_that_makes_no_sense_gets_one_sentence(admin: Program, query: str) -> None:
    answer = admin.get(f"/visits?{query}")

    assert answer.status_code == 422
    assert is_problem(answer)


def test_what_did_not_change_is_not_sent_again(admin: Program, house: House) -> None:
    first = admin.get(f"/clients/{house.maria.id}")

    again = admin.get(f"/clients/{house.maria.id}", If_None_Match=first.headers["ETag"])

    assert (again.status_code, again.data) == (304, b"")


def test_a_missing_answer_is_null_and_never_zero(admin: Program, house: House, session: Session) -> None:
    rating = Rating(
        practice_id=house.practice.id,
        client_id=house.maria.id,
        score=0,
        source=RatingSource.WEB,
        at=MONDAY_8AM,
    )
    session.add(rating)
    session.commit()

    told = admin.get(f"/ratings?client_id={house.maria.id}").json["data"][0]

    assert told["score"] == 0
    assert told["question_id"] is None


def test_a_client_comes_in_and_is_changed_without_touching_the_rest(sam: Program, session: Session) -> None:
    made = sam.post("/clients", {"first_name": "Ann", "phone": "202-555-0188", "note": "Knee"})
    changed = sam.ask("PATCH", "/clients/1", {"first_name": "Mary"})

    assert made.status_code == 201
    assert made.json["phone"] == "+12025550188"
    assert changed.status_code == 200
    maria = session.get_one(Client, 1, populate_existing=True)
    assert (maria.first_name, maria.last_name, maria.phone) == ("Mary", "Lopez 1", "+12025550101")


def test_a_change_of_what_changed_meanwhile_is_refused(sam: Program, session: Session) -> None:
    tag = sam.get("/clients/1").headers["ETag"]
    sam.ask("PATCH", "/clients/1", {"first_name": "Mary"})

    late = sam.ask("PATCH", "/clients/1", {"first_name": "Marie"}, If_Match=tag)

    assert late.status_code == 412
    assert session.get_one(Client, 1, populate_existing=True).first_name == "Mary"


def test_a_call_with_a_key_acts_once(sam: Program, house: House, session: Session) -> None:
    body = {"client_id": house.maria.id, "starts_at": "2026-03-09T15:00:00Z"}
    plan = {
        "client_id": house.maria.id,
        "assignments": [{"exercise_id": house.exercise.id, "times": ["09:00"], "starts_on": "2026-03-02"}],
    }

    answers = [sam.post("/plans", plan, Idempotency_Key="one") for _ in range(3)]
    other = sam.post("/visits", body, Idempotency_Key="one")

    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.text for answer in answers}) == 1
    assert count(session, Plan) == 1
    assert (other.status_code, count(session, Visit)) == (422, 0)


def test_consent_and_a_text_go_the_way_of_the_pages(sam: Program, house: House, session: Session) -> None:
    words = {"client_id": house.maria.id, "source": "paper", "wording": "I agree to get texts."}
    assert sam.post("/consents", words | {"is_given": True}).status_code == 201
    assert (
        sam.post("/messages", {"client_id": house.maria.id, "body": "See you on Friday."}).status_code == 202
    )
    ill = sam.post("/messages", {"client_id": house.maria.id, "body": "How is your knee pain?"})
    assert sam.post("/consents", words | {"is_given": False}).status_code == 201
    late = sam.post("/messages", {"client_id": house.maria.id, "body": "See you on Friday."})

    assert (ill.status_code, late.status_code) == (422, 422)
    assert count(session, ConsentEvent) == 4
    kinds = session.scalars(select(Reminder.kind).order_by(Reminder.id)).all()
    assert kinds == [ReminderKind.ENROL, ReminderKind.MESSAGE]


def test_a_sign_of_danger_is_closed_by_a_person_alone(sam: Program, house: House, session: Session) -> None:
    for kind in (AttentionKind.RED_FLAG, AttentionKind.SILENCE):
        item = AttentionItem(
            practice_id=house.practice.id,
            client_id=house.maria.id,
            kind=kind,
            cause_key=kind.value,
            raised_at=MONDAY_8AM,
        )
        session.add(item)
    session.commit()

    assert sam.post("/attention/1/acknowledge").status_code == 200
    assert sam.post("/attention/1/close", {"note": "Called."}).status_code == 422
    assert sam.post("/attention/2/close", {"note": "Called."}).json["status"] == "closed"


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"first_name": 5},
        {"first_name": ""},
        {"first_name": "A\x00"},
        {"first_name": "Ann", "role": "admin"},
        {"first_name": "Ann", "therapist_id": 2**40},
        {"first_name": "Ann", "phone": "not a phone"},
        {"first_name": "Ann", "timezone": "Mars/Olympus"},
    ],
)
def test_a_body_that_cannot_be_is_refused_in_a_sentence(sam: Program, session: Session, body: object) -> None:
    answer = sam.post("/clients", body)

    assert answer.status_code == 422, answer.text
    assert is_problem(answer)
    assert answer.get_json(force=True)["detail"].endswith(".")
    assert count(session, Client) == 2


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("DELETE", "/clients/1"), ("PUT", "/clients")]
)
def test_an_address_that_is_not_there_is_a_problem_too(admin: Program, method: str, path: str) -> None:
    answer = admin.ask(method, path)

    assert answer.status_code in (404, 405)
    assert is_problem(answer)


def test_every_look_and_every_act_is_on_file(sam: Program, house: House, session: Session) -> None:
    sam.get(f"/clients/{house.maria.id}")
    sam.get("/ratings")
    sam.post("/visits", {"client_id": house.maria.id, "starts_at": "2026-03-09T15:00:00Z"})

    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()

    assert [(one.action, one.subject, one.subject_id, one.user_id) for one in entries] == [
        ("api_view", "client", house.maria.id, house.sam.id),
        ("api_view", "rating", None, house.sam.id),
        ("api_add", "visit", 1, house.sam.id),
    ]


def test_a_token_is_made_on_the_page_shown_once_and_ended(
    browser: FlaskClient, house: House, sign_in: Any, database: Database
) -> None:
    sign_in(browser, house.admin)
    once = browser.get("/settings/tokens").text.split('name="once" type="hidden" value="')[1].split('"')[0]
    form = {"once": once, "name": "Calendar", "user": house.sam.id, "scopes": ["people:read"], "days": 30}

    made = browser.post("/settings/tokens", data=form)
    again = browser.post("/settings/tokens", data=form, follow_redirects=True)
    token = made.text.split(">hs_")[1].split("<")[0]

    def answers() -> int:
        return browser.get("/api/v1/clients", headers={"Authorization": f"Bearer hs_{token}"}).status_code

    assert "shown only once" in again.text
    assert token not in again.text
    assert answers() == 200
    browser.post("/settings/tokens/1/end")
    assert answers() == 401
    for wrong in ({"name": ""}, {"scopes": []}, {"user": 999}):
        fresh = form | {"once": once + "x"} | wrong
        assert browser.post("/settings/tokens", data=fresh).status_code == 422


def test_tokens_are_the_admins_business(browser: FlaskClient, house: House, sign_in: Any) -> None:
    sign_in(browser, house.sam)

    assert browser.get("/settings/tokens").status_code == 403


def test_only_an_admin_gives_a_client_to_somebody_else(
    sam: Program, admin: Program, house: House, session: Session
) -> None:
    given = {"therapist_id": house.kim.id}

    refused = sam.ask("PATCH", f"/clients/{house.maria.id}", given)
    changed = admin.ask("PATCH", f"/clients/{house.maria.id}", given)

    assert (refused.status_code, changed.status_code) == (422, 200)
    session.refresh(house.maria)
    assert house.maria.therapist_id == house.kim.id
