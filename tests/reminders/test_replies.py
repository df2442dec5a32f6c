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
    assert read_reply("4").rules == {"unclear": "rating.unasked"}


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


@pytest.mark.parametrize(("lang", "rating"), [("en", 9), ("es", 9), ("de", None), (None, None)])
def test_a_slip_of_nine_that_may_be_a_german_no_is_a_nine_only_where_it_cannot_be(lang, rating):
    assert read_reply("nien", "pain_prompt", lang).rating == rating


@pytest.mark.parametrize("text", ["havent gotten up yet", "not out of bed yet", "haven't moved much yet"])
def test_not_being_up_yet_is_later_for_exercises_and_no_answer_about_pain(text):
    assert read_reply(text, "exercise_prompt").intents == ("snooze",)
    asked_for_pain = read_reply(f"it was a 6 yesterday but {text}", "pain_prompt")
    assert (asked_for_pain.intents, asked_for_pain.clarify) == (("unclear",), True)


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


CARRIER_WORDS = ["STOP", "Stop", "unsubscribe", "QUIT", "stopall"]
DANGERS = ["chest pain since yesterday", "my calf is swollen", "he hits me", "my husband will kill me"]


@pytest.mark.parametrize("word", CARRIER_WORDS)
@pytest.mark.parametrize("danger", DANGERS)
@pytest.mark.parametrize("around", ["{0} {1}", "{0} - {1}", "{0}, {1}", "{0} {0} {1}", "{0} please {1}"])
def test_a_keyword_before_a_danger_needs_no_punctuation(word, danger, around):
    assert read_reply(around.format(word, danger)).intents == ("opt_out", "red_flag")


@pytest.mark.parametrize("word", CARRIER_WORDS)
@pytest.mark.parametrize("danger", DANGERS)
@pytest.mark.parametrize("around", ["{1} {0}", "{1}. {0}", "{1}, {0} please", "{1}\n{0}"])
def test_a_keyword_after_a_danger_needs_no_punctuation(word, danger, around):
    assert read_reply(around.format(word, danger)).intents == ("opt_out", "red_flag")


@pytest.mark.parametrize("text", ["BAJA no puedo respirar", "ALTO, me caí", "PAREM não consigo respirar"])
def test_a_keyword_of_another_language_before_a_danger_opts_out(text):
    assert {"opt_out", "red_flag"} <= set(read_reply(text, "none", "es").intents)


@pytest.mark.parametrize(
    "text", ["STOP 4", "4 STOP", "pain 4 STOP", "STOP 4/10", "four, stop", "4. unsubscribe"]
)
@pytest.mark.parametrize("context", CONTEXTS)
def test_a_keyword_beside_a_number_opts_out_and_records_nothing(text, context):
    reply = read_reply(text, context)

    assert reply.intents == ("opt_out",)
    assert reply.rating is None


@pytest.mark.parametrize(
    "text",
    [
        "STOP, wrong person",
        "who is this stop",
        "stop, wrong number",
        "wrong number stop",
        "STOP this isn't Gloria",
    ],
)
def test_a_keyword_beside_a_wrong_number_is_both(text):
    assert read_reply(text).intents == ("opt_out", "wrong_number")


@pytest.mark.parametrize(
    "text",
    [
        "no thanks stop", "cancel texts", "cancel these", "no more", "no more please", "you can stop now",
        "no longer a patient, stop", "I had enough. Stop", "Stop I'm done with therapy", "sign me off",
        "parem", "STOP pls my husband is angry", "Stop! My knee hurts", "STOP - no time for this",
    ],
)  # fmt: skip
@pytest.mark.parametrize("context", CONTEXTS)
def test_what_a_reasonable_person_takes_for_an_opt_out_is_one(text, context):
    assert read_reply(text, context).intents == ("opt_out",)


@pytest.mark.parametrize(
    "text",
    [
        "stop the pain", "I had to stop at 3", "should I stop if it hurts", "don't stop", "bus stop",
        "can't stop coughing", "alto 8", "chest pain made me stop", "dizzy and had to stop",
        "when I get chest pain I stop", "stop if chest pain?", "stop taking tylenol, i took too many?",
        "when it hurts, stop", "stop i meant 4", "stop at 3", "stop-and-go pain", "no more pain",
        "no more than 3", "cancel my appointment I have chest pain", "end of day chest pain",
        "la fiebre no baja", "fiebre baja", "baja 4", "stop for today, text me tomorrow",
        "cancel that, I meant 4", "stop the chest pain", "my back hurts when I stop",
    ],
)  # fmt: skip
@pytest.mark.parametrize("context", CONTEXTS)
def test_stopping_something_else_is_no_opt_out(text, context):
    assert "opt_out" not in read_reply(text, context, "en").intents


# Red flags

