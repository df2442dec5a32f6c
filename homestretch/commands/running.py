"""Processes that stay, one round of their work, the tables, and the sample practice."""

import argparse
import json
import os

from care import lacking
from care.clock import utc_now
from care.db import open_database
from care.errors import Refused
from care.migrating import migrate
from care.safe_start import refuse_open_files
from care.settings import load_settings
from homestretch.commands.parsing import Commands, Parser, opened
from homestretch.installation import Installation
from homestretch.listening import address_of, listen
from homestretch.logs import set_up_logs
from homestretch.sample import has_any_practice, make_sample, remove_sample
from homestretch.welcome import welcome
from homestretch.working import lanes, places, prepare_where_possible, work


def declare(commands: Commands) -> None:
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
    demo = commands.add_parser("demo", help="fill in the sample practice, or remove it")
    demo.add_argument("--remove", action="store_true")
    demo.set_defaults(run=_demo)


def _listening(parser: Parser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)


def _run(options: argparse.Namespace) -> None:
    from homestretch.serving import run

    sockets = listen(options.host, options.port)
    address = address_of(options.host, sockets[0].getsockname()[1])
    installation = _staying(opened(may_migrate=True, local_url=address))
    settings = installation.settings
    may_fill = settings.is_simulated and not settings.is_production and not options.no_sample
    if may_fill and not has_any_practice(installation.database):
        fill_sample(installation)
    for line in welcome(installation, address):
        print(line, flush=True)
    run(installation, sockets)


def _staying(installation: Installation) -> Installation:
    """Started with every key: if it was this process that lacked one, nobody need be told any more."""
    with installation.database.sessions.begin() as session:
        lacking.forget(session)
    return installation


def fill_sample(installation: Installation) -> None:
    """Eight weeks of twelve clients, without a log line for each of their texts."""
    print("Filling in the sample practice; this takes some seconds, once.", flush=True)
    set_up_logs("error")
    make_sample(installation, utc_now())
    set_up_logs(installation.settings.log_level)


def _web(options: argparse.Namespace) -> None:
    from homestretch.web_server import WebServer

    local_url = address_of(options.host, options.port)
    _staying(opened(local_url=local_url)).database.dispose()
    WebServer(options.host, options.port, options.workers, local_url).run()


def _scheduler(_options: argparse.Namespace) -> None:
    from homestretch.serving import schedule

    schedule(_staying(opened()))


def _worker(options: argparse.Namespace) -> None:
    work(_staying(opened()), options.lanes, options.concurrency)


def _tick(_options: argparse.Namespace) -> None:
    engine = opened().engine()
    ticked = engine.tick()
    engine.stop()
    print(json.dumps(ticked.as_dict()))


def _migrate(_options: argparse.Namespace) -> None:
    settings = load_settings(os.environ)
    if settings.is_production:
        refuse_open_files(settings.data_dir, settings.database_url)
    database = open_database(settings.database_url, settings.field_ring)
    revision = migrate(database)
    prepare_where_possible(database)
    print(f"The database is at revision {revision}.")


def _demo(options: argparse.Namespace) -> None:
    if options.remove:
        removed = remove_sample(load_settings(os.environ))
        print("The sample practice is gone." if removed else "There is no sample practice.")
        return
    installation = opened(may_migrate=True)
    if installation.settings.is_production or not installation.settings.is_simulated:
        raise Refused("The sample practice is for the simulated phone only, and never in production.")
    fill_sample(installation)
    print("The sample practice is ready.")
