"""The phrases found in one message, by group, and where clauses begin and end.

Every question asked here costs about the same for a message of any length, or is worked out once for
all of it: so reading stays linear in the length.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

from reminders.replies.lexicon import Lexicon
from reminders.replies.phrases import Hit
from reminders.replies.tokens import Message, Token


class Hits:
    """What was found where. Groups are named as in the word lists: "flags.heart"."""

    def __init__(self, message: Message, lexicon: Lexicon, lang: str | None) -> None:
        self._by_group: defaultdict[str, list[Hit]] = defaultdict(list)
        self._spans: dict[str, Spans] = {}
        for hit in lexicon.book.find(message.line, message.starts, message.words, lang):
            self._by_group[hit.group].append(hit)

    def of(self, group: str) -> list[Hit]:
        """Hits of one group, in the order of the message."""
        return self._by_group.get(group, [])

    def section(self, section: str) -> list[Hit]:
        """Hits of all groups of a section."""
        return [
            hit for group, hits in self._by_group.items() if group.startswith(section + ".") for hit in hits
        ]

    def has(self, group: str) -> bool:
        return group in self._by_group

    def uncovered(self, group: str, by: str) -> list[Hit]:
        """Hits of a group that no hit of another touches."""
        covers = self.spans(by)
        return [hit for hit in self.of(group) if not covers.touch(hit)]

    def spans(self, group: str) -> "Spans":
        """The stretches that hits of a group, or of a whole section such as "flags", lie on."""
        if group not in self._spans:
            self._spans[group] = Spans(self.of(group) if "." in group else self.section(group))
        return self._spans[group]


class Spans:
    """Stretches of tokens, asked whether one of them touches or holds a hit."""

    def __init__(self, hits: Iterable[Hit]) -> None:
        farthest: dict[int, int] = {}
        for hit in hits:
            farthest[hit.start] = max(hit.end, farthest.get(hit.start, 0))
        self._starts = sorted(farthest)
        self._reaches = list(accumulate((farthest[start] for start in self._starts), max))

    def reach(self, place: int) -> int:
        """How far those reach that begin at a token or before it; 0 when none does."""
        before = bisect_left(self._starts, place + 1)
        return self._reaches[before - 1] if before else 0

    def cover(self, place: int) -> bool:
        return self.reach(place) > place

    def touch(self, hit: Hit) -> bool:
        return self.reach(hit.end - 1) > hit.start

    def hold(self, hit: Hit) -> bool:
        """One of them holds all of it."""
        return self.reach(hit.start) >= hit.end

    def hold_more_than(self, hit: Hit) -> bool:
        """One of them holds all of it and something beside it."""
        return self.reach(hit.start) > hit.end or self.reach(hit.start - 1) >= hit.end


def has_one(places: Sequence[int], start: int, end: int) -> bool:
    """One of the places, which are in order, lies from `start` up to `end`."""
    return bisect_left(places, start) < bisect_left(places, end)


class Clauses:
    """A message cut where `is_border` says so. A border belongs to the clause that it ends."""

    def __init__(self, tokens: Sequence[Token], is_border: Callable[[Token], bool]) -> None:
        self._borders = [i for i, token in enumerate(tokens) if is_border(token)]
        self._length = len(tokens)

    def start(self, place: int) -> int:
        """The first token of the clause that a token lies in."""
        before = bisect_left(self._borders, place)
        return self._borders[before - 1] + 1 if before else 0

    def end(self, place: int) -> int:
        """The border at a token or after it; the length of the message when there is none."""
        after = bisect_left(self._borders, place)
        return self._borders[after] if after < len(self._borders) else self._length

    def around(self, start: int, end: int) -> tuple[int, int]:
        """The clause around tokens `start` to `end`, its border left out."""
        return self.start(start), self.end(end)
