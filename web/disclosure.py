"""Sharing with somebody outside: consent for that recipient, a one-page summary to print or hand over, and
links by which the recipient reads it.
"""

from pathlib import Path

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit, disclosure, one_time, share_links
from care.clients import get_client
from care.errors import NotFound, Refused
from care.models import Client, ConsentEvent, ConsentSource
from care.saying import local_day
from care.share_links import LONGEST_QUESTION, LinkState
from web.consent import SOURCES
from web.deps import current_user, db, now, practice, real_now, settings
from web.handouts import printer
from web.looking import record_look
from web.sealed_query import QUESTION, opened, sealed
from web.summary_sheet import summary_sheet

STYLES = ("app.css", "handout.css")
STATES = {
    LinkState.WORKS: "Works",
    LinkState.EXPIRED: "Over",
    LinkState.ENDED: "Ended",
    LinkState.USED_UP: "Opened as often as it may be",
    LinkState.TAKEN_BACK: "Ended: they took it back",
}

bp = Blueprint("disclosure", __name__, url_prefix="/clients/<int:client_id>/sharing")


@bp.get("")
def show(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, seen_by=current_user())
    record_look(client)
    return _desk(client)


@bp.post("")
def give(client_id: int) -> ResponseReturnValue:
    """What the client or a guardian agreed to, for one recipient."""
    client = get_client(db(), client_id, seen_by=current_user())
    recipient, given_by = request.form.get("recipient", ""), request.form.get("given_by", "")
    try:
        if not request.form.get("agreed"):
            raise Refused("Tick the box once they have agreed, or go back without recording anything.")
        event = disclosure.give_sharing_consent(
            db(), client, practice().name, recipient, given_by, _source(), now(), current_user()
        )
    except Refused as refusal:
        db().rollback()
        return _desk(get_client(db(), client_id, current_user()), str(refusal)), 422
    _record("give", client)
    db().commit()
    flash(f"Recorded. A summary for {event.recipient} may go out.")
    return redirect(url_for("disclosure.show", client_id=client.id), 303)


@bp.post("/<int:event_id>/link")
def make_link(client_id: int, event_id: int) -> ResponseReturnValue:
    """A link for this recipient. The answer shows it once; sent again, the form makes no second one."""
    client = get_client(db(), client_id, seen_by=current_user())
    event = disclosure.find_sharing_consent(db(), client, event_id)
    desk = url_for("disclosure.show", client_id=client.id)
    key = request.form.get("once", "")
    if one_time.find_result(db(), client.practice_id, key) is not None:
        flash("This link was made already, and is shown only once. If you lost it, end it and make another.")
        return redirect(desk, 303)
    try:
        secret = _new_link(client, event)
        one_time.keep_result(db(), client.practice_id, key, desk, real_now())
    except Refused as refusal:
        db().rollback()
        client = get_client(db(), client_id, current_user())
        return _summary(client, disclosure.find_sharing_consent(db(), client, event_id), str(refusal)), 422
    _record("make", client, "share_link")
    db().commit()
    address = f"{settings().public_url}{url_for('share_link.show', secret=secret, _external=False)}"
    return render_template("disclosure/link.html", client=client, consent=event, address=address)


@bp.post("/links/<int:link_id>/end")
def end_link(client_id: int, link_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, seen_by=current_user())
    link = share_links.end_share_link(db(), client, link_id, now())
    _record("end", client, "share_link")
    db().commit()
    flash(f"The link for {link.consent.recipient} opens nothing any more.")
    return redirect(url_for("disclosure.show", client_id=client.id), 303)


@bp.post("/<int:event_id>/withdraw")
def withdraw(client_id: int, event_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, seen_by=current_user())
    event = disclosure.withdraw_sharing_consent(
        db(), client, event_id, ConsentSource.IN_PERSON, now(), current_user()
    )
    _record("withdraw", client)
    db().commit()
    flash(f"Nothing more goes to {event.recipient}.")
    return redirect(url_for("disclosure.show", client_id=client.id), 303)


@bp.post("/<int:event_id>")
def ask(client_id: int, event_id: int) -> ResponseReturnValue:
    """The summary with a question on it. Posted, since the question is about the client."""
    client = get_client(db(), client_id, seen_by=current_user())
    event = disclosure.find_sharing_consent(db(), client, event_id)
    question = sealed(QUESTION, request.form.get("question", "")[:LONGEST_QUESTION])
    return redirect(
        url_for("disclosure.summary", client_id=client.id, event_id=event.id, question=question), 303
    )


@bp.get("/<int:event_id>")
def summary(client_id: int, event_id: int) -> ResponseReturnValue:
    """One page for this recipient, while their consent stands. Each look is on record."""
    client = get_client(db(), client_id, seen_by=current_user())
    event = disclosure.find_sharing_consent(db(), client, event_id)
    record_look(client)
    return _summary(client, event)


@bp.get("/<int:event_id>/summary.pdf")
def pdf(client_id: int, event_id: int) -> ResponseReturnValue:
    """Not found where WeasyPrint is not installed: the page offers no such link then."""
    make, client = printer(), get_client(db(), client_id, seen_by=current_user())
    if make is None:
        raise NotFound
    event = disclosure.find_sharing_consent(db(), client, event_id)
    record_look(client)
    folder = Path(current_app.static_folder or "")
    parts = {url_for("static", filename=name): ("text/css", (folder / name).read_bytes()) for name in STYLES}
    answer = Response(make(_summary(client, event), parts), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="summary.pdf"'
    return answer


def _source() -> ConsentSource:
    typed = request.form.get("source", "")
    if typed not in [one.value for one in SOURCES]:
        raise Refused("Say how the client told you.")
    return ConsentSource(typed)


def _new_link(client: Client, event: ConsentEvent) -> str:
    most = request.form.get("most_openings", "").strip()
    days = request.form.get("days", type=int)
    if days is None or (most and not most.isascii()) or (most and not most.isdecimal()):
        raise Refused("Days and openings must be whole numbers.")
    return share_links.make_share_link(
        db(),
        client,
        event,
        current_user(),
        now(),
        days=days,
        question=request.form.get("question", ""),
        most_openings=int(most[:9]) if most else None,
    )


def _desk(client: Client, problem: str = "") -> str:
    return render_template(
        "disclosure/show.html",
        client=client,
        consents=disclosure.standing_consents(db(), client),
        links=share_links.list_share_links(db(), client, now()),
        states=STATES,
        sources=[(one.value, words) for one, words in SOURCES.items()],
        wording=disclosure.sharing_wording(practice().name, "", client.language),
        typed=request.form,
        problem=problem,
        local_day=local_day,
    )


def _summary(client: Client, event: ConsentEvent, problem: str = "") -> str:
    typed = request.form.get("question", "") if request.method == "POST" else opened(QUESTION)
    question = " ".join(typed.split())[:LONGEST_QUESTION]
    return render_template(
        "disclosure/summary.html",
        sheet=summary_sheet(db(), practice(), client, event, question, current_user().name, now()),
        client=client,
        consent=event,
        question=question,
        sealed_question=sealed(QUESTION, question),
        once=one_time.new_key(),
        days=practice().share_link_days,
        typed=request.form,
        problem=problem,
        can_make_pdf=printer() is not None,
    )


def _record(action: str, client: Client, subject: str = "sharing_consent") -> None:
    audit.record(db(), client.practice_id, action, subject, client.id, real_now(), current_user())
