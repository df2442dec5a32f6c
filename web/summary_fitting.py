"""What of a summary stands on one sheet: each part gets its share of the lines, and what is left out is said.

The sheet is A4 or Letter at 10 points, so a line holds so many characters, counted for the widest of the fonts
that may stand in. Where all of it fits, nothing is shortened.
"""

from collections.abc import Mapping, Sequence
from math import ceil

# What Letter, the shorter sheet, holds beside the head, the question, both charts and the last line.
LINES = 36
CHARACTERS = 72
# The gap between two parts, in lines.
GAP = 0.25
# No part is cut to less: its first words, and that there is more.
LEAST = 2
SHORTENED = " ... (shortened)"


def lines_of(text: str) -> int:
    """How many lines a text takes, an empty one between paragraphs too."""
    return sum(max(1, ceil(len(line) / CHARACTERS)) for line in text.split("\n"))


def shares(needs: Mapping[str, int], lines: float = LINES) -> dict[str, int]:
    """How many lines each part gets. Who needs little leaves the rest to the others, in equal parts."""
    left = lines - GAP * len(needs)
    found: dict[str, int] = {}
    waiting = sorted(needs, key=lambda name: needs[name])
    for number, name in enumerate(waiting):
        fair = max(LEAST, int(left / (len(waiting) - number)))
        found[name] = min(needs[name], fair)
        left -= found[name]
    return found


def shortened(text: str, lines: int) -> str:
    """The text itself where it fits, else its beginning, and that it was shortened."""
    if lines_of(text) <= lines:
        return text
    kept: list[str] = []
    for line in text.split("\n"):
        room = lines - sum(map(lines_of, kept))
        if lines_of(line) >= room:
            cut = line[: max(0, room * CHARACTERS - len(SHORTENED))].rsplit(" ", 1)[0]
            return "\n".join([*kept, cut + SHORTENED])
        kept.append(line)
    return "\n".join(kept)


def first_of(items: Sequence[str], lines: int) -> int:
    """How many of these fit, when one line more says how many are left out."""
    if sum(map(lines_of, items)) <= lines:
        return len(items)
    taken, used = 0, 1
    for one in items:
        used += lines_of(one)
        if used > lines:
            break
        taken += 1
    return taken
