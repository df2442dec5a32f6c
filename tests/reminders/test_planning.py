"""The days ahead, laid out: every slot once, on the client's own clock, whatever changes meanwhile."""

import sqlite3
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from care.clients import request_window
from care.db import Database
from care.followups import cancel_follow_up
from care.models import (
    Assignment,
    AssignmentStatus,
    AttentionItem,
    AttentionKind,
    Client,
    ClientStatus,
    FollowUp,
    FollowUpKind,
    FollowUpStatus,
    NumberState,
    Occurrence,
    OccurrenceStatus,
    ReminderStatus,
    Visit,
)
from care.pausing import pause_texts, resume_texts
from care.plan_edits import Edit, edit_plan
from care.plans import (
    NO_PAUSE,
    Dose,
    NewAssignment,
    Schedule,
    end_plan,
    start_plan,
)
from care.visits import move_visit
from care.withdrawal import replan_client
from reminders.planning import KEYS_AT_ONCE
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    MONDAY_NOON,
    make_assignment,
    make_client,
    make_exercise,
    make_follow_up,
    make_visit,
)
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import DAY, HOUR, MINUTE, Life, begin

ONCE = Dose(sets=1, reps=3, hold_seconds=30, duration_seconds=0, side="both")


def give(life: Life, **changes: object) -> None:
    life.change(lambda s, client: make_assignment(s, client, make_exercise(s, life.practice), **changes))


def occurrences(life: Life) -> list[Occurrence]:
    with life.database.sessions() as session:
        return list(session.scalars(select(Occurrence).order_by(Occurrence.due_at, Occurrence.id)))


def due(life: Life, *statuses: ReminderStatus) -> list[datetime]:
    wanted = statuses or (ReminderStatus.PLANNED,)
    return [one.due_at for one in life.reminders() if one.status in wanted]


def all_items(life: Life) -> list[AttentionItem]:
    with life.database.sessions() as session:
        return list(session.scalars(select(AttentionItem)))


def test_planning_twice_lays_out_nothing_twice(any_database: Database) -> None:
    life = begin(any_database)
    give(life, times=["09:00", "18:00"])
    life.change(lambda s, c: make_follow_up(s, c))

    first = life.plan(MONDAY_8AM)
    again = life.plan(MONDAY_8AM)
    with any_database.sessions.begin() as session:
        for row in [*session.scalars(select(Assignment)), *session.scalars(select(FollowUp))]:
            row.planned_until = MONDAY_8AM
    anew = life.plan(MONDAY_8AM)

    assert (first.looked_at, again.looked_at) == (2, 0)
    assert anew == first
    assert len(occurrences(life)) == len(due(life)) - 1 == first.occurrences


def test_two_days_lie_ahead_and_more_follow(database: Database) -> None:
    life = begin(database)
    give(life)

    life.plan(MONDAY_8AM)
    assert due(life) == [MONDAY_9AM, MONDAY_9AM + DAY, MONDAY_9AM + 2 * DAY]
    for hours in range(1, 60):
        life.plan(MONDAY_8AM + hours * HOUR)

    assert due(life) == [MONDAY_9AM + day * DAY for day in range(5)]


def test_one_reminder_stands_for_all_exercises_of_a_slot(any_database: Database) -> None:
    life = begin(any_database)
    give(life, ends_on=MONDAY)
    give(life, ends_on=MONDAY)
    give(life, ends_on=MONDAY, is_reminded=False)

    life.plan(MONDAY_8AM)

    [reminder] = life.reminders()
    assert [one.reminder_id for one in occurrences(life)] == [reminder.id, reminder.id, None]


def test_nine_is_nine_on_the_clients_clock_right_across_the_change(any_database: Database) -> None:
    life = begin(any_database)
    give(life, starts_on=date(2026, 3, 7), ends_on=date(2026, 3, 9))

    for day in range(6, 10):
        life.plan(datetime(2026, 3, day, 5, tzinfo=UTC))

    assert due(life) == [
        datetime(2026, 3, 7, 14, tzinfo=UTC),
        datetime(2026, 3, 8, 13, tzinfo=UTC),
        datetime(2026, 3, 9, 13, tzinfo=UTC),
    ]


