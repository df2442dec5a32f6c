"""What the environment says, read once as a process starts. All that is wrong is named at once."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from care.addresses import parts_of
from care.key_ring import OFF, KeyRing, read_ring
from care.safe_start import SHORTEST_SECRET, is_weak, production_faults
from care.sealing import sealing_key

PUBLIC_URL, USUAL_URL = "HOMESTRETCH_PUBLIC_URL", "http://127.0.0.1:8000"
LOG_LEVELS = ("debug", "info", "warning", "error")
SLOWEST_RATE, FASTEST_RATE = 0.01, 10_000
SHORTEST_BACKUP_KEY = 16
SMTP_PORTS = {"smtp": 587, "smtps": 465}
PLAIN, ENCRYPTED = "starttls=0", "starttls=1"
HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:]+")
ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")
CONTACT = re.compile(r"mailto:[^@\s<>]+@[^@\s<>]+|https://[^\s<>]+|tel:\+[0-9-]+")


class BadSettings(Exception):
    """The environment does not add up. `faults` holds one sentence per fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class TwilioSettings:
    """The first practice's account and sender. Exactly one of service and number is set."""

    account_sid: str
    auth_token: str = field(repr=False)
    service_sid: str | None = None
    from_number: str | None = None

    @property
    def sender_address(self) -> str:
        return self.service_sid or self.from_number or ""


@dataclass(frozen=True)
class SmtpSettings:
    """The mail server, and who our mail is from. `security` is tls, starttls or none.

    `authorities` are the certificates to trust in place of the system's.
    """

    host: str
    port: int
    security: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    authorities: Path | None = None

    @property
    def domain(self) -> str:
        """Of the sender's address; what we say we are."""
        return parseaddr(self.sender)[1].rpartition("@")[2]


@dataclass(frozen=True)
class Settings:
    """Everything a process is told from outside (`.env.example` lists the variables)."""

    data_dir: Path
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    public_url: str
    is_production: bool
    gateway: str
    twilio: TwilioSettings | None
    send_rate: float | None
    proxy_hops: int
    metrics_token: str = field(repr=False)
    log_level: str
    smtp: SmtpSettings | None = None
    backup_key: str = field(default="", repr=False)
    field_ring: KeyRing = field(default=OFF, repr=False)
    webhook_allow: frozenset[str] = frozenset()
    idle: timedelta = timedelta(minutes=15)
    absolute: timedelta = timedelta(hours=12)
    admins_need_code: bool = True
    security_contact: str = ""
    security_expires: datetime | None = None

    @property
    def is_simulated(self) -> bool:
        return self.gateway == "simulated"

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def sealing_key(self) -> bytes:
        """The key that secrets of users are sealed with; it follows from the secret key."""
        return sealing_key(self.secret_key)

    @property
    def audit_key(self) -> bytes:
        """The key of the chain over the audit trail; it follows from the secret key."""
        return hashlib.sha256(b"homestretch audit chain\0" + self.secret_key.encode()).digest()

    @property
    def phone_key(self) -> bytes:
        """The key phones are hashed with; it follows from the secret key."""
        return hashlib.sha256(b"homestretch phone lookup\0" + self.secret_key.encode()).digest()


def load_settings(environ: Mapping[str, str], local_url: str | None = None) -> Settings:
    """Read the environment. Raises BadSettings with every fault found, not the first alone.

    Creates the data directory (0700) and in it, when none is given, a secret key (0600). `local_url` is
    where the process listens, and its address where the environment names no public one.
    """
    faults: list[str] = []
    data_dir = Path(environ.get("HOMESTRETCH_DATA_DIR") or "var").absolute()
    public_url = _public_url(environ, local_url or USUAL_URL, faults)
    gateway = _one_of(environ, "HOMESTRETCH_GATEWAY", ("simulated", "twilio"), "simulated", faults)
    is_production = _flag(environ, "HOMESTRETCH_PRODUCTION", public_url.startswith("https://"), faults)
    twilio = _twilio(environ, faults)
    if gateway == "twilio":
        _check_twilio(environ, twilio, faults)
    _make_data_dir(data_dir, faults)
    secret_key = _secret_key(environ, data_dir, is_production, faults)
    if is_production:
        faults += production_faults(environ)
    settings = Settings(
        data_dir=data_dir,
        database_url=_database_url(environ, data_dir, faults),
        secret_key=secret_key,
        public_url=public_url,
        is_production=is_production,
        gateway=gateway,
        twilio=twilio,
        send_rate=_rate(environ, faults),
        proxy_hops=_whole(environ, "HOMESTRETCH_PROXY_HOPS", 0, 5, faults),
        metrics_token=environ.get("HOMESTRETCH_METRICS_TOKEN", "").strip(),
        log_level=_one_of(environ, "HOMESTRETCH_LOG_LEVEL", LOG_LEVELS, "info", faults),
        smtp=_smtp(environ, faults),
        backup_key=_backup_key(environ, faults),
        field_ring=read_ring(environ.get("HOMESTRETCH_FIELD_KEYS", ""), faults),
        webhook_allow=_hosts(environ, "HOMESTRETCH_WEBHOOK_ALLOW", faults),
        idle=timedelta(minutes=_whole(environ, "HOMESTRETCH_IDLE_MINUTES", 15, 120, faults, least=1)),
        absolute=timedelta(hours=_whole(environ, "HOMESTRETCH_SESSION_HOURS", 12, 24, faults, least=1)),
        admins_need_code=_flag(environ, "HOMESTRETCH_ADMINS_NEED_CODE", True, faults),
        security_contact=_security_contact(environ, faults),
        security_expires=_security_expires(environ, faults),
    )
    if faults:
        raise BadSettings(faults)
    return settings


