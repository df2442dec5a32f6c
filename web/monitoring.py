"""Remote monitoring of one client, where the practice counts it: the evidence sheet and its minutes."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, HiddenField, SelectField, StringField

from care import audit, monitoring, one_time, users
from care.clients import get_client
from care.errors import NotFound, Refused
from care.models import Client, MonitoringMinutes
from care.monitoring import ACTIVITIES, TimeSpent
from care.monitoring_counts import needed_in_words
from care.recurrence import today_in, zone_of
from care.thresholds import Thresholds, thresholds_of
from web.confirming import recently_confirmed
from web.deps import current_user, database, db, now, practice, real_now, today
from web.forms import ClockField, DayField, Form, at_most, choices, given, stripped
from web.looking import record_look
from web.monitoring_file import sheet_as_csv

bp = Blueprint("monitoring", __name__, url_prefix="/clients/<int:client_id>/monitoring")


class StartForm(Form):
    started_on = DayField("First day", validators=[given("Choose the first day.")])
    agreement = StringField(
        "How they agreed", filters=[stripped], validators=[given("Say how they agreed."), at_most(200)]
    )


class MinutesForm(Form):
    on = DayField("Day", validators=[given("Choose the day.")])
    from_time = ClockField("From", validators=[given("Enter when it began.")])
    until_time = ClockField("Until", validators=[given("Enter when it ended.")])
    user_id = SelectField("Who", coerce=int)
    activity = SelectField("Activity", choices=choices(ACTIVITIES.items()))
    is_live = BooleanField("Talked with the client in real time")
    note = StringField("Note", filters=[stripped], validators=[at_most(200)])
    key = HiddenField()

    def spent(self) -> TimeSpent:
        """Only of a form that has been checked."""
        assert self.on.data is not None
        assert self.from_time.data is not None
        assert self.until_time.data is not None
        return TimeSpent(
            user_id=self.user_id.data,
            on=self.on.data,
            from_time=self.from_time.data,
            until_time=self.until_time.data,
            activity=self.activity.data,
            is_live=self.is_live.data,
            note=self.note.data,
        )


class CorrectionForm(MinutesForm):
    reason = StringField("Why it changes", filters=[stripped], validators=[at_most(200)])


@bp.get("")
def show(client_id: int) -> ResponseReturnValue:
    client = _client(client_id)
    record_look(client)
    return _page(client)


@bp.post("/start")
def start(client_id: int) -> ResponseReturnValue:
    client, form = _client(client_id), StartForm()
    first_day = form.started_on.data if form.validate() else None
    if first_day is None:
        return _page(client, start_form=form), 422
    try:
        monitoring.start_monitoring(db(), client, first_day, form.agreement.data or "", current_user(), now())
    except Refused as refusal:
        form.refuse(refusal, "started_on")
        return _page(client, start_form=form), 422
    return _saved("start", client, "Monitoring is counted from that day on.")


@bp.post("/end")
def end(client_id: int) -> ResponseReturnValue:
    client = _client(client_id)
    monitoring.end_monitoring(db(), client, now())
    return _saved("end", client, "Today is the last day. What was counted stays.")


@bp.post("/minutes")
def log(client_id: int) -> ResponseReturnValue:
    client, form = _client(client_id), _with_people(MinutesForm())
    if one_time.find_result(db(), client.practice_id, form.key.data or "") is not None:
        return redirect(_address(client), 303)
    if not form.validate():
        return _page(client, form), 422
    try:
        monitoring.log_minutes(db(), client, form.spent(), current_user(), now())
        one_time.keep_result(db(), client.practice_id, form.key.data or "", _address(client), now())
    except Refused as refusal:
        db().rollback()
        form.refuse(refusal, "until_time")
        return _page(_client(client_id), form), 422
    return _saved("log_minutes", client, "Added to the log.")


@bp.get("/minutes/<int:minutes_id>")
def edit(client_id: int, minutes_id: int) -> ResponseReturnValue:
    client = _client(client_id)
    row = monitoring.get_minutes(db(), client, minutes_id)
    record_look(client)
    zone = zone_of(practice().timezone)
    begin, finish = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
    form = CorrectionForm(
        on=begin.date(),
        from_time=begin.time(),
        until_time=finish.time(),
        user_id=row.user_id,
        activity=row.activity,
        is_live=row.is_live,
        note=row.note,
    )
    return _correction_page(client, row, _with_people(form))


@bp.post("/minutes/<int:minutes_id>")
def correct(client_id: int, minutes_id: int) -> ResponseReturnValue:
    """Put right, or taken back. Either way the entry itself stays on the sheet."""
    client = _client(client_id)
    row = monitoring.get_minutes(db(), client, minutes_id)
    form = _with_people(CorrectionForm())
    is_void = request.form.get("do") == "take_back"
    if not (is_void or form.validate()):
        return _correction_page(client, row, form), 422
    try:
        if is_void:
            monitoring.take_back_minutes(db(), row, form.reason.data or "", current_user(), now())
        else:
            monitoring.correct_minutes(
                db(), client, row, form.spent(), form.reason.data, current_user(), now()
            )
    except Refused as refusal:
        db().rollback()
        form.refuse(refusal, "reason" if str(refusal).startswith("Reason") else "until_time")
        client = _client(client_id)
        return _correction_page(client, monitoring.get_minutes(db(), client, minutes_id), form), 422
    words = "Taken back. It counts no more, and stays on the sheet." if is_void else "Corrected."
    return _saved("take_back_minutes" if is_void else "correct_minutes", client, words)


@bp.get("/sheet.csv")
@recently_confirmed
def download(client_id: int) -> ResponseReturnValue:
    """The whole sheet for a spreadsheet. Data leaves the house, so the audit trail says so."""
    client = _client(client_id)
    sheet = monitoring.sheet_of(db(), client, practice(), now())
    if sheet is None:
        raise NotFound
    user, zone = current_user(), practice().timezone
    text = sheet_as_csv(sheet, client.name, zone, _people())
    with database().sessions.begin() as writing:
        audit.record(writing, user.practice_id, "export", "client", client.id, real_now(), user)
    answer = Response(text, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="monitoring-{today().isoformat()}.csv"'
    return answer


def _client(client_id: int) -> Client:
    """Not found where the practice does not count."""
    client = get_client(db(), client_id, seen_by=current_user())
    if not practice().counts_monitoring:
        raise NotFound
    return client


def _people() -> dict[int, str]:
    return {one.id: one.name for one in users.list_users(db(), practice().id)}


def _with_people(form: Any) -> Any:
    """Whose time it may be: therapists and admins who are here."""
    people = users.list_users(db(), practice().id, active_only=True)
    form.user_id.choices = choices((one.id, one.name) for one in people if not one.is_front_desk)
    return form


def _page(client: Client, form: Any = None, start_form: StartForm | None = None) -> str:
    sheet = monitoring.sheet_of(db(), client, practice(), now())
    if form is None:
        form = _with_people(
            MinutesForm(formdata=None, on=today(), user_id=current_user().id, key=one_time.new_key())
        )
    if start_form is None:
        start_form = StartForm(formdata=None, started_on=today_in(client.timezone, now()))
    return render_template(
        "monitoring/show.html",
        client=client,
        sheet=sheet,
        form=form,
        start_form=start_form,
        people=_people(),
        activities=ACTIVITIES,
        limits=_limits(client),
        needed=needed_in_words,
        made_at=now(),
    )


def _correction_page(client: Client, row: MonitoringMinutes, form: Any) -> str:
    return render_template("monitoring/edit.html", client=client, row=row, form=form)


def _limits(client: Client) -> Thresholds:
    return thresholds_of(practice().thresholds, client.thresholds)


def _address(client: Client) -> str:
    return url_for("monitoring.show", client_id=client.id)


def _saved(action: str, client: Client, words: str) -> ResponseReturnValue:
    audit.record(db(), client.practice_id, action, "monitoring", client.id, real_now(), current_user())
    db().commit()
    flash(words)
    return redirect(_address(client), 303)
