"""What production refuses to start with: one clear sentence for each."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import make_url

from care.errors import Refused

SHORTEST_SECRET = 32
SHORTEST_METRICS_TOKEN = 16
# What stands in samples and tutorials. Fewer characters than these are a key that somebody leant on.
SAMPLE_SECRET = re.compile(
    r"change.?(me|it)|password|placeholder|insecure|example|homestretch", re.IGNORECASE
)
FEWEST_CHARACTERS = 8
TWILIO_TOKEN = re.compile(r"[0-9a-fA-F]{32}")
OPEN_TO_OTHERS = 0o007


def is_weak(secret: str, shortest: int) -> bool:
    """Too short, from a sample, or of very few different characters."""
    is_monotonous = len(set(secret)) < FEWEST_CHARACTERS
    return len(secret) < shortest or is_monotonous or SAMPLE_SECRET.search(secret) is not None


def production_faults(environ: Mapping[str, str]) -> Iterator[str]:
    """What is handy on one's own machine and harms elsewhere."""
    if not environ.get("HOMESTRETCH_PUBLIC_URL", "").startswith("https://"):
        yield "HOMESTRETCH_PUBLIC_URL must begin with https:// in production."
    if environ.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no"):
        yield "FLASK_DEBUG must not be set in production: it shows the program's insides to everybody."
    token = environ.get("HOMESTRETCH_METRICS_TOKEN", "").strip()
    if token and is_weak(token, SHORTEST_METRICS_TOKEN):
        yield f"HOMESTRETCH_METRICS_TOKEN must be {SHORTEST_METRICS_TOKEN} or more random characters."
    signing = environ.get("TWILIO_AUTH_TOKEN", "")
    if signing and (not TWILIO_TOKEN.fullmatch(signing) or is_weak(signing, SHORTEST_SECRET)):
        yield (
            "TWILIO_AUTH_TOKEN must be the 32 characters from Twilio's console in production: "
            "who guesses it signs webhooks."
        )


def refuse_open_files(data_dir: Path, database_url: str) -> None:
    """Raises Refused when others on this machine may read or change the database or the secret key."""
    for path in private_files(data_dir, database_url):
        if path.stat().st_mode & OPEN_TO_OTHERS:
            raise Refused(f"{path} is open to everybody on this machine. Run: chmod o-rwx {path}")


def private_files(data_dir: Path, database_url: str) -> list[Path]:
    """The secret key and, on SQLite, the files of the database, as far as they are there."""
    paths = [data_dir / "secret.key"]
    name = make_url(database_url).database if database_url.startswith("sqlite") else None
    if name:
        paths += [Path(name + end) for end in ("", "-wal", "-shm")]
    return [path for path in paths if path.is_file()]
