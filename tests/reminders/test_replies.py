"""How replies are read, section by section of the labelling guide."""

import json
from pathlib import Path

import pytest

from reminders.replies import Reply, read_reply

CONTEXTS = ("pain_prompt", "exercise_prompt", "followup", "none")
VARIATIONS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "replies" / "variations.jsonl").read_text("utf-8").splitlines()
]
GROUPS = sorted({variation["group"] for variation in VARIATIONS})


@pytest.mark.parametrize("group", GROUPS)
def test_our_own_variations_of_the_guide_are_read_exactly(group):
    wrong = []

    for variation in (v for v in VARIATIONS if v["group"] == group):
        expected = {"ratings": [], "done_count": None} | variation["expect"]
        found = read_reply(variation["text"], variation["context"], variation["lang"]).as_dict()
        if found | {"intents": sorted(found["intents"])} != expected:
            wrong.append((variation["text"], variation["context"], found))

    assert wrong == []


# Contexts and clarify


def test_a_bare_number_answers_an_open_question():
    assert [read_reply("7", context).rating for context in CONTEXTS] == [7, 7, 7, None]


def test_a_bare_number_with_nothing_open_is_asked_about():
    reply = read_reply("7")

    assert reply.intents == ("unclear",)
    assert reply.clarify


def test_done_alone_asks_for_the_number_only_after_the_pain_question():
    assert [read_reply("done", context).clarify for context in CONTEXTS] == [True, False, False, False]


@pytest.mark.parametrize("context", CONTEXTS)
def test_no_pain_is_a_zero_everywhere(context):
    assert read_reply("no pain", context).rating == 0


def test_none_is_a_zero_only_after_the_pain_question():
    assert [read_reply("none", context).rating for context in CONTEXTS] == [0, None, None, None]


# Numbers


@pytest.mark.parametrize(
    "text",
    ["11", "-1", "12/10", "over 10", "less than 5", "3/5", "70/100", "50%", "5 6", "3, 5", "6/7 out of 10"],
)
def test_what_is_no_level_on_the_scale_is_never_recorded(text):
    reply = read_reply(text, "pain_prompt")

    assert reply.intents == ("unclear",)
    assert reply.clarify


@pytest.mark.parametrize(
    "text", ["day 3", "took 2 advil", "room 5", "L5", "24/7", "gr8", "4 hours", "bp 120/80", "10-4"]
)
def test_a_number_with_a_job_is_no_rating(text):
    assert read_reply(text, "pain_prompt").rating is None


@pytest.mark.parametrize(
    "text", ["it was a 7 yesterday", "hoping for a 2", "my wife's pain is a 9", "mood 8"]
)
def test_the_past_a_wish_another_person_and_another_quantity_are_no_rating(text):
    assert read_reply(text, "pain_prompt").rating is None


def test_several_ratings_keep_their_labels_and_the_latest_counts():
    reply = read_reply("5 before 3 after", "pain_prompt")

    assert reply.ratings == (("before", 5), ("after", 3))
    assert reply.rating == 3


def test_of_several_body_parts_the_highest_counts():
    reply = read_reply("L knee 3 R knee 7", "pain_prompt")

    assert reply.ratings == (("left knee", 3), ("right knee", 7))
    assert reply.rating == 7


def test_a_correction_leaves_only_the_corrected_number():
    reply = read_reply("oops 3 not 8", "none")

    assert reply.rating == 3
    assert reply.ratings == ()


# Exercises


def test_how_often_the_routine_was_done_is_counted():
    assert read_reply("done twice", "exercise_prompt").done_count == 2
    assert read_reply("did 2 sets", "exercise_prompt").done_count is None


def test_half_of_it_is_done_in_part():
    assert read_reply("did half", "exercise_prompt").is_partial
    assert not read_reply("done", "exercise_prompt").is_partial


def test_slips_that_make_a_word_are_done_only_where_we_asked_for_it():
    assert read_reply("dome", "exercise_prompt").intents == ("done",)
    assert read_reply("dome", "pain_prompt").intents == ("unclear",)


# Opt-outs


@pytest.mark.parametrize("context", CONTEXTS)
def test_an_opt_out_drops_everything_but_a_red_flag(context):
    reply = read_reply("Pain 4, done. Stop texting me. I fell", context)

    assert set(reply.intents) == {"opt_out", "red_flag"}
    assert reply.rating is None


@pytest.mark.parametrize("text", ["ѕtоp", "ＳＴＯＰ", "S\u200bTOP", "s.t.o.p", "stop\u00a0please"])
def test_a_keyword_in_disguise_is_still_a_keyword(text):
    assert read_reply(text).intents == ("opt_out",)


# Red flags

KINDS = [
    ("numb between my legs", "cauda"),
    ("can't pee since last night", "cauda"),
    ("chest pain", "heart"),
    ("I passed out", "heart"),
    ("my calf is red and swollen", "clot"),
    ("my toes are blue and cold", "limb"),
    ("my face is drooping", "stroke"),
    ("can't move my arm", "nerve"),
    ("I have a fever of 102", "infection"),
    ("I want to die", "crisis"),
    ("my husband hits me", "unsafe"),
    ("I fell in the kitchen", "fracture"),
    ("this pain is unbearable", "high_pain"),
    ("took 12 of my pain pills by accident", "poison"),
]


@pytest.mark.parametrize(("text", "group"), KINDS)
def test_a_red_flag_names_its_group(text, group):
    assert group in read_reply(text, "pain_prompt").flags


@pytest.mark.parametrize(("text", "group"), KINDS)
@pytest.mark.parametrize(
    "around", ["4. {}", "{} lol", "done {}", "STOP texting me. {}", "{}, is that normal?"]
)
def test_nothing_around_it_hides_a_red_flag(text, group, around):
    assert group in read_reply(around.format(text), "exercise_prompt").flags


@pytest.mark.parametrize(
    "text", ["no chest pain", "no fever, chills or drainage", "haven't fallen", "no trouble breathing"]
)
def test_a_denied_sign_is_no_red_flag(text):
    assert "red_flag" not in read_reply(text, "pain_prompt").intents


@pytest.mark.parametrize(
    "text",
    [
        "No, chest pain",
        "no sleep because of chest pain",
        "never had chest pain like this",
        "not sure, chest pain",
    ],
)
def test_a_no_about_something_else_denies_nothing(text):
    assert "heart" in read_reply(text, "pain_prompt").flags


def test_crisis_words_are_not_hidden_by_a_joke_or_a_question():
    assert read_reply("I just want to die lol").flags == {"crisis"}
    assert read_reply("what if I want to kill myself").flags == {"crisis"}


# Explaining


def test_every_intent_names_its_rule():
    reply = read_reply("done, 4, is that ok?", "exercise_prompt")

    assert set(reply.rules) == {"done", "rating", "question"}


def test_a_reply_as_a_dictionary_has_the_keys_of_the_contract():
    assert read_reply("7", "pain_prompt").as_dict() == {
        "intents": ["rating"],
        "rating": 7,
        "ratings": [],
        "done_count": None,
        "clarify": False,
    }


def test_a_reply_cannot_be_changed():
    with pytest.raises(AttributeError):
        Reply(("unclear",)).rating = 4
