"""Adherence by therapist, by condition and by exercise, for admins: as a page, and for a spreadsheet."""

from collections.abc import Sequence

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from care.caseload_groups import ExerciseUse, Group, by_condition, by_exercise, by_therapist
from care.saying import number_in_words
from care.vocabulary import CONDITION_CATEGORIES
from web.confirming import recently_confirmed
from web.deps import admin_only, current_user
from web.fresh import with_fresh_standings
from web.spreadsheets import spreadsheet

KINDS = {"therapist": "Therapist", "condition": "Condition", "exercise": "Exercise"}
WITHOUT = {"therapist": "Nobody", "condition": "No condition"}
OF_GROUPS = (
    "Clients", "Silent", "Done, 14 days", "Partial", "Skipped", "Unknown", "Due",
    "Questions asked, 14 days", "Questions answered",
)  # fmt: skip
OF_EXERCISES = (
    "Clients", "Dropped by", "Done, 14 days", "Partial", "Skipped", "Unknown", "Due",
    "Mean pain with it, 8 weeks", "Ratings", "Clients who rated",
)  # fmt: skip

bp = Blueprint("adherence_groups", __name__)


@bp.get("/adherence/by")
@admin_only
def index() -> ResponseReturnValue:
    kind = _kind()
    return render_template(
        f"adherence/{'exercises' if kind == 'exercise' else 'groups'}.html",
        kind=kind,
        label=KINDS[kind],
        groups=[] if kind == "exercise" else [(_name(kind, group), group) for group in _groups(kind)],
        exercises=_exercises() if kind == "exercise" else [],
    )


@bp.get("/adherence/by.csv")
@admin_only
@recently_confirmed
def download() -> ResponseReturnValue:
    """Of a group of few, the number of clients alone, as on the page."""
    kind = _kind()
    if kind == "exercise":
        rows = [_exercise_cells(use) for use in _exercises()]
    else:
        rows = [_group_cells(_name(kind, group), group) for group in _groups(kind)]
    columns = (KINDS[kind], *(OF_EXERCISES if kind == "exercise" else OF_GROUPS))
    return spreadsheet(f"adherence-by-{kind}", columns, rows)


def _kind() -> str:
    kind = request.args.get("by", "therapist")
    if kind not in KINDS:
        abort(404)
    return kind


def _groups(kind: str) -> list[Group]:
    count = by_condition if kind == "condition" else by_therapist
    return count(with_fresh_standings(), current_user().practice_id)


def _exercises() -> list[ExerciseUse]:
    return by_exercise(with_fresh_standings(), current_user().practice_id)


def _name(kind: str, group: Group) -> str:
    if not group.name:
        return WITHOUT[kind]
    return CONDITION_CATEGORIES.get(group.name, group.name) if kind == "condition" else group.name


def _group_cells(name: str, group: Group) -> Sequence[str]:
    if not group.is_enough:
        return [name, str(group.clients)]
    one = group.adherence
    counts = (group.clients, group.silent, one.done, one.partial, one.skipped, one.unknown, one.due)
    return [name, *map(str, (*counts, group.asked, group.answered))]


def _exercise_cells(use: ExerciseUse) -> Sequence[str]:
    if not use.is_enough:
        return [use.name, str(use.clients)]
    one = use.adherence
    counts = (use.clients, use.dropped_by, one.done, one.partial, one.skipped, one.unknown, one.due)
    pain = "" if use.pain is None else number_in_words(use.pain)
    return [use.name, *map(str, counts), pain, str(use.ratings), str(use.raters)]
