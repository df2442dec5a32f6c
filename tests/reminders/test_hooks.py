"""Other programs are told of events: signed, repeated until taken, once each, and never inside our walls."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select

from care.attention import raise_item
from care.db import Database
from care.errors import Refused
from care.models import (
    AttentionKind,
    Direction,
    EventHook,
    HookDelivery,
    HookStatus,
    Message,
    Rating,
    RatingSource,
)
from reminders.hooks.delivering import PAUSES, Teller, Told
from reminders.hooks.targets import EVENTS, add_hook, check_url, end_hook
from tests.making import MONDAY_9AM, make_user
from tests.reminders.living import MINUTE, PUBLIC_URL, Life, begin

ALLOWED = frozenset({"127.0.0.1"})


@dataclass
class Receiver:
    """Another program on loopback: it keeps what it is told, and answers from a script, then with 204."""

    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], str]] = field(default_factory=list)
    url: str = ""

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            kept.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(kept.answers.pop(0) if kept.answers else 204)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/told"
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


def hook_on(life: Life, url: str) -> EventHook:
    with life.database.sessions.begin() as session:
        user = make_user(session, life.practice)
        return add_hook(session, life.practice, url, EVENTS, allowed=ALLOWED, user=user, now=MONDAY_9AM)


def rate(life: Life, score: float = 4) -> int:
    with life.database.sessions.begin() as session:
        rating = Rating(
            practice_id=life.practice.id,
            client_id=life.client.id,
            score=score,
            source=RatingSource.TEXT,
            at=MONDAY_9AM,
        )
        session.add(rating)
        session.flush()
        return rating.id


def tell(life: Life, minutes: float = 0) -> Told:
    teller = Teller(life.database.sessions, PUBLIC_URL, ALLOWED)
    return teller.drain(lambda: MONDAY_9AM + timedelta(minutes=minutes))


def deliveries(life: Life) -> list[HookDelivery]:
    with life.database.sessions() as session:
        return list(session.scalars(select(HookDelivery).order_by(HookDelivery.id)))


def test_a_rating_is_told_once_by_ids_and_links_alone(any_database: Database, receiver: Receiver) -> None:
    life = begin(any_database)
    before = rate(life)
    hook_on(life, receiver.url)
    rating_id = rate(life)

    told = [tell(life), tell(life, 1)]

    assert [one.sent for one in told] == [1, 0]
    said = json.loads(receiver.got[0][1])
    assert said == {
        "type": "rating.recorded",
        "timestamp": "2026-03-02T14:00:00Z",
        "data": {
            "id": rating_id,
            "client_id": life.client.id,
            "api": f"{PUBLIC_URL}/api/v1/ratings/{rating_id}",
            "page": f"{PUBLIC_URL}/clients/{life.client.id}",
        },
    }
    assert before != rating_id


def test_what_is_told_can_be_checked_by_its_signature(database: Database, receiver: Receiver) -> None:
    life = begin(database)
    hook = hook_on(life, receiver.url)
    rate(life)
    tell(life)

    headers, body = receiver.got[0]

    key = base64.b64decode(hook.secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_danger_is_told_again_with_each_message_about_it(database: Database, receiver: Receiver) -> None:
    life = begin(database)
    hook_on(life, receiver.url)

    def danger(body: str) -> None:
        with database.sessions.begin() as session:
            message = Message(
                practice_id=life.practice.id,
                client_id=life.client.id,
                direction=Direction.IN,
                phone="",
                phone_hash="",
                body=body,
                status="received",
                at=MONDAY_9AM,
            )
            session.add(message)
            session.flush()
            about = {"client_id": life.client.id, "message_id": message.id}
            raise_item(session, life.practice.id, AttentionKind.RED_FLAG, "danger:1", MONDAY_9AM, **about)
            raise_item(session, life.practice.id, AttentionKind.SILENCE, "quiet", MONDAY_9AM)

    for minute, body in enumerate(("numb when I wipe", "it is worse")):
        danger(body)
        tell(life, minute)
        tell(life, minute)

    assert [json.loads(body)["type"] for _, body in receiver.got] == ["red_flag.raised"] * 2
    assert "/inbox?item=1" in receiver.got[0][1]
    assert len(set(receiver.ids)) == 2


@pytest.mark.parametrize("answer", [500, 404, 301])
def test_what_was_not_taken_comes_again_under_the_same_id(
    database: Database, receiver: Receiver, answer: int
) -> None:
    life = begin(database)
    hook_on(life, receiver.url)
    rate(life)
    receiver.answers = [answer, answer]

    told = [tell(life, minutes) for minutes in (0, 0.5, 1, 3, 6)]

    assert [(one.put_off, one.sent) for one in told] == [(1, 0), (0, 0), (1, 0), (0, 0), (0, 1)]
    assert len(set(receiver.ids)) == 1


def test_after_a_day_it_is_given_up_and_says_so(database: Database, receiver: Receiver) -> None:
    life = begin(database)
    hook_on(life, receiver.url)
    rate(life)
    receiver.answers = [500] * 20
    at = 0.0
    for pause in (timedelta(0), *PAUSES):
        at += pause / MINUTE
        tell(life, at)

    tell(life, at + 10_000)

    assert len(receiver.got) == len(PAUSES) + 1
    assert [(one.status, one.answered) for one in deliveries(life)] == [(HookStatus.FAILED, "500")]


def test_an_address_where_nobody_is_any_more_is_ended(database: Database, receiver: Receiver) -> None:
    life = begin(database)
    hook = hook_on(life, receiver.url)
    rate(life)
    receiver.answers = [410]

    tell(life)
    rate(life)
    tell(life, 60)

    assert len(receiver.got) == 1
    with database.sessions() as session:
        assert session.get_one(EventHook, hook.id).end_reason == "gone"


def test_whoever_was_ended_is_told_nothing_more(database: Database, receiver: Receiver) -> None:
    life = begin(database)
    hook = hook_on(life, receiver.url)
    rate(life)
    with database.sessions.begin() as session:
        end_hook(session, life.practice.id, hook.id, MONDAY_9AM)

    tell(life)

    assert receiver.got == []


def test_what_was_on_its_way_when_a_process_died_goes_again(
    any_database: Database, receiver: Receiver
) -> None:
    life = begin(any_database)
    hook_on(life, receiver.url)
    rate(life)
    tell(life)
    with any_database.sessions.begin() as session:
        delivery = session.scalars(select(HookDelivery)).one()
        delivery.status, delivery.claimed_at = HookStatus.SENDING, MONDAY_9AM

    tell(life, 4)
    assert len(receiver.got) == 1
    tell(life, 6)

    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1


def test_a_rating_whose_transaction_ended_late_is_not_lost(database: Database, receiver: Receiver) -> None:
    """Its id is lower than one that was told already."""
    life = begin(database)
    hook_on(life, receiver.url)
    early, late = rate(life), rate(life)
    with database.sessions.begin() as session:
        session.delete(session.get_one(Rating, early))
    tell(life)
    with database.sessions.begin() as session:
        rating = Rating(
            id=early,
            practice_id=life.practice.id,
            client_id=life.client.id,
            score=2,
            source=RatingSource.TEXT,
            at=MONDAY_9AM,
        )
        session.add(rating)

    tell(life, 1)

    assert [json.loads(body)["data"]["id"] for _, body in receiver.got] == [late, early]


def test_another_practices_ratings_are_not_told(database: Database, receiver: Receiver) -> None:
    life = begin(database)
    hook_on(life, receiver.url)
    other = begin(database)
    rate(other)

    assert tell(life).laid_out == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://records.example.org/x",
        "https://127.0.0.1/x",
        "https://10.0.0.8/x",
        "https://[::1]/x",
        "https://[fd00::1]/x",
        "https://169.254.169.254/latest",
        "https://localhost/x",
        "https://records/x",
        "https://printer.local/x",
        "https://user:pass@records.example.org/x",
        "https://records.example.org/x#y",
        "ftp://records.example.org/x",
        "https://records.example.org:99999/x",
        "https://records.example.org/ x",
        "https://",
        "",
    ],
)
def test_an_address_that_is_not_of_the_internet_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        check_url(url, frozenset())


def test_a_name_that_leads_inside_is_not_called(
    database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a name leads to may change after it was typed, so the call looks again."""
    life = begin(database)
    port = int(receiver.url.split(":")[2].split("/")[0])
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: inside)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    hook_on(life, f"https://records.example.org:{port}/told")
    rate(life)

    tell(life)

    assert [one.answered for one in deliveries(life)] == ["not_allowed"]
