"""Adherence: the three figures, what counts as due, and that unknown is not missed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from care.adherence import (
    NOT_ENOUGH_REPLIES,
    Adherence,
    DayCounts,
    adherence_of,
    adherence_of_many,
    counts_by_day,
)
from care.db import Database
from care.models import AnswerSource, Assignment, Client, Direction, OccurrenceStatus, ReminderStatus
from care.thresholds import Thresholds
from care.times_due import adherence_among, times_due
from tests.care.measuring import make_days, make_message, make_occurrence, make_reminder
from tests.making import MONDAY, make_assignment, make_client, make_exercise, make_practice
from tests.plans import noted_plans

DONE, PARTIAL = OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL
SKIPPED, UNKNOWN = OccurrenceStatus.SKIPPED, OccurrenceStatus.UNKNOWN
OPEN, CANCELLED = OccurrenceStatus.OPEN, OccurrenceStatus.CANCELLED
SUNDAY = MONDAY + timedelta(days=6)
MONDAY_8PM_UTC = datetime(2026, 3, 2, 20, tzinfo=UTC)

on_paper = {"is_on_paper": True}

counts = st.builds(
    Adherence,
    *(st.integers(0, 60) for _ in ("done", "partial", "skipped", "unknown")),
)


@pytest.fixture
def client(session: Session) -> Client:
    return make_client(session, make_practice(session))


@pytest.fixture
def assignment(session: Session, client: Client) -> Assignment:
    exercise = make_exercise(session, make_practice(session))
    return make_assignment(session, client, exercise)


def test_the_worked_example_of_the_documentation() -> None:
    adherence = Adherence(done=8, partial=1, skipped=1, unknown=1)

    assert adherence.due == 11
    assert adherence.reported == pytest.approx(0.85)
    assert adherence.conservative == pytest.approx(8.5 / 11)
    assert adherence.response == pytest.approx(10 / 11)
    assert adherence.band(Thresholds()) == "middle"


def test_nothing_due_gives_no_figure_and_no_band() -> None:
    nothing = Adherence()

    assert (nothing.reported, nothing.conservative, nothing.response) == (None, None, None)
    assert nothing.band(Thresholds()) is None


def test_nothing_answered_is_not_reported_as_nothing_done() -> None:
    silent = Adherence(unknown=7)

    assert silent.reported is None
    assert silent.conservative == 0
    assert silent.band(Thresholds()) == NOT_ENOUGH_REPLIES


@pytest.mark.parametrize(
    ("adherence", "band"),
    [
        (Adherence(done=8, skipped=2), "high"),
        (Adherence(done=4, skipped=1), "high"),
        (Adherence(done=79, skipped=21), "middle"),
        (Adherence(done=5, skipped=5), "middle"),
        (Adherence(done=49, skipped=51), "low"),
        (Adherence(skipped=5), "low"),
        (Adherence(done=5, unknown=5), "middle"),
        (Adherence(done=49, unknown=51), NOT_ENOUGH_REPLIES),
    ],
)
def test_bands_are_of_all_that_was_due(adherence: Adherence, band: str) -> None:
    assert adherence.band(Thresholds()) == band


def test_a_practice_may_set_its_own_bands() -> None:
    assert Adherence(done=7, skipped=3).band(Thresholds(adherence_high=70)) == "high"


@given(counts)
def test_an_unknown_more_never_raises_a_figure(before: Adherence) -> None:
    after = Adherence(before.done, before.partial, before.skipped, before.unknown + 1)

    assert after.reported == before.reported
    if before.conservative is not None and before.response is not None:
        assert after.conservative is not None
        assert after.response is not None
        assert after.conservative <= before.conservative
        assert after.response <= before.response


@given(counts, st.integers(1, 60))
def test_what_lies_on_a_sheet_changes_no_figure_and_entering_it_as_unknown_raises_none(
    before: Adherence, boxes: int
) -> None:
    waiting = replace(before, on_paper=boxes)
    entered = replace(before, unknown=before.unknown + boxes)

    for name in ("reported", "conservative", "response"):
        assert getattr(waiting, name) == getattr(before, name)
    assert entered.reported == before.reported
    assert before.conservative is None or (entered.conservative or 0) <= before.conservative
    assert before.response is None or (entered.response or 0) <= before.response


@given(counts)
def test_a_done_more_never_lowers_a_figure(before: Adherence) -> None:
    after = Adherence(before.done + 1, before.partial, before.skipped, before.unknown)

    for name in ("reported", "conservative", "response"):
        was, is_now = getattr(before, name), getattr(after, name)
        assert is_now is not None
        assert was is None or is_now >= was - 1e-12


@given(counts)
def test_every_figure_is_a_share_and_the_careful_one_is_the_smaller(adherence: Adherence) -> None:
    figures = [adherence.reported, adherence.conservative, adherence.response]

    assert all(figure is None or 0 <= figure <= 1 for figure in figures)
    if adherence.reported is not None:
        assert adherence.conservative is not None
        assert adherence.conservative <= adherence.reported


def test_open_and_cancelled_are_not_due(session: Session, assignment: Assignment) -> None:
    make_days(session, assignment, DONE, PARTIAL, SKIPPED, UNKNOWN, OPEN, CANCELLED)

    adherence = adherence_of(session, assignment.client_id, MONDAY, SUNDAY)

    assert adherence == Adherence(done=1, partial=1, skipped=1, unknown=1, open=1)
    assert adherence.due == 4


@pytest.mark.parametrize("status", [ReminderStatus.FAILED, ReminderStatus.SKIPPED, ReminderStatus.CANCELLED])
def test_no_answer_to_a_text_that_never_went_out_is_not_held_against_them(
    session: Session, client: Client, assignment: Assignment, status: ReminderStatus
) -> None:
    reminder = make_reminder(session, client, status)
    make_occurrence(session, assignment, UNKNOWN, reminder_id=reminder.id)

    adherence = adherence_of(session, client.id, MONDAY, SUNDAY)

    assert adherence == Adherence(undelivered=1)
    assert adherence.due == 0


def test_what_a_client_without_a_phone_did_is_on_paper_and_not_zero(
    session: Session, assignment: Assignment
) -> None:
    make_occurrence(session, assignment, UNKNOWN, **on_paper)
    make_occurrence(session, assignment, OPEN, MONDAY + timedelta(days=1), **on_paper)

    adherence = adherence_of(session, assignment.client_id, MONDAY, SUNDAY)

    assert adherence == Adherence(open=1, on_paper=1)
    assert (adherence.due, adherence.conservative, adherence.band(Thresholds())) == (0, None, None)


def test_a_box_left_empty_on_a_sheet_that_was_entered_is_unknown(
    session: Session, assignment: Assignment
) -> None:
    make_occurrence(session, assignment, UNKNOWN, source=AnswerSource.PAPER, **on_paper)

    assert adherence_of(session, assignment.client_id, MONDAY, SUNDAY) == Adherence(unknown=1)


def test_the_example_of_a_sheet_before_and_after_it_is_entered() -> None:
    before, after = Adherence(on_paper=14), Adherence(done=9, partial=1, skipped=1, unknown=3)

    assert (before.due, before.band(Thresholds())) == (0, None)
    assert after.due == 14
    assert after.reported == pytest.approx(9.5 / 11)
    assert after.conservative == pytest.approx(9.5 / 14)
    assert after.response == pytest.approx(11 / 14)
    assert after.band(Thresholds()) == "middle"


def test_a_text_the_carrier_did_not_deliver_counts_as_never_sent(
    session: Session, client: Client, assignment: Assignment
) -> None:
    message = make_message(session, client, "Time", direction=Direction.OUT, status="undelivered")
    reminder = make_reminder(session, client, ReminderStatus.SENT, message_id=message.id)
    make_occurrence(session, assignment, UNKNOWN, reminder_id=reminder.id)

    assert adherence_of(session, client.id, MONDAY, SUNDAY) == Adherence(undelivered=1)


def test_an_answer_counts_whatever_became_of_the_text(
    session: Session, client: Client, assignment: Assignment
) -> None:
    reminder = make_reminder(session, client, ReminderStatus.FAILED)
    make_occurrence(session, assignment, DONE, reminder_id=reminder.id)

    assert adherence_of(session, client.id, MONDAY, SUNDAY) == Adherence(done=1)


def test_a_text_that_arrived_and_had_no_answer_is_due(
    session: Session, client: Client, assignment: Assignment
) -> None:
    message = make_message(session, client, "Time", direction=Direction.OUT, status="delivered")
    reminder = make_reminder(session, client, ReminderStatus.SENT, message_id=message.id)
    make_occurrence(session, assignment, UNKNOWN, reminder_id=reminder.id)

    assert adherence_of(session, client.id, MONDAY, SUNDAY) == Adherence(unknown=1)


def test_days_are_the_clients_own(session: Session, client: Client, assignment: Assignment) -> None:
    # Auckland is a day ahead: nine on its Tuesday is still Monday in UTC.
    tuesday = MONDAY + timedelta(days=1)
    make_occurrence(session, assignment, DONE, tuesday, due_at=MONDAY_8PM_UTC)

    days = counts_by_day(session, client.id, MONDAY, SUNDAY)

    assert days == {tuesday: DayCounts(done=1)}


def test_days_are_counted_without_reading_all_there_ever_was(sqlite: Database) -> None:
    with sqlite.reading() as session, noted_plans(sqlite) as steps:
        counts_by_day(session, 1, MONDAY, SUNDAY)

    assert [step for step in steps if "occurrence" in step] == [
        "SEARCH occurrence USING INDEX ix_occurrence_client_due (client_id=? AND due_at>? AND due_at<?)"
    ]


def test_the_beginning_and_the_end_of_time_are_days_too(session: Session, assignment: Assignment) -> None:
    make_days(session, assignment, DONE, DONE)

    assert adherence_of(session, assignment.client_id, date.min, date.max).done == 2


def test_both_ends_of_a_window_count(session: Session, assignment: Assignment) -> None:
    make_days(session, assignment, DONE, DONE, DONE, DONE)

    inner = adherence_of(
        session, assignment.client_id, MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
    )

    assert inner.done == 2


def test_counts_of_exercises_add_up_to_the_whole(
    session: Session, client: Client, assignment: Assignment
) -> None:
    other = make_assignment(session, client, make_exercise(session, make_practice(session)))
    make_days(session, assignment, DONE, SKIPPED)
    make_days(session, other, UNKNOWN, DONE, PARTIAL)

    times = times_due(session, client.id, client.timezone, None, MONDAY_8PM_UTC + timedelta(days=6))
    parts = adherence_among(times, MONDAY, SUNDAY)

    assert parts[assignment.id] == Adherence(done=1, skipped=1)
    assert Adherence.total(parts.values()) == adherence_of(session, client.id, MONDAY, SUNDAY)


def test_times_read_between_two_instants_hold_the_whole_of_their_days(
    session: Session, client: Client, assignment: Assignment
) -> None:
    make_days(session, assignment, DONE, PARTIAL, CANCELLED, SKIPPED, OPEN)
    first, last = MONDAY + timedelta(days=1), MONDAY + timedelta(days=4)
    # Due at nine: earlier than the first instant, and later than the last.
    since, until = MONDAY_8PM_UTC + timedelta(days=1), MONDAY_8PM_UTC + timedelta(days=3, hours=9)

    times = times_due(session, client.id, client.timezone, since, until)

    assert adherence_among(times, first, last) == {
        assignment.id: adherence_of(session, client.id, first, last)
    }
    assert adherence_among(times, first, last)[assignment.id] == Adherence(partial=1, skipped=1, open=1)
    assert [one.status for one in times if one.is_between] == [SKIPPED]
    also_recent = times_due(session, client.id, client.timezone, until, until, recent_since=since)
    assert [one.status for one in also_recent if one.is_recent] == [SKIPPED]
    assert not any(one.is_between for one in also_recent)


def test_of_the_time_before_only_what_may_count_of_some_days_is_read_and_where_each_exercise_began_and_ended(
    session: Session, client: Client, assignment: Assignment
) -> None:
    make_days(session, assignment, DONE, PARTIAL, SKIPPED, UNKNOWN, DONE, PARTIAL)
    other = make_assignment(session, client, make_exercise(session, make_practice(session)))
    make_days(session, other, SKIPPED, DONE, DONE, SKIPPED)
    until = MONDAY_8PM_UTC + timedelta(days=9)

    times = times_due(
        *(session, client.id, client.timezone, MONDAY_8PM_UTC - timedelta(days=9), until),
        whole_since=MONDAY_8PM_UTC + timedelta(days=4),
        days=[MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)],
    )

    read = {(one.assignment_id, (one.slot_on - MONDAY).days) for one in times}
    ends_of_the_other = {(assignment.id, day) for day in (0, 3)}
    assert read - ends_of_the_other == {
        *((assignment.id, day) for day in (1, 4, 5)),
        *((other.id, day) for day in (0, 1, 2, 3)),
    }


def test_clients_are_kept_apart_and_those_without_occurrences_have_zeros(
    session: Session, client: Client, assignment: Assignment
) -> None:
    idle = make_client(session, make_practice(session))
    make_days(session, assignment, DONE)

    many = adherence_of_many(session, [client.id, idle.id], MONDAY, SUNDAY)

    assert many == {client.id: Adherence(done=1), idle.id: Adherence()}


def test_the_counts_are_the_same_on_every_database(any_database: Database) -> None:
    with any_database.sessions() as session:
        practice = make_practice(session)
        client = make_client(session, practice)
        assignment = make_assignment(session, client, make_exercise(session, practice))
        make_days(session, assignment, DONE, UNKNOWN)
        failed = make_reminder(session, client, ReminderStatus.FAILED)
        make_occurrence(session, assignment, UNKNOWN, SUNDAY, reminder_id=failed.id)

        days = counts_by_day(session, client.id, MONDAY, SUNDAY)

    assert DayCounts.total(days.values()) == DayCounts(done=1, unknown=1, undelivered=1)
