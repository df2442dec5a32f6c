"""Any word from a client who fell silent starts the texts again: through the webhook."""

from datetime import timedelta

import pytest

from care.db import Database
from care.models import AttentionItem, AttentionKind, AttentionStatus, Client
from care.pausing import PAUSED_FOR_SILENCE, pause_texts
from tests.making import MONDAY, make_assignment, make_exercise
from tests.web.conftest import MakeApp, TestClock
from tests.web.texting import Line, open_line


@pytest.fixture
def line(database: Database, make_app: MakeApp, clock: TestClock) -> Line:
    return open_line(database, make_app, clock)


@pytest.fixture
def silent(line: Line) -> Client:
    """Reminded every day from Monday on; never a word."""
    client = line.add()
    with line.database.sessions.begin() as session:
        exercise = make_exercise(session, line.practice)
        make_assignment(session, session.get_one(Client, client.id), exercise)
    return client


def live(line: Line, days: int) -> list[str]:
    """Day after day at nine: plan, send, sweep, send. What went out."""
    texts = []
    for _ in range(days):
        line.plan()
        texts += line.drain()
        line.sweep()
        texts += line.drain()
        line.later(days=1)
    return texts


def item_of(line: Line) -> AttentionItem:
    [item] = [one for one in line.items() if one.kind is AttentionKind.SILENCE]
    return item


def test_two_silent_weeks_end_in_a_pause_with_one_text_and_one_item_before(
    line: Line, silent: Client
) -> None:
    texts = live(line, 25)

    client = line.client(silent)
    assert (client.pause_reason, client.paused_from) == (PAUSED_FOR_SILENCE, MONDAY + timedelta(days=14))
    assert sum("We have not heard from you" in text for text in texts) == 1
    assert 14 <= sum("home stretches" in text for text in texts) <= 15
    assert item_of(line).status is AttentionStatus.OPEN


@pytest.mark.parametrize("body", ["GOOD", "sorry, was away", "\N{THUMBS UP SIGN}", 'Liked "your reminder"'])
def test_any_word_starts_the_texts_again_and_closes_the_item(line: Line, silent: Client, body: str) -> None:
    live(line, 20)
    line.clock.now += timedelta(hours=2)

    line.text(silent, body)
    line.later(hours=22)
    again = live(line, 2)

    client, item = line.client(silent), item_of(line)
    assert (client.pause_reason, item.status) == (None, AttentionStatus.CLOSED)
    assert item.closed_by_id is None
    assert item.note == "The client was heard from again."
    assert sum("home stretches" in text for text in again) == 2


def test_stop_from_a_silent_client_is_a_stop(line: Line, silent: Client) -> None:
    live(line, 20)

    line.text(silent, "STOP")

    assert line.client(silent).pause_reason == PAUSED_FOR_SILENCE
    assert live(line, 2) == []


def test_a_pause_by_staff_stays_whatever_the_client_writes(line: Line, silent: Client) -> None:
    line.change(lambda s, c: pause_texts(s, c, MONDAY, None, line.clock.now), silent)

    line.text(silent, "hello")

    assert line.client(silent).is_paused_on(MONDAY)
