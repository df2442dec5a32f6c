"""A record on its way to a row: what it gave, what it refers to, and where it belongs."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from care.errors import Refused
from care.models import Client, Practice
from care.phones import PhoneBook
from care.portable.format import RecordType
from care.recurrence import today_in


@dataclass
class Draft:
    """`values` by column, `parents` (rows referred to) by field; `count` gives 1, 2, … for each thing."""

    kind: RecordType
    ref: str
    values: dict[str, Any]
    parents: dict[str, Any]
    practice: Practice
    client: Client | None
    session: Session
    book: PhoneBook
    now: datetime
    count: Callable[[Hashable], int]

    def default(self, **values: Any) -> None:
        """What holds where the record says nothing."""
        for name, value in values.items():
            self.values.setdefault(name, value)

    @property
    def zone(self) -> str:
        return self.client.timezone if self.client else self.practice.timezone

    @property
    def today(self) -> date:
        return today_in(self.zone, self.now)

    def need(self, *columns: str) -> None:
        """Raises Refused when one of these is missing."""
        names = {field.column: field.name for field in self.kind.fields}
        missing = [names[column] for column in columns if self.values.get(column) is None]
        if missing:
            raise Refused(f"{self.kind.name} needs {' and '.join(missing)}.")

    def need_all(self) -> None:
        """Raises Refused when anything is missing without which there is no row."""
        needed = [field.column for field in self.kind.fields if field.is_needed]
        self.need(*(column for column in needed if column in self.kind.columns))
