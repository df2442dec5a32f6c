"""Phones report reactions as messages: `Liked “...”`. What they quote is ours, not the client's."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

EMOJI_TO = re.compile(r"^[^\w\s\"]{1,8} ?(?:to|a|for|en|em|zu|on) ?\"(?P<quote>.*)", re.DOTALL)
ATTRIBUTED = re.compile(r"^a attribue la mention \".{1,30}\" ?a ?\"(?P<quote>.*)", re.DOTALL)
QUOTE_FIRST = re.compile(
    r"^\".{0,2000}\" ?(?:을|를|에|에게|님이|hat|wurde|mit|geliked|geliebt|gefallt)[^\"]{0,60}$", re.DOTALL
)
HAT = re.compile(r"^hat (?:auf )?\".{0,2000}\" [^\"]{0,60}$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Forms:
    quoting: re.Pattern[str]  # Liked "..."
    naming: re.Pattern[str]  # Liked an image


@cache
def _forms() -> _Forms:
    words = tomllib.loads((files("reminders.replies") / "words" / "reactions.toml").read_text("utf-8"))
    verbs = "|".join(_any_of(verb) for verbs in words["verbs"].values() for verb in verbs)
    things = "|".join(words["things"]["all"])
    article = r"(?:an?|the|\d+|une?|una?|um|uma|ein) (?:\w+ )?"
    return _Forms(
        re.compile(rf"^(?:[^\W\d_]{{1,20}} )?(?:{verbs}) ?:? ?\"(?P<quote>.*)", re.DOTALL),
        re.compile(rf"^(?:{verbs}) {article}(?:{things})[.!]?$"),
    )


def _any_of(verb: str) -> str:
    return re.escape(verb).replace(r"\*", ".{1,30}")


def is_reaction(cleaned: str) -> bool:
    """A reaction quotes to its very end, or its quote was cut short."""
    forms = _forms()
    if forms.naming.match(cleaned):
        return True
    for form in (ATTRIBUTED, forms.quoting, EMOJI_TO):
        if found := form.match(_double_quoted(cleaned)):
            return _ends_in_quote(found["quote"])
    return bool(QUOTE_FIRST.match(cleaned) or HAT.match(cleaned))


def _double_quoted(cleaned: str) -> str:
    """Phones set in ‘...’ are read as those with “...”."""
    head, found, rest = cleaned.partition(" '")
    if found and '"' not in cleaned and len(head) < 40:
        return f'{head} "{rest[:-1]}"' if rest.endswith("'") else f'{head} "{rest}'
    return cleaned


def _ends_in_quote(quote: str) -> bool:
    tail = quote.rstrip(" .!\n")
    return tail.endswith('"') or '"' not in quote
