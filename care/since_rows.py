"""What happened to a client between two instants, beside the exercises, of all kinds in one statement."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    cast,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from care.attention import is_open_red_flag, stood_between
from care.models import (
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Direction,
    Message,
    Reminder,
    Reply,
    Visit,
    VisitStatus,
)
from care.undelivered import text_key, undelivered_between

MOST_WORDS = 50
CLIENT: BindParameter[int] = bindparam("client", type_=Integer)
SINCE: BindParameter[datetime] = bindparam("since", type_=Message.at.type)
UNTIL: BindParameter[datetime] = bindparam("until", type_=Message.at.type)


class ItemSince(NamedTuple):
    """An item for a person, as far as words for it go."""

    id: int
    raised_at: datetime
    kind: AttentionKind
    status: AttentionStatus
    note: str
    message_id: int | None


class ReadAs(NamedTuple):
    """How a text was read (`care.models.Reply`)."""

    intents: list[str]
    rating: float | None
    did: str
    corrections: list[dict[str, Any]]


class TextSince(NamedTuple):
    """A text from the client, and how it was read if it was."""

    id: int
    at: datetime
    body: str
    reply: ReadAs | None


@dataclass(frozen=True)
class SinceRows:
    """`items` for a person that stood then and `texts` from the client with how each was read, newest first,
    `visits_missed` oldest first.

    `texts_not_delivered` counts those that `care.undelivered` lists. `has_red_flag` when one is open,
    whenever it was raised.
    """

    items: list[ItemSince]
    texts: list[TextSince]
    visits_missed: tuple[datetime, ...]
    texts_not_delivered: int
    has_red_flag: bool


def since_rows(session: Session, client_id: int, since: datetime, until: datetime) -> SinceRows:
    """Of the texts the newest fifty whose words are there."""
    asked = {"client": client_id, "since": since, "until": until}
    rows = session.connection().execute(_rows(), asked).all()
    texts = [_text(*row) for row in rows if row[0] == "words"]
    return SinceRows(
        items=[ItemSince(id, at, *rest[:4]) for kind, id, _text_id, at, *rest in rows if kind == "item"],
        texts=sorted(texts, key=lambda text: (text.at, text.id), reverse=True),
        visits_missed=tuple(at for kind, _id, _text, at, *_ in reversed(rows) if kind == "visit"),
        texts_not_delivered=len({text_key(id, text) for kind, id, text, *_ in rows if kind == "lost"}),
        has_red_flag=any(kind == "flag" for kind, *_ in rows),
    )


def _text(_kind: str, id: int, _text_id: None, at: datetime, *rest: Any) -> TextSince:
    body, reply_id, *read = rest[4:]
    return TextSince(id, at, body, None if reply_id is None else ReadAs(*read))


@cache
def _rows() -> Select[Any]:
    """Newest first. Built once: that takes longer than asking."""
    told = union_all(*_moments()).subquery("told")
    item = (AttentionItem.kind, AttentionItem.status, AttentionItem.note, AttentionItem.message_id)
    read = (Reply.id, Reply.intents, Reply.rating, Reply.did, Reply.corrections)
    wanted: Select[Any] = (
        select(told.c.kind, told.c.id, told.c.text_id, told.c.at, *item, Message.body, *read)
        .select_from(told)
        .outerjoin(AttentionItem, and_(told.c.kind == "item", AttentionItem.id == told.c.id))
        .outerjoin(Message, and_(told.c.kind == "words", Message.id == told.c.id))
        .outerjoin(Reply, Reply.message_id == Message.id)
        .order_by(told.c.at.desc(), told.c.id)
    )
    return wanted


def _moments() -> list[Select[Any]]:
    """Kind, number and instant of each; of a text that was lost also which message it became, if any."""
    words = (
        select(*_moment("words", Message.id, Message.at))
        .where(Message.client_id == CLIENT, Message.direction == Direction.IN)
        .where(Message.at >= SINCE, Message.at <= UNTIL, Message.emptied_at.is_(None))
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(MOST_WORDS)
    )
    missed = select(*_moment("visit", Visit.id, Visit.starts_at)).where(
        Visit.client_id == CLIENT,
        Visit.status == VisitStatus.MISSED,
        Visit.starts_at >= SINCE,
        Visit.starts_at <= UNTIL,
    )
    lost = undelivered_between(CLIENT, SINCE, UNTIL)
    items = stood_between(CLIENT, SINCE, UNTIL)
    item = (AttentionItem.id, AttentionItem.raised_at)
    return [
        select(words.subquery()),
        missed,
        lost.with_only_columns(*_moment("lost", Reminder.id, Reminder.due_at, Reminder.message_id)),
        items.with_only_columns(*_moment("item", *item)).order_by(None),
        select(*_moment("flag", *item)).where(is_open_red_flag(CLIENT)),
    ]


def _moment(kind: str, id: Any, at: Any, text_id: Any = None) -> tuple[ColumnElement[Any], ...]:
    of_text = cast(null(), Integer) if text_id is None else text_id
    return (
        literal_column(f"'{kind}'", String).label("kind"),
        id.label("id"),
        of_text.label("text_id"),
        at.label("at"),
    )
