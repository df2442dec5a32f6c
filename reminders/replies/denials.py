"""Is a sign of danger denied: "no chest pain", "no fever, chills or sweats"?"""

from reminders.replies.hits import Clauses, Hits, has_one
from reminders.replies.lexicon import Lexicon
from reminders.replies.phrases import Hit
from reminders.replies.tokens import Message

# "never had chest pain like this", "no fever until last night"
NOT_DENIED_BEFORE = {"like", "until", "till", "til", "hasta", "jusqu'a", "bis"}
LISTING = {"or", "nor", "ni", "ou", "oder", "o"}


class Denials:
    """Where a "no" reaches. Worked out once, so that asking costs the same in a message of any length."""

    def __init__(self, message: Message, hits: Hits, lexicon: Lexicon, sentences: Clauses) -> None:
        self.texts = [token.text for token in message.tokens]
        self.sentences = sentences
        self.negators = lexicon.lists["negators"]
        self.symptoms = lexicon.lists["symptoms"]
        self.passed = self.symptoms | lexicon.lists["denial_between"]
        self.signs = hits.spans("flags")
        self.after = {hit.start for hit in hits.of("denial.after")}
        self.listing = [i for i, text in enumerate(self.texts) if text in LISTING]
        self.reached = self._reached()

    def deny(self, hit: Hit) -> bool:
        """Not "no, chest pain", nor "not only"."""
        if self.texts[hit.start] in self.negators and hit.group != "flags.infection":
            return False
        if NOT_DENIED_BEFORE.intersection(self.texts[hit.end : hit.end + 1]):
            return False
        if hit.start > 0 and self.reached[hit.start - 1]:
            return True
        return hit.end in self.after or hit.end + 1 in self.after

    def _reached(self) -> list[bool]:
        """For each word whether it is a "no", or only signs and small words lie between it and one."""
        reached: list[bool] = []
        for i, text in enumerate(self.texts):
            is_led_here = bool(reached) and reached[-1] and self._lets_through(i)
            reached.append(text in self.negators or is_led_here)
        return reached

    def _lets_through(self, i: int) -> bool:
        text, before = self.texts[i], self.texts[i - 1]
        if text == ",":
            return self._is_listed(i) and before not in self.negators
        if text == "/":
            return before not in self.negators
        if text == "and":
            return before in self.symptoms or self.signs.cover(i)
        return text in self.passed or self.signs.cover(i)

    def _is_listed(self, i: int) -> bool:
        """ "No fever, chills or sweats": the comma lists."""
        return has_one(self.listing, self.sentences.start(i), self.sentences.end(i))
