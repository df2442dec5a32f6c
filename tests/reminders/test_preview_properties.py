"""Whatever the plan, the preview lists what is then really sent, to the minute and word, and what is not."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import MetaData, func, select
from sqlalchemy.orm import joinedload

from care.db import Database, open_database
from care.models import Client, ConsentSource, FollowUpKind, Reminder, ReminderStatus
from care.pausing import pause_texts
from homestretch.planned import planned_texts
from reminders.outbox import enrol, owe_message
from reminders.preview import Outlook, outlook, upcoming
from reminders.segments import count_parts
from tests.making import make_assignment, make_exercise, make_follow_up, make_user, make_visit
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import HOUR, Life, begin, dispatching

DAYS = 6
# Some days before the clocks change in each, so that the change lies within the days looked at.
STARTS = {
    "America/New_York": datetime(2026, 3, 5, 15, 7, tzinfo=UTC),
    "Europe/Berlin": datetime(2026, 10, 22, 6, 31, tzinfo=UTC),
    "America/Sao_Paulo": datetime(2026, 5, 4, 23, 30, tzinfo=UTC),
    "Asia/Kolkata": datetime(2026, 5, 4, 2, 0, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2026, 4, 2, 20, 0, tzinfo=UTC),
    "Asia/Beirut": datetime(2026, 3, 26, 21, 15, tzinfo=UTC),
}

CLOCKS = st.sampled_from(
    ["00:00", "02:30", "06:50", "08:55", "09:00", "09:10", "12:00", "18:00", "19:55", "23:30"]
)
ASSIGNMENTS = st.fixed_dictionaries(
    {
        "times": st.lists(CLOCKS, min_size=1, max_size=2, unique=True).map(sorted),
        "weekdays": st.sampled_from([[0, 1, 2, 3, 4, 5, 6], [0, 2, 4], [5, 6]]),
        "every_days": st.sampled_from([None, None, 2, 3]),
        "length": st.sampled_from([None, 2, 4]),
        "is_reminded": st.sampled_from([True, True, True, False]),
    }
)
CHECKS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(
            [FollowUpKind.PAIN_QUESTION, FollowUpKind.PAIN_QUESTION, FollowUpKind.MESSAGE]
        ),
        "in_days": st.integers(0, 4),
        "at_time": CLOCKS.map(time.fromisoformat),
        "every_days": st.sampled_from([None, 1, 2]),
    }
)
LIVES = st.fixed_dictionaries(
    {
        "zone": st.sampled_from(sorted(STARTS)),
        "cap": st.sampled_from([1, 2, 3, 10]),
        "spread": st.sampled_from([0, 0, 10, 60]),
        "assignments": st.lists(ASSIGNMENTS, max_size=4),
        "checks": st.lists(CHECKS, max_size=3),
        "visit_in_hours": st.sampled_from([None, 30, 55, 100]),
        "pause": st.sampled_from([None, None, (1, 2), (3, None)]),
        "is_new": st.booleans(),
        "has_message": st.booleans(),
        "planned_before": st.sampled_from([None, timedelta(0), timedelta(hours=11)]),
    }
)


@contextmanager
def fresh(migrated_file: Path) -> Iterator[Database]:
    with TemporaryDirectory(prefix="hs-preview-") as folder:
        shutil.copy(migrated_file, Path(folder) / "life.db")
        database = open_database(f"sqlite:///{folder}/life.db")
        yield database
        database.dispose()


def a_life(database: Database, drawn: dict[str, Any], now: datetime) -> Life:
    zone = drawn["zone"]
    life = begin(
        database,
        practice={"timezone": zone, "daily_cap": drawn["cap"], "spread_minutes": drawn["spread"]},
        has_consent=not drawn["is_new"],
        created_at=now,
    )
    life.change(lambda session, client: fill(session, client, life, drawn, now))
    return life


def fill(session: Any, client: Client, life: Life, drawn: dict[str, Any], now: datetime) -> None:
    first = now.date()
    exercise = make_exercise(session, life.practice)
    for number, one in enumerate(drawn["assignments"]):
        one = dict(one)
        length = one.pop("length")
        ends_on = first + timedelta(days=length) if length else None
        made = {"starts_on": first, "ends_on": ends_on, "reps": number + 1, "created_at": now}
        make_assignment(session, client, exercise, **made, **one)
    for one in drawn["checks"]:
        body = "Bring your brace." if one["kind"] is FollowUpKind.MESSAGE else ""
        check = {name: value for name, value in one.items() if name != "in_days"}
        due_on = first + timedelta(days=one["in_days"])
        make_follow_up(session, client, **check, due_on=due_on, body=body, created_at=now)
    if drawn["visit_in_hours"]:
        visit = make_visit(session, client, starts_at=now + drawn["visit_in_hours"] * HOUR)
        day_before = {"kind": FollowUpKind.VISIT_REMINDER, "days": -1, "at_time": time(10)}
        make_follow_up(session, client, visit_id=visit.id, created_at=now, **day_before)
    if drawn["is_new"]:
        enrol(session, client, wording="Yes.", source=ConsentSource.PAPER, now=now, user=None)
    elif drawn["has_message"]:
        owe_message(session, client, "See you soon.", now, make_user(session, life.practice))
    if drawn["pause"]:
        from_day, until_day = drawn["pause"]
        until = first + timedelta(days=until_day) if until_day else None
        pause_texts(session, client, first + timedelta(days=from_day), until, now)


def next_moment(life: Life, after: datetime) -> datetime | None:
    with life.database.sessions() as session:
        return session.scalar(
            select(func.min(Reminder.send_at)).where(Reminder.status == ReminderStatus.PLANNED)
        )


def lived(life: Life, since: datetime, days: int) -> list[tuple[datetime, str, int]]:
    """What really goes out: planned every 12 hours, sent at the very moment it is due, swept after."""
    gateway, sent, now = CountingGateway(), [], since
    until = since + timedelta(days=days)
    plan_at = since
    with dispatching(life.database, gateway) as dispatcher:
        while now < until:
            if now >= plan_at:
                life.plan(now)
                plan_at = now + 12 * HOUR
            before = len(gateway.sent)
            moment = now
            dispatcher.drain(lambda: moment)  # noqa: B023 (called before the loop goes on)
            sent += [(now, body, count_parts(body).parts) for body in gateway.bodies[before:]]
            due = next_moment(life, now)
            now = max(now + timedelta(microseconds=1), min(plan_at, due)) if due else plan_at
    return sent


def dropped(life: Life) -> set[tuple[str, str | None]]:
    """What really did not go out, and why."""
    kept = (ReminderStatus.PLANNED, ReminderStatus.SENT)
    return {(one.dedupe_key, one.reason) for one in life.reminders() if one.status not in kept}


def looked_at(life: Life, now: datetime, days: int = DAYS, most: int | None = None) -> Outlook:
    with life.database.reading() as session:
        client = session.scalars(select(Client).options(joinedload(Client.practice))).one()
        return outlook(session, client, now, days, most=most)


# Let go over an hour, the first of the two texts comes when its round has closed and the next has begun.
CLOSED_BEFORE_SENT = {
    "zone": "Asia/Kolkata",
    "cap": 3,
    "spread": 60,
    "assignments": [
        {"times": ["09:00", "09:10"], "weekdays": [0, 1, 2, 3, 4, 5, 6], "every_days": 2, "length": None,
         "is_reminded": True},
    ],
    "checks": [],
    "visit_in_hours": 30,
    "pause": (3, None),
    "is_new": True,
    "has_message": True,
    "planned_before": timedelta(0),
}  # fmt: skip

# Both go out as the window opens. The message was due before the hours a planning run laid out ended and
# the exercise after, so that the message was stored first.
STORED_BY_TWO_RUNS = {
    "zone": "America/Sao_Paulo",
    "cap": 1,
    "spread": 0,
    "assignments": [
        {"times": ["08:55"], "weekdays": [0, 1, 2, 3, 4, 5, 6], "every_days": None, "length": None,
         "is_reminded": True},
    ],
    "checks": [
        {"kind": FollowUpKind.MESSAGE, "in_days": 0, "at_time": time(6, 50), "every_days": 1},
    ],
    "visit_in_hours": None,
    "pause": None,
    "is_new": False,
    "has_message": False,
    "planned_before": None,
}  # fmt: skip


def some_lives(many: int) -> settings:
    """Shrinking against a real database takes minutes; the life is printed as it is."""
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    return settings(max_examples=many, suppress_health_check=list(HealthCheck), phases=phases)


@some_lives(8)
@example(drawn=CLOSED_BEFORE_SENT)
@example(drawn=STORED_BY_TWO_RUNS)
@given(drawn=LIVES)
def test_what_is_shown_is_what_is_sent_day_by_day(migrated_file: Path, drawn: dict[str, Any]) -> None:
    live_and_compare(migrated_file, drawn)


@pytest.mark.audit
@some_lives(300)
@given(drawn=LIVES)
def test_what_is_shown_is_what_is_sent_in_many_lives(migrated_file: Path, drawn: dict[str, Any]) -> None:
    live_and_compare(migrated_file, drawn)


def live_and_compare(migrated_file: Path, drawn: dict[str, Any]) -> None:
    now = STARTS[drawn["zone"]]
    with fresh(migrated_file) as database:
        life = a_life(database, drawn, now)
        since = now
        if drawn["planned_before"] is not None:
            life.plan(now)
            since = now + drawn["planned_before"]

        seen, month = looked_at(life, since), looked_at(life, since, 30)
        for most in (1, 5, 8):
            assert looked_at(life, since, 30, most).texts[:most] == month.texts[:most]

        shown = [(one.at, one.body, one.parts.parts) for one in seen.texts]
        assert shown == lived(life, since, DAYS)
        assert {(one.why, one.reason) for one in seen.dropped} == dropped(life)


def rows_of(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every table, whole."""
    tables = MetaData()
    tables.reflect(database.engine)
    with database.engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for table in tables.sorted_tables
        }


