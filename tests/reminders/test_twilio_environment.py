import pytest

from reminders.gateway import (
    Accepted,
    GatewayRefused,
)
from tests.reminders.through_twilio import send
from tests.twilio_stand_in import TwilioStandIn


def test_twilio_is_reached_through_the_proxy_with_the_certificates_of_the_environment(twilio):
    send()

    assert twilio.proxy.connects == [("api.twilio.com:443", None)]


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_either_variable_names_the_certificates(twilio, monkeypatch, variable):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv(variable, str(twilio.ca_path))

    assert isinstance(send(), Accepted)


def test_the_certificates_of_requests_come_before_those_of_openssl(twilio, monkeypatch):
    with TwilioStandIn() as other:
        monkeypatch.setenv("SSL_CERT_FILE", str(other.ca_path))

        assert isinstance(send(), Accepted)


def test_certificates_that_cannot_be_read_are_named_at_the_start(twilio, monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))

    with pytest.raises(GatewayRefused, match="REQUESTS_CA_BUNDLE"):
        send()


def test_a_file_that_holds_no_certificate_is_named_at_the_start(twilio, monkeypatch, tmp_path):
    (tmp_path / "note.txt").write_text("nothing here")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "note.txt"))

    with pytest.raises(GatewayRefused, match="REQUESTS_CA_BUNDLE"):
        send()


def test_a_proxy_may_ask_for_a_password_and_may_be_written_without_http(twilio, monkeypatch):
    monkeypatch.setenv("https_proxy", f"user:pass@127.0.0.1:{twilio.proxy_port}")

    assert isinstance(send(), Accepted)
    assert twilio.proxy.connects == [("api.twilio.com:443", "Basic dXNlcjpwYXNz")]


def test_a_kind_of_proxy_we_cannot_use_is_named_at_the_start(twilio, monkeypatch):
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1080")

    with pytest.raises(GatewayRefused, match="HTTPS_PROXY"):
        send()


def test_an_edge_in_the_environment_does_not_change_the_host(twilio, monkeypatch):
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")

    assert isinstance(send(), Accepted)


def test_passwords_kept_for_other_programs_are_left_alone(twilio, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    assert isinstance(send(), Accepted)
