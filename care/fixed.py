"""Our own words written out in a statement, where it is asked often.

A list of bound values is laid out anew at each asking, which takes longer than a short answer. And what is
bound, SQLite may plan by: then it plans the whole statement anew, seven times as long as running it.
"""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, String, literal_column
from sqlalchemy.orm import InstrumentedAttribute


def fixed(value: str) -> ColumnElement[str]:
    """One word of ours: a status, a kind. Never what anybody typed."""
    if not value.replace("_", "").isalnum():
        raise ValueError(f"{value!r} is no word of ours.")
    return literal_column(f"'{value}'", String())


def is_one_of(column: InstrumentedAttribute[str], values: Iterable[str]) -> ColumnElement[bool]:
    """Like `in_`, of words of ours that never change."""
    return column.in_([fixed(value) for value in sorted(values)])
