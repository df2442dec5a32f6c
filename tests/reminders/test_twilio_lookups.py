from datetime import datetime, timedelta

import pytest

from reminders.gateway import (
    Gateway,
    GatewayRefused,
    GatewayUnreachable,
    Unsure,
)
from tests.making import MONDAY_9AM
from tests.reminders.through_twilio import NUMBER, PHONE, REMINDER, SERVICE, closed_port, use
from tests.twilio_stand_in import ACCOUNT_SID, StandInMessage, TwilioStandIn, new_sid

# --- Asking whether we are let in ---


def check(**changes) -> None:
    use(lambda gateway: gateway.check(), **changes)


def test_a_good_account_passes_and_is_only_looked_at(twilio):
    check(service_sid=SERVICE)

    assert twilio.lookups == [f"/2010-04-01/Accounts/{ACCOUNT_SID}.json"]
    assert twilio.posts == 0


def test_a_wrong_token_is_said_in_one_sentence(twilio):
    with pytest.raises(GatewayRefused) as refused:
        check(token="wrong")

    assert str(refused.value) == "Twilio does not accept TWILIO_ACCOUNT_SID together with TWILIO_AUTH_TOKEN."


@pytest.mark.parametrize("mode", ["401:20003", "403:20403", "404:20404"])
def test_an_account_that_is_not_let_in_or_not_known_is_refused(twilio, mode):
    twilio.next_lookups(mode)

    with pytest.raises(GatewayRefused, match="Twilio"):
        check()


@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_an_account_that_is_not_active_is_refused(twilio, status):
    twilio.account_status = status

    with pytest.raises(GatewayRefused, match=status):
        check()


@pytest.mark.parametrize("sid", ["", "MG123", NUMBER, "AC" + "7" * 32, SERVICE + "7", SERVICE + "\n"])
def test_something_that_cannot_be_a_service_is_refused_unasked(twilio, sid):
    with pytest.raises(GatewayRefused, match="TWILIO_MESSAGING_SERVICE_SID"):
        check(service_sid=sid)

    assert twilio.lookups == []


@pytest.mark.parametrize("mode", ["500", "503", "429", "reset_before", "garbled", "redirect", "400:20001"])
def test_trouble_says_nothing_about_the_account(twilio, mode):
    # Twice, because what is only looked at may be asked again over a fresh connection.
    twilio.next_lookups(mode, mode)

    with pytest.raises(GatewayUnreachable, match="Twilio"):
        check()


def test_an_account_that_cannot_be_asked_in_time_is_out_of_reach(twilio):
    twilio.next_lookups("hang_before")

    with pytest.raises(GatewayUnreachable, match=r"within 0\.4 s"):
        check(timeout_seconds=0.4)


def test_an_account_behind_a_proxy_that_is_down_is_out_of_reach(twilio, monkeypatch):
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed_port()}")

    with pytest.raises(GatewayUnreachable, match="could not be reached"):
        check()


# --- Looking at what Twilio knows ---


def put(
    twilio: TwilioStandIn, body: str, *, minutes: float, inbound: bool = False, phone: str = PHONE
) -> str:
    """One message of the past, so many minutes after nine; its sid."""
    to, from_ = (NUMBER, phone) if inbound else (phone, NUMBER)
    at = MONDAY_9AM + timedelta(minutes=minutes)
    status, direction = ("received", "inbound") if inbound else ("sent", "outbound-api")
    message = StandInMessage(new_sid(), to, from_, None, body, status, direction, at)
    (twilio.received if inbound else twilio.messages).append(message)
    return message.sid


