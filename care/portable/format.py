"""What a file holds: its types of record and their fields, read off the tables so that none is forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from types import NoneType
from typing import Any, get_args, get_type_hints

from sqlalchemy import Column, Table, inspect

from care.models import (
    Addendum,
    Assessment,
    Assignment,
    AttentionItem,
    Base,
    Client,
    ConsentEvent,
    Cosign,
    DeliveryEvent,
    Episode,
    Exercise,
    Finding,
    FollowUp,
    Goal,
    Message,
    Monitoring,
    MonitoringMinutes,
    Occurrence,
    OptOut,
    OutsideProgram,
    PaperTick,
    Plan,
    Practice,
    Precaution,
    Question,
    Rating,
    Reminder,
    Reply,
    User,
    Visit,
)

# Made anew by the installation that reads the file: hashes by its own key, places in its own queue.
LEFT_OUT = frozenset({"id", "phone_hash", "password_hash", "lane", "priority"})
# Alerts to users stay where they are, and they alone are to a user; so do links to clients' pages. What is
# searched follows from the rest, and a photo goes along by itself.
LEFT_OUT_OF = {
    "client": frozenset({"link_to_tell"}),
    "reminder": frozenset({"user_id"}),
    "exercise": frozenset({"search_name", "search_words", "has_photo"}),
}
# As base64, which takes four letters for three bytes.
LONGEST_PHOTO = 8 * 1024 * 1024 * 4 // 3
RENAMED = {"dedupe_key": "key", "cause_key": "cause", "type": "exercise_type"}
BELONGING = ("practice", "client")


@dataclass(frozen=True)
class Field:
    """One name in a record. `kind` is the Python type behind it; `refers_to` the type of record it names."""

    name: str
    column: str
    kind: Any
    refers_to: str | None = None
    longest: int | None = None
    is_needed: bool = False
    may_be_null: bool = True


@dataclass(frozen=True)
class RecordType:
    """A type of record, the table behind it, and the fields that are no column of it."""

    name: str
    row: type[Base]
    extra: tuple[Field, ...] = ()

    @cached_property
    def own_fields(self) -> tuple[Field, ...]:
        """Where it belongs comes first, then the columns in their order."""
        return tuple(sorted(_fields_of(self.row), key=lambda field: field.name not in BELONGING))

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        return (*self.own_fields, *self.extra)

    @cached_property
    def columns(self) -> frozenset[str]:
        return frozenset(column.name for column in self.row.__table__.columns)


# In the order in which rows can be made: each refers only to those before it.
TYPES = {
    kind.name: kind
    for kind in (
        RecordType("practice", Practice, (Field("existing", "existing", bool),)),
        RecordType("user", User, (Field("password", "password", str),)),
        RecordType("client", Client),
        RecordType("goal", Goal),
        RecordType("precaution", Precaution),
        RecordType("exercise", Exercise, (Field("photo", "photo", str, longest=LONGEST_PHOTO),)),
        RecordType("episode", Episode),
        RecordType("visit", Visit),
        RecordType("plan", Plan),
        RecordType("assignment", Assignment),
        RecordType("cosign", Cosign),
        RecordType("follow_up", FollowUp),
        RecordType("outside_program", OutsideProgram),
        RecordType("message", Message),
        RecordType("consent", ConsentEvent, (Field("phone", "phone", str),)),
        RecordType("reminder", Reminder),
        RecordType("question", Question),
        RecordType("reply", Reply),
        RecordType("occurrence", Occurrence),
        RecordType("paper_tick", PaperTick),
        RecordType("rating", Rating),
        RecordType("attention", AttentionItem),
        RecordType("assessment", Assessment),
        RecordType("finding", Finding),
        RecordType("addendum", Addendum),
        RecordType("monitoring", Monitoring),
        RecordType("monitoring_minutes", MonitoringMinutes),
        RecordType("delivery_event", DeliveryEvent),
        RecordType("opt_out", OptOut, (Field("phone", "phone", str, is_needed=True),)),
    )
}
TYPE_OF_TABLE = {kind.row.__tablename__: kind.name for kind in TYPES.values()}

# Short lists that are written inside their client's record, by the name of the list.
INSIDE_CLIENT = {"consent": "consent", "goals": "goal", "precautions": "precaution"}


def _fields_of(row: type[Base]) -> Iterator[Field]:
    hints = get_type_hints(row)
    table = inspect(row).local_table
    assert isinstance(table, Table)
    left_out = LEFT_OUT | LEFT_OUT_OF.get(table.name, frozenset())
    for column in table.columns:
        if column.name not in left_out:
            yield _field(column, hints[column.name])


def _field(column: Column[Any], hint: Any) -> Field:
    mapped = get_args(hint)[0]
    options = [one for one in get_args(mapped) if one is not NoneType]
    is_optional = NoneType in get_args(mapped)
    target = next((key.column.table.name for key in column.foreign_keys), None)
    return Field(
        name=column.name.removesuffix("_id") if target else RENAMED.get(column.name, column.name),
        column=column.name,
        kind=options[0] if is_optional else mapped,
        refers_to=TYPE_OF_TABLE[target] if target else None,
        longest=getattr(column.type, "length", None),
        is_needed=not column.nullable and column.default is None,
        may_be_null=bool(column.nullable),
    )
