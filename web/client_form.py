"""The form a client is added and changed with."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session
from wtforms import BooleanField, EmailField, SelectField, StringField, TelField, TextAreaField
from wtforms.validators import ValidationError

from care import episodes, goals, users
from care.checks import check_email, check_zone
from care.clients import ClientDetails
from care.languages import LANGUAGES
from care.models import Client, Practice, User
from care.phones import parse_phone, show_phone
from care.precautions import add_precaution, end_precaution, list_precautions
from care.vocabulary import CONDITION_CATEGORIES, PRECAUTIONS
from web.forms import ClockField, Form, at_most, choices, given, said_by, stripped

TICK, NOTE = "precaution-", "precaution-note-"


class ContactForm(Form):
    """Who somebody is and how they are reached: all that the front desk fills in."""

    first_name = StringField(
        "First name", filters=[stripped], validators=[given("Enter the first name."), at_most(60)]
    )
    last_name = StringField("Last name", filters=[stripped], validators=[at_most(60)])
    phone = TelField("Mobile phone", filters=[stripped], validators=[at_most(40)])
    email = EmailField("Email", filters=[stripped], validators=[at_most(254)])
    language = SelectField("Language of texts", choices=choices(LANGUAGES.items()))
    timezone = StringField("Time zone", filters=[stripped], validators=[given("Enter the time zone.")])
    therapist_id = SelectField("Therapist", coerce=int, validate_choice=True)
    window_from_time = ClockField("Texts from")
    window_until_time = ClockField("Texts until")
    is_window_requested = BooleanField("The client asked for these hours")
    country = "US"

    def validate_phone(self, field: Any) -> None:
        if field.data:
            said_by(parse_phone, field.data, self.country)

    def validate_email(self, field: Any) -> None:
        if field.data:
            said_by(check_email, field.data)

    def validate_timezone(self, field: Any) -> None:
        said_by(check_zone, field.data)

    def validate_window_until_time(self, field: Any) -> None:
        if field.errors or self.window_from_time.errors:
            return
        if (self.window_from_time.data is None) != (field.data is None):
            raise ValidationError("Fill in both times of the window, or neither.")

    def details(self, note: str = "") -> ClientDetails:
        """What was typed. The note is as it stands, since this form holds none."""
        return ClientDetails(
            first_name=self.first_name.data,
            last_name=self.last_name.data,
            phone=self.phone.data or None,
            language=self.language.data,
            timezone=self.timezone.data,
            email=self.email.data or None,
            note=note,
            therapist_id=self.therapist_id.data or None,
            window_from_time=self.window_from_time.data,
            window_until_time=self.window_until_time.data,
            is_window_requested=self.is_window_requested.data,
        )


class ClientForm(ContactForm):
    """With what the care is about."""

    note = TextAreaField("Note", filters=[stripped], validators=[at_most(2000)])
    goal = StringField("Goal", filters=[stripped], validators=[at_most(200)])
    condition_category = SelectField("Kind of condition", choices=choices(CONDITION_CATEGORIES.items()))
    complaint = StringField("Complaint", filters=[stripped], validators=[at_most(120)])

    def details(self, note: str = "") -> ClientDetails:
        return super().details(self.note.data or "")


@dataclass(frozen=True)
class PrecautionRow:
    """One code of the list: ticked or not, with its note."""

    code: str
    label: str
    is_ticked: bool
    note: str

    @property
    def tick_name(self) -> str:
        return TICK + self.code

    @property
    def note_name(self) -> str:
        return NOTE + self.code


def new_form(session: Session, practice: Practice, user: User) -> ContactForm:
    """The one of the user's role."""
    begun = {"language": practice.language, "timezone": practice.timezone}
    if user.is_front_desk:
        form = ContactForm(therapist_id=0, **begun)
    else:
        form = ClientForm(therapist_id=user.id, condition_category="other", **begun)
    form.country = practice.country
    form.therapist_id.choices = choices(_therapists_for(session, user, None))
    return form


def edit_form(session: Session, client: Client, user: User) -> ContactForm:
    """Filled with what we know; what was sent wins over it."""
    known: dict[str, Any] = {
        "first_name": client.first_name,
        "last_name": client.last_name,
        "email": client.email or "",
        "language": client.language,
        "timezone": client.timezone,
        "window_from_time": client.window_from_time,
        "window_until_time": client.window_until_time,
        "is_window_requested": client.window_requested_at is not None,
        "phone": show_phone(client.phone, client.practice.country) if client.phone else "",
        "therapist_id": client.therapist_id or 0,
    }
    form = ContactForm(**known) if user.is_front_desk else ClientForm(**known, **_known_care(session, client))
    form.country = client.practice.country
    form.therapist_id.choices = choices(_therapists_for(session, user, client))
    return form


def _known_care(session: Session, client: Client) -> dict[str, str]:
    goal, episode = goals.current_goal(session, client), episodes.current_episode(session, client)
    return {
        "note": client.note,
        "goal": goal.text if goal else "",
        "complaint": episode.complaint if episode else "",
        "condition_category": episode.condition_category if episode else "other",
    }


def known_precautions(session: Session, client: Client | None) -> dict[str, str]:
    """Code to note, of what is on file."""
    rows = list_precautions(session, client) if client else []
    return {row.code: row.note for row in rows}


def sent_precautions(sent: dict[str, str]) -> dict[str, str]:
    """Code to note, of what was ticked in the form."""
    return {code: sent.get(NOTE + code, "").strip()[:200] for code in PRECAUTIONS if sent.get(TICK + code)}


def precaution_rows(ticked: dict[str, str]) -> list[PrecautionRow]:
    return [
        PrecautionRow(code, label, code in ticked, ticked.get(code, ""))
        for code, label in PRECAUTIONS.items()
    ]


def save_care(
    session: Session, client: Client, form: ClientForm, precautions: dict[str, str], day: date
) -> None:
    """Goal, episode and precautions, each only where it changed, so history says what did."""
    goal = goals.current_goal(session, client)
    if form.goal.data != (goal.text if goal else ""):
        goals.set_goal(session, client, form.goal.data, day)
    _save_episode(session, client, form, day)
    for row in list_precautions(session, client):
        if precautions.get(row.code) != row.note:
            end_precaution(session, client, row.id, day)
        else:
            precautions = {code: note for code, note in precautions.items() if code != row.code}
    for code, note in precautions.items():
        add_precaution(session, client, code, note, day)


def _save_episode(session: Session, client: Client, form: ClientForm, day: date) -> None:
    episode = episodes.current_episode(session, client)
    complaint, category = form.complaint.data, form.condition_category.data
    if episode is None:
        if complaint:
            episodes.start_episode(session, client, complaint, category, day)
    elif complaint and (complaint, category) != (episode.complaint, episode.condition_category):
        episodes.update_episode(session, episode, complaint, category)


def _therapists_for(session: Session, user: User, client: Client | None) -> list[tuple[int, str]]:
    """Admins give a client to anybody who treats, the front desk a new one. Therapists add their own, and
    hand them over on a page of its own.
    """
    present = client.therapist if client is not None else None
    if not user.is_admin and client is not None:
        return [(present.id, present.name) if present is not None else (0, "Nobody yet")]
    if not (user.is_admin or user.is_front_desk):
        return [(user.id, user.name)]
    everybody = users.list_users(session, user.practice_id, active_only=True)
    people = {one.id: one.name for one in everybody if not one.is_front_desk}
    if present is not None:
        people.setdefault(present.id, present.name)
    return [(0, "Nobody yet"), *people.items()]
