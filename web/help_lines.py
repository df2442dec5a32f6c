"""Settings: the numbers that safety texts name, with the texts as clients get them."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit
from care.errors import Refused
from care.languages import LANGUAGES
from reminders.help_lines import KINDS, help_line, set_help_lines, usual_line
from reminders.wording import SafetyText, safety_texts
from web.deps import admin_only, current_user, db, practice, real_now

bp = Blueprint("help_lines", __name__, url_prefix="/settings/help-lines")


@dataclass(frozen=True)
class Line:
    """One number of the form: the practice's own as stored or typed, and ours beside it."""

    kind: str
    label: str
    value: str
    usual: str
    whose: str


@bp.get("")
@admin_only
def show() -> ResponseReturnValue:
    return _page({kind: str(number) for kind, number in practice().help_lines.items()})


@bp.post("")
@admin_only
def save() -> ResponseReturnValue:
    """Save, or only look at the texts with these numbers in them."""
    typed = {kind: request.form.get(kind, "") for kind in KINDS}
    try:
        set_help_lines(practice(), typed)
    except Refused as refusal:
        db().rollback()
        return _page(typed, str(refusal)), 422
    texts = safety_texts(practice())
    if request.form.get("look"):
        numbers = {kind: help_line(practice(), kind).number for kind in KINDS}
        db().rollback()
        return _page(typed, texts=texts, looked_at=numbers)
    audit.record(db(), practice().id, "change", "help_lines", practice().id, real_now(), current_user())
    db().commit()
    longer = sum(text.parts > 1 for text in texts)
    if longer:
        flash(f"Numbers saved. With them {_counted(longer)} more than one part.", "warning")
        return redirect(url_for("help_lines.show"), 303)
    flash("Numbers saved.")
    return redirect(url_for("settings.show"), 303)


def _counted(texts: int) -> str:
    return "1 text takes" if texts == 1 else f"{texts} texts take"


def _page(
    typed: dict[str, str],
    wrong: str | None = None,
    texts: list[SafetyText] | None = None,
    looked_at: dict[str, str] | None = None,
) -> str:
    """The texts stand with the numbers as saved, or as looked at."""
    shown = safety_texts(practice()) if texts is None else texts
    field = next((kind for kind, label in KINDS.items() if wrong and wrong.startswith(label)), None)
    return render_template(
        "settings/help_lines.html",
        lines=[_line(kind, label, typed.get(kind, "")) for kind, label in KINDS.items()],
        by_language=[
            (LANGUAGES[language], [text for text in shown if text.language == language])
            for language in dict.fromkeys(text.language for text in shown)
        ],
        longer=sum(text.parts > 1 for text in shown),
        is_look=looked_at is not None,
        wrong=[(field, wrong)] if wrong else [],
        sentences={field: wrong} if wrong else {},
    )


def _line(kind: str, label: str, value: str) -> Line:
    usual = usual_line(practice().country, kind)
    return Line(kind, label, value, usual.number, usual.whose)
