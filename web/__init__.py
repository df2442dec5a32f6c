"""What people see: the app, made of one module per blueprint. It starts no scheduler."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Flask, redirect, request, url_for
from flask.typing import ResponseReturnValue

from care.clock import utc_now
from care.db import Database
from care.phones import PhoneBook
from care.settings import Settings
from web import (
    access_link,
    adherence,
    adherence_groups,
    api,
    assessments,
    audit_page,
    auth,
    bring_in,
    calendar_feed,
    client_alerts,
    client_data,
    client_link,
    client_link_desk,
    client_merge,
    client_people,
    clients,
    confirming,
    consent,
    cosigning,
    delivery,
    demo,
    deps,
    devices,
    disclosure,
    drop_off,
    errors,
    event_hooks,
    evidence,
    exercise_import,
    exercise_touch,
    exercises,
    fhir,
    follow_ups,
    handouts,
    health,
    help_lines,
    inbox,
    messages,
    metrics,
    monitored,
    monitoring,
    outcome,
    paper_ticks,
    plan_edits,
    plans,
    programs,
    scope_page,
    security,
    security_txt,
    settings_pages,
    share_link,
    showing,
    signals,
    staff_alerts,
    templates_page,
    text_months,
    today,
    tokens,
    two_step,
    visit_book,
    visits,
    webhooks,
    wording,
)
from web.deps import Wiring

BLUEPRINTS = (
    auth,
    access_link,
    confirming,
    two_step,
    devices,
    health,
    security_txt,
    webhooks,
    today,
    inbox,
    bring_in,
    clients,
    fhir,
    client_link,
    client_link_desk,
    client_people,
    client_merge,
    calendar_feed,
    handouts,
    paper_ticks,
    client_alerts,
    client_data,
    consent,
    plans,
    programs,
    cosigning,
    visit_book,
    plan_edits,
    visits,
    assessments,
    evidence,
    signals,
    disclosure,
    share_link,
    outcome,
    monitored,
    monitoring,
    exercise_import,
    exercise_touch,
    exercises,
    templates_page,
    text_months,
    follow_ups,
    adherence,
    adherence_groups,
    drop_off,
    messages,
    delivery,
    settings_pages,
    scope_page,
    staff_alerts,
    audit_page,
    help_lines,
    wording,
    tokens,
    event_hooks,
    demo,
    metrics,
    api,
)


def create_app(settings: Settings, database: Database, clock: Callable[[], datetime] = utc_now) -> Flask:
    """The whole app on an open database. What it is told here is all it knows of its surroundings."""
    app = errors.App(__name__)
    security.configure(app, settings)
    deps.init_app(app, Wiring(settings, database, clock, PhoneBook(settings.phone_key)))
    auth.init_app(app)
    errors.init_app(app)
    showing.init_app(app)
    for module in BLUEPRINTS:
        app.register_blueprint(module.bp)
    app.add_url_rule("/", "root", _to_today)
    app.context_processor(_page_context)
    return app


def _to_today() -> ResponseReturnValue:
    return redirect(url_for("today.show"), 303)


def _page_context() -> dict[str, Any]:
    """What the frame of every page shows. Somebody who is not signed in is told nothing."""
    device = {
        "theme": request.cookies.get("theme"),
        "shortcuts_off": request.cookies.get("shortcuts") == "off",
    }
    if not deps.is_signed_in():
        return device | {"current_user": None, "practice": None}
    user = deps.current_user()
    return device | {
        "current_user": user,
        "practice": deps.practice(),
        "lock_after_seconds": int(deps.settings().idle.total_seconds()),
        "inbox_count": deps.waiting_count(),
        "emergency_until": deps.emergency_until(),
        "gateway_is_simulated": deps.settings().is_simulated,
    }
