"""Finding an exercise in a large library: full text with SQLite's FTS5 or PostgreSQL's, best names first.

A word of the query is found at the beginning of a word of the entry. The index is the database's own, and its
triggers (SQLite) or the index itself (PostgreSQL) follow every row that is written.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal_column, or_, select, table, text
from sqlalchemy.orm import Session

from care.models import Exercise
from care.searching import words_of

# The index is built for this configuration by name: words are taken as they are, in any language.
SIMPLE: ColumnElement[str] = literal_column("'simple'::regconfig")


def matches(session: Session, practice_id: int, query: str) -> ColumnElement[bool]:
    """True for the practice's entries that have every word of the query; nothing typed matches all."""
    words = words_of(query).split()
    if not words:
        return Exercise.practice_id == practice_id
    if session.get_bind().dialect.name == "sqlite":
        typed = " AND ".join(f'"{word}"*' for word in words)
        rowid: ColumnElement[int] = literal_column("rowid")
        found = (
            select(rowid).select_from(table("exercise_search")).where(text("exercise_search MATCH :typed"))
        )
        asked = {"typed": f'practice_id : "{practice_id}" AND search_words : ({typed})'}
        # Plus nothing: the few rows found are looked up by their number, not all rows of the practice.
        return and_(Exercise.practice_id + 0 == practice_id, Exercise.id.in_(found.params(asked)))
    typed = " & ".join(f"'{word}':*" for word in words)
    vector = func.to_tsvector(SIMPLE, Exercise.search_words)
    found_in = vector.bool_op("@@")(func.to_tsquery(SIMPLE, typed))
    return and_(Exercise.practice_id == practice_id, found_in)


def best_first(query: str) -> tuple[ColumnElement[Any], ...]:
    """Names that begin with the query, names that hold all its words, the rest; each by name."""
    typed = words_of(query)
    if not typed:
        return Exercise.search_name.expression, Exercise.id.expression
    has_all = and_(*(_begins_a_word_of_the_name(word) for word in typed.split()))
    place = case((Exercise.search_name.startswith(typed), 0), (has_all, 1), else_=2)
    return place, Exercise.search_name.expression, Exercise.id.expression


def _begins_a_word_of_the_name(word: str) -> ColumnElement[bool]:
    return or_(Exercise.search_name.startswith(word), Exercise.search_name.contains(f" {word}"))
