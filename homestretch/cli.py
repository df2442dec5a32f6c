"""The `homestretch` command: every call ends in 0, or in one clear line on stderr."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from sqlalchemy import select

from care.api_tokens import SCOPES, USUAL_DAYS, make_token
from care.audit_chain import chain_some
from care.audit_chain import verify as verify_chain
from care.clock import utc_now
from care.db import open_database
from care.emergency import USUAL_HOURS
from care.errors import NotFound, Refused
from care.languages import known_languages
from care.migrating import migrate
from care.models import Practice, Role
from care.practices import add_practice, find_practice
from care.safe_start import refuse_open_files
from care.saying import counted
from care.settings import BadSettings, load_settings
from care.users import add_user, find_user
from homestretch import portable_files
from homestretch.backups.archive import back_up
from homestretch.backups.restoring import restore
from homestretch.break_glass import break_glass
from homestretch.catalogs import report_on, write_catalogs
from homestretch.doctor import diagnose
from homestretch.installation import Installation, ensure_sender, open_installation
from homestretch.logs import set_up_logs
from homestretch.planned import planned_texts
from homestretch.recounting import recount
from homestretch.sample import has_any_practice, make_sample, remove_sample
from homestretch.welcome import welcome
from homestretch.working import lanes, places, prepare_where_possible, work

BAD_CALL = 2
AFTER_RESTORE_PAUSED = (
    "The provider could not be asked what came in since the backup, so all texts are paused. "
    "Compare with its log, STOP before all, then let them go on under Settings."
)


class Parser(argparse.ArgumentParser):
    """Says what was wrong in one line."""

    def error(self, message: str) -> NoReturn:
        print(f"homestretch: {message}. See: {self.prog} --help", file=sys.stderr)
        raise SystemExit(BAD_CALL)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. Exits with 2 and a sentence when the call or the surroundings are not right."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (Refused, NotFound) as refusal:
        _fail(str(refusal) or "There is no such thing.")
    except BadSettings as bad:
        _fail("\n".join(bad.faults))
    except BrokenPipeError:
        sys.stderr.close()


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(BAD_CALL)


def _parser() -> Parser:
    parser = Parser(prog="homestretch", description="Home-care follow-through for a practice.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    _serving_commands(commands)
    _people_commands(commands)
    _looking_commands(commands)
    _moving_commands(commands)
    return parser


def _serving_commands(commands: "argparse._SubParsersAction[Parser]") -> None:
    run = commands.add_parser("run", help="web and scheduler in one process")
    _listening(run)
    run.add_argument("--no-sample", action="store_true", help="never fill in the sample practice")
    run.set_defaults(run=_run)
    web = commands.add_parser("web", help="the web alone, in several processes")
    _listening(web)
    web.add_argument("--workers", type=int, default=2)
    web.set_defaults(run=_web)
    commands.add_parser("scheduler", help="the scheduler alone").set_defaults(run=_scheduler)
    worker = commands.add_parser("worker", help="one of several schedulers that share the lanes")
    worker.add_argument("--lanes", type=lanes, default="0-63", metavar="0-63")
    worker.add_argument("--concurrency", type=places, default="4", metavar="N")
    worker.set_defaults(run=_worker)
    commands.add_parser("tick", help="plan, send and sweep once").set_defaults(run=_tick)
    commands.add_parser("migrate", help="bring the tables up to date").set_defaults(run=_migrate)


def _listening(parser: Parser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)


def _people_commands(commands: "argparse._SubParsersAction[Parser]") -> None:
    init = commands.add_parser("init", help="make an empty installation that works")
    init.add_argument("--practice", required=True)
    init.add_argument("--timezone", required=True)
    init.add_argument("--country", required=True)
    init.add_argument("--phone")
    init.add_argument("--admin-email", required=True)
    init.add_argument("--admin-name", default="Admin")
    init.add_argument("--admin-password-stdin", action="store_true", required=True)
    init.set_defaults(run=_init)
    practice = _group(commands, "practice", "practices of this installation").add_parser("add")
    practice.add_argument("--name", required=True)
    practice.add_argument("--timezone", required=True)
    practice.add_argument("--country", required=True)
    practice.add_argument("--phone")
    practice.set_defaults(run=_practice_add)
    user = _group(commands, "user", "people who sign in").add_parser("add")
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
    token = _group(commands, "token", "keys by which other programs act for a user").add_parser("add")
    token.add_argument("--email", required=True, help="the user it acts for")
    token.add_argument("--name", required=True, help="what it is for")
    token.add_argument("--scope", action="append", required=True, choices=SCOPES)
    token.add_argument("--days", type=int, default=USUAL_DAYS)
    token.set_defaults(run=_token_add)
    demo = commands.add_parser("demo", help="fill in the sample practice, or remove it")
    demo.add_argument("--remove", action="store_true")
    demo.set_defaults(run=_demo)


def _looking_commands(commands: "argparse._SubParsersAction[Parser]") -> None:
    verify = _group(commands, "audit", "the trail of who looked at and changed what").add_parser(
        "verify", help="walk the chain over it"
    )
    verify.set_defaults(run=_audit_verify)
    doctor = commands.add_parser("doctor", help="say what is well and what is not")
    doctor.add_argument("--json", action="store_true")
    doctor.set_defaults(run=_doctor)
    plan = commands.add_parser("plan", help="every text the installation would send, unsent")
    plan.add_argument("--from", dest="since", required=True, type=_instant, metavar="T")
    plan.add_argument("--to", dest="until", required=True, type=_instant, metavar="T")
    plan.add_argument("--client", metavar="REF")
    plan.add_argument("--json", action="store_true")
    plan.set_defaults(run=_plan)

    commands.add_parser("recount", help="count how each client stands anew").set_defaults(run=_recount)
    tongues = commands.add_parser("languages", help="what the catalogs of clients' languages lack")
    tongues.add_argument("--write", metavar="CODE", help="begin or renew the catalogs of one, like pl")
    tongues.set_defaults(run=_languages)


def _moving_commands(commands: "argparse._SubParsersAction[Parser]") -> None:
    export = commands.add_parser("export", help="write the records as JSON Lines")
    export.add_argument("--client", metavar="REF")
    export.add_argument("--fhir", action="store_true", help="as FHIR R4 resources, for other systems")
    export.set_defaults(run=_export)
    read = commands.add_parser("import", help="read what export writes; '-' is standard input")
    read.add_argument("file")
    read.set_defaults(run=_import)
    library = _group(commands, "library", "exercises of other collections")
    foreign = library.add_parser("import", help="read exercises of free-exercise-db or wger")
    foreign.add_argument("file", type=Path)
    foreign.add_argument("--practice", help="whose library; needed where there are several")
    foreign.set_defaults(run=_import_exercises)
    backup = commands.add_parser("backup", help="write one sealed backup, while everything runs")
    backup.add_argument(
        "--to", type=Path, metavar="FOLDER", help="where to; else backups in the data directory"
    )
    backup.set_defaults(run=_backup)
    back = commands.add_parser("restore", help="put a backup in the place of this installation")
    back.add_argument("file", type=Path)
    back.set_defaults(run=_restore)


def _group(
    commands: "argparse._SubParsersAction[Parser]", name: str, help: str
) -> "argparse._SubParsersAction[Parser]":
    group = commands.add_parser(name, help=help)
    return group.add_subparsers(required=True, metavar="VERB", parser_class=Parser)


def _instant(typed: str) -> datetime:
    """An ISO 8601 instant that says its zone."""
    try:
        instant = datetime.fromisoformat(typed)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"'{typed}' must be like 2026-03-02T09:00:00Z")
    return instant


def _open(*, may_migrate: bool = False) -> Installation:
    installation = open_installation(may_migrate=may_migrate)
    set_up_logs(installation.settings.log_level)
    return installation


def _run(options: argparse.Namespace) -> None:
    from homestretch.serving import run

    installation = _open(may_migrate=True)
    settings = installation.settings
    may_fill = settings.is_simulated and not settings.is_production and not options.no_sample
    if may_fill and not has_any_practice(installation.database):
        _fill_sample(installation)
    for line in welcome(installation, options.host, options.port):
        print(line, flush=True)
    run(installation, options.host, options.port)


def _fill_sample(installation: Installation) -> None:
    """Eight weeks of twelve clients, without a log line for each of their texts."""
    print("Filling in the sample practice; this takes some seconds, once.", flush=True)
    set_up_logs("error")
    make_sample(installation, utc_now())
    set_up_logs(installation.settings.log_level)


def _web(options: argparse.Namespace) -> None:
    from homestretch.web_server import WebServer

    _open().database.dispose()
    WebServer(options.host, options.port, options.workers).run()


def _scheduler(_options: argparse.Namespace) -> None:
    from homestretch.serving import schedule

    schedule(_open())


def _worker(options: argparse.Namespace) -> None:
    work(_open(), options.lanes, options.concurrency)


def _tick(_options: argparse.Namespace) -> None:
    engine = _open().engine()
    ticked = engine.tick()
    engine.stop()
    print(json.dumps(ticked.as_dict()))


def _migrate(_options: argparse.Namespace) -> None:
    settings = load_settings(os.environ)
    if settings.is_production:
        refuse_open_files(settings.data_dir, settings.database_url)
    database = open_database(settings.database_url)
    revision = migrate(database)
    prepare_where_possible(database)
    print(f"The database is at revision {revision}.")


def _init(options: argparse.Namespace) -> None:
    installation = _open(may_migrate=True)
    if has_any_practice(installation.database):
        raise Refused("There is a practice already. Add another with: homestretch practice add")
    password = _password()
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


def _password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _practice_add(options: argparse.Namespace) -> None:
    installation = _open()
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
    installation = _open()
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
            password=_password(),
            now=utc_now(),
        )
    print(f"{options.email} can sign in.")


def _break_glass(options: argparse.Namespace) -> None:
    print(
        break_glass(
            _open(),
            options.practice,
            email=options.email,
            name=options.name,
            password=_password(),
            reason=options.reason,
            hours=options.hours,
            now=utc_now(),
        )
    )


def _token_add(options: argparse.Namespace) -> None:
    with _open().database.sessions.begin() as session:
        user = find_user(session, options.email)
        if user is None or not user.is_active:
            raise Refused(f"Nobody signs in as {options.email}.")
        print(make_token(session, user, options.name, options.scope, utc_now(), options.days))


def _demo(options: argparse.Namespace) -> None:
    if options.remove:
        removed = remove_sample(load_settings(os.environ))
        print("The sample practice is gone." if removed else "There is no sample practice.")
        return
    installation = _open(may_migrate=True)
    if installation.settings.is_production or not installation.settings.is_simulated:
        raise Refused("The sample practice is for the simulated phone only, and never in production.")
    _fill_sample(installation)
    print("The sample practice is ready.")


def _audit_verify(_options: argparse.Namespace) -> None:
    """One line a practice, with the head of its chain to note down. Exits with 1 where it is broken."""
    installation = _open()
    with installation.database.sessions.begin() as session:
        while chain_some(session, installation.settings.audit_key):
            pass
    with installation.database.reading() as session:
        practices = session.scalars(select(Practice).order_by(Practice.id)).all()
        verdicts = [verify_chain(session, installation.settings.audit_key, one) for one in practices]
    for one in verdicts:
        if one.holds:
            print(f"ok  {one.practice}: {one.checked} entries, head {one.head}")
        else:
            print(f"NO  {one.practice}: {one.why} at number {one.wrong_at}; {one.checked} before it hold")
    if not all(one.holds for one in verdicts):
        raise SystemExit(1)


def _doctor(options: argparse.Namespace) -> None:
    findings = diagnose(utc_now())
    if options.json:
        print(json.dumps([finding.as_dict() for finding in findings], indent=2))
    else:
        for finding in findings:
            print(f"{'ok ' if finding.is_well else 'NO '} {finding.what}: {finding.detail}")
    if not all(finding.is_well for finding in findings):
        raise SystemExit(1)


def _languages(options: argparse.Namespace) -> None:
    if options.write:
        for path in write_catalogs(options.write):
            print(path)
        return
    reports = [report_on(tongue) for tongue in known_languages().values()]
    for report in reports:
        print("\n".join(report.lines()))
    if not all(report.is_complete for report in reports):
        raise SystemExit(1)


def _recount(_options: argparse.Namespace) -> None:
    made, wrong = recount(_open().database, utc_now())
    print(f"{counted(made, 'client')} counted anew; {counted(wrong, 'line')} had been wrong.")


def _plan(options: argparse.Namespace) -> None:
    if options.until <= options.since:
        raise Refused("--to must be later than --from.")
    installation = _open()
    with installation.database.reading() as session:
        texts = planned_texts(session, options.since, options.until, options.client, utc_now())
    if options.json:
        print(json.dumps(texts, indent=2))
        return
    for one in texts:
        print(f"{one['at']}  {one['local']}  {one['client']}  {one['kind']}  {one['body']}")


def _export(options: argparse.Namespace) -> None:
    write = portable_files.write_fhir if options.fhir else portable_files.write
    write(_open(), options.client, sys.stdout)


def _import(options: argparse.Namespace) -> None:
    if options.file != "-" and not Path(options.file).is_file():
        raise Refused(f"There is no file {options.file}.")
    print(json.dumps(portable_files.read(_open(may_migrate=True), options.file, utc_now())))


def _import_exercises(options: argparse.Namespace) -> None:
    imported, left_out = portable_files.import_exercises_from(_open(), options.file, options.practice)
    print(
        f"{imported.added} added, to be finished under Exercises. {imported.known} were there before, "
        f"{imported.taken} have a name that is taken, {left_out} had no English words."
    )


def _backup(options: argparse.Namespace) -> None:
    installation = _open()
    print(back_up(installation.settings, installation.database, utc_now(), options.to))


def _restore(options: argparse.Namespace) -> None:
    set_up_logs("info")
    restored = restore(options.file, os.environ, utc_now())
    print(json.dumps(restored.as_dict(), indent=2))
    if restored.after.is_paused:
        print(AFTER_RESTORE_PAUSED, file=sys.stderr)
