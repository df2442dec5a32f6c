"""Column types that seal what they hold, where the installation has keys (`care.key_ring`).

Sealed twice, the same words differ: no database can look for them, compare them or sort by them. So these
columns refuse that while a statement is written. Phones are found by their keyed hash (`care.phones`).
"""

import json
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import JSON, BindParameter, ColumnElement, Dialect, Engine, String
from sqlalchemy.sql.operators import OperatorType, eq, is_, is_not, ne
from sqlalchemy.types import TypeDecorator, TypeEngine

from care.key_ring import OFF, KeyRing

# One dialect is one opened database.
_rings: WeakKeyDictionary[Dialect, KeyRing] = WeakKeyDictionary()


def seal_with(engine: Engine, ring: KeyRing) -> None:
    """What is written to and read from this database goes through the ring. Said before its first use."""
    _rings[engine.dialect] = ring


def ring_of(dialect: Dialect) -> KeyRing:
    return _rings.get(dialect, OFF)


class CannotCompare(TypeError):
    """A statement compares or sorts by what may be sealed."""


class _Incomparable(TypeDecorator.Comparator[Any]):
    """Whether there is a value, and whether it is empty, can be asked; nothing else."""

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        # SQLAlchemy finds a column in its own dictionaries by comparing it with itself.
        is_itself = op is eq and isinstance(other[0], ColumnElement) and hash(other[0]) == hash(self.expr)
        if op not in (is_, is_not) and not is_itself and not (op in (eq, ne) and _is_nothing(other[0])):
            raise CannotCompare(f"{self.expr} may be sealed: look it up by a hash, or compare it in Python.")
        return super().operate(op, *other, **kwargs)

    def reverse_operate(self, op: OperatorType, other: Any, **kwargs: Any) -> Any:
        return self.operate(op, other, **kwargs)


def _is_nothing(other: Any) -> bool:
    value = other.value if isinstance(other, BindParameter) else other
    return value is None or (isinstance(value, str) and not value)


class Sealed(TypeDecorator[str]):
    """Words or a phone. `length` is what people may type; in the database there is room for any."""

    impl = String
    cache_ok = True
    comparator_factory = _Incomparable

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite takes any length; its tables keep what they once said."""
        return dialect.type_descriptor(self.impl_instance if dialect.name == "sqlite" else String())

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        seal = ring_of(dialect).seal
        return lambda value: None if value is None else seal(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], str | None]:
        opened = ring_of(dialect).open
        return lambda value: None if value is None else opened(value)


class SealedJson(TypeDecorator[Any]):
    """A list or an object, sealed as a whole: then the column holds one JSON string."""

    impl = JSON
    cache_ok = True
    comparator_factory = _Incomparable

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        ring = ring_of(dialect)
        return value if value is None or ring.first is None else ring.seal(json.dumps(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return json.loads(ring_of(dialect).open(value)) if isinstance(value, str) else value


class SealedWords(TypeDecorator[dict[str, Any]]):
    """An object of which only the words under certain names are sealed: statements look at the others."""

    impl = JSON
    cache_ok = True

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = names

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> dict[str, Any] | None:
        return self._with_words(value, ring_of(dialect).seal)

    def process_result_value(self, value: dict[str, Any] | None, dialect: Dialect) -> dict[str, Any] | None:
        return self._with_words(value, ring_of(dialect).open)

    def _with_words(
        self, value: dict[str, Any] | None, change: Callable[[str], str]
    ) -> dict[str, Any] | None:
        if value is None or not any(isinstance(value.get(name), str) for name in self.names):
            return value
        return {
            name: change(one) if name in self.names and isinstance(one, str) else one
            for name, one in value.items()
        }
