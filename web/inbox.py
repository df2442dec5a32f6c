"""Inbox: what needs a person, most urgent first; one item is open, and the next opens by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import attending, attention, audit, corrections, users
from care.clients import get_client
from care.corrections import Means
from care.errors import NotFound, Refused
from care.holding import still_held_words
from care.models import AttentionItem, AttentionKind, Client, Rating, Reply
from care.saying import number_in_words
from care.waiting import Waiting, lines_of, list_queue
from reminders import wakeup
from reminders.outbox import owe_message
from reminders.permission import MayWrite, may_write
from reminders.signal_tasks import tell_of_red
from reminders.texting_facts import texting_facts
from reminders.watching import watch_ratings
from web.deps import (
    READING_METHODS,
    current_user,
    db,
    know_waiting_count,
    now,
    practice,
    real_now,
    settings,
    today,
)
from web.inbox_filters import Filters, filter_links, read_filters
from web.inbox_reading import CHOICES, Opened, open_item, read_meaning, reply_of
from web.looking import record_look
from web.needs import need_of
from web.typed_forms import Typed, came_back, confirmed, confirmed_actions
from web.visit_form import read_date

FRAGMENT_HEADER = "X-Homestretch-Fragment"
LONGEST_NOTE = 500
# So many of what waits stand beside the open item at a time.
PAGE = 50
DAYS_OF = {"tomorrow": 1, "three_days": 3}
# Only about how a message is read: once a person has read it, nothing is left to do.
NO_NOTE = "Send the message, then close the red flag with a note of what was done."
DONE_ONCE_READ = frozenset({AttentionKind.UNREADABLE})

bp = Blueprint("inbox", __name__, url_prefix="/inbox")


@bp.get("")
def index() -> ResponseReturnValue:
    return _page(request.args.get("item", type=int))


@bp.get("/count")
def count() -> ResponseReturnValue:
    """The one number in the head of every page, asked for by script now and then (see `auth`)."""
    return render_template("inbox/_count.html")


@bp.post("/<int:item_id>/acknowledge")
def acknowledge(item_id: int) -> ResponseReturnValue:
    """This user takes care of it; their name and the time stay with it."""
    item = _item(item_id)
    attention.acknowledge(db(), item, current_user(), now())
    return _stay("acknowledge", item, "Noted: you take care of it.")


@bp.post("/<int:item_id>/confirm")
def confirm(item_id: int) -> ResponseReturnValue:
    """A person reads it as we did."""
    item = _item(item_id)
    corrections.confirm(db(), _reply_of(item), current_user(), now())
    return _stay("confirm_reading", item, "Reading confirmed.")


@bp.post("/<int:item_id>/reading")
def correct(item_id: int) -> ResponseReturnValue:
    """A person reads it otherwise: what was recorded for this message before stands no longer."""
    item, meaning = _item(item_id), read_meaning(request.form.get("reading", ""))
    if meaning is None:
        return _page(item_id, {"reading": "Choose what the message means."})
    reply, client = _reply_of(item), _client_of(item)
    later = corrections.correct(db(), client, reply, meaning, current_user(), now())
    if meaning.means in (Means.RATING, Means.NO_RATING, Means.QUESTION):
        watch_ratings(db(), practice(), client, now(), reply.message_id)
        tell_of_red(db(), {practice().id: practice()}, [client], now())
    said = f"Read as {meaning.words}. {_stands_in_words(later)}".strip()
    if item.kind not in DONE_ONCE_READ or meaning.means is Means.QUESTION:
        return _stay("correct_reading", item, said)
    following = _following(item)
    attention.close(db(), item, current_user(), now(), said)
    return _go_on("correct_reading", item, f"{said} Done.", following)


@bp.post("/<int:item_id>/answer")
def answer(item_id: int) -> ResponseReturnValue:
    """Write back to the client; the text goes out like any other. With `then`, the item is done with it."""
    item = _item(item_id)
    client, body = _client_of(item), request.form.get("body", "")
    does_close, note = request.form.get("then") == "close", request.form.get("note", "").strip()
    if does_close and item.kind is AttentionKind.RED_FLAG and not note:
        # Only a person's own note closes one; the message stays as it was typed.
        return _page(item_id, typed=Typed(body, error=NO_NOTE))
    try:
        words = owe_message(db(), client, body, now(), current_user(), confirmed())
        following = _following(item) if does_close else item.id
        if does_close:
            attention.close(db(), item, current_user(), now(), note or "Wrote back.")
    except Refused as refusal:
        db().rollback()
        return _page(item_id, typed=came_back(body, refusal))
    for action in confirmed_actions(words):
        _record(action, item)
    said = f"Your message to {client.first_name} goes out now, or when texts may next go."
    answered = _go_on("write_message", item, said, following)
    wakeup.ring()
    return answered


@bp.post("/<int:item_id>/owner")
def assign(item_id: int) -> ResponseReturnValue:
    """Hand it to a colleague. It stays in sight of whoever sees the client."""
    item = _item(item_id)
    try:
        owner = users.get_user(db(), practice().id, request.form.get("owner", 0, type=int))
        attending.assign(db(), item, owner)
    except NotFound:
        return _page(item_id, {"owner": "Choose a colleague."})
    except Refused as refusal:
        return _page(item_id, {"owner": str(refusal)})
    said = "It is yours now." if owner.id == current_user().id else f"{owner.name} looks after it now."
    return _stay("assign", item, said)


@bp.post("/<int:item_id>/snooze")
def snooze(item_id: int) -> ResponseReturnValue:
    """Put it off; it comes back by itself, and at once when the client writes again."""
    item, until = _item(item_id), _until()
    following = _following(item)
    try:
        if until is None:
            raise Refused("Choose the day it comes back, tomorrow or later.")
        attending.snooze(db(), item, until, now())
    except Refused as refusal:
        return _page(item_id, {"until": str(refusal)})
    return _go_on("snooze", item, "Put off. It comes back by itself.", following)


@bp.post("/<int:item_id>/wake")
def wake(item_id: int) -> ResponseReturnValue:
    item = _item(item_id)
    attending.wake(db(), item)
    return _stay("wake", item, "Back in the inbox.")


@bp.post("/<int:item_id>/close")
def close(item_id: int) -> ResponseReturnValue:
    item, note = _item(item_id), request.form.get("note", "").strip()
    if len(note) > LONGEST_NOTE:
        return _page(item_id, {"note": f"Note must be at most {LONGEST_NOTE} characters."})
    following = _following(item)
    try:
        attention.close(db(), item, current_user(), now(), note)
    except Refused as refusal:
        db().rollback()
        return _page(item_id, {"note": str(refusal)})
    said = f"Closed. {still_held_words(db(), item)}".strip()
    return _go_on("close", item, said, following)


def _stands_in_words(later: Rating | None) -> str:
    """The client's own later word counts, however the message before it is read."""
    return f"The client’s later {number_in_words(later.score)} stands." if later is not None else ""


