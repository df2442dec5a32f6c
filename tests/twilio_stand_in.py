"""A Twilio of our own on the loopback, good and bad days included.

The product runs against it unchanged: an HTTPS_PROXY that leads every CONNECT for
api.twilio.com to us, and a certificate authority that vouches for our certificate.

`python -m tests.twilio_stand_in` runs one by hand: it prints the environment to use,
and at the end of its input how many messages it took.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import trustme
from aiohttp import web

from tests.connect_proxy import ConnectProxy

HOST = "api.twilio.com"
ACCOUNT_SID = "AC" + "5" * 32
AUTH_TOKEN = "the stand-in's token"
SERVICE_NUMBER = "+15005550006"
VERSION = "2010-04-01"

# When in an answer's life a fault strikes; every other fault strikes before the message is taken.
FAULTS = {
    "500_before_accept": ("before", "500"),
    "500_after_accept": ("after", "500"),
    "reset_before": ("before", "reset"),
    "reset_after": ("after", "reset"),
    "hang_before": ("before", "hang"),
    "hang": ("after", "hang"),
    "garbled": ("after", "garbled"),
    "nameless": ("after", "nameless"),
    "cut": ("after", "cut"),
}
USUAL_CODES = {429: 20429, 500: 20500, 503: 20503}

Act = Callable[[web.Request, Mapping[str, str]], web.Response]


@dataclass
class StandInMessage:
    """A message the stand-in took, in either direction."""

    sid: str
    to: str
    from_: str | None
    service: str | None
    body: str
    status: str
    direction: str
    created_at: datetime
    status_callback: str | None = None
    validity_period: int | None = None
    error_code: int | None = None
    form: dict[str, str] = field(default_factory=dict)


class TwilioStandIn:
    """Use it in a `with`. What it took is in `messages`, oldest first; `posts` counts every attempt."""

    def __init__(
        self,
        account_sid: str = ACCOUNT_SID,
        auth_token: str = AUTH_TOKEN,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        latency_seconds: float = 0.0,
    ) -> None:
        self.account_sid, self.auth_token = account_sid, auth_token
        self.clock, self.latency_seconds = clock, latency_seconds
        self.account_status = "active"
        self.messages: list[StandInMessage] = []
        self.received: list[StandInMessage] = []
        self.posts = 0
        self.lookups: list[str] = []
        self.proxy = ConnectProxy(HOST)
        self._create_faults: deque[str] = deque()
        self._lookup_faults: deque[str] = deque()

    # --- What a test says and asks ---

    def next_answers(self, *modes: str) -> None:
        """How the next create calls end, one mode each, then "ok" again.

        "ok", a key of FAULTS, "redirect", or `status[:code[:retry_after]]` such as
        "400:21610" or "429:20429:7". A 4xx without a code is a web page, not Twilio's.
        """
        self._create_faults.extend(modes)

    def next_lookups(self, *modes: str) -> None:
        """The same for whatever is fetched or listed."""
        self._lookup_faults.extend(modes)

    def behave(self) -> None:
        """Forget the troubles that were announced and have not come."""
        self._create_faults.clear()
        self._lookup_faults.clear()

    def environment(self) -> dict[str, str]:
        """What brings a process here. Both spellings, since the small one wins where both are set."""
        proxy, authority = f"http://127.0.0.1:{self.proxy_port}", str(self.ca_path)
        return {
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "NO_PROXY": "",
            "no_proxy": "",
            "REQUESTS_CA_BUNDLE": authority,
            "SSL_CERT_FILE": authority,
        }

    def sign(self, url: str, params: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
        """The X-Twilio-Signature of a form sent to `url`, worked out from Twilio's description."""
        pairs = params.items() if isinstance(params, Mapping) else params
        signed = url.split("#")[0] + "".join(name + value for name, value in sorted(set(pairs)))
        digest = hmac.new(self.auth_token.encode(), signed.encode(), hashlib.sha1).digest()
        return base64.b64encode(digest).decode()

    def callback(self, message: StandInMessage, status: str, error_code: int | None = None) -> dict[str, str]:
        """The form that reports this status, which the message takes on here as well."""
        message.status, message.error_code = status, error_code
        form = {
            "AccountSid": self.account_sid,
            "ApiVersion": VERSION,
            "From": message.from_ or SERVICE_NUMBER,
            "To": message.to,
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "MessageStatus": status,
            "SmsStatus": status,
        }
        if message.service:
            form["MessagingServiceSid"] = message.service
        if error_code is not None:
            form["ErrorCode"] = str(error_code)
        if status in ("delivered", "undelivered"):
            form["RawDlrDoneDate"] = self.clock().strftime("%y%m%d%H%M")
        return form

    def inbound(self, from_: str, to: str, body: str, sid: str | None = None) -> dict[str, str]:
        """The form that brings a text from a phone. With the sid of one before, it is a repeat."""
        sid = sid or new_sid()
        if all(message.sid != sid for message in self.received):
            now = self.clock()
            self.received.append(StandInMessage(sid, to, from_, None, body, "received", "inbound", now))
        places = {f"{end}{place}": "" for end in ("From", "To") for place in ("City", "State", "Zip")}
        return places | {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": self.account_sid,
            "From": from_,
            "To": to,
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": VERSION,
        }

    # --- Its life ---

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="stand-in-")
        self.ca_path = Path(self._folder.name) / "authority.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_path))
        self._certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(HOST).configure_cert(self._certificate)
        started: Future[int] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)), daemon=True)
        self._thread.start()
        self.proxy_port = started.result(timeout=20)
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(timeout=20)
        self._folder.cleanup()

    async def _serve(self, started: "Future[int]") -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(self._routes(), access_log=None, shutdown_timeout=0.2)
        try:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._certificate).start()
            started.set_result(await self.proxy.start(leads_to_port=runner.addresses[0][1]))
        except BaseException as error:
            started.set_exception(error)
            raise
        await self._closing.wait()
        await self.proxy.stop()
        await runner.cleanup()

    # --- The API ---

    def _routes(self) -> web.Application:
        account = f"/{VERSION}/Accounts/{{account}}"
        app = web.Application()
        app.router.add_get(account + ".json", self._lookup(self._show_account))
        app.router.add_get(account + "/Messages.json", self._lookup(self._list))
        app.router.add_get(account + "/Messages/{sid}.json", self._lookup(self._show))
        app.router.add_post(account + "/Messages.json", self._create)
        return app

    def _lookup(self, act: Act) -> Callable[[web.Request], Any]:
        async def handler(request: web.Request) -> web.StreamResponse:
            self.lookups.append(request.path_qs)
            return await self._answer(request, act, request.query, self._lookup_faults)

        return handler

    async def _create(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.posts += 1
        return await self._answer(request, self._take, form, self._create_faults)

    async def _answer(
        self, request: web.Request, act: Act, given: Mapping[str, str], faults: deque[str]
    ) -> web.StreamResponse:
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        credentials = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {credentials}":
            return refusal(401, 20003, "Authenticate")
        if request.match_info["account"] != self.account_sid:
            return refusal(404, 20404, "The requested resource was not found")
        mode = faults.popleft() if faults else "ok"
        moment, fault = FAULTS.get(mode, ("never" if mode == "ok" else "before", mode))
        if moment == "before":
            return await self._fail(request, fault)
        answer = act(request, given)
        return await self._fail(request, fault) if moment == "after" else answer

    async def _fail(self, request: web.Request, fault: str) -> web.StreamResponse:
        match fault:
            case "reset":
                if request.transport is not None:  # else the caller has hung up already
                    request.transport.abort()
                return web.Response()
            case "hang":
                await self._closing.wait()
                return web.Response(status=503)
            case "garbled":
                return web.Response(status=201, text="<html>all is well</html>", content_type="text/html")
            case "nameless":
                return web.json_response({"status": "queued"}, status=201)
            case "cut":
                return await self._cut(request)
            case "redirect":
                return web.Response(status=307, headers={"Location": request.path_qs})
        return self._error(request, *fault.split(":"))

    async def _cut(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=201, headers={"Content-Length": "900"})
        await answer.prepare(request)
        await answer.write(b'{"sid": "SM')
        assert request.transport is not None
        request.transport.close()
        return answer

    def _error(
        self, request: web.Request, status: str, code: str | None = None, retry_after: str | None = None
    ) -> web.Response:
        number = int(code) if code else USUAL_CODES.get(int(status))
        if number is None:
            return web.Response(status=int(status), text="<h1>Blocked</h1>", content_type="text/html")
        # Like the real one it quotes what it was given: a phone number in an error text.
        answer = refusal(int(status), number, f"Something about {request.path_qs} and +12025550123")
        if retry_after:
            answer.headers["Retry-After"] = retry_after
        return answer

    def _take(self, request: web.Request, form: Mapping[str, str]) -> web.Response:
        number, service = form.get("From"), form.get("MessagingServiceSid")
        if not form.get("To"):
            return refusal(400, 21604, "A 'To' phone number is required.")
        if not form["To"].startswith("+"):
            return refusal(400, 21211, f"Invalid 'To' Phone Number: {form['To']}")
        if not number and not service:
            return refusal(400, 21603, "A 'From' phone number is required.")
        if not form.get("Body"):
            return refusal(400, 21602, "Message body is required.")
        message = StandInMessage(
            sid=new_sid(),
            to=form["To"],
            from_=number,
            service=service,
            body=form["Body"],
            status="accepted" if service else "queued",
            direction="outbound-api",
            created_at=self.clock(),
            status_callback=form.get("StatusCallback"),
            validity_period=int(form["ValidityPeriod"]) if "ValidityPeriod" in form else None,
            form=dict(form),
        )
        self.messages.append(message)
        return web.json_response(self._resource(message), status=201)

    def _show_account(self, request: web.Request, query: Mapping[str, str]) -> web.Response:
        return web.json_response({"sid": self.account_sid, "status": self.account_status, "type": "Full"})

    def _show(self, request: web.Request, query: Mapping[str, str]) -> web.Response:
        for message in [*self.messages, *self.received]:
            if message.sid == request.match_info["sid"]:
                return web.json_response(self._resource(message))
        return refusal(404, 20404, "The requested resource was not found")

    def _list(self, request: web.Request, query: Mapping[str, str]) -> web.Response:
        found = [message for message in [*self.messages, *self.received] if is_wanted(message, query)]
        found.sort(key=lambda message: message.created_at, reverse=True)
        size, page = int(query.get("PageSize", 50)), int(query.get("Page", 0))
        if not 1 <= size <= 1000:
            return refusal(400, 20001, "Page size must be between 1 and 1000")
        start = page * size
        shown = [self._resource(message) for message in found[start : start + size]]
        more = request.rel_url.update_query(Page=page + 1, PageToken="later")
        has_more = start + size < len(found)
        return web.json_response({"messages": shown, "next_page_uri": str(more) if has_more else None})

    def _resource(self, message: StandInMessage) -> dict[str, Any]:
        created = format_datetime(message.created_at.astimezone(UTC))
        return {
            "sid": message.sid,
            "account_sid": self.account_sid,
            "to": message.to,
            "from": message.from_,
            "messaging_service_sid": message.service,
            "body": message.body,
            "status": message.status,
            "direction": message.direction,
            "num_segments": "0" if message.status == "accepted" else "1",
            "date_created": created,
            "date_updated": created,
            "date_sent": None,
            "error_code": message.error_code,
            "error_message": None,
            "uri": f"/{VERSION}/Accounts/{self.account_sid}/Messages/{message.sid}.json",
        }


def new_sid() -> str:
    return "SM" + uuid4().hex


def refusal(status: int, code: int, message: str) -> web.Response:
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    error = {"code": code, "message": message, "more_info": more_info, "status": status}
    return web.json_response(error, status=status)


def is_wanted(message: StandInMessage, query: Mapping[str, str]) -> bool:
    """Whether a list with these filters shows it. Days are GMT, both ends inclusive."""
    day = message.created_at.astimezone(UTC).date().isoformat()
    return (
        query.get("To", message.to) == message.to
        and query.get("From", message.from_) == message.from_
        and query.get("DateSent", day)[:10] == day
        and query.get("DateSent>", day)[:10] <= day
        and query.get("DateSent<", day)[:10] >= day
    )


def main() -> None:
    with TwilioStandIn() as twilio:
        account = {"TWILIO_ACCOUNT_SID": twilio.account_sid, "TWILIO_AUTH_TOKEN": twilio.auth_token}
        print(json.dumps(twilio.environment() | account), flush=True)
        sys.stdin.read()
        print(json.dumps({"posts": twilio.posts, "messages": len(twilio.messages)}))


if __name__ == "__main__":
    main()
