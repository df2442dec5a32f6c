"""Single values as JSON and back: instants in UTC with a Z, days, times of day, words of ours."""

import re
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any, TypeVar, get_args, get_origin

from care.errors import Refused
from care.phones import parse_phone
from care.portable.format import Field

DAY = re.compile(r"\d{4}-\d\d-\d\d")
TIME = re.compile(r"\d\d:\d\d(:\d\d)?")
# As providers report them: with a plus, or the few digits of a short code.
REPORTED_PHONE = re.compile(r"\+\d{5,15}|\d{3,6}")
WHOLE_LIMIT = 2**31
LISTED = {int: "whole numbers", str: "texts", dict: "objects"}

Day = TypeVar("Day", bound=date)


def to_json(value: Any) -> Any:
    """Exact in what is written."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("seconds" if value.second else "minutes")
    if isinstance(value, StrEnum):
        return value.value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def from_json(field: Field, value: Any) -> Any:
    """Raises Refused with a sentence that names the field."""
    kind = field.kind
    if get_origin(kind) in (list, dict):
        return _collection(field, value)
    if kind is bool:
        return _checked(field, value, bool, "true or false")
    if kind is int:
        return _whole(field, value)
    if kind is float:
        return _number(field, value)
    text = _text(field, value)
    if kind is str:
        return text
    return _word(field, text) if issubclass(kind, StrEnum) else _moment(field, text)


def reported_phone(typed: str, country: str) -> str:
    """A phone that need not be one we would text, such as a short code that wrote to us."""
    return typed if REPORTED_PHONE.fullmatch(typed) else parse_phone(typed, country)


def _collection(field: Field, value: Any) -> Any:
    origin, args = get_origin(field.kind), get_args(field.kind)
    if origin is dict:
        return _checked(field, value, dict, "an object")
    items = _checked(field, value, list, "a list")
    inner = get_origin(args[0]) or args[0]
    if any(isinstance(one, bool) or not isinstance(one, inner) for one in items):
        raise Refused(f"{field.name} must be a list of {LISTED[inner]}.")
    return items


def _checked(field: Field, value: Any, kind: type, words: str) -> Any:
    if not isinstance(value, kind):
        raise Refused(f"{field.name} must be {words}.")
    return value


def _whole(field: Field, value: Any) -> int:
    number = _number(field, value)
    if not number.is_integer() or abs(number) >= WHOLE_LIMIT:
        raise Refused(f"{field.name} must be a whole number.")
    return int(number)


def _number(field: Field, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(f"{field.name} must be a number.")
    return float(value)


def _text(field: Field, value: Any) -> str:
    text: str = _checked(field, value, str, "a text")
    if field.kind is str and field.longest is not None and len(text) > field.longest:
        raise Refused(f"{field.name} must be at most {field.longest} characters.")
    return text


def _word(field: Field, text: str) -> StrEnum:
    words: type[StrEnum] = field.kind
    if text not in [one.value for one in words]:
        raise Refused(f"{field.name} must be one of {', '.join(one.value for one in words)}.")
    return words(text)


def _moment(field: Field, text: str) -> datetime | date | time:
    try:
        if field.kind is datetime:
            return _instant(text)
        if field.kind is date and DAY.fullmatch(text):
            return _sensible(date.fromisoformat(text))
        if field.kind is time and TIME.fullmatch(text):
            return time.fromisoformat(text)
    except ValueError:
        pass
    example = {datetime: "an instant like 2026-03-02T14:00:00Z", date: "a day like 2026-03-02"}
    raise Refused(f"{field.name} must be {example.get(field.kind, 'a time of day like 09:00')}.")


def _sensible(day: Day) -> Day:
    """Near the ends of the calendar, a zone or a deadline would fall off it."""
    if not 1900 <= day.year <= 2199:
        raise ValueError("No day of ours.")
    return day


def _instant(text: str) -> datetime:
    instant = _sensible(datetime.fromisoformat(text))
    if instant.tzinfo is None:
        raise ValueError("An instant needs its zone.")
    return instant.astimezone(UTC)
