"""The forms of the settings page."""

import re
from decimal import Decimal
from typing import Any

from wtforms import EmailField, IntegerField, PasswordField, SelectField, StringField, TelField
from wtforms.validators import Optional, ValidationError

from care.languages import LANGUAGES
from care.models import Practice, Role
from care.phones import show_phone
from care.practices import LONGEST_SPREAD, PracticeDetails
from care.retention import LONGEST_DAYS, SHORTEST_DAYS
from care.share_links import LONGEST_SHARE
from web.forms import ClockField, Form, at_most, choices, given, stripped

ROLES = {Role.THERAPIST: "Therapist", Role.ADMIN: "Admin", Role.FRONT_DESK: "Front desk"}


class PriceField(StringField):
    """A price like 0.0079, kept in millionths; None when left empty."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data / 1_000_000:f}".rstrip("0").rstrip(".")

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        typed = valuelist[0].strip().replace(",", ".")
        if typed and not re.fullmatch(r"[0-9]{0,3}(\.[0-9]{1,6})?", typed):
            raise ValueError(f"{self.label.text} must be a number like 0.0079, or empty.")
        self.data = round(Decimal(typed) * 1_000_000) if typed else None


class PracticeForm(Form):
    name = StringField(
        "Practice name", filters=[stripped], validators=[given("Enter the name."), at_most(80)]
    )
    phone = TelField("Practice phone", filters=[stripped], validators=[at_most(40)])
    country = StringField("Country", filters=[stripped], validators=[given("Enter the country, like US.")])
    timezone = StringField("Time zone", filters=[stripped], validators=[given("Enter the time zone.")])
    language = SelectField("Language of texts", choices=choices(LANGUAGES.items()))
    window_from_time = ClockField("Texts from", validators=[given("Enter when texts may begin.")])
    window_until_time = ClockField("Texts until", validators=[given("Enter when texts must end.")])
    daily_cap = IntegerField("Most texts a day, per client")
    spread_minutes = IntegerField("Minutes to spread texts over", default=0)
    share_link_days = IntegerField("Days a link to a summary works", default=14)
    part_price = PriceField("Price of a part")
    currency = StringField("Currency", default="USD", filters=[stripped], validators=[at_most(3)])

    texts_kept_days = IntegerField("Days to keep the words of texts", validators=[Optional()])

    def validate_daily_cap(self, field: Any) -> None:
        if field.data is None or not 1 <= field.data <= 10:
            raise ValidationError("Most texts a day must be 1 to 10.")

    def validate_spread_minutes(self, field: Any) -> None:
        if field.data is None or not 0 <= field.data <= LONGEST_SPREAD:
            raise ValidationError(f"Minutes to spread texts over must be 0 to {LONGEST_SPREAD}.")

    def validate_texts_kept_days(self, field: Any) -> None:
        if field.data is not None and not SHORTEST_DAYS <= field.data <= LONGEST_DAYS:
            raise ValidationError(
                f"Days to keep the words of texts must be {SHORTEST_DAYS} to {LONGEST_DAYS}."
            )

    def validate_share_link_days(self, field: Any) -> None:
        if field.data is None or not 1 <= field.data <= LONGEST_SHARE:
            raise ValidationError(f"Days a link to a summary works must be 1 to {LONGEST_SHARE}.")

    def details(self) -> PracticeDetails:
        """Only of a form that has been checked."""
        begin, end = self.window_from_time.data, self.window_until_time.data
        assert begin is not None
        assert end is not None
        return PracticeDetails(
            name=self.name.data,
            phone=self.phone.data or None,
            timezone=self.timezone.data,
            country=self.country.data,
            language=self.language.data,
            window_from_time=begin,
            window_until_time=end,
            daily_cap=self.daily_cap.data,
            spread_minutes=self.spread_minutes.data,
            share_link_days=self.share_link_days.data,
            part_price=self.part_price.data,
            currency=self.currency.data or "USD",
            texts_kept_days=self.texts_kept_days.data,
        )


class UserForm(Form):
    name = StringField("Name", filters=[stripped], validators=[given("Enter the name."), at_most(80)])
    email = EmailField("Email", filters=[stripped], validators=[given("Enter the email."), at_most(254)])
    role = SelectField("Role", choices=choices(ROLES.items()))


class PasswordForm(Form):
    current = PasswordField("Password you have now", validators=[given("Enter the password you have now.")])
    new = PasswordField("New password")


def practice_form(practice: Practice) -> PracticeForm:
    """Filled with what is stored; what was sent wins over it."""
    return PracticeForm(
        name=practice.name,
        phone=show_phone(practice.phone, practice.country) if practice.phone else "",
        country=practice.country,
        timezone=practice.timezone,
        language=practice.language,
        window_from_time=practice.window_from_time,
        window_until_time=practice.window_until_time,
        daily_cap=practice.daily_cap,
        spread_minutes=practice.spread_minutes,
        share_link_days=practice.share_link_days,
        part_price=practice.part_price,
        currency=practice.currency,
        texts_kept_days=practice.texts_kept_days,
    )
