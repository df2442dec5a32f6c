"""Hostile names and words in texts that really go out: said as words, run nowhere, breaking none."""

import unicodedata
from datetime import time

import pytest

from care.db import Database
from care.models import FollowUpKind, ReminderKind
from reminders.segments import count_parts
from tests.making import MONDAY_8AM, MONDAY_9AM, make_assignment, make_exercise, make_follow_up
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import MINUTE, begin

HOSTILE = {
    "html": "<script>alert('owned')</script>",
    "sql": "'; DROP TABLE client; --",
    "jinja": "{{ 123457 * 3 }}",
    "format": "{practice.token}{0}{}%s%(x)s",
    "csv": '=HYPERLINK("https://evil.example")',
    "lines": "one\r\nSTOP\r\n\r\ntwo",
    "nul": "before\x00after",
    "right to left": "\u202egnp.exe\u2066\u0645\u0631\u062d\u0628\u0627",
    "long": "x" * 100_000,
}
# What a name column holds on either database.
LONGEST_NAME, LONGEST_PRACTICE, LONGEST_BODY = 60, 80, 320


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
def test_texts_with_hostile_names_and_words_go_out_as_plain_lines(sqlite: Database, words: str) -> None:
    life = begin(
        sqlite,
        first_name=words[:LONGEST_NAME],
        practice={
            "name": words[:LONGEST_PRACTICE],
            "wording": {"en": {"pain_now": "{practice}: {first}, how much does it hurt, 0 to 10?"}},
        },
    )
    life.change(lambda s, client: make_assignment(s, client, make_exercise(s, life.practice)))
    life.change(
        lambda s, client: make_follow_up(
            s, client, kind=FollowUpKind.MESSAGE, body=words[:LONGEST_BODY], at_time=time(10)
        )
    )
    life.change(lambda s, client: make_follow_up(s, client, at_time=time(11)))
    life.owe(ReminderKind.ANSWER, "skipped", MONDAY_8AM)
    gateway = CountingGateway()
    life.plan(MONDAY_8AM)

    for hours in range(4):
        life.drain(gateway, MONDAY_9AM + hours * 60 * MINUTE)

    assert len(gateway.bodies) == 4
    for body in gateway.bodies:
        assert 0 < count_parts(body).parts <= 4, body
        assert str(123457 * 3) not in body
        assert life.practice.token not in body
        assert not [one for one in body if unicodedata.category(one) in ("Cc", "Cf") and one != "\n"], body
    # Lines that somebody typed into a message stay; a name begins none.
    assert sum("\nSTOP" in body for body in gateway.bodies) <= 1
