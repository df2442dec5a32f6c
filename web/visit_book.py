"""The visit book: who comes when, and planning, moving or cancelling a visit."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from care import audit, visits
from care.clients import get_client
from care.diary import list_diary
from care.errors import Refused
from care.models import Client, Visit, VisitStatus
from care.recurrence import instant_of, zone_of
from web.deps import current_user, db, now, practice, real_now, today
from web.forms import ClockField, DayField, Form, given
from web.looking import record_look
from web.showing import visit_moment

DAYS_AHEAD, DAYS_BACK = 14, 7

bp = Blueprint("visit_book", __name__)


class VisitTimeForm(Form):
    starts_on = DayField("Day", validators=[given("Choose the day.")])
    at_time = ClockField("Time", validators=[given("Choose the time.")])

    def instant(self, client: Client) -> datetime:
        """On the client's clock; only of a form that has been checked."""
        assert self.starts_on.data is not None
        assert self.at_time.data is not None
        return instant_of(self.starts_on.data, self.at_time.data, zone_of(client.timezone))


@bp.get("/visits")
def index() -> ResponseReturnValue:
    """Today and two weeks ahead; and what was planned lately and of which nobody wrote down what became."""
    start = datetime.combine(today(), time(), ZoneInfo(practice().timezone))
    since, until = start - timedelta(days=DAYS_BACK), start + timedelta(days=DAYS_AHEAD)
    lines = list_diary(db(), current_user(), since, start, until)
    return render_template(
        "visit_book/index.html",
        coming=[line for line in lines if line.starts_at >= start],
        unsaid=[line for line in lines if line.starts_at < start],
        zone=practice().timezone,
        now=now(),
    )


@bp.get("/clients/<int:client_id>/visits/new")
def new(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    record_look(client)
    return _plan_page(client, VisitTimeForm())


@bp.post("/clients/<int:client_id>/visits/new")
def plan(client_id: int) -> ResponseReturnValue:
    client, form = get_client(db(), client_id, current_user()), VisitTimeForm()
    if not form.validate():
        return _plan_page(client, form), 422
    try:
        visit = visits.plan_visit(db(), client, form.instant(client), current_user(), now())
    except Refused as refusal:
        form.refuse(refusal, "starts_on")
        return _plan_page(client, form), 422
    return _saved("plan", visit, f"{client.name} comes {visit_moment(visit.starts_at, client.timezone)}.")


@bp.get("/visits/<int:visit_id>")
def show(visit_id: int) -> ResponseReturnValue:
    visit, client = _visit(visit_id)
    record_look(client)
    at = visit.starts_at.astimezone(zone_of(client.timezone))
    return _visit_page(visit, client, VisitTimeForm(starts_on=at.date(), at_time=at.time()))


@bp.post("/visits/<int:visit_id>/move")
def move(visit_id: int) -> ResponseReturnValue:
    (visit, client), form = _visit(visit_id), VisitTimeForm()
    if not form.validate():
        return _visit_page(visit, client, form), 422
    try:
        visits.move_visit(db(), visit, form.instant(client), now())
    except Refused as refusal:
        form.refuse(refusal, "starts_on")
        return _visit_page(visit, client, form), 422
    return _saved("move", visit, f"{client.name} comes {visit_moment(visit.starts_at, client.timezone)}.")


@bp.post("/visits/<int:visit_id>/cancel")
def cancel(visit_id: int) -> ResponseReturnValue:
    visit, client = _visit(visit_id)
    visits.cancel_visit(db(), visit)
    return _saved("cancel", visit, f"The visit of {client.name} is cancelled.")


@bp.post("/visits/<int:visit_id>/missed")
def miss(visit_id: int) -> ResponseReturnValue:
    visit, client = _visit(visit_id)
    visits.mark_missed(db(), visit, now())
    return _saved("miss", visit, f"{client.name} did not come.")


def _visit(visit_id: int) -> tuple[Visit, Client]:
    visit = visits.get_visit(db(), visit_id, current_user())
    return visit, get_client(db(), visit.client_id, current_user())


def _plan_page(client: Client, form: VisitTimeForm) -> str:
    return render_template("visit_book/new.html", client=client, form=form)


def _visit_page(visit: Visit, client: Client, form: VisitTimeForm) -> str:
    return render_template(
        "visit_book/show.html",
        visit=visit,
        client=client,
        form=form,
        is_planned=visit.status is VisitStatus.PLANNED,
        is_over=visit.starts_at <= now(),
    )


def _saved(action: str, visit: Visit, said: str) -> ResponseReturnValue:
    audit.record(db(), visit.practice_id, action, "visit", visit.id, real_now(), current_user())
    db().commit()
    flash(said)
    return redirect(url_for("visit_book.index"), 303)
