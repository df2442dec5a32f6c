"""Signs for which a careful person would alert the therapist now.

A phrase of the lists is a sign unless it is denied, old history, somebody else's, supposed in a
question, or a figure of speech. When in doubt it stays a sign.
"""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from reminders.replies.denials import Denials
from reminders.replies.hits import Clauses, Hits, has_one
from reminders.replies.lexicon import Lexicon
from reminders.replies.phrases import Hit
from reminders.replies.tokens import Message

NEVER_EXCUSED = ("flags.crisis", "flags.unsafe")
FEVER_F, FEVER_C = (100.4, 110.0), (38.0, 43.0)
FIRST_YEAR, AFTER_LAST_YEAR = 1930, 2100
MANY_PILLS, PILLS_BY_MISTAKE = 6, 3
ENDS = (".", "!", "?", "\n", ";", "..")
SPANISH_PARTICIPLES = ("ado", "ido", "hecho", "puesto", "visto", "vuelto", "roto", "dicho")
MINOR = ("flags.nerve", "flags.clot", "flags.infection", "flags.cauda", "flags.limb")


@dataclass(frozen=True, slots=True)
class Sign:
    """Tokens `start` to `end` name it."""

    group: str
    rule: str
    start: int = 0
    end: int = 0


def find_signs(message: Message, hits: Hits, lexicon: Lexicon) -> list[Sign]:
    """The signs that count, in the order of the message."""
    reader = _Reader(message, hits, lexicon)
    found = [hit for hit in hits.section("flags") if "." in hit.group and reader.counts(hit)]
    signs = [_sign(hit) for hit in found]
    for hit, group, rule in (
        (reader.fever_number(), "infection", "fever by number"),
        (reader.dizziness_that_stopped(), "heart", "dizziness that made them stop"),
        (reader.many_pills(), "poison", "many tablets"),
    ):
        if hit is not None:
            signs.append(Sign(group, rule, hit.start, hit.end))
    return signs


def find_notes(message: Message, hits: Hits, lexicon: Lexicon, flags: frozenset[str]) -> list[Sign]:
    """What a person should see without an alarm: a danger denied, and slow signs such as losing weight."""
    reader = _Reader(message, hits, lexicon)
    slow = [hit for hit in hits.uncovered("slow.sign", by="slow.not") if reader.is_own(hit)]
    notes = [Sign("slow_sign", hit.rule, hit.start, hit.end) for hit in slow]
    for hit in hits.section("flags"):
        if (sign := _sign(hit)).group not in flags and reader.is_only_denied(hit):
            notes.append(Sign("denied", f"{sign.group}: {sign.rule}", hit.start, hit.end))
    return notes


def _sign(hit: Hit) -> Sign:
    return Sign(hit.group.removeprefix("flags."), hit.rule, hit.start, hit.end)


