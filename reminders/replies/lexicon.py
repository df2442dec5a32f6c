"""The word lists of all languages, read once: phrases by group, spellings, numbers, named lists."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from reminders.replies.phrases import PhraseBook

LANGUAGES = ("en", "es", "fr", "pt", "de", "ko")
NO_NUMBER = -1  # "dos" is two in Spanish and a back in French
HIGHEST = 10
LONG_DRAWN = re.compile(r"(\w)\1{2,}")
NOT_PHRASES = {"numbers", "numbers_here", "spellings", "lists", "slips"}
NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl",
    "p": "ol", "a": "qsz", "s": "awdxz", "d": "sefcx", "f": "drgvc", "g": "fthbv", "h": "gyjnb", "j": "hukmn",
    "k": "jilm", "l": "kop", "z": "asx", "x": "zsdc", "c": "xdfv", "v": "cfgb", "b": "vghn", "n": "bhjm",
    "m": "njk",
}  # fmt: skip


@dataclass(slots=True)
class Lexicon:
    """What the word lists say. Made by `lexicon()`, never changed afterwards."""

    book: PhraseBook
    lists: dict[str, frozenset[str]]
    spellings: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)
    numbers_here: dict[str, dict[str, float]] = field(default_factory=dict)
    number_slips: dict[str, dict[str, float]] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    zero_slips: dict[str, float] = field(
        default_factory=lambda: {"1o": 10.0, "l0": 10.0, "0o": 0.0, "o0": 0.0}
    )

    def spelt(self, word: str) -> str:
        """The word as the lists spell it: "stopppp" is "stop"."""
        if word in self.spellings or word in self.words:
            return self.spellings.get(word, word)
        short = LONG_DRAWN.sub(r"\1", word)
        return self.spellings.get(short, short) if short in self.words else word

    def number_slip(self, word: str, lang: str | None) -> float | None:
        """The number a misspelt word stands for, in the client's language or English."""
        value = self.number_slips.get(lang or "", {}).get(word, self.number_slips["en"].get(word))
        return None if value == NO_NUMBER else value

    def number(self, word: str, lang: str | None) -> float | None:
        """The value of a number word. Some are words of other languages too and count in theirs alone."""
        here = self.numbers_here.get(lang or "", {})
        value = here[word] if word in here else self.numbers.get(word)
        return None if value == NO_NUMBER else value


@cache
def lexicon() -> Lexicon:
    """Read all word lists. The first call takes a moment, later ones none."""
    sources = {lang: _source(lang) for lang in LANGUAGES}
    proper = _proper_spellings(sources)
    lists: dict[str, list[str]] = {}
    numbers: dict[str, float] = {}
    for source in sources.values():
        numbers.update(source.get("numbers", {}))
        for name, entries in source.get("lists", {}).items():
            lists.setdefault(name, []).extend(_as_spelt(entry, proper) for entry in entries)
    lists["person"] += [f"{person}'s" for person in lists["person"]]
    here = {lang: dict(source.get("numbers_here", {})) for lang, source in sources.items()}
    spelt_numbers = set(numbers).union(*here.values())
    book = PhraseBook(lists, spelt_numbers)
    for lang, source in sources.items():
        for group, phrase in _phrases(source):
            only = lang if group.endswith("_here") else None
            book.add(group.removesuffix("_here"), _as_spelt(phrase, proper), only)
    known = Lexicon(
        book, {name: frozenset(entries) for name, entries in lists.items()}, proper, numbers, here
    )
    _learn_slips(known, sources, spelt_numbers)
    return known


def _proper_spellings(sources: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {
        other: proper
        for source in sources.values()
        for proper, others in source.get("spellings", {}).items()
        for other in others.split()
    }


def _as_spelt(phrase: str, proper: dict[str, str]) -> str:
    """The phrase in the spelling that messages are brought to. Names of lists stay."""
    return re.sub(r"<\w+>|[\w']+", lambda word: proper.get(word[0], word[0]), phrase)


def _source(lang: str) -> dict[str, Any]:
    """All word lists of one language: en.toml, en_red_flags.toml."""
    source: dict[str, Any] = {}
    for entry in (files("reminders.replies") / "words").iterdir():
        if entry.name == f"{lang}.toml" or entry.name.startswith(f"{lang}_"):
            for section, content in tomllib.loads(entry.read_text("utf-8")).items():
                source.setdefault(section, {}).update(content)
    return source


def _phrases(source: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for section, groups in source.items():
        if section not in NOT_PHRASES:
            for name, phrases in groups.items():
                for phrase in phrases:
                    yield f"{section}.{name}", phrase


def _learn_slips(known: Lexicon, sources: dict[str, dict[str, Any]], numbers: set[str]) -> None:
    """Which slips of the finger stand for which word. A slip that is itself a word stands for itself."""
    entries = {part for entries in known.lists.values() for entry in entries for part in entry.split()}
    words = (
        known.book.words
        | entries
        | numbers
        | {w for proper in known.spellings.values() for w in proper.split()}
    )
    words |= {word.split("'")[0] for word in words}
    slips = [source.get("slips", {}) for source in sources.values()]
    real = words | {word for slip in slips for word in slip.get("real_words", "").split()}
    for word in (word for slip in slips for word in slip.get("of", "").split()):
        for slip in slips_of(word) - real:
            known.spellings.setdefault(slip, word)
    for lang, source in sources.items():
        known.number_slips[lang] = _number_slips(source.get("numbers", {}), real | set(known.spellings))
        for word in source.get("slips", {}).get("no_numbers", "").split():
            known.number_slips[lang][word] = known.number_slips.setdefault("", {})[word] = NO_NUMBER
    known.words = frozenset(real | set(known.spellings))


def _number_slips(numbers: dict[str, float], words: set[str]) -> dict[str, float]:
    """Slips that can only be one number of the scale and are no word themselves."""
    values: dict[str, set[float]] = {}
    for word, value in numbers.items():
        if word.isascii() and len(word) > 2 and value <= HIGHEST:
            for slip in slips_of(word) - words:
                values.setdefault(slip, set()).add(value)
    return {slip: found.pop() for slip, found in values.items() if len(found) == 1}


def slips_of(word: str) -> set[str]:
    """What a slip of the finger makes of a word: letters swapped, lost, doubled, or a neighbour hit.

    Of words of three letters only the swapped and doubled are left: more would be other words.
    """
    slips: set[str] = set()
    for i, letter in enumerate(word):
        head, tail = word[:i], word[i + 1 :]
        slips.add(head + letter + letter + tail)
        if tail:
            slips.add(head + tail[0] + letter + tail[1:])
        if len(word) > 3:
            slips.add(head + tail)
            slips |= {head + near + tail for near in NEIGHBOURS.get(letter, "")}
        if len(word) > 4:
            slips |= {head + letter + near + tail for near in NEIGHBOURS.get(letter, "")}
    return slips - {word}
