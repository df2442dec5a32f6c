"""When a plan of a template is done and what follows, in a line for the list of templates."""

from care.models import TemplateDays
from care.saying import time_in_words
from care.templates import Routine

DAYS = {
    TemplateDays.DAILY: "every day",
    TemplateDays.WEEKDAYS: "weekdays",
    TemplateDays.ALTERNATE: "every other day",
    TemplateDays.NO_TEXTS: "no reminders",
}


def routine_in_words(routine: Routine) -> str:
    """Like "Every other day, 6:00pm, for 4 weeks, pain asked in 3 days"; empty when all is left open."""
    said = []
    if routine.days is not None:
        said.append(DAYS[routine.days])
    if routine.times:
        said.append(" and ".join(time_in_words(at) for at in routine.times))
    if routine.weeks:
        said.append(f"for {routine.weeks} week{'' if routine.weeks == 1 else 's'}")
    if routine.ask_days:
        said.append(f"pain asked in {routine.ask_days} days")
    elif routine.ask_days == 0:
        said.append("pain not asked")
    if routine.next_visit_days:
        said.append(f"next visit in {routine.next_visit_days} days")
    line = ", ".join(said)
    return line[:1].upper() + line[1:]
