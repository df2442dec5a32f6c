"""Cut a cleaned message into words, numbers and signs, and lay them out as one line for the phrases."""

import re
from dataclasses import dataclass, field
from itertools import pairwise

from reminders.replies.lexicon import Lexicon

TOKEN = re.compile(
    r"""
      (?P<link>https?://\S* | www\.\S*)
    | (?P<phone>(?:\+?1[ .-]?)?(?:\(\d{3}\)[ ]?|\d{3}[ .-])\d{3}[ .-]?\d{4}(?!\d)
        | \d{3}-\d{4}(?!\d) | \+?\d{7,})
    | (?P<clock>\d{1,2}:\d{2}(?::\d{2})?(?![\d:]) | \d{1,2}h\d{2}(?!\w))
    | (?P<date>\d{1,4}(?P<between>[/.-])\d{1,2}(?P=between)\d{2,4}(?![\d/]))
    | (?P<number>\d+(?:[.,]\d+)* | (?<![\w.,])\.\d+)
    | (?P<letters>[^\W\d_]+(?:['_][^\W\d_]+)*)
    | (?P<arrow>(?<!-)-+> | (?<!=)=+>)
    | (?P<dots>\.{2,})
    | (?P<check>[✅✔☑✓🗸])
    | (?P<sign>\S)
    """,
    re.VERBOSE,
)
OUTSIDE_ANY_SCALE = 1e9
STANDS_FOR = {"link": "weblink", "phone": "phonenumber", "clock": "clocktime", "date": "calendardate"}
MERGES_WITH_NOT = {
    "can": "can't", "could": "couldn't", "do": "don't", "did": "didn't", "does": "doesn't", "is": "isn't",
    "are": "aren't", "was": "wasn't", "were": "weren't", "would": "wouldn't", "will": "won't",
    "should": "shouldn't", "have": "haven't", "has": "hasn't", "had": "hadn't",
}  # fmt: skip


@dataclass(slots=True)
class Token:
    """One word, number or sign. `value` is set for what may be a number."""

    text: str
    value: float | None = None
    glued: bool = False  # no space before it
    kind: str = "word"


@dataclass(slots=True)
class Message:
    """A message cut up. `line` is what phrases are found in; token i begins there at starts[i]."""

    tokens: list[Token]
    text: str = ""
    line: str = ""
    starts: list[int] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def read_tokens(text: str, lexicon: Lexicon, lang: str | None) -> Message:
    """Cut up cleaned text."""
    tokens: list[Token] = []
    last_end = 0
    for found in TOKEN.finditer(text):
        gap = text[last_end : found.start()]
        if "\n" in gap:
            tokens.append(Token("\n", kind="break"))
        for token in _tokens_of(found, lexicon, lang):
            tokens.append(token)
            token.glued = not gap
            gap = " "
        last_end = found.end()
    if tokens:
        tokens[0].glued = False
    merged = _merged(tokens, lexicon)
    _spare_articles(merged, lexicon)
    return _laid_out(merged, text)


def _tokens_of(found: re.Match[str], lexicon: Lexicon, lang: str | None) -> list[Token]:
    kind, text = found.lastgroup or "", found.group()
    match kind:
        case "number":
            return [Token(text, _value_of(text), kind="number")]
        case "letters":
            return _word_tokens(text, lexicon, lang)
        case "dots":
            return [Token("..", kind="sign")]
        case "arrow":
            return [Token("->", kind="sign")]
        case "check":
            return [Token("✔")]
        case "sign":
            return [Token(text, kind="sign")]
        case _:
            return [Token(STANDS_FOR[kind], kind=kind)]


def _value_of(digits: str) -> float:
    whole, *rest = re.split(r"[.,]", digits)
    if len(whole) > 4 or len(rest) > 1 or (rest and len(rest[0]) > 2 and rest[0].strip("0")):
        return OUTSIDE_ANY_SCALE
    return float(f"{whole or 0}.{rest[0][:9] if rest else 0}")


def _word_tokens(word: str, lexicon: Lexicon, lang: str | None) -> list[Token]:
    plain = lexicon.spelt(word)
    if " " in plain:
        return [Token(part, lexicon.number(part, lang)) for part in plain.split(" ")]
    return [Token(plain, lexicon.number(plain, lang))]


def _merged(tokens: list[Token], lexicon: Lexicon) -> list[Token]:
    """Put together what belongs together: 2day, P7, l0, can not."""
    merged: list[Token] = []
    for token in tokens:
        last = merged[-1] if merged else None
        if last is not None and last.kind in ("word", "number") and token.kind in ("word", "number"):
            if token.glued and _glue(merged, token, lexicon):
                continue
            if token.text == "not" and last.text in MERGES_WITH_NOT:
                last.text = MERGES_WITH_NOT[last.text]
                continue
        merged.append(token)
    return merged


def _spare_articles(tokens: list[Token], lexicon: Lexicon) -> None:
    """ "Une douleur", "eine 3": before a word or a number it is an article; "une sur dix" is a one."""
    counting = lexicon.lists["out_of"] | lexicon.lists["range_core"] | {"et", "e", "und"}
    for token, following in pairwise(tokens):
        is_article = token.text in lexicon.lists["articles"] and following.kind in ("word", "number")
        if is_article and following.text not in counting:
            token.value = None


def _glue(merged: list[Token], token: Token, lexicon: Lexicon) -> bool:
    """Letters and digits without a space. True when `token` went into the one before."""
    last = merged[-1]
    both = last.text + token.text
    if both in lexicon.spellings:
        last.text, last.value, last.kind = lexicon.spelt(both), None, "word"
        return True
    if both in lexicon.zero_slips:
        last.text, last.value, last.kind = both, lexicon.zero_slips[both], "number"
        return True
    is_word_with_number = token.kind == "number" and last.kind == "word" and last.text.isascii()
    if is_word_with_number and last.text not in lexicon.lists["glued_before"]:
        last.text, last.value = both, None
        return True
    if last.kind == "number" and token.text in ("st", "nd", "rd", "th"):
        last.text, last.value, last.kind = both, None, "word"
        return True
    return False


BREAKS = {".": ".", "!": ".", "?": "?", "\n": ".", ";": ".", "..": ".", "/": "/", "&": "and"}
REPEATS = {",": ("", ",", ".", "?"), ".": ("", ".", "?"), "?": ("?",)}
DROPPED = frozenset("\"'*#~^+=%°$€£<>_|[]{}:")


def _laid_out(tokens: list[Token], text: str) -> Message:
    message = Message(tokens, text)
    parts: list[str] = []
    offset, last = 0, ""
    for token in tokens:
        if token.kind in ("sign", "break"):
            word = BREAKS.get(token.text) or ("" if token.text in DROPPED else ",")
        else:
            word = token.text
        if word in REPEATS and last in REPEATS[word]:
            word = ""
        message.starts.append(offset)
        message.words.append("" if word in (",", ".", "?", "/") else word)
        if word:
            parts.append(word)
            offset += len(word) + 1
            last = word
    message.line = " ".join(parts) + " " if parts else ""
    return message
