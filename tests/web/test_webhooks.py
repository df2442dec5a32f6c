"""The provider's door: nothing passes that it did not sign."""

import base64
import hashlib
import hmac
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.models import Client, DeliveryEvent, Direction, Message, Practice, Sender, SenderKind
from tests.making import MONDAY_8AM, make_client, make_practice
from tests.web.conftest import MakeApp
from tests.web.texting import ACCOUNT, NUMBER, PUBLIC, TOKEN

ENVIRON = {
    "HOMESTRETCH_PUBLIC_URL": PUBLIC,
    "HOMESTRETCH_PRODUCTION": "0",
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def client(session: Session) -> Client:
    practice = make_practice(session)
    session.add(Sender(practice_id=practice.id, kind=SenderKind.NUMBER, address=NUMBER))
    client = make_client(session, practice)
    session.commit()
    return client


@pytest.fixture
def provider(make_app: MakeApp) -> FlaskClient:
    return make_app(**ENVIRON).test_client()


def sign(path: str, form: dict[str, str], token: str = TOKEN) -> str:
    signed = PUBLIC + path + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def text_of(client: Client, body: str = "4") -> dict[str, str]:
    assert client.phone
    return {
        "AccountSid": ACCOUNT,
        "MessageSid": "SM" + "1" * 32,
        "From": client.phone,
        "To": NUMBER,
        "Body": body,
        "NumMedia": "0",
    }


def count(session: Session, table: type) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_signed_text_is_stored_and_answered_with_nothing(
    provider: FlaskClient, client: Client, session: Session
) -> None:
    form = text_of(client)

    answer = provider.post(
        "/twilio/inbound", data=form, headers={"X-Twilio-Signature": sign("/twilio/inbound", form)}
    )

    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert answer.text.endswith("<Response/>")
    message = session.scalars(select(Message)).one()
    assert (message.client_id, message.body, message.direction) == (client.id, "4", Direction.IN)


def test_a_text_to_a_sample_practice_comes_in_on_its_own_clock(
    provider: FlaskClient, client: Client, session: Session
) -> None:
    practice = session.get_one(Practice, client.practice_id)
    practice.is_sample, practice.clock_offset_seconds = True, 3600
    session.commit()
    form = text_of(client)

    provider.post("/twilio/inbound", data=form, headers={"X-Twilio-Signature": sign("/twilio/inbound", form)})

    session.rollback()
    assert session.scalars(select(Message.at)).one() == MONDAY_8AM + timedelta(hours=1)


def test_the_same_text_twice_is_one_message(provider: FlaskClient, client: Client, session: Session) -> None:
    form = text_of(client)
    headers = {"X-Twilio-Signature": sign("/twilio/inbound", form)}

    answers = [provider.post("/twilio/inbound", data=form, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert session.scalar(select(func.count()).where(Message.direction == Direction.IN)) == 1


@pytest.mark.parametrize("signature", [None, "", "bm90IGl0", "é", sign("/twilio/inbound", {"Body": "other"})])
def test_what_is_not_signed_is_refused_and_not_stored(
    provider: FlaskClient, client: Client, session: Session, signature: str | None
) -> None:
    headers = {} if signature is None else {"X-Twilio-Signature": signature}

    answer = provider.post("/twilio/inbound", data=text_of(client), headers=headers)

    assert answer.status_code == 403
    assert count(session, Message) == 0


def test_a_signature_of_another_address_is_refused(provider: FlaskClient, client: Client) -> None:
    form = text_of(client)

    answer = provider.post(
        "/twilio/inbound", data=form, headers={"X-Twilio-Signature": sign("/twilio/status", form)}
    )

    assert answer.status_code == 403


def test_another_account_is_refused_even_with_the_token(provider: FlaskClient, client: Client) -> None:
    form = text_of(client) | {"AccountSid": "AC" + "9" * 32}

    answer = provider.post(
        "/twilio/inbound", data=form, headers={"X-Twilio-Signature": sign("/twilio/inbound", form)}
    )

    assert answer.status_code == 403


def test_a_body_that_is_no_form_is_refused(provider: FlaskClient) -> None:
    answer = provider.post(
        "/twilio/inbound",
        json={"Body": "4"},
        headers={"X-Twilio-Signature": sign("/twilio/inbound", {})},
    )

    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/twilio/inbound", "/twilio/status"])
def test_without_a_token_both_doors_are_shut(browser: FlaskClient, client: Client, path: str) -> None:
    form = text_of(client)

    answer = browser.post(path, data=form, headers={"X-Twilio-Signature": sign(path, form)})

    assert answer.status_code == 403


def test_what_a_proxy_says_of_the_host_changes_nothing(provider: FlaskClient, client: Client) -> None:
    form = text_of(client)

    answer = provider.post(
        "/twilio/inbound",
        data=form,
        headers={
            "X-Twilio-Signature": sign("/twilio/inbound", form),
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Proto": "http",
        },
    )

    assert answer.status_code == 200


def test_a_status_moves_the_message_named_by_our_reference(
    provider: FlaskClient, client: Client, session: Session
) -> None:
    assert client.phone
    assert client.phone_hash
    message = Message(
        practice_id=client.practice_id,
        client_id=client.id,
        direction=Direction.OUT,
        phone=client.phone,
        phone_hash=client.phone_hash,
        body="Riverside: hello",
        status="sending",
        status_rank=2,
        at=MONDAY_8AM,
    )
    session.add(message)
    session.commit()
    path = f"/twilio/status?{urlencode({'m': message.reference})}"
    form = {"AccountSid": ACCOUNT, "MessageSid": "SM" + "2" * 32, "MessageStatus": "delivered"}

    answer = provider.post(path, data=form, headers={"X-Twilio-Signature": sign(path, form)})

    assert (answer.status_code, answer.data) == (204, b"")
    session.refresh(message)
    assert message.status == "delivered"
    assert count(session, DeliveryEvent) == 1


def test_a_signed_form_without_a_sid_is_a_bad_request(provider: FlaskClient) -> None:
    form = {"AccountSid": ACCOUNT}

    answers = [
        provider.post(path, data=form, headers={"X-Twilio-Signature": sign(path, form)}).status_code
        for path in ("/twilio/inbound", "/twilio/status")
    ]

    assert answers == [400, 400]