def test_each_client_lives_in_their_own_zone(database: Database) -> None:
    life = begin(database)
    with database.sessions.begin() as session:
        for zone in ("Asia/Kathmandu", "America/Los_Angeles"):
            client = make_client(session, life.practice, timezone=zone)
            make_assignment(session, client, make_exercise(session, life.practice), ends_on=MONDAY)

    life.plan(datetime(2026, 3, 2, 0, tzinfo=UTC))

    assert due(life) == [
        datetime(2026, 3, 2, 3, 15, tzinfo=UTC),
        datetime(2026, 3, 2, 17, tzinfo=UTC),
    ]


def test_an_occurrence_closes_at_the_next_slot_or_after_a_day(database: Database) -> None:
    life = begin(database)
    give(life, times=["09:00", "18:00"], ends_on=MONDAY)

    life.plan(MONDAY_8AM)

    assert [one.closes_at - one.due_at for one in occurrences(life)] == [9 * HOUR, 24 * HOUR]


def test_a_time_before_the_window_is_texted_when_it_opens(database: Database) -> None:
    life = begin(database)
    life.change(lambda s, c: make_follow_up(s, c, at_time=time(8, 30)))

    life.plan(MONDAY_8AM)

    assert [(one.due_at, one.send_at) for one in life.reminders()] == [(MONDAY_9AM - 30 * MINUTE, MONDAY_9AM)]


def test_follow_ups_count_from_a_visit_a_date_and_again_and_again(any_database: Database) -> None:
    life = begin(any_database)
    visit = life.change(lambda s, c: make_visit(s, c, starts_at=MONDAY_NOON))
    life.change(lambda s, c: make_follow_up(s, c, visit_id=visit.id, days=1))
    life.change(lambda s, c: make_follow_up(s, c, due_on=MONDAY, at_time=time(11)))
    life.change(lambda s, c: make_follow_up(s, c, at_time=time(15), every_days=2, ends_on=MONDAY + 4 * DAY))

    for hours in range(0, 24 * 8, 6):
        life.plan(MONDAY_8AM + hours * HOUR)

    assert due(life) == [
        MONDAY_9AM + 2 * HOUR,
        MONDAY_9AM + 6 * HOUR,
        MONDAY_9AM + 25 * HOUR,
        MONDAY_9AM + 6 * HOUR + 2 * DAY,
        MONDAY_9AM + 6 * HOUR + 4 * DAY,
    ]
    with any_database.sessions() as session:
        assert set(session.scalars(select(FollowUp.status))) == {FollowUpStatus.DONE}


def test_a_visit_reminder_moves_with_its_visit(database: Database) -> None:
    life = begin(database)
    visit = life.change(lambda s, c: make_visit(s, c, starts_at=MONDAY_NOON + DAY))
    life.change(
        lambda s, c: make_follow_up(
            s, c, kind=FollowUpKind.VISIT_REMINDER, visit_id=visit.id, days=-1, at_time=time(10)
        )
    )
    life.plan(MONDAY_8AM)

    life.change(
        lambda s, _c: move_visit(s, s.get_one(Visit, visit.id), MONDAY_NOON + 2 * DAY, MONDAY_8AM + MINUTE)
    )
    life.plan(MONDAY_8AM + MINUTE)

    assert due(life) == [MONDAY_9AM + HOUR + DAY]
    assert due(life, ReminderStatus.CANCELLED) == [MONDAY_9AM + HOUR]


def test_a_call_is_put_on_the_list_once_when_it_is_due(any_database: Database) -> None:
    life = begin(any_database)
    life.change(lambda s, c: make_follow_up(s, c, kind=FollowUpKind.CALL_TASK, body="Ask about the brace."))

    for minutes in (0, 119, 121, 122):
        life.plan(MONDAY_8AM + minutes * MINUTE)
    with any_database.sessions.begin() as session:
        for item in session.scalars(select(AttentionItem)):
            item.status = "closed"
    life.plan(MONDAY_8AM + 3 * HOUR)

    assert [(one.kind, one.details) for one in all_items(life)] == [
        (AttentionKind.CALL_TASK, {"what": "Ask about the brace."})
    ]
    assert due(life) == []


