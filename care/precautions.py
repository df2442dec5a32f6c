"""What to take care of with a client: held against each exercise's own list before it is given."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.checks import check_codes, check_line
from care.errors import NotFound, Refused
from care.models import Client, Precaution
from care.vocabulary import PRECAUTIONS


def list_precautions(session: Session, client: Client) -> list[Precaution]:
    """Those that hold now, in the order they were added."""
    wanted = select(Precaution).where(Precaution.client_id == client.id, Precaution.ended_on.is_(None))
    return list(session.scalars(wanted.order_by(Precaution.id)))


def precaution_in_words(precaution: Precaution) -> str:
    """By its name, what a therapist noted after it: "Hip replacement (left hip, 2024)"."""
    label, note = PRECAUTIONS.get(precaution.code, precaution.code), precaution.note.rstrip(". ")
    if precaution.code == "other":
        return note or label
    return f"{label} ({note})" if note else label


def add_precaution(session: Session, client: Client, code: str, note: str, today: date) -> Precaution:
    """Adding the same one again, with the same note, changes nothing."""
    check_codes("Precaution", [code], PRECAUTIONS)
    note = check_line("Note", note, 200, may_be_empty=True)
    if code == "other" and not note:
        raise Refused("Say in the note what to take care of.")
    for present in list_precautions(session, client):
        if (present.code, present.note) == (code, note):
            return present
    precaution = Precaution(
        practice_id=client.practice_id, client_id=client.id, code=code, note=note, added_on=today
    )
    session.add(precaution)
    session.flush()
    return precaution


def end_precaution(session: Session, client: Client, precaution_id: int, today: date) -> None:
    precaution = session.get(Precaution, precaution_id)
    if precaution is None or precaution.client_id != client.id:
        raise NotFound
    precaution.ended_on = precaution.ended_on or today
    session.flush()
