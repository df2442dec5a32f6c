"""Clients from another system: Patient resources read, looked through, and added only after a person has."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.clients import ClientDetails, add_client
from care.errors import Refused
from care.languages import LANGUAGES
from care.models import Client, Practice
from care.phones import PhoneBook, parse_phone

MOST_PATIENTS = 500
NOT_READABLE = (
    "This is no file of FHIR patients. Choose a Bundle as JSON, or a file with one resource a line."
)


@dataclass(frozen=True)
class FoundPatient:
    """One patient of the file: the client they would become, or `problem`, why they can't be added.

    `namesake` says that somebody of that name is here with another number, so that a person looks twice.
    """

    position: int
    details: ClientDetails
    problem: str = ""
    namesake: bool = False

    @property
    def name(self) -> str:
        return f"{self.details.first_name} {self.details.last_name}".strip()


@dataclass(frozen=True)
class Patients:
    """What a file holds: those to add, those who are here already, and those who need a look."""

    new: list[FoundPatient] = field(default_factory=list)
    known: list[FoundPatient] = field(default_factory=list)
    refused: list[FoundPatient] = field(default_factory=list)


def read_patients(session: Session, practice: Practice, book: PhoneBook, text: str) -> Patients:
    """Look through a Bundle, a single Patient, or NDJSON; nothing is stored.

    Someone is here already when their phone is, or, without a phone, when somebody of that name is. Other
    kinds of resources are passed over. Raises Refused for what is no such file, with what to do.
    """
    found = [_one(number, row, practice) for number, row in enumerate(_patients(text), start=1)]
    if not found:
        raise Refused("There is no Patient in this file. Export the patients themselves and try again.")
    if len(found) > MOST_PATIENTS:
        raise Refused(f"This file holds {len(found)} patients. Bring in at most {MOST_PATIENTS} at a time.")
    phones, names = _known(session, practice)
    sorted_out = Patients()
    for one in found:
        hashed = book.hash(one.details.phone) if one.details.phone else None
        key = _folded(one.details)
        if one.problem:
            sorted_out.refused.append(one)
        elif hashed in phones or (hashed is None and key in names):
            sorted_out.known.append(one)
        else:
            sorted_out.new.append(replace(one, namesake=key in names))
            phones.add(hashed or "")
            names.add(key)
    return sorted_out


def as_patients(found: Iterable[FoundPatient]) -> str:
    """What we took from each, one small Patient a line: `read_patients` finds the same people in it again."""
    return "\n".join(json.dumps(_as_patient(one.details), ensure_ascii=False) for one in found)


def _as_patient(details: ClientDetails) -> dict[str, Any]:
    phone = [{"system": "sms", "value": details.phone}] if details.phone else []
    email = [{"system": "email", "value": details.email}] if details.email else []
    return {
        "resourceType": "Patient",
        "name": [{"given": [details.first_name], "family": details.last_name}],
        "telecom": phone + email,
        "communication": [{"language": {"coding": [{"code": details.language}]}}],
    }


def add_patients(
    session: Session,
    practice: Practice,
    book: PhoneBook,
    found: Iterable[FoundPatient],
    therapist_id: int | None,
    now: datetime,
) -> list[Client]:
    """Each as a new client of that therapist. No text goes out: nobody has agreed to any yet."""
    return [
        add_client(session, practice, book, replace(one.details, therapist_id=therapist_id), now)
        for one in found
    ]


def _patients(text: str) -> Iterator[dict[str, Any]]:
    for row in _resources(text):
        if row.get("resourceType") == "Patient":
            yield row


def _resources(text: str) -> Iterator[dict[str, Any]]:
    """Those of a Bundle, of a list, or of lines."""
    try:
        whole = [json.loads(text)]
    except (ValueError, RecursionError):
        whole = _lines(text)
    for one in whole:
        if not isinstance(one, dict):
            raise Refused(NOT_READABLE)
        if one.get("resourceType") != "Bundle":
            yield one
            continue
        entries = one.get("entry") or []
        if not isinstance(entries, list):
            raise Refused(NOT_READABLE)
        for entry in entries:
            inside = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(inside, dict):
                yield inside


def _lines(text: str) -> list[Any]:
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        raise Refused(NOT_READABLE) from None


def _one(position: int, row: dict[str, Any], practice: Practice) -> FoundPatient:
    first, last = _name(row)
    details = ClientDetails(
        first_name=first[:60],
        last_name=last[:60],
        language=_language(row, practice),
        email=_telecom(row, ("email",)),
    )
    typed = _telecom(row, ("sms", "phone"))
    if not first:
        return FoundPatient(position, details, "There is no name.")
    if row.get("deceasedBoolean") is True or row.get("deceasedDateTime"):
        return FoundPatient(position, details, "The file says that they have died.")
    if row.get("active") is False:
        return FoundPatient(position, details, "The file says that they are no longer active.")
    try:
        phone = parse_phone(typed, practice.country) if typed else None
    except Refused as refusal:
        return FoundPatient(position, details, str(refusal))
    return FoundPatient(position, replace(details, phone=phone))


def _name(row: dict[str, Any]) -> tuple[str, str]:
    """The usual or official name, else the first; its parts, else the text split at the last space."""
    names = [one for one in _list(row.get("name")) if isinstance(one, dict)]
    rank = {"usual": 0, "official": 1}
    names.sort(key=lambda one: rank.get(str(one.get("use")), 2))
    if not names:
        return "", ""
    name = names[0]
    given = " ".join(str(part) for part in _list(name.get("given")) if part).strip()
    family = str(name.get("family") or "").strip()
    if given:
        return given, family
    before, _, after = str(name.get("text") or family).strip().rpartition(" ")
    return (before, after) if before else (after, "")


def _telecom(row: dict[str, Any], systems: Sequence[str]) -> str | None:
    """By the order of the systems, a mobile phone first; what is old is passed over."""
    found = [
        one
        for one in _list(row.get("telecom"))
        if isinstance(one, dict)
        and one.get("system") in systems
        and one.get("use") != "old"
        and one.get("value")
    ]
    found.sort(key=lambda one: (one.get("use") != "mobile", systems.index(one["system"])))
    return str(found[0]["value"]).strip() if found else None


def _language(row: dict[str, Any], practice: Practice) -> str:
    """The preferred one of those we text in, else the practice's."""
    spoken = [one for one in _list(row.get("communication")) if isinstance(one, dict)]
    spoken.sort(key=lambda one: one.get("preferred") is not True)
    for one in spoken:
        language = one.get("language")
        codings = _list(language.get("coding")) if isinstance(language, dict) else []
        for code in codings:
            short = str(code.get("code") if isinstance(code, dict) else "").split("-")[0].lower()
            if short in LANGUAGES:
                return short
    return practice.language


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _known(session: Session, practice: Practice) -> tuple[set[str], set[tuple[str, str]]]:
    rows = session.execute(
        select(Client.phone_hash, Client.first_name, Client.last_name).where(
            Client.practice_id == practice.id
        )
    ).all()
    phones = {row.phone_hash for row in rows if row.phone_hash}
    names = {(row.first_name.casefold(), row.last_name.casefold()) for row in rows}
    return phones, names


def _folded(details: ClientDetails) -> tuple[str, str]:
    return details.first_name.casefold(), details.last_name.casefold()