def test_a_change_of_zone_minutes_before_does_not_double_the_slot(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    give(life, ends_on=MONDAY)
    life.plan(MONDAY_8AM)

    def move_west(session: object, client: Client) -> None:
        client.timezone = "America/Los_Angeles"
        replan_client(session, client.id, MONDAY_9AM - MINUTE)

    life.change(move_west)
    for hours in range(6):
        life.plan(MONDAY_9AM + hours * HOUR)
        life.drain(gateway, MONDAY_9AM + hours * HOUR)

    assert due(life, ReminderStatus.SENT) == [MONDAY_9AM + 3 * HOUR]
    assert [one.due_at for one in occurrences(life)] == [MONDAY_9AM + 3 * HOUR]


def test_a_change_of_zone_minutes_after_does_not_repeat_the_text(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    give(life, ends_on=MONDAY)
    life.plan(MONDAY_8AM)
    life.drain(gateway, MONDAY_9AM)

    def move_west(session: object, client: Client) -> None:
        client.timezone = "America/Los_Angeles"
        replan_client(session, client.id, MONDAY_9AM + MINUTE)

    life.change(move_west)
    for hours in range(1, 6):
        life.plan(MONDAY_9AM + hours * HOUR)
        life.drain(gateway, MONDAY_9AM + hours * HOUR)

    assert len(gateway.sent) == 1


def test_a_question_waiting_for_the_window_outlives_a_change_of_hours(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    life.change(lambda s, c: make_follow_up(s, c, at_time=time(8, 15)))
    life.plan(MONDAY_8AM)

    half_past_eight = MONDAY_8AM + 30 * MINUTE
    life.change(lambda s, c: request_window(s, c, time(9), time(21), half_past_eight))
    life.plan(half_past_eight)
    life.drain(gateway, MONDAY_9AM)

    assert len(gateway.sent) == 1


def test_a_question_added_while_the_planner_was_down_is_not_forgotten(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    life.change(lambda s, c: make_follow_up(s, c, at_time=time(10)))

    life.plan(MONDAY_NOON)
    life.drain(gateway, MONDAY_NOON)

    assert len(gateway.sent) == 1


def test_a_changed_plan_takes_back_the_old_and_keeps_the_shared_slot(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()

    def start(hour: int, now: datetime) -> None:
        def write(session: object, client: Client) -> None:
            exercise = make_exercise(session, life.practice)
            schedule = Schedule(times=(time(9), time(hour)), starts_on=MONDAY, ends_on=MONDAY)
            wanted = [NewAssignment(exercise.id, ONCE, schedule)]
            start_plan(session, client, wanted, user=None, now=now)

        life.change(write)
        life.plan(now)

    start(12, MONDAY_8AM)
    start(15, MONDAY_8AM + MINUTE)
    for hours in range(8):
        life.drain(gateway, MONDAY_9AM + hours * HOUR)

    assert due(life, ReminderStatus.SENT) == [MONDAY_9AM, MONDAY_9AM + 6 * HOUR]
    assert due(life, ReminderStatus.CANCELLED) == [MONDAY_NOON]
    assert len(gateway.sent) == 2


def test_a_pause_makes_nothing_due_and_its_end_brings_it_back(any_database: Database) -> None:
    life = begin(any_database)
    give(life)
    life.plan(MONDAY_8AM)

    life.change(lambda s, c: pause_texts(s, c, MONDAY + DAY, MONDAY + DAY, MONDAY_8AM))
    life.plan(MONDAY_8AM)
    assert due(life) == [MONDAY_9AM, MONDAY_9AM + 2 * DAY]
    life.change(lambda s, c: resume_texts(s, c, MONDAY_8AM + MINUTE))
    life.plan(MONDAY_8AM + MINUTE)

    assert due(life) == [MONDAY_9AM, MONDAY_9AM + DAY, MONDAY_9AM + 2 * DAY]
    assert {one.status for one in occurrences(life)} == {OccurrenceStatus.OPEN}


def test_one_exercise_may_pause_alone(database: Database) -> None:
    life = begin(database)
    give(life)
    life.plan(MONDAY_8AM)

    def edited(session: Session, client: Client, edit: Edit, now: datetime) -> None:
        [running] = session.scalars(select(Assignment).where(Assignment.status == AssignmentStatus.ACTIVE))
        edit_plan(session, client, {running.id: edit}, user=None, now=now)

    life.change(lambda s, c: edited(s, c, Edit(pause=(MONDAY, None)), MONDAY_8AM))
    life.plan(MONDAY_8AM)
    assert due(life) == []
    life.change(lambda s, c: edited(s, c, Edit(pause=NO_PAUSE), MONDAY_NOON))
    life.plan(MONDAY_NOON)

    assert due(life) == [MONDAY_9AM + DAY, MONDAY_9AM + 2 * DAY]


def test_a_discharged_client_is_owed_nothing(database: Database) -> None:
    life = begin(database)
    give(life)
    life.change(lambda s, c: make_follow_up(s, c))
    life.change(lambda _s, c: setattr(c, "status", ClientStatus.DISCHARGED))

    life.plan(MONDAY_8AM)

    assert (occurrences(life), life.reminders()) == ([], [])


def test_a_client_without_a_phone_lives_on_paper(any_database: Database) -> None:
    life = begin(any_database, phone=None)
    give(life)
    life.change(lambda s, c: make_follow_up(s, c))

    life.plan(MONDAY_8AM)

    assert len(occurrences(life)) == 3
    assert life.reminders() == []


@pytest.mark.parametrize("change", [{"timezone": "Mars/Olympus"}, {"number_state": NumberState.OK}])
def test_a_row_that_cannot_be_planned_stops_nobody_else(
    any_database: Database, change: dict[str, object]
) -> None:
    life = begin(any_database, **change)
    give(life, **({"times": ["25:00"]} if "number_state" in change else {}))
    life.change(lambda s, c: make_follow_up(s, c, every_days=1))
    life.change(lambda s, c: make_follow_up(s, c, kind=FollowUpKind.CALL_TASK))
    with any_database.sessions.begin() as session:
        other = make_client(session, life.practice)
        make_assignment(session, other, make_exercise(session, life.practice), ends_on=MONDAY)

    life.plan(MONDAY_8AM)

    assert MONDAY_9AM in due(life)
    assert [one.details["reason"] for one in all_items(life)] == ["could_not_be_planned"]


def test_a_month_of_standing_still_is_planned_in_one_go(database: Database) -> None:
    life = begin(database)
    give(life, times=[f"{hour:02}:{minute:02}" for hour in range(8, 20) for minute in range(0, 60, 5)])
    life.change(lambda s, _c: setattr(s.scalars(select(Assignment)).one(), "planned_until", MONDAY_8AM))

    @event.listens_for(database.engine, "checkout")
    def allow_few_values(connection: sqlite3.Connection, *_: object) -> None:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, KEYS_AT_ONCE + 100)

    planned = life.plan(MONDAY_8AM + 35 * DAY)

    assert planned.reminders > KEYS_AT_ONCE + 100


def test_an_ended_plan_leaves_nothing_ahead(any_database: Database) -> None:
    life = begin(any_database)
    give(life)
    life.plan(MONDAY_8AM)

    life.change(lambda s, c: end_plan(s, c, "better", MONDAY_NOON))
    life.plan(MONDAY_NOON)

    assert due(life) == [MONDAY_9AM]
    assert {one.status for one in occurrences(life)} == {OccurrenceStatus.OPEN, OccurrenceStatus.CANCELLED}


def test_planning_passes_over_a_client_whose_plan_is_being_changed(postgres: Database) -> None:
    life = begin(postgres)
    give(life)

    with postgres.sessions.begin() as session:
        end_plan(session, session.get_one(Client, life.client.id), "better", MONDAY_8AM)
        planned = life.plan(MONDAY_8AM)
        assert planned.looked_at == 0
    life.plan(MONDAY_8AM)

    assert (occurrences(life), life.reminders()) == ([], [])


def test_a_cancelled_follow_up_is_not_asked(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    follow_up = life.change(lambda s, c: make_follow_up(s, c))
    life.plan(MONDAY_8AM)

    life.change(lambda s, _c: cancel_follow_up(s, s.get_one(FollowUp, follow_up.id), MONDAY_8AM))
    life.plan(MONDAY_8AM + timedelta(hours=1))
    life.drain(gateway, MONDAY_NOON)

    assert (gateway.sent, life.states()) == ([], [("cancelled", "follow_up_cancelled")])
