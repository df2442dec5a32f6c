"""Signs for which a careful person would alert the therapist now.

A phrase of the lists is a sign unless it is denied, old history, somebody else's, supposed in a
question, or a figure of speech. When in doubt it stays a sign.
"""

from dataclasses import dataclass

from reminders.replies.hits import Hits, lies_within, touches
from reminders.replies.lexicon import Lexicon
from reminders.replies.phrases import Hit
from reminders.replies.tokens import Message

NEVER_EXCUSED = ("flags.crisis", "flags.unsafe")
FEVER_F, FEVER_C = (100.4, 110.0), (38.0, 43.0)
FIRST_YEAR = 1930
MANY_PILLS, PILLS_BY_MISTAKE = 6, 3
# "never had chest pain like this", "no fever until last night"
NOT_DENIED_BEFORE = {"like", "until", "till", "til", "hasta", "jusqu'a", "bis"}
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
        self.masks = hits.of("signs.mask")
        self.signs = hits.section("flags")
        self.between = lexicon.lists["denial_between"]
        self.symptoms = lexicon.lists["symptoms"]
        self.negators = lexicon.lists["negators"]

    def counts(self, hit: Hit) -> bool:
        masks = [mask for mask in self.masks if touches(mask, hit)]
        if any(lies_within(hit, mask) for mask in masks):
            return False
        if hit.group in NEVER_EXCUSED:
            return not self._is_denied(hit) if hit.group == "flags.unsafe" else not self._is_others(hit)
        if any(mask.start <= hit.start or mask.end > hit.end for mask in masks):
            return False
        if hit.group in MINOR and any(touches(hit, gone) for gone in self.hits.of("signs.gone_minor")):
            return False
        return not self._is_excused(hit)

    def is_own(self, hit: Hit) -> bool:
        """Said of the client, and not denied. A history counts: that is what makes the sign."""
        return not self._is_denied(hit) and not self._is_others(hit)

    def is_only_denied(self, hit: Hit) -> bool:
        if any(touches(mask, hit) for mask in self.masks) or not self._is_denied(hit):
            return False
        return not self._is_others(hit)

    def _sentence(self, hit: Hit) -> tuple[int, int]:
        start, end = hit.start, hit.end
        while start > 0 and self.texts[start - 1] not in ENDS:
            start -= 1
        while end < len(self.texts) and self.texts[end] not in ENDS:
            end += 1
        return start, end

    def _in_sentence(self, group: str, hit: Hit) -> list[Hit]:
        start, end = self._sentence(hit)
        return [other for other in self.hits.of(group) if start <= other.start and other.end <= end + 1]

    def _is_denied(self, hit: Hit) -> bool:
        """ "no chest pain", "no fever, chills or sweats"; not "no, chest pain", nor "not only"."""
        if self.texts[hit.start] in self.negators and hit.group != "flags.infection":
            return False
        if set(self.texts[hit.end : hit.end + 1]) & NOT_DENIED_BEFORE:
            return False
        start, end = self._sentence(hit)
        listed = {"or", "nor", "ni", "ou", "oder", "o"} & set(self.texts[start:end])
        i = hit.start - 1
        while i >= start:
            text = self.texts[i]
            if text in self.negators:
                return True
            is_sign = any(other.start <= i < other.end for other in self.signs if other is not hit)
            if text == "," or text == "/":
                if not listed and text == ",":
                    break
                if i > 0 and self.texts[i - 1] in self.negators:
                    break
            elif text == "and":
                if not is_sign and self.texts[i - 1] not in self.symptoms:
                    break
            elif not (text in self.between or text in self.symptoms or is_sign):
                break
            i -= 1
        return any(after.start in (hit.end, hit.end + 1) for after in self.hits.of("denial.after"))

    def _is_old(self, hit: Hit) -> bool:
        start, end = self._sentence(hit)
        values = [token.value for token in self.message.tokens[start:end] if token.kind == "number"]
        has_year = any(value is not None and FIRST_YEAR <= value < 2100 for value in values)
        if not has_year and not self._in_sentence("past.old", hit):
            return False
        return not self._in_sentence("past.still", hit)

    def _is_others(self, hit: Hit) -> bool:
        """The last one named before the sign is somebody else, and the client does not carry on as "I"."""
        start, _ = self._sentence(hit)
        if self.hits.has("others.carer"):
            return False
        who = [o for o in self._in_sentence("others.who", hit) if start <= o.start and o.end <= hit.end]
        who = [o for o in who if not (o.start >= hit.start and hit.group == "flags.unsafe")]
        who = [o for o in who if not self._is_spanish_have(o)]
        if not who:
            return False
        last = who[-1]
        if last.end > hit.start and last.start >= hit.start + 1:
            return self.texts[hit.start] not in self.lexicon.lists["self"]
        reported = [r for r in self.hits.of("others.reports") if r.start <= last.start < r.end]
        pronoun = self.texts[last.start] in ("he", "she", "he's", "she's", "his", "her", "they")
        if reported and not pronoun:
            return False
        if pronoun and not any(
            w.rule == "<person>" for w in self.hits.of("others.who") if w.start < last.start
        ):
            return False
        return not any(self.texts[i] in self.lexicon.lists["self"] for i in range(last.end, hit.start))

    def _is_spanish_have(self, who: Hit) -> bool:
        """ "No he podido": the Spanish "I have", not the English "he"."""
        following = "".join(self.texts[who.end : who.end + 1])
        return self.texts[who.start] == "he" and following.endswith(SPANISH_PARTICIPLES)

    def _is_supposed(self, hit: Hit) -> bool:
        if self._in_sentence("past.still", hit):
            return False
        return any(frame.start <= hit.start for frame in self._in_sentence("hypothetical.frame", hit))

    def dizziness_that_stopped(self) -> Hit | None:
        dizzy = [hit for hit in self.hits.of("signs.dizzy") if not self._is_excused(hit)]
        return dizzy[0] if dizzy and self.hits.has("signs.had_to_stop") else None

    def _is_excused(self, hit: Hit) -> bool:
        return self._is_denied(hit) or self._is_old(hit) or self._is_others(hit) or self._is_supposed(hit)

    def fever_number(self) -> Hit | None:
        for hit in self.hits.of("signs.temperature"):
            if any(touches(hit, weather) for weather in self.hits.of("signs.not_temperature")):
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
