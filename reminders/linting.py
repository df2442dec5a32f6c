"""What a text of ours must not say, found as it is written. Pure: words in, findings out."""

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from string import Formatter
from typing import Any

from care.searching import fold
from care.vocabulary import REGIONS
from reminders.segments import PLAIN, count_parts, is_gsm, plain

LONGEST_WORDING = 320
TOKEN = re.compile(r"\w+|[^\w\s]")
QUOTES = frozenset("\"'“”‘’«»")
BETWEEN_CHOICES = frozenset({",", "/", "or", "o"})
# What a phone makes a link of: a scheme, www, a name with a path, one with a well-known ending, and one with
# any ending in small letters or of two capitals. A word with a capital there is a sentence without its space;
# numbers, "a.m." and "p.ej." are no names.
ADDRESS = re.compile(
    r"\b\w{2,20}://\S+|\bwww\.\S+|(?<![\w@.-])(?:"
    r"(?:[\w-]+\.)+(?:[a-z]{2,}(?=/)|(?:com|org|net|edu|gov|info|biz|io|co|app|dev|link|page|site|online|health"
    r"|clinic|care|example)(?![\w@-]|\.\w))"
    r"|(?!\d+\.[a-z]|(?:\w\.){2}|p\.ej\b|ee\.uu\b)(?:[\w-]+\.)+"
    r"(?-i:[a-z]{2,}|(?!OK|NO|SI|AM|PM)[A-Z]{2})(?![\w@-]|\.\w))(?:/\S*)?",
    re.IGNORECASE,
)
NAMED = re.compile(r"\w+", re.ASCII)


class Weight(StrEnum):
    """What a finding means: it may not go, a person has to say that it may, or they should know."""

    REFUSE = "refuse"
    ASK = "ask"
    WARN = "warn"


@dataclass(frozen=True)
class Finding:
    """`sentence` says what to do. `words` is what was found, `instead` the whole text put right."""

    rule: str
    weight: Weight
    sentence: str
    words: tuple[str, ...] = ()
    instead: str | None = None


@dataclass(frozen=True)
class Wording:
    """What a text of ours may and must name, and the longest values its names may take."""

    needed: frozenset[str]
    longest: Mapping[str, object]
    parts: int = 1


def lint_wording(
    text: str, wording: Wording, languages: Collection[str], exercises: Sequence[str] = ()
) -> list[Finding]:
    """What is wrong with a text that goes out again and again, by itself."""
    found = [*_names(text, wording), *_carrier_words(text), *_addresses(text, wording)]
    found += _health_words(text, languages, exercises, Weight.REFUSE)
    found += _unkind_words(text, languages)
    found += _characters(text)
    if not any(one.rule == "names" for one in found):
        found += _parts(text, wording)
    return found


def lint_message(text: str, languages: Collection[str], exercises: Sequence[str] = ()) -> list[Finding]:
    """What is wrong with words a person types to one client. A word about health takes a second look."""
    found = [*_carrier_words(text), *_short_links(text)]
    found += _health_words(text, languages, exercises, Weight.ASK)
    found += _odd_characters(plain(text))
    return found


def fill(text: str, values: Mapping[str, object]) -> str:
    """The text with its {names} filled in, and nothing else done: it may come from outside."""
    return re.sub(r"\{(\w+)\}", lambda name: str(values.get(name[1], name[0])), text)


def names_in(text: str) -> set[str] | None:
    """The names in braces; None when braces stand alone or hold anything but a name."""
    try:
        parsed = list(Formatter().parse(text))
    except ValueError:
        return None
    names = [name for _, name, _, _ in parsed if name is not None]
    if "{{" in text or "}}" in text or any(spec or conversion for _, _, spec, conversion in parsed):
        return None
    return set(names) if all(NAMED.fullmatch(name) for name in names) else None


def _names(text: str, wording: Wording) -> Iterator[Finding]:
    if not text.strip():
        yield Finding("names", Weight.REFUSE, "Write the text, or use ours.")
        return
    names = names_in(text)
    if names is None:
        sentence = "Use { and } only around a name that we fill in, like {practice}."
        yield Finding("names", Weight.REFUSE, sentence)
        return
    known = _in_braces(wording.longest)
    for name in sorted(names - wording.longest.keys()):
        sentence = f"Take out {{{name}}}: nothing fills it in here. You can use {known}."
        yield Finding("names", Weight.REFUSE, sentence, (name,))
    for name in sorted(wording.needed - names):
        sentence = f"Put {{{name}}} in: clients need it to understand the text."
        yield Finding("needed", Weight.REFUSE, sentence, (name,))


