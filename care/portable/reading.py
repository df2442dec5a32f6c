"""Reading lines into records: what is wrong is kept with its line, so a file is mended in one go."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from care.errors import Refused
from care.portable.format import INSIDE_CLIENT, TYPES, RecordType

SHOWN = 20
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# What stands for the whole of a short entry: "goals": ["Lift my grandson"].
SHORTHAND = {"goals": "text", "precautions": "code"}
CONSENT_SHORTHAND = {"given_at": "given", "withdrawn_at": "withdrawn"}


@dataclass(frozen=True)
class Record:
    """One line, or one entry of a list inside a client's. `practice` is the ref of the practice above it."""

    line: int
    kind: RecordType
    ref: str
    given: dict[str, Any]
    practice: str | None


@dataclass
class Problems:
    """Sentences with the numbers of their lines."""

    _found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, sentence: str) -> None:
        self._found.append((line, sentence))

    def refuse_if_any(self) -> None:
        if not self._found:
            return
        self._found.sort(key=lambda one: one[0])
        sentences = [f"Line {line}: {sentence}" for line, sentence in self._found[:SHOWN]]
        if len(self._found) > SHOWN:
            sentences.append(f"And {len(self._found) - SHOWN} more.")
        raise Refused("\n".join(sentences))


@dataclass(frozen=True)
class Contents:
    """The records in the order of the file, and the refs of those whose line could not be used."""

    records: list[Record]
    broken: set[str]


def read_records(lines: Iterable[str], problems: Problems) -> Contents:
    """A line that cannot be read becomes a problem and no record."""
    reading = _Reading()
    records: list[Record] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip("\ufeff \t\r\n"):
            continue
        try:
            records += reading.read(number, line.lstrip("\ufeff"))
        except Refused as refusal:
            problems.add(number, str(refusal))
    return Contents(records, reading.refs - {record.ref for record in records})


class _Reading:
    def __init__(self) -> None:
        self._lines: dict[str, int] = {}
        self._practice: str | None = None

    @property
    def refs(self) -> set[str]:
        return set(self._lines)

    def read(self, number: int, line: str) -> list[Record]:
        given = _object(line)
        ref = self._ref(given.pop("ref", None), number)
        kind = _kind(given.pop("type", None))
        if kind.name == "practice":
            self._practice = ref
        inside = _lists_inside(given, ref) if kind.name == "client" else []
        records = [self._record(number, kind, ref, given)]
        for inner_kind, entry in inside:
            inner_ref = self._ref(entry.pop("ref", None), number)
            records.append(self._record(number, inner_kind, inner_ref, entry))
        return records

    def _record(self, number: int, kind: RecordType, ref: str, given: dict[str, Any]) -> Record:
        known = [one.name for one in kind.fields]
        unknown = [name for name in given if name not in known]
        if unknown:
            raise Refused(f"{kind.name} has no field {unknown[0]}. It has {', '.join(known)}.")
        return Record(number, kind, ref, given, self._practice)

    def _ref(self, given: Any, number: int) -> str:
        """Left out, it is one that nothing can name."""
        if given is None:
            given = f" {number}.{len(self._lines)}"
        if isinstance(given, bool) or not isinstance(given, str | int):
            raise Refused("ref must be a text.")
        ref = str(given)
        if ref in self._lines:
            raise Refused(f"The ref {ref} was given to line {self._lines[ref]} already.")
        self._lines[ref] = number
        return ref


def _object(line: str) -> dict[str, Any]:
    try:
        given = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(
            "This is not JSON. Write one object a line, with its names in double quotes."
        ) from error
    if not isinstance(given, dict):
        raise Refused("Each line must be an object, like {...}.")
    if not line.isascii() or "\\u" in line:
        _refuse_unstorable(given)
    return given


def _refuse_unstorable(value: Any) -> None:
    """No database takes a NUL or half of a surrogate pair, which JSON can spell."""
    if isinstance(value, dict):
        _refuse_unstorable([*value, *value.values()])
    elif isinstance(value, list):
        for one in value:
            _refuse_unstorable(one)
    elif isinstance(value, str) and UNSTORABLE.search(value):
        raise Refused("This line holds a character that cannot be stored.")


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _kind(name: Any) -> RecordType:
    if not isinstance(name, str) or name not in TYPES:
        raise Refused(f"type must be one of {', '.join(TYPES)}.")
    return TYPES[name]


def _lists_inside(given: dict[str, Any], client: str) -> list[tuple[RecordType, dict[str, Any]]]:
    """The entries of `consent`, `goals` and `precautions`, each as a record of its own."""
    found = []
    for name, kind in INSIDE_CLIENT.items():
        for entry in _entries(name, given.pop(name, None)):
            found.append((TYPES[kind], entry | {"client": client}))
    return found


def _entries(name: str, value: Any) -> list[dict[str, Any]]:
    if value is None or value is False:
        return []
    if value is True and name == "consent":
        return [{}]
    entries: list[dict[str, Any]] = []
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and name in SHORTHAND:
            one = {SHORTHAND[name]: one}
        if not isinstance(one, dict):
            raise Refused(f"{name} must be a list of objects.")
        entries += _events(one) if name == "consent" else [dict(one)]
    return entries


def _events(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """`given_at` and `withdrawn_at` are short for an event each."""
    rest = {name: value for name, value in entry.items() if name not in CONSENT_SHORTHAND}
    told = [name for name in CONSENT_SHORTHAND if entry.get(name) is not None]
    return [rest | {"action": CONSENT_SHORTHAND[name], "at": entry[name]} for name in told] or [rest]
