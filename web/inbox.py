"""Inbox: what needs a person, most urgent first; one item is open, and the next opens by itself."""

import re

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from care import attention, audit
from care.clients import get_client
from care.errors import NotFound, Refused
from care.models import (
    AttentionItem,
    AttentionKind,
    Client,
    Question,
    QuestionStatus,
    RatingSource,
    Reply,
)
from care.ratings import record_rating, supersede
from care.saying import number_in_words
from reminders import wakeup
from reminders.outbox import owe_message
from web.deps import current_user, db, now, practice, real_now, today
from web.inbox_reading import Opened, open_item, standing_ratings
from web.needs import Need, needs_of

LONGEST_NOTE = 500

bp = Blueprint("inbox", __name__, url_prefix="/inbox")


@bp.get("")
def index() -> ResponseReturnValue:
    return _page(request.args.get("item", type=int))


@bp.post("/<int:item_id>/acknowledge")
def acknowledge(item_id: int) -> ResponseReturnValue:
    """This user takes care of it; their name and the time stay with it."""
    item = _item(item_id)
    attention.acknowledge(db(), item, current_user(), now())
    return _done("acknowledge", item, "Noted: you take care of it.", stay=True)


@bp.post("/<int:item_id>/close")
def close(item_id: int) -> ResponseReturnValue:
    item, note = _item(item_id), request.form.get("note", "").strip()
    if len(note) > LONGEST_NOTE:
        return _page(item_id, {"note": f"Note must be at most {LONGEST_NOTE} characters."})
    if item.kind is AttentionKind.RED_FLAG and not note:
        return _page(item_id, {"note": "Say what was done about the red flag."})
    attention.close(db(), item, current_user(), now(), note)
    return _done("close", item, "Closed.")


@bp.post("/<int:item_id>/rating")
def correct(item_id: int) -> ResponseReturnValue:
    """A person read the number; what was recorded for this message before stands no longer."""
    item = _item(item_id)
    score = _score(request.form.get("score", ""))
    if score is None:
        return _page(item_id, {"score": "Pain must be a number from 0 to 10."})
    reply, client = _reply_of(item), _client_of(item)
    earlier = standing_ratings(db(), reply)
    question = db().get(Question, reply.question_id) if reply.question_id else None
    rating = record_rating(
        db(),
        client,
        score,
        source=RatingSource.TEXT,
        at=reply.at,
        question=question,
        reply=reply,
        user=current_user(),
    )
    for before in earlier:
        supersede(db(), before, rating)
    if question is not None:
        question.status = QuestionStatus.ANSWERED
        question.answered_at = question.answered_at or reply.at
    return _done("correct_rating", item, f"Recorded: pain {number_in_words(score)}.", stay=True)


@bp.post("/<int:item_id>/answer")
def answer(item_id: int) -> ResponseReturnValue:
    """Write back to the client; the text goes out like any other."""
    item = _item(item_id)
    client, body = _client_of(item), request.form.get("body", "")
    try:
        owe_message(db(), client, body, now(), current_user())
    except Refused as refusal:
        return _page(item_id, {"body": str(refusal)})
    said = f"Your message to {client.first_name} goes out now, or when texts may next go."
    return _done("write_message", item, said, stay=True, is_owing=True)


def _item(item_id: int) -> AttentionItem:
    return attention.get_item(db(), item_id, current_user())


def _client_of(item: AttentionItem) -> Client:
    if item.client_id is None:
        raise NotFound
    return get_client(db(), item.client_id, current_user())


def _reply_of(item: AttentionItem) -> Reply:
    """The reply of the item's message; there is none when the item is about a text of ours."""
    reply = db().scalar(select(Reply).where(Reply.message_id == item.message_id))
    if item.message_id is None or reply is None:
        raise NotFound
    return reply


def _score(typed: str) -> float | None:
    typed = typed.strip().replace(",", ".")
    if not re.fullmatch(r"\d{1,2}(\.\d)?", typed, re.ASCII):
        return None
    return float(typed) if float(typed) <= 10 else None


def _done(
    action: str, item: AttentionItem, said: str, *, stay: bool = False, is_owing: bool = False
) -> ResponseReturnValue:
    """Saved; the same item stays open, or the next one opens."""
    audit.record(db(), item.practice_id, action, "attention_item", item.id, real_now(), current_user())
    db().commit()
    if is_owing:
        wakeup.ring()
    flash(said)
    return redirect(url_for("inbox.index", item=item.id if stay else None), 303)


def _page(item_id: int | None, errors: dict[str, str] | None = None) -> ResponseReturnValue:
    """The open item, and what waits behind it. An item that is gone makes room for the first."""
    needs = needs_of(db(), attention.list_open(db(), current_user()))
    chosen: Need | None = next((need for need in needs if need.item.id == item_id), None)
    chosen = chosen or next(iter(needs), None)
    opened: Opened | None = open_item(db(), chosen) if chosen else None
    page = render_template(
        "inbox/index.html",
        opened=opened,
        needs=needs,
        errors=errors or {},
        page_has_errors=bool(errors),
        typed=request.form,
        today=today(),
        zone=practice().timezone,
    )
    return page, 422 if errors else 200
