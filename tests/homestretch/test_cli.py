"""The command line, as an operator types it: a process of its own on a data directory of its own."""

import json
import shutil
from pathlib import Path

import pytest

from tests.homestretch.conftest import PASSWORD, Shell, init
from tests.shelves import Shelf

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def harbour(shelf: Shelf, shell: Shell) -> Shell:
    """A shell in an installation that `init` has made."""

    def make(data_dir: Path) -> None:
        made = init(Shell(shell.nursery, shell.folder, {"HOMESTRETCH_DATA_DIR": str(data_dir)}))
        assert made.returncode == 0, made.stderr

    shutil.copytree(shelf.take("harbour", make), shell.folder / "var")
    return shell


def test_init_makes_a_working_empty_installation_without_a_question(shell: Shell) -> None:
    done = init(shell)

    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in shell("export").stdout.splitlines()]
    assert [r["name"] for r in records if r["type"] == "practice"] == ["Harbour Clinic"]
    assert [r["email"] for r in records if r["type"] == "user"] == ["ada@harbour.example"]
    assert PASSWORD not in json.dumps(records)


def test_a_second_init_changes_nothing_and_says_what_to_do(harbour: Shell) -> None:
    again = init(harbour)

    assert again.returncode == 2
    assert again.stderr.strip() == "There is a practice already. Add another with: homestretch practice add"


def test_a_wrong_environment_names_every_fault_at_once(shell: Shell) -> None:
    done = shell(
        "tick",
        HOMESTRETCH_GATEWAY="twilio",
        HOMESTRETCH_PROXY_HOPS="many",
        HOMESTRETCH_LOG_LEVEL="loud",
    )

    assert done.returncode == 2
    for name in (
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_MESSAGING_SERVICE_SID",
        "HOMESTRETCH_PUBLIC_URL",
        "HOMESTRETCH_PROXY_HOPS",
        "HOMESTRETCH_LOG_LEVEL",
    ):
        assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--from", "yesterday", "--to", "2026-03-03T00:00:00Z"),
        ("user", "add", "--practice", "Nobody's", "--email", "a@b.example", "--name", "A", "--role", "admin"),
        ("import", "no-such-file.jsonl"),
        ("dance",),
    ],
)
def test_a_bad_call_fails_with_one_clear_line(harbour: Shell, words: tuple[str, ...]) -> None:
    done = harbour(*words)

    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_tick_prints_what_it_did_as_json(harbour: Shell) -> None:
    done = harbour("tick")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["drained"]["sent"] == 0


def test_another_secret_key_is_refused_rather_than_forgetting_every_opt_out(harbour: Shell) -> None:
    done = harbour("tick", HOMESTRETCH_SECRET_KEY="another key altogether, long enough")

    assert done.returncode == 2
    assert "HOMESTRETCH_SECRET_KEY is not the one this database was made with" in done.stderr


def test_doctor_finds_what_is_missing(harbour: Shell) -> None:
    done = harbour("doctor", "--json")

    findings = {one["what"]: one for one in json.loads(done.stdout)}
    assert findings["tables"]["is_well"]
    assert not findings["scheduler"]["is_well"]
    assert done.returncode == 1


def test_doctor_is_content_after_a_tick(harbour: Shell) -> None:
    harbour("tick")
    counted = harbour("recount")

    done = harbour("doctor")

    assert done.returncode == 0, done.stdout
    assert counted.stdout == "0 clients counted anew; 0 lines had been wrong.\n"


def test_plan_prints_every_text_without_sending_any(harbour: Shell, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.jsonl"
    scenario.write_text(
        "\n".join(
            json.dumps(record)
            for record in (
                {"type": "practice", "ref": "p", "name": "Harbour Clinic", "existing": True},
                {
                    "type": "client",
                    "ref": "c",
                    "practice": "p",
                    "first_name": "Maria",
                    "phone": "+447400123456",
                    "timezone": "Europe/London",
                    "consent": {"given_at": "2026-03-01T09:00:00Z", "source": "paper"},
                },
                {
                    "type": "assignment",
                    "ref": "a",
                    "client": "c",
                    "exercise": "cat-cow",
                    "times": ["09:00"],
                    "starts_on": "2026-03-02",
                },
            )
        )
    )
    assert harbour("import", str(scenario)).returncode == 0

    done = harbour("plan", "--from", "2026-03-28T00:00:00Z", "--to", "2026-03-30T00:00:00Z", "--json")

    texts = json.loads(done.stdout)
    assert [(one["at"], one["local"]) for one in texts] == [
        ("2026-03-28T09:00:00Z", "2026-03-28 09:00"),
        ("2026-03-29T08:00:00Z", "2026-03-29 09:00"),
    ]
    assert "message" not in {json.loads(line)["type"] for line in harbour("export").stdout.splitlines()}


def test_production_and_twilio_refuse_to_start_over_the_sample(sample_dir: Path, shell: Shell) -> None:
    shutil.copytree(sample_dir, shell.folder / "var")

    refused = shell("tick", HOMESTRETCH_PUBLIC_URL="https://care.example.org")

    assert refused.returncode == 2
    assert "homestretch demo --remove" in refused.stderr
    assert shell("demo", "--remove").stdout.strip() == "The sample practice is gone."
    assert shell("tick", HOMESTRETCH_PUBLIC_URL="https://care.example.org").returncode == 0
