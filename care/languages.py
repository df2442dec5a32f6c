"""What clients read, in their language: gettext catalogs, one folder a language, read as they are needed.

`locale/NAME.pot` holds the English, with a key (gettext's context) for each message, and
`locale/LANGUAGE/LC_MESSAGES/NAME.po` what it is in a language. A folder is all that a new language needs:
what its catalogs lack is said in English, and `lacks` tells what that is.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import cache, cached_property
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from string import Formatter

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ENGLISH = "en"
TEXTS, WORDS, EXERCISES = "texts", "words", "exercises"
NAMES = (TEXTS, WORDS, EXERCISES)
FOLDER = Path(__file__).parent / "locale"

# Says one thing in one language: its key, how many there are where that matters, and what is filled in.
Say = Callable[..., str]


@dataclass(frozen=True)
class English:
    """A message as it is written in English; `many` only where it counts something."""

    one: str
    many: str = ""


@dataclass(frozen=True)
class Lack:
    """What a language has not got, or has got wrong."""

    catalog: str
    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.catalog}: {self.key}: {self.what}"


class Language:
    """One language's catalogs. English is the language whose folder is empty."""

    def __init__(self, code: str, folder: Path = FOLDER) -> None:
        self.code = code
        self.locale = Locale.parse(code)
        self.folder = folder

    @cached_property
    def name(self) -> str:
        """In English: Spanish."""
        return self.locale.get_display_name(ENGLISH) or self.code

    @cached_property
    def catalogs(self) -> dict[str, Catalog | None]:
        """As they were written, by name; None where there is no file."""
        return {name: self._read(name) for name in NAMES}

    @cached_property
    def _translations(self) -> dict[str, GNUTranslations]:
        return {name: _compiled(catalog) for name, catalog in self.catalogs.items() if catalog is not None}

    def say(self, name: str, key: str, count: int | None = None) -> str:
        """The message before anything is filled in; in English where it is not translated."""
        english = source(name, self.folder)[key]
        translations = self._translations.get(name)
        if count is None or not english.many:
            return translations.pgettext(key, english.one) if translations else english.one
        if translations is None:
            return english.one if count == 1 else english.many
        return translations.npgettext(key, english.one, english.many, count)

    def find(self, name: str, key: str) -> str | None:
        """The message in this language alone; None where it is not translated."""
        english = source(name, self.folder)[key]
        said = self.say(name, key)
        return said if said != english.one else None

    def lacks(self) -> list[Lack]:
        """All that a translator has still to do, in the order of the catalogs."""
        return [] if self.code == ENGLISH else [lack for name in NAMES for lack in self._lacks_of(name)]

    def _lacks_of(self, name: str) -> Iterator[Lack]:
        english, catalog = source(name, self.folder), self.catalogs[name]
        if catalog is None:
            yield Lack(name, f"{name}.po", "the file is missing")
            return
        found = {message.context or "": message for message in catalog if message.id}
        for key, one in english.items():
            what = _wrong_with(found.get(key), one, catalog.num_plurals)
            if what:
                yield Lack(name, key, what)
        for key in found.keys() - english.keys():
            yield Lack(name, key, "no longer said in English")

    def _read(self, name: str) -> Catalog | None:
        path = self.folder / self.code / "LC_MESSAGES" / f"{name}.po"
        if self.code == ENGLISH or not path.is_file():
            return None
        return read_po(BytesIO(path.read_bytes()), locale=self.code, abort_invalid=True)


def language(code: str) -> Language:
    """Theirs, or English where there is none of it."""
    return _languages()[code if code in LANGUAGES else ENGLISH]


def source(name: str, folder: Path = FOLDER) -> Mapping[str, English]:
    """The English of a catalog by key, in the order of the file."""
    return _source(name, folder)


def own_name(code: str) -> str:
    """As its speakers call it: Español."""
    name = language(code).locale.get_display_name() or code
    return name[:1].upper() + name[1:]


def template(name: str, folder: Path = FOLDER) -> Catalog:
    """The English as its file has it, with the words to translators."""
    return read_po(BytesIO((folder / f"{name}.pot").read_bytes()), abort_invalid=True)


def keys(name: str) -> list[str]:
    return list(source(name))


def phrase(name: str, key: str, code: str, count: int | None = None) -> str:
    """What a client of this language reads, before anything is filled in."""
    return language(code).say(name, key, count)


def sayer(code: str, **values: object) -> Say:
    """Says the messages of `words` in one language. A `count` chooses the plural, and may be named too."""
    tongue = language(code)

    def say(key: str, **more: object) -> str:
        count = more.get("count")
        words = tongue.say(WORDS, key, count if isinstance(count, int) else None)
        return words.format(**values | more)

    return say


def day_for_client(day: date, code: str, pattern: str = "date_pattern") -> str:
    """Mon 9 Mar, 9 de marzo: as the pattern of that language has it."""
    return format_date(day, phrase(WORDS, pattern, code), locale=language(code).locale)


def dated_for_client(day: date, code: str, today: date) -> str:
    """The same, with its year where that is not the year of `today`."""
    return day_for_client(day, code, "date_pattern" if day.year == today.year else "year_date_pattern")


def time_for_client(at: time, code: str) -> str:
    """9:30pm, 21:30."""
    pattern = phrase(WORDS, "time_pattern", code)
    return format_time(at, pattern, locale=language(code).locale).lower()


def names_of(message: str) -> set[str]:
    """What is filled in, by its {name}."""
    return {name for _, name, _, _ in Formatter().parse(message) if name}


def known_languages(folder: Path = FOLDER) -> dict[str, Language]:
    """Every language that has a folder, and English before them."""
    codes = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    return {code: Language(code, folder) for code in (ENGLISH, *codes)}


@cache
def _languages() -> dict[str, Language]:
    return known_languages()


@cache
def _source(name: str, folder: Path) -> dict[str, English]:
    return {message.context or "": _english(message) for message in template(name, folder) if message.id}


def _english(message: Message) -> English:
    return English(*message.id) if isinstance(message.id, (list, tuple)) else English(message.id)


def _compiled(catalog: Catalog) -> GNUTranslations:
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _wrong_with(message: Message | None, english: English, plurals: int) -> str:
    """Empty when this message is fit to be read."""
    if message is None or not message.string or not all(_forms(message)):
        return "missing"
    if _english(message) != english or message.fuzzy:
        return "the English has changed since"
    if english.many and len(_forms(message)) != plurals:
        return f"needs {plurals} plural forms"
    # A form for exactly one may leave the number out: "una vez".
    needed = names_of(english.many or english.one)
    odd = [one for one in _forms(message) if not needed - {"count"} <= names_of(one) <= needed]
    return f"names other {{words}} than the English: {odd[0]}" if odd else ""


def _forms(message: Message) -> tuple[str, ...]:
    string = message.string or ""
    return (string,) if isinstance(string, str) else tuple(string)


# The languages clients may choose from, by code, with their names in English.
LANGUAGES: Mapping[str, str] = {code: one.name for code, one in _languages().items()}