FULL = {
    "zone": "America/New_York",
    "cap": 2,
    "spread": 10,
    "assignments": [
        {"times": ["09:00", "18:00"], "weekdays": [0, 1, 2, 3, 4, 5, 6], "every_days": None, "length": None,
         "is_reminded": True},
    ],
    "checks": [{"kind": FollowUpKind.PAIN_QUESTION, "in_days": 0, "at_time": time(12), "every_days": 1}],
    "visit_in_hours": 55,
    "pause": (1, 2),
    "is_new": True,
    "has_message": False,
}  # fmt: skip


@pytest.mark.parametrize("is_planned", [False, True])
@pytest.mark.parametrize("way", ["reading", "sessions"])
def test_looking_ahead_writes_nothing(any_database: Database, way: str, is_planned: bool) -> None:
    now = STARTS["America/New_York"]
    life = a_life(any_database, FULL, now)
    if is_planned:
        life.plan(now)
    before = rows_of(any_database)

    with getattr(any_database, way)() as session:
        client = session.scalars(select(Client).options(joinedload(Client.practice))).one()
        seen = outlook(session, client, now)
        assert not session.new
        assert not session.dirty
        session.commit()

    assert len(seen.texts) > 20
    assert seen.dropped
    assert rows_of(any_database) == before


def test_the_days_looked_at_hold_a_clock_change() -> None:
    assert STARTS["America/New_York"].date() < date(2026, 3, 8) < date(2026, 3, 5) + timedelta(days=DAYS)


def test_the_command_prints_what_the_preview_shows_also_from_a_later_day(database: Database) -> None:
    now = STARTS["America/New_York"]
    life = a_life(database, FULL, now)
    life.plan(now)
    later = now + timedelta(days=3)

    with database.reading() as session:
        client = session.scalars(select(Client).options(joinedload(Client.practice))).one()
        seen = upcoming(session, client, now, DAYS)
        printed = planned_texts(session, now, now + timedelta(days=DAYS), now=now)
        from_later = planned_texts(session, later, now + timedelta(days=DAYS), now=now)

    assert [(one["body"], one["parts"]) for one in printed] == [(one.body, one.parts.parts) for one in seen]
    assert [one["local"] for one in printed] == [f"{one.local:%Y-%m-%d %H:%M}" for one in seen]
    assert from_later == [one for one in printed if one["at"] >= f"{later:%Y-%m-%dT%H:%M:%S}"]
    assert 0 < len(from_later) < len(printed)
