"""Practices: one clinic each, with its clock, its sending window and its thresholds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.checks import check_country, check_language, check_line, check_number, check_window, check_zone
from care.errors import NotFound, Refused
from care.exercises import seed_library
from care.models import Practice
from care.phones import parse_phone
from care.templates import seed_templates
from care.thresholds import check_threshold, thresholds_of

# Thresholds that only make sense in this order, each with whether the two may be equal.
IN_ORDER = (
    ("mild_from", "moderate_from", False),
    ("moderate_from", "severe_from", False),
    ("high_pain", "urgent_pain", True),
    ("mean_days_needed", "mean_days", True),
    ("adherence_middle", "adherence_high", False),
    ("bare_number_hours", "answer_hours", True),
)


@dataclass(frozen=True)
class PracticeDetails:
    """What an admin may change on the settings page. The phone is as typed."""

    name: str
    phone: str | None
    timezone: str
    country: str
    language: str
    window_from_time: time
    window_until_time: time
    daily_cap: int


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
    _check_order(asdict(thresholds_of(thresholds)))
    practice.thresholds = thresholds
    session.flush()


def set_texting_paused(session: Session, practice: Practice, paused: bool) -> None:
    practice.is_texting_paused = paused
    session.flush()


def _free_name(session: Session, typed: str, of: Practice | None = None) -> str:
    name = check_line("Name", typed, 80)
    holder = session.scalar(select(Practice.id).where(Practice.name == name))
    if holder is not None and (of is None or holder != of.id):
        raise Refused("Another practice has this name. Choose a different one.")
    return name


def _check_order(values: Mapping[str, int]) -> None:
    for lower, higher, may_be_equal in IN_ORDER:
        if values[lower] < values[higher] or (may_be_equal and values[lower] == values[higher]):
            continue
        first, second = (name.replace("_", " ") for name in (lower, higher))
        relation = "at most" if may_be_equal else "below"
        raise Refused(f"{first.capitalize()} must be {relation} {second}, which is {values[higher]}.")
