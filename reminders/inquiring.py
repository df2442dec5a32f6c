"""Asking the provider: what became of the texts in doubt, which answers we missed, and how it is."""

import threading
from collections.abc import Sequence
from datetime import datetime

from care.db import Sessions, reading_of
from care.key_ring import KeyMissing
from care.phones import PhoneBook
from reminders.catching_up import LISTED as RECEIVED_LISTED
from reminders.catching_up import missed_since, take_missed
from reminders.gateway import Gateway, GatewayRefused, GatewayUnreachable, ProviderMessage, is_real
from reminders.missing_keys import MissingKeys
from reminders.provider import ask, last_known, note, should_ask
from reminders.sending_thread import SendingThread
from reminders.settling import LISTED, Doubt, Settled, doubts, settle, show_lasting
from reminders.timelines import Timeline, timelines


class Inquirer:
    """Asks through the gateway of a dispatcher, in its thread, until it is told to stop."""

    def __init__(
        self,
        sessions: Sessions,
        gateway: Gateway,
        thread: SendingThread,
        book: PhoneBook,
        public_url: str,
        stopping: threading.Event,
        missing_keys: MissingKeys,
    ) -> None:
        self._sessions = sessions
        self._reading = reading_of(sessions)
        self._gateway = gateway
        self._thread = thread
        self._book = book
        self._public_url = public_url
        self._stopping = stopping
        self._missing_keys = missing_keys

    def settle(self, now: datetime) -> Settled:
        """Ask the provider about every text in doubt that is due for a look."""
        total = Settled()
        with self._reading() as session:
            moments = timelines(session, now)
        for moment in moments:
            for doubt in self._doubts(moment):
                if self._stopping.is_set():
                    return total
                listed = self.listed(doubt.phone)
                try:
                    with self._sessions.begin() as session:
                        total.count(settle(session, doubt, listed, moment.now))
                except KeyMissing as missing:
                    self._missing_keys.met(missing, "settle")
            with self._sessions.begin() as session:
                show_lasting(session, moment)
        return total

    def _doubts(self, moment: Timeline) -> list[Doubt]:
        try:
            with self._sessions.begin() as session:
                return doubts(session, moment)
        except KeyMissing as missing:
            self._missing_keys.met(missing, "settle")
        with self._sessions.begin() as session:
            return doubts(session, moment, leave_shut=True)

    def catch_up(self, now: datetime) -> int:
        """Receive the answers that no webhook brought. Returns how many there were."""
        with self._sessions.begin() as session:
            since = missed_since(session, now)
        if since is None:
            return 0
        listed = self._thread.run(self._list_received(since))
        if listed is None:
            return 0
        return take_missed(
            self._sessions,
            self._book,
            listed,
            now,
            is_real=is_real(self._gateway),
            public_url=self._public_url,
            missing_keys=self._missing_keys,
        )

    async def _list_received(self, since: datetime) -> Sequence[ProviderMessage] | None:
        try:
            return await self._gateway.list_received(since, RECEIVED_LISTED)
        except GatewayUnreachable:
            return None

    async def _look_up(self, phone: str) -> Sequence[ProviderMessage] | None:
        """What the provider lists for this phone; None when it cannot be asked."""
        try:
            return await self._gateway.list_sent_to(phone, LISTED)
        except GatewayUnreachable:
            return None

    def can_ask(self) -> bool:
        """Whether the provider lets itself be asked at this moment."""
        try:
            self._thread.run(self._gateway.check())
        except (GatewayRefused, GatewayUnreachable):
            return False
        return True

    def listed(self, phone: str) -> Sequence[ProviderMessage] | None:
        """What the provider lists as sent to this phone, newest first; None when it cannot be asked."""
        return self._thread.run(self._look_up(phone))

    def look_at_provider(self, now: datetime) -> None:
        """Ask how the provider is when nothing was heard of it lately; the simulated phone is always well."""
        if not is_real(self._gateway):
            return
        with self._reading() as session:
            known = last_known(session)
        if should_ask(known, now):
            state = self._thread.run(ask(self._gateway))
            with self._sessions.begin() as session:
                note(session, state, now)
