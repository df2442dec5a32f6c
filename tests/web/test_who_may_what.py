"""Every address, asked by every role about every kind of object: what is not yours is not there."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from care import signing_in
from care.api_tokens import list_tokens, make_token
from care.assessments import AssessmentFields, complete, open_draft
from care.attention import raise_item
from care.brief import brief_for
from care.db import Database
from care.disclosure import give_sharing_consent
from care.models import (
    AttentionKind,
    Client,
    ConsentSource,
    Cosign,
    ExerciseSource,
    Plan,
    PlanStatus,
    Practice,
    Role,
    ShareLink,
    Template,
    User,
)
from care.monitoring import TimeSpent, log_minutes, start_monitoring
from care.outside_programs import add_outside_program
from care.program_reading import read_program
from care.share_links import make_share_link
from care.sharing import share
from reminders.hooks.targets import EVENTS, add_hook
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    MONDAY_NOON,
    make_assignment,
    make_client,
    make_exercise,
    make_follow_up,
    make_practice,
    make_user,
    make_visit,
)
from web.api.calls import Call
from web.auth import OWN_GATE, PUBLIC, TOKEN
from web.roles import FRONT_DESK

DELETED = 2_000_000_000
ROLES = ("admin", "therapist", "colleague", "front_desk")
# Whose client each one may see. `shared` is the therapist's, shared with the colleague.
SEES = {
    "admin": {"own", "theirs", "shared", "unassigned"},
    "therapist": {"own", "shared"},
    "colleague": {"theirs", "shared"},
    "front_desk": {"own", "theirs", "shared", "unassigned"},
}
WHOSE = ("own", "theirs", "shared", "unassigned", "elsewhere", "deleted")
ADMIN_ONLY = frozenset(
    {
        "adherence.download",
        "adherence.index",
        "adherence_groups.download",
        "adherence_groups.index",
        "drop_off.download",
        "drop_off.index",
        "text_months.download",
        "text_months.index",
        "audit_page.index",
        "bring_in.add",
        "bring_in.look",
        "bring_in.show",
        "client_data.erase",
        "delivery.index",
        "event_hooks.add",
        "event_hooks.end",
        "event_hooks.show",
        "fhir.whole",
        "help_lines.save",
        "help_lines.show",
        "scope_page.save",
        "scope_page.show",
        "settings.add_user",
        "settings.edit_practice",
        "settings.edit_thresholds",
        "settings.list_users",
        "settings.reset_two_step",
        "settings.send_link",
        "settings.set_active",
        "settings.switch_texting",
        "staff_alerts.edit_user",
        "tokens.end",
        "tokens.make",
        "tokens.show",
        "wording.edit",
        "wording.index",
        "wording.ours",
        "wording.save",
    }
)
# Of the whole practice, not of one client: only "elsewhere" and "deleted" are not there.
SHARED_BY_ALL = frozenset({"exercise_id", "hook_id", "template_id", "token_id", "user_id"})
OF_A_CLIENT = frozenset(
    {
        *("client_id", "assignment_id", "assessment_id", "event_id", "follow_up_id", "item_id"),
        *("cosign_id", "link_id", "minutes_id", "program_id", "visit_id"),
    }
)
WORDS = {"kind": "pain", "language": "en", "key": "reminder"}
# A page that may be missing for reasons of its own: no PDF maker, no link, no picture, no message, no sample,
# nothing that waits to be finished.
MAY_BE_MISSING = frozenset(
    {
        "exercise_import.finish",
        "exercise_touch.remove",
        "exercises.picture",
        "exercises.judge_picture",
        "handouts.pdf",
        "handouts.picture",
        "handouts.qr",
        "inbox.confirm",
        "inbox.correct",
        "wording.edit",
        "wording.save",
        "wording.ours",
        "evidence.show",
        "demo.answer",
        "demo.move_clock",
        "demo.phone",
        "disclosure.pdf",
        "two_step.qr",
    }
)


@dataclass
class World:
    """One practice and another, with an object of each kind for each client."""

    path: Path
    users: dict[str, int] = field(default_factory=dict)
    ids: dict[str, dict[str, int]] = field(default_factory=dict)


def lay_out(session: Session, whose: str, client: Client, practice: Practice) -> dict[str, int]:
    exercise = make_exercise(session, practice, source=ExerciseSource.OWN)
    template = Template(
        practice_id=practice.id, name=f"Back {whose}", source=ExerciseSource.OWN, changed_at=MONDAY_8AM
    )
    item = raise_item(
        session, practice.id, AttentionKind.QUESTION, f"q:{client.id}", MONDAY_8AM, client_id=client.id
    )
    writer = make_user(session, practice)
    assessment = open_draft(session, client, writer, MONDAY_9AM)
    brief = brief_for(session, client, MONDAY_9AM)
    complete(session, assessment, AssessmentFields(), writer, MONDAY_9AM, brief)
    agreed = give_sharing_consent(
        session,
        client,
        practice.name,
        "Dr. Ahn",
        "",
        source=ConsentSource.PAPER,
        now=MONDAY_9AM,
        user=writer,
    )
    start_monitoring(session, client, MONDAY, "Form signed", writer, MONDAY_9AM)
    spent = TimeSpent(writer.id, MONDAY, time(8), time(8, 30), "call", is_live=True)
    logged = log_minutes(session, client, spent, writer, MONDAY_9AM)
    plan = Plan(practice_id=practice.id, client_id=client.id, version=90, created_at=MONDAY_8AM)
    plan.status = PlanStatus.ENDED
    session.add(plan)
    session.flush()
    cosign = Cosign(
        practice_id=practice.id,
        client_id=client.id,
        plan_id=plan.id,
        exercise_id=exercise.id,
        asked_by_id=writer.id,
        signer_id=writer.id,
        created_at=MONDAY_8AM,
    )
    session.add(cosign)
    session.flush()
    program = add_outside_program(
        session, client, "Hill Physio", read_program("Bridge"), writer, MONDAY, MONDAY_9AM
    )
    make_share_link(session, client, agreed, writer, MONDAY_9AM, days=14)
    make_token(session, writer, "calendar", ["people:read"], MONDAY_8AM)
    url = f"https://records.example.org/{whose}"
    hook = add_hook(session, practice, url, EVENTS, allowed=(), user=writer, now=MONDAY_8AM)
    session.add(template)
    session.flush()
    return {
        "client_id": client.id,
        "assignment_id": make_assignment(session, client, exercise).id,
        "follow_up_id": make_follow_up(session, client).id,
        "visit_id": make_visit(session, client, starts_at=MONDAY_NOON).id,
        "item_id": item.id,
        "event_id": agreed.id,
        "program_id": program.id,
        "cosign_id": cosign.id,
        "link_id": session.scalars(select(ShareLink.id).where(ShareLink.client_id == client.id)).one(),
        "assessment_id": assessment.id,
        "minutes_id": logged.id,
        "exercise_id": exercise.id,
        "template_id": template.id,
        "hook_id": hook.id,
        "token_id": list_tokens(session, writer)[-1].id,
        "user_id": writer.id,
    }


@pytest.fixture
def world(session: Session, database: Database, tmp_path: Path) -> World:
    here, there = (make_practice(session, thresholds={"rtm": 1}) for _ in range(2))
    users = {
        name: make_user(session, here, role=role)
        for name, role in (
            ("admin", Role.ADMIN),
            ("therapist", Role.THERAPIST),
            ("colleague", Role.THERAPIST),
            ("front_desk", Role.FRONT_DESK),
        )
    }
    stranger = make_user(session, there)
    world = World(tmp_path / "world.db", {name: user.id for name, user in users.items()})
    treating: dict[str, User | None] = {
        "own": users["therapist"],
        "theirs": users["colleague"],
        "shared": users["therapist"],
        "unassigned": None,
        "elsewhere": stranger,
    }
    for whose, therapist in treating.items():
        practice = there if whose == "elsewhere" else here
        client = make_client(session, practice, therapist_id=therapist.id if therapist else None)
        world.ids[whose] = lay_out(session, whose, client, practice)
        if whose == "shared":
            share(session, client, users["colleague"].id, users["therapist"], MONDAY_8AM)
    world.ids["deleted"] = dict.fromkeys(world.ids["own"], DELETED)
    session.commit()
    database.engine.dispose()
    shutil.copy(tmp_path / "homestretch.db", world.path)
    return world


@dataclass(frozen=True)
class Desk:
    """A browser of one role, on a world that can be put back."""

    app: Flask
    world: World
    role: str
    browser: FlaskClient
    database: Database

    def put_back(self) -> None:
        """As it was, signed in anew; the engine stays, since building statements is what takes time."""
        with closing(sqlite3.connect(self.world.path)) as kept, self.database.engine.connect() as connection:
            kept.backup(cast(sqlite3.Connection, connection.connection.driver_connection))
        with self.database.sessions.begin() as session:
            user = session.get_one(User, self.world.users[self.role])
            token = signing_in.start_session(session, user, MONDAY_8AM)
        with self.browser.session_transaction() as cookie:
            cookie.clear()
            cookie[TOKEN] = token


@pytest.fixture
def desk(app: Flask, database: Database, world: World, role: str) -> Desk:
    desk = Desk(app, world, role, app.test_client(), database)
    desk.put_back()
    return desk


def arguments(world: World, rule: Rule, whose: str) -> dict[str, object]:
    ids = world.ids[whose] | {"login_id": DELETED}
    return {name: WORDS.get(name) or ids[name] for name in rule.arguments}


def expected(rule: Rule, role: str, whose: str) -> str:
    """`closed` to the role, `missing` because it is not theirs, or `open`."""
    if role == "front_desk" and rule.endpoint not in FRONT_DESK:
        return "closed"
    if role != "admin" and rule.endpoint in ADMIN_ONLY:
        return "closed"
    names = set(rule.arguments)
    if "login_id" in names:
        return "missing"
    if names & OF_A_CLIENT and whose not in SEES[role]:
        return "missing"
    if names & SHARED_BY_ALL and whose in ("elsewhere", "deleted"):
        return "missing"
    return "open"


def samples(role: str, method: str) -> set[str]:
    """Whose objects stand for all that a role may open; what is shared counts for who it is shared with."""
    return {
        "admin": {"unassigned"},
        "therapist": {"own"},
        "colleague": {"shared"} if method == "GET" else {"theirs"},
        "front_desk": {"theirs"},
    }[role]


def happened(status: int) -> str:
    return {403: "closed", 404: "missing"}.get(status, "open" if status < 500 else "broken")


def has_own_gate(rule: Rule) -> bool:
    """Programs come with a token: tests of the API say what that opens."""
    return rule.endpoint.partition(".")[0] in OWN_GATE


def cells(app: Flask, method: str) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        is_open = rule.endpoint in PUBLIC or rule.endpoint == "static"
        if method not in (rule.methods or ()) or is_open or has_own_gate(rule):
            continue
        has_objects = set(rule.arguments) & (OF_A_CLIENT | SHARED_BY_ALL)
        for whose in WHOSE if has_objects else ("own",):
            yield rule, whose


def ask(desk: Desk, method: str, rule: Rule, whose: str) -> str:
    with desk.app.test_request_context():
        values = arguments(desk.world, rule, whose)
        address = desk.app.url_map.bind("localhost").build(rule.endpoint, values, method)
    status = desk.browser.open(address, method=method).status_code
    if desk.role == "front_desk" and rule.endpoint == "today.show":
        return "closed" if status == 303 else "open"
    return happened(status)


def wrong(desk: Desk, method: str, *, may_act: bool) -> list[str]:
    found = []
    for rule, whose in cells(desk.app, method):
        wanted = expected(rule, desk.role, whose)
        is_of_client = bool(set(rule.arguments) & OF_A_CLIENT)
        is_sample = whose in (samples(desk.role, method) if is_of_client else {"own"})
        if (wanted == "open") is not may_act or (may_act and not is_sample):
            continue
        if may_act and method == "POST":
            desk.put_back()
        got = ask(desk, method, rule, whose)
        may_be_missing = wanted == "open" and got == "missing" and rule.endpoint in MAY_BE_MISSING
        if got != wanted and not may_be_missing:
            found.append(f"{method} {rule.endpoint} of {whose}: {got} instead of {wanted}")
    return found


@pytest.mark.parametrize("role", ROLES)
def test_what_is_not_theirs_is_refused_on_every_address(desk: Desk) -> None:
    assert wrong(desk, "GET", may_act=False) == []
    assert wrong(desk, "POST", may_act=False) == []


@pytest.mark.parametrize(
    "role", ["front_desk", *(pytest.param(role, marks=pytest.mark.audit) for role in ROLES[:3])]
)
def test_every_page_and_form_of_theirs_answers(desk: Desk) -> None:
    assert wrong(desk, "GET", may_act=True) == []
    assert wrong(desk, "POST", may_act=True) == []


def test_every_address_is_in_the_table(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    unknown = {
        name
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in PUBLIC and not has_own_gate(rule)
        for name in rule.arguments
        if name not in OF_A_CLIENT | SHARED_BY_ALL | WORDS.keys() | {"filename", "login_id"}
    }

    assert endpoints >= FRONT_DESK | ADMIN_ONLY | MAY_BE_MISSING
    assert unknown == set()


# What a form may ask for, as somebody would fill it in: a name that stands for several is tried with each.
FILLED_IN: dict[str, str] = {
    **dict.fromkeys(("name", "first_name", "last_name", "title", "template_name", "recipient"), "Rosa"),
    **dict.fromkeys(
        ("body", "note", "words", "reason", "complaint", "addendum", "goal", "agreement"), "As agreed"
    ),
    **dict.fromkeys(("current", "password", "again", "new"), "a long walk by the river"),
    **dict.fromkeys(("from", "until", "day", "next_date", "starts_on", "due_on", "started_on"), "2026-03-09"),
    **dict.fromkeys(("time", "at_time", "next_time", "from_time", "window_from_time"), "10:00"),
    **dict.fromkeys(("until_time", "window_until_time"), "19:00"),
    **dict.fromkeys(("same", "agreed", "known", "keeps", "anyway", "ignore", "active"), "1"),
    "country": "US",
    "timezone": "America/New_York",
    "language": "en",
    "role": "therapist",
    "email": "rosa@harbour.example",
    "phone": "202-555-0177",
    "daily_cap": "3",
    "spread_minutes": "0",
    "condition_category": "other",
    "source": "paper",
    "theme": "dark",
    "days": "14",
    "minutes": "10",
    "score": "4",
    "paused": "1",
    "scope": "people:read",
    "url": "https://records.example.org/told",
    "event": "rating",
    "do": "save",
}
# Rows that say how a program or a browser is served, and nothing of a person's.
NO_RECORD = frozenset({"audit_entry", "draft", "login_session", "one_time_key", "throttle"})


def rows(path: Path) -> dict[str, int]:
    """What stands in each table, as one number each."""
    with closing(sqlite3.connect(path)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: hash(tuple(database.execute(f'SELECT * FROM "{name}"').fetchall())) for (name,) in names
        }


def form_of(desk: Desk, whose: str) -> dict[str, str]:
    """Filled in, with somebody and something else of the practice to choose."""
    colleague, theirs = str(desk.world.users["colleague"]), desk.world.ids["theirs"]
    more = {"user": colleague, "owner": colleague, "with": str(theirs["client_id"])}
    return FILLED_IN | more | {"client": str(desk.world.ids[whose]["client_id"])}


@pytest.mark.parametrize("role", ["admin"])
@pytest.mark.parametrize("is_filled", [True, pytest.param(False, marks=pytest.mark.audit)])
def test_every_form_that_changes_a_row_leaves_an_entry_in_the_audit_trail(
    desk: Desk, is_filled: bool
) -> None:
    before, strays, wrote = rows(desk.world.path), [], set()
    desk.app.testing = False
    path = Path(str(desk.database.engine.url.database))
    for rule, whose in cells(desk.app, "POST"):
        if whose != "own":
            continue
        desk.put_back()
        with desk.app.test_request_context():
            values = arguments(desk.world, rule, whose)
            address = desk.app.url_map.bind("localhost").build(rule.endpoint, values, "POST")
        form = form_of(desk, whose) if is_filled else {}
        if desk.browser.post(address, data=form).status_code >= 500:
            strays.append(f"{rule.endpoint} broke")
        changed = {name for name, value in rows(path).items() if value != before.get(name)}
        if changed - NO_RECORD:
            wrote.add(rule.endpoint)
            if "audit_entry" not in changed:
                strays.append(f"{rule.endpoint}: {sorted(changed - NO_RECORD)}")

    assert not strays, "; ".join(strays)
    assert len(wrote) > (40 if is_filled else 25)


def test_every_change_by_a_program_goes_the_way_that_is_written_down(app: Flask) -> None:
    changing = {"POST", "PUT", "PATCH", "DELETE"}
    views = {
        rule.endpoint: app.view_functions[rule.endpoint]
        for rule in app.url_map.iter_rules()
        if has_own_gate(rule) and (rule.methods or set()) & changing
    }

    assert len(views) > 10
    assert [name for name, view in views.items() if not isinstance(view, Call)] == []
