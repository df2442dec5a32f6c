"""Clients by name alone, to choose one from: a list of hundreds need not load all of each."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import Client, User
from care.searching import fold
from care.visibility import is_visible_to


def list_names(session: Session, seen_by: User) -> list[tuple[int, str]]:
    """Id and name of everybody the user sees, discharged ones too, by last name as `list_clients` has it."""
    wanted = select(Client.id, Client.first_name, Client.last_name).where(is_visible_to(seen_by))
    found = [(fold(last), fold(first), id, first, last) for id, first, last in session.execute(wanted)]
    return [(id, f"{first} {last}".strip()) for *_, id, first, last in sorted(found)]
