"""Suggestions for the next plan: shown with their numbers, and carried into After visit where accepted."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from care import audit, drafts
from care.models import Assignment
from care.plan_words import dose_in_words
from care.plans import Dose
from care.progression import progressed, regressed
from care.signals import Signal, Suggestion, signals_for
from care.since_facts import SinceFacts
from care.thresholds import Thresholds, thresholds_of
from web.deps import current_user, db, now, practice, real_now
from web.dose_rows import DoseRow, row_of
from web.visit_desk import Desk, look_up
from web.visit_form import VisitForm, read_form, typed_of
from web.visits import prefilled

bp = Blueprint("signals", __name__)

WORDS = {
    Suggestion.PROGRESS: "Progress",
    Suggestion.KEEP: "Keep",
    Suggestion.HALVE: "Halve",
    Suggestion.SWAP: "Swap",
}


@dataclass(frozen=True)
class Choice:
    """One way to go on with an exercise: its words, what it comes to, and whether it is suggested."""

    code: str
    words: str
    comes_to: str
    is_suggested: bool


@dataclass(frozen=True)
class Line:
    signal: Signal
    now: str
    choices: list[Choice]


@dataclass(frozen=True)
class Suggestions:
    """All of one client; `is_held` while a red flag is open, and then there are none."""

    lines: list[Line]
    is_held: bool

    @property
    def has_any(self) -> bool:
        return self.is_held or bool(self.lines)


def suggestions_for(facts: SinceFacts) -> Suggestions:
    signals = signals_for(facts)
    lines = [
        Line(one, _in_words(one.assignment, _dose(one.assignment)), _choices(one, facts.limits))
        for one in signals or ()
    ]
    return Suggestions(lines, is_held=signals is None)


def _choices(signal: Signal, limits: Thresholds) -> list[Choice]:
    """Those that make a difference; what is suggested but leads nowhere becomes "keep"."""
    assignment = signal.assignment
    found = {Suggestion.KEEP: "as it is", Suggestion.SWAP: "for one like it"}
    for code in (Suggestion.PROGRESS, Suggestion.HALVE):
        dose = _changed(assignment, code, limits)
        if dose is not None:
            found[code] = _in_words(assignment, dose)
    suggested = signal.suggestion if signal.suggestion in found else Suggestion.KEEP
    return [Choice(code, WORDS[code], found[code], code is suggested) for code in WORDS if code in found]


def _dose(assignment: Assignment) -> Dose:
    return Dose(
        assignment.sets,
        assignment.reps,
        assignment.hold_seconds,
        assignment.duration_seconds,
        assignment.side,
        assignment.load,
        assignment.note,
    )


def _changed(assignment: Assignment, code: str, limits: Thresholds) -> Dose | None:
    dose, type = _dose(assignment), assignment.exercise.type
    return progressed(dose, type, limits) if code == Suggestion.PROGRESS else regressed(dose, type)


def _in_words(assignment: Assignment, dose: Dose) -> str:
    return dose_in_words(dose, assignment.exercise.laterality)


@bp.post("/clients/<int:client_id>/signals")
def carry(client_id: int) -> ResponseReturnValue:
    """Put what was accepted into the After visit form, as its draft. The plan itself is as it was."""
    desk = look_up(db(), client_id, current_user(), now())
    form = (
        read_form(MultiDict(desk.draft.typed), desk.exercises) if desk.draft is not None else prefilled(desk)
    )
    limits = thresholds_of(practice().thresholds, desk.client.thresholds)
    done = [said for one in desk.running if (said := _carry(desk, form, one, limits))]
    drafts.save_draft(db(), desk.user, desk.client, typed_of(form), desk.now)
    audit.record(db(), desk.client.practice_id, "carry_signals", "client", client_id, real_now(), desk.user)
    db().commit()
    flash(f"{'; '.join(done)}. Nothing is given until you send it." if done else "Nothing to carry over.")
    return redirect(url_for("visits.show", client_id=client_id), 303)


def _carry(desk: Desk, form: VisitForm, assignment: Assignment, limits: Thresholds) -> str:
    """What became of one exercise, in words; empty when it stays, or is not in the form any more."""
    code = request.form.get(f"choice-{assignment.id}", "")
    place = next((n for n, row in enumerate(form.rows) if row.exercise.id == assignment.exercise_id), None)
    if place is None or code not in (Suggestion.PROGRESS, Suggestion.HALVE, Suggestion.SWAP):
        return ""
    row = _row(desk, form, assignment, code, limits)
    if row is None:
        return ""
    form.rows[place] = row
    name = assignment.exercise.name
    return f"{name} swapped for {row.exercise.name}" if code == Suggestion.SWAP else f"{name}: {code}"


def _row(
    desk: Desk, form: VisitForm, assignment: Assignment, code: str, limits: Thresholds
) -> DoseRow | None:
    if code == Suggestion.SWAP:
        taken = [row.exercise.id for row in form.rows]
        found = desk.alternatives(assignment.exercise, taken)
        return row_of(found[0], desk.last_dose(found[0])) if found else None
    dose = _changed(assignment, code, limits)
    return row_of(assignment.exercise, dose) if dose is not None else None
