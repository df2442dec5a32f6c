"""The After visit form between two round trips: kept as it was typed, checked when it is sent."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from care.models import Assignment, Exercise
from care.plan_words import schedule_in_words
from care.plans import Dose, NewAssignment, schedule_of
from care.recurrence import Schedule, instant_of
from care.saying import time_in_words
from care.visits import VisitNotes
from care.vocabulary import REGIONS, TECHNIQUES
from reminders.text_hours import TextHours
from web.carried_pauses import carried_pause
from web.dose_rows import DOSE_FIELDS, DoseRow, read_dose, read_row, row_number

DAILY, WEEKDAYS, ALTERNATE, AS_NOW, NO_TEXTS = "daily", "weekdays", "alternate", "as_now", "no_texts"
DO_NOT_ASK = "no"
ASK_DAYS = ("2", "3", "7")
LONGEST_WEEKS = 26
# The day before a visit, when most can still call to change it.
VISIT_REMINDER_AT = time(10)
LONGEST_NOTE = 4000
LINES = (
    "query", "left_over", "complaint", "visit_note", "pain", "days", "at_time", "second_time", "weeks", "ask",
    "next_date", "next_time", "plan_note", "template_name", "begun_from",
)  # fmt: skip


@dataclass
class VisitForm:
    """Everything on the page. `goes_on` holds the exercises whose pause is not taken over, `left_over` the
    words in the search that sending spoke of already. `errors` is keyed by the id of the field a sentence
    belongs to.
    """

    key: str
    rows: list[DoseRow] = field(default_factory=list)
    goes_on: list[int] = field(default_factory=list)
    begun_from: str = ""
    query: str = ""
    left_over: str = ""
    template_name: str = ""
    complaint: str = ""
    techniques: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    visit_note: str = ""
    pain: str = ""
    days: str = DAILY
    at_time: str = "18:00"
    second_time: str = ""
    weeks: str = "4"
    ask: str = "3"
    next_date: str = ""
    next_time: str = ""
    plan_note: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_reminded(self) -> bool:
        return self.days != NO_TEXTS

    @property
    def is_touched(self) -> bool:
        """Whether the list is another than the one a chip, or opening the page, put there."""
        return self.begun_from != fingerprint(self.rows)

    def begin_from(self, rows: list[DoseRow]) -> bool:
        """Put this list in the place of an untouched one, or add what is missing to a touched one.

        True when it stands in the place of the other.
        """
        if self.is_touched:
            present = {row.exercise.id for row in self.rows}
            self.rows += [row for row in rows if row.exercise.id not in present]
            return False
        self.rows = rows
        self.begun_from = fingerprint(rows)
        return True


def fingerprint(rows: Sequence[DoseRow]) -> str:
    """The same for the same exercises with the same doses in the same order."""
    said = json.dumps([[row.exercise.id, *(row.typed[name] for name in DOSE_FIELDS)] for row in rows])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Wanted:
    """A form that holds: what the therapist did, gives, asks and plans."""

    notes: VisitNotes
    assignments: list[NewAssignment]
    ask_days: int | None
    ask_time: time
    next_at: datetime | None
    plan_note: str


def prefill_schedule(form: VisitForm, assignments: Sequence[Assignment]) -> None:
    """Days, times and length as the running plan has them."""
    if not assignments:
        return
    schedule = schedule_of(assignments[0])
    times = [f"{at:%H:%M}" for at in sorted(schedule.times)]
    form.at_time, form.second_time = times[0], times[1] if len(times) > 1 else ""
    form.days = _days_of(schedule)
    if schedule.ends_on is not None:
        weeks = -(-((schedule.ends_on - schedule.starts_on).days + 1) // 7)
        form.weeks = str(min(max(weeks, 1), LONGEST_WEEKS))
    if not any(one.is_reminded for one in assignments):
        form.days = NO_TEXTS


def _days_of(schedule: Schedule) -> str:
    if schedule.every_days == 2:
        return ALTERNATE
    if schedule.every_days not in (None, 1):
        return AS_NOW
    if schedule.weekdays is None:
        return DAILY
    return WEEKDAYS if schedule.weekdays == frozenset(range(5)) else AS_NOW


def day_choices(assignments: Sequence[Assignment]) -> list[tuple[str, str]]:
    """The ways to remind. Days the running plan has and no chip says can be kept as they are."""
    choices = [(DAILY, "Every day"), (WEEKDAYS, "Weekdays"), (ALTERNATE, "Every other day")]
    running = schedule_of(assignments[0]) if assignments else None
    if running is not None and _days_of(running) == AS_NOW:
        choices.append((AS_NOW, f"As now: {_days_in_words(running)}"))
    return [*choices, (NO_TEXTS, "No reminders")]


def _days_in_words(schedule: Schedule) -> str:
    first = replace(schedule, times=schedule.times[:1])
    return schedule_in_words(first).rsplit(" ", 1)[0]


def read_form(
    typed: MultiDict[str, str], find: Callable[[Iterable[int]], Mapping[int, Exercise]]
) -> VisitForm:
    """The form as it was posted. Exercises that `find` does not know fall out of the list."""
    form = VisitForm(key=typed.get("key", "")[:32])
    for name in LINES:
        setattr(form, name, typed.get(name, "").strip())
    form.techniques = [code for code in typed.getlist("techniques") if code in TECHNIQUES]
    form.regions = [code for code in typed.getlist("regions") if code in REGIONS]
    ids = [row_number(one) for one in typed.getlist("exercise")]
    library = find(ids)
    for number, exercise_id in enumerate(ids):
        exercise = library.get(exercise_id)
        if exercise is not None:
            form.rows.append(read_row(exercise, typed, number))
    marked = set(map(row_number, typed.getlist("goes_on")))
    form.goes_on = [row.exercise.id for row in form.rows if row.exercise.id in marked]
    return form


def typed_of(form: VisitForm) -> dict[str, list[str]]:
    """What `read_form` reads this form from again: a draft."""
    typed = {name: [getattr(form, name)] for name in ("key", *LINES)}
    typed |= {"techniques": form.techniques, "regions": form.regions}
    typed["exercise"] = [str(row.exercise.id) for row in form.rows]
    typed["goes_on"] = [str(one) for one in form.goes_on]
    for number, row in enumerate(form.rows):
        typed |= {f"{name}-{number}": [row.typed[name]] for name in DOSE_FIELDS}
    return typed


def check_form(
    form: VisitForm,
    running: Sequence[Assignment],
    today: date,
    now: datetime,
    zone: ZoneInfo,
    hours: TextHours | None = None,
) -> Wanted | None:
    """What is wanted, or None with the reasons in `form.errors`. `hours` is None where nothing is texted."""
    form.errors = {}
    pain = _pain(form)
    schedule = _schedule(form, running, today)
    if schedule is not None and schedule.is_reminded and hours is not None:
        _check_times(form, schedule, hours)
    assignments = [
        NewAssignment(row.exercise.id, dose, schedule, carried_pause(running, row.exercise.id, form.goes_on))
        if dose and schedule
        else None
        for dose, row in [(read_dose(form.errors, number, row), row) for number, row in enumerate(form.rows)]
    ]
    next_at = _next_at(form, now, zone)
    if not form.rows:
        form.errors["query"] = "Add at least one exercise."
    _check_lengths(form)
    if form.errors or schedule is None:
        return None
    return Wanted(
        notes=VisitNotes(
            complaint=form.complaint,
            techniques=form.techniques,
            regions=form.regions,
            note=form.visit_note,
            pain=pain,
        ),
        assignments=[one for one in assignments if one is not None],
        ask_days=int(form.ask) if form.ask in ASK_DAYS else None,
        ask_time=schedule.times[0],
        next_at=next_at,
        plan_note=form.plan_note,
    )


def schedule_from(form: VisitForm, running: Sequence[Assignment], today: date) -> Schedule | None:
    """The schedule the form asks for, or None when it does not hold."""
    return _schedule(replace(form, errors={}), running, today)


def doses_from(form: VisitForm) -> list[Dose] | None:
    """The doses, or None while one of them does not hold."""
    trial = replace(form, errors={})
    doses = [read_dose(trial.errors, number, row) for number, row in enumerate(form.rows)]
    return None if None in doses else [dose for dose in doses if dose is not None]


def _pain(form: VisitForm) -> float | None:
    if not form.pain:
        return None
    score = float(form.pain.replace(",", ".")) if re.fullmatch(r"\d{1,2}([.,]\d)?", form.pain) else 11
    if score > 10:
        form.errors["pain"] = "Pain now must be a number from 0 to 10."
    return score


def _schedule(form: VisitForm, running: Sequence[Assignment], today: date) -> Schedule | None:
    at = read_time(form.at_time)
    second = read_time(form.second_time) if form.second_time else None
    weeks = int(form.weeks) if re.fullmatch(r"\d{1,2}", form.weeks) else 0
    if at is None:
        form.errors["at_time"] = "Time of day must look like 18:00."
    if form.second_time and (second is None or second == at):
        form.errors["second_time"] = "Second time must be another time of day, like 20:00, or empty."
    if not 1 <= weeks <= LONGEST_WEEKS:
        form.errors["weeks"] = f"Plan length must be 1 to {LONGEST_WEEKS} weeks."
    if at is None or {"second_time", "weeks"} & form.errors.keys():
        return None
    weekdays, every_days = _days(form, running)
    return Schedule(
        times=(at, second) if second else (at,),
        starts_on=today,
        ends_on=today + timedelta(weeks=weeks) - timedelta(days=1),
        weekdays=weekdays,
        every_days=every_days,
        is_reminded=form.is_reminded,
    )


def _check_times(form: VisitForm, schedule: Schedule, hours: TextHours) -> None:
    """A reminder that would never go out is no reminder."""
    opens, closes = time_in_words(hours.window.from_time), time_in_words(hours.window.until_time)
    for name, at in zip(("at_time", "second_time"), schedule.times, strict=False):
        if not hours.can_reach(at):
            form.errors[name] = (
                f"No text goes out at {time_in_words(at)}: choose a time from {opens} on and before {closes}"
                f"{', or leave it empty' if name == 'second_time' else ', or No reminders'}."
            )


def _days(form: VisitForm, running: Sequence[Assignment]) -> tuple[frozenset[int] | None, int | None]:
    if form.days == WEEKDAYS:
        return frozenset(range(5)), None
    if form.days == ALTERNATE:
        return None, 2
    if form.days == AS_NOW and running:
        schedule = schedule_of(running[0])
        return schedule.weekdays, schedule.every_days
    return None, None


def _next_at(form: VisitForm, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the next visit is; a date needs a time and the other way round."""
    if not form.next_date and not form.next_time:
        return None
    day, at = read_date(form.next_date), read_time(form.next_time)
    if day is None:
        form.errors["next_date"] = "Next visit needs a date like 2026-11-26, or neither date nor time."
    if at is None:
        form.errors["next_time"] = "Next visit needs a time like 10:00, or neither date nor time."
    if day is None or at is None:
        return None
    starts_at = instant_of(day, at, zone)
    if not now < starts_at < now + timedelta(days=732):
        form.errors["next_date"] = "Next visit must be after now and within two years."
    return starts_at


def _check_lengths(form: VisitForm) -> None:
    limits = {"complaint": (200, "Complaint"), "visit_note": (LONGEST_NOTE, "Visit note")}
    limits["plan_note"] = (LONGEST_NOTE, "Note on the plan")
    for name, (most, label) in limits.items():
        if len(getattr(form, name)) > most:
            form.errors[name] = f"{label} must be at most {most} characters."


def visit_reminder_at(starts_at: datetime, zone: ZoneInfo) -> datetime:
    """When a visit is reminded of: the day before, on the client's clock."""
    return instant_of(starts_at.astimezone(zone).date() - timedelta(days=1), VISIT_REMINDER_AT, zone)


def read_time(typed: str) -> time | None:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)(:00)?", typed)
    return time(int(found[1]), int(found[2])) if found else None


def read_date(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if re.fullmatch(r"\d{4}-\d\d-\d\d", typed) else None
    except ValueError:
        return None