def _in_braces(names: Collection[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


# Carrier words


def _carrier_words(text: str) -> Iterator[Finding]:
    does, may_follow = _carrier()
    tokens = list(TOKEN.finditer(text))
    words = [fold(token[0]) for token in tokens]
    shouts = any(character.islower() for character in text)
    seen: set[str] = set()
    for place, token in enumerate(tokens):
        kind = does.get(words[place])
        if kind is None or words[place] in seen:
            continue
        stands_out = (token[0].isupper() and shouts) or _is_quoted(tokens, place)
        rest = fold(text[token.end() :]).lstrip(" \"'”’»")
        if (stands_out or _is_invited(words, place)) and not rest.startswith(may_follow[kind]):
            seen.add(words[place])
            yield Finding("carrier", Weight.REFUSE, _carrier_sentence(kind, token[0]), (token[0].upper(),))


def _carrier_sentence(kind: str, word: str) -> str:
    what = {
        "stop": "a phone that answers it gets no more texts",
        "start": "carriers take that answer for signing up again",
        "help": "carriers answer that word themselves",
    }
    other = "Invite another word, or write it in small letters where it is no answer."
    return f"Take out {word.upper()}: {what[kind]}. {other}"


def _is_quoted(tokens: Sequence[re.Match[str]], place: int) -> bool:
    if place == 0 or place + 1 == len(tokens):
        return False
    return tokens[place - 1][0] in QUOTES and tokens[place + 1][0] in QUOTES


def _is_invited(words: Sequence[str], place: int) -> bool:
    """ "Reply good, hard or cancel": back over the other choices to the word that asks for an answer."""
    verbs, between = _invites()
    while place >= 2 and words[place - 1] in BETWEEN_CHOICES:
        place -= 1
        while place and words[place] in BETWEEN_CHOICES:
            place -= 1
    before = place - 1
    while before >= 0 and (words[before] in between or words[before] in QUOTES):
        before -= 1
    return before >= 0 and words[before] in verbs


# Health words, links, characters, length


def _health_words(
    text: str, languages: Collection[str], exercises: Sequence[str], weight: Weight
) -> Iterator[Finding]:
    folded = " ".join(fold(text).split())
    for name in _found(folded, _phrases(tuple(exercises), plural=False)):
        yield _health(weight, "an exercise", next(one for one in exercises if fold(one) == name))
        folded = folded.replace(name, " ")
    for language in sorted({"en", *languages} & _health_lists().keys()):
        lists = _health_lists()[language]
        left = _phrases(tuple(lists["harmless"]), plural=False).sub(" ", folded)
        for what, kind in (("a condition", "condition"), ("a body part", "body")):
            pattern = _phrases(tuple(lists[kind]), plural=True)
            for word in _found(left, pattern):
                yield _health(weight, what, word)
            left = pattern.sub(" ", left)


def _health(weight: Weight, what: str, word: str) -> Finding:
    sentence = f"This names {what}: '{word}'. A text may be read by others."
    sentence += " Send it anyway?" if weight is Weight.ASK else " Take it out."
    return Finding("health", weight, sentence, (word,))


def _found(folded: str, pattern: re.Pattern[str]) -> list[str]:
    """Each once, in the order they stand."""
    return list(dict.fromkeys(found[1] for found in pattern.finditer(folded)))


def _unkind_words(text: str, languages: Collection[str]) -> Iterator[Finding]:
    """What UX keeps from clients: it blames them, or speaks about them instead of to them."""
    folded = " ".join(fold(text).split())
    for language in sorted({"en", *languages} & _list("unkind_words").keys()):
        lists = _list("unkind_words")[language]
        instead = {fold(word): (word, what) for word, what in lists["instead"].items()}
        left = _phrases(tuple(lists["harmless"]["phrases"]), plural=False).sub(" ", folded)
        for found in _found(left, _phrases(tuple(instead), plural=True)):
            word, what = instead[found]
            yield Finding("unkind", Weight.REFUSE, f"Take out '{word}': {what}.", (word,))


def _addresses(text: str, wording: Wording) -> Iterator[Finding]:
    """A text that goes out by itself leads to the client's own page or nowhere."""
    ours = (
        "leads to the client's own page, by {link} alone" if "link" in wording.longest else "holds no address"
    )
    found = [one[0].rstrip(".,:;!?)") for one in ADDRESS.finditer(text)]
    found += [one[1] for one in _shorteners().finditer(ADDRESS.sub(" ", text).casefold())]
    for address in dict.fromkeys(found):
        sentence = f"Take out {address}: this text {ours}."
        yield Finding("link", Weight.REFUSE, sentence, (address,))


def _short_links(text: str) -> Iterator[Finding]:
    for domain in dict.fromkeys(found[1] for found in _shorteners().finditer(text.casefold())):
        sentence = f"Write the full address instead of {domain}: carriers block shortened ones."
        yield Finding("link", Weight.REFUSE, sentence, (domain,))


def _characters(text: str) -> Iterator[Finding]:
    """What looks plain and is not: each such character makes the whole text cost twice or more."""
    straight = text.translate(PLAIN)
    curly = sorted({one for one in text if ord(one) in PLAIN and unicodedata.category(one) != "Cc"})
    if curly:
        named = " ".join(one if one.strip() else "odd spaces" for one in curly)
        sentence = f"Use plain characters instead of {named}"
        yield Finding("characters", Weight.REFUSE, f"{sentence}.", tuple(curly), _bare(plain(text)))
    if not is_gsm(straight) and is_gsm(plain(text)):
        sentence = "Some accents cost a second text: they are left out when it goes out."
        yield Finding("accents", Weight.WARN, sentence, instead=plain(text))
    yield from _odd_characters(plain(text), Weight.REFUSE)


def _odd_characters(text: str, weight: Weight = Weight.WARN) -> Iterator[Finding]:
    odd = tuple(dict.fromkeys(one for one in text if not is_gsm(one)))[:3]
    if odd:
        sentence = f"Take out {' '.join(odd)}: with it a text holds 70 characters instead of 160."
        yield Finding("characters", weight, sentence, odd, _bare(text))


def _bare(text: str) -> str:
    """Without what no plain character stands for."""
    return re.sub(" {2,}", " ", "".join(one for one in text if is_gsm(one))).strip()


def _parts(text: str, wording: Wording) -> Iterator[Finding]:
    counted = count_parts(plain(fill(text, wording.longest)))
    if counted.parts > wording.parts:
        room = 160 if counted.encoding == "GSM-7" else 70
        over = counted.units - room
        sentence = f"Shorten it by {over}: with long names it takes {counted.parts} texts instead of 1."
        yield Finding("parts", Weight.REFUSE, sentence)


# The word lists


@cache
def _list(name: str) -> dict[str, Any]:
    return tomllib.loads(files("reminders").joinpath(f"{name}.toml").read_text("utf-8"))


@cache
def _carrier() -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """What each word does, and what may follow the words that do it."""
    lists = _list("carrier_words")
    does = {fold(word): kind for kind, words in lists["does"].items() for word in words.split()}
    return does, {kind: tuple(fold(one) for one in phrases) for kind, phrases in lists["may_follow"].items()}


@cache
def _invites() -> tuple[frozenset[str], frozenset[str]]:
    invites = _list("carrier_words")["invites"]
    return frozenset(invites["verbs"].split()), frozenset(invites["between"].split())


@cache
def _shorteners() -> re.Pattern[str]:
    domains = "|".join(map(re.escape, _list("carrier_words")["links"]["shorteners"].split()))
    return re.compile(rf"(?<![\w.-])({domains})(?![\w-]|\.\w)")


@cache
def _health_lists() -> dict[str, dict[str, list[str]]]:
    """The lists, with the regions of the body among the English ones."""
    lists = _list("health_words")
    regions = [part for label in REGIONS.values() if label != "whole body" for part in label.split(" and ")]
    return lists | {"en": lists["en"] | {"body": [*lists["en"]["body"], *regions]}}


@lru_cache(maxsize=64)
def _phrases(phrases: tuple[str, ...], *, plural: bool) -> re.Pattern[str]:
    """Any of these as whole words, the longest first; never, when there are none."""
    folded = sorted({" ".join(fold(one).split()) for one in phrases if one.strip()}, key=len, reverse=True)
    if not folded:
        return re.compile(r"(?!)")
    ending = "(?:e?s)?" if plural else ""
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, folded))}){ending}(?!\w)")
