"""Who there is: practices, those who sign in, and programs that act for them."""

import argparse

from care.api_tokens import SCOPES, USUAL_DAYS, make_token
from care.clock import utc_now
from care.emergency import USUAL_HOURS
from care.errors import Refused
from care.models import Role
from care.practices import add_practice, find_practice
from care.users import add_user, find_user
from homestretch.break_glass import break_glass
from homestretch.commands.parsing import Commands, group, opened, password_from_input
from homestretch.installation import ensure_sender
from homestretch.sample import has_any_practice


def declare(commands: Commands) -> None:
    init = commands.add_parser("init", help="make an empty installation that works")
    init.add_argument("--practice", required=True)
    init.add_argument("--timezone", required=True)
    init.add_argument("--country", required=True)
    init.add_argument("--phone")
    init.add_argument("--admin-email", required=True)
    init.add_argument("--admin-name", default="Admin")
    init.add_argument("--admin-password-stdin", action="store_true", required=True)
    init.set_defaults(run=_init)
    practice = group(commands, "practice", "practices of this installation").add_parser("add")
    practice.add_argument("--name", required=True)
    practice.add_argument("--timezone", required=True)
    practice.add_argument("--country", required=True)
    practice.add_argument("--phone")
    practice.set_defaults(run=_practice_add)
    user = group(commands, "user", "people who sign in").add_parser("add")
    user.add_argument("--practice", required=True)
    user.add_argument("--email", required=True)
    user.add_argument("--name", required=True)
    user.add_argument("--role", required=True, choices=[role.value for role in Role])
    user.add_argument("--password-stdin", action="store_true", required=True)
    user.set_defaults(run=_user_add)
    glass = commands.add_parser("break-glass", help="an admin for some hours, when no other can sign in")
    glass.add_argument("--practice", required=True)
    glass.add_argument("--email", required=True, help="of whoever signs in, new here")
    glass.add_argument("--name", required=True)
    glass.add_argument("--reason", required=True, help="for the audit trail and all admins; names no client")
    glass.add_argument("--hours", type=int, default=USUAL_HOURS)
    glass.add_argument("--password-stdin", action="store_true", required=True)
    glass.set_defaults(run=_break_glass)
    token = group(commands, "token", "keys by which other programs act for a user").add_parser("add")
    token.add_argument("--email", required=True, help="the user it acts for")
    token.add_argument("--name", required=True, help="what it is for")
    token.add_argument("--scope", action="append", required=True, choices=SCOPES)
    token.add_argument("--days", type=int, default=USUAL_DAYS)
    token.set_defaults(run=_token_add)


def _init(options: argparse.Namespace) -> None:
    installation = opened(may_migrate=True)
    if has_any_practice(installation.database):
        raise Refused("There is a practice already. Add another with: homestretch practice add")
    password = password_from_input()
    with installation.database.sessions.begin() as session:
        now = utc_now()
        practice = add_practice(
            session,
            name=options.practice,
            timezone=options.timezone,
            country=options.country,
            phone=options.phone,
            now=now,
        )
        add_user(
            session,
            practice,
            email=options.admin_email,
            name=options.admin_name,
            role=Role.ADMIN,
            password=password,
            now=now,
        )
        ensure_sender(session, installation.settings)
    print(f"{options.practice} is ready. Start it with: homestretch run --no-sample")


def _practice_add(options: argparse.Namespace) -> None:
    installation = opened()
    with installation.database.sessions.begin() as session:
        practice = add_practice(
            session,
            name=options.name,
            timezone=options.timezone,
            country=options.country,
            phone=options.phone,
            now=utc_now(),
        )
        ensure_sender(session, installation.settings)
        print(f"{practice.name} added. Its reference is {practice.token}.")


def _user_add(options: argparse.Namespace) -> None:
    installation = opened()
    with installation.database.sessions.begin() as session:
        practice = find_practice(session, options.practice)
        if practice is None:
            raise Refused(f"There is no practice called {options.practice}.")
        add_user(
            session,
            practice,
            email=options.email,
            name=options.name,
            role=Role(options.role),
            password=password_from_input(),
            now=utc_now(),
        )
    print(f"{options.email} can sign in.")


def _break_glass(options: argparse.Namespace) -> None:
    print(
        break_glass(
            opened(),
            options.practice,
            email=options.email,
            name=options.name,
            password=password_from_input(),
            reason=options.reason,
            hours=options.hours,
            now=utc_now(),
        )
    )


def _token_add(options: argparse.Namespace) -> None:
    with opened().database.sessions.begin() as session:
        user = find_user(session, options.email)
        if user is None or not user.is_active:
            raise Refused(f"Nobody signs in as {options.email}.")
        print(make_token(session, user, options.name, options.scope, utc_now(), options.days))
