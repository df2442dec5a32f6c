import asyncio
import logging
import socket
import traceback
from dataclasses import replace

import pytest

from reminders.gateway import (
    Accepted,
    Gateway,
    GatewayUnreachable,
    Outcome,
    Postponed,
    Refused,
    Unsure,
)
from reminders.twilio_transport import seconds
from tests.reminders.through_twilio import NUMBER, PHONE, REMINDER, SERVICE, closed_port, send, use
from tests.twilio_stand_in import AUTH_TOKEN, TwilioStandIn

# --- Twilio has it ---


def test_a_text_that_twilio_takes_is_accepted_with_its_sid(twilio):
    outcome = send()

    (message,) = twilio.messages
    assert outcome == Accepted(sid=message.sid, status="queued", segments=1)
    assert message.form == {
        "To": PHONE,
        "From": NUMBER,
        "Body": REMINDER.body,
        "StatusCallback": REMINDER.callback_url,
        "ValidityPeriod": "3600",
    }


def test_a_text_through_a_service_has_no_number_yet_and_no_counted_segments(twilio):
    outcome = send(replace(REMINDER, from_number=None, service_sid=SERVICE))

    (message,) = twilio.messages
    assert outcome == Accepted(sid=message.sid, status="accepted", segments=None)
    assert message.service == SERVICE
    assert "From" not in message.form


def test_what_we_do_not_ask_for_is_not_sent_along(twilio):
    send(replace(REMINDER, validity_seconds=None, callback_url=None))

    assert set(twilio.messages[0].form) == {"To", "From", "Body"}


def test_many_texts_share_few_connections(twilio):
    texts = [replace(REMINDER, reference=f"r{n}", body=f"text {n}") for n in range(40)]

    outcomes = use(lambda gateway: asyncio.gather(*map(gateway.send, texts)), concurrency=4)

    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert sorted(message.body for message in twilio.messages) == sorted(text.body for text in texts)
    assert len(twilio.proxy.connects) <= 4


# --- Twilio said no for good ---


@pytest.mark.parametrize(
    ("mode", "code"), [("400:21211", 21211), ("400:21610", 21610), ("403:21408", 21408), ("404:20404", 20404)]
)
def test_a_refusal_with_a_code_is_for_good(twilio, mode, code):
    twilio.next_answers(mode)

    outcome = send()

    assert outcome == Refused(code, f"Twilio refused it (code {code})")
    assert twilio.messages == []


def test_a_text_without_a_sender_is_refused(twilio):
    assert send(replace(REMINDER, from_number=None)) == Refused(21603, "Twilio refused it (code 21603)")


# --- Surely not sent ---


@pytest.mark.parametrize(
    ("mode", "code", "retry_after"),
    [
        ("429", 20429, None),
        ("429:20429:7", 20429, 7.0),
        ("429:21611:0.5", 21611, 0.5),
        ("400:21611", 21611, None),
        ("400:20429", 20429, None),
    ],
)
def test_when_twilio_asks_us_to_slow_down_the_whole_sender_waits(twilio, mode, code, retry_after):
    twilio.next_answers(mode)

    outcome = send()

    assert isinstance(outcome, Postponed)
    assert outcome.holds_sender
    assert (outcome.code, outcome.retry_after_seconds) == (code, retry_after)
    assert twilio.posts == 1


@pytest.mark.parametrize(
    "header", [None, "", "Mon, 02 Mar 2026 14:00:00 GMT", "-1", "nan", "inf", "1e9", "²"]
)
def test_a_wait_that_is_no_plain_number_of_seconds_is_left_to_us(header):
    assert seconds(header) is None


def test_wrong_credentials_hold_the_sender_and_spare_the_text(twilio):
    outcome = send(token="an old token")

    assert isinstance(outcome, Postponed)
    assert outcome.holds_sender
    assert outcome.code == 20003


@pytest.mark.parametrize(
    ("mode", "code"), [("403:20003", 20003), ("401", 20003), ("403:20403", 20403), ("401:20005", 20005)]
)
def test_an_account_that_is_not_let_in_holds_the_sender(twilio, mode, code):
    twilio.next_answers(mode)

    outcome = send()

    assert isinstance(outcome, Postponed)
    assert outcome.holds_sender
    assert outcome.code == code


def test_a_proxy_that_is_down_means_not_sent(twilio, monkeypatch):
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed_port()}")

    outcome = send()

    assert outcome == Postponed("Twilio could not be reached (ClientProxyConnectionError)")
    assert twilio.posts == 0


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_does_not_let_us_through_means_not_sent(twilio, status):
    twilio.proxy.status = status

    assert send() == Postponed("Twilio could not be reached (ClientHttpProxyError)")
    assert twilio.posts == 0


def test_a_proxy_that_says_nothing_means_not_sent(twilio, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{silent.getsockname()[1]}")

        assert send(timeout_seconds=0.4) == Postponed("Twilio could not be reached (ConnectionTimeoutError)")


def test_a_certificate_we_do_not_trust_means_not_sent(twilio, monkeypatch):
    with TwilioStandIn() as other:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.ca_path))

        outcome = send()

    assert outcome == Postponed("Twilio could not be reached (ClientConnectorCertificateError)")
    assert twilio.posts == 0