def _item(item_id: int) -> AttentionItem:
    return attention.get_item(db(), item_id, current_user())


def _client_of(item: AttentionItem) -> Client:
    if item.client_id is None:
        raise NotFound
    return get_client(db(), item.client_id, current_user())


def _reply_of(item: AttentionItem) -> Reply:
    """The reply of the item's message; there is none when the item is about a text of ours."""
    reply = reply_of(db(), item)
    if reply is None:
        raise NotFound
    return reply


def _until() -> datetime | None:
    """Nine in the morning, on the practice's clock, of the day chosen, which is not today."""
    days = DAYS_OF.get(request.form.get("until", ""))
    day = today() + timedelta(days=days) if days else read_date(request.form.get("day", "").strip())
    return attending.morning_of(day, practice().timezone) if day and day > today() else None


def _among(filters: Filters, waiting: Waiting) -> list[int]:
    """The ids of what the filters let through, in the order it is to be dealt with."""
    user, items = current_user(), waiting.later if filters.is_snoozed else waiting.now
    return [one.id for one in items if filters.lets_through(one, user)]


def _following(item: AttentionItem) -> int | None:
    """The one that opens once this one is done: the next in the list, or the first."""
    ids = _among(read_filters(), list_queue(db(), current_user(), now()))
    if item.id not in ids:
        return None
    behind = ids[ids.index(item.id) + 1 :]
    return behind[0] if behind else None


