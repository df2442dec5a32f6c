"""What stands behind a figure: each rating, time due, question, text, alert or visit it was counted from."""

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy.orm import Session

from care.evidence_events import (
    alerts_behind,
    missed_behind,
    occurrences_behind,
    questions_behind,
    texts_behind,
    undelivered_behind,
)
from care.evidence_lines import Evidence, Wanted, newest_first
from care.evidence_pain import contrast_behind, days_behind, ratings_behind
from care.models import Client

# What can be asked for, and the headline of its list.
KINDS: Mapping[str, str] = {
    "pain": "Ratings",
    "contrast": "Pain on days after an exercise",
    "days": "Days asked for a rating",
    "exercises": "Exercise times",
    "questions": "Questions",
    "words": "Texts from the client",
    "undelivered": "Texts that did not arrive",
    "alerts": "Alerts",
    "visits": "Visits missed",
}
_FINDING: Mapping[str, Callable[[Session, Client, Wanted], Iterator[Evidence]]] = {
    "pain": ratings_behind,
    "contrast": contrast_behind,
    "days": days_behind,
    "exercises": occurrences_behind,
    "questions": questions_behind,
    "words": texts_behind,
    "undelivered": undelivered_behind,
    "alerts": alerts_behind,
    "visits": missed_behind,
}


def evidence_for(session: Session, client: Client, wanted: Wanted) -> list[Evidence]:
    """All of it, newest first, in a statement or two."""
    return newest_first(_FINDING[wanted.kind](session, client, wanted))
