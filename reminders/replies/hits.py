"""The phrases found in one message, by group."""

from collections import defaultdict

from reminders.replies.lexicon import Lexicon
from reminders.replies.phrases import Hit
from reminders.replies.tokens import Message


class Hits:
    """What was found where. Groups are named as in the word lists: "flags.heart"."""

    def __init__(self, message: Message, lexicon: Lexicon, lang: str | None) -> None:
        self._by_group: defaultdict[str, list[Hit]] = defaultdict(list)
        for hit in lexicon.book.find(message.line, message.starts, message.words, lang):
            self._by_group[hit.group].append(hit)

    def of(self, group: str) -> list[Hit]:
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
        covers = self.of(by)
        return [hit for hit in self.of(group) if not any(touches(hit, cover) for cover in covers)]


def touches(one: Hit, other: Hit) -> bool:
    return one.start < other.end and other.start < one.end


def lies_within(inner: Hit, outer: Hit) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
