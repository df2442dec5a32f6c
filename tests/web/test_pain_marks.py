"""What a pain rating looks like in a line."""

import re

import pytest

from web.pain_marks import pain_badge, pain_change


def read_aloud(html: str) -> str:
    return re.sub("<[^>]*>", "", html)


@pytest.mark.parametrize(
    ("score", "band", "words"),
    [
        (0, "none", "pain 0 of 10, no pain"),
        (0.5, "none", "pain 0.5 of 10, no pain"),
        (1, "mild", "pain 1 of 10, mild"),
        (3.5, "mild", "pain 3.5 of 10, mild"),
        (4.0, "moderate", "pain 4 of 10, moderate"),
        (7, "severe", "pain 7 of 10, severe"),
        (10, "severe", "pain 10 of 10, severe"),
    ],
)
def test_a_rating_has_the_colour_of_its_band_and_says_it(score: float, band: str, words: str) -> None:
    badge = pain_badge(score)

    assert badge.startswith(f'<span class="pain pain--{band}">')
    assert read_aloud(badge) == words


def test_who_did_not_answer_has_no_number() -> None:
    assert read_aloud(pain_badge(None)) == "no answer"


def test_a_change_goes_from_the_first_rating_to_the_last() -> None:
    assert read_aloud(pain_change(7, 3)) == "pain 7 of 10, severe to pain 3 of 10, mild"
