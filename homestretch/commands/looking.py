"""What only looks, and says what it found."""

import argparse
import json

from sqlalchemy import select

from care.audit_chain import chain_some
from care.audit_chain import verify as verify_chain
from care.clock import utc_now
from care.errors import Refused
from care.languages import known_languages
from care.models import Practice
from care.saying import counted
from homestretch.catalogs import report_on, write_catalogs
from homestretch.commands.parsing import Commands, group, instant, opened
from homestretch.doctor import diagnose
from homestretch.planned import planned_texts
from homestretch.recounting import recount


def declare(commands: Commands) -> None:
    verify = group(commands, "audit", "the trail of who looked at and changed what").add_parser(
        "verify", help="walk the chain over it"
    )
    verify.set_defaults(run=_audit_verify)
    doctor = commands.add_parser("doctor", help="say what is well and what is not")
    doctor.add_argument("--json", action="store_true")
    doctor.set_defaults(run=_doctor)
    plan = commands.add_parser("plan", help="every text the installation would send, unsent")
    plan.add_argument("--from", dest="since", required=True, type=instant, metavar="T")
    plan.add_argument("--to", dest="until", required=True, type=instant, metavar="T")
    plan.add_argument("--client", metavar="REF")
    plan.add_argument("--json", action="store_true")
    plan.set_defaults(run=_plan)

    commands.add_parser("recount", help="count how each client stands anew").set_defaults(run=_recount)
    tongues = commands.add_parser("languages", help="what the catalogs of clients' languages lack")
    tongues.add_argument("--write", metavar="CODE", help="begin or renew the catalogs of one, like pl")
    tongues.set_defaults(run=_languages)


def _audit_verify(_options: argparse.Namespace) -> None:
    """One line a practice, with the head of its chain to note down. Exits with 1 where it is broken."""
    installation = opened()
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
    made, wrong = recount(opened().database, utc_now())
    print(f"{counted(made, 'client')} counted anew; {counted(wrong, 'line')} had been wrong.")


def _plan(options: argparse.Namespace) -> None:
    if options.until <= options.since:
        raise Refused("--to must be later than --from.")
    installation = opened()
    with installation.database.reading() as session:
        texts = planned_texts(
            session, options.since, options.until, options.client, utc_now(), installation.book
        )
    if options.json:
        print(json.dumps(texts, indent=2))
        return
    for one in texts:
        print(f"{one['at']}  {one['local']}  {one['client'] or one['user']}  {one['kind']}  {one['body']}")
