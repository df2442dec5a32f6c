"""What clients steer by text, each through the webhook: done once, confirmed once, told to staff."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from care.db import Database
from care.models import (
    Assignment,
    AssignmentStatus,
    Client,
    FollowUp,
    Occurrence,
    OccurrenceStatus,
    Plan,
    Reminder,
    ReminderKind,
    ReminderStatus,
)
from care.pausing import PAUSED_BY_CLIENT, pause_texts
from care.timeline import timeline
from tests.making import MONDAY, MONDAY_8AM, make_assignment, make_exercise, make_follow_up
from tests.web.conftest import MakeApp, TestClock
from tests.web.texting import PUBLIC, Line, open_line

SIX_PM = datetime(2026, 3, 2, 23, tzinfo=UTC)


@pytest.fixture
def line(database: Database, make_app: MakeApp, clock: TestClock) -> Line:
    line = open_line(database, make_app, clock)
    clock.now = MONDAY_8AM
    return line


@pytest.fixture
def maria(line: Line) -> Client:
    """Exercises at nine every day, laid out; a pain question with them on Thursdays."""
    maria = line.add()
    with line.database.sessions.begin() as session:
        client = session.get_one(Client, maria.id)
        exercise = make_exercise(session, line.practice)
        make_assignment(session, client, exercise)
        make_follow_up(session, client, due_on=date(2026, 3, 3), at_time=time(9))
    line.plan()
    return maria


def ahead(line: Line, client: Client) -> list[tuple[str, str]]:
    """Which exercise texts are planned, by the client's clock."""
    with line.looking() as session:
        rows = session.scalars(
            select(Reminder)
            .where(
                Reminder.client_id == client.id,
                Reminder.kind == ReminderKind.EXERCISE,
                Reminder.status == ReminderStatus.PLANNED,
            )
            .order_by(Reminder.due_at)
        )
        return [(f"{one.due_at - timedelta(hours=5):%a %H:%M}", one.dedupe_key) for one in rows]


def slots(line: Line, client: Client) -> list[tuple[date, time]]:
    with line.looking() as session:
        rows = session.scalars(
            select(Occurrence)
            .where(Occurrence.client_id == client.id, Occurrence.status == OccurrenceStatus.OPEN)
            .order_by(Occurrence.due_at)
        )
        return [(one.slot_on, one.slot_time) for one in rows]


def test_time_moves_what_lies_ahead_exactly_once(line: Line, maria: Client) -> None:
    assert slots(line, maria)[0] == (MONDAY, time(9))

    answer = line.text(maria, "TIME 7pm")
    line.plan()
    line.plan()

    assert answer == [
        "OK Maria. Your reminders now come at 7:00pm. To move them again reply TIME and an hour."
    ]
    assert slots(line, maria)[:2] == [(MONDAY, time(19)), (MONDAY + timedelta(days=1), time(19))]
    assert {when[4:] for when, _ in ahead(line, maria)} == {"19:00"}
    with line.looking() as session:
        assert session.scalars(select(FollowUp.at_time)).all() == [time(19)]


def test_what_the_therapist_chose_stays_in_the_plan_history(line: Line, maria: Client) -> None:
    line.text(maria, "time 19:30")

    with line.looking() as session:
        plans = session.scalars(select(Plan).order_by(Plan.version)).all()
        times = session.execute(select(Assignment.times, Assignment.status).order_by(Assignment.id)).all()
    assert [one.version for one in plans] == [1, 2]
    assert plans[1].note == "Moved to 7:30pm by the client's text."
    assert [tuple(row) for row in times] == [
        (["09:00"], AssignmentStatus.ENDED),
        (["19:30"], AssignmentStatus.ACTIVE),
    ]


def test_the_timeline_tells_what_a_text_changed(line: Line, maria: Client) -> None:
    line.text(maria, "HORA 7pm")

    with line.looking() as session:
        entries = timeline(session, session.get_one(Client, maria.id), ["message_in"])
    assert "Reminders moved from 9:00am to 7:00pm" in entries[0].detail


def test_nobody_does_todays_round_twice_for_having_moved_it(line: Line, maria: Client) -> None:
    line.later(hours=2)

    line.text(maria, "TIME 7pm")
    line.plan()

    assert slots(line, maria)[:2] == [(MONDAY, time(9)), (MONDAY + timedelta(days=1), time(19))]


def test_seven_is_the_half_of_the_day_that_lies_in_their_hours(line: Line, maria: Client) -> None:
    assert "7:00pm" in line.text(maria, "change time to 7")[0]
    assert line.client(maria).window_requested_at is None


