"""What a client's page says of the last tap, and where: beside what was tapped, while that is on the page."""

from dataclasses import dataclass

from web.client_sheet import Sheet

TOP = "top"
GOOD = frozenset(
    ("done", "undone", "not_done", "person", "rated", "stopped", "calendar", "calendar_off", "language")
)
# Not saved; the last of them for want of a choice.
BAD = frozenset(("again", "over", "choose"))


@dataclass(frozen=True)
class Notice:
    """`said` is a key of the words. An error stands at its field, with the `words` that were typed."""

    said: str
    place: str
    words: str = ""

    @property
    def is_good(self) -> bool:
        return self.said in GOOD

    @property
    def is_error(self) -> bool:
        return self.said == "choose" and self.place != TOP


def notice_of(said: str, place: str, sheet: Sheet, words: str = "") -> Notice | None:
    """At the top where the page has no such place. None for what a page never says."""
    if said not in GOOD | BAD or (said == "rated" and sheet.score is None):
        return None
    return Notice(said, place if place in sheet.places else TOP, words)
