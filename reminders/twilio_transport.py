"""The road to Twilio: one pool of HTTPS connections that never sends anything twice.

The client that comes with Twilio's library ignores its own timeout, the proxy and the
certificates of the environment, and repeats a POST after a 500, which is a second SMS.
"""

import asyncio
import base64
import json
import logging
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlencode
from weakref import WeakSet

import aiohttp
from aiohttp import AddrInfoType
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from reminders.surroundings import proxy_for, trusted_certificates

API_HOST = "api.twilio.com"
LONGEST_WAIT = 86_400.0
CONNECT_SECONDS = 3.0
GOODBYE_SECONDS = 1.0

# aiohttp raises these only before a single byte of the request has left.
BEFORE_SENDING = (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError, aiohttp.ConnectionTimeoutError)
SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")


class NeverSent(Exception):
    """No request left us."""


class NoAnswer(Exception):
    """The request may have arrived, and nobody told us what came of it."""


class ErrorAnswer(Exception):
    """Twilio, or something on the way, answered with an error.

    Twilio's own words are dropped here: they quote the phone number.
    """

    def __init__(self, status: int, code: int | None, retry_after_seconds: float | None) -> None:
        super().__init__(f"HTTP {status}" if code is None else f"HTTP {status}, code {code}")
        self.status = status
        self.code = code
        self.retry_after_seconds = retry_after_seconds


class TwilioTransport(AsyncHttpClient):  # type: ignore[misc]  # twilio comes without types
    """What Twilio's client sends its requests with. It belongs to one event loop."""

    def __init__(self, *, timeout_seconds: float, concurrency: int) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True, timeout=timeout_seconds)
        self._certificates = trusted_certificates()
        self._proxy = proxy_for(API_HOST)
        self._concurrency = concurrency
        self._session: aiohttp.ClientSession | None = None
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._is_closed = False

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, str | int] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Ask once. Returns only what has a 2xx status; raises NeverSent, NoAnswer or ErrorAnswer.

        `timeout` and `allow_redirects` are part of Twilio's signature. One time limit holds
        for everything, and a redirect is never followed: it would carry the token elsewhere.
        """
        session = self._open_session()
        signed = dict(headers or {}) | ({"Authorization": basic(*auth)} if auth else {})
        form = urlencode(data, doseq=True) if data else None
        try:
            async with session.request(
                method, uri, params=params, data=form, headers=signed, allow_redirects=False
            ) as answer:
                text = (await answer.read()).decode("utf-8", "replace")
        except BEFORE_SENDING as error:
            raise NeverSent(f"Twilio could not be reached ({type(error).__name__})") from None
        except TimeoutError:
            raise NoAnswer(f"no answer from Twilio within {self.timeout:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise NoAnswer(f"the connection to Twilio broke ({type(error).__name__})") from None
        if not 200 <= answer.status < 300:
            raise ErrorAnswer(answer.status, error_code(text), seconds(answer.headers.get("Retry-After")))
        return Response(answer.status, text, answer.headers)

    def _open_session(self) -> aiohttp.ClientSession:
        """Made at the first request, because it belongs to the loop that runs then."""
        if self._is_closed:
            raise RuntimeError("this gateway has been closed")
        if self._session is None:
            # Waiting for a free connection counts as connecting, so `send` always ends in time.
            connect = min(CONNECT_SECONDS, self.timeout / 2)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._concurrency, ssl=self._certificates, socket_factory=self._new_socket
                ),
                timeout=aiohttp.ClientTimeout(total=self.timeout, connect=connect),
                cookie_jar=aiohttp.DummyCookieJar(),
                proxy=self._proxy,
            )
        return self._session

    def _new_socket(self, address: AddrInfoType) -> socket.socket:
        made = socket.socket(*address[:3])
        self._sockets.add(made)
        return made

    async def aclose(self) -> None:
        """Close everything, also what is past its time limit and still waits to say goodbye.

        A session forgets such connections, and the loop would keep them for half a minute.
        """
        self._is_closed = True
        if self._session is None:
            return
        await self._session.close()
        for hanging in self._open_sockets():
            with suppress(OSError):
                hanging.shutdown(socket.SHUT_RDWR)
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                while self._open_sockets():
                    await asyncio.sleep(0)

    def _open_sockets(self) -> list[socket.socket]:
        return [made for made in self._sockets if made.fileno() != -1]


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode("ascii")


def error_code(text: str) -> int | None:
    """Twilio's code in the body of an error, None when something else wrote that body."""
    try:
        code = json.loads(text)["code"]
    except (ValueError, TypeError, KeyError):
        return None
    return code if type(code) is int else None


def seconds(retry_after: str | None) -> float | None:
    """A Retry-After in seconds, a day at most. One that is a date is left out: we hold no clock."""
    if retry_after is None or not SECONDS.fullmatch(retry_after.strip()):
        return None
    return min(float(retry_after), LONGEST_WAIT)