def test_where_both_halves_do_it_is_the_nearer_one(line: Line, maria: Client) -> None:
    line.text(maria, "TIME 6:30am")
    line.text(maria, "TIME 9:30pm")

    assert "7:00am" in line.text(maria, "TIME 7")[0]
    line.clock.now = SIX_PM
    assert "7:00pm" in line.text(maria, "TIME 7")[0]


@pytest.mark.parametrize(
    "body", ["TIME", "HORA", "TIME midnight", "TIME in the evening", "TIME 7 or 8", "hora noche"]
)
def test_a_time_that_cannot_be_read_is_asked_for(line: Line, maria: Client, body: str) -> None:
    [answer] = line.text(maria, body)

    assert "TIME and an hour" in answer
    assert line.client(maria).window_requested_at is None


@pytest.mark.parametrize("body", ["TIME seven pm", "TIME 700pm", "TIME 1900", "HORA siete de la tarde"])
def test_a_time_in_other_writing(line: Line, maria: Client, body: str) -> None:
    assert "7:00pm" in line.text(maria, body)[0]


def test_an_hour_beyond_the_window_widens_it_as_their_own_request(line: Line, maria: Client) -> None:
    line.text(maria, "TIME 6:30am")

    client = line.client(maria)
    assert (client.window_from_time, client.window_until_time) == (time(6, 30), time(20))
    assert client.window_requested_at == MONDAY_8AM


@pytest.mark.parametrize("body", ["TIME 5am", "TIME 11pm", "TIME 25", "TIME 22:00"])
def test_hours_at_night_are_refused_in_one_text(line: Line, maria: Client, body: str) -> None:
    assert line.text(maria, body) == [
        "We can text from 6:00am to 10:00pm. Please reply TIME and an hour. Example: TIME 7pm"
    ]
    assert line.client(maria).window_requested_at is None


def test_with_several_times_a_day_a_person_decides(line: Line) -> None:
    maria = line.add()
    with line.database.sessions.begin() as session:
        client = session.get_one(Client, maria.id)
        make_assignment(session, client, make_exercise(session, line.practice), times=["09:00", "18:00"])

    assert "We passed your message on" in line.text(maria, "TIME 7pm")[0]
    assert line.causes() == [("question", maria.id)]


@pytest.mark.parametrize(
    ("body", "days", "words"),
    [
        ("DAYS MWF", {0, 2, 4}, "Mon, Wed, Fri"),
        ("days Mon Wed Fri", {0, 2, 4}, "Mon, Wed, Fri"),
        ("DIAS lunes y jueves", {0, 3}, "Mon, Thu"),
        ("DAYS Sat Sun", {5, 6}, "Sat, Sun"),
        ("DAYS M-F", {0, 1, 2, 3, 4}, "Mon, Tue, Wed, Thu, Fri"),
        ("DAYS m to w", {0, 1, 2}, "Mon, Tue, Wed"),
        ("DIAS L-V", {0, 1, 2, 3, 4}, "Mon, Tue, Wed, Thu, Fri"),
        ("DAYS Fri-Sun", {4, 5, 6}, "Fri, Sat, Sun"),
    ],
)
def test_days_move_what_lies_ahead_exactly_once(
    line: Line, maria: Client, body: str, days: set[int], words: str
) -> None:
    answer = line.text(maria, body)
    line.plan()
    line.later(days=2)
    line.plan()

    assert words in answer[0]
    assert {day.weekday() for day, _ in slots(line, maria)} <= days
    assert len(slots(line, maria)) == len(set(slots(line, maria)))
    assert line.reply().did == f"Exercise days changed to {words}"


def test_every_day_again(line: Line, maria: Client) -> None:
    line.text(maria, "DAYS MWF")
    line.later(minutes=1)

    assert "every day" in line.text(maria, "DAYS every day")[0]
    line.plan()

    assert [day.weekday() for day, _ in slots(line, maria)][:3] == [0, 1, 2]


@pytest.mark.parametrize(
    "body", ["DAYS", "DIAS", "DAYS SS", "DAYS 3", "DAYS T-F", "DAYS M-S", "DAYS MWF 7pm", "days mon wed at 7"]
)
def test_days_that_cannot_be_read_are_asked_for(line: Line, maria: Client, body: str) -> None:
    assert "DAYS MON WED FRI" in line.text(maria, body)[0]
    assert line.reply().did == ""


