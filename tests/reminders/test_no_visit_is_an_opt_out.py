"""Leaving one visit is a request to the office; leaving the texts is an opt-out."""

import pytest

from reminders.replies import read_reply


@pytest.mark.parametrize(
    "text",
    [
        "remove me from the Wednesday visit",
        "take me off the 3pm",
        "please take me off Friday",
        "take my name off the 2pm slot",
        "I want to be removed from the 3pm slot",
        "remove me from tomorrow's schedule",
        "unsubscribe me from the Wednesday visit",
        "drop me from Friday's class, I have a cold",
        "take me off the waitlist",
        "cancel my appointment",
        "delete my appointment",
        "quítenme de la cita del miércoles",
        "sáqueme del turno del lunes",
    ],
)
@pytest.mark.parametrize("context", ["none", "pain_prompt", "exercise_prompt"])
def test_leaving_a_visit_is_a_question(text: str, context: str) -> None:
    reading = read_reply(text, context, "en")

    assert "opt_out" not in reading.intents
    assert "question" in reading.intents


@pytest.mark.parametrize(
    "text",
    [
        "remove me",
        "take me off",
        "take me off your list",
        "remove me from this list",
        "remove my number",
        "remove me from the visit reminders",
        "remove me from the Wednesday texts",
        "take me off the text list and cancel my appointment",
        "take me off the schedule",
        "get me off this list",
        "unsubscribe",
        "sáqueme de la lista",
    ],
)
def test_leaving_the_texts_is_an_opt_out(text: str) -> None:
    assert "opt_out" in read_reply(text, "none", "en").intents
