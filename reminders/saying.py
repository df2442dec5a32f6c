"""Times, days and dates as a text says them, in the client's language and in characters that fit one part."""

from collections.abc import Collection
from datetime import date, time

from care.saying import day_in_words, time_in_words
from reminders.wording import MONTHS_ES

# Without accents: á and í would make two parts of a text.
DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "es": ("lun", "mar", "mie", "jue", "vie", "sab", "dom"),
}
EVERY_DAY = {"en": "every day", "es": "a diario"}


def clock_in_words(at: time, language: str) -> str:
    return f"{at:%H:%M}" if language == "es" else time_in_words(at)


def date_in_words(day: date, language: str) -> str:
    return f"{day.day} de {MONTHS_ES[day.month - 1]}" if language == "es" else day_in_words(day)


def days_in_words(weekdays: Collection[int], language: str) -> str:
    """Mon, Wed, Fri; or every day."""
    known = language if language in DAYS else "en"
    if len(set(weekdays)) == len(DAYS[known]):
        return EVERY_DAY[known]
    return ", ".join(DAYS[known][day] for day in sorted(weekdays))
