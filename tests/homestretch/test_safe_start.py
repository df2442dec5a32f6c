"""What production refuses to start with, typed as the command, and the sentence it says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from homestretch.cli import main
from tests.twilio_stand_in import ACCOUNT_SID

PRODUCTION = {"HOMESTRETCH_PUBLIC_URL": "https://care.example.org"}
GOOD_SECRET = "Xq4-v9Tz7LmB2_kRw8sYd1GhJc5NfPa0"
TWILIO = {
    "HOMESTRETCH_GATEWAY": "twilio",
    "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
    "TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef",
    "TWILIO_FROM_NUMBER": "+15005550006",
}
Type = Callable[..., str]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """Type a command in this environment; what it says as it refuses."""

    def say(*words: str, **environ: str) -> str:
        for name, value in ({"HOMESTRETCH_DATA_DIR": str(tmp_path / "var")} | PRODUCTION | environ).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as left:
            main(words or ("web",))
        assert left.value.code == 2
        return capsys.readouterr().err.strip()

    return say


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"HOMESTRETCH_SECRET_KEY": "too short"}, "HOMESTRETCH_SECRET_KEY must be 32 or more random"),
        ({"HOMESTRETCH_SECRET_KEY": "change-me-" * 5}, "HOMESTRETCH_SECRET_KEY must be 32 or more random"),
        ({"HOMESTRETCH_SECRET_KEY": "ab" * 20}, "HOMESTRETCH_SECRET_KEY must be 32 or more random"),
        ({"HOMESTRETCH_METRICS_TOKEN": "metrics"}, "HOMESTRETCH_METRICS_TOKEN must be 16 or more random"),
        ({"HOMESTRETCH_BACKUP_KEY": "short"}, "HOMESTRETCH_BACKUP_KEY must be a passphrase of 16 or more"),
        (
            {"HOMESTRETCH_PRODUCTION": "1", "HOMESTRETCH_PUBLIC_URL": "http://care.example.org"},
            "HOMESTRETCH_PUBLIC_URL must begin with https:// in production.",
        ),
        (
            {"HOMESTRETCH_PRODUCTION": "1", "HOMESTRETCH_PUBLIC_URL": ""},
            "HOMESTRETCH_PUBLIC_URL must begin with https:// in production.",
        ),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG must not be set in production"),
        (
            TWILIO | {"TWILIO_AUTH_TOKEN": ""},
            "TWILIO_AUTH_TOKEN must be set when HOMESTRETCH_GATEWAY is twilio.",
        ),
        (TWILIO | {"TWILIO_AUTH_TOKEN": "token"}, "TWILIO_AUTH_TOKEN must be the 32 characters"),
        (TWILIO | {"TWILIO_AUTH_TOKEN": "0" * 32}, "TWILIO_AUTH_TOKEN must be the 32 characters"),
        ({"HOMESTRETCH_SECURITY_CONTACT": "me"}, "HOMESTRETCH_SECURITY_CONTACT must be like mailto:"),
    ],
)
def test_production_says_in_one_sentence_why_it_does_not_start(
    say: Type, environ: dict[str, str], sentence: str
) -> None:
    said = say(**({"HOMESTRETCH_SECRET_KEY": GOOD_SECRET} | environ))

    assert said.splitlines()[0].startswith(sentence)
    assert "Traceback" not in said


def test_a_secret_key_file_that_was_cut_short_is_refused_everywhere(say: Type, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret.key").write_text("")

    said = say(HOMESTRETCH_PRODUCTION="0")

    assert said.endswith("is cut short. Restore it from a backup: nothing opens with another key.")


@pytest.mark.parametrize("name", ["homestretch.db", "homestretch.db-wal", "secret.key"])
@pytest.mark.parametrize("command", ["web", "migrate"])
def test_production_does_not_open_what_everybody_on_the_machine_may_read(
    say: Type, tmp_path: Path, name: str, command: str
) -> None:
    (tmp_path / "var").mkdir(mode=0o700)
    (tmp_path / "var" / "secret.key").write_text(GOOD_SECRET)
    (tmp_path / "var" / "secret.key").chmod(0o600)
    (tmp_path / "var" / name).touch()
    (tmp_path / "var" / name).chmod(0o644)

    said = say(command)

    path = tmp_path / "var" / name
    assert said == f"{path} is open to everybody on this machine. Run: chmod o-rwx {path}"


def test_on_ones_own_machine_all_of_it_may_be_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {
        "HOMESTRETCH_DATA_DIR": str(tmp_path / "var"),
        "HOMESTRETCH_SECRET_KEY": "dev",
        "HOMESTRETCH_METRICS_TOKEN": "metrics",
        "FLASK_DEBUG": "1",
    }.items():
        monkeypatch.setenv(name, value)

    main(["migrate"])

    assert "The database is at revision" in capsys.readouterr().out
