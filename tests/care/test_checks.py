"""What may be typed in."""

from datetime import time

import pytest

from care.checks import (
    check_codes,
    check_country,
    check_email,
    check_line,
    check_paragraphs,
    check_window,
    check_zone,
)
from care.errors import Refused


def test_a_line_is_one_line():
    assert check_line("Name", "  Ann\n\t Berg \x07", 60) == "Ann Berg"


def test_paragraphs_keep_their_line_breaks():
    assert check_paragraphs("Note", "\n Softer today. \r\n\r\nAsk about stairs.\x00\n") == (
        "Softer today.\n\nAsk about stairs."
    )


@pytest.mark.parametrize("email", ["a@b.co", "O'Neil+home@mail.example.org"])
def test_ordinary_emails_pass(email):
    assert check_email(f" {email.upper()} ") == email.upper().lower()


@pytest.mark.parametrize(
    "email", ["", "a", "a@b", "a@b..co", "a b@c.co", "a@@b.co", "a@b.co\nx", "a" * 250 + "@b.co"]
)
def test_what_cannot_be_an_email_is_refused(email):
    with pytest.raises(Refused, match=r"Email must look like name@example\.com\."):
        check_email(email)


@pytest.mark.parametrize("email", ["josé@correo.example", "jose@correó.example"])
def test_an_email_with_accents_is_refused_with_the_reason(email):
    with pytest.raises(Refused, match=r"Email must be in plain letters without accents: .*\."):
        check_email(email)


def test_each_code_counts_once_in_the_order_given():
    assert check_codes("Regions", ["hip", "neck", "hip"], {"neck", "hip"}) == ["hip", "neck"]


@pytest.mark.parametrize("zone", ["", "localtime", "EST5", "../etc/passwd", "america/new_york"])
def test_zones_are_those_of_the_list(zone):
    with pytest.raises(Refused):
        check_zone(zone)


def test_a_country_is_read_in_either_case():
    assert check_country(" gb ") == "GB"


@pytest.mark.parametrize(
    ("hours", "is_requested"),
    [((time(8), time(21)), False), ((time(6), time(22)), True), ((time(9), time(9, 1)), False)],
)
def test_a_window_may_reach_its_limits(hours, is_requested):
    assert check_window(*hours, is_requested=is_requested) == hours


@pytest.mark.parametrize(
    ("hours", "is_requested", "sentence"),
    [
        ((time(7, 59), time(21)), False, "Window must lie between 8:00am and 9:00pm."),
        ((time(8), time(21, 1)), False, "Window must lie between 8:00am and 9:00pm."),
        ((time(6), time(22, 1)), True, "Window must lie between 6:00am and 10:00pm."),
        ((time(20), time(9)), False, "Window must begin before it ends."),
    ],
)
def test_a_window_beyond_them_is_refused(hours, is_requested, sentence):
    with pytest.raises(Refused) as refusal:
        check_window(*hours, is_requested=is_requested)

    assert str(refusal.value) == sentence
