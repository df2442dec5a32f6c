"""What the environment may say of the mail server."""

from pathlib import Path

import pytest

from care.settings import BadSettings, SmtpSettings, load_settings

FROM = "Riverside <care@riverside.example>"


def load(tmp_path: Path, url: str, sender: str = FROM, **more: str) -> SmtpSettings | None:
    environ = {
        "HOMESTRETCH_DATA_DIR": str(tmp_path),
        "HOMESTRETCH_SMTP_URL": url,
        "HOMESTRETCH_MAIL_FROM": sender,
    }
    return load_settings(environ | more).smtp


@pytest.mark.parametrize(
    ("url", "host", "port", "security", "user", "password"),
    [
        ("smtp://mail.example.org", "mail.example.org", 587, "starttls", "", ""),
        ("smtps://mail.example.org", "mail.example.org", 465, "tls", "", ""),
        ("smtp://care:a%40b@mail.example.org:2525", "mail.example.org", 2525, "starttls", "care", "a@b"),
        ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, "none", "", ""),
        ("smtp://localhost:1025/?starttls=1", "localhost", 1025, "starttls", "", ""),
        ("smtp://relay.lan:25?starttls=0", "relay.lan", 25, "none", "", ""),
    ],
)
def test_the_address_says_where_and_how(
    tmp_path: Path, url: str, host: str, port: int, security: str, user: str, password: str
) -> None:
    smtp = load(tmp_path, url)

    assert smtp == SmtpSettings(host, port, security, FROM, user, password)


def test_mail_is_off_without_a_server(tmp_path: Path) -> None:
    assert load(tmp_path, "") is None


@pytest.mark.parametrize(
    ("url", "sender", "named"),
    [
        ("http://mail.example.org", FROM, "HOMESTRETCH_SMTP_URL"),
        ("smtp://", FROM, "HOMESTRETCH_SMTP_URL"),
        ("smtp://mail.example.org:99999", FROM, "HOMESTRETCH_SMTP_URL"),
        ("smtp://mail.example.org?tls=maybe", FROM, "HOMESTRETCH_SMTP_URL"),
        ("smtp://care:secret@relay.lan?starttls=0", FROM, "HOMESTRETCH_SMTP_URL"),
        ("smtp://mail.example.org", "", "HOMESTRETCH_MAIL_FROM"),
        ("smtp://mail.example.org", "care", "HOMESTRETCH_MAIL_FROM"),
        ("smtp://mail.example.org", "care@x.example\nBcc: all@x.example", "HOMESTRETCH_MAIL_FROM"),
    ],
)
def test_a_fault_is_named_and_no_password_with_it(tmp_path: Path, url: str, sender: str, named: str) -> None:
    with pytest.raises(BadSettings) as bad:
        load(tmp_path, url, sender)

    assert named in str(bad.value)
    assert "secret" not in str(bad.value)


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    assert "a@b" not in repr(load(tmp_path, "smtp://care:a%40b@mail.example.org"))


def test_the_certificates_of_the_environment_hold_for_mail_too(tmp_path: Path) -> None:
    smtp = load(tmp_path, "smtps://mail.example.org", SSL_CERT_FILE="/etc/house.pem")

    assert smtp is not None
    assert smtp.authorities == Path("/etc/house.pem")