def _record(action: str, item: AttentionItem) -> None:
    audit.record(db(), item.practice_id, action, "attention_item", item.id, real_now(), current_user())


def _stay(action: str, item: AttentionItem, said: str) -> ResponseReturnValue:
    """Saved; the same item stays open."""
    return _go_on(action, item, said, item.id)


def _go_on(action: str, item: AttentionItem, said: str, opened: int | None) -> ResponseReturnValue:
    """Saved; this one opens, or the first when there is none left behind it."""
    _record(action, item)
    db().commit()
    flash(said)
    return redirect(url_for("inbox.index", item=opened, **read_filters().in_address), 303)


def _page(
    item_id: int | None, errors: dict[str, str] | None = None, typed: Typed | None = None
) -> ResponseReturnValue:
    """The open item, and what waits behind it. An item that is gone makes room for the first."""
    filters = read_filters()
    waiting = list_queue(db(), current_user(), now())
    know_waiting_count(len(waiting.now))
    ids = _among(filters, waiting)
    place = _place_of(ids, item_id)
    on_page = ids[place.first : place.first + PAGE]
    chosen = _chosen(on_page, waiting, item_id)
    lines = lines_of(db(), current_user(), [*on_page, *chosen])
    needs = {line.item.id: need_of(line) for line in lines}
    shown = [needs[id] for id in on_page if id in needs]
    opened = open_item(db(), needs[chosen[0]], practice().timezone) if needs.keys() & chosen else None
    if opened is not None and opened.client is not None and request.method in READING_METHODS:
        record_look(opened.client)
    whose, kinds = filter_links(filters, waiting, current_user())
    typed = typed or Typed()
    errors = errors or {}
    page = render_template(
        "inbox/index.html",
        opened=opened,
        signs=frozenset(need.sign for need in shown),
        address_of=_address_of(filters),
        count=len(ids),
        shown=shown,
        place=place,
        page_address=lambda number: url_for("inbox.index", page=number, **filters.in_address),
        filters=filters.in_address,
        whose_links=whose,
        kind_links=kinds,
        is_filtered=bool(filters.in_address),
        is_snoozed=filters.is_snoozed,
        may=_may_write(opened),
        choices=CHOICES,
        errors=errors,
        page_has_errors=bool(errors) or typed.is_back,
        typed=typed,
        sent=request.form,
        is_fragment=FRAGMENT_HEADER in request.headers,
        today=today(),
        tomorrow=today() + timedelta(days=1),
        zone=practice().timezone,
    )
    answer = make_response(page, 422 if errors or typed.is_back else 200)
    answer.headers["Vary"] = FRAGMENT_HEADER
    return answer


def _address_of(filters: Filters) -> Callable[[int], str]:
    """Where each item of the list opens: built once, and not for each of hundreds."""
    before, _, behind = url_for("inbox.index", item=0, **filters.in_address).partition("item=0")
    return lambda item_id: f"{before}item={item_id}{behind}"


@dataclass(frozen=True)
class Place:
    """Which page of the list is shown, of how many, and where it begins."""

    page: int
    pages: int

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE


def _place_of(ids: Sequence[int | None], item_id: int | None) -> Place:
    """The page the named item stands on; the one asked for, where there is none or it is left out."""
    pages = max(1, -(-len(ids) // PAGE))
    found = ids.index(item_id) if item_id in ids else None
    asked = request.args.get("page", 1, type=int) if found is None else found // PAGE + 1
    return Place(min(max(asked, 1), pages), pages)


def _chosen(on_page: Sequence[int], waiting: Waiting, item_id: int | None) -> Sequence[int]:
    """The item the address names, though the filters leave it out; without one, the first of the page, if
    there is any.
    """
    named = [one.id for one in (*waiting.now, *waiting.later) if one.id == item_id]
    return named or on_page[:1]


def _may_write(opened: Opened | None) -> MayWrite:
    """Whether a message to the client of the open item would go out, and why not."""
    if opened is None or opened.client is None:
        return MayWrite("no_client")
    is_real = not settings().is_simulated
    known = texting_facts(db(), opened.client, now())
    return may_write(opened.client, practice(), known, now(), is_real=is_real)
