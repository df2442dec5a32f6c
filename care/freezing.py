"""Frozen dataclasses as JSON and back, for what is kept as it was seen that day."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from types import NoneType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

Kind = TypeVar("Kind")


def freeze(value: Any) -> Any:
    """Only what JSON knows: days and instants become ISO 8601, tuples lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: freeze(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [freeze(one) for one in value]
    return value.value if isinstance(value, Enum) else value


def thaw(kind: type[Kind], kept: Mapping[str, Any]) -> Kind:
    """The dataclass again. A field that was added since takes its default; one that is gone is left out."""
    hints = get_type_hints(kind)
    known = {field.name for field in fields(cast(Any, kind))}
    return kind(**{name: _thaw(hints[name], value) for name, value in kept.items() if name in known})


def _thaw(hint: Any, value: Any) -> Any:
    options = [one for one in get_args(hint) if one is not NoneType]
    if value is None:
        return None
    if get_origin(hint) is tuple:
        return tuple(_thaw(options[0], one) for one in value)
    kind = options[0] if options else hint
    if is_dataclass(kind):
        return thaw(cast(type[Any], kind), value)
    if kind in (datetime, date):
        return kind.fromisoformat(value)
    return kind(value) if isinstance(kind, type) and issubclass(kind, Enum) else value
