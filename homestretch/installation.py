"""One installation, opened: what every command starts from."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from care import field_keys
from care.audit_chain import chain_some
from care.clock import utc_now
from care.db import Database, open_database
from care.errors import Refused
from care.facts import keep_facts, public_url
from care.migrating import migrate, what_to_do
from care.models import Installation as Fact
from care.models import Practice, Sender, SenderKind
from care.phones import PhoneBook
from care.practices import has_sample
from care.safe_start import refuse_open_files
from care.settings import PUBLIC_URL, Settings, TwilioSettings, load_settings
from care.standings import doubt_those_of_other_code
from care.upsert import insert_into
from homestretch.backups.archive import Nightly
from reminders.dispatch import AT_ONCE, Dispatcher
from reminders.gateway import Gateway, GatewayRefused, GatewayUnreachable
from reminders.hooks.delivering import Teller
from reminders.mailing import Mailer
from reminders.pacing import pace_of
from reminders.simulated import SIMULATED_SENDER, SimulatedGateway
from scheduler.engine import Engine

log = structlog.get_logger()


@dataclass(frozen=True)
class Installation:
    """Settings, database and phone book; the gateway is made where texts are sent."""

    settings: Settings
    database: Database
    book: PhoneBook

    def dispatcher(self) -> Dispatcher:
        return Dispatcher(
            self.database.sessions,
            make_gateway(self.settings),
            self.book,
            self.settings.public_url,
            pace_of(self.settings.send_rate, is_simulated=self.settings.is_simulated),
        )

    def engine(self) -> Engine:
        nightly = Nightly(self.settings, self.database) if self.settings.backup_key else None
        teller = Teller(self.database.sessions, self.settings.public_url, self.settings.webhook_allow)
        chain = partial(chain_some, key=self.settings.audit_key)
        sessions, mailer = self.database.sessions, self.mailer()
        return Engine(sessions, self.dispatcher(), utc_now, mailer, nightly, teller, chain)

    def mailer(self) -> Mailer | None:
        """None where no mail server is named."""
        smtp = self.settings.smtp
        return Mailer(self.database.sessions, smtp) if smtp is not None else None


def open_installation(
    environ: Mapping[str, str] | None = None, *, may_migrate: bool, local_url: str | None = None
) -> Installation:
    """Read the environment and open the database. `local_url` is where this process listens, if it does.

    Raises BadSettings, or Refused when the tables are not this version's and may not be migrated here,
    the secret key is not the one the phones were hashed with, a key of sealed fields is missing, or in
    production others may read the files.
    """
    surroundings = os.environ if environ is None else environ
    settings = load_settings(surroundings, local_url)
    is_told = bool(surroundings.get(PUBLIC_URL) or local_url)
    if settings.is_production:
        refuse_open_files(settings.data_dir, settings.database_url)
    database = open_database(settings.database_url, settings.field_ring)
    if may_migrate:
        migrate(database)
    elif wrong := what_to_do(database):
        raise Refused(wrong)
    book = PhoneBook(settings.phone_key)
    with database.sessions.begin() as session:
        _check_key(session, book)
        field_keys.check(session, settings.field_ring)
        _check_sample(session, settings)
        ensure_sender(session, settings)
        mails = settings.smtp is not None
        keep_facts(session, settings.public_url, sends_mail=mails, is_told=is_told)
        doubt_those_of_other_code(session)
        known_url = public_url(session)
    return Installation(replace(settings, public_url=known_url), database, book)


def _check_key(session: Session, book: PhoneBook) -> None:
    """With another key no phone would be found again, and every opt-out would be forgotten."""
    first = insert_into(session, Fact).values(name="phone_key", value=book.fingerprint)
    session.execute(first.on_conflict_do_nothing(index_elements=["name"]))
    if session.get_one(Fact, "phone_key").value != book.fingerprint:
        raise Refused(
            "HOMESTRETCH_SECRET_KEY is not the one this database was made with. Restore the old key."
        )


def _check_sample(session: Session, settings: Settings) -> None:
    if has_sample(session) and (settings.is_production or not settings.is_simulated):
        raise Refused("The database holds the sample practice. Run: homestretch demo --remove")


def ensure_sender(session: Session, settings: Settings) -> None:
    """The environment names the first practice's sender; on the simulated phone every practice has one."""
    if settings.is_simulated:
        for practice in session.scalars(select(Practice)):
            suffix = "" if practice.is_sample else f"-{practice.id}"
            _set_sender(session, practice, SenderKind.NUMBER, SIMULATED_SENDER + suffix)
        return
    first = session.scalar(select(Practice).order_by(Practice.id).limit(1))
    if first is not None and settings.twilio is not None:
        _set_sender(session, first, _kind(settings.twilio), settings.twilio.sender_address)


def _kind(twilio: TwilioSettings) -> SenderKind:
    return SenderKind.SERVICE if twilio.service_sid else SenderKind.NUMBER


def _set_sender(session: Session, practice: Practice, kind: SenderKind, address: str) -> None:
    sender = session.scalar(select(Sender).where(Sender.practice_id == practice.id).limit(1))
    if sender is None:
        session.add(Sender(practice_id=practice.id, kind=kind, address=address))
    else:
        sender.kind, sender.address = kind, address
    session.flush()


def make_gateway(settings: Settings) -> Gateway:
    """The simulated phone, or Twilio with the official client."""
    if settings.is_simulated or settings.twilio is None:
        return SimulatedGateway()
    from reminders.twilio_gateway import TwilioGateway  # the official client costs 0.1 s and 25 MB

    twilio = settings.twilio
    try:
        return TwilioGateway(
            twilio.account_sid, twilio.auth_token, concurrency=AT_ONCE, service_sid=twilio.service_sid
        )
    except GatewayRefused as error:
        raise Refused(str(error)) from None


def check_gateway(settings: Settings) -> None:
    """Ask the provider whether account and token are good.

    Raises Refused when they are not. A provider out of reach is no reason not to start.
    """

    async def ask() -> None:
        gateway = make_gateway(settings)
        try:
            await gateway.check()
        finally:
            await gateway.aclose()

    try:
        asyncio.run(ask())
    except GatewayRefused as error:
        raise Refused(str(error)) from None
    except GatewayUnreachable:
        log.warning("provider_unreachable")
