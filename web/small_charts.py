"""The two small pictures in lists of clients: a line of ratings, and a strip of days. Written as SVG at once.

A list has a hundred of them, so nothing is made in between: no part of one is escaped. Only numbers and words
of ours stand in them.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby, pairwise

from markupsafe import Markup

from care.adherence import DayCounts
from web.calendar_chart import DayMark, day_words, format_day, sign_of, window_start
from web.charts import LONGEST_GAP, TOP_SCORE

# An ordinal day, and what the client rated on it.
RatedDay = tuple[int, float]
# An ordinal day and its counts in the order of the fields of `DayCounts`.
CountedDay = Sequence[int]

WIDTH, HEIGHT = 128, 32
LEFT, RIGHT, ROOM = 4, 6, 4
STEP = 7
SHAPES = {
    "done": '<rect class="strip-done" x="{x}" y="2" width="5" height="20">',
    "partial": '<rect class="strip-partial" x="{x}" y="12" width="5" height="10">',
    "skipped": '<rect class="strip-skipped" x="{x}.5" y="16.5" width="4" height="5">',
    "unknown": '<circle class="strip-unknown" cx="{middle}.5" cy="19" r="1.6">',
    "paper": '<circle class="strip-paper" cx="{middle}.5" cy="19" r="1.8">',
}


def sparkline(ratings: Sequence[RatedDay], until: date, weeks: int = 8) -> Markup:
    """The ratings of the last weeks, oldest first, joined but for gaps over a week; the last is marked.

    All lists share the scale (0 to 10) and, with the same `until`, the days.
    """
    start = window_start(until, weeks).toordinal()
    dots = _dots([one for one in ratings if start <= one[0] <= until.toordinal()], start, until.toordinal())
    lines = _lines(dots)
    drawn = [f'<polyline class="spark-line" points="{points}"/>' for points in lines]
    if not lines:
        drawn = [f'<circle class="spark-dot" cx="{x}" cy="{y}" r="2"/>' for _day, x, y in dots]
    if dots:
        drawn.append(f'<circle class="spark-dot" cx="{dots[-1][1]}" cy="{dots[-1][2]}" r="3.5"/>')
    return Markup(  # noqa: S704 (numbers alone)  # nosec B704
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f' aria-hidden="true" focusable="false"><line class="spark-base" x1="0" x2="{WIDTH}"'
        f' y1="{HEIGHT - 0.5}" y2="{HEIGHT - 0.5}"/>'
        f"{''.join(drawn)}</svg>"
    )


def _dots(ratings: Sequence[RatedDay], first: int, last: int) -> list[tuple[int, float, float]]:
    """Each in its day; several of one day share its width, so none hides another."""
    width, height = (WIDTH - LEFT - RIGHT) / (last - first + 1), (HEIGHT - 2 * ROOM) / TOP_SCORE
    dots = []
    for day, of_day in groupby(ratings, key=lambda one: one[0]):
        scores = [score for _day, score in of_day]
        for place, score in enumerate(scores, 1):
            x = LEFT + width * (day - first + place / (len(scores) + 1))
            dots.append((day, round(x, 2), round(HEIGHT - ROOM - height * score, 2)))
    return dots


def _lines(dots: Sequence[tuple[int, float, float]]) -> list[str]:
    runs = [[dots[0]]] if dots else []
    for before, dot in pairwise(dots):
        if dot[0] - before[0] > LONGEST_GAP.days:
            runs.append([])
        runs[-1].append(dot)
    return [" ".join(f"{x},{y}" for _day, x, y in run) for run in runs if len(run) > 1]


def day_strip(days: Sequence[CountedDay], until: date, length: int = 28) -> Markup:
    """The last days, one sign each, oldest first; for who cannot see it, how many were done of all."""
    first, labels = until.toordinal() - length + 1, _labels(until, length)
    done = due = 0
    drawn = []
    for day, *counts in days:
        shape, words, done_then, due_then = _cell(*counts)
        done, due = done + done_then, due + due_then
        place = day - first
        if shape and 0 <= place < length:
            x = place * STEP + 1
            drawn.append(
                f"{shape.format(x=x, middle=x + 2)}<title>{labels[place]}: {words}</title>{_end(shape)}"
            )
    wide = length * STEP
    return Markup(  # noqa: S704 (numbers and words of ours)  # nosec B704
        f'<svg class="strip" viewBox="0 0 {wide} 24" width="{wide}" height="24" role="img" focusable="false"'
        f' aria-label="{length} days: {done} of {due} done">'
        f'<line class="strip-base" x1="0" x2="{wide}" y1="23.5" y2="23.5"/>{"".join(drawn)}</svg>'
    )


@lru_cache(maxsize=1024)
def _cell(*counts: int) -> tuple[str, str, int, int]:
    """Shape and words of a day with these counts, and how many of how many were done."""
    day = DayCounts(*counts)
    mark = DayMark(day.done, day.partial, day.skipped, day.unknown, day.due + day.open, day.on_paper)
    kind, words = day_words(sign_of(mark), mark)
    return SHAPES.get(kind, ""), words, day.done, day.due


@lru_cache(maxsize=64)
def _labels(until: date, length: int) -> list[str]:
    return [format_day(until - timedelta(days=ago)) for ago in range(length - 1, -1, -1)]


def _end(shape: str) -> str:
    return "</rect>" if shape.startswith("<rect") else "</circle>"
