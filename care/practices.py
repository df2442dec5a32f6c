"""Practices: one clinic each, with its clock, its sending window and its thresholds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.checks import check_country, check_language, check_line, check_number, check_window, check_zone
from care.errors import NotFound, Refused
from care.exercises import seed_library
from care.models import Practice
from care.phones import parse_phone
from care.retention import LONGEST_DAYS, SHORTEST_DAYS
from care.share_links import LONGEST_SHARE
from care.templates import seed_templates
from care.thresholds import check_order, check_threshold, thresholds_of

LONGEST_SPREAD = 60
# A million millionths: one whole unit of the currency.
DEAREST_PART = 1_000_000


@dataclass(frozen=True)
class PracticeDetails:
    """What an admin may change on the settings page. The phone is as typed.

    `part_price` is in millionths of the currency; None while nobody knows it. `texts_kept_days` of
    None is for ever.
    """

    name: str
    phone: str | None
    timezone: str
    country: str
    language: str
    window_from_time: time
    window_until_time: time
    daily_cap: int
    spread_minutes: int = 0
    share_link_days: int = 14
    part_price: int | None = None
    currency: str = "USD"
    texts_kept_days: int | None = None


def add_practice(
    session: Session,
    *,
    name: str,
    timezone: str,
    country: str,
    now: datetime,
    phone: str | None = None,
    language: str = "en",
    is_sample: bool = False,
) -> Practice:
    """A new practice with the seed library and templates."""
    country = check_country(country)
    practice = Practice(
        name=_free_name(session, name),
        timezone=check_zone(timezone),
        country=country,
        phone=parse_phone(phone, country) if phone else None,
        language=check_language(language),
        is_sample=is_sample,
        created_at=now,
    )
    session.add(practice)
    session.flush()
    seed_library(session, practice)
    seed_templates(session, practice, now)
    return practice


def get_practice(session: Session, practice_id: int) -> Practice:
    practice = session.get(Practice, practice_id)
    if practice is None:
        raise NotFound
    return practice


def find_practice(session: Session, name: str) -> Practice | None:
    """By its name as it is written down, which is unique."""
    return session.scalar(select(Practice).where(Practice.name == " ".join(name.split())))


def list_practices(session: Session) -> list[Practice]:
    return list(session.scalars(select(Practice).order_by(Practice.id)))


def has_sample(session: Session) -> bool:
    """Whether the sample practice is here."""
    return session.scalar(select(Practice.id).where(Practice.is_sample).limit(1)) is not None


def practice_now(practice: Practice, now: datetime) -> datetime:
    """What time it is there. Only a sample practice has a clock of its own, for demonstrations."""
    return now + timedelta(seconds=practice.clock_offset_seconds) if practice.is_sample else now


def update_practice(session: Session, practice: Practice, details: PracticeDetails) -> None:
    """Everything is checked before anything changes."""
    country = check_country(details.country)
    window = check_window(details.window_from_time, details.window_until_time)
    values = {
        "name": _free_name(session, details.name, of=practice),
        "phone": parse_phone(details.phone, country) if details.phone else None,
        "timezone": check_zone(details.timezone),
        "country": country,
        "language": check_language(details.language),
        "daily_cap": check_number("Texts a day", details.daily_cap, 1, 10),
        "spread_minutes": check_number(
            "Minutes to spread texts over", details.spread_minutes, 0, LONGEST_SPREAD
        ),
        "share_link_days": check_number("Days", details.share_link_days, 1, LONGEST_SHARE),
        "part_price": _check_price(details.part_price),
        "currency": _check_currency(details.currency),
        "texts_kept_days": _check_days(details.texts_kept_days),
    }
    for name, value in values.items():
        setattr(practice, name, value)
    practice.window_from_time, practice.window_until_time = window
    session.flush()


def set_threshold(session: Session, practice: Practice, name: str, value: int) -> None:
    set_thresholds(session, practice, {name: value})


def set_thresholds(session: Session, practice: Practice, values: Mapping[str, int]) -> None:
    """All of them or none: some only make sense in order, so they are checked together."""
    checked = {name: check_threshold(name, value) for name, value in values.items()}
    thresholds = practice.thresholds | checked
    check_order(thresholds_of(thresholds))
    practice.thresholds = thresholds
    session.flush()


def set_texting_paused(session: Session, practice: Practice, paused: bool) -> None:
    practice.is_texting_paused = paused
    session.flush()


def _check_price(price: int | None) -> int | None:
    if price is not None and not 0 < price <= DEAREST_PART:
        raise Refused("Price of a part must be more than 0 and at most 1.")
    return price


def _check_days(days: int | None) -> int | None:
    return None if days is None else check_number("Days to keep texts", days, SHORTEST_DAYS, LONGEST_DAYS)


def _check_currency(typed: str) -> str:
    code = typed.strip().upper()
    if len(code) != 3 or not (code.isascii() and code.isalpha()):
        raise Refused("Currency must be three letters, like USD.")
    return code


def _free_name(session: Session, typed: str, of: Practice | None = None) -> str:
    name = check_line("Name", typed, 80)
    holder = session.scalar(select(Practice.id).where(Practice.name == name))
    if holder is not None and (of is None or holder != of.id):
        raise Refused("Another practice has this name. Choose a different one.")
    return name
