"""The findings of an assessment as a form: the lines of last time, those added since, and what was typed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from care.comparing import compared, norm_of
from care.errors import Refused
from care.finding_catalog import (
    CATALOG,
    CHANGE_MOST,
    GRADES,
    METHODS,
    MODES,
    RESULTS,
    TONES,
    TRAITS,
    Entry,
)
from care.findings import (
    LONGEST_ACTIVITY,
    Earlier,
    Given,
    check_finding,
    is_empty,
    key_of,
    newest_by_key,
)
from care.instruments import MEASURES
from care.models import Finding, FindingKind
from care.recurrence import today_in
from care.saying import number_in_words, short_day
from care.thresholds import Thresholds
from web.finding_lists import list_to_add

SECTIONS = {
    FindingKind.POSTURE: "Observation and posture",
    FindingKind.PALPATION: "Palpation",
    FindingKind.RANGE: "Range of motion",
    FindingKind.RESISTED: "Resisted tests",
    FindingKind.SPECIAL: "Special tests",
    FindingKind.ACTIVITY: "Activities (PSFS)",
    FindingKind.CHANGE: "Change as the client sees it (GROC)",
    FindingKind.SCORE: "Scores",
}
NUMBER = re.compile(r"[+-]?\d{1,3}([.,]\d{1,2})?", re.ASCII)
MOST_LINES = 200
NEW_ACTIVITIES = 3
USUAL_METHOD = "goniometer"


@dataclass
class Line:
    """One thing to find, with what stands in its fields for each side."""

    entry: Entry
    mode: str = ""
    method: str = ""
    note: str = ""
    maximum: str = ""
    sides: dict[str, dict[str, Any]] = field(default_factory=dict)
    last: str = ""
    words: dict[str, list[str]] = field(default_factory=dict)

    @property
    def token(self) -> str:
        return ":".join((self.entry.kind, self.mode, self.entry.code))

    @property
    def norm(self) -> str:
        return norm_of(self.entry.code) if self.entry.kind is FindingKind.RANGE else ""

    @property
    def title(self) -> str:
        return f"{self.entry.name}, {self.mode}" if self.mode == "passive" else self.entry.name

    @property
    def scale_choices(self) -> list[tuple[str, str]]:
        return [(str(most), str(most)) for most in self.maxima]

    @property
    def maxima(self) -> tuple[int, ...]:
        return MEASURES[self.entry.code].maxima if self.entry.kind is FindingKind.SCORE else ()


@dataclass
class FindingForm:
    """All lines, and for the page: the choices behind each and what may be added."""

    lines: list[Line] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    given: list[Given] = field(default_factory=list)

    sections = SECTIONS
    results = RESULTS
    grades = GRADES
    tones = TONES
    traits = TRAITS
    methods = METHODS
    changes = range(CHANGE_MOST, -CHANGE_MOST - 1, -1)

    def of(self, kind: FindingKind) -> list[tuple[int, Line]]:
        """With its number, by which its fields are called."""
        return [(number, one) for number, one in enumerate(self.lines) if one.entry.kind is kind]

    def list_to_add(self, kind: FindingKind) -> Markup:
        """What is not on the page yet. A movement may stand there twice, active and passive."""
        shown = [] if kind is FindingKind.RANGE else [one.entry.code for _number, one in self.of(kind)]
        return list_to_add(kind, frozenset(shown))

    @property
    def room_for_activities(self) -> int:
        return 1 if self.of(FindingKind.ACTIVITY) else NEW_ACTIVITIES


def form_of(
    drafted: Sequence[Finding] | None, earlier: Sequence[Earlier], zone: str, thresholds: Thresholds
) -> FindingForm:
    """The draft's lines; without a draft those of the last assessment, their figures still to be taken."""
    form = FindingForm()
    if drafted is not None:
        form.lines = _lines(drafted, is_blank=False)
    elif earlier:
        newest = earlier[0].finding.assessment_id
        rows = [one.finding for one in earlier if one.finding.assessment_id == newest]
        form.lines = _lines(rows, is_blank=True)
    form.given = [_given(row) for row in drafted or ()]
    tell_last(form, earlier, zone, thresholds)
    return form


def _given(row: Finding) -> Given:
    values = {one.name: getattr(row, one.name) for one in fields(Given)}
    return Given(**(values | {"traits": tuple(row.traits)}))


