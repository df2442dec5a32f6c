"""The simulated phone: a sample client's texts as their phone shows them, and a clock that can be moved."""

import time
from datetime import datetime, timedelta
from threading import Event

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from care import attention, ratings
from care.clients import get_client, list_clients
from care.models import Client, Direction, Message, NumberState, Practice, Reminder, ReminderStatus, Sender
from care.saying import local_day, moment_in_words
from care.tokens import new_token
from care.wire import ABSENT
from reminders import inbox, wakeup
from reminders.alerting import staff_alerts
from reminders.simulated import SIMULATED_SENDER
from web.deps import book, current_user, database, db, now, practice, settings, today

QUICK_ANSWERS = ("DONE", "done 4", "3", "7", "numb when I wipe", "STOP", "HELP")
STEPS = {
    "hour": ("1 hour", timedelta(hours=1)),
    "next": ("To the next text", None),
    "day": ("1 day", timedelta(days=1)),
    "week": ("1 week", timedelta(weeks=1)),
}
LONGEST_ANSWER = 1600
SHOWN, ALERTS_SHOWN = 60, 4
LONGEST_WAIT_SECONDS = 8.0
LOOK_EVERY_SECONDS = 0.1
NEVER_CAME = ("prepared", "unsure", ABSENT, "failed", "undelivered", "canceled")

bp = Blueprint("demo", __name__, url_prefix="/demo")


@bp.before_request
def only_simulated() -> None:
    """With a real provider there is no simulated phone."""
    if not settings().is_simulated:
        abort(404)


@bp.get("/phone")
def phone() -> ResponseReturnValue:
    if not practice().is_sample:
        return render_template("demo/not_sample.html")
    return _page(_chosen(request.args.get("client", type=int)))


@bp.post("/phone")
def answer() -> ResponseReturnValue:
    """The client texts back; it comes in the way a provider would bring it."""
    _sample_only()
    client = get_client(db(), request.form.get("client", 0, type=int), current_user())
    body = request.form.get("body", "").strip()
    if not body or len(body) > LONGEST_ANSWER:
        said = f"Type an answer first, at most {LONGEST_ANSWER} characters."
        return _page(client, error=said), 422
    if client.phone is None:
        return _page(client, error=f"{client.first_name} has no phone."), 422
    text = inbox.InboundText(
        sid=f"SM-demo-{new_token()}",
        from_=client.phone,
        to=_sender_address(),
        service_sid=None,
        body=body,
        num_media=0,
        opt_out_type=None,
        public_url=settings().public_url,
    )
    client_id, at = client.id, now()
    # Receiving writes in a transaction of its own; ours must not hold the lock meanwhile.
    db().rollback()
    inbox.receive(database().sessions, book(), text, at)
    return redirect(url_for("demo.phone", client=client_id), 303)


@bp.post("/phone/clock")
def move_clock() -> ResponseReturnValue:
    """Ask for the clock to be moved; the scheduler lives through everything that is due on the way."""
    _sample_only()
    client = get_client(db(), request.form.get("client", 0, type=int), current_user())
    where = url_for("demo.phone", client=client.id)
    if practice().clock_goal_at is not None:
        return redirect(where, 303)
    goal = _goal(client, request.form.get("step", ""))
    if goal is None:
        flash(f"No text to {client.first_name} is planned. Move the clock by a day instead.", "warning")
        return redirect(where, 303)
    practice_id = practice().id
    practice().clock_goal_at = goal
    db().commit()
    wakeup.ring()
    if _wait_for_arrival(practice_id):
        flash("The clock has moved.")
    return redirect(where, 303)


def _sample_only() -> None:
    """Nobody types for a real client or moves a real practice's clock."""
    if not practice().is_sample:
        abort(404)


def _chosen(client_id: int | None) -> Client | None:
    """The client asked for, else the first whose phone gets texts."""
    if client_id is not None:
        return get_client(db(), client_id, current_user())
    with_phone = [one for one in list_clients(db(), current_user()) if one.phone]
    reached = (one for one in with_phone if one.number_state is NumberState.OK)
    return next(reached, next(iter(with_phone), None))


def _sender_address() -> str:
    """The number or service this practice texts from: inbound finds the practice by it."""
    own = db().scalar(select(Sender.address).where(Sender.practice_id == practice().id).limit(1))
    return own or SIMULATED_SENDER


def _goal(client: Client, step: str) -> datetime | None:
    """Where the clock should go, on the practice's clock; None when nothing is planned to go to."""
    _words, length = STEPS.get(step) or STEPS["hour"]
    return now() + length if length is not None else _next_text_at(client)


def _next_text_at(client: Client) -> datetime | None:
    return db().scalar(
        select(func.min(Reminder.send_at)).where(
            Reminder.client_id == client.id, Reminder.status == ReminderStatus.PLANNED
        )
    )


def _wait_for_arrival(practice_id: int) -> bool:
    """Look at the row, each time anew, until the scheduler has cleared the goal or patience ends."""
    until = time.monotonic() + LONGEST_WAIT_SECONDS
    while _is_moving(practice_id):
        if time.monotonic() >= until:
            return False
        Event().wait(LOOK_EVERY_SECONDS)
    return True


def _is_moving(practice_id: int) -> bool:
    with database().reading() as session:
        goal = select(Practice.clock_goal_at).where(Practice.id == practice_id)
        return session.scalar(goal) is not None


def _thread(client: Client) -> list[Message]:
    """What the client's phone shows, oldest first: what came to it, and what was typed on it. On a shared
    one that is everybody's, and what nobody has claimed yet.
    """
    came = Message.status.not_in(NEVER_CAME)
    on_it = (Message.client_id == client.id) | (Message.phone_hash == client.phone_hash)
    newest = (
        select(Message)
        .where(Message.practice_id == client.practice_id, on_it, (Message.direction == Direction.IN) | came)
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(SHOWN)
    )
    return list(reversed(db().scalars(newest).all()))


def _page(client: Client | None, error: str = "") -> str:
    with_phone = [one for one in list_clients(db(), current_user()) if one.phone]
    next_at = _next_text_at(client) if client else None
    return render_template(
        "demo/phone.html",
        client=client,
        clients=with_phone,
        holders=[one.first_name for one in with_phone if client and one.phone_hash == client.phone_hash],
        thread=_thread(client) if client else [],
        clock_at=now(),
        local_day=local_day,
        today=today(),
        is_moving=practice().clock_goal_at is not None,
        steps={step: words for step, (words, _length) in STEPS.items()},
        quick_answers=QUICK_ANSWERS,
        next_text=moment_in_words(next_at, client.timezone) if client and next_at else None,
        latest=ratings.latest_rating(db(), client.id) if client else None,
        waiting=len(attention.list_open_for(db(), client)) if client else 0,
        staff_alerts=staff_alerts(db(), practice().id, ALERTS_SHOWN),
        error=error,
        page_has_errors=bool(error),
        typed=request.form.get("body", "") if error else "",
    )
