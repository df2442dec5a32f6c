"""What happened to a client between two instants, beside the exercises, of all kinds in one statement."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

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
from sqlalchemy.orm import Session, load_only

from care.attention import is_open_red_flag, stood_between
from care.models import AttentionItem, Direction, Message, Reminder, Reply, Visit, VisitStatus
from care.undelivered import text_key, undelivered_between

MOST_WORDS = 50
# What the words for them are made of.
OF_ITEMS = (
    AttentionItem.kind, AttentionItem.status, AttentionItem.raised_at, AttentionItem.note,
    AttentionItem.message_id,
)  # fmt: skip
OF_TEXTS = (Message.at, Message.body)
OF_REPLIES = (Reply.intents, Reply.rating, Reply.did, Reply.corrections)
CLIENT: BindParameter[int] = bindparam("client", type_=Integer)
SINCE: BindParameter[datetime] = bindparam("since", type_=Message.at.type)
UNTIL: BindParameter[datetime] = bindparam("until", type_=Message.at.type)


@dataclass(frozen=True)
class SinceRows:
    """`items` for a person that stood then and `texts` from the client with how each was read, newest first,
    `visits_missed` oldest first.

    `texts_not_delivered` counts those that `care.undelivered` lists. `has_red_flag` when one is open,
    whenever it was raised.
    """

    items: list[AttentionItem]
    texts: list[tuple[Message, Reply | None]]
    visits_missed: tuple[datetime, ...]
    texts_not_delivered: int
    has_red_flag: bool


def since_rows(session: Session, client_id: int, since: datetime, until: datetime) -> SinceRows:
    """Of the texts the newest fifty whose words are there."""
    asked = {"client": client_id, "since": since, "until": until}
    rows = session.execute(_rows(), asked).all()
    texts = [(message, reply) for *_, message, reply in rows if message is not None]
    return SinceRows(
        items=[item for kind, *_, item, _message, _reply in rows if kind == "item"],
        texts=sorted(texts, key=lambda text: (text[0].at, text[0].id), reverse=True),
        visits_missed=tuple(at for kind, _id, _text, at, *_ in reversed(rows) if kind == "visit"),
        texts_not_delivered=len({text_key(id, text) for kind, id, text, *_ in rows if kind == "lost"}),
        has_red_flag=any(kind == "flag" for kind, *_ in rows),
    )


@cache
def _rows() -> Select[Any]:
    """Newest first. Built once: that takes longer than asking."""
    told = union_all(*_moments()).subquery("told")
    return (
        select(told.c.kind, told.c.id, told.c.text_id, told.c.at, AttentionItem, Message, Reply)
        .select_from(told)
        .outerjoin(AttentionItem, and_(told.c.kind == "item", AttentionItem.id == told.c.id))
        .outerjoin(Message, and_(told.c.kind == "words", Message.id == told.c.id))
        .outerjoin(Reply, Reply.message_id == Message.id)
        .options(load_only(*OF_ITEMS), load_only(*OF_TEXTS), load_only(*OF_REPLIES))
        .order_by(told.c.at.desc(), told.c.id)
    )


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
