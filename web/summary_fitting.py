"""What of a summary stands on one sheet: each part gets its share of the lines, and what is left out is said.

The sheet is Letter, the shorter one, or A4. Where all of it fits, nothing is shortened. Else the letters are
smaller, and entries of a list follow one another in a line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

# The gap between two parts, in lines.
GAP = 0.25
# No part is cut to less: its first words, and that there is more.
LEAST = 2
SHORTENED = " ... (shortened)"
BETWEEN = " / "


@dataclass(frozen=True)
class Room:
    """The lines left beside the head, the question, what is counted, both charts and the last line.

    The characters of a line, and of one of its title, are counted for the widest of the fonts.
    """

    lines: int
    characters: int
    of_title: int


# Letters of 10 points, and of 9 (handout.css).
USUAL, DENSE = Room(27, 72, 18), Room(31, 80, 20)


@dataclass(frozen=True)
class Part:
    """A title and its paragraphs. Of a list whole entries are left out, of a text its end.

    What `comes_first` gives way to nothing but what stands before it; `names` stand alone before any of the
    entries is left out.
    """

    title: str
    paragraphs: tuple[str, ...]
    is_list: bool = False
    comes_first: bool = False
    names: tuple[str, ...] = ()

    def lines(self, room: Room) -> int:
        taken = sum(lines_of(one, room) for one in self.paragraphs)
        return max(taken, ceil(len(self.title) / room.of_title))


def fitted(parts: Sequence[Part]) -> tuple[list[Part], bool]:
    """All of them in their order, each cut to its lines, and whether the letters are small.

    Who needs little leaves the rest to the others.
    """
    if sum(one.lines(USUAL) + GAP for one in parts) <= USUAL.lines:
        return list(parts), False
    left = DENSE.lines - GAP * len(parts)
    given: dict[int, int] = {}
    waiting = sorted(range(len(parts)), key=lambda n: 0 if parts[n].comes_first else parts[n].lines(DENSE))
    for number, place in enumerate(waiting):
        part, others = parts[place], len(parts) - number - 1
        most = left - LEAST * others if part.comes_first else left / (others + 1)
        given[place] = min(part.lines(DENSE), max(LEAST, int(most)))
        left -= given[place]
    return [_cut(part, given[place]) for place, part in enumerate(parts)], True


def lines_of(paragraph: str, room: Room) -> int:
    """How many lines it takes; an empty one takes one too."""
    return max(1, ceil(len(paragraph) / room.characters))


def _cut(part: Part, lines: int) -> Part:
    if part.lines(DENSE) <= lines:
        return part
    kept = _entries(part, lines) if part.is_list else _beginning(part.paragraphs, lines)
    return replace(part, paragraphs=kept)


def _entries(part: Part, lines: int) -> tuple[str, ...]:
    """One after the other, as many as fit, and how many are left out; the first one in any case."""
    entries = part.names or part.paragraphs
    for count in range(len(entries), 0, -1):
        left_out = len(entries) - count
        more = [f"and {left_out} more in our record"] if left_out else []
        words = BETWEEN.join([*entries[:count], *more])
        if lines_of(words, DENSE) <= lines:
            return (words,)
    return (_shortened(BETWEEN.join(entries), lines),)


def _beginning(paragraphs: Sequence[str], lines: int) -> tuple[str, ...]:
    kept: list[str] = []
    for one in paragraphs:
        left = lines - sum(lines_of(line, DENSE) for line in kept)
        if lines_of(one, DENSE) >= left:
            return (*kept, _shortened(one, left))
        kept.append(one)
    return tuple(kept)


def _shortened(paragraph: str, lines: int) -> str:
    """Whole words of its beginning, and that there is more."""
    most = lines * DENSE.characters - len(SHORTENED)
    beginning = paragraph if len(paragraph) <= most else paragraph[: most + 1].rsplit(" ", 1)[0][:most]
    return beginning.rstrip() + SHORTENED
