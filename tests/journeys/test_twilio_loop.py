"""The unchanged product against a Twilio-shaped server, reached as Twilio is: by proxy, TLS and webhook."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.conftest import Product, free_port
from tests.twilio_stand_in import TwilioStandIn

PASSWORD = "correct horse battery staple"
PHONE = "+12025550123"
SENDER = "+12025550100"
ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "an auth token of the tests"


@pytest.fixture
def twilio() -> Iterator[TwilioStandIn]:
    with TwilioStandIn(account_sid=ACCOUNT, auth_token=TOKEN) as stand_in:
        yield stand_in


@pytest.fixture
def product(start: Callable[..., Product], twilio: TwilioStandIn) -> Product:
    product = start(
        HOMESTRETCH_GATEWAY="twilio",
        HOMESTRETCH_PUBLIC_URL="http://care.example.test",
        HOMESTRETCH_PRODUCTION="0",
        TWILIO_ACCOUNT_SID=ACCOUNT,
        TWILIO_AUTH_TOKEN=TOKEN,
        TWILIO_FROM_NUMBER=SENDER,
        **twilio.environment(),
    )
    product.command(
        "init",
        *("--practice", "Harbour Clinic", "--timezone", zone_at_noon(), "--country", "US"),
        *("--phone", "202-555-0111"),
        *("--admin-email", "ada@harbour.example", "--admin-password-stdin"),
        typed=PASSWORD + "\n",
    )
    return product


def zone_at_noon() -> str:
    """A zone in which it is about noon, so that the sending window is open whenever the tests run."""
    hours = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/UTC"


def post(product: Product, twilio: TwilioStandIn, path: str, form: dict[str, str], **headers: str) -> int:
    """Knock at a webhook as the provider does: signed for the public address, sent to the real one."""
    signed = twilio.sign(f"http://care.example.test{path}", form)
    request = urllib.request.Request(
        f"{product.url}{path}",
        data=urllib.parse.urlencode(form).encode(),
        headers={"X-Twilio-Signature": signed} | headers,
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def scenario() -> str:
    """A client with consent and an exercise that is due in this minute."""
    due = datetime.now(UTC) + timedelta(seconds=2)
    records: list[dict[str, Any]] = [
        {"type": "practice", "ref": "p", "name": "Harbour Clinic", "existing": True},
        {
            "type": "client",
            "ref": "c",
            "practice": "p",
            "first_name": "Maria",
            "phone": PHONE,
            "timezone": zone_at_noon(),
            "consent": {"given_at": "2026-03-01T09:00:00Z", "source": "paper"},
        },
        {"type": "plan", "ref": "pl", "client": "c", "version": 1},
        {
            "type": "assignment",
            "ref": "a",
            "client": "c",
            "plan": "pl",
            "exercise": "cat-cow",
            "times": ["23:58"],
            "starts_on": due.date().isoformat(),
        },
        {
            "type": "reminder",
            "ref": "r",
            "client": "c",
            "kind": "pain_question",
            "text_key": "pain_now",
            "due_at": due.isoformat(),
            "send_at": due.isoformat(),
            "expires_at": (due + timedelta(hours=2)).isoformat(),
        },
    ]
    return "\n".join(json.dumps(record) for record in records)


def test_the_loop_runs_through_the_official_client(product: Product, twilio: TwilioStandIn) -> None:
    product.command("import", "-", typed=scenario())

    question = product.wait_for(lambda: [m for m in twilio.messages if m.to == PHONE])[0]

    assert "What is your pain right now, 0 to 10?" in question.body
    assert question.status_callback.startswith("http://care.example.test/twilio/status?m=")
    path = question.status_callback.removeprefix("http://care.example.test")
    assert post(product, twilio, path, twilio.callback(question, "delivered")) == 204
    assert post(product, twilio, path, twilio.callback(question, "sent")) == 204

    answer = twilio.inbound(PHONE, SENDER, "4")
    assert post(product, twilio, "/twilio/inbound", answer) == 200
    assert post(product, twilio, "/twilio/inbound", answer) == 200

    thanks = product.wait_for(lambda: [m for m in twilio.messages if "4 out of 10" in m.body])
    assert len(thanks) == 1
    assert [r["score"] for r in product.records("rating")] == [4]
    statuses = {m["body"]: m["status"] for m in product.records("message")}
    assert statuses[question.body] == "delivered"


def test_a_webhook_nobody_signed_is_refused_and_leaves_nothing(
    product: Product, twilio: TwilioStandIn
) -> None:
    forged = twilio.inbound(PHONE, SENDER, "STOP")

    answers = [
        post(product, twilio, "/twilio/inbound", forged, **{"X-Twilio-Signature": "bm90IHNpZ25lZA=="}),
        post(product, twilio, "/twilio/inbound", forged | {"Body": "STOP"}, **{"X-Twilio-Signature": ""}),
    ]

    assert answers == [403, 403]
    assert product.records("message") == []


def test_a_stop_by_text_is_final_and_the_log_names_nobody(product: Product, twilio: TwilioStandIn) -> None:
    product.command("import", "-", typed=scenario())
    product.wait_for(lambda: twilio.messages)

    assert (
        post(product, twilio, "/twilio/inbound", twilio.inbound(PHONE, SENDER, "please stop texting me"))
        == 200
    )

    goodbye = product.wait_for(lambda: [m for m in twilio.messages if "no more texts" in m.body])
    assert len(goodbye) == 1
    assert product.stop() == 0
    log = "\n".join(product.log)
    assert "text_received" in log
    for private in (PHONE, "Maria", "please stop", TOKEN):
        assert private not in log


def test_wrong_credentials_refuse_the_start(start: Callable[..., Product], twilio: TwilioStandIn) -> None:
    with pytest.raises(AssertionError, match="TWILIO_AUTH_TOKEN"):
        start(
            HOMESTRETCH_GATEWAY="twilio",
            HOMESTRETCH_PUBLIC_URL=f"http://127.0.0.1:{free_port()}",
            HOMESTRETCH_PRODUCTION="0",
            TWILIO_ACCOUNT_SID=ACCOUNT,
            TWILIO_AUTH_TOKEN="not the token",
            TWILIO_FROM_NUMBER=SENDER,
            **twilio.environment(),
        )
