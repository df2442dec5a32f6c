"""What every view needs: its session, who is signed in, their practice, and what time it is there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import wraps
from typing import ParamSpec, cast
from zoneinfo import ZoneInfo

from flask import Flask, abort, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from care import practices
from care.attention import count_open
from care.db import Database
from care.errors import NotFound
from care.models import Practice, User
from care.phones import PhoneBook
from care.settings import Settings
from web.refusals import Refusals

EXTENSION = "homestretch"
READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Params = ParamSpec("Params")


@dataclass(frozen=True)
class Wiring:
    """What the process that made the app handed to it."""

    settings: Settings
    database: Database
    clock: Callable[[], datetime]
    book: PhoneBook
    refusals: Refusals = field(default_factory=Refusals)


def init_app(app: Flask, wiring: Wiring) -> None:
    app.extensions[EXTENSION] = wiring
    app.teardown_appcontext(_close)


def wiring() -> Wiring:
    return cast(Wiring, current_app.extensions[EXTENSION])


def settings() -> Settings:
    return wiring().settings


def database() -> Database:
    return wiring().database


def book() -> PhoneBook:
    return wiring().book


def refusals() -> Refusals:
    return wiring().refusals


def db() -> Session:
    """The request's one session: for reading on GET, for writing otherwise. The view commits it."""
    if "db" not in g:
        sessions = database().reading if request.method in READING_METHODS else database().sessions
        g.db = sessions()
    return cast(Session, g.db)


def is_signed_in() -> bool:
    return g.get("user_id") is not None


def current_user() -> User:
    """Who is signed in, as a row of the request's session. The gate has let nobody else through."""
    return _known()[0]


def practice() -> Practice:
    return _known()[1]


def _known() -> tuple[User, Practice, datetime | None]:
    """Read once a request and held on to: a session forgets rows nobody holds, and asks again."""
    if "known" not in g:
        others = aliased(User)
        emergency = select(func.max(others.expires_at)).where(
            others.practice_id == Practice.id, others.is_active, others.expires_at > real_now()
        )
        wanted = select(User, Practice, emergency.correlate(Practice).scalar_subquery()).join(
            Practice, Practice.id == User.practice_id
        )
        found = db().execute(wanted.where(User.id == g.user_id)).one_or_none()
        if found is None:
            raise NotFound
        g.known = found[0], found[1], found[2]
    return cast(tuple[User, Practice, datetime | None], g.known)


def emergency_until() -> datetime | None:
    """Until when somebody has emergency access to this practice, for its admins to see on every page."""
    return _known()[2] if current_user().is_admin else None


def waiting_count() -> int:
    """How many items wait for the signed-in user now. Every page shows it; counted once a request."""
    if "waiting" not in g:
        g.waiting = 0 if current_user().is_front_desk else count_open(db(), current_user(), now())
    return cast(int, g.waiting)


def know_waiting_count(count: int) -> None:
    """For a page that has counted them anyway."""
    g.waiting = count


def real_now() -> datetime:
    """The process clock, which log-ins and audit go by."""
    return wiring().clock()


def now() -> datetime:
    """The practice's clock: the same, but for a sample practice whose clock was moved."""
    return practices.practice_now(practice(), real_now())


def day_in(zone: str) -> date:
    """The calendar day it is now in that zone, on the practice's clock."""
    return now().astimezone(ZoneInfo(zone)).date()


def today() -> date:
    return day_in(practice().timezone)


def admin_only(view: Callable[Params, ResponseReturnValue]) -> Callable[Params, ResponseReturnValue]:
    """For pages of the admin's role. What belongs to someone else is "not found" instead."""

    @wraps(view)
    def guarded(*args: Params.args, **kwargs: Params.kwargs) -> ResponseReturnValue:
        if not current_user().is_admin:
            abort(403)
        return view(*args, **kwargs)

    return guarded


def _close(_error: BaseException | None) -> None:
    g.pop("known", None)
    g.pop("waiting", None)
    session = g.pop("db", None)
    if session is not None:
        session.close()
