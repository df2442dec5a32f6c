"""After an outage nothing stale goes out, and the client's page says why each text did not."""

import html
import re
from collections.abc import Callable, Iterator
from datetime import datetime, time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.db import Database
from care.models import Client, FollowUpKind, Occurrence, OccurrenceStatus, ReminderKind, Role, User
from reminders.dispatch import Dispatcher
from reminders.gateway import Outcome, Outgoing, Postponed
from scheduler.engine import Engine
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    make_assignment,
    make_exercise,
    make_follow_up,
    make_user,
    make_visit,
)
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import BOOK, DAY, HOUR, MINUTE, PUBLIC_URL, Life, begin
from tests.web.conftest import SignIn, TestClock

TOO_LATE = "It would have come too late to be useful."
OUTSIDE = "It would have come outside the hours in which we may text."
Reasons = Callable[[], list[str]]


class DistantGateway(CountingGateway):
    """Out of reach until a moment. `sent` is what arrived, `tried` how often we knocked in vain."""

    def __init__(self, clock: TestClock) -> None:
        super().__init__()
        self._clock = clock
        self.back_at: datetime | None = None
        self.tried: list[datetime] = []

    async def send(self, outgoing: Outgoing) -> Outcome:
        if self.back_at is not None and self._clock.now < self.back_at:
            self.tried.append(self._clock.now)
            return Postponed("no connection")
        return await super().send(outgoing)


@pytest.fixture
def gateway(clock: TestClock) -> DistantGateway:
    return DistantGateway(clock)


@pytest.fixture
def engine(database: Database, gateway: DistantGateway, clock: TestClock) -> Iterator[Engine]:
    engine = Engine(database.sessions, Dispatcher(database.sessions, gateway, BOOK, PUBLIC_URL), clock)
    yield engine
    engine.stop()


@pytest.fixture
def life(database: Database) -> Life:
    return begin(database)


@pytest.fixture
def reasons(life: Life, browser: FlaskClient, sign_in: SignIn) -> Reasons:
    """What an admin reads on the client's page, at whatever time it is by then."""

    def read() -> list[str]:
        def write(session: Session, _client: Client) -> User:
            return make_user(session, life.practice, role=Role.ADMIN)

        sign_in(browser, life.change(write))
        page = html.unescape(browser.get(f"/clients/{life.client.id}").text)
        return re.findall(f"{re.escape(TOO_LATE)}|{re.escape(OUTSIDE)}", page)

    return read


def fill(life: Life) -> None:
    """An exercise at nine, pain at ten every day; a visit on Tuesday with a text the day before."""
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice), planned_until=MONDAY_8AM))
    life.change(lambda s, c: make_follow_up(s, c, every_days=1, at_time=time(10)))
    visit = life.change(lambda s, c: make_visit(s, c, starts_at=MONDAY_9AM + DAY))
    kind = FollowUpKind.VISIT_REMINDER
    life.change(lambda s, c: make_follow_up(s, c, kind=kind, visit_id=visit.id, days=-1, at_time=time(9)))


def statuses(life: Life) -> list[str]:
    with life.database.reading() as session:
        slots = select(Occurrence.status).order_by(Occurrence.due_at)
        return [status.value for status in session.scalars(slots)]


def live(
    engine: Engine, clock: TestClock, gateway: DistantGateway, until: datetime, step: int = 5
) -> list[datetime]:
    went = []
    while clock.now < until:
        clock.now += step * MINUTE
        before = len(gateway.sent)
        engine.tick()
        went += [clock.now] * (len(gateway.sent) - before)
    return went


@pytest.mark.parametrize(
    ("hours", "sent", "too_late"),
    [
        # The pain question and the visit's text are of use for longer than the exercise reminder.
        (3.5, 2, 1),
        # Two exercise reminders, one question, and the text about a visit that is over.
        (25.5, 1, 3),
        (49.5, 1, 5),
        (73.5, 1, 7),
    ],
    ids=["two hours", "a day", "two days", "three days"],
)
def test_what_is_stale_when_we_come_back_is_on_the_clients_page(
    life: Life,
    engine: Engine,
    clock: TestClock,
    gateway: DistantGateway,
    reasons: Reasons,
    hours: float,
    sent: int,
    too_late: int,
) -> None:
    fill(life)
    engine.tick()

    clock.now = MONDAY_8AM + hours * HOUR
    engine.tick()

    assert len(gateway.sent) == sent
    assert len(reasons()) == too_late


def test_what_nobody_was_reminded_of_becomes_unknown_not_missed(
    life: Life, engine: Engine, clock: TestClock
) -> None:
    fill(life)

    clock.now = MONDAY_8AM + 3 * DAY
    engine.tick()

    assert statuses(life)[:2] == ["unknown", "unknown"]
    assert OccurrenceStatus.SKIPPED not in statuses(life)


@pytest.mark.parametrize("hours", [2, 5])
def test_a_provider_down_in_the_middle_of_the_day(
    life: Life, engine: Engine, clock: TestClock, gateway: DistantGateway, reasons: Reasons, hours: int
) -> None:
    life.change(
        lambda s, c: make_assignment(
            s, c, make_exercise(s, life.practice), times=["09:30", "10:30", "13:30"], ends_on=MONDAY
        )
    )
    life.change(lambda s, c: make_follow_up(s, c, at_time=time(10)))
    clock.now = MONDAY_9AM
    engine.tick()
    gateway.back_at = MONDAY_9AM + hours * HOUR

    live(engine, clock, gateway, MONDAY_9AM + hours * HOUR, step=10)
    back = live(engine, clock, gateway, MONDAY_9AM + (hours + 1) * HOUR, step=5)

    assert 0 < len(gateway.tried) <= 2 * 60 * hours
    assert all(at <= MONDAY_9AM + hours * HOUR + 10 * MINUTE for at in back)
    assert len(reasons()) == hours // 2


def test_a_provider_down_over_the_end_of_the_hours(
    life: Life, engine: Engine, clock: TestClock, gateway: DistantGateway, reasons: Reasons
) -> None:
    half_past_six = MONDAY_9AM + 9 * HOUR + 30 * MINUTE
    life.change(
        lambda s, c: make_assignment(
            s, c, make_exercise(s, life.practice), times=["18:45", "19:45"], ends_on=MONDAY
        )
    )
    life.change(lambda s, c: make_follow_up(s, c, at_time=time(19)))
    clock.now = half_past_six
    engine.tick()
    life.owe(ReminderKind.MESSAGE, "message", half_past_six, body="Bring your brace.")
    gateway.back_at = half_past_six + 2 * HOUR

    live(engine, clock, gateway, half_past_six + 2 * HOUR, step=10)
    went = live(engine, clock, gateway, MONDAY_9AM + DAY + 30 * MINUTE, step=30)

    assert went == [MONDAY_9AM + DAY]
    assert "Bring your brace." in gateway.bodies[0]
    assert sorted(set(reasons())) == [OUTSIDE, TOO_LATE]
