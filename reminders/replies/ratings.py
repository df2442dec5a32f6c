"""Which number, if any, is the pain level. Never one the client did not give."""

from dataclasses import dataclass
from itertools import pairwise

from reminders.replies.amounts import Amount, find_amounts
from reminders.replies.exercises import ASKED_ABOUT_EXERCISES
from reminders.replies.hits import Clauses, Hits
from reminders.replies.labels import Label, Labelled, current_of, label_amounts, named_values
from reminders.replies.lexicon import Lexicon
from reminders.replies.phrases import Hit
from reminders.replies.tokens import Message, Token

ENDS = frozenset({".", "!", "?", "\n", "..", ";", "anyway", "anyways"})
SEPARATORS = ENDS | {",", "(", ")", "but", "and", "pero", "mais", "aber", "mas"}
FIRST_SYMBOL = "\u2190"  # arrows, dingbats and emoji lie beyond all letters' punctuation
ATTEMPTS = ("outside the scale", "below the scale", "another scale", "the scale itself", "bound")
TOUCHING = frozenset({",", "and", "\n", "y", "et", "und", "e", "&", "/"})
PRAISED_FROM = 8
MOST_AMOUNTS = 30  # in one message; more is no answer to how it hurts


@dataclass(frozen=True, slots=True)
class Rated:
    """What was found. `rule` names how; `tried` says that a number was there which cannot be used."""

    rating: float | None = None
    ratings: tuple[tuple[str, float], ...] = ()
    rule: str = ""
    tried: bool = False
    lone_number: bool = False


def read_rating(message: Message, hits: Hits, lexicon: Lexicon, context: str, lang: str | None) -> Rated:
    amounts = find_amounts(message, lexicon, lang)
    if len(amounts) > MOST_AMOUNTS:
        return Rated(tried=True)
    _add_slip(message, amounts, lexicon, lang)
    reader = _Reader(message, hits, lexicon, context, amounts)
    reader.refuse()
    return reader.decide()


def _add_slip(message: Message, amounts: list[Amount], lexicon: Lexicon, lang: str | None) -> None:
    """ "sevn", but only where hardly anything else is said."""
    words = [token for token in message.tokens if token.kind in ("word", "number")]
    if (amounts and not all(amount.refused for amount in amounts)) or len(words) > 6:
        return
    known = lexicon.lists["before_number"] | lexicon.lists["after_number"]
    slips = [t for t in words if t.value is None and lexicon.number_slip(t.text, lang) is not None]
    others = [t for t in words if t not in slips]
    if len(slips) == 1 and all(t.text in known or t.text == "10" for t in others):
        place = message.tokens.index(slips[0])
        slips[0].value = lexicon.number_slip(slips[0].text, lang)
        amounts[:] = [Amount(slips[0].value or 0.0, place, place + 1, is_words=True)]


