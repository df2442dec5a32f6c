"""What a chart has dozens of, written at once past the template: numbers and words of ours, none escaped."""

from collections.abc import Iterable

from markupsafe import Markup

from web.calendar_chart import DayCell
from web.charts import Dot, NumberRow

GLYPHS = {"v": "\u2713", "/": "/", "x": "\u00d7", "?": "?", "p": "p", ".": "\u00b7", "": ""}


def chart_dots(dots: Iterable[Dot]) -> Markup:
    """A circle for each rating, that says what it is."""
    return _joined(
        f'<circle class="chart-dot{" is-visit" if is_visit else ""}" cx="{x}" cy="{y}" r="4.5">'
        f"<title>{words}</title></circle>\n"
        for x, y, is_visit, words in dots
    )


def chart_numbers(rows: Iterable[NumberRow]) -> Markup:
    """The same ratings as rows of a table."""
    return _joined(
        f'<tr><td><time class="nowrap" datetime="{iso}">{when}</time></td><td class="num">{score}</td>'
        f"<td>{band}</td><td>{source}</td></tr>"
        for when, iso, score, band, source in rows
    )


def calendar_days(cells: Iterable[DayCell]) -> Markup:
    """A week of the calendar. A day still to come has an empty field."""
    return _joined(
        f'<td><span class="day day--{kind}"><span aria-hidden="true">{GLYPHS[sign]}</span>'
        f'<span class="visually-hidden">{words}</span></span></td>'
        if kind != "ahead"
        else "<td></td>"
        for _day, sign, kind, words in cells
    )


def day_glyph(sign: str) -> str:
    return GLYPHS[sign]


def _joined(parts: Iterable[str]) -> Markup:
    return Markup("".join(parts))  # noqa: S704 (numbers, days and words of ours)  # nosec B704
