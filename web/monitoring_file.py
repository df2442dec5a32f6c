"""The evidence sheet of remote monitoring as lines for a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime

from care.models import MonitoringMinutes
from care.monitoring import ACTIVITIES, Line, Sheet
from care.recurrence import zone_of
from web.spreadsheets import neutral

EVIDENCE_ONLY = "Evidence only: counts, no billing advice"
COLUMNS = (
    *("Record", "From", "Until", "Count", "Real-time talks", "Person", "Activity", "Note"),
    *("State", "Reason", "Written by", "Written at"),
)


def sheet_as_csv(sheet: Sheet, client_name: str, zone: str, people: Mapping[int, str]) -> str:
    """A line for each period, day, month and entry. Days are the client's own, times those of `zone`."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([f"{EVIDENCE_ONLY}. {client_name}"])
    writer.writerow(COLUMNS)
    for cells in (*_counted(sheet), *_entries(sheet, zone, people)):
        writer.writerow([neutral(cell) for cell in cells] + [""] * (len(COLUMNS) - len(cells)))
    return out.getvalue()


def _counted(sheet: Sheet) -> Iterator[list[str]]:
    for one in sheet.periods:
        yield ["days with data", one.starts_on.isoformat(), one.ends_on.isoformat(), str(len(one.days))]
    for day, count in sorted(sheet.sent.items()):
        yield ["answers of a day", day.isoformat(), day.isoformat(), str(count)]
    for month in sheet.months:
        yield [
            "minutes of a month",
            month.starts_on.isoformat(),
            month.ends_on.isoformat(),
            str(month.minutes),
            str(month.talks),
        ]


def _entries(sheet: Sheet, zone: str, people: Mapping[int, str]) -> Iterator[list[str]]:
    for line in reversed(sheet.log):
        for row in (*line.before, line.row):
            yield _entry(row, line, zone, people)


def _entry(row: MonitoringMinutes, line: Line, zone: str, people: Mapping[int, str]) -> list[str]:
    state = "taken back" if row.is_void else "counts" if row is line.row else "replaced"
    minutes = (row.ends_at - row.starts_at).total_seconds() // 60
    return [
        "entry",
        _at(row.starts_at, zone),
        _at(row.ends_at, zone),
        f"{minutes:.0f}",
        "1" if row.is_live else "0",
        people.get(row.user_id or 0, ""),
        ACTIVITIES.get(row.activity, row.activity),
        row.note,
        state,
        row.reason,
        people.get(row.recorded_by_id or 0, ""),
        _at(row.recorded_at, zone),
    ]


def _at(at: datetime, zone: str) -> str:
    return at.astimezone(zone_of(zone)).strftime("%Y-%m-%d %H:%M")
