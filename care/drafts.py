"""Forms being filled in: kept as typed, and for a minute after sending, so that it can be taken back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from care.models import Client, Draft, User

# A text "now" waits as long as its sending can be taken back.
UNDO_WITHIN = timedelta(seconds=60)
# One nobody came back to by then is about a visit long past.
DRAFT_LIVES = timedelta(days=7)
A_MOMENT = timedelta(microseconds=1)

Typed = Mapping[str, Sequence[str]]


def find_draft(session: Session, user: User, client: Client, now: datetime) -> Draft | None:
    """What this user began to type about this client and has not sent."""
    draft = _find(session, user, client)
    return draft if is_begun(draft, now) else None


def is_begun(draft: Draft | None, now: datetime) -> bool:
    """Whether it waits to be gone on with: never sent, or typed in again since (`go_on`)."""
    if draft is None or draft.saved_at <= now - DRAFT_LIVES:
        return False
    return draft.sent_at is None or draft.saved_at > draft.sent_at


def save_draft(session: Session, user: User, client: Client, typed: Typed, now: datetime) -> Draft:
    """In the place of what was saved before."""
    draft = _find(session, user, client)
    if draft is None:
        draft = Draft(practice_id=client.practice_id, user_id=user.id, client_id=client.id)
        session.add(draft)
    draft.typed = _listed(typed)
    draft.saved_at, draft.sent_at, draft.did = now, None, None
    session.flush()
    return draft


def go_on(session: Session, user: User, client: Client, typed: Typed, now: datetime) -> Draft:
    """A draft, beside which what this user sent within the last minute can be taken back all the same."""
    draft = _find(session, user, client)
    if draft is None or draft.sent_at is None or not was_sent_lately(draft, now):
        return save_draft(session, user, client, typed, now)
    draft.typed, draft.saved_at = _listed(typed), max(now, draft.sent_at + A_MOMENT)
    session.flush()
    return draft


def sent_with(session: Session, user: User, client: Client) -> Typed | None:
    """What this user's last form about this client was sent with, as long as that is known."""
    draft = _find(session, user, client)
    return draft.typed if draft is not None and draft.saved_at == draft.sent_at else None


def keep_sent(
    session: Session, user: User, client: Client, typed: Typed, did: dict[str, Any], now: datetime
) -> None:
    """The form went out and did this. What can no longer be taken back, or is long left, goes for good."""
    draft = save_draft(session, user, client, typed, now)
    draft.sent_at, draft.did = now, did
    is_settled = and_(Draft.sent_at <= now - UNDO_WITHIN, Draft.saved_at <= Draft.sent_at)
    over = or_(is_settled, Draft.saved_at <= now - DRAFT_LIVES)
    session.execute(delete(Draft).where(Draft.practice_id == client.practice_id, over))
    session.flush()


def sent_lately(session: Session, user: User, client: Client, now: datetime) -> Draft | None:
    """What this user sent about this client within the last minute."""
    draft = _find(session, user, client)
    return draft if was_sent_lately(draft, now) else None


def was_sent_lately(draft: Draft | None, now: datetime) -> bool:
    return draft is not None and draft.sent_at is not None and draft.sent_at > now - UNDO_WITHIN


def forget_draft(session: Session, user: User, client: Client) -> None:
    session.execute(delete(Draft).where(Draft.user_id == user.id, Draft.client_id == client.id))


def _listed(typed: Typed) -> dict[str, list[str]]:
    return {name: list(values) for name, values in typed.items()}


def _find(session: Session, user: User, client: Client) -> Draft | None:
    wanted = select(Draft).where(Draft.user_id == user.id, Draft.client_id == client.id)
    return session.scalar(wanted.where(Draft.practice_id == client.practice_id))