def test_a_pause_counts_today_and_ends_by_itself(line: Line, maria: Client) -> None:
    answer = line.text(maria, "PAUSE 3")
    line.plan()

    client = line.client(maria)
    assert answer == ["OK Maria. We pause your texts through Wed 4 Mar. Reply RESUME to get them sooner."]
    assert (client.paused_from, client.paused_until) == (MONDAY, MONDAY + timedelta(days=2))
    assert client.pause_reason == PAUSED_BY_CLIENT
    assert slots(line, maria) == []
    assert line.reply().did == "Texts paused through Wed 4 Mar"


@pytest.mark.parametrize(
    ("body", "days"),
    [
        ("PAUSE", 7),
        ("pausa 5 dias", 5),
        ("no texts until Thursday", 3),
        ("PAUSE two weeks", 14),
        ("PAUSE a week", 7),
        ("pausa una semana", 7),
    ],
)
def test_a_pause_in_other_words(line: Line, maria: Client, body: str, days: int) -> None:
    line.text(maria, body)

    assert line.client(maria).paused_until == MONDAY + timedelta(days=days - 1)


def test_a_pause_of_months_is_refused(line: Line, maria: Client) -> None:
    assert "1 to 30 days" in line.text(maria, "PAUSE 90")[0]
    assert line.client(maria).paused_from is None


def test_resume_brings_the_texts_back(line: Line, maria: Client) -> None:
    line.text(maria, "PAUSE 3")
    line.later(minutes=1)

    assert line.text(maria, "RESUME") == ["OK Maria. Your texts go on as planned."]
    line.plan()

    assert slots(line, maria)[0] == (MONDAY, time(9))


def test_a_pause_that_staff_set_is_theirs_to_end(line: Line, maria: Client) -> None:
    line.change(lambda session, one: pause_texts(session, one, MONDAY, None, MONDAY_8AM), maria)

    assert "We passed your message on" in line.text(maria, "RESUME")[0]
    assert line.client(maria).paused_from == MONDAY


def test_list_answers_with_the_link_and_no_exercise_names(line: Line, maria: Client) -> None:
    [answer] = line.text(maria, "LIST")

    assert answer.startswith(f"Riverside: Maria, your exercises are here: {PUBLIC}/c/")
    assert "stretch 1" not in answer.lower()
    assert line.reply().did == "Got the link to their page"


@pytest.mark.parametrize("body", ["CALL ME", "call", "Llámame"])
def test_call_me_is_a_task_for_a_person(line: Line, maria: Client, body: str) -> None:
    assert "We passed your message on" in line.text(maria, body)[0]
    assert line.causes() == [("call_task", maria.id)]


@pytest.mark.parametrize(
    ("body", "due"),
    [
        ("remind me at 6", "18:00"),
        ("remind me in 2 hours", "11:00"),
        ("later", "11:00"),
        ("in 30 min", "09:30"),
    ],
)
def test_later_brings_one_more_reminder_today_of_the_same(
    line: Line, maria: Client, body: str, due: str
) -> None:
    line.later(hours=1)
    assert len(line.drain()) == 1

    answer = line.text(maria, body)
    line.text(maria, body)

    again = [when for when, key in ahead(line, maria) if key.startswith("again")]
    assert "We will remind you again today" in answer[0]
    assert again == [f"Mon {due}"]
    line.clock.now = datetime(2026, 3, 2, int(due[:2]) + 5, int(due[3:]), tzinfo=UTC)
    assert "time for your home stretches" in line.drain()[0]
    assert "Marked as done" in line.text(maria, "DONE")[0]
    assert (MONDAY, time(9)) not in slots(line, maria)


def test_what_lies_outside_their_hours_is_said(line: Line, maria: Client) -> None:
    line.later(hours=1)
    line.drain()

    assert "before 8:00pm" in line.text(maria, "remind me at 9pm")[0]
    assert [key for _, key in ahead(line, maria) if key.startswith("again")] == []


def test_doing_them_now_needs_no_further_reminder(line: Line, maria: Client) -> None:
    line.later(hours=1)
    line.drain()

    assert "reply DONE" in line.text(maria, "doing them now")[0]
    assert [key for _, key in ahead(line, maria) if key.startswith("again")] == []


def test_answers_come_in_the_clients_language_and_zone(line: Line) -> None:
    ana = line.add(first_name="Ana", language="es", timezone="America/Los_Angeles")
    with line.database.sessions.begin() as session:
        make_assignment(session, session.get_one(Client, ana.id), make_exercise(session, line.practice))

    [answer] = line.text(ana, "HORA 7 de la tarde")

    assert answer.startswith("De acuerdo, Ana. Sus recordatorios llegan ahora a las 19:00.")
