"""The preview shows what will be sent: the same texts, at the same minute, in the same words."""

from datetime import datetime, time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from care.db import Database
from care.models import Client, ConsentSource, FollowUpKind, OptOut, ReminderKind, Side
from care.pausing import pause_texts
from reminders.agenda import texts_a_week
from reminders.outbox import enrol
from reminders.preview import PlannedText, outlook, upcoming
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    make_assignment,
    make_exercise,
    make_follow_up,
    make_visit,
)
from tests.plans import noted_plans
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import DAY, HOUR, MINUTE, Life, begin

DAYS = 3


def previewed(life: Life, now: datetime, days: int = DAYS) -> list[PlannedText]:
    with life.database.sessions() as session:
        client = session.scalars(select(Client).options(joinedload(Client.practice))).one()
        return upcoming(session, client, now, days)


def lived(life: Life, since: datetime, days: int = DAYS) -> list[tuple[datetime, str]]:
    """What really goes out when the engine ticks every five minutes."""
    gateway, sent = CountingGateway(), []
    for tick in range(days * 24 * 12):
        now = since + tick * 5 * MINUTE
        if tick % 12 == 0:
            life.plan(now)
        before = len(gateway.sent)
        life.drain(gateway, now)
        sent += [(now, body) for body in gateway.bodies[before:]]
    return sent


def fill_the_diary(life: Life) -> None:
    def write(session: object, client: Client) -> None:
        s = session
        exercise = make_exercise(s, life.practice)
        make_assignment(s, client, exercise, times=["09:00", "18:00"])
        make_assignment(s, client, exercise, times=["09:05"], weekdays=[1, 2])
        make_assignment(s, client, exercise, times=["06:00"], side=Side.LEFT)
        make_assignment(s, client, exercise, times=["12:00"], is_reminded=False)
        visit = make_visit(s, client, starts_at=MONDAY_9AM + DAY + 5 * HOUR)
        reminder = FollowUpKind.VISIT_REMINDER
        make_follow_up(s, client, kind=reminder, visit_id=visit.id, days=-1)
        make_follow_up(s, client, every_days=1, at_time=time(18, 15))
        make_follow_up(s, client, due_on=MONDAY + DAY, at_time=time(6, 30))
        words = "Bring your brace."
        make_follow_up(s, client, kind=FollowUpKind.MESSAGE, body=words, at_time=time(9))

    life.change(write)


@pytest.mark.parametrize("hours", [0, 14], ids=["in the morning", "at night, with texts waiting for it"])
def test_what_is_shown_is_what_is_sent(database: Database, hours: int) -> None:
    life = begin(database, practice={"daily_cap": 10})
    fill_the_diary(life)
    since = MONDAY_8AM + hours * HOUR
    life.plan(MONDAY_8AM)
    life.drain(CountingGateway(), since - MINUTE)

    shown = [(one.at, one.body) for one in previewed(life, since)]

    assert shown == lived(life, since)
    assert len(shown) > 6


def test_the_first_text_is_shown_with_the_number_it_will_name(database: Database) -> None:
    life = begin(database, has_consent=False)
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice), times=["10:30"]))
    life.change(
        lambda s, c: enrol(s, c, wording="Yes.", source=ConsentSource.PAPER, now=MONDAY_8AM, user=None)
    )

    shown = previewed(life, MONDAY_9AM, days=1)
    sent = lived(life, MONDAY_9AM, days=1)

    assert [(one.at, one.body) for one in shown] == sent
    assert "about 7 a week" in sent[0][1]


def test_what_went_out_is_not_shown_again(database: Database) -> None:
    life = begin(database)
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice), ends_on=MONDAY))
    life.change(lambda s, c: make_follow_up(s, c, at_time=time(9, 10)))
    life.plan(MONDAY_8AM)
    life.drain(CountingGateway(), MONDAY_9AM)

    assert previewed(life, MONDAY_9AM + 5 * MINUTE) == []


@pytest.mark.parametrize("weekdays", [[0, 1, 2, 3, 4, 5, 6], [0, 4]], ids=["each day", "twice a week"])
def test_the_next_few_are_the_first_of_all(database: Database, weekdays: list[int]) -> None:
    life = begin(database)
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice), weekdays=weekdays))
    life.change(lambda s, c: make_follow_up(s, c, every_days=4, at_time=time(15)))
    life.plan(MONDAY_8AM)

    with life.database.sessions() as session:
        client = session.scalars(select(Client).options(joinedload(Client.practice))).one()
        few = outlook(session, client, MONDAY_9AM, most=5).texts
        every = outlook(session, client, MONDAY_9AM).texts

    assert few == every[: len(few)]
    assert 5 <= len(few) < len(every)


def test_a_paused_day_shows_nothing(database: Database) -> None:
    life = begin(database)
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice)))
    life.change(lambda s, c: make_follow_up(s, c, every_days=1))
    life.change(lambda s, c: pause_texts(s, c, MONDAY, MONDAY + DAY, MONDAY_8AM))

    assert [one.local.date() for one in previewed(life, MONDAY_8AM)] == [MONDAY + 2 * DAY] * 2


def test_a_phone_that_opted_out_is_shown_no_texts(database: Database) -> None:
    life = begin(database)
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice)))
    with database.sessions.begin() as session:
        session.add(OptOut(phone_hash=str(life.client.phone_hash), at=MONDAY_8AM, source=ConsentSource.TEXT))

    assert previewed(life, MONDAY_8AM) == []


def test_each_text_says_what_it_is_for(database: Database) -> None:
    life = begin(database)
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice), ends_on=MONDAY))
    life.change(lambda s, c: make_follow_up(s, c, at_time=time(9, 10)))

    [text] = previewed(life, MONDAY_8AM)

    assert (text.kind, text.text_key, text.parts.parts) == (ReminderKind.EXERCISE, "reminder_pain", 1)
    assert text.why == (f"exercise:{life.client.id}:2026-03-02T09:00", "follow_up:1:2026-03-02")
    assert text.local.time() == time(9)


def test_a_client_without_a_plan_is_told_a_usual_number(database: Database) -> None:
    begin(database)

    with database.sessions() as session:
        client = session.scalars(select(Client).options(joinedload(Client.practice))).one()
        assert texts_a_week(session, client, MONDAY_8AM) == 5


def test_what_a_client_is_owed_is_found_without_reading_all_they_ever_got(sqlite: Database) -> None:
    """A year of three texts a day is a thousand reminders behind the few that wait."""
    life = begin(sqlite)
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice)))

    with noted_plans(sqlite) as steps:
        assert previewed(life, MONDAY_8AM)

    assert {step for step in steps if "reminder USING" in step and "PRIMARY KEY" not in step} == {
        "SEARCH reminder USING INDEX ix_reminder_client_status (client_id=? AND status=?)",
        "SEARCH reminder USING INDEX ix_reminder_client_status (client_id=? AND status=? AND sent_at>?)",
        "SEARCH reminder USING INDEX sqlite_autoindex_reminder_1 (practice_id=? AND dedupe_key=?)",
    }
