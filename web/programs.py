"""What a client carries in a day: the home programmes of all providers side by side, and another's to add."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit
from care.carrying import side_by_side, told_in_words
from care.clients import get_client
from care.errors import Refused
from care.models import Client
from care.one_time import find_result, keep_result, new_key
from care.outside_programs import add_outside_program, check_address, end_outside_program
from care.program_reading import ReadProgram, read_program
from care.thresholds import thresholds_of
from care.vocabulary import PRECAUTIONS, REGIONS
from web.deps import current_user, day_in, db, now, practice, real_now
from web.looking import record_look

bp = Blueprint("programs", __name__, url_prefix="/clients/<int:client_id>/programs")


@bp.get("")
def show(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    record_look(client)
    return _page(client)


@bp.post("/look")
def look(client_id: int) -> ResponseReturnValue:
    """What was understood, before anything is kept."""
    client = get_client(db(), client_id, current_user())
    try:
        if not request.form.get("provider", "").strip():
            raise Refused("Say who gave it.")
        check_address(request.form.get("address", ""))
        read = read_program(request.form.get("text", ""))
    except Refused as refusal:
        return _page(client, problem=str(refusal)), 422
    return _page(client, read)


@bp.post("")
def add(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    here, key = url_for("programs.show", client_id=client.id), request.form.get("key", "")
    if find_result(db(), client.practice_id, key) is not None:
        return redirect(here, 303)
    try:
        provider, address = request.form.get("provider", ""), request.form.get("address", "")
        read = read_program(request.form.get("text", ""))
        today = day_in(client.timezone)
        program = add_outside_program(db(), client, provider, read, current_user(), today, now(), address)
        keep_result(db(), client.practice_id, key, here, real_now())
    except Refused as refusal:
        db().rollback()
        return _page(get_client(db(), client_id, current_user()), problem=str(refusal)), 422
    _record("add", client)
    db().commit()
    flash(f"The programme of {program.provider} is kept. It sends no texts.")
    return redirect(here, 303)


@bp.post("/<int:program_id>/end")
def end(client_id: int, program_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    program = end_outside_program(db(), client, program_id, day_in(client.timezone))
    _record("end", client)
    db().commit()
    flash(f"The programme of {program.provider} counts no more.")
    return redirect(url_for("programs.show", client_id=client.id), 303)


def _page(client: Client, read: ReadProgram | None = None, problem: str = "") -> str:
    limits = thresholds_of(practice().thresholds, client.thresholds)
    together = side_by_side(db(), client, now())
    return render_template(
        "programs/show.html",
        client=client,
        together=together,
        is_much=0 < limits.carry_minutes < together.minutes,
        carry_minutes=limits.carry_minutes,
        plan_size=limits.plan_size,
        read=read,
        told_in_words=told_in_words,
        regions=REGIONS,
        precautions=PRECAUTIONS,
        typed=request.form,
        problem=problem,
        key=new_key(),
    )


def _record(action: str, client: Client) -> None:
    """The programme is the client's: who looks for what was done to them finds it there."""
    audit.record(
        db(), client.practice_id, f"{action}_program", "client", client.id, real_now(), current_user()
    )
