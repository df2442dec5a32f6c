"""How days, times and numbers are said, so every page, text and brief says them alike."""

from datetime import date, datetime, time

from care.recurrence import zone_of

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_in_words(day: date, today: date | None = None) -> str:
    """Thu 26 Nov, and Tue 29 Feb 2028 where that is not the year of `today`. Our own names, so the server's
    locale changes nothing.
    """
    year = "" if today is None or day.year == today.year else f" {day.year}"
    return f"{DAYS[day.weekday()]} {short_day(day)}{year}"


def short_day(day: date) -> str:
    """26 Nov, where the weekday says nothing more."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def time_in_words(at: time) -> str:
    """6:00pm. Noon is 12:00pm, midnight 12:00am."""
    return f"{at.hour % 12 or 12}:{at.minute:02d}{'am' if at.hour < 12 else 'pm'}"


def moment_in_words(at: datetime, zone: str, now: datetime | None = None) -> str:
    """An instant on the clock of `zone`: Thu 26 Nov 6:00pm. With its year where it is not that of `now`."""
    local = at.astimezone(zone_of(zone))
    day = day_in_words(local.date(), local_day(now, zone) if now is not None else None)
    return f"{day} {time_in_words(local.time())}"


def moment_after(at: datetime, since: datetime, zone: str) -> str:
    """The hour alone on the day of `since`, which is said beside it; else with its day."""
    if local_day(at, zone) == local_day(since, zone):
        return time_in_words(at.astimezone(zone_of(zone)).time())
    return moment_in_words(at, zone)


def local_day(at: datetime, zone: str) -> date:
    """The day an instant falls on, on the clock of `zone`."""
    return at.astimezone(zone_of(zone)).date()


def number_in_words(value: float) -> str:
    """At most one decimal and no idle zero: 3, 6.5."""
    return f"{round(value, 1) + 0:g}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """1 rating, 2 ratings."""
    return f"{count} {one if count == 1 else many or one + 's'}"
