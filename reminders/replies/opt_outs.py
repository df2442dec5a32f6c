"""Does the message as a whole ask to stop, or to resume, the messages? Is it a call for help?"""

from collections.abc import Iterable

from reminders.replies.hits import Hits
from reminders.replies.lexicon import Lexicon
from reminders.replies.phrases import Hit
from reminders.replies.red_flags import Sign
from reminders.replies.tokens import Message, Token

LOOKALIKES = str.maketrans("аеорсухѕіρτοѵ", "aeopcyxsiptov")
MOST_WORDS = 40  # of a keyword, spelt out or repeated
LIMITS = ("opt_out.not", "opt_out.pause", "opt_out.other_hours")
SENTENCE_BREAKS = frozenset({".", "!", "\n", ";", "-"})


def keyword(message: Message, lexicon: Lexicon, names: str) -> str | None:
    """The keyword of that list the whole message is: alone, repeated, spelt out, with "please"."""
    words = [token.text for token in message.tokens if token.kind == "word"]
    if not words or any(token.value is not None and token.kind == "number" for token in message.tokens):
        return None
    if len(words) > MOST_WORDS:
        return None
    keywords = lexicon.lists[names]
    letters = "".join(character for character in message.text if character.isalpha()).translate(LOOKALIKES)
    for joined in (letters, lexicon.spelt(letters), "".join(words)):
        if joined in keywords:
            return joined
    polite = lexicon.lists["polite"]
    rest = [word for word in words if word in keywords or word not in polite]
    if rest and all(word in keywords for word in rest):
        return rest[0]
    joined = "".join(rest)
    return joined if joined in keywords else None


def opt_out_rule(
    message: Message, hits: Hits, lexicon: Lexicon, signs: list[Sign], is_wrong_number: bool
) -> str | None:
    """The rule by which this is an opt-out; None when it is not."""
    if word := keyword(message, lexicon, "opt_out_words"):
        return f"opt_out.keyword: {word}"
    if word := _Edge(message, hits, lexicon, signs, is_wrong_number).keyword():
        return f"opt_out.keyword beside something else: {word}"
    sentences = hits.uncovered("opt_out.sentence", "opt_out.not")
    if not sentences or _is_only_for_now(hits):
        return None
    return f"opt_out.sentence: {sentences[0].rule[:80]}"


def _is_only_for_now(hits: Hits) -> bool:
    """A pause, or other hours: the client wants the messages after all."""
    return hits.has("opt_out.pause") or hits.has("opt_out.other_hours")


class _Edge:
    """A carrier's keyword as the first or the last word, beside danger, a number or "wrong number"."""

    def __init__(
        self, message: Message, hits: Hits, lexicon: Lexicon, signs: list[Sign], is_wrong_number: bool
    ) -> None:
        self.tokens, self.lists, self.signs = message.tokens, lexicon.lists, signs
        self.places = self._places_between_courtesies()
        self.limits = [hit for group in LIMITS for hit in hits.of(group)]
        self.in_signs = _places_of(signs)
        self.explained = set(self.in_signs)
        if is_wrong_number:
            said = hits.of("wrong_number.sentence") + hits.of("wrong_number.not_name")
            self.explained |= _places_of(said)

    def _places_between_courtesies(self) -> list[int]:
        """Where the words stand, without a "please" before the first or after the last."""
        places = [i for i, token in enumerate(self.tokens) if token.kind == "word"]
        said = [n for n, i in enumerate(places) if self.tokens[i].text not in self.lists["courtesies"]]
        return places[said[0] : said[-1] + 1] if said else []

    def keyword(self) -> str | None:
        if not self.places:
            return None
        first, last = (self.tokens[self.places[at]].text for at in (0, -1))
        firm = self.lists["carrier_words"]
        if (first in firm or first in self.lists["carrier_words_first"]) and not self._is_limited(0):
            if self._danger_follows(first):
                return first
            if first in firm and (self._is_all_explained(first) or self._is_sentence_of_its_own()):
                return first
        if last not in firm or self._is_limited(-1):
            return None
        return last if self._is_all_explained(last) or self._is_last_clause() else None

    def _is_limited(self, at: int) -> bool:
        """It is part of a sign ("dizzy, had to stop"), or what stops is something else or for now."""
        place = self.places[at]
        is_meant = any(limit.start <= place + 2 and limit.end > place for limit in self.limits)
        return is_meant or place in self.in_signs

    def _after_keyword(self, first: str) -> int:
        """Where what comes after the keyword, its repeats and courtesies begins."""
        at = self.places[0]
        while at < len(self.tokens) and self._is_filler(self.tokens[at], first, "courtesies"):
            at += 1
        return at

    def _is_filler(self, token: Token, word: str, names: str) -> bool:
        return token.kind != "word" or token.text == word or token.text in self.lists[names]

    def _danger_follows(self, first: str) -> bool:
        """ "STOP my calf is swollen": all up to the sign only leads to it."""
        ahead = [sign.start for sign in self.signs if sign.start > self.places[0]]
        between = self.tokens[self._after_keyword(first) : min(ahead, default=0)]
        return bool(ahead) and all(self._is_filler(token, first, "beside_danger") for token in between)

    def _is_all_explained(self, word: str) -> bool:
        """ "STOP 4", "who is this stop", "I have chest pain stop": nothing else is said."""
        rest = [self.tokens[i] for i in self.places if i not in self.explained]
        fillers = self.lists["beside_danger" if self.signs else "polite"]
        if any(token.kind == "number" for token in self.tokens):
            fillers |= self.lists["beside_number"]
        return all(t.value is not None or t.text == word or t.text in fillers for t in rest)

    def _is_sentence_of_its_own(self) -> bool:
        """ "STOP! My knee hurts", "STOP - no time"; not "stop-and-go"."""
        at = self.places[0]
        while at + 1 < len(self.tokens) and self.tokens[at + 1].text in self.lists["courtesies"]:
            at += 1
        following = self.tokens[at + 1 : at + 3]
        is_dash = bool(following) and following[0].text == "-"
        if not following or (is_dash and (following[0].glued or following[-1].glued)):
            return False
        return following[0].text in SENTENCE_BREAKS

    def _is_last_clause(self) -> bool:
        """ "No longer a patient, stop"; not "when it hurts, stop"."""
        at = self.places[-1]
        before = self.tokens[at - 1].text if at else ""
        if self.tokens[-1].text == "?" or (before != "," and before not in SENTENCE_BREAKS):
            return False
        told = self.lists["told_to_stop"]
        return before != "," or not any(token.text in told for token in self.tokens)


def _places_of(found: Iterable[Sign | Hit]) -> set[int]:
    return {i for one in found for i in range(one.start, one.end)}
