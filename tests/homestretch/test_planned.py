"""`homestretch plan` says beforehand what will go out: when, to whom, which kind, why, in which words."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from care.db import Database
from care.models import Message, Occurrence, Reminder
from homestretch.planned import planned_texts
from tests.homestretch.far_and_wide import FRIDAY_BEFORE, fill, inhabit, lived
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    make_assignment,
    make_client,
    make_exercise,
)
from tests.reminders.flagged import QUARTER, open_ward
from tests.reminders.living import BOOK, DAY, begin


def test_what_is_printed_is_what_is_sent_in_every_zone_across_the_change(database: Database) -> None:
    life = inhabit(database)
    until = FRIDAY_BEFORE + 3 * DAY

    with database.reading() as session:
        printed = planned_texts(session, FRIDAY_BEFORE, until)

    assert sorted((one["at"], one["client"], one["body"]) for one in printed) == lived(
        life, FRIDAY_BEFORE, until
    )
    assert len(printed) > 30


def test_each_line_says_when_here_and_there_to_whom_what_and_why(database: Database) -> None:
    life = begin(database, timezone="Asia/Kathmandu")
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice), ends_on=MONDAY + DAY))

    with database.reading() as session:
        [line] = planned_texts(session, MONDAY_8AM, MONDAY_8AM + DAY)

    at = datetime(2026, 3, 3, 9, tzinfo=ZoneInfo("Asia/Kathmandu"))
    assert line["at"] == f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert line["local"].startswith("2026-03-03 09:00")
    assert (line["client"], line["kind"]) == (life.client.token, "exercise")
    assert line["why"] == [f"exercise:{life.client.id}:2026-03-03T09:00"]


def test_asking_stores_and_sends_nothing(database: Database) -> None:
    life = begin(database)
    life.change(lambda s, c: fill(s, c, life.practice))

    with database.reading() as session:
        assert planned_texts(session, MONDAY_8AM, MONDAY_8AM + 30 * DAY)

    with database.reading() as session:
        for table in (Reminder, Occurrence, Message):
            assert session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize("ahead", [timedelta(days=10), timedelta(days=40)])
def test_days_further_ahead_can_be_asked_for(database: Database, ahead: timedelta) -> None:
    life = begin(database)
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice)))

    with database.reading() as session:
        lines = planned_texts(session, MONDAY_8AM + ahead, MONDAY_8AM + ahead + 2 * DAY)

    assert len(lines) == 2


def test_a_client_whose_zone_nobody_knows_hides_nobody_elses_texts(database: Database) -> None:
    life = begin(database)
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice), ends_on=MONDAY))
    with database.sessions.begin() as session:
        lost = make_client(session, life.practice, timezone="Mars/Olympus")
        make_assignment(session, lost, make_exercise(session, life.practice))

    with database.reading() as session:
        lines = planned_texts(session, MONDAY_8AM, MONDAY_8AM + DAY)

    assert [one["client"] for one in lines] == [life.client.token]


def test_the_machines_own_zone_and_language_change_nothing(migrated_file: Path, tmp_path: Path) -> None:
    elsewhere = {"TZ": "Asia/Kolkata", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}

    here, there = (
        live_in_a_process(migrated_file, tmp_path / name, environment)
        for name, environment in (("here.db", {"TZ": "UTC", "LC_ALL": "C.UTF-8"}), ("there.db", elsewhere))
    )

    # Lots are drawn among practices whose texts are due at one instant.
    assert sorted(here) == sorted(there)
    assert len(here) > 15


def live_in_a_process(migrated_file: Path, path: Path, environment: dict[str, str]) -> list[object]:
    shutil.copy(migrated_file, path)
    done = subprocess.run(
        [sys.executable, "-m", "tests.homestretch.far_and_wide", f"sqlite:///{path}"],
        env={**os.environ, **environment, "PYTHONWARNINGS": "error"},
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    logged: list[object] = json.loads(done.stdout.splitlines()[-1])
    return logged


def test_what_waits_in_answer_and_to_alert_somebody_is_printed_too(database: Database) -> None:
    ward = open_ward(database)
    ward.text_in("I have chest pain", MONDAY_9AM)

    with database.reading() as session:
        printed = planned_texts(session, MONDAY_9AM, MONDAY_9AM + DAY, now=MONDAY_9AM, book=BOOK)
        theirs = planned_texts(session, MONDAY_9AM, MONDAY_9AM + DAY, ward.client.token, MONDAY_9AM, BOOK)

    sent = ward.send(MONDAY_9AM) + ward.send(MONDAY_9AM + QUARTER)
    assert sorted(one["body"] for one in printed) == sorted(body for _, body in sent)
    assert {(one["kind"], one["client"], one["user"]) for one in printed} == {
        ("safety", ward.client.token, None),
        ("alert", None, ward.user("Sam").id),
        ("alert", None, ward.user("Kim").id),
    }
    assert {one["kind"] for one in theirs} >= {"safety"}
