"""Changing: the few things another program does, each by the function that the page's form calls."""

from dataclasses import fields
from datetime import time
from typing import Any

from care import attention, clients, followups, plans, visits
from care.clients import ClientDetails, get_client
from care.consent import withdraw_texting_consent
from care.errors import Refused
from care.models import AttentionItem, AttentionKind, Client, Exercise, Plan, Role
from care.plans import Dose, NewAssignment
from care.portable.format import Field
from care.portable.values import from_json
from care.recurrence import Schedule
from reminders.outbox import enrol, owe_message
from web.api import bodies
from web.api.bodies import Values, read_object
from web.api.calls import Call
from web.deps import book, current_user, db, now, practice

A_TIME = Field("times", "times", time)
DOSE_NAMES = tuple(field.name for field in fields(Dose))
CLOSED_BY_A_PERSON = "A sign of danger is closed by a person, in the inbox, with what was done about it."


def _add_client(_row: None, values: Values) -> Client:
    return clients.add_client(db(), practice(), book(), _details(ClientDetails(""), values), now())


def _change_client(client: Client, values: Values) -> Client:
    """What is not named stays as it is. Handing a client over is a person's act, on its own page."""
    therapist_id = values.get("therapist_id", client.therapist_id)
    if therapist_id != client.therapist_id and not current_user().is_admin:
        raise Refused("therapist_id is changed by an admin, or by handing the client over on the pages.")
    known = {
        field.name: getattr(client, field.name)
        for field in fields(ClientDetails)
        if hasattr(client, field.name)
    }
    asked_for = client.window_requested_at is not None
    present = ClientDetails(**known, is_window_requested=asked_for)
    clients.update_client(db(), client, book(), _details(present, values), now())
    return client


def _details(present: ClientDetails, values: Values) -> ClientDetails:
    known = {field.name: getattr(present, field.name) for field in fields(ClientDetails)}
    return ClientDetails(**(known | _allowed(values)))


def _allowed(values: Values) -> Values:
    """The front desk keeps contact data, and writes no notes about clients."""
    if current_user().role is Role.FRONT_DESK and "note" in values:
        raise Refused("note is not for the front desk.")
    return values


def _record_consent(_row: None, values: Values) -> Any:
    client = _client(values)
    words, source = values["wording"], values["source"]
    if values["is_given"]:
        return enrol(db(), client, wording=words, source=source, now=now(), user=current_user())
    return withdraw_texting_consent(db(), client, words, source, now(), user=current_user())


def _plan_visit(_row: None, values: Values) -> Any:
    return visits.plan_visit(db(), _client(values), values["starts_at"], current_user(), now())


def _move_visit(visit: Any, values: Values) -> Any:
    visits.move_visit(db(), visit, values["starts_at"], now())
    return visit


def _cancel_visit(visit: Any, _values: Values) -> Any:
    visits.cancel_visit(db(), visit)
    return visit


def _start_plan(_row: None, values: Values) -> Plan:
    wanted = [_assignment(read_object(bodies.ASSIGNMENT, one)) for one in values["assignments"]]
    client, note = _client(values), values.get("note", "")
    return plans.start_plan(db(), client, wanted, user=current_user(), now=now(), note=note)


def _assignment(values: Values) -> NewAssignment:
    """What is not said of the dose is the library's."""
    exercise = db().get(Exercise, values["exercise_id"])
    if exercise is None or exercise.practice_id != practice().id:
        raise Refused("exercise_id names no exercise of the library.")
    usual = plans.default_dose(exercise)
    said = {name: values[name] for name in DOSE_NAMES if values.get(name) is not None}
    dose = Dose(**({name: getattr(usual, name) for name in DOSE_NAMES} | said))
    weekdays = values.get("weekdays")
    schedule = Schedule(
        times=tuple(from_json(A_TIME, one) for one in values["times"]),
        starts_on=values["starts_on"],
        ends_on=values.get("ends_on"),
        weekdays=None if weekdays is None else frozenset(weekdays),
        every_days=values.get("every_days"),
    )
    return NewAssignment(exercise.id, dose, schedule)


def _add_follow_up(_row: None, values: Values) -> Any:
    client = _client(values)
    told = {name: value for name, value in values.items() if name != "client_id"}
    return followups.add_follow_up(db(), client, **told, now=now(), user=current_user())


def _cancel_follow_up(follow_up: Any, _values: Values) -> Any:
    followups.cancel_follow_up(db(), follow_up, now())
    return follow_up


def _write_message(_row: None, values: Values) -> None:
    """Words about health wait for a person's second look, so a program cannot send them."""
    owe_message(db(), _client(values), values["body"], now(), current_user())


def _acknowledge(item: AttentionItem, _values: Values) -> AttentionItem:
    attention.acknowledge(db(), item, current_user(), now())
    return item


def _close(item: AttentionItem, values: Values) -> AttentionItem:
    if item.kind is AttentionKind.RED_FLAG:
        raise Refused(CLOSED_BY_A_PERSON)
    attention.close(db(), item, current_user(), now(), values.get("note", ""))
    return item


def _client(values: Values) -> Client:
    return get_client(db(), values["client_id"], current_user())


CALLS = (
    Call("clients", "add", bodies.PEOPLE, _add_client),
    Call("clients", "change", bodies.PEOPLE, _change_client, is_change=True),
    Call("consents", "add", bodies.CONSENT, _record_consent),
    Call("visits", "add", bodies.VISIT, _plan_visit),
    Call("visits", "move", bodies.MOVE, _move_visit, is_change=True),
    Call("visits", "cancel", (), _cancel_visit, verb="cancel"),
    Call("plans", "add", bodies.PLAN, _start_plan),
    Call("follow-ups", "add", bodies.FOLLOW_UP, _add_follow_up),
    Call("follow-ups", "cancel", (), _cancel_follow_up, verb="cancel"),
    Call("messages", "write", bodies.MESSAGE, _write_message),
    Call("attention", "acknowledge", (), _acknowledge, verb="acknowledge"),
    Call("attention", "close", bodies.CLOSING, _close, verb="close"),
)
