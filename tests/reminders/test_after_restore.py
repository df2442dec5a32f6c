"""A restored database holds what was owed then. Whoever was texted since is not texted again."""

from sqlalchemy import select

from care.db import Database
from care.models import Message, Occurrence, OccurrenceStatus, Practice, ReminderKind
from reminders.after_restore import AfterRestore, settle_restored
from reminders.gateway import ProviderMessage
from tests.making import MONDAY_8AM, MONDAY_9AM, make_assignment, make_exercise
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import DAY, HOUR, MINUTE, Life, begin, dispatching
from tests.reminders.test_catching_up import wrote


def with_an_exercise_a_day(database: Database) -> Life:
    life = begin(database)
    life.change(
        lambda session, client: make_assignment(session, client, make_exercise(session, life.practice))
    )
    life.plan(MONDAY_8AM)
    return life


def restored(life: Life, gateway: CountingGateway, now: object) -> AfterRestore:
    with dispatching(life.database, gateway) as dispatcher:
        return settle_restored(life.database.sessions, dispatcher, now)


def test_what_was_due_since_the_backup_is_dropped_and_what_comes_goes_out(any_database: Database) -> None:
    life, gateway = with_an_exercise_a_day(any_database), CountingGateway()
    now = MONDAY_9AM + HOUR

    after = restored(life, gateway, now)
    life.drain(gateway, now + MINUTE)
    assert gateway.sent == []
    life.plan(now + DAY - 2 * HOUR)
    life.drain(gateway, MONDAY_9AM + DAY)

    assert after.dropped == 1
    assert len(gateway.sent) == 1
    assert life.states()[0] == ("skipped", "restored")


def test_a_backup_of_days_ago_texts_nothing_of_the_days_between(any_database: Database) -> None:
    life, gateway = with_an_exercise_a_day(any_database), CountingGateway()
    now = MONDAY_9AM + 5 * DAY + MINUTE

    restored(life, gateway, now)
    life.drain(gateway, now + MINUTE)
    life.sweep(now + 2 * DAY)

    assert gateway.sent == []
    with any_database.sessions() as session:
        closed = select(Occurrence.status).where(Occurrence.due_at <= now)
        assert set(session.scalars(closed)) == {OccurrenceStatus.UNKNOWN}


def test_a_stop_that_came_since_the_backup_holds(any_database: Database) -> None:
    life, gateway = with_an_exercise_a_day(any_database), CountingGateway()
    life.catch_up(gateway, MONDAY_8AM)
    gateway.received = [wrote(life.client.phone, "STOP", MONDAY_9AM + MINUTE)]
    now = MONDAY_9AM + HOUR

    after = restored(life, gateway, now)
    life.plan(now + DAY)
    life.drain(gateway, MONDAY_9AM + DAY)

    assert after.answers_fetched == 1
    assert gateway.sent == []


def test_where_the_provider_cannot_be_asked_a_person_starts_the_texts_again(database: Database) -> None:
    life, gateway = with_an_exercise_a_day(database), CountingGateway()
    gateway.listed = None

    after = restored(life, gateway, MONDAY_9AM + HOUR)

    assert after.is_paused
    with database.sessions() as session:
        assert session.scalar(select(Practice.is_texting_paused))


def danger_since_the_backup(life: Life, gateway: CountingGateway) -> None:
    life.catch_up(gateway, MONDAY_8AM)
    gateway.received = [wrote(life.client.phone, "numb when I wipe", MONDAY_9AM + MINUTE)]


def test_a_sign_of_danger_nobody_answered_is_answered_after_all(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    danger_since_the_backup(life, gateway)
    now = MONDAY_9AM + 10 * MINUTE

    restored(life, gateway, now)
    life.drain(gateway, now)

    assert any("Do not wait for a text back" in body for body in gateway.bodies)


def test_a_sign_of_danger_that_was_answered_is_not_answered_again(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    danger_since_the_backup(life, gateway)
    answer = ProviderMessage(
        "SM-answer", "outbound-api", "+12025550100", str(life.client.phone), "Call.", "delivered", None,
        MONDAY_9AM + 2 * MINUTE,
    )  # fmt: skip
    gateway.listed = [answer]
    now = MONDAY_9AM + 10 * MINUTE

    restored(life, gateway, now)
    life.drain(gateway, now)

    assert gateway.sent == []


def test_an_answer_is_not_given_a_second_time(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    life.catch_up(gateway, MONDAY_8AM)
    gateway.received = [wrote(life.client.phone, "HELP", MONDAY_9AM + MINUTE)]
    now = MONDAY_9AM + 10 * MINUTE

    restored(life, gateway, now)
    life.drain(gateway, now)

    assert gateway.sent == []
    with database.sessions() as session:
        assert session.scalar(select(Message.body)) == "HELP"


def test_settling_a_second_time_drops_nothing_more(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    life.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="See you on Friday.")

    after = [restored(life, gateway, MONDAY_9AM + n * HOUR) for n in (1, 2)]

    assert [one.dropped for one in after] == [1, 0]
