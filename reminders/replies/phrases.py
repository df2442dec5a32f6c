"""Phrases as clinicians write them in the word lists, and finding them in a message.

    stop texting       these words, in this order, in one sentence; commas between them do not matter
    (stop|quit) that   one of several; each may be several words
    please?            may be missing, as may (a group)?
    (is|very)*         any of these, up to five times; also <list>*
    swell*             any word beginning so
    <body>             any entry of that list
    #                  a number, as digits or as a word
    _                  any one word
    .. and ...         up to three, up to eight words in between
    ~                  up to three words in between, and no comma
    ^ and $            beginning and end of the sentence; ^^ and $$ of the whole message

Every phrase begins with a word, so that finding costs one look-up per word of the message and
a bounded number of steps for each phrase that begins with it: the time is linear in the length.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

WORD = r"[^ .?,/]+ "
COMMA = r"(?:, )?"
GAPS = {
    "_": WORD,
    "~": rf"(?:{WORD}){{0,3}}?",
    "..": rf"(?:(?:, )?{WORD}){{0,3}}?",
    "...": rf"(?:(?:, )?{WORD}){{0,8}}?",
}
ANCHORS = {
    "^": r"(?:^|(?<=[.?] ))",
    "$": r"(?=(?:, )*(?:[.?] |\Z))",
    "^^": r"^(?:[,.?] )*",
    "$$": r"(?=(?:[,.?] )*\Z)",
}
PIECES = re.compile(r"\(|\)[?*]?|\||<\w+>[?*]?|\.\.\.?|\^\^?|\$\$?|[^\s()|<>]+")


@dataclass(frozen=True)
class Phrase:
    group: str
    text: str
    lang: str | None
    source: str

    @cached_property
    def match(self) -> Callable[[str, int], re.Match[str] | None]:
        """Compiled when a message first holds its first word: most phrases are rare."""
        return re.compile(self.source).match


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: which, and from which token up to (not including) which."""

    group: str
    rule: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Part:
    regex: str
    firsts: frozenset[str]  # words it may begin with; "abc*" a beginning, "#" a number
    may_be_empty: bool = False


