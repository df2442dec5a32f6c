"""The rows a client's story is told from, of all kinds in one statement, and no more than are told."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Row,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, load_only

from care.fixed import is_one_of
from care.models import (
    Assessment,
    AssessmentStatus,
    AttentionItem,
    Client,
    ConsentEvent,
    Direction,
    Message,
    PaperTick,
    Reminder,
    ReminderStatus,
    Reply,
    User,
    Visit,
)
from care.paper_history import sheets_of
from care.wire import ABSENT

DROPPED = (ReminderStatus.SKIPPED, ReminderStatus.FAILED, ReminderStatus.UNSURE)
# Taken back by a change that the story tells itself, and laid out again as it is now.
TOLD_OTHERWISE = ("plan_changed", "visit_changed", "held")
# What became of an item later is told as well, so that its rows do not make room for newer ones.
TELLS_MORE = "attention"
CLIENT: BindParameter[int] = bindparam("client", type_=Integer)
LIMIT: BindParameter[int] = bindparam("limit", type_=Integer)


def story_rows(
    session: Session, client: Client, kinds: Collection[str], limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The newest `limit` of these kinds, and as many items for a person, newest first.

    Each row has its `kind` and `by` whom it was, and what it is under the name of its class: `Visit`,
    `Message` with `Reply`, `ConsentEvent`, `AttentionItem`, `Assessment`, or `Reminder` with the `text` it
    became. Of a sheet of paper it is the figures of `care.paper_history.sheets_of`, a row for each.
    """
    wanted = tuple(sorted(set(kinds) & set(_moments())))
    if not wanted:
        return []
    return session.execute(_story_of(wanted), {"client": client.id, "limit": limit}).all()


@cache
def _story_of(kinds: tuple[str, ...]) -> Select[Any]:
    """Built once: that takes longer than asking."""
    told, sheets = _newest(kinds), sheets_of(CLIENT).subquery("sheets")
    text = aliased(Message, name="text")
    by = func.coalesce(
        Visit.user_id,
        ConsentEvent.user_id,
        AttentionItem.closed_by_id,
        AttentionItem.acknowledged_by_id,
        Assessment.user_id,
        sheets.c.user_id,
    )
    is_text = told.c.kind.in_(("message_in", "message_out"))
    is_sheet = and_(told.c.kind == "paper", sheets.c.at == told.c.at)
    entities = (Visit, Message, Reply, ConsentEvent, AttentionItem, Assessment, Reminder, text)
    return (
        select(told.c.kind, User.name.label("by"), *entities, *sheets.c)
        .select_from(told)
        .outerjoin(Visit, _is(told, "visit", Visit.id))
        .outerjoin(Message, and_(is_text, Message.id == told.c.id))
        .outerjoin(Reply, Reply.message_id == Message.id)
        .outerjoin(ConsentEvent, _is(told, "consent", ConsentEvent.id))
        .outerjoin(AttentionItem, _is(told, "attention", AttentionItem.id))
        .outerjoin(Assessment, _is(told, "assessment", Assessment.id))
        .outerjoin(Reminder, _is(told, "dropped", Reminder.id))
        .outerjoin(text, text.id == Reminder.message_id)
        .outerjoin(sheets, is_sheet)
        .outerjoin(User, User.id == by)
        .options(*(load_only(*columns) for columns in _told_of(text)))
        .order_by(told.c.at.desc(), told.c.id.desc(), sheets.c.status)
    )


def _told_of(text: type[Message]) -> list[tuple[InstrumentedAttribute[Any], ...]]:
    """What the story is worded from, and no more: a brief alone is longer than all of it."""
    return [
        (Visit.starts_at, Visit.status, Visit.complaint, Visit.note),
        (Message.at, Message.direction, Message.status, Message.error_code, Message.body, Message.emptied_at),
        (Reply.intents, Reply.rating, Reply.did, Reply.corrections),
        (
            ConsentEvent.at,
            ConsentEvent.action,
            ConsentEvent.purpose,
            ConsentEvent.source,
            ConsentEvent.wording,
        ),
        (
            *(AttentionItem.kind, AttentionItem.status, AttentionItem.details, AttentionItem.note),
            *(AttentionItem.raised_at, AttentionItem.acknowledged_at),
            *(AttentionItem.closed_at, AttentionItem.escalated_at),
        ),
        (Assessment.completed_at, Assessment.impression),
        (Reminder.kind, Reminder.status, Reminder.due_at, Reminder.body, Reminder.reason),
        (text.body, text.emptied_at),
    ]


def _is(told: Subquery, kind: str, id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return and_(told.c.kind == kind, id == told.c.id)


def _newest(kinds: Sequence[str]) -> Subquery:
    """Kind, number and instant of what is told."""
    moments = _moments()
    parts = [_first(moments[kind]) for kind in kinds if kind != TELLS_MORE]
    if parts:
        parts = [_first(select(union_all(*parts).subquery()))]
    if TELLS_MORE in kinds:
        parts.append(_first(moments[TELLS_MORE]))
    return union_all(*parts).subquery("told")


def _first(moments: Select[Any]) -> Select[Any]:
    """The newest of these, as a part of a union."""
    columns = moments.selected_columns
    newest = moments.order_by(columns.at.desc(), columns.id.desc()).limit(LIMIT)
    return select(newest.subquery())


@cache
def _moments() -> dict[str, Select[Any]]:
    came_in = _moment("message_in", Message.id, Message.at).where(Message.direction == Direction.IN)
    went_out = _moment("message_out", Message.id, Message.at).where(Message.direction == Direction.OUT)
    is_there = (Message.client_id == CLIENT, Message.status != ABSENT)
    # A text that was refused or is in doubt is told once, as dropped.
    told_as_dropped = select(Reminder.message_id).where(
        Reminder.client_id == CLIENT, is_one_of(Reminder.status, DROPPED), Reminder.message_id.is_not(None)
    )
    # Its states in one list, which finds them in the index of clients and states.
    may_be_dropped = is_one_of(Reminder.status, (*DROPPED, ReminderStatus.CANCELLED))
    is_dropped = or_(is_one_of(Reminder.status, DROPPED), Reminder.reason.not_in(TOLD_OTHERWISE))
    is_completed = Assessment.status == AssessmentStatus.COMPLETED
    return {
        "visit": _moment("visit", Visit.id, Visit.starts_at).where(Visit.client_id == CLIENT),
        "message_in": came_in.where(*is_there),
        "message_out": went_out.where(*is_there, Message.id.not_in(told_as_dropped)),
        "paper": _moment("paper", func.min(PaperTick.id), PaperTick.at)
        .where(PaperTick.client_id == CLIENT)
        .group_by(PaperTick.at),
        "consent": _moment("consent", ConsentEvent.id, ConsentEvent.at).where(
            ConsentEvent.client_id == CLIENT
        ),
        "attention": _moment("attention", AttentionItem.id, AttentionItem.raised_at).where(
            AttentionItem.client_id == CLIENT
        ),
        "assessment": _moment("assessment", Assessment.id, Assessment.completed_at).where(
            Assessment.client_id == CLIENT, is_completed
        ),
        "dropped": _moment("dropped", Reminder.id, Reminder.due_at).where(
            Reminder.client_id == CLIENT, may_be_dropped, is_dropped
        ),
    }


def _moment(kind: str, id: ColumnElement[int] | InstrumentedAttribute[int], at: Any) -> Select[Any]:
    return select(literal_column(f"'{kind}'", String).label("kind"), id.label("id"), at.label("at"))