SAID_IN_OTHER_WAYS = [
    ("my husband will kill me", "unsafe"),
    ("he said he will hurt me", "unsafe"),
    ("my son is going to kill me", "unsafe"),
    ("my wife throws things at me", "unsafe"),
    ("mi esposo me va a matar", "unsafe"),
    ("mi marido quiere matarme", "unsafe"),
    ("me va a matar mi esposo", "unsafe"),
    ("I might as well be dead", "crisis"),
    ("nothing matters anymore", "crisis"),
    ("if I wasn't here nobody would care", "crisis"),
    ("nobody would care if I died", "crisis"),
    ("se me cierra la garganta", "heart"),
    ("se me está cerrando la garganta", "heart"),
    ("se me hinchó la lengua", "heart"),
    ("se abrió la herida", "infection"),
    ("se me abrieron los puntos", "infection"),
    ("me sangra la herida", "infection"),
    ("se me hinchó la pantorrilla", "clot"),
    ("se me puso helado el pie", "limb"),
    ("se me está cayendo la cara", "stroke"),
    ("popped and can't move it", "fracture"),
    ("slid off the bed onto the floor", "fracture"),
    ("slid out of my wheelchair", "fracture"),
    ("accident in my pants", "cauda"),
    ("I took 3 extra tylenol", "poison"),
    ("tomé 3 pastillas de más", "poison"),
]


@pytest.mark.parametrize(("text", "group"), SAID_IN_OTHER_WAYS)
@pytest.mark.parametrize("context", CONTEXTS)
def test_a_red_flag_counts_in_whatever_order_it_is_said(text, group, context):
    assert group in read_reply(text, context, "en").flags


@pytest.mark.parametrize(
    "text", ["100.4", "38.5", "38,5", "it's 101.2 now", "38.5 C", "temp 100.4", "4. 38.6 tonight"]
)
@pytest.mark.parametrize("context", CONTEXTS)
def test_a_figure_off_a_thermometer_is_a_fever(text, context):
    assert "infection" in read_reply(text, context).flags


@pytest.mark.parametrize(
    "text", ["4", "4.5", "10.4", "37.5", "98.6", "99.9", "38", "101", "38.5 inches", "my son has 38.5"]
)
def test_other_figures_are_no_fever(text):
    assert read_reply(text, "pain_prompt").flags == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "took 2 extra strength tylenol", "took 2 tylenol extra strength", "rolled out of bed late",
        "if i am late can anyone see me", "el ejercicio me va a matar", "she throws a lot of exercises at me",
        "my PT will kill me if I skip lol", "no accidents in my pants",
    ],
)  # fmt: skip
def test_what_only_sounds_like_them_is_no_red_flag(text):
    assert read_reply(text, "none", "en").flags == frozenset()


# Notes: for a person to see, without an alarm


@pytest.mark.parametrize(
    "text",
    [
        "lost 20 lbs without trying", "losing weight and don't know why", "pain wakes me at night",
        "my hip keeps me up, night pain", "i have a history of cancer", "had cancer in 2010",
        "he perdido peso", "pérdida de peso", "el dolor me despierta de noche", "tuve cáncer",
    ],
)  # fmt: skip
def test_a_slow_sign_is_noted_without_an_alarm(text):
    reply = read_reply(text, "none", "en")

    assert reply.notes == {"slow_sign"}
    assert reply.note_rules.keys() == {"slow_sign"}
    assert "red_flag" not in reply.intents


@pytest.mark.parametrize(
    "text",
    [
        "no chest pain",
        "no fever, chills or drainage",
        "haven't fallen",
        "no tengo fiebre",
        "sin dolor de pecho",
    ],
)
def test_a_denied_danger_is_noted_without_an_alarm(text):
    reply = read_reply(text, "pain_prompt", "en")

    assert reply.notes == {"denied"}
    assert "red_flag" not in reply.intents


@pytest.mark.parametrize(
    "text",
    ["4", "done", "thanks", "no pain", "no weight loss", "no history of cancer", "my mom has cancer", "STOP",
     "the dog woke me up", "lost 5 lbs on my diet", "numb toes gone", "my husband has no fever"],
)  # fmt: skip
def test_nothing_is_noted_of_everyday_texts(text):
    assert read_reply(text, "pain_prompt").notes == frozenset()


def test_a_number_beside_a_slow_sign_is_still_recorded():
    reply = read_reply("4, the pain wakes me up at night", "pain_prompt")

    assert reply.rating == 4
    assert reply.notes == {"slow_sign"}


def test_notes_are_kept_beside_an_opt_out_and_in_the_longest_text():
    assert read_reply("STOP. I have cancer").notes == {"slow_sign"}
    assert read_reply("I have cancer. " + "and it rained all day " * 400).notes == {"slow_sign"}


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
