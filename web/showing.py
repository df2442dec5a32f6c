"""How instants, days and phones look in a template, on the clock of whoever they are about."""

from datetime import date, datetime

from flask import Flask, g, url_for
from markupsafe import Markup, escape

from care.diary import DiaryLine
from care.in_words import handed_on_in_words, reason_in_words
from care.languages import LANGUAGES
from care.models import Client, FollowUp, FollowUpKind, Practice
from care.phones import show_phone
from care.precautions import precaution_in_words
from care.recurrence import zone_of
from care.saying import (
    counted,
    day_in_words,
    moment_in_words,
    number_in_words,
    short_day,
    time_in_words,
)
from web.chart_marks import calendar_days, chart_dots, chart_numbers, day_glyph
from web.deps import now
from web.pain_marks import pain_badge, pain_change

FOLLOW_UPS = {
    FollowUpKind.PAIN_QUESTION: "Pain question",
    FollowUpKind.MESSAGE: "Message",
    FollowUpKind.VISIT_REMINDER: "Visit reminder",
    FollowUpKind.CALL_TASK: "Call",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def init_app(app: Flask) -> None:
    for helper in (
        counted,
        day_in_words,
        moment_in_words,
        number_in_words,
        short_day,
        time_in_words,
        phone_of,
        with_phone,
        client_address,
        when,
        visit_moment,
        clock_in,
        weekday,
        month,
        precaution_in_words,
        language_label,
        follow_up_words,
        handed_on_in_words,
        reason_in_words,
        pain_badge,
        pain_change,
        chart_dots,
        chart_numbers,
        calendar_days,
        day_glyph,
    ):
        app.add_template_global(helper)


def weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


def month(day: date) -> str:
    return MONTHS[day.month - 1]


def language_label(code: str) -> str:
    return LANGUAGES.get(code, code)


def follow_up_words(check: FollowUp) -> str:
    """What is asked and when: "Pain question every 3 days from Thu 26 Nov, 6:00pm"."""
    what = FOLLOW_UPS[check.kind]
    if check.due_on is None:
        distance = counted(abs(check.days), "day")
        on = (
            f"{distance} {'before' if check.days < 0 else 'after'} the visit"
            if check.days
            else "on the visit day"
        )
    else:
        on = day_in_words(check.due_on)
    if check.every_days:
        how_often = "every day" if check.every_days == 1 else f"every {check.every_days} days"
        on = f"{how_often} from {on}"
    return f"{what} {on}, {time_in_words(check.at_time)}"


def with_phone(sentence: str, practice: Practice, *, is_tapped: bool = False) -> Markup:
    """The sentence with the practice's number in one piece: no line ends at its hyphen. Where it is tapped,
    a tap calls it.
    """
    shown = phone_of(practice, practice.country)
    before, found, after = sentence.partition(shown)
    if not shown or not found:
        return escape(sentence)
    if is_tapped:
        number = Markup('<a class="nowrap" href="tel:{}">{}</a>').format(practice.phone, shown)
    else:
        number = Markup('<span class="nowrap">{}</span>').format(shown)
    return escape(before) + number + escape(after)


def phone_of(person: Client | Practice | DiaryLine, country: str) -> str:
    """The number as people in that country write it, or nothing."""
    return show_phone(person.phone, country) if person.phone else ""


def client_address(client_id: int) -> str:
    """The address of a client's page, built once a request and not for each line of a list."""
    if "client_address" not in g:
        g.client_address = url_for("clients.show", client_id=0).removesuffix("0")
    return f"{g.client_address}{client_id}"


def clock_in(at: datetime, zone: str) -> str:
    """6:00pm, on the clock of that zone."""
    return time_in_words(at.astimezone(zone_of(zone)).time())


def visit_moment(at: datetime, zone: str) -> str:
    """When a visit is: Tue 29 Feb 10:00am, with its year where that is not the year of now."""
    return moment_in_words(at, zone, now())


def when(at: datetime, zone: str, today: date, *, in_sentence: bool = False) -> str:
    """An instant as somebody says it that day: "Today 8:02am", "Yesterday 6:00pm", "Thu 19 Nov 6:00pm"."""
    day = at.astimezone(zone_of(zone)).date()
    match (today - day).days:
        case 0:
            words = f"Today {clock_in(at, zone)}"
        case 1:
            words = f"Yesterday {clock_in(at, zone)}"
        case _:
            return f"{day_in_words(day, today)} {clock_in(at, zone)}"
    return words.lower() if in_sentence else words
