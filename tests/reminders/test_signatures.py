import subprocess
import sys
from pathlib import Path

import pytest
from werkzeug.datastructures import ImmutableMultiDict

from reminders.signatures import is_signed
from tests.twilio_stand_in import TwilioStandIn

ROOT = Path(__file__).parents[2]
URL = "https://clinic.example/twilio/status?m=a1%2Fb&x="
TOKEN = "token"
FORM = [("From", "+12025550123"), ("Body", " 7 "), ("FromCity", ""), ("MessageSid", "SM1")]
SIGNED = TwilioStandIn(auth_token=TOKEN).sign(URL, FORM)


def test_a_form_signed_with_our_token_is_twilios():
    assert is_signed(TOKEN, URL, FORM, SIGNED)
    assert is_signed(TOKEN, URL, ImmutableMultiDict(FORM), SIGNED)


def test_the_example_in_twilios_documentation_is_accepted():
    form = [
        ("Digits", "1234"),
        ("To", "+18005551212"),
        ("From", "+14158675310"),
        ("Caller", "+14158675310"),
        ("CallSid", "CA1234567890ABCDE"),
    ]

    assert is_signed(
        "12345", "https://example.com/myapp.php?foo=1&bar=2", form, "L/OH5YylLD5NRKLltdqwSvS0BnU="
    )


@pytest.mark.parametrize(
    "changed",
    [
        [("From", "+12025550199"), *FORM[1:]],
        [FORM[0], ("Body", "7"), *FORM[2:]],
        [*FORM[:2], *FORM[3:], ("Added", "1")],
        FORM[:3],
        [],
    ],
    ids=["another phone", "a trimmed body", "a name added", "a name left out", "nothing"],
)
def test_a_form_changed_on_the_way_is_not(changed):
    assert not is_signed(TOKEN, URL, changed, SIGNED)


@pytest.mark.parametrize(
    "url",
    [
        "https://clinic.example/twilio/status?m=a2%2Fb&x=",
        "https://clinic.example/twilio/status?x=&m=a1%2Fb",
        "https://clinic.example/twilio/inbound?m=a1%2Fb&x=",
        "https://elsewhere.example/twilio/status?m=a1%2Fb&x=",
        "http://clinic.example/twilio/status?m=a1%2Fb&x=",
    ],
)
def test_a_form_sent_to_another_address_is_not(url):
    assert not is_signed(TOKEN, url, FORM, SIGNED)


@pytest.mark.parametrize("signature", [None, "", "é" * 28, "\udcff", "not base64", SIGNED[:-1], SIGNED * 2])
def test_a_missing_or_strange_header_is_no_signature_and_no_error(signature):
    assert not is_signed(TOKEN, URL, FORM, signature)


def test_the_token_of_another_account_signs_nothing_here():
    assert not is_signed("another token", URL, FORM, SIGNED)


def test_without_a_token_nothing_is_signed_not_even_with_an_empty_one():
    signed_with_nothing = TwilioStandIn(auth_token="").sign(URL, FORM)

    assert not is_signed("", URL, FORM, signed_with_nothing)


def test_what_we_ask_of_twilio_behind_the_number_sign_is_not_part_of_the_signature():
    assert is_signed(TOKEN, URL + "#rc=3&rp=all", FORM, SIGNED)


def test_a_name_that_comes_twice_counts_with_all_its_values():
    twice = [("MediaUrl", "b"), ("Body", "7"), ("MediaUrl", "a"), ("MediaUrl", "a")]
    signature = TwilioStandIn(auth_token=TOKEN).sign(URL, twice)

    assert is_signed(TOKEN, URL, twice, signature)
    assert is_signed(TOKEN, URL, ImmutableMultiDict(twice), signature)
    assert not is_signed(TOKEN, URL, twice[:2], signature)


def test_a_port_that_twilio_left_out_or_put_in_does_not_matter():
    twilio = TwilioStandIn(auth_token=TOKEN)

    with_port = twilio.sign("https://clinic.example:443/in", FORM)
    without_port = twilio.sign("https://clinic.example/in", FORM)

    assert is_signed(TOKEN, "https://clinic.example/in", FORM, with_port)
    assert is_signed(TOKEN, "https://clinic.example:443/in", FORM, without_port)


def test_any_script_can_be_signed():
    form = [("Body", "boli mnie łydka 😀"), ("From", "+48500500500")]

    assert is_signed(TOKEN, URL, form, TwilioStandIn(auth_token=TOKEN).sign(URL, form))


def test_half_a_character_in_a_form_is_refused_and_no_error():
    assert not is_signed(TOKEN, URL, [("Body", "\ud83d")], SIGNED)


def test_a_body_hash_in_the_address_does_not_let_an_unsigned_form_in():
    url = URL + "&bodySHA256=" + "0" * 64

    assert not is_signed(TOKEN, url, FORM, SIGNED)
    assert is_signed(TOKEN, url, FORM, TwilioStandIn(auth_token=TOKEN).sign(url, FORM))


def test_the_web_process_does_not_load_twilios_client_for_it():
    loaded = "import sys, reminders.signatures; print({'twilio.rest', 'requests'} & set(sys.modules))"

    shown = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert shown.stdout.strip() == "set()"
