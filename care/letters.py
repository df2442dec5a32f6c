"""Clients who share a phone get a letter each, so that their answers can be told apart."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import Client, ClientStatus

# Not C, which confirms a visit, and no I or O, which look like digits.
LETTERS = "ABDEFGHJKLMNPQRSTUVWXYZ"


def give_letters(session: Session, practice_id: int, phone_hash: str | None) -> None:
    """Letters for everybody on this phone, once there are two. Whoever has one keeps it."""
    if phone_hash is None:
        return
    sharing = session.scalars(
        select(Client)
        .where(
            Client.practice_id == practice_id,
            Client.phone_hash == phone_hash,
            Client.status == ClientStatus.ACTIVE,
        )
        .order_by(Client.id)
    ).all()
    if len(sharing) < 2:
        return
    taken = {one.letter for one in sharing}
    free = iter([letter for letter in LETTERS if letter not in taken])
    for client in sharing:
        client.letter = client.letter or next(free, None)
    session.flush()
