"""The days, times, weeks and question of a template, as the After visit form shows them."""

from datetime import time

from care.models import TemplateDays
from care.templates import Routine
from web.visit_form import ASK_DAYS, DO_NOT_ASK, LONGEST_WEEKS, VisitForm, read_time

CODES = {one.value: one for one in TemplateDays}


def put_routine(form: VisitForm, routine: Routine, *, keeps_times: bool) -> None:
    """What the template leaves open stays as it is on the form."""
    if routine.days is not None:
        form.days = routine.days.value
    if routine.times and not keeps_times:
        form.at_time, form.second_time = typed_times(routine.times)
    if routine.weeks is not None:
        form.weeks = str(routine.weeks)
    if routine.ask_days is not None:
        form.ask = str(routine.ask_days) if routine.ask_days else DO_NOT_ASK


def typed_times(times: tuple[time, ...]) -> tuple[str, str]:
    """Both times as their fields show them; empty for what is not there."""
    first, second, *_ = (*(f"{at:%H:%M}" for at in times), "", "")
    return first, second


def routine_from(form: VisitForm) -> Routine:
    """What a list kept from this form takes along; what does not hold is left open."""
    at, second = read_time(form.at_time), read_time(form.second_time)
    times = (at, second) if at and second and at != second else (at,) if at else ()
    weeks = int(form.weeks) if form.weeks.isascii() and form.weeks.isdecimal() else 0
    return Routine(
        days=CODES.get(form.days),
        times=times,
        weeks=weeks if 1 <= weeks <= LONGEST_WEEKS else None,
        ask_days=int(form.ask) if form.ask in ASK_DAYS else 0,
    )
