"""Alerts for one client: where they differ from the practice in when a person should hear of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit
from care.clients import get_client, set_client_thresholds
from care.errors import Refused
from care.models import Client
from care.thresholds import BOUNDS, PER_CLIENT, thresholds_of
from web.deps import current_user, db, practice, real_now
from web.looking import record_look
from web.threshold_words import GROUPS, ThresholdWords, bounds_sentence, is_within

Wrong = list[tuple[str | None, str]]

bp = Blueprint("client_alerts", __name__)


@dataclass(frozen=True)
class Row:
    """One number: the client's own as stored or typed, empty where the practice's holds."""

    words: ThresholdWords
    value: str
    of_practice: int
    low: int
    high: int


@bp.get("/clients/<int:client_id>/alerts")
def show(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    record_look(client)
    return _page(client, {name: str(value) for name, value in client.thresholds.items()})


@bp.post("/clients/<int:client_id>/alerts")
def save(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    typed = {name: request.form.get(name, "").strip() for name in PER_CLIENT}
    wrong = _save(client, {name: value for name, value in typed.items() if value})
    if wrong:
        return _page(client, typed, wrong), 422
    audit.record(db(), client.practice_id, "change_alerts", "client", client.id, real_now(), current_user())
    db().commit()
    flash(f"Alerts for {client.first_name} saved.")
    return redirect(url_for("clients.show", client_id=client.id), 303)


def _save(client: Client, typed: dict[str, str]) -> Wrong:
    """What is wrong, each with its field; nothing is saved then."""
    wrong: Wrong = [
        (name, bounds_sentence(name)) for name, value in typed.items() if not is_within(name, value)
    ]
    if wrong:
        return wrong
    try:
        numbers = {name: int(value) for name, value in typed.items()}
        set_client_thresholds(db(), client, practice(), numbers)
    except Refused as refusal:
        db().rollback()
        return [(None, str(refusal))]
    return []


def _page(client: Client, values: dict[str, str], wrong: Sequence[tuple[str | None, str]] = ()) -> str:
    return render_template(
        "clients/alerts.html", client=client, groups=_groups(values), wrong=wrong, sentences=dict(wrong)
    )


def _groups(values: dict[str, str]) -> list[tuple[str, list[Row]]]:
    """The groups of the settings page, as far as a client may differ in them."""
    of_practice = asdict(thresholds_of(practice().thresholds))
    groups = [
        (
            group.title,
            [
                Row(one, values.get(one.name, ""), of_practice[one.name], *BOUNDS[one.name])
                for one in group.numbers
                if one.name in PER_CLIENT
            ],
        )
        for group in GROUPS
    ]
    return [(title, rows) for title, rows in groups if rows]