class _Reader:
    def __init__(self, message: Message, hits: Hits, lexicon: Lexicon) -> None:
        self.message, self.hits, self.lexicon = message, hits, lexicon
        self.texts = [token.text for token in message.tokens]
        self.masks = hits.spans("signs.mask")
        self.by_sentence: dict[str, dict[int, list[Hit]]] = {}

    def counts(self, hit: Hit) -> bool:
        if self.masks.hold(hit):
            return False
        if hit.group in NEVER_EXCUSED:
            return not self._is_denied(hit) if hit.group == "flags.unsafe" else not self._is_others(hit)
        if self.masks.cover(hit.start) or self.masks.reach(hit.end - 1) > hit.end:
            return False
        if hit.group in MINOR and self.hits.spans("signs.gone_minor").touch(hit):
            return False
        return not self._is_excused(hit)

    def is_own(self, hit: Hit) -> bool:
        """Said of the client, and not denied. A history counts: that is what makes the sign."""
        return not self._is_denied(hit) and not self._is_others(hit)

    def is_only_denied(self, hit: Hit) -> bool:
        if self.masks.touch(hit) or not self._is_denied(hit):
            return False
        return not self._is_others(hit)

    def _in_sentence(self, group: str, hit: Hit) -> list[Hit]:
        """Hits of a group in the sentence of a hit, in their order. None crosses the end of a sentence."""
        if group not in self.by_sentence:
            sentences = self.by_sentence[group] = defaultdict(list)
            for other in self.hits.of(group):
                if group == "others.who" and self._is_spanish_have(other):
                    continue
                sentences[self.sentences.start(other.start)].append(other)
        return self.by_sentence[group].get(self.sentences.start(hit.start), [])

    def _is_denied(self, hit: Hit) -> bool:
        return self.denials.deny(hit)

    @cached_property
    def sentences(self) -> Clauses:
        return Clauses(self.message.tokens, lambda token: token.text in ENDS)

    @cached_property
    def denials(self) -> Denials:
        return Denials(self.message, self.hits, self.lexicon, self.sentences)

    @cached_property
    def years(self) -> list[int]:
        """Where a number stands that may be a year."""
        tokens = enumerate(self.message.tokens)
        numbers = [(i, t.value) for i, t in tokens if t.kind == "number" and t.value is not None]
        return [i for i, value in numbers if FIRST_YEAR <= value < AFTER_LAST_YEAR]

    def _is_old(self, hit: Hit) -> bool:
        has_year = has_one(self.years, *self.sentences.around(hit.start, hit.end))
        if not has_year and not self._in_sentence("past.old", hit):
            return False
        return not self._in_sentence("past.still", hit)

    def _is_others(self, hit: Hit) -> bool:
        """The last one named before the sign is somebody else, and the client does not carry on as "I"."""
        if self.hits.has("others.carer") or (last := self._last_named(hit)) is None:
            return False
        if last.end > hit.start and last.start >= hit.start + 1:
            return self.texts[hit.start] not in self.lexicon.lists["self"]
        pronoun = self.texts[last.start] in ("he", "she", "he's", "she's", "his", "her", "they")
        if not pronoun and self.hits.spans("others.reports").cover(last.start):
            return False
        if pronoun and last.start <= self.first_person:
            return False
        return not has_one(self.own_words, last.end, hit.start)

    def _last_named(self, hit: Hit) -> Hit | None:
        """Who is named last before the end of the sign; before its beginning where it says who hurts them."""
        named = self._in_sentence("others.who", hit)
        before = hit.start if hit.group == "flags.unsafe" else hit.end
        place = bisect_left(named, before, key=lambda one: one.start)
        while place > 0 and named[place - 1].end > hit.end:
            place -= 1
        return named[place - 1] if place > 0 else None

    @cached_property
    def first_person(self) -> int:
        """Where somebody is first named as who they are: "my husband"."""
        people = (one.start for one in self.hits.of("others.who") if one.rule == "<person>")
        return min(people, default=len(self.texts))

    @cached_property
    def own_words(self) -> list[int]:
        """Where the client speaks of themselves."""
        return [i for i, text in enumerate(self.texts) if text in self.lexicon.lists["self"]]

    def _is_spanish_have(self, who: Hit) -> bool:
        """ "No he podido": the Spanish "I have", not the English "he"."""
        following = "".join(self.texts[who.end : who.end + 1])
        return self.texts[who.start] == "he" and following.endswith(SPANISH_PARTICIPLES)

    def _is_supposed(self, hit: Hit) -> bool:
        if self._in_sentence("past.still", hit):
            return False
        frames = self._in_sentence("hypothetical.frame", hit)
        return bool(frames) and frames[0].start <= hit.start

    def dizziness_that_stopped(self) -> Hit | None:
        dizzy = [hit for hit in self.hits.of("signs.dizzy") if not self._is_excused(hit)]
        return dizzy[0] if dizzy and self.hits.has("signs.had_to_stop") else None

    def _is_excused(self, hit: Hit) -> bool:
        return self._is_denied(hit) or self._is_old(hit) or self._is_others(hit) or self._is_supposed(hit)

    def fever_number(self) -> Hit | None:
        for hit in self.hits.of("signs.temperature"):
            if self.hits.spans("signs.not_temperature").touch(hit):
                continue
            if self._is_fever(hit) and not self._is_old(hit) and not self._is_others(hit):
                return hit
        return self._bare_fever_number()

    def _bare_fever_number(self) -> Hit | None:
        """ "100.4" and nothing else: with its decimal it is read off a thermometer."""
        for hit in self.hits.of("signs.bare_temperature"):
            numbers = [t for t in self.message.tokens[hit.start : hit.end] if t.kind == "number"]
            has_decimal = any("." in token.text or "," in token.text for token in numbers)
            if has_decimal and len(numbers) == 1 and self._is_fever(hit):
                return hit
        return None

    def _is_fever(self, hit: Hit) -> bool:
        values = [t.value for t in self.message.tokens[hit.start : hit.end] if t.value is not None]
        return any(low <= value <= high for value in values for low, high in (FEVER_F, FEVER_C))

    def many_pills(self) -> Hit | None:
        limit = PILLS_BY_MISTAKE if self.hits.has("signs.pills_mistake") else MANY_PILLS
        for hit in self.hits.of("signs.many_pills"):
            if self._is_others(hit) or self._is_denied(hit):
                continue
            values = [t.value for t in self.message.tokens[hit.start : hit.end] if t.value is not None]
            if any(limit <= value < 500 for value in values):
                return hit
        return None
