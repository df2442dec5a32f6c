"""Clients who were told to stop the exercises: until a person has looked, no text tells them to go on."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import AttentionItem, AttentionKind, AttentionStatus, Client

TELL_TO_STOP = (AttentionKind.RED_FLAG, AttentionKind.HIGH_PAIN)


def waiting_text(session: Session, client: Client) -> str | None:
    """The text that takes the place of one that would speak of the next exercises; None where none must."""
    if client.texts_held_at is not None:
        return "noted_held"
    looked_for = select(AttentionItem.id).where(
        AttentionItem.client_id == client.id,
        AttentionItem.kind.in_(TELL_TO_STOP),
        AttentionItem.status != AttentionStatus.CLOSED,
    )
    return "noted_waiting" if session.scalar(looked_for.limit(1)) is not None else None