def test_a_name_that_cannot_be_found_means_not_sent_and_no_proxy_goes_straight(twilio, monkeypatch):
    asked = []

    def find_nothing(host, *args, **kwargs):
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setenv("no_proxy", "localhost,.twilio.com")
    monkeypatch.setattr(socket, "getaddrinfo", find_nothing)

    outcome = send()

    assert outcome == Postponed("Twilio could not be reached (ClientConnectorDNSError)")
    assert asked == ["api.twilio.com"]
    assert twilio.proxy.connects == []


def test_a_text_that_found_no_free_connection_was_not_sent(twilio):
    twilio.next_answers("hang")

    first, second = use(
        lambda gateway: asyncio.gather(gateway.send(REMINDER), gateway.send(REMINDER)),
        concurrency=1,
        timeout_seconds=0.8,
    )

    assert isinstance(first, Unsure)
    assert isinstance(second, Postponed)
    assert twilio.posts == 1


# --- Nobody can say ---


def test_a_500_after_the_text_was_taken_leaves_one_text_and_a_doubt(twilio):
    twilio.next_answers("500_after_accept")

    outcome = send()

    assert outcome == Unsure("Twilio failed (HTTP 500)")
    assert twilio.posts == 1
    assert len(twilio.messages) == 1


@pytest.mark.parametrize("mode", ["500_before_accept", "500", "502", "503", "504:20504", "503:20429"])
def test_any_failure_of_twilio_is_a_doubt_and_asked_once(twilio, mode):
    twilio.next_answers(mode)

    assert isinstance(send(), Unsure)
    assert twilio.posts == 1


@pytest.mark.parametrize(
    ("mode", "taken"), [("reset_before", 0), ("reset_after", 1), ("cut", 1), ("garbled", 1), ("nameless", 1)]
)
def test_an_answer_that_is_lost_or_unreadable_is_a_doubt(twilio, mode, taken):
    twilio.next_answers(mode)

    assert isinstance(send(), Unsure)
    assert twilio.posts == 1
    assert len(twilio.messages) == taken


def test_a_used_connection_that_breaks_sends_nothing_again(twilio):
    async def send_three(gateway: Gateway) -> list[Outcome]:
        return [await gateway.send(REMINDER) for _ in range(3)]

    twilio.next_answers("ok", "reset_after", "ok")

    outcomes = use(send_three)

    assert [type(outcome) for outcome in outcomes] == [Accepted, Unsure, Accepted]
    assert twilio.posts == 3
    assert len(twilio.messages) == 3


@pytest.mark.parametrize(("mode", "taken"), [("hang", 1), ("hang_before", 0)])
def test_an_answer_that_does_not_come_in_time_is_a_doubt(twilio, mode, taken):
    twilio.next_answers(mode)

    assert send(timeout_seconds=0.4) == Unsure("no answer from Twilio within 0.4 s")
    assert len(twilio.messages) == taken


def test_a_redirect_is_not_followed(twilio):
    twilio.next_answers("redirect")

    assert isinstance(send(), Unsure)
    assert twilio.posts == 1
    assert twilio.messages == []


@pytest.mark.parametrize("mode", ["400", "403", "404", "408"])
def test_an_error_page_of_something_on_the_way_settles_nothing(twilio, mode):
    twilio.next_answers(mode)

    assert isinstance(send(), Unsure)


# --- What gets out ---


@pytest.mark.parametrize(
    "mode",
    [
        "ok",
        "400:21211",
        "429:20429:7",
        "401",
        "500",
        "reset_after",
        "garbled",
        "cut",
        "redirect",
        "403",
        "no way through",
    ],
)
def test_neither_phone_nor_text_nor_token_gets_into_reasons_or_logs(twilio, mode, caplog):
    caplog.set_level(logging.DEBUG)
    if mode == "no way through":
        twilio.proxy.status = 403
    twilio.next_answers(mode)
    twilio.next_lookups(mode, mode)

    async def send_and_look(gateway: Gateway) -> str:
        outcome = await gateway.send(REMINDER)
        try:
            await gateway.list_sent_to(PHONE, 10)
        except GatewayUnreachable as error:
            return repr(outcome) + "".join(traceback.format_exception(error))
        return repr(outcome)

    said = use(send_and_look) + caplog.text

    assert PHONE.removeprefix("+") not in said
    assert "Reply 0-10" not in said
    assert AUTH_TOKEN not in said


def test_twilios_own_log_of_requests_stays_quiet(twilio):
    logging.getLogger("twilio.http_client").setLevel(logging.INFO)

    send()

    assert logging.getLogger("twilio.http_client").level == logging.WARNING


# --- The end ---


def test_after_its_end_a_gateway_sends_nothing(twilio):
    async def close_and_send(gateway: Gateway) -> None:
        await gateway.aclose()
        await gateway.send(REMINDER)

    with pytest.raises(RuntimeError, match="closed"):
        use(close_and_send)

    assert twilio.posts == 0
