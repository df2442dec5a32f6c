"""What the sample practice lacks so that every page shows something, and an empty practice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import pyotp
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select
from sqlalchemy.orm import Session

from care import access_links, two_step
from care.api_tokens import make_token
from care.assessments import last_completed
from care.client_links import link_for
from care.clients import ClientDetails, add_client
from care.clock import utc_now
from care.disclosure import give_sharing_consent
from care.findings import add_addendum
from care.foreign_exercises import FREE_EXERCISE_DB, ForeignExercise
from care.library_import import import_exercises, list_waiting
from care.models import (
    Client,
    ConsentSource,
    ExerciseSource,
    ExerciseType,
    Practice,
    ProviderKind,
    Role,
    User,
)
from care.monitoring import TimeSpent, log_minutes, start_monitoring
from care.plan_edits import running_exercises
from care.plans import NewAssignment, as_new, current_plan, default_dose, schedule_of, start_plan
from care.practices import add_practice
from care.share_links import make_share_link
from care.signing_in import start_session
from care.visits import plan_visit
from homestretch.installation import Installation, ensure_sender
from reminders.hooks.targets import EVENTS, add_hook
from reminders.planning import plan_ahead
from reminders.timelines import Timeline
from tests.making import make_exercise, make_user
from tests.pages import NAMED
from web.auth import HALF, TOKEN

SPANISH_CLIENT = 7
FOREIGN = ForeignExercise(
    source=FREE_EXERCISE_DB,
    ref="Seated_Side_Reach",
    name="Seated Side Reach",
    steps=("Sit tall on a chair.", "Reach one arm up and over to the other side."),
    region="upper_back",
    type=ExerciseType.STRETCH,
    muscles=("lats",),
    equipment=("chair",),
    licence="Unlicense",
    author="",
)


@dataclass(frozen=True)
class Furnished:
    """`cookies` signs each in who is to look; `named` are the addresses of things whose number is not 1."""

    cookies: Mapping[str, str]
    link: str
    spanish_link: str
    invitation: str
    share_link: str
    named: Mapping[str, str]
    bare_client: int
    planned_visit: int


def furnish(installation: Installation, app: Flask) -> Furnished:
    """One of everything for the sample's admin, a log-in for each who looks, and a practice with nothing."""
    now = utc_now()
    with installation.database.sessions.begin() as session:
        users = {user.name.lower(): user for user in session.scalars(select(User))}
        admin, kim = users["admin"], users["kim"]
        practice = session.get_one(Practice, admin.practice_id)
        maria = session.get_one(Client, 1)
        _monitor(session, practice, maria, kim, now)
        _ask_for_cosign(session, practice, maria, kim, now)
        plan_ahead(session, Timeline(now, practice_id=practice.id))
        named, share_link = _one_of_everything(session, practice, maria, admin, kim, now)
        two_step.begin(session, admin, installation.settings.sealing_key)
        _sign_in_two_steps(session, kim, installation.settings.sealing_key, now)
        owner, bare = _empty_practice(session, installation, now)
        in_two_days = (now + timedelta(days=2)).replace(hour=15, minute=0, second=0, microsecond=0)
        invited = make_user(session, practice, name="Robin", role=Role.THERAPIST)
        looking = {"admin": admin, "owner": owner, "desk": users["desk"], "therapist": users["sam"]}
        looking |= {"two steps": kim}
        # However long the looking takes, nobody is asked for a password again.
        until = now + timedelta(days=1)
        cookies = {
            who: _cookie(app, {TOKEN: start_session(session, user, until, "Firefox on Linux")})
            for who, user in looking.items()
        }
        return Furnished(
            cookies=cookies | {"half way": _cookie(app, {HALF: [kim.id, until.isoformat()]})},
            link=link_for(session, maria, now).token,
            spanish_link=link_for(session, session.get_one(Client, SPANISH_CLIENT), now).token,
            invitation=access_links.make_link(session, invited, now),
            share_link=share_link,
            named=named,
            bare_client=bare.id,
            planned_visit=plan_visit(session, maria, in_two_days, kim, now).id,
        )


