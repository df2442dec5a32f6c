"""A plan in words: the dose as the client reads it, and when it is due."""

from care.languages import ENGLISH, Say, sayer
from care.models import Assignment, Laterality, Side
from care.plans import Dose
from care.recurrence import Schedule
from care.saying import time_in_words

DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def dose_in_words(
    dose: Dose | Assignment, laterality: Laterality = Laterality.BOTH, language: str = ENGLISH
) -> str:
    """As the client reads it: "Hold 30 seconds. 3 times, right side". What is done once in each set, or in
    one set alone, is told as so many times: "Do it for 60 seconds. 2 times, each side".
    """
    say = sayer(language)
    parts = []
    if dose.duration_seconds:
        parts.append(_duration(dose.duration_seconds, say))
    if dose.hold_seconds:
        parts.append(say("dose_hold", count=dose.hold_seconds))
    if dose.sets > 1 and dose.reps > 1:
        parts.append(say("dose_sets", count=dose.sets, reps=dose.reps))
    else:
        parts.append(say("dose_times", count=dose.sets * dose.reps))
    words = ". ".join(part[0].upper() + part[1:] for part in parts)
    if dose.side is not Side.BOTH:
        return say(f"dose_{dose.side.value}", dose=words)
    return say("dose_each", dose=words) if laterality is Laterality.EACH_SIDE else words


def _duration(seconds: int, say: Say) -> str:
    if seconds >= 120 and seconds % 60 == 0:
        return say("dose_minutes", count=seconds // 60)
    return say("dose_seconds", count=seconds)


def schedule_in_words(schedule: Schedule) -> str:
    """As people say it: "Mon, Wed, Fri 6:00pm"."""
    if schedule.every_days is not None and schedule.every_days > 1:
        days = "every other day" if schedule.every_days == 2 else f"every {schedule.every_days} days"
    elif schedule.weekdays is None:
        days = "every day"
    elif schedule.weekdays == frozenset(range(5)):
        days = "weekdays"
    else:
        days = ", ".join(DAY_NAMES[day] for day in sorted(schedule.weekdays))
    return f"{days} {' and '.join(time_in_words(at) for at in sorted(schedule.times))}"


def routine_in_words(dose: Dose | Assignment, laterality: Laterality, schedule: Schedule) -> str:
    """ "Hold 3 seconds. 2 sets of 12. Every day 6:00pm"."""
    when = schedule_in_words(schedule)
    return f"{dose_in_words(dose, laterality)}. {when[:1].upper()}{when[1:]}"
