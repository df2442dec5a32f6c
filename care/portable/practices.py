"""Where a file's records go: practices it makes, and practices that are there already."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.checks import check_line, check_window
from care.errors import Refused
from care.models import Practice
from care.portable.reading import Record
from care.practices import add_practice, list_practices, set_thresholds

# What `add_practice` takes itself.
FIRST = ("name", "timezone", "country", "phone", "language", "is_sample")


def sole_practice(session: Session, records: Sequence[Record]) -> Practice | None:
    """Where a file without a practice goes. Raises Refused when that cannot be told."""
    if all(record.practice is not None for record in records):
        return None
    present = list_practices(session)
    if len(present) == 1:
        return present[0]
    raise Refused(
        'Begin the file with a practice: {"type": "practice", "ref": "p", "name": "…", "existing": true} '
        "for one that is there, or a new one with timezone and country."
    )


def take_practice(session: Session, values: dict[str, Any], now: datetime) -> Practice:
    """The practice of that name when the record says `existing`, else a new one with its library."""
    if not values.get("name"):
        raise Refused("practice needs name.")
    present = _find(session, values["name"])
    if values.get("existing"):
        if present is None:
            raise Refused(f'There is no practice called "{values["name"]}". Add it first.')
        return present
    if present is not None:
        raise Refused(
            f'There is already a practice called "{present.name}". To import into it, '
            'write only its name and "existing": true.'
        )
    return _new(session, values, now)


def _find(session: Session, name: str) -> Practice | None:
    return session.scalar(select(Practice).where(Practice.name == check_line("name", name, 80)))


def _new(session: Session, values: dict[str, Any], now: datetime) -> Practice:
    missing = [name for name in ("timezone", "country") if not values.get(name)]
    if missing:
        raise Refused(f"practice needs {' and '.join(missing)}.")
    taken = select(Practice.id).where(Practice.token == values.get("token"))
    if values.get("token") and session.scalar(taken) is not None:
        raise Refused("There is already a practice with the same token.")
    practice = add_practice(session, now=now, **{name: values[name] for name in FIRST if name in values})
    for name, value in values.items():
        if name not in (*FIRST, "thresholds", "existing"):
            setattr(practice, name, value)
    check_window(practice.window_from_time, practice.window_until_time)
    set_thresholds(session, practice, values.get("thresholds", {}))
    return practice
