"""Messages: every text in and out, and every text that was owed and did not go."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, Select, func, literal, select, true
from sqlalchemy.orm import InstrumentedAttribute

from care.client_names import list_names
from care.clients import get_client
from care.in_words import reason_in_words
from care.models import Client, Direction, Message, Reminder, ReminderStatus, User
from care.visibility import is_visible_to
from care.wire import ABSENT
from web.deps import current_user, db, practice, today
from web.looking import record_look
from web.message_words import State, state_of

PAGE = 50
LAST_PAGE = 10_000
SHOWN = {"all": "All", "in": "In", "out": "Out", "unsent": "Did not go"}
UNSENT = (ReminderStatus.SKIPPED, ReminderStatus.FAILED, ReminderStatus.UNSURE)
UNSENT_WORDS = {
    ReminderStatus.SKIPPED: State("Not sent", "warning"),
    ReminderStatus.FAILED: State("Refused", "danger"),
    ReminderStatus.UNSURE: State("In doubt", "warning"),
}
KIND_WORDS = {
    "enrol": "First text",
    "exercise": "Exercise reminder",
    "pain_question": "Pain question",
    "message": "Message from the practice",
    "visit": "Visit reminder",
    "nudge": "Friendly nudge",
    "answer": "Answer to the client",
    "safety": "Safety text",
    "alert": "Alert",
}

bp = Blueprint("messages", __name__, url_prefix="/messages")


@dataclass(frozen=True)
class Line:
    """One text, or one that did not go, as the list shows it."""

    row: Message | Reminder
    client: Client | None
    user: str
    words: str
    is_incoming: bool
    state: State


@bp.get("")
def index() -> ResponseReturnValue:
    shown = request.args.get("show", "all")
    client_id = request.args.get("client", type=int)
    client = get_client(db(), client_id, current_user()) if client_id else None
    if client:
        record_look(client)
    page = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)
    which = _which_unsent if shown == "unsent" else _which_sent
    wanted, how_many = which(current_user(), client, shown)
    count = db().scalar(how_many) or 0
    rows = db().execute(wanted.limit(PAGE).offset((page - 1) * PAGE)).all()
    return render_template(
        "messages/index.html",
        lines=_lines([(row, owner) for row, owner in rows]),
        count=count,
        page=page,
        pages=ceil(count / PAGE),
        page_url=lambda number: _url(shown, client, page=number),
        message_tabs=[(words, _url(one, client), one == shown) for one, words in SHOWN.items()],
        shown=shown,
        client=client,
        clients=list_names(db(), current_user()),
        zone=practice().timezone,
        today=today(),
    )


def _url(shown: str, client: Client | None, **more: Any) -> str:
    return url_for("messages.index", show=shown, client=client.id if client else None, **more)


def _which_sent(user: User, client: Client | None, shown: str) -> tuple[Select[Message, Client], Select[int]]:
    """The texts that crossed the wire, newest first, and how many: all but the few that were never sent,
    since SQLite would read every text to leave those out while counting.
    """
    which = [Message.practice_id == user.practice_id, _theirs(user, Message.client_id)]
    if shown in ("in", "out"):
        which.append(Message.direction == Direction(shown))
    if client:
        which.append(Message.client_id == client.id)
    whose = Client.id == Message.client_id
    wanted = select(Message, Client).outerjoin(Client, whose).where(*which, Message.status != ABSENT)
    counted = select(func.count()).select_from(Message).where(*which)
    never_sent = counted.where(Message.status == literal(ABSENT, literal_execute=True))
    how_many = select(counted.scalar_subquery() - never_sent.scalar_subquery())
    return wanted.order_by(Message.at.desc(), Message.id.desc()), how_many


def _which_unsent(
    user: User, client: Client | None, _shown: str
) -> tuple[Select[Reminder, Client], Select[int]]:
    which = [
        Reminder.practice_id == user.practice_id,
        Reminder.status.in_(UNSENT),
        _theirs(user, Reminder.client_id),
    ]
    if client:
        which.append(Reminder.client_id == client.id)
    whose = Client.id == Reminder.client_id
    wanted = select(Reminder, Client).outerjoin(Client, whose).where(*which)
    counted = select(func.count()).select_from(Reminder).where(*which)
    return wanted.order_by(Reminder.due_at.desc(), Reminder.id.desc()), counted


def _theirs(user: User, whose: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """Texts of the clients they see. Admins have all of the practice, those of numbers we do not know too."""
    return true() if user.is_admin else whose.in_(select(Client.id).where(is_visible_to(user)))


def _lines(rows: Sequence[tuple[Message | Reminder, Client | None]]) -> list[Line]:
    users = _alerted([row for row, _ in rows])
    return [_line(row, client, users.get(row.id, "")) for row, client in rows]


def _alerted(rows: Sequence[Message | Reminder]) -> dict[int, str]:
    """Which of these are alerts, and the names of the users they went to."""
    is_sent = all(isinstance(row, Message) for row in rows)
    column = Reminder.message_id if is_sent else Reminder.id
    wanted = select(column, User.name).join(User, User.id == Reminder.user_id)
    found = db().execute(wanted.where(column.in_([row.id for row in rows])))
    return {id: name for id, name in found if id is not None}


def _line(row: Message | Reminder, client: Client | None, user: str) -> Line:
    if isinstance(row, Message):
        return Line(row, client, user, row.words, row.direction is Direction.IN, state_of(row))
    state = UNSENT_WORDS[row.status]
    why = State(state.words, state.tone, reason_in_words(row.reason))
    return Line(row, client, user, row.body or KIND_WORDS[row.kind.value], False, why)
