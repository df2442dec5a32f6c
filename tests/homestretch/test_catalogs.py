"""Catalogs for a translator: every message, what was translated kept, and what is still to do."""

import shutil
from pathlib import Path

import pytest

from care.errors import Refused
from care.languages import FOLDER, Language
from homestretch.catalogs import report_on, write_catalogs
from homestretch.cli import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "locale"))


def test_the_catalogs_we_ship_are_as_the_command_writes_them(folder: Path) -> None:
    written = write_catalogs("es", folder)

    shipped = [FOLDER / path.relative_to(folder) for path in written]
    assert [path.read_text("utf-8") for path in written] == [path.read_text("utf-8") for path in shipped]


def test_a_new_language_begins_with_every_message_to_do(folder: Path) -> None:
    write_catalogs("pl", folder)

    report = report_on(Language("pl", folder))

    assert not report.is_complete
    assert report.lines()[0] == f"pl Polish: {len(report.lacks)} to do"
    assert {lack.what for lack in report.lacks} == {"missing"}
    assert 'msgstr[2] ""' in (folder / "pl/LC_MESSAGES/words.po").read_text("utf-8")


def test_what_was_translated_stays_and_changed_english_is_marked(folder: Path) -> None:
    english = folder / "words.pot"
    english.write_text(english.read_text("utf-8").replace("Take care", "Be careful"), "utf-8")

    write_catalogs("es", folder)

    spanish = Language("es", folder)
    assert spanish.say("words", "steps") == "Cómo se hace"
    assert spanish.say("words", "care") == "Be careful"
    assert [(one.key, one.what) for one in spanish.lacks()] == [("care", "the English has changed since")]
    text = (folder / "es/LC_MESSAGES/words.po").read_text("utf-8")
    assert '#| msgid "Take care"' in text
    assert 'msgstr "Tenga cuidado"' in text


def test_a_text_that_is_too_long_or_holds_costly_letters_is_to_do(folder: Path) -> None:
    spanish = folder / "es/LC_MESSAGES/texts.po"
    text = spanish.read_text("utf-8")
    text = text.replace("Nos vemos entonces.", "Nos vemos allá.")
    text = text.replace('Mande STOP para terminar."\n', "Mande STOP para terminar " + "ya " * 60 + '."\n')
    spanish.write_text(text, "utf-8")

    found = {lack.key: lack.what for lack in report_on(Language("es", folder)).lacks}

    assert found["confirmed"] == "Some accents cost a second text: they are left out when it goes out."
    assert found["help"].startswith("Shorten it by ")


@pytest.mark.parametrize("code", ["en", "no such", "../es", "zz"])
def test_what_is_no_language_to_translate_to_is_refused(code: str, folder: Path) -> None:
    with pytest.raises(Refused):
        write_catalogs(code, folder)


def test_the_command_says_that_all_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    main(["languages"])

    assert capsys.readouterr().out == "en English: complete\nes Spanish: complete\n"
