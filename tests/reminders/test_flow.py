"""What is told about the flow of texts, on both databases."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from care.db import Database
from care.models import Client, Direction, ReminderKind, ReminderStatus, Sender, SenderKind
from reminders import flow
from reminders.timelines import Timeline, timelines
from tests.care.reminding import make_reminder
from tests.making import MONDAY_9AM, make_client, make_practice, make_text
from tests.plans import noted_plans
from tests.web.flowing import make_sent

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def both(any_database: Database) -> Iterator[Session]:
    with any_database.sessions() as session:
        yield session


@pytest.fixture
def client(both: Session) -> Client:
    return make_client(both, make_practice(both))


def of(client: Client) -> Timeline:
    return Timeline(MONDAY_9AM, practice_id=client.practice_id)


def test_what_is_due_and_what_comes_within_the_hour(both: Session, client: Client) -> None:
    for minutes in (-5, 0, 1, 59, 61):
        make_reminder(both, client, dedupe_key=f"{minutes}", send_at=MONDAY_9AM + minutes * MINUTE)
    make_reminder(both, client, dedupe_key="sent", send_at=MONDAY_9AM, status=ReminderStatus.SENT)
    make_reminder(both, make_client(both, make_practice(both)), send_at=MONDAY_9AM)

    assert flow.queue(both, of(client)) == flow.Queue(due=2, next_hour=2)
    assert flow.queue(both, Timeline(MONDAY_9AM)).due == 3
    assert flow.oldest_overdue(both, of(client)) == MONDAY_9AM - 5 * MINUTE


def test_lateness_is_counted_in_steps(both: Session, client: Client) -> None:
    for seconds in (0, 1.5, 30, 720):
        make_sent(both, client, seconds, at=MONDAY_9AM - MINUTE)
    make_sent(both, client, 50_000, at=MONDAY_9AM - 2 * DAY)

    late = flow.lateness(both, of(client), MONDAY_9AM - DAY)[ReminderKind.EXERCISE]

    assert dict(zip(flow.LATENESS_STEPS, late.within, strict=True)) == {
        2: 2, 10: 2, 60: 3, 300: 3, 900: 4, 3600: 4, 14_400: 4, 43_200: 4,
    }  # fmt: skip
    assert late.total == 4
    assert late.longest == pytest.approx(720, abs=0.01)
    assert late.seconds == pytest.approx(751.5, abs=0.01)


def test_a_text_that_came_in_is_not_late(both: Session, client: Client) -> None:
    make_sent(both, client, 5, at=MONDAY_9AM)
    make_text(both, client, direction=Direction.IN, status="received", at=MONDAY_9AM)

    week, day = flow.lateness_of_both(both, of(client), MONDAY_9AM - 7 * DAY, MONDAY_9AM - DAY)

    assert (week.total, day.total) == (1, 1)


def test_kinds_add_up(both: Session, client: Client) -> None:
    assert sum(flow.lateness(both, of(client), MONDAY_9AM - DAY).values(), flow.ON_TIME) == flow.ON_TIME
    make_sent(both, client, 5, at=MONDAY_9AM)
    make_sent(both, client, 100, at=MONDAY_9AM, kind=ReminderKind.VISIT)
    make_sent(both, client, at=MONDAY_9AM, status=ReminderStatus.UNSURE)

    by_kind = flow.lateness(both, of(client), MONDAY_9AM - DAY)
    together = sum(by_kind.values(), flow.ON_TIME)

    assert {kind: late.total for kind, late in by_kind.items()} == {
        ReminderKind.EXERCISE: 1,
        ReminderKind.VISIT: 1,
    }
    assert (together.total, together.within) == (2, (0, 1, 1, 2, 2, 2, 2, 2))
    assert together.longest == pytest.approx(100, abs=0.01)


def test_texts_are_counted_by_what_became_of_them(both: Session, client: Client) -> None:
    for _ in range(2):
        make_text(both, client, status="failed", error_code=30005, at=MONDAY_9AM)
    make_text(both, client, direction=Direction.IN, status="received", at=MONDAY_9AM)
    make_text(both, client, at=MONDAY_9AM - DAY)
    make_text(both, make_client(both, make_practice(both)), at=MONDAY_9AM)

    counts = flow.texts_since(both, of(client), MONDAY_9AM - DAY)

    assert sorted(counts, key=lambda one: one.count) == [
        flow.TextCount(Direction.IN, "received", None, 1),
        flow.TextCount(Direction.OUT, "failed", 30005, 2),
    ]


def test_doubts_are_the_practices_own(both: Session, client: Client) -> None:
    doubt = make_reminder(both, client, status=ReminderStatus.UNSURE, claimed_at=MONDAY_9AM)
    make_reminder(both, client, status=ReminderStatus.SENDING, dedupe_key="on the wire")
    make_reminder(both, make_client(both, make_practice(both)), status=ReminderStatus.UNSURE)

    assert flow.list_in_doubt(both, client.practice_id, 10) == [(doubt, client)]
    assert flow.count_in_doubt(both) == 2


def test_a_held_sender_shows_until_its_time(both: Session, client: Client) -> None:
    later = MONDAY_9AM + MINUTE
    both.add(Sender(practice_id=client.practice_id, kind=SenderKind.NUMBER, address="+1", held_until=later))
    both.flush()

    assert flow.held_until(both, of(client)) == later
    assert flow.held_until(both, Timeline(later, practice_id=client.practice_id)) is None


def test_a_queue_moves_when_a_text_went_out_lately(both: Session, client: Client) -> None:
    make_text(both, client, at=MONDAY_9AM - MINUTE)
    make_text(both, client, direction=Direction.IN, at=MONDAY_9AM)
    [everybody] = timelines(both, MONDAY_9AM)

    assert flow.any_sent_since(both, everybody, MONDAY_9AM - 2 * MINUTE)
    assert not flow.any_sent_since(both, everybody, MONDAY_9AM - MINUTE)


def test_how_late_texts_went_is_told_without_reading_them(sqlite: Database) -> None:
    """Of a week's messages the index is read alone: their rows lie scattered over the whole table."""
    timeline = Timeline(MONDAY_9AM, practice_id=1)

    with sqlite.reading() as session, noted_plans(sqlite) as plans:
        flow.lateness_of_both(session, timeline, MONDAY_9AM - 7 * DAY, MONDAY_9AM - DAY)

    assert [plan.partition(" (")[0] for plan in plans if "message USING" in plan] == [
        "SEARCH message USING COVERING INDEX ix_message_practice_at"
    ]


def test_only_what_waits_or_is_in_doubt_is_read(sqlite: Database) -> None:
    """Whatever lies behind: SQLite must not walk through every reminder there ever was."""
    timeline = Timeline(MONDAY_9AM, practice_id=1)

    with sqlite.reading() as session, noted_plans(sqlite) as steps:
        flow.queue(session, timeline)
        flow.oldest_overdue(session, timeline)
        flow.list_in_doubt(session, 1, 10)
        flow.count_in_doubt(session)

    plans = [plan for plan in steps if "reminder" in plan]
    assert len(plans) == 4
    assert [plan for plan in plans if "ix_reminder_due" not in plan and "in_doubt" not in plan] == []