def _security_contact(environ: Mapping[str, str], faults: list[str]) -> str:
    """Where a weakness may be reported, as RFC 9116 wants it: an address with its scheme."""
    contact = environ.get("HOMESTRETCH_SECURITY_CONTACT", "").strip()
    if contact and not CONTACT.fullmatch(contact):
        faults.append(
            "HOMESTRETCH_SECURITY_CONTACT must be like mailto:security@example.org, https://... or tel:+1..."
        )
    return contact


def _security_expires(environ: Mapping[str, str], faults: list[str]) -> datetime | None:
    """The end of a day in UTC. Given with a contact, or not at all."""
    given = environ.get("HOMESTRETCH_SECURITY_EXPIRES", "").strip()
    has_contact = bool(environ.get("HOMESTRETCH_SECURITY_CONTACT", "").strip())
    if bool(given) is not has_contact:
        faults.append("Set both HOMESTRETCH_SECURITY_CONTACT and HOMESTRETCH_SECURITY_EXPIRES, or neither.")
    try:
        return datetime.combine(date.fromisoformat(given), time.max, UTC) if given else None
    except ValueError:
        faults.append("HOMESTRETCH_SECURITY_EXPIRES must be a day like 2027-06-30.")
        return None


def _public_url(environ: Mapping[str, str], otherwise: str, faults: list[str]) -> str:
    url = (environ.get(PUBLIC_URL) or otherwise).rstrip("/")
    parts = parts_of(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        faults.append("HOMESTRETCH_PUBLIC_URL must be an address like https://care.example.org.")
    elif parts.username or parts.password:
        faults.append("HOMESTRETCH_PUBLIC_URL must not hold a user name or password.")
    return url


def _twilio(environ: Mapping[str, str], faults: list[str]) -> TwilioSettings | None:
    account, token = environ.get("TWILIO_ACCOUNT_SID", ""), environ.get("TWILIO_AUTH_TOKEN", "")
    service, number = environ.get("TWILIO_MESSAGING_SERVICE_SID"), environ.get("TWILIO_FROM_NUMBER")
    if not token:
        return None
    if account and not re.fullmatch(r"AC[0-9a-fA-F]{32}", account):
        faults.append("TWILIO_ACCOUNT_SID must be AC followed by 32 hexadecimal digits.")
    if service and not re.fullmatch(r"MG[0-9a-fA-F]{32}", service):
        faults.append("TWILIO_MESSAGING_SERVICE_SID must be MG followed by 32 hexadecimal digits.")
    if number and not re.fullmatch(r"\+[1-9]\d{6,14}|\d{5,6}", number):
        faults.append("TWILIO_FROM_NUMBER must be a number like +12025550123.")
    return TwilioSettings(account, token, service or None, None if service else number or None)


def _check_twilio(environ: Mapping[str, str], twilio: TwilioSettings | None, faults: list[str]) -> None:
    missing = [name for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN") if not environ.get(name)]
    faults.extend(f"{name} must be set when HOMESTRETCH_GATEWAY is twilio." for name in missing)
    senders = [environ.get("TWILIO_MESSAGING_SERVICE_SID"), environ.get("TWILIO_FROM_NUMBER")]
    if not any(senders):
        faults.append(
            "Set TWILIO_MESSAGING_SERVICE_SID or TWILIO_FROM_NUMBER when HOMESTRETCH_GATEWAY is twilio."
        )
    if all(senders):
        faults.append("Set one of TWILIO_MESSAGING_SERVICE_SID and TWILIO_FROM_NUMBER, not both.")
    if not environ.get("HOMESTRETCH_PUBLIC_URL"):
        faults.append("HOMESTRETCH_PUBLIC_URL must be set when HOMESTRETCH_GATEWAY is twilio.")


def _smtp(environ: Mapping[str, str], faults: list[str]) -> SmtpSettings | None:
    """smtps:// is TLS from the start; smtp:// is STARTTLS, but for a server on this machine, and with
    `?starttls=0` for one in the same house; `?starttls=1` asks for it anywhere. A password never goes out
    unprotected.
    """
    url, sender = environ.get("HOMESTRETCH_SMTP_URL", ""), environ.get("HOMESTRETCH_MAIL_FROM", "").strip()
    if not url:
        return None
    if not ADDRESS.fullmatch(parseaddr(sender)[1]) or "\n" in sender:
        faults.append(
            "HOMESTRETCH_MAIL_FROM must be an address like care@example.org, for HOMESTRETCH_SMTP_URL."
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if (
        not host
        or parts.scheme not in SMTP_PORTS
        or parts.query not in ("", PLAIN, ENCRYPTED)
        or parts.path not in ("", "/")
    ):
        faults.append(
            "HOMESTRETCH_SMTP_URL must be an address like smtp://user:password@mail.example.org:587."
        )
        return None
    security = _smtp_security(parts.scheme, host, parts.query)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if user and security == "none" and not _is_loopback(host):
        faults.append("HOMESTRETCH_SMTP_URL must not send a password without STARTTLS.")
    authorities = environ.get("REQUESTS_CA_BUNDLE") or environ.get("SSL_CERT_FILE")
    trusted = Path(authorities) if authorities else None
    return SmtpSettings(host, port or SMTP_PORTS[parts.scheme], security, sender, user, password, trusted)


def _smtp_security(scheme: str, host: str, query: str) -> str:
    if scheme == "smtps":
        return "tls"
    is_plain = query == PLAIN or (_is_loopback(host) and query != ENCRYPTED)
    return "none" if is_plain else "starttls"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _make_data_dir(data_dir: Path, faults: list[str]) -> None:
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        faults.append(f"HOMESTRETCH_DATA_DIR cannot be used: {error.strerror}.")


def _secret_key(environ: Mapping[str, str], data_dir: Path, is_production: bool, faults: list[str]) -> str:
    given = environ.get("HOMESTRETCH_SECRET_KEY")
    if given is None or given == "":
        return _kept_secret(data_dir, faults)
    if is_production and is_weak(given, SHORTEST_SECRET):
        faults.append(f"HOMESTRETCH_SECRET_KEY must be {SHORTEST_SECRET} or more random characters.")
    return given


def _kept_secret(data_dir: Path, faults: list[str]) -> str:
    path = data_dir / "secret.key"
    if not data_dir.is_dir():
        return ""
    try:
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48))
        kept = path.read_text().strip()
        if len(kept) < SHORTEST_SECRET:
            faults.append(f"{path} is cut short. Restore it from a backup: nothing opens with another key.")
        return kept
    except OSError as error:
        faults.append(f"HOMESTRETCH_DATA_DIR cannot be used: {error.strerror}.")
        return ""


def _hosts(environ: Mapping[str, str], name: str, faults: list[str]) -> frozenset[str]:
    hosts = frozenset(environ.get(name, "").lower().replace(",", " ").split())
    if any(not HOST.fullmatch(host) for host in hosts):
        faults.append(f"{name} must be hosts like records.clinic.internal, with spaces between.")
    return hosts


def _backup_key(environ: Mapping[str, str], faults: list[str]) -> str:
    """Whoever finds a backup may guess at its passphrase for years: a short one is refused anywhere."""
    given = environ.get("HOMESTRETCH_BACKUP_KEY", "").strip()
    if given and len(given) < SHORTEST_BACKUP_KEY:
        faults.append(
            f"HOMESTRETCH_BACKUP_KEY must be a passphrase of {SHORTEST_BACKUP_KEY} or more characters."
        )
    return given


def _database_url(environ: Mapping[str, str], data_dir: Path, faults: list[str]) -> str:
    url = environ.get("HOMESTRETCH_DATABASE_URL") or f"sqlite:///{data_dir / 'homestretch.db'}"
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        faults.append("HOMESTRETCH_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://.")
    return url


def _one_of(
    environ: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str, faults: list[str]
) -> str:
    value = (environ.get(name) or default).lower()
    if value not in allowed:
        faults.append(f"{name} must be one of: {', '.join(allowed)}.")
    return value


def _flag(environ: Mapping[str, str], name: str, default: bool, faults: list[str]) -> bool:
    value = environ.get(name, "")
    if value not in ("", "0", "1"):
        faults.append(f"{name} must be 0 or 1.")
    return default if value == "" else value == "1"


def _whole(
    environ: Mapping[str, str], name: str, default: int, most: int, faults: list[str], least: int = 0
) -> int:
    value = environ.get(name) or str(default)
    if not (value.isascii() and value.isdecimal()) or not least <= int(value[:9]) <= most:
        faults.append(f"{name} must be a whole number from {least} to {most}.")
        return default
    return int(value)


def _rate(environ: Mapping[str, str], faults: list[str]) -> float | None:
    value = environ.get("HOMESTRETCH_SEND_RATE")
    if not value:
        return None
    try:
        rate = float(value)
    except ValueError:
        rate = -1
    if rate != 0 and not SLOWEST_RATE <= rate <= FASTEST_RATE:
        bounds = f"{SLOWEST_RATE} to {FASTEST_RATE} segments per second"
        faults.append(f"HOMESTRETCH_SEND_RATE must be {bounds}, or 0 for no limit.")
    return rate
