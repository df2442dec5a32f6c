"""Sweeping goes on for everybody else when one practice's rows break a step of it."""

from collections.abc import Callable, Sequence
from datetime import datetime, time
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from care.db import Database
from care.models import Client, Message, Occurrence, OccurrenceStatus, Practice, Question
from care.occurrences import close_unanswered
from scheduler import sweeping
from tests.making import MONDAY, MONDAY_8AM, make_answer, make_assignment, make_exercise
from tests.reminders.living import DAY, HOUR, Life, begin

LATER = MONDAY_8AM + 3 * DAY
Step = Callable[[Session, datetime, Sequence[int]], int]


def with_occurrence(database: Database) -> Life:
    """A client with an exercise and a question that nobody has answered for a day."""
    life = begin(database)
    life.change(_leave_open)
    return life


def _leave_open(session: Session, client: Client) -> None:
    own: dict[str, Any] = {"practice_id": client.practice_id, "client_id": client.id}
    own["closes_at"] = MONDAY_8AM + DAY
    practice = session.get_one(Practice, client.practice_id)
    assignment = make_assignment(session, client, make_exercise(session, practice))
    slot: dict[str, Any] = {"slot_on": MONDAY, "slot_time": time(8), "due_at": MONDAY_8AM}
    session.add(Occurrence(**own, **slot, assignment_id=assignment.id))
    asked: dict[str, Any] = {"asked_at": MONDAY_8AM, "bare_until": MONDAY_8AM + DAY}
    session.add(Question(**own, **asked, context="pain_prompt"))


def statuses(database: Database) -> list[OccurrenceStatus]:
    with database.sessions() as session:
        return list(session.scalars(select(Occurrence.status).order_by(Occurrence.practice_id)))


def breaking_at(practice_id: int, step: Step) -> Step:
    """The step, which does its work and then meets a row it cannot bear."""

    def broken(session: Session, now: datetime, practices: Sequence[int]) -> int:
        done = step(session, now, practices)
        if practice_id in practices:
            raise KeyError("alerts")
        return done

    return broken


def test_a_practice_whose_rows_break_a_step_keeps_nobody_else_from_being_swept(
    any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = with_occurrence(any_database), with_occurrence(any_database)
    monkeypatch.setattr(sweeping, "close_unanswered", breaking_at(bad.practice.id, close_unanswered))

    with capture_logs() as logs:
        swept = good.sweep(LATER)

    assert swept.occurrences == 1
    assert statuses(any_database) == [OccurrenceStatus.OPEN, OccurrenceStatus.UNKNOWN]
    parked = [(one["step"], one["practice"]) for one in logs if one["event"] == "not_swept"]
    assert parked == [("close_unanswered", bad.practice.id)]


def test_a_step_that_breaks_for_a_practice_leaves_its_other_steps_alone(
    any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = with_occurrence(any_database)
    for name in ("hand_on_overdue", "expire_questions"):
        monkeypatch.setattr(sweeping, name, breaking_at(life.practice.id, getattr(sweeping, name)))

    swept = life.sweep(LATER)

    assert (swept.occurrences, swept.questions) == (1, 0)
    assert statuses(any_database) == [OccurrenceStatus.UNKNOWN]


def test_silence_that_cannot_be_looked_at_keeps_the_rest_of_the_sweep(
    any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = with_occurrence(any_database)

    def broken(*_: object) -> None:
        raise ValueError("no such zone")

    monkeypatch.setattr(sweeping, "watch_silence", broken)
    swept = life.sweep(LATER)

    assert (swept.occurrences, swept.questions) == (1, 1)
    assert statuses(any_database) == [OccurrenceStatus.UNKNOWN]


def test_a_database_out_of_reach_is_no_rows_fault(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = with_occurrence(database)

    def gone(*_: object) -> int:
        raise OperationalError("SELECT 1", {}, ConnectionError("gone"))

    monkeypatch.setattr(sweeping, "expire_questions", gone)

    with pytest.raises(OperationalError):
        life.sweep(LATER)
    assert statuses(database) == [OccurrenceStatus.OPEN]


def test_old_words_are_removed_once_a_day(any_database: Database) -> None:
    life = begin(any_database, practice={"texts_kept_days": 30})
    life.change(lambda session, client: make_answer(session, client, "the first", at=MONDAY_8AM))

    life.sweep(MONDAY_8AM + 29 * DAY)
    life.change(lambda session, client: make_answer(session, client, "another", at=MONDAY_8AM))
    life.sweep(MONDAY_8AM + 31 * DAY)
    life.change(lambda session, client: make_answer(session, client, "within the day", at=MONDAY_8AM))
    life.sweep(MONDAY_8AM + 31 * DAY + HOUR)

    with any_database.sessions() as session:
        assert list(session.scalars(select(Message.body).order_by(Message.id))) == ["", "", "within the day"]
