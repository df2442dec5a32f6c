"""Days as a text says them, in the client's language."""

from collections.abc import Collection
from datetime import date, timedelta

from care.languages import WORDS, day_for_client, phrase

A_MONDAY = date(2024, 1, 1)


def days_in_words(weekdays: Collection[int], language: str) -> str:
    """Mon, Wed, Fri; or every day."""
    if len(set(weekdays)) == 7:
        return phrase(WORDS, "every_day", language)
    days = [A_MONDAY + timedelta(days=weekday) for weekday in sorted(weekdays)]
    return ", ".join(day_for_client(day, language, "weekday_pattern") for day in days)