def _lines(rows: Iterable[Finding], *, is_blank: bool) -> list[Line]:
    lines: dict[tuple[str, ...], Line] = {}
    for row in rows:
        entry = CATALOG.find(row.kind, row.code)
        if entry is None:
            continue
        line = lines.setdefault((row.kind, row.mode, row.code), _new_line(entry, row.mode))
        line.method, line.maximum = row.method or line.method, _number(row.maximum) or line.maximum
        if not is_blank:
            line.note = line.note or row.note
            line.sides[row.side] = {
                "value": _number(row.value),
                "pain": _number(row.pain),
                "result": row.result,
                "traits": row.traits,
            }
    return _in_order(lines.values())


def _in_order(lines: Iterable[Line]) -> list[Line]:
    """As they stand on the page. A field is told by the place of its line, so the two must not differ."""
    sections = list(SECTIONS)
    return sorted(lines, key=lambda line: sections.index(line.entry.kind))


def _new_line(entry: Entry, mode: str = "") -> Line:
    line = Line(entry, mode)
    line.sides = {side: {"value": "", "pain": "", "result": "", "traits": []} for side in entry.sides}
    line.method = USUAL_METHOD if entry.kind is FindingKind.RANGE else ""
    line.maximum = str(line.maxima[0]) if line.maxima else ""
    return line


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def tell_last(form: FindingForm, earlier: Sequence[Earlier], zone: str, thresholds: Thresholds) -> None:
    """What stood there last time, and what the new figure says against it."""
    newest = newest_by_key(earlier)
    here = {one.key: one for one in form.given}
    for line in form.lines:
        keys = [(line.entry.kind, line.entry.code, side, line.mode) for side in line.entry.sides]
        line.last = last_in_words([newest[key] for key in keys if key in newest], zone)
        for key in keys:
            if key in here:
                words = compared(here[key], here, newest.get(key), zone, thresholds)
                line.words[key[2]] = [one for one in words if not one.startswith("norm ")]


def last_in_words(found: Sequence[Earlier], zone: str) -> str:
    """ "left 150°, right 140°, goniometer (2 Mar)": one line's last figures. Empty when there are none."""
    if not found:
        return ""
    told = [f"{one.finding.side} {finding_in_words(one.finding)}".strip() for one in found]
    method = METHODS.get(found[0].finding.method, "")
    day = short_day(today_in(zone, max(one.at for one in found)))
    return f"{', '.join(told)}{', ' + method if method else ''} ({day})"


def finding_in_words(one: Finding | Given) -> str:
    """A figure or mark without its name and side: "150°, pain 3"; "positive"; "24 of 100"."""
    entry = CATALOG.find(one.kind, one.code)
    parts = []
    if one.value is not None:
        unit = entry.unit if entry and one.kind is FindingKind.RANGE else ""
        scale = {
            FindingKind.RESISTED: " of 5",
            FindingKind.PALPATION: " of 4",
            FindingKind.ACTIVITY: " of 10",
            FindingKind.SCORE: f" of {one.maximum:g}" if one.maximum is not None else "",
        }.get(one.kind, unit)
        before = "tenderness " if one.kind is FindingKind.PALPATION else ""
        sign = "+" if one.kind is FindingKind.CHANGE and one.value > 0 else ""
        parts.append(f"{before}{sign}{_number(one.value)}{scale}")
    if one.pain is not None:
        parts.append(f"pain {number_in_words(one.pain)}")
    words = {**RESULTS, **GRADES, **TONES}
    parts += [words.get(one.result, one.result)] if one.result else []
    parts += [TRAITS.get(trait, trait) for trait in one.traits]
    return ", ".join(parts)


def read_form(form: MultiDict[str, str]) -> FindingForm:
    """What the browser sent; what cannot be is told in `errors`, by the field it stands in."""
    found = FindingForm()
    for number, token in enumerate(form.getlist("line")[:MOST_LINES]):
        line = _line_of(token)
        if line is None:
            continue
        _fill(line, form, number)
        found.lines.append(line)
    _add_lines(found, form)
    found.lines = _in_order(found.lines)
    for number, line in enumerate(found.lines):
        for side in line.entry.sides:
            _take(found, line, number, side)
    return found


