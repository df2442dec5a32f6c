"""Parts of a text, counted against a slow and independent reading of the standard."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminders.segments import count_parts, is_gsm, plain

# 3GPP TS 23.038, table by table, as code points; not copied from the product.
LETTERS = {*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0x30, 0x3A)}
SIGNS = {*range(0x20, 0x40)} - {0x60} | {0x40, 0x5F, 0x0A, 0x0D, 0xA1, 0xA3, 0xA4, 0xA5, 0xA7, 0xBF}
EUROPE = {0xC4, 0xC5, 0xC6, 0xC7, 0xC9, 0xD1, 0xD6, 0xD8, 0xDC, 0xDF, 0xE0, 0xE4, 0xE5, 0xE6, 0xE8, 0xE9}
EUROPE |= {0xEC, 0xF1, 0xF2, 0xF6, 0xF8, 0xF9, 0xFC}
GREEK = {0x393, 0x394, 0x398, 0x39B, 0x39E, 0x3A0, 0x3A3, 0x3A6, 0x3A8, 0x3A9}
ONE_SEPTET = LETTERS | SIGNS | EUROPE | GREEK
TWO_SEPTETS = {0x0C, 0x5B, 0x5C, 0x5D, 0x5E, 0x7B, 0x7C, 0x7D, 0x7E, 0x20AC}

GSM_TEXT = st.text(st.sampled_from(sorted(map(chr, ONE_SEPTET | TWO_SEPTETS))), max_size=500)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def slow_count(body: str) -> tuple[int, int]:
    """Units and parts, filled in one character after the other."""
    points = [ord(character) for character in body]
    if all(point in ONE_SEPTET | TWO_SEPTETS for point in points):
        sizes, single, each = [2 if point in TWO_SEPTETS else 1 for point in points], 160, 153
    else:
        sizes, single, each = [len(chr(point).encode("utf-16-le")) // 2 for point in points], 70, 67
    if sum(sizes) <= single:
        return sum(sizes), 1
    parts = [0]
    for size in sizes:
        if parts[-1] + size > each:
            parts.append(0)
        parts[-1] += size
    return sum(sizes), len(parts)


@given(body=st.one_of(GSM_TEXT, ANY_TEXT))
@settings(max_examples=150)
def test_units_and_parts_are_what_the_standard_says(body: str) -> None:
    counted = count_parts(body)

    assert (counted.units, counted.parts) == slow_count(body)
    assert counted.units <= counted.room or counted.parts > 1


@pytest.mark.parametrize(
    ("body", "encoding", "parts"),
    [
        ("", "GSM-7", 1),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("a" + "€" * 80, "GSM-7", 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 3),
        ("ł" * 70, "UCS-2", 1),
        ("ł" * 71, "UCS-2", 2),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 36, "UCS-2", 2),
        ("😀" * 67, "UCS-2", 3),
    ],
)
def test_the_edges(body: str, encoding: str, parts: int) -> None:
    counted = count_parts(body)

    assert (counted.encoding, counted.parts) == (encoding, parts)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("It’s “fine” – really…", 'It\'s "fine" - really...'),
        ("no\u00a0break\u200b", "no break"),
        ("José está aquí", "José esta aqui"),
        ("façade", "facade"),
        ("e\u0301", "é"),
        ("• one\t• two", "- one - two"),
    ],
)
def test_plain_words_fit_the_cheap_alphabet(typed: str, sent: str) -> None:
    assert plain(typed) == sent
    assert is_gsm(plain(typed))


def test_accents_stay_where_dropping_them_would_save_nothing() -> None:
    assert plain("Zażółć gęślą") == "Zażółć gęślą"


@given(body=ANY_TEXT)
@settings(max_examples=100)
def test_plain_never_costs_more_and_is_final(body: str) -> None:
    assert plain(plain(body)) == plain(body)
    if is_gsm(body):
        assert plain(body) == body
