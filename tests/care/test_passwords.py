"""Which passwords are refused as too easy, and that a few words of one's own never are."""

import pytest

from care.errors import Refused
from care.passwords import check_password_words

ABOUT = ("kim.miller@sample.example", "Kim Miller", "Lakeside Physio")


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "password1234",
        "Passw0rd!2026",
        "P@$$w0rd-2026",
        "welcome12345!",
        "letmeinletmein",
        "aaaaaaaaaaaaaa",
        "abcabcabcabc",
        "123456789012",
        "098765432109",
        "qwertyuiop12",
        "qwertz-qwertz-1",
        "Summer2026!!!",
        "iloveyou-iloveyou",
        "changeme-please-1",
        "homestretch-2026",
        "kim.miller.1987",
        "MillerKim2026!",
        "lakeside-physio-1",
    ],
)
def test_what_others_try_first_is_refused(password: str) -> None:
    with pytest.raises(Refused, match="Password"):
        check_password_words(password, ABOUT)


@pytest.mark.parametrize(
    "password",
    [
        "a long walk by the river",
        "correct horse battery staple",
        "seven green lanterns",
        "täglich drei Äpfel",
        "xK9#mQ2$vL5&",
        "散歩は毎朝七時から三十分だけ歩く",
    ],
)
def test_a_few_words_of_ones_own_are_taken(password: str) -> None:
    check_password_words(password, ABOUT)
