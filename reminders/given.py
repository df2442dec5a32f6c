"""Many rows handed to one statement, as a table of its own beside ours."""

import json
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Integer, String, Table, column, func
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Session

from care.models import Base

Row = Sequence[int | str | None]
SQL_TYPES: dict[type, Any] = {int: Integer, str: String}


def given(session: Session, rows: Sequence[Row], *types: type[int | str]) -> list[ColumnElement[Any]]:
    """The columns of these rows, for an `UPDATE ... FROM`.

    They travel as one JSON value, so the statement is the same for one row and for five hundred.
    """
    if session.get_bind().dialect.name == "sqlite":
        each = func.json_each(json.dumps(rows)).table_valued("value", name="given")
        return [
            func.json_extract(each.c.value, f"$[{place}]", type_=SQL_TYPES[kind])
            for place, kind in enumerate(types)
        ]
    listed = func.json_array_elements(sql_cast(rows, JSON))
    row = listed.table_valued(column("value", JSON), name="given").c.value
    return [sql_cast(row[place].astext, SQL_TYPES[kind]) for place, kind in enumerate(types)]


def table_of(rows: type[Base]) -> Table:
    """For inserting in bulk: mapped classes cost several times as much, and nothing reads them back."""
    return cast(Table, rows.__table__)
