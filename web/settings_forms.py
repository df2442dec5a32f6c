"""The forms of the settings page."""

from typing import Any

from wtforms import EmailField, IntegerField, PasswordField, SelectField, StringField, TelField
from wtforms.validators import ValidationError

from care.models import Practice, Role
from care.phones import show_phone
from care.practices import PracticeDetails
from care.users import PASSWORD_SHORTEST
from care.vocabulary import LANGUAGES
from web.forms import ClockField, Form, at_most, choices, given, stripped

ROLES = {Role.THERAPIST: "Therapist", Role.ADMIN: "Admin", Role.FRONT_DESK: "Front desk"}


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

    def validate_daily_cap(self, field: Any) -> None:
        if field.data is None or not 1 <= field.data <= 10:
            raise ValidationError("Most texts a day must be 1 to 10.")

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
        )


class UserForm(Form):
    name = StringField("Name", filters=[stripped], validators=[given("Enter the name."), at_most(80)])
    email = EmailField("Email", filters=[stripped], validators=[given("Enter the email."), at_most(254)])
    role = SelectField("Role", choices=choices(ROLES.items()))
    password = PasswordField("First password")


class PasswordForm(Form):
    current = PasswordField("Password you have now", validators=[given("Enter the password you have now.")])
    new = PasswordField("New password")

    def validate_new(self, field: Any) -> None:
        if len(field.data or "") < PASSWORD_SHORTEST:
            raise ValidationError(f"New password must have {PASSWORD_SHORTEST} characters or more.")


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
    )