def test_what_went_to_a_phone_is_shown_newest_first_and_nobody_elses(twilio):
    older = put(twilio, "older", minutes=0)
    newer = put(twilio, "newer", minutes=1)
    put(twilio, "to another", minutes=2, phone="+12025550199")
    put(twilio, "from the phone", minutes=3, inbound=True)

    shown = use(lambda gateway: gateway.list_sent_to(PHONE, 20))

    assert [message.sid for message in shown] == [newer, older]
    assert [message.created_at for message in shown] == [MONDAY_9AM + timedelta(minutes=1), MONDAY_9AM]
    first = shown[0]
    assert (first.direction, first.from_, first.to) == ("outbound-api", NUMBER, PHONE)
    assert (first.body, first.status, first.error_code) == ("newer", "sent", None)


def test_a_text_whose_answer_was_lost_is_found_in_the_list(twilio):
    async def send_and_look(gateway: Gateway):
        return await gateway.send(REMINDER), await gateway.list_sent_to(PHONE, 20)

    twilio.next_answers("reset_after")

    outcome, shown = use(send_and_look)

    assert isinstance(outcome, Unsure)
    assert [(message.sid, message.body) for message in shown] == [(twilio.messages[0].sid, REMINDER.body)]


def test_the_error_of_a_text_that_failed_is_shown(twilio):
    put(twilio, "failed", minutes=0)
    twilio.callback(twilio.messages[0], "undelivered", error_code=30003)

    (message,) = use(lambda gateway: gateway.list_sent_to(PHONE, 20))

    assert (message.status, message.error_code) == ("undelivered", 30003)


@pytest.mark.parametrize(("limit", "shown"), [(0, 0), (1, 1), (3, 3), (1500, 5)])
def test_no_more_is_read_than_was_asked_for(twilio, limit, shown):
    for minute in range(5):
        put(twilio, "text", minutes=minute)

    assert len(use(lambda gateway: gateway.list_sent_to(PHONE, limit))) == shown


def test_answers_are_found_behind_any_number_of_texts_we_sent_since(twilio):
    put(twilio, "too old", minutes=-1, inbound=True)
    wanted = [put(twilio, "7", minutes=minute, inbound=True) for minute in (0, 1)]
    for _ in range(1100):
        put(twilio, "ours", minutes=2)

    received = use(lambda gateway: gateway.list_received(MONDAY_9AM, 50))

    assert [message.sid for message in received] == wanted[::-1]
    assert [(message.from_, message.to, message.body) for message in received] == [(PHONE, NUMBER, "7")] * 2
    assert len(twilio.lookups) == 2


def test_an_answer_of_the_same_second_is_not_missed(twilio):
    sid = put(twilio, "7", minutes=0, inbound=True)

    received = use(lambda gateway: gateway.list_received(MONDAY_9AM + timedelta(milliseconds=900), 50))

    assert [message.sid for message in received] == [sid]


def test_the_day_asked_for_is_twilios_day(twilio):
    ahead = datetime.fromisoformat("2026-03-03T00:30:00+10:30")
    sid = put(twilio, "7", minutes=5, inbound=True)

    received = use(lambda gateway: gateway.list_received(ahead, 50))

    assert [message.sid for message in received] == [sid]
    assert "DateSent%3E=2026-03-02" in twilio.lookups[0]


def test_of_many_answers_the_latest_are_shown(twilio):
    sids = [put(twilio, "7", minutes=minute, inbound=True) for minute in range(4)]

    received = use(lambda gateway: gateway.list_received(MONDAY_9AM, 2))

    assert [message.sid for message in received] == [sids[3], sids[2]]


@pytest.mark.parametrize(
    "mode", ["500", "429", "401", "403:20403", "reset_before", "garbled", "nameless", "cut"]
)
def test_a_list_that_cannot_be_read_is_no_empty_list(twilio, mode):
    twilio.next_lookups(mode, mode)
    with pytest.raises(GatewayUnreachable, match="Twilio"):
        use(lambda gateway: gateway.list_sent_to(PHONE, 10))

    twilio.next_lookups(mode, mode)
    with pytest.raises(GatewayUnreachable, match="Twilio"):
        use(lambda gateway: gateway.list_received(MONDAY_9AM, 10))
