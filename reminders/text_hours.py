"""At which times of day a reminder may be due and still goes out: in the window, or shortly before it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from care.models import Client, Practice
from care.recurrence import A_DAY
from care.thresholds import thresholds_of
from reminders.contact import SHORTEST_VALIDITY, Window, window_of


@dataclass(frozen=True)
class TextHours:
    """The client's window, and for how long after it was due a reminder is still of use."""

    window: Window
    useful: timedelta

    def can_reach(self, at: time) -> bool:
        """Whether what is due at this time can go out: at once, or as the window next opens."""
        due, opening, closing = (
            datetime.combine(date.min, one) for one in (at, self.window.from_time, self.window.until_time)
        )
        if opening <= due < closing:
            return True
        wait = opening - due if due < opening else opening + A_DAY - due
        return wait + SHORTEST_VALIDITY <= self.useful


def text_hours(practice: Practice, client: Client) -> TextHours:
    limits = thresholds_of(practice.thresholds)
    return TextHours(window_of(practice, client), timedelta(hours=limits.exercise_stale_hours))
