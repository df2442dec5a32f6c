"""A client's zone changes mid-plan: no slot is texted twice, and none is lost without a word."""

from datetime import datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.db import Database
from care.models import Client, Occurrence, OccurrenceStatus
from care.withdrawal import replan_client
from reminders.gateway import Postponed
from tests.making import MONDAY, MONDAY_8AM, make_assignment, make_exercise, make_follow_up
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import HOUR, MINUTE, Life, begin

CHICAGO, DENVER, NEW_YORK, LONDON = (
    "America/Chicago",
    "America/Denver",
    "America/New_York",
    "Europe/London",
)


def give(life: Life, **changes: object) -> None:
    life.change(lambda s, client: make_assignment(s, client, make_exercise(s, life.practice), **changes))


def move(life: Life, zone: str, now: datetime) -> None:
    def write(session: Session, client: Client) -> None:
        zone_before, client.timezone = client.timezone, zone
        session.flush()
        replan_client(session, client.id, now, zone_before)

    life.change(write)


def live(life: Life, gateway: CountingGateway, since: datetime, until: datetime) -> list[datetime]:
    """Plan and send every quarter of an hour; returns when texts went out."""
    went = []
    while since < until:
        life.plan(since)
        before = len(gateway.sent)
        life.drain(gateway, since)
        went += [since] * (len(gateway.sent) - before)
        since += 15 * MINUTE
    return went


def occurrences(life: Life) -> list[Occurrence]:
    with life.database.sessions() as session:
        return list(session.scalars(select(Occurrence).order_by(Occurrence.slot_on, Occurrence.slot_time)))


def test_a_slot_the_move_east_jumped_over_is_reminded_of_at_once(any_database: Database) -> None:
    life, gateway = begin(any_database, timezone=CHICAGO), CountingGateway()
    give(life, ends_on=MONDAY)
    half_past_eight = MONDAY_8AM + HOUR + 30 * MINUTE
    life.plan(MONDAY_8AM)

    move(life, NEW_YORK, half_past_eight)
    went = live(life, gateway, half_past_eight, half_past_eight + 6 * HOUR)

    assert went == [half_past_eight]
    assert [one.due_at for one in occurrences(life)] == [half_past_eight - 30 * MINUTE]
    assert {one.status for one in occurrences(life)} == {OccurrenceStatus.OPEN}


def test_a_question_the_move_east_jumped_over_is_asked_at_once(any_database: Database) -> None:
    life, gateway = begin(any_database, timezone=CHICAGO), CountingGateway()
    life.change(lambda s, c: make_follow_up(s, c, at_time=time(10)))
    half_past_nine = MONDAY_8AM + 2 * HOUR + 30 * MINUTE
    life.plan(MONDAY_8AM)

    move(life, LONDON, half_past_nine)

    assert live(life, gateway, half_past_nine, half_past_nine + 6 * HOUR) == [half_past_nine]


def test_a_slot_jumped_over_by_hours_is_dropped_with_its_reason(any_database: Database) -> None:
    life, gateway = begin(any_database, timezone=CHICAGO), CountingGateway()
    give(life, ends_on=MONDAY)
    life.plan(MONDAY_8AM)

    move(life, LONDON, MONDAY_8AM + HOUR)
    went = live(life, gateway, MONDAY_8AM + HOUR, MONDAY_8AM + 10 * HOUR)

    assert went == []
    assert life.states() == [("skipped", "stale")]
    assert [one.status for one in occurrences(life)] == [OccurrenceStatus.OPEN]


def test_what_was_due_in_a_pause_is_not_brought_back_by_a_move(database: Database) -> None:
    life, gateway = (
        begin(database, timezone=CHICAGO, paused_from=MONDAY, paused_until=MONDAY),
        CountingGateway(),
    )
    give(life, ends_on=MONDAY)
    life.plan(MONDAY_8AM)

    move(life, NEW_YORK, MONDAY_8AM + 90 * MINUTE)

    assert live(life, gateway, MONDAY_8AM + 90 * MINUTE, MONDAY_8AM + 6 * HOUR) == []
    assert occurrences(life) == []


def test_a_slot_put_off_while_its_client_moved_west_waits_for_the_new_clock(any_database: Database) -> None:
    life, gateway = begin(any_database, timezone=NEW_YORK), CountingGateway()
    give(life, ends_on=MONDAY)
    life.plan(MONDAY_8AM)
    nine = MONDAY_8AM + HOUR
    busy = CountingGateway(
        [Postponed("no connection")], while_sending=lambda _: move(life, DENVER, nine + MINUTE)
    )
    life.drain(busy, nine)
    assert len(busy.sent) == 1

    went = live(life, gateway, nine + 15 * MINUTE, nine + 6 * HOUR)

    assert went == [nine + 2 * HOUR]
    [round_] = occurrences(life)
    assert (round_.due_at, round_.status) == (nine + 2 * HOUR, OccurrenceStatus.OPEN)
