"""What forms share: fields that keep what was typed, and mistakes said in whole sentences."""

from collections.abc import Callable, Iterable
from datetime import date, time
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from flask_wtf import FlaskForm
from wtforms import DateField, Field, TimeField
from wtforms.fields import SelectChoice
from wtforms.validators import StopValidation, ValidationError

from care.errors import Refused

Check = Callable[[Any, Field], None]


class Form(FlaskForm):
    """A form that can also carry a refusal of `care`, at the field it is about."""

    def refuse(self, refusal: Refused, field: str | None = None) -> None:
        """Put the sentence at the field, or over the form when it is about none of them."""
        if field is None:
            self.form_errors.append(str(refusal))
        else:
            self[field].errors = [*self[field].errors, str(refusal)]


class ClockField(TimeField):
    """A wall-clock time like 18:00; None when left empty."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0].strip() if valuelist else ""
        self.data = _clock(typed, self.label.text) if typed else None


class DayField(DateField):
    """A day like 2026-11-30; None when left empty."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0].strip() if valuelist else ""
        try:
            self.data = date.fromisoformat(typed) if typed else None
        except ValueError as error:
            raise ValidationError(f"{self.label.text} must be a date like 2026-11-30.") from error


@cache
def zones() -> tuple[str, ...]:
    """The zones to choose from, by place; the old abbreviations are left out."""
    return tuple(
        sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    )


def choices(pairs: Iterable[tuple[object, str]]) -> list[SelectChoice]:
    """Value and words of what a select or radio field offers."""
    return [SelectChoice(str(value), words) for value, words in pairs]


def stripped(value: str | None) -> str:
    return (value or "").strip()


def given(sentence: str) -> Check:
    """Something must be filled in or chosen."""

    def check(_form: Any, field: Field) -> None:
        if not field.data:
            raise StopValidation(sentence)

    return check


def said_by(check: Callable[..., object], *values: object) -> None:
    """Ask a rule of `care` already while the form is checked, so all mistakes show at once."""
    try:
        check(*values)
    except Refused as refusal:
        raise ValidationError(str(refusal)) from refusal


def at_most(limit: int) -> Check:
    def check(_form: Any, field: Field) -> None:
        if len(field.data or "") > limit:
            raise StopValidation(f"{field.label.text} may have {limit} characters. Shorten it.")

    return check


def _clock(typed: str, label: str) -> time:
    try:
        at = time.fromisoformat(typed)
    except ValueError:
        at = None
    if at is None or at.tzinfo is not None:
        raise ValueError(f"{label} must be a time like 18:00.")
    return at.replace(second=0, microsecond=0)