def _line_of(token: str) -> Line | None:
    kind, _, rest = token.partition(":")
    mode, _, code = rest.partition(":")
    if kind not in SECTIONS or len(code) > LONGEST_ACTIVITY or not code.strip():
        return None
    entry = CATALOG.find(FindingKind(kind), code)
    is_range = kind == FindingKind.RANGE
    if entry is None or (mode not in MODES if is_range else mode):
        return None
    return _new_line(entry, mode)


def _fill(line: Line, form: MultiDict[str, str], number: int) -> None:
    line.method = form.get(f"f{number}-method", line.method)
    line.maximum = form.get(f"f{number}-maximum", line.maximum)
    line.note = " ".join(form.get(f"f{number}-note", "").split())
    for side, typed in line.sides.items():
        for name in ("value", "pain", "result"):
            typed[name] = form.get(f"f{number}-{name}{side}", "").strip()
        typed["traits"] = form.getlist(f"f{number}-traits{side}")


def _add_lines(found: FindingForm, form: MultiDict[str, str]) -> None:
    """What was chosen from the lists, and activities in the client's words, each once."""
    shown = {one.token for one in found.lines}
    mode = form.get("add-mode", "active")
    wanted = [
        f"range:{mode}:{one.partition(':')[2]}" if one.startswith("range:") else one.replace(":", "::", 1)
        for one in form.getlist("add")
    ]
    activities = zip(form.getlist("new-activity"), form.getlist("new-activity-value"), strict=False)
    values = {
        f"{FindingKind.ACTIVITY}::{words}": value.strip()
        for typed, value in activities
        if (words := " ".join(typed.split()))
    }
    for token in [*wanted, *values]:
        line = _line_of(token) if token not in shown else None
        if line is not None:
            shown.add(token)
            if token in values:
                line.sides[""]["value"] = values[token]
            found.lines.append(line)


def _take(found: FindingForm, line: Line, number: int, side: str) -> None:
    typed = line.sides[side]
    figures: dict[str, float | None] = {}
    for name in ("value", "pain"):
        words = typed[name]
        if words and not NUMBER.fullmatch(words):
            found.errors[f"f{number}-{name}{side}"] = f"{line.title}: write a number, or leave it empty."
            return
        figures[name] = float(words.replace(",", ".")) if words else None
    given = Given(
        kind=line.entry.kind,
        code=line.entry.code,
        side=side,
        mode=line.mode,
        method=line.method,
        maximum=float(line.maximum) if line.maximum.isdigit() else None,
        result=typed["result"],
        traits=tuple(typed["traits"]),
        note=line.note if side == _side_of_note(line) else "",
        **figures,
    )
    try:
        check_finding(given)
    except Refused as refusal:
        found.errors[f"f{number}-value{side}" if figures["value"] is not None else "findings"] = str(refusal)
        return
    found.given.append(given)


def _side_of_note(line: Line) -> str:
    """A line has one note: it goes with the first side that says something."""
    return next((side for side, typed in line.sides.items() if any(typed.values())), line.entry.sides[0])


@dataclass(frozen=True)
class ShownFinding:
    """A line of a completed assessment: its figures by side, and what they say."""

    title: str
    figures: list[tuple[str, str, list[str]]]
    note: str


def shown_findings(
    rows: Sequence[Finding], earlier: Sequence[Earlier], zone: str, thresholds: Thresholds
) -> dict[str, list[ShownFinding]]:
    """By section, in the order of an examination; sections with nothing in them are left out."""
    newest, here = newest_by_key(earlier), {key_of(one): one for one in rows}
    lines: dict[FindingKind, dict[tuple[str, str], ShownFinding]] = {}
    for row in rows:
        entry = CATALOG.find(row.kind, row.code)
        if entry is None or is_empty(row):
            continue
        title = f"{entry.name}, {row.mode}" if row.mode else entry.name
        section = lines.setdefault(row.kind, {})
        line = section.setdefault((row.code, row.mode), ShownFinding(title, [], row.note))
        words = compared(row, here, newest.get(key_of(row)), zone, thresholds)
        method = f", {METHODS[row.method]}" if row.method in METHODS and row.value is not None else ""
        line.figures.append((row.side, f"{finding_in_words(row)}{method}", words))
    return {title: list(lines[kind].values()) for kind, title in SECTIONS.items() if kind in lines}


def choices(words: Mapping[str, str], blank: str = "not tested") -> list[tuple[str, str]]:
    return [("", blank), *words.items()]
