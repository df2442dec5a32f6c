"""Templates: lists of exercises with doses that a plan begins from, kept by and for the whole practice."""

import tomllib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.resources import files

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from care.checks import check_codes, check_line
from care.errors import NotFound, Refused
from care.models import Exercise, ExerciseSource, Practice, Template, TemplateItem, User
from care.plans import Dose, default_dose
from care.searching import fold
from care.vocabulary import CONDITION_CATEGORIES

MOST_ITEMS = 20
Item = tuple[int, Dose]


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
            changed_at=now,
        )
        exercises = [library[slug] for slug in entry["exercises"]]
        template.items = _items(practice.id, [(one.id, default_dose(one)) for one in exercises])
        session.add(template)
    session.flush()


def list_templates(
    session: Session, practice_id: int, *, condition: str | None = None, include_retired: bool = False
) -> list[Template]:
    """With their exercises; those of the condition first, then by name."""
    wanted = (
        select(Template)
        .where(Template.practice_id == practice_id)
        .options(selectinload(Template.items).selectinload(TemplateItem.exercise))
    )
    if not include_retired:
        wanted = wanted.where(~Template.is_retired)
    found = session.scalars(wanted).all()
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
) -> Template:
    """Keep a list under a name. The template of that name, if there is one, holds this list from now on.

    Raises Refused with a sentence when the name or a dose will not do, or there is nothing to keep.
    """
    name = check_line("Template name", name, 60)
    check_codes("Condition", [condition], CONDITION_CATEGORIES)
    if not 1 <= len(items) <= MOST_ITEMS:
        raise Refused(f"A template holds 1 to {MOST_ITEMS} exercises.")
    for _exercise_id, dose in items:
        dose.check()
    template = _find_by_name(session, practice_id, name)
    if template is None:
        template = Template(practice_id=practice_id, source=ExerciseSource.OWN, items=[])
        session.add(template)
    template.name, template.condition_category, template.is_retired = name, condition, False
    template.source = ExerciseSource.OWN
    template.changed_by_id, template.changed_at = user.id, now
    template.items = _items(practice_id, items)
    session.flush()
    return template


def rename_template(session: Session, template: Template, name: str, condition: str) -> None:
    """Raises Refused when another template has the name."""
    name = check_line("Template name", name, 60)
    check_codes("Condition", [condition], CONDITION_CATEGORIES)
    if _find_by_name(session, template.practice_id, name) not in (None, template):
        raise Refused(f"There is already a template called {name}. Choose another name.")
    template.name, template.condition_category = name, condition
    session.flush()


def retire_template(session: Session, template: Template, is_retired: bool = True) -> None:
    """Not offered any more; what it began goes on."""
    template.is_retired = is_retired
    session.flush()


def dose_of(item: TemplateItem) -> Dose:
    return Dose(
        item.sets, item.reps, item.hold_seconds, item.duration_seconds, item.side, item.load, item.note
    )


def _items(practice_id: int, items: Sequence[Item]) -> list[TemplateItem]:
    return [
        TemplateItem(practice_id=practice_id, exercise_id=exercise_id, position=place, **asdict(dose))
        for place, (exercise_id, dose) in enumerate(items)
    ]


def _find_by_name(session: Session, practice_id: int, name: str) -> Template | None:
    templates = list_templates(session, practice_id, include_retired=True)
    return next((one for one in templates if fold(one.name) == fold(name)), None)
