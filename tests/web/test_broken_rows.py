"""One broken row is parked with its reason and stops nobody else: planning, sending, sweeping, pages."""

from collections.abc import Callable
from datetime import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from care.db import Database
from care.models import (
    Assignment,
    AttentionItem,
    AttentionKind,
    Client,
    ConsentEvent,
    FollowUp,
    Occurrence,
    OccurrenceStatus,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Role,
    User,
)
from reminders.dispatch import Dispatcher
from reminders.inbox import InboundText, receive
from scheduler.engine import Engine
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    make_assignment,
    make_client,
    make_exercise,
    make_follow_up,
    make_user,
)
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import BOOK, DAY, PUBLIC_URL, Life, begin
from tests.web.conftest import SignIn

Break = Callable[[Session, int], object]


def of_zone(session: Session, client_id: int) -> None:
    session.execute(update(Client).where(Client.id == client_id).values(timezone="Mars/Olympus"))


def of_times(session: Session, client_id: int) -> None:
    session.execute(update(Assignment).where(Assignment.client_id == client_id).values(times=["25:00"]))


def of_text(session: Session, client_id: int) -> None:
    session.execute(update(Reminder).where(Reminder.client_id == client_id).values(text_key="no_such_text"))


def of_params(session: Session, client_id: int) -> None:
    broken = update(Reminder).where(Reminder.client_id == client_id)
    session.execute(broken.values(kind=ReminderKind.ANSWER, text_key="saved", params={"what": "?"}))


def of_language(session: Session, client_id: int) -> None:
    session.execute(update(Client).where(Client.id == client_id).values(language="tlh"))


def of_client(session: Session, client_id: int) -> None:
    session.execute(delete(ConsentEvent).where(ConsentEvent.client_id == client_id))
    session.execute(delete(Client).where(Client.id == client_id))


PAGES = ("/today", "/clients", "/adherence", "/inbox")
BEFORE_PLANNING: dict[str, Break] = {"zone": of_zone, "times": of_times, "language": of_language}
AFTER_PLANNING: dict[str, Break] = {
    "zone": of_zone,
    "text": of_text,
    "params": of_params,
    "language": of_language,
    "client": of_client,
}


def two_clients(database: Database) -> tuple[Life, int]:
    """One in order, and one about to be broken, who comes first in every list."""
    life = begin(database)
    with database.sessions.begin() as session:
        broken = life.client.id
        well = make_client(session, life.practice)
        for client_id in (broken, well.id):
            client = session.get_one(Client, client_id)
            exercise = make_exercise(session, life.practice)
            make_assignment(session, client, exercise, ends_on=MONDAY, planned_until=MONDAY_8AM)
            make_follow_up(session, client, at_time=time(11))
    life.client = well
    return life, broken


def tick(life: Life, gateway: CountingGateway, now: object) -> None:
    dispatcher = Dispatcher(life.database.sessions, gateway, BOOK, PUBLIC_URL)
    engine = Engine(life.database.sessions, dispatcher, lambda: now)
    try:
        engine.tick()
    finally:
        engine.stop()


@pytest.mark.parametrize("what", BEFORE_PLANNING)
def test_what_is_broken_before_planning_stops_nobody_else(any_database: Database, what: str) -> None:
    life, broken = two_clients(any_database)
    with any_database.sessions.begin() as session:
        BEFORE_PLANNING[what](session, broken)
    gateway = CountingGateway()

    tick(life, gateway, MONDAY_9AM)

    assert life.client.phone in [out.to for out in gateway.sent]


@pytest.mark.parametrize("what", AFTER_PLANNING)
def test_what_breaks_after_planning_goes_to_a_person_and_the_others_go_out(
    any_database: Database, what: str
) -> None:
    life, broken = two_clients(any_database)
    gateway = CountingGateway()
    tick(life, gateway, MONDAY_8AM)
    with any_database.sessions.begin() as session:
        AFTER_PLANNING[what](session, broken)

    tick(life, gateway, MONDAY_9AM)

    assert life.client.phone in [out.to for out in gateway.sent]
    with any_database.reading() as session:
        theirs = session.scalars(select(Reminder).where(Reminder.client_id == broken)).all()
        assert all(one.reason for one in theirs if one.status is ReminderStatus.FAILED)
        parked = [one for one in theirs if one.status is ReminderStatus.FAILED]
        items = session.scalars(select(AttentionItem).where(AttentionItem.client_id == broken)).all()
        assert bool(parked) is bool([one for one in items if one.kind is AttentionKind.UNSURE_TEXT])


@pytest.mark.parametrize("what", AFTER_PLANNING)
def test_sweeping_goes_on_around_what_is_broken(database: Database, what: str) -> None:
    life, broken = two_clients(database)
    tick(life, CountingGateway(), MONDAY_8AM)
    with database.sessions.begin() as session:
        AFTER_PLANNING[what](session, broken)

    tick(life, CountingGateway(), MONDAY_9AM + 2 * DAY)

    with database.reading() as session:
        theirs = select(Occurrence.status).where(Occurrence.client_id == life.client.id)
        assert set(session.scalars(theirs)) == {OccurrenceStatus.UNKNOWN}


@pytest.mark.parametrize("body", ["DONE", "5", "STOP", "chest pain and numb arm"])
def test_a_client_in_a_zone_nobody_knows_is_still_heard(database: Database, body: str) -> None:
    _life, broken = two_clients(database)
    with database.sessions.begin() as session:
        of_zone(session, broken)
        phone = str(session.get_one(Client, broken).phone)

    text = InboundText("SM1", phone, "+12025550100", None, body, 0, None)

    assert receive(database.sessions, BOOK, text, MONDAY_9AM)


@pytest.mark.parametrize(
    ("what", "path"),
    [
        *[
            (what, path)
            for what in BEFORE_PLANNING
            for path in ("/today", "/clients", "/adherence", "/inbox")
        ],
        ("zone", "/clients/{broken}"),
    ],
)
def test_a_broken_row_takes_no_page_down(
    database: Database, browser: FlaskClient, sign_in: SignIn, what: str, path: str
) -> None:
    life, broken = two_clients(database)
    with database.sessions.begin() as session:
        BEFORE_PLANNING[what](session, broken)

    def write(session: Session, _client: Client) -> User:
        return make_user(session, life.practice, role=Role.ADMIN)

    sign_in(browser, life.change(write))

    assert browser.get(path.format(broken=broken)).status_code == 200


def test_a_follow_up_without_its_visit_is_passed_over(database: Database) -> None:
    life, broken = two_clients(database)
    with database.sessions.begin() as session:
        orphan = update(FollowUp).where(FollowUp.client_id == broken)
        session.execute(orphan.values(due_on=None, visit_id=None))
        session.execute(text("UPDATE assignment SET every_days = 0 WHERE client_id = :id"), {"id": broken})
    gateway = CountingGateway()

    tick(life, gateway, MONDAY_9AM)

    assert life.client.phone in [out.to for out in gateway.sent]
