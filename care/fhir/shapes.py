"""The small shapes FHIR is made of: references, codes, instants, quantities; and the ids of our rows.

A resource is a plain dictionary, as it stands in JSON. What is not known is left out, never empty or zero.
"""

from datetime import date, datetime
from hashlib import blake2b
from typing import Any

Resource = dict[str, Any]

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
LANGUAGES = "urn:ietf:bcp:47"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
# One row has one id in every export, and it says nothing: it is made from the client's unguessable token.
ID_BYTES = 16


def resource(kind: str, id: str, **fields: Any) -> Resource:
    """A resource without its empty fields: None, "" and [] say nothing in FHIR, and must not stand."""
    return {"resourceType": kind, "id": id} | present(fields)


def present(fields: dict[str, Any]) -> dict[str, Any]:
    """What has a value. 0 and False are values."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}


def named(token: str) -> str:
    """A token as an id: an underscore, which ids lack in FHIR, becomes a dot, which tokens lack."""
    return token.replace("_", ".")


def id_of(token: str, kind: str, id: int) -> str:
    """The id of a row of the holder of `token`, the same in every export: 32 hexadecimal digits."""
    return blake2b(f"{kind}:{id}".encode(), digest_size=ID_BYTES, key=token.encode()).hexdigest()


def reference(kind: str, id: str | None) -> Resource | None:
    return None if id is None else {"reference": f"{kind}/{id}"}


def coding(system: str, code: str, display: str | None = None) -> Resource:
    return present({"system": system, "code": code, "display": display})


def concept(*codings: Resource, text: str | None = None) -> Resource:
    return present({"coding": list(codings), "text": text})


def instant(at: datetime | None) -> str | None:
    """In UTC, to the second."""
    return None if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")


def day(on: date | None) -> str | None:
    return None if on is None else on.isoformat()


def period(start: str | None, end: str | None) -> Resource | None:
    return present({"start": start, "end": end}) or None


def note(*texts: str | None) -> list[Resource]:
    return [{"text": text} for text in texts if text]
