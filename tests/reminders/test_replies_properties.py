"""What holds for every text a phone could send."""

import json
import sys
import unicodedata
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminders.replies import CONTEXTS, read_reply
from reminders.replies.cleaning import clean
from reminders.replies.phrases import PhraseBook
from reminders.replies.reading import LONGEST_MESSAGE
from reminders.replies.reply import Reply

EXAMPLES = Path(__file__).parents[1] / "replies" / "examples.jsonl"
TEXTS = [json.loads(line)["text"] for line in EXAMPLES.read_text("utf-8").splitlines()]
WORDS = sorted({word for text in TEXTS for word in text.split()})
CONTEXT = st.sampled_from(sorted(CONTEXTS))
LANG = st.sampled_from([None, "en", "es", "fr", "pt", "de", "ko", "xx"])
LIKELY = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
TEXT = st.one_of(st.text(max_size=80), LIKELY)
DECORATION = st.text(alphabet=" .!\"'*-\u200b\u200c\u200d\ufeff\u00a0\n", max_size=4)
DECIMAL_SCRIPTS = [
    chr(c) for c in range(0x110000) if chr(c) != "0" and unicodedata.decimal(chr(c), None) == 0
]


def check(reply: Reply) -> None:
    assert reply.intents
    assert len(set(reply.intents)) == len(reply.intents)
    assert ("rating" in reply.intents) == (reply.rating is not None)
    assert reply.rating is None or 0 <= reply.rating <= 10
    assert all(0 <= value <= 10 for _, value in reply.ratings)
    assert len(reply.ratings) != 1
    assert "unclear" not in reply.intents or reply.intents == ("unclear",)
    assert "reaction" not in reply.intents or reply.intents == ("reaction",)
    assert ("red_flag" in reply.intents) == bool(reply.flags)
    assert set(reply.rules) == set(reply.intents)
    assert set(reply.as_dict()) == {"intents", "rating", "ratings", "done_count", "clarify"}


@settings(max_examples=400)
@given(TEXT, CONTEXT, LANG)
def test_any_text_gives_a_reply_that_keeps_the_promises(text, context, lang):
    check(read_reply(text, context, lang))


@settings(max_examples=200)
@given(TEXT, CONTEXT, LANG)
def test_the_same_text_always_means_the_same(text, context, lang):
    assert read_reply(text, context, lang) == read_reply(text, context, lang)


@settings(max_examples=400)
@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(text):
    assert clean(clean(text)) == clean(text)


@settings(max_examples=300)
@given(
    st.sampled_from(
        ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "ARRET", "수신거부"]
    ),
    st.data(),
    CONTEXT,
    LANG,
)
def test_a_keyword_opts_out_whatever_is_strewn_around_it(keyword, data, context, lang):
    cased = "".join(data.draw(st.sampled_from([c.lower(), c.upper()])) for c in keyword)
    invisible = data.draw(st.sampled_from(["", "\u200b", "\u200d", "\ufeff", "\u00ad"]))
    text = data.draw(DECORATION) + invisible.join(cased) + data.draw(DECORATION)

    assert read_reply(text, context, lang).intents == ("opt_out",)


@pytest.mark.parametrize("keyword", ["STOP", "QUIT", "UNSUBSCRIBE"])
@pytest.mark.parametrize("between", [" ", ".", "-", ". "])
def test_a_keyword_spelt_out_opts_out(keyword, between):
    assert read_reply(between.join(keyword)).intents == ("opt_out",)


@given(st.integers(0, 10), st.sampled_from(DECIMAL_SCRIPTS), CONTEXT)
@settings(max_examples=200)
def test_a_number_means_the_same_in_every_script(number, zero, context):
    digits = "".join(chr(ord(zero) + int(digit)) for digit in str(number))

    assert read_reply(digits, context).as_dict() == read_reply(str(number), context).as_dict()


@given(
    st.floats(10.01, 37.9) | st.floats(43.1, 100.3) | st.floats(110.1, 99_999) | st.integers(11, 99_999),
    CONTEXT,
)
@settings(max_examples=200)
def test_a_number_outside_the_scale_is_never_recorded(number, context):
    reply = read_reply(f"{number}", context)

    assert reply.intents == ("unclear",)
    assert reply.clarify


@pytest.mark.parametrize(
    "filler", ["and it was raining all day ", "5 or 6, ", "no no ", "a" * 50, "'\" ", "7️⃣", "((("]
)
@pytest.mark.parametrize("place", [0.0, 0.37, 1.0])
def test_what_must_reach_a_person_is_found_in_a_text_of_any_length(filler, place):
    before = filler * int(place * 30_000 / len(filler))
    after = filler * int((1 - place) * 30_000 / len(filler))
    text = f"{before}. Please stop texting me. I want to kill myself. {after}"

    reply = read_reply(text, "pain_prompt")

    assert {"opt_out", "red_flag"} <= set(reply.intents)
    assert reply.rating is None


@pytest.mark.parametrize(
    "filler", ["a", "9", " ", "\n", "(", "7 ", "\"'", "stop ", ", ", "my ", "\u200b", "é", "-5 ", "no pain "]
)
def test_a_hundred_kilobytes_of_anything_are_read_in_pieces_of_bounded_length(filler, monkeypatch):
    lengths = []
    find = PhraseBook.find

    def measured(self, line, *rest):
        lengths.append(len(line))
        return find(self, line, *rest)

    monkeypatch.setattr(PhraseBook, "find", measured)

    check(read_reply(filler * (100_000 // len(filler)), "pain_prompt"))

    assert max(lengths, default=0) <= 4 * LONGEST_MESSAGE
    assert sum(lengths) <= 500_000


def lines_run(text: str) -> int:
    """How many lines of the reader run while it reads: its work, counted the same on every machine."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if "replies" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        read_reply(text, "followup")
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "filler",
    [
        "5 or 6, ", "1 ", "5\n", "o ", "o/", "-5 ", "no pain ", "no ", "chest pain ", "fever 101 ",
        "no fever, ", "had to stop dizzy ", "my husband has chest pain ", "he podido chest pain ",
        "if i have chest pain ", "can i do it later ", "did it twice ", "how? ", "how ?????", "knee left ",
        "-", "=-", "20 pills ", "\"\n",
    ],
)  # fmt: skip
def test_reading_a_text_twice_as_long_takes_twice_the_work(filler):
    short, long = (filler * (length // len(filler)) for length in (1_000, 2_000))
    read_reply(long, "followup")

    assert lines_run(long) <= 2.3 * lines_run(short)


@pytest.mark.parametrize("marks", ["\u0301\u0327", "\U0001d16d\U0001d165"])
def test_marks_are_dropped_before_they_would_be_put_in_order(marks, monkeypatch):
    ordered = []

    def normalize(form, text):
        ordered.append(sum(unicodedata.combining(character) > 0 for character in text))
        return unicodedata.normalize(form, text)

    patched = SimpleNamespace(**vars(unicodedata) | {"normalize": normalize})
    monkeypatch.setattr("reminders.replies.cleaning.unicodedata", patched)

    assert clean("pain " + marks[0] * 2_000 + marks[1] * 2_000 + "5") == "pain 5"
    assert max(ordered) == 0


def test_an_unknown_context_is_refused():
    with pytest.raises(ValueError, match="unknown context"):
        read_reply("7", "whatever")