class _Reader:
    def __init__(
        self, message: Message, hits: Hits, lexicon: Lexicon, context: str, amounts: list[Amount]
    ) -> None:
        self.tokens = message.tokens
        self.message, self.hits, self.lexicon = message, hits, lexicon
        self.context, self.amounts = context, amounts
        self.clauses = Clauses(self.tokens, _separates)
        self.sentences = Clauses(self.tokens, lambda token: token.text in ENDS)

    # What cannot be a rating

    def refuse(self) -> None:
        for amount in self.amounts:
            amount.refused = self._job_of(amount) or amount.refused or self._strange_neighbour(amount)
        for amount in self.amounts:
            if amount.is_pair_with and (amount.refused or amount.is_pair_with.refused):
                amount.refused = amount.is_pair_with.refused = amount.refused or amount.is_pair_with.refused

    def _job_of(self, amount: Amount) -> str:
        if self.context == "exercise_prompt" and self.hits.has("snooze.bare_hour"):
            return "clock time"
        for group in ("job", "bound", "other_quantity", "scale", "change"):
            for hit in self.hits.of(f"rating.{group}"):
                if _is_part(hit, amount):
                    continue
                if hit.start < amount.end and amount.start < hit.end and self._is_meant(group, hit, amount):
                    return group.replace("_", " ")
        return ""

    def _is_meant(self, group: str, hit: Hit, amount: Amount) -> bool:
        if group == "scale":
            return hit.end >= amount.start + 1 and not amount.out_of_ten
        if group in ("change", "bound"):
            return not any(h.start < amount.end <= h.end for h in self.hits.of("rating.level_not_change"))
        if amount.out_of_ten and group == "job":
            return hit.end >= amount.end and hit.start < amount.start and self._is_date(hit)
        return not any(h.start <= amount.start < h.end for h in self.hits.of("rating.job_not"))

    def _is_date(self, hit: Hit) -> bool:
        """ "away until 3/10" is a date; "pain is 3/10" is not."""
        words = {token.text for token in self.tokens[: hit.end]}
        return bool(words & self.lexicon.lists["before_a_date"]) or self.hits.has("rating.date_word")

    def _strange_neighbour(self, amount: Amount) -> str:
        if amount.out_of_ten:
            return ""
        before = self.tokens[amount.start - 1] if amount.start else None
        after = self.tokens[amount.end] if amount.end < len(self.tokens) else None
        if before is not None and not self._may_stand(before, "before_number", amount.start - 1):
            return f"stands after {before.text[:20]!r}"
        if after is not None and not self._may_stand(after, "after_number", amount.end):
            return f"stands before {after.text[:20]!r}"
        return ""

    def _may_stand(self, token: Token, where: str, place: int) -> bool:
        if token.kind in ("sign", "break") or token.text in self.lexicon.lists[where] or token.text == "✔":
            return True
        if token.kind in ("clock", "phone", "date", "link"):
            return False
        if token.value is not None:
            return True
        if token.text in self.lexicon.lists["done_slips"] and self.context in ASKED_ABOUT_EXERCISES:
            return True
        return self._is_own_name(place) or any(hit.start <= place < hit.end for hit in self._fitting())

    def _is_own_name(self, place: int) -> bool:
        """ "Hi it's Walter 6"."""
        opening = [token.text for token in self.tokens[:place]]
        if not opening or opening[-1] not in ("is", "it's", "i'm") or self.tokens[place].kind != "word":
            return False
        greets = all(word in self.lexicon.lists["greetings"] or word == "," for word in opening)
        return greets and self.tokens[place].text not in self.lexicon.words

    def _fitting(self) -> list[Hit]:
        groups = (
            "label_body",
            "label_time",
            "label_activity",
            "label_pair",
            "label_extreme",
            "done",
            "skipped",
        )
        return [h for group in groups for h in self.hits.section(group)] + self.hits.of("rating.pain")

    # What is left

    def decide(self) -> Rated:
        usable = [a for a in self.amounts if not a.refused]
        usable = [a for a in usable if not self._is_others(a) and not self._is_goal(a)]
        usable = [a for a in usable if not self._is_praise(a)]
        if corrected := self._corrected(usable):
            return corrected
        candidates = self._with_zero(usable)
        if not candidates:
            return self._nothing()
        if len(candidates) > MOST_AMOUNTS:
            return Rated(tried=True)
        if self.context == "none" and not any(self._says_so(a) for a in candidates):
            return Rated(tried=True, rule="rating.unasked")
        pair = next((a for a in candidates if a.is_pair_with in candidates), None)
        if pair is not None and pair.is_pair_with is not None:
            values = (("before", pair.value), ("after", pair.is_pair_with.value))
            return Rated(pair.is_pair_with.value, values, "rating.change")
        return self._one_or_several(candidates)

    def _one_or_several(self, candidates: list[Amount]) -> Rated:
        if len(candidates) == 1:
            return self._only(candidates[0])
        labelled = label_amounts(self.message, self.hits, candidates, self.lexicon)
        self._add_clock_times(labelled)
        values = named_values(labelled)
        if values is not None and not self._touching(candidates):
            return Rated(current_of(values), tuple(values), "rating.several")
        if len({a.value for a in candidates}) == 1 and not self._touching(candidates):
            return Rated(candidates[0].value, (), "rating.repeated")
        present = [a for a in candidates if not self._is_past(a)]
        if len(present) == 1:
            return self._only(present[0])
        certain = [a for a in candidates if a.out_of_ten or self._is_named_pain(a)]
        if len(certain) == 1:
            return self._only(certain[0])
        return Rated(tried=True)

    def _add_clock_times(self, labelled: list[Labelled]) -> None:
        """ "4 at 9am 6 at 9pm": the hour after each number names it."""
        for this, following in zip(labelled, [*labelled[1:], None], strict=True):
            end = following.amount.start if following else len(self.tokens)
            for i in range(this.amount.end, end - 1):
                half = self.tokens[i + 1].text
                if self.tokens[i].kind == "number" and half in ("am", "pm"):
                    this.labels = [Label("label_time", f"{self.tokens[i].text}{half}", i)]

    def _only(self, amount: Amount) -> Rated:
        if self._is_past(amount):
            return Rated(tried=self.context != "none")
        alone = sum(t.kind in ("word", "number") for t in self.tokens) == amount.end - amount.start
        form = "zero" if amount.start == amount.end else "range" if amount.is_range else "number"
        return Rated(amount.value, (), f"rating.{form}", lone_number=alone)

    def _nothing(self) -> Rated:
        attempts = [a for a in self.amounts if a.refused in ATTEMPTS]
        return Rated(tried=bool(attempts))

    def _touching(self, amounts: list[Amount]) -> bool:
        """ "5 6": nothing but a space, a comma or "and" between two of them."""
        for one, two in pairwise(amounts):
            between = [token.text for token in self.tokens[one.end : two.start]]
            is_said = one.start != one.end
            if is_said and all(text in TOUCHING for text in between):
                return True
        return False

    # Reading around a number

    def _clause(self, amount: Amount) -> tuple[int, int]:
        return self.clauses.around(amount.start, amount.end)

    def _sentence(self, amount: Amount) -> tuple[int, int]:
        return self.sentences.around(amount.start, amount.end)

    def _near(self, group: str, span: tuple[int, int]) -> list[Hit]:
        return [hit for hit in self.hits.of(group) if span[0] <= hit.start < span[1]]

    def _is_past(self, amount: Amount) -> bool:
        span = self._clause(amount)
        past = self._near("rating.past", span)
        if not past or self._near("rating.present", span):
            return False
        recent = self.hits.has("done.phrase") and not self._near("rating.long_past", span)
        return not recent

    def _is_others(self, amount: Amount) -> bool:
        """ "My son is at an 8, me I'm a 2": the last one named before the number."""
        named = self._near("rating.other_person", self._sentence(amount))
        others = [h for h in named if h.start < amount.start]
        if not others:
            return False
        clause = self._clause(amount)
        own = [h.start for h in self._near("rating.own", clause) if h.start < amount.start]
        own += [h.start for h in self._near("rating.pain", clause) if h.start == clause[0] > 0]
        return not own or max(own) < max(h.start for h in others)

    def _is_goal(self, amount: Amount) -> bool:
        span = self._clause(amount)
        if self._near("rating.goal_not", span):
            return False
        return any(hit.start <= amount.start for hit in self._near("rating.goal", span))

    def _is_praise(self, amount: Amount) -> bool:
        if amount.value < PRAISED_FROM or self.hits.has("rating.pain"):
            return False
        return bool(self._near("rating.praise", self._sentence(amount)))

    def _says_so(self, amount: Amount) -> bool:
        """In no context a number counts only when the message says what it is."""
        if amount.out_of_ten or amount.start == amount.end:
            return True
        span = self._sentence(amount)
        is_bare = span[1] - span[0] <= amount.end - amount.start + 2
        if self._near("rating.pain", span) or (is_bare and self.hits.has("rating.pain")):
            return True
        if any(self._names_place_of(hit, amount) for hit in self.hits.section("label_body")):
            return True
        return self._is_next_to_done(amount)

    def _names_place_of(self, body: Hit, amount: Amount) -> bool:
        """ "Back 4", "4 back", "my back is a 4"."""
        if body.start == amount.end:
            return True
        between = [token.text for token in self.tokens[body.end : amount.start]]
        return body.end <= amount.start and all(text in self.lexicon.lists["linking"] for text in between)

    def _is_next_to_done(self, amount: Amount) -> bool:
        for hit in self.hits.of("done.phrase"):
            between = self.tokens[hit.end : amount.start] + self.tokens[amount.end : hit.start]
            if all(
                t.kind in ("sign", "break") or t.text in ("and", "at", "with", "pain", "all") for t in between
            ):
                return True
        return False

    def _is_named_pain(self, amount: Amount) -> bool:
        return any(hit.start < amount.start for hit in self._near("rating.pain", self._clause(amount)))

    # Zero and corrections

    def _with_zero(self, usable: list[Amount]) -> list[Amount]:
        """ "No pain" is a zero, placed where it is said."""
        zeros = self.hits.uncovered("rating.zero", by="rating.zero_not")
        danger = self.hits.spans("flags")  # "no chest pain" says nothing of the pain we asked about
        zeros = [hit for hit in zeros if not danger.touch(hit)]
        places: list[Amount] = []
        for hit in sorted(zeros, key=lambda h: h.start):
            inside = [a for a in usable if hit.start <= a.start < hit.end]
            if inside or (places and hit.start < places[-1].end + 1):
                continue
            places.append(Amount(0.0, hit.start, hit.start))
        if self._is_none_word():
            places.append(Amount(0.0, 0, 0))
        if not usable:
            return places[:1]
        return sorted(usable + places, key=lambda a: a.start)

    def _is_none_word(self) -> bool:
        if self.context != "pain_prompt":
            return False
        words = [t.text for t in self.tokens if t.kind in ("word", "number")]
        if " ".join(words) in self.lexicon.lists["none_words"]:
            return True
        rest = [word for word in words if word not in self.lexicon.lists["polite"]]
        return " ".join(rest) in self.lexicon.lists["none_words"]

    def _corrected(self, usable: list[Amount]) -> Rated | None:
        for group, which in (("rating.not_that", 0), ("rating.not_first", -1)):
            for hit in self.hits.of(group):
                inside = [a for a in usable if hit.start <= a.start < hit.end]
                if inside:
                    return Rated(inside[which].value, (), "rating.correction")
        for hit in sorted(self.hits.of("rating.correction"), key=lambda h: -h.start):
            after = [a for a in usable if a.start >= hit.end - 1 and a.start >= hit.start]
            if (
                after
                and (len(after) == 1 or after[0].start <= hit.end + 1)
                and self._corrects(hit, after, usable)
            ):
                return Rated(after[0].value, (), "rating.correction")
        return self._starred(usable)

    def _corrects(self, hit: Hit, after: list[Amount], usable: list[Amount]) -> bool:
        if after[0].is_pair_with:
            return False
        if len(after) > 1 and len(after) == len(usable):
            return False
        return after[0].start - hit.end <= 4

    def _starred(self, usable: list[Amount]) -> Rated | None:
        if len(usable) != 1:
            return None
        amount = usable[0]
        before = amount.start > 0 and self.tokens[amount.start - 1].text == "*"
        after = amount.end < len(self.tokens) and self.tokens[amount.end].text == "*"
        return Rated(amount.value, (), "rating.correction") if before != after else None


def _separates(token: Token) -> bool:
    return token.text in SEPARATORS or (token.kind == "sign" and token.text >= FIRST_SYMBOL)


def _is_part(hit: Hit, amount: Amount) -> bool:
    """ "point five" of "three point five" is no change by points."""
    return (
        amount.start <= hit.start
        and hit.end <= amount.end
        and hit.end - hit.start < amount.end - amount.start
    )