def _one_of_everything(
    session: Session, practice: Practice, client: Client, admin: User, kim: User, now: datetime
) -> tuple[dict[str, str], str]:
    """The addresses of those whose number is not 1, and the token of a link to a summary."""
    consent = give_sharing_consent(
        session, client, practice.name, "Dr. Ahn", "", ConsentSource.PAPER, now, kim
    )
    add_hook(session, practice, "https://records.example.org/in", EVENTS, allowed=(), user=admin, now=now)
    make_token(session, kim, "Calendar", ["people:read", "care:read"], now)
    import_exercises(session, practice, [FOREIGN], now)
    [waiting] = list_waiting(session, practice.id, 1)
    own = make_exercise(session, practice, source=ExerciseSource.OWN, name="Our own stretch")
    assessment = last_completed(session, client)
    assert assessment is not None
    add_addendum(session, assessment, kim, "The left hip was looked at as well: nothing new.", now)
    share_link = make_share_link(session, client, consent, kim, now, days=14)
    named = {
        "assessments.completed": f"/assessments/{assessment.id}",
        "disclosure.summary": f"/clients/{client.id}/sharing/{consent.id}",
        "exercise_import.finish": f"/exercises/import/{waiting.id}",
        "exercises.edit": f"/exercises/{own.id}/edit",
    }
    return NAMED | named, share_link


def _monitor(session: Session, practice: Practice, client: Client, user: User, now: datetime) -> None:
    """Remote monitoring is on for the client, with one call on file."""
    practice.thresholds = practice.thresholds | {"rtm": 1}
    start_monitoring(session, client, (now - timedelta(days=40)).date(), "Form signed", user, now)
    call = TimeSpent(user.id, (now - timedelta(days=2)).date(), time(8), time(8, 30), "call", is_live=True)
    log_minutes(session, client, call, user, now)


def _ask_for_cosign(
    session: Session, practice: Practice, client: Client, signer: User, now: datetime
) -> None:
    """A massage therapist's plan for the client, with one exercise that waits for the signer."""
    kind = ProviderKind.MASSAGE_THERAPIST
    alex = make_user(session, practice, name="Alex", provider_kind=kind, cosigner_id=signer.id)
    plan = current_plan(session, client)
    assert plan is not None
    running = running_exercises(session, plan)
    strength = make_exercise(
        session, practice, source=ExerciseSource.OWN, name="Our own press", type=ExerciseType.STRENGTH
    )
    asked = NewAssignment(strength.id, default_dose(strength), schedule_of(running[0]))
    start_plan(session, client, [*map(as_new, running), asked], user=alex, now=now)


def _sign_in_two_steps(session: Session, user: User, key: bytes, now: datetime) -> None:
    two_step.begin(session, user, key)
    secret = two_step.secret_to_show(session, user, key)
    assert secret is not None
    two_step.confirm(session, user, key, pyotp.TOTP(secret).at(now), now)


def _empty_practice(session: Session, installation: Installation, now: datetime) -> tuple[User, Client]:
    """Its admin, and a client of whom nothing but the first name is known."""
    practice = add_practice(
        session, name="Harbour Clinic", timezone="America/New_York", country="US", now=now
    )
    owner = make_user(session, practice, name="Ada", role=Role.ADMIN)
    client = add_client(session, practice, installation.book, ClientDetails("Jo"), now)
    ensure_sender(session, installation.settings)
    return owner, client


def _cookie(app: Flask, kept: dict[str, object]) -> str:
    interface = app.session_interface
    assert isinstance(interface, SecureCookieSessionInterface)
    serializer = interface.get_signing_serializer(app)
    assert serializer is not None
    signed = serializer.dumps(kept)
    assert isinstance(signed, str)
    return signed
