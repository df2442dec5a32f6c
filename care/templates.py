"""Templates: lists of exercises with doses that a plan begins from, kept by and for the whole practice."""

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, time
from importlib.resources import files

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from care.checks import check_codes, check_line, check_number
from care.errors import NotFound, Refused
from care.models import Exercise, ExerciseSource, Practice, Template, TemplateDays, TemplateItem, User
from care.plans import Dose, default_dose
from care.searching import fold
from care.vocabulary import CONDITION_CATEGORIES

MOST_ITEMS, MOST_WEEKS, MOST_DAYS = 20, 26, 90
Item = tuple[int, Dose]


@dataclass(frozen=True)
class Routine:
    """When a plan is done and what follows; what is None or empty is left open. `ask_days` 0 asks nothing."""

    days: TemplateDays | None = None
    times: tuple[time, ...] = ()
    weeks: int | None = None
    ask_days: int | None = None
    next_visit_days: int | None = None

    def check(self) -> None:
        """Raises Refused with a sentence for the form."""
        if len(set(self.times)) != len(self.times) or len(self.times) > 2:
            raise Refused("Second time must be another time of day.")
        check_number("Plan length", self.weeks or 1, 1, MOST_WEEKS, "weeks")
        check_number("Days to the question", self.ask_days or 0, 0, MOST_DAYS)
        check_number("Days to the next visit", self.next_visit_days or 0, 0, MOST_DAYS)


OPEN = Routine()


def seed_templates(session: Session, practice: Practice, now: datetime) -> None:
    """The templates a new practice begins with, by condition, at the library's doses."""
    library = {
        exercise.slug: exercise
        for exercise in session.scalars(select(Exercise).where(Exercise.practice_id == practice.id))
    }
    text = files("care").joinpath("data/templates.toml").read_text(encoding="utf-8")
    for entry in tomllib.loads(text)["template"]:
        template = Template(
            practice_id=practice.id,
            name=entry["name"],
            condition_category=entry["condition"],
            source=ExerciseSource.SEED,
            days=TemplateDays(entry["days"]),
            changed_at=now,
        )
        doses = entry.get("doses", {})
        items = [
            (library[slug].id, replace(default_dose(library[slug]), **doses.get(slug, {})))
            for slug in entry["exercises"]
        ]
        template.items = _items(practice.id, items)
        session.add(template)
    session.flush()


def list_templates(
    session: Session, practice_id: int, *, condition: str | None = None, include_retired: bool = False
) -> list[Template]:
    """With their exercises; those of the condition first, then by name."""
    wanted = (
        select(Template)
        .where(Template.practice_id == practice_id)
        .options(joinedload(Template.items).joinedload(TemplateItem.exercise))
    )
    if not include_retired:
        wanted = wanted.where(~Template.is_retired)
    found = session.scalars(wanted).unique()
    return sorted(found, key=lambda one: (one.condition_category != condition, fold(one.name), one.id))


def get_template(session: Session, practice_id: int, template_id: int) -> Template:
    template = session.scalar(
        select(Template)
        .where(Template.practice_id == practice_id, Template.id == template_id)
        .options(selectinload(Template.items).selectinload(TemplateItem.exercise))
    )
    if template is None:
        raise NotFound
    return template


def keep_template(
    session: Session,
    practice_id: int,
    name: str,
    condition: str,
    items: Sequence[Item],
    user: User,
    now: datetime,
    routine: Routine = OPEN,
) -> Template:
    """Keep a list under a name. The template of that name, if there is one, holds this list from now on.

    Raises Refused with a sentence when the name or a dose will not do, or there is nothing to keep.
    """
    template = _find_by_name(session, practice_id, name)
    if template is None:
        template = Template(practice_id=practice_id, items=[])
    change_template(session, template, name, condition, items, user, now, routine)
    template.is_retired = False
    session.flush()
    return template


def change_template(
    session: Session,
    template: Template,
    name: str,
    condition: str,
    items: Sequence[Item],
    user: User,
    now: datetime,
    routine: Routine,
) -> None:
    """All of it, from now on; plans it began go on as they are. Raises Refused with a sentence, also when
    another template has the name.
    """
    name = check_line("Template name", name, 60)
    check_codes("Condition", [condition], CONDITION_CATEGORIES)
    if not 1 <= len(items) <= MOST_ITEMS:
        raise Refused(f"A template holds 1 to {MOST_ITEMS} exercises.")
    for _exercise_id, dose in items:
        dose.check()
    routine.check()
    if _find_by_name(session, template.practice_id, name) not in (None, template):
        raise Refused(f"There is already a template called {name}. Choose another name.")
    template.name, template.condition_category = name, condition
    template.source = ExerciseSource.OWN
    template.changed_by_id, template.changed_at = user.id, now
    template.items = _items(template.practice_id, items)
    template.days, template.weeks = routine.days, routine.weeks
    template.times = [f"{at:%H:%M}" for at in sorted(routine.times)]
    template.ask_days, template.next_visit_days = routine.ask_days, routine.next_visit_days
    session.add(template)
    session.flush()


def new_template(practice_id: int) -> Template:
    """An empty one that is nowhere yet."""
    return Template(practice_id=practice_id, name="", condition_category="other", items=[], times=[])


def retire_template(session: Session, template: Template, is_retired: bool = True) -> None:
    """Not offered any more; what it began goes on."""
    template.is_retired = is_retired
    session.flush()


def dose_of(item: TemplateItem) -> Dose:
    return Dose(
        item.sets, item.reps, item.hold_seconds, item.duration_seconds, item.side, item.load, item.note
    )


def routine_of(template: Template) -> Routine:
    times = tuple(time.fromisoformat(at) for at in template.times)
    return Routine(template.days, times, template.weeks, template.ask_days, template.next_visit_days)


def _items(practice_id: int, items: Sequence[Item]) -> list[TemplateItem]:
    return [
        TemplateItem(practice_id=practice_id, exercise_id=exercise_id, position=place, **asdict(dose))
        for place, (exercise_id, dose) in enumerate(items)
    ]


def _find_by_name(session: Session, practice_id: int, name: str) -> Template | None:
    templates = list_templates(session, practice_id, include_retired=True)
    return next((one for one in templates if fold(one.name) == fold(name)), None)
