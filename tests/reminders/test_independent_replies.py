"""The replies that were written and labelled from the guide by people who had not seen the reader's code."""

import json
from pathlib import Path

import pytest

from reminders.replies import read_reply
from tests.reminders.test_reply_examples import is_exact

FEWEST_EXACT = 0.99


@pytest.fixture(scope="module", params=["independent", "blind"])
def readings(request):
    path = Path(__file__).parents[1] / "replies" / f"{request.param}.jsonl"
    replies = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [(one, read_reply(one["text"], one["context"], one["lang"])) for one in replies]


def without_flags(one):
    return {"expect": {key: value for key, value in one["expect"].items() if key != "flags"}}


@pytest.mark.parametrize("intent", ["red_flag", "opt_out"])
def test_nothing_that_must_reach_a_person_is_missed(readings, intent):
    asking = [(one, reply) for one, reply in readings if intent in one["expect"]["intents"]]

    assert asking
    assert [one["id"] for one, reply in asking if intent not in reply.intents] == []


def test_every_kind_of_danger_is_named(readings):
    flagged = [(one, reply) for one, reply in readings if one["expect"].get("flags")]

    assert flagged
    assert [one["id"] for one, reply in flagged if not set(one["expect"]["flags"]) <= reply.flags] == []


def test_no_rating_is_invented(readings):
    unrated = [(one, reply) for one, reply in readings if one["expect"]["rating"] is None]

    assert unrated
    assert [one["id"] for one, reply in unrated if reply.rating is not None] == []


def test_what_is_read_exactly_stays_so(readings):
    exact = sum(is_exact(without_flags(one), reply) for one, reply in readings)

    assert exact >= FEWEST_EXACT * len(readings)


@pytest.mark.parametrize(
    "text",
    ["no he podido orinar desde ayer", "no he podido respirar bien", "no he podido mover la pierna"],
)
def test_the_spanish_i_have_is_nobody_else(text):
    assert "red_flag" in read_reply(text, "pain_prompt", "es").intents
