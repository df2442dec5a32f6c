"""The times at which a reminder may be due are those at which one that is due goes out in the end."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from care.models import Client, ClientStatus, NumberState, Practice, Reminder, ReminderKind
from reminders.contact import Drop, Facts, judge
from reminders.text_hours import text_hours

ZONE = ZoneInfo("America/New_York")


def test_a_time_of_day_is_possible_exactly_when_its_text_would_go_out() -> None:
    practice = Practice(
        window_from_time=time(9), window_until_time=time(20), daily_cap=3, thresholds={}, is_sample=False
    )
    client = Client(timezone=ZONE.key, status=ClientStatus.ACTIVE, number_state=NumberState.OK)
    facts = Facts(practice, client, True, False, 0, 0, False)
    hours = text_hours(practice, client)

    def goes_out(at: time) -> bool:
        due = datetime(2026, 3, 2, at.hour, at.minute, tzinfo=ZONE)
        reminder = Reminder(
            kind=ReminderKind.EXERCISE, text_key="reminder", due_at=due, expires_at=due + timedelta(hours=2)
        )
        return not isinstance(judge(reminder, facts, due), Drop)

    times = [time(hour, minute) for hour in range(24) for minute in (0, 1, 30, 59)]
    possible = [at for at in times if hours.can_reach(at)]

    assert possible == [at for at in times if goes_out(at)]
    assert (possible[0], possible[-1]) == (time(7, 1), time(19, 59))