class PhraseBook:
    """All phrases of all languages, found by their first word."""

    def __init__(self, lists: Mapping[str, list[str]], numbers: Iterable[str]) -> None:
        self._number_words = frozenset(numbers)
        spelt = "|".join(re.escape(word) for word in sorted(self._number_words))
        self._number = _Part(rf"(?:\d[\d.,]*|{spelt}) ", frozenset("#"))
        self._lists: dict[str, _Part] = {}
        self._by_word: dict[str, list[Phrase]] = {}
        self._by_beginning: dict[str, list[Phrase]] = {}
        self._beginning_lengths: tuple[int, ...] = ()
        self.words: set[str] = set()
        for name, entries in lists.items():
            self._lists[name] = self._compile("(" + "|".join(entries) + ")")

    def add(self, group: str, text: str, lang: str | None = None) -> None:
        part = self._compile(text)
        if not part.firsts or part.may_be_empty or "" in part.firsts:
            raise ValueError(f"a phrase must begin with a word: {text!r} in {group}")
        phrase = Phrase(group, text, lang, part.regex)
        for first in part.firsts:
            by, key = (self._by_beginning, first[:-1]) if first.endswith("*") else (self._by_word, first)
            by.setdefault(key, []).append(phrase)
        self._beginning_lengths = tuple(sorted({len(key) for key in self._by_beginning}))

    def find(self, line: str, starts: list[int], words: list[str], lang: str | None) -> list[Hit]:
        """All hits in `line`, whose token i begins at starts[i]; overlapping ones too."""
        hits: list[Hit] = []
        index = {offset: i for i, offset in reversed(list(enumerate(starts)))}
        index[len(line)] = len(starts)
        for i, word in enumerate(words):
            if not word:
                continue
            for phrase in self._beginning_with(word):
                if phrase.lang is not None and phrase.lang != lang:
                    continue
                if found := phrase.match(line, starts[i]):
                    hits.append(Hit(phrase.group, phrase.text, i, index.get(found.end(), i + 1)))
        return hits

    def _beginning_with(self, word: str) -> Iterable[Phrase]:
        yield from self._by_word.get(word, ())
        if word[0].isdecimal() or word in self._number_words:
            yield from self._by_word.get("#", ())
        for length in self._beginning_lengths:
            if length > len(word):
                break
            yield from self._by_beginning.get(word[:length], ())

    def _compile(self, text: str) -> _Part:
        pieces = PIECES.findall(text)
        part, rest = self._alternatives(pieces, 0)
        if rest != len(pieces):
            raise ValueError(f"unbalanced brackets: {text!r}")
        return part

    def _alternatives(self, pieces: list[str], at: int) -> tuple[_Part, int]:
        branches: list[_Part] = []
        while True:
            branch, at = self._sequence(pieces, at)
            branches.append(branch)
            if at >= len(pieces) or pieces[at] != "|":
                break
            at += 1
        if len(branches) == 1:
            return branches[0], at
        regex = "(?:" + "|".join(b.regex for b in branches) + ")"
        firsts = frozenset().union(*(b.firsts for b in branches))
        return _Part(regex, firsts, any(b.may_be_empty for b in branches)), at

    def _sequence(self, pieces: list[str], at: int) -> tuple[_Part, int]:
        parts: list[_Part] = []
        while at < len(pieces) and pieces[at] not in ("|", ")", ")?", ")*"):
            if pieces[at] == "(":
                part, at = self._alternatives(pieces, at + 1)
                if at >= len(pieces):
                    raise ValueError("a bracket is not closed")
                part = _repeated(part, pieces[at][1:])
            else:
                part = self._single(pieces[at])
            parts.append(part)
            at += 1
        return _joined(parts), at

    def _single(self, piece: str) -> _Part:
        if piece in ANCHORS:
            return _Part(ANCHORS[piece], frozenset(), may_be_empty=True)
        if piece in GAPS:
            return _Part(GAPS[piece], frozenset([""]), may_be_empty=piece != "_")
        if piece.startswith("<"):
            name, _, how_often = piece[1:].partition(">")
            return _repeated(self._lists[name], how_often)
        if piece.endswith("?") and piece != "?":
            return _repeated(self._single(piece[:-1]), "?")
        if piece == "#":
            return self._number
        self.words.add(piece)
        if piece.endswith("*"):
            return _Part(re.escape(piece[:-1]) + r"[^ ]* ", frozenset([piece]))
        return _Part(re.escape(piece) + " ", frozenset([piece]))


def _repeated(part: _Part, how_often: str) -> _Part:
    match how_often:
        case "?":
            return _Part(f"(?:{COMMA}{part.regex})?", part.firsts, may_be_empty=True)
        case "*":
            return _Part(f"(?:{COMMA}{part.regex}){{0,5}}", part.firsts, may_be_empty=True)
        case _:
            return part


def _joined(parts: list[_Part]) -> _Part:
    """One after the other. It may begin with whatever comes before the first part that must be there."""
    firsts: set[str] = set()
    for part in parts:
        firsts |= part.firsts
        if not part.may_be_empty:
            break
    regex = ""
    last: _Part | None = None
    for part in parts:
        regex += part.regex if last is None or not _comma_may_stand(last, part) else COMMA + part.regex
        last = part
    return _Part(regex, frozenset(firsts), all(p.may_be_empty for p in parts))


def _comma_may_stand(last: _Part, part: _Part) -> bool:
    """Between words a comma does not matter, but "6, sets" is not "6 sets"."""
    anchors = ANCHORS.values()
    is_beside_number = "#" in last.firsts or "#" in part.firsts or GAPS["~"] in (last.regex, part.regex)
    return not (part.may_be_empty or last.regex in anchors or part.regex in anchors or is_beside_number)
