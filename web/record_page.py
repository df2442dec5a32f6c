"""A client's whole record as people read it: one table for each kind, times on the client's clock."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from care.models import Client
from care.recurrence import zone_of
from care.saying import day_in_words, time_in_words

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """A type of record with the fields that mean something to a person, in their order."""

    title: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """One table of the page."""

    title: str
    heads: list[str]
    rows: list[list[str]]


KINDS: Mapping[str, Kind] = {
    "goal": Kind("Goals", {"text": "Goal", "set_on": "Since", "ended_on": "Until"}),
    "precaution": Kind(
        "Precautions", {"code": "Precaution", "note": "Note", "added_on": "Since", "ended_on": "Until"}
    ),
    "consent": Kind(
        "Consent",
        {
            "at": "When",
            "purpose": "For",
            "recipient": "For whom",
            "action": "What",
            "wording": "In these words",
            "source": "How",
        },
    ),
    "episode": Kind(
        "Episodes of care",
        {"complaint": "Complaint", "started_on": "From", "discharged_on": "Until", "discharge_reason": "Why"},
    ),
    "visit": Kind(
        "Visits",
        {
            "starts_at": "When",
            "status": "State",
            "complaint": "Complaint",
            "techniques": "Techniques",
            "regions": "Regions",
            "note": "Note",
        },
    ),
    "assignment": Kind(
        "Exercises",
        {
            "exercise": "Exercise",
            "sets": "Sets",
            "reps": "Times",
            "hold_seconds": "Hold, seconds",
            "side": "Side",
            "times": "At",
            "starts_on": "From",
            "ended_at": "Until",
        },
    ),
    "cosign": Kind(
        "Waited for a co-sign",
        {"created_at": "When", "exercise": "Exercise", "status": "State", "reason": "Why"},
    ),
    "outside_program": Kind(
        "Programmes from outside",
        {"provider": "Who", "exercises": "Exercises", "received_on": "Told", "ended_on": "Until"},
    ),
    "occurrence": Kind("What was due", {"due_at": "When", "status": "What came of it"}),
    "rating": Kind("Ratings", {"at": "When", "score": "Pain, 0 to 10", "recall": "About", "source": "How"}),
    "message": Kind("Texts", {"at": "When", "direction": "In or out", "body": "Words", "status": "State"}),
    "reply": Kind("How texts were read", {"at": "When", "intents": "Read as", "flags": "Signs of danger"}),
    "attention": Kind(
        "What needed a person", {"raised_at": "When", "kind": "What", "status": "State", "note": "Note"}
    ),
    "assessment": Kind(
        "Assessments",
        {
            "started_at": "When",
            "status": "State",
            "pain": "Pain",
            "history": "History",
            "findings": "Findings",
            "impression": "Impression",
            "next_steps": "Plan",
        },
    ),
    "monitoring": Kind(
        "Remote monitoring", {"started_on": "From", "ended_on": "Until", "agreement": "How you agreed"}
    ),
    "monitoring_minutes": Kind(
        "Time spent on it", {"starts_at": "From", "ends_at": "Until", "activity": "On what", "note": "Note"}
    ),
    "audit": Kind("Who looked and changed", {"at": "When", "user": "Who", "action": "What"}),
}


def parts_of(records: Iterable[Record], client: Client) -> list[Part]:
    """Only kinds of which there is something."""
    by_kind: dict[str, list[Record]] = {}
    names: dict[str, str] = {}
    for record in records:
        if record.get("emptied_at"):
            record = {**record, "body": "(removed: texts are kept for a time only)"}
        by_kind.setdefault(record["type"], []).append(record)
        for inside, kind in (("goals", "goal"), ("precautions", "precaution"), ("consent", "consent")):
            by_kind.setdefault(kind, []).extend(record.get(inside, ()))
        if record["type"] == "exercise":
            names[record["slug"]] = record["name"]
    return list(_parts(by_kind, names, client.timezone))


def _parts(by_kind: Mapping[str, list[Record]], names: Mapping[str, str], zone: str) -> Iterator[Part]:
    for name, kind in KINDS.items():
        rows = by_kind.get(name, [])
        if rows:
            cells = [[_said(row.get(column), names, zone) for column in kind.columns] for row in rows]
            yield Part(kind.title, list(kind.columns.values()), cells)


def _said(value: Any, names: Mapping[str, str], zone: str) -> str:
    """Empty where there is nothing; 0 is a value."""
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if isinstance(value, list):
        return ", ".join(_said(one, names, zone) for one in value)
    if isinstance(value, Mapping):
        pairs = [(key, _said(one, names, zone)) for key, one in value.items()]
        return "; ".join(f"{key.replace('_', ' ')}: {said}" for key, said in pairs if said)
    if isinstance(value, str):
        return _moment(value, zone) or names.get(value, value.replace("_", " "))
    return str(value)


def _moment(text: str, zone: str) -> str | None:
    """A day, an instant or a time of day, as we say it; None for anything else."""
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return f"{day_in_words(day)} {day.year}"
        if text.endswith("Z"):
            local = datetime.fromisoformat(text).astimezone(zone_of(zone))
            return f"{day_in_words(local.date())} {local.year}, {time_in_words(local.time())}"
        if len(text) == 5 and text[2] == ":":
            return time_in_words(datetime.strptime(text, "%H:%M").time())  # noqa: DTZ007 (a time of day)
    except ValueError:
        return None
    return None
