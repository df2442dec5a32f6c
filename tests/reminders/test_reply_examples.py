"""The worked examples of the labelling guide, scored exactly."""

import json
from pathlib import Path

import pytest

from reminders.replies import read_reply

EXAMPLES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "replies" / "examples.jsonl").read_text("utf-8").splitlines()
]
FEWEST_EXACT = 0.99


@pytest.fixture(scope="module")
def readings():
    return [
        (example, read_reply(example["text"], example["context"], example["lang"])) for example in EXAMPLES
    ]


def is_exact(example, reply):
    expected = {"ratings": [], "done_count": None} | example["expect"]
    found = reply.as_dict()
    return found | {"intents": set(found["intents"])} == expected | {"intents": set(expected["intents"])}


def test_nearly_all_examples_are_read_exactly(readings):
    wrong = [example["id"] for example, reply in readings if not is_exact(example, reply)]

    assert len(wrong) <= (1 - FEWEST_EXACT) * len(EXAMPLES), wrong


@pytest.mark.parametrize("intent", ["red_flag", "opt_out"])
def test_nothing_that_must_reach_a_person_is_missed(readings, intent):
    asking = [(example, reply) for example, reply in readings if intent in example["expect"]["intents"]]

    assert asking
    assert [example["id"] for example, reply in asking if intent not in reply.intents] == []


def test_no_rating_is_invented(readings):
    unrated = [(example, reply) for example, reply in readings if example["expect"]["rating"] is None]

    assert unrated
    assert [example["id"] for example, reply in unrated if reply.rating is not None] == []


def test_every_intent_names_the_rule_that_fired(readings):
    assert all(set(reply.rules) == set(reply.intents) for _, reply in readings)
