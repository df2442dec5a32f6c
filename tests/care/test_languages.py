"""Catalogs: one folder a language, plurals by its own rule, English for what it lacks, and a list of that."""

from datetime import date, time
from pathlib import Path

import pytest

from care.languages import (
    LANGUAGES,
    NAMES,
    TEXTS,
    WORDS,
    Language,
    day_for_client,
    known_languages,
    language,
    names_of,
    phrase,
    sayer,
    time_for_client,
)
from reminders.fitting import misfits

ENGLISH = """
msgctxt "hello"
msgid "Hello {first}, 1 exercise today"
msgid_plural "Hello {first}, {count} exercises today"
msgstr[0] ""
msgstr[1] ""

msgctxt "bye"
msgid "See you, {first}"
msgstr ""
"""
POLISH_RULE = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"
POLISH = """
msgctxt "hello"
msgid "Hello {first}, 1 exercise today"
msgid_plural "Hello {first}, {count} exercises today"
msgstr[0] "Witaj {first}, dziś jedno ćwiczenie"
msgstr[1] "Witaj {first}, dziś {count} ćwiczenia"
msgstr[2] "Witaj {first}, dziś {count} ćwiczeń"
"""


def header(code: str, plural: str = "nplurals=2; plural=(n != 1);") -> str:
    lines = ["Content-Type: text/plain; charset=utf-8", f"Language: {code}", f"Plural-Forms: {plural}"]
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in lines)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """English with two messages, and Polish that has one of them."""
    (tmp_path / "pl" / "LC_MESSAGES").mkdir(parents=True)
    for name in NAMES:
        (tmp_path / f"{name}.pot").write_text(header("en") + ENGLISH, "utf-8")
        (tmp_path / "pl" / "LC_MESSAGES" / f"{name}.po").write_text(
            header("pl", POLISH_RULE) + POLISH, "utf-8"
        )
    return tmp_path


def polish(folder: Path, words: str) -> Language:
    (folder / "pl" / "LC_MESSAGES" / f"{WORDS}.po").write_text(header("pl", POLISH_RULE) + words, "utf-8")
    return Language("pl", folder)


def lacks_of_words(tongue: Language) -> list[tuple[str, str]]:
    return [(one.key, one.what) for one in tongue.lacks() if one.catalog == WORDS]


def test_a_folder_is_a_language(folder: Path) -> None:
    found = known_languages(folder)

    assert {code: one.name for code, one in found.items()} == {"en": "English", "pl": "Polish"}


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "Witaj Ola, dziś jedno ćwiczenie"),
        (2, "Witaj Ola, dziś 2 ćwiczenia"),
        (5, "Witaj Ola, dziś 5 ćwiczeń"),
        (12, "Witaj Ola, dziś 12 ćwiczeń"),
        (22, "Witaj Ola, dziś 22 ćwiczenia"),
    ],
)
def test_a_language_counts_by_its_own_rule(folder: Path, count: int, said: str) -> None:
    words = Language("pl", folder).say(WORDS, "hello", count)

    assert words.format(first="Ola", count=count) == said


def test_what_a_language_lacks_is_said_in_english(folder: Path) -> None:
    assert Language("pl", folder).say(WORDS, "bye") == "See you, {first}"
    assert Language("de", folder).say(WORDS, "hello", 3) == "Hello {first}, {count} exercises today"


def test_the_check_lists_what_is_missing(folder: Path) -> None:
    assert lacks_of_words(Language("pl", folder)) == [("bye", "missing")]
    assert [str(one) for one in Language("de", folder).lacks()] == [
        "texts: texts.po: the file is missing",
        "words: words.po: the file is missing",
        "exercises: exercises.po: the file is missing",
    ]


def test_the_check_finds_a_form_too_few_a_name_too_many_and_words_of_yesterday(folder: Path) -> None:
    two_forms = POLISH.replace('msgstr[2] "Witaj {first}, dziś {count} ćwiczeń"\n', "")
    assert ("hello", "missing") in lacks_of_words(polish(folder, two_forms))

    other_name = POLISH.replace("dziś {count} ćwiczenia", "dziś {number} ćwiczenia")
    assert (
        "hello",
        "names other {words} than the English: Witaj {first}, dziś {number} ćwiczenia",
    ) in lacks_of_words(polish(folder, other_name))

    yesterday = POLISH.replace("1 exercise today", "one exercise today")
    assert ("hello", "the English has changed since") in lacks_of_words(polish(folder, yesterday))

    gone = POLISH + '\nmsgctxt "gone"\nmsgid "Gone"\nmsgstr "Nie ma"\n'
    assert ("gone", "no longer said in English") in lacks_of_words(polish(folder, gone))


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_we_ship_is_complete_and_its_texts_fit(code: str) -> None:
    tongue = language(code)

    assert [str(one) for one in tongue.lacks() + misfits(tongue)] == []


def test_a_language_we_do_not_have_is_english() -> None:
    assert phrase(TEXTS, "stop_line", "xx") == "Reply STOP to end."
    assert sayer("xx", first="Ann")("hello", count=1) == "Hello Ann, 1 exercise today"


def test_days_and_times_are_told_as_the_language_does() -> None:
    day = date(2026, 9, 9)

    assert [day_for_client(day, code) for code in ("en", "es")] == ["Wed 9 Sep", "9 de septiembre"]
    assert day_for_client(day, "es", "long_date_pattern") == "miércoles 9 de septiembre"
    assert [time_for_client(time(18, 5), code) for code in ("en", "es")] == ["6:05pm", "18:05"]
    assert [time_for_client(time(0, 5), code) for code in ("en", "es")] == ["12:05am", "00:05"]


def test_names_are_what_stands_in_braces() -> None:
    assert names_of("{practice}: {first}, see {link}") == {"practice", "first", "link"}
