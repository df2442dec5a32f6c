"""A sheet that came back: its boxes and pain on one screen, as they stand on the paper, to be read off."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit
from care.clients import get_client
from care.handouts import DAYS
from care.models import Client, OccurrenceStatus
from care.paper import MARKS, NO_MARK, Reading, enter, first_day_to_enter, sheet_to_enter
from care.paper_history import MARK_WORDS, list_readings
from care.saying import counted
from reminders.watching import watch_ratings
from web.deps import current_user, db, now, practice, real_now
from web.looking import record_look

# As they are drawn on the sheet.
SIGNS = {
    OccurrenceStatus.DONE: "\N{CHECK MARK}",
    OccurrenceStatus.PARTIAL: "/",
    OccurrenceStatus.SKIPPED: "0",
    NO_MARK: "",
}
READINGS_SHOWN = 3

bp = Blueprint("paper_ticks", __name__)


@dataclass
class Typed:
    """A form as it came: what was read, and the days whose number is none, with what was typed."""

    marks: dict[int, OccurrenceStatus] = field(default_factory=dict)
    pain: dict[date, float | None] = field(default_factory=dict)
    wrong: dict[date, str] = field(default_factory=dict)


@bp.get("/clients/<int:client_id>/paper")
def show(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    first_day, wrong_day = _first_day(client)
    record_look(client)
    return _page(client, first_day, Typed(), wrong_day), 422 if wrong_day else 200


@bp.post("/clients/<int:client_id>/paper")
def save(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    first_day, wrong_day = _first_day(client)
    typed = _typed()
    if typed.wrong or wrong_day:
        return _page(client, first_day, typed, wrong_day), 422
    reading = Reading(typed.marks, _marks("s"), typed.pain, dict(_seen_pain()))
    entered = enter(db(), client, first_day, reading, current_user(), now())
    if entered.ratings:
        watch_ratings(db(), practice(), client, now())
    audit.record(db(), client.practice_id, "enter_paper", "client", client.id, real_now(), current_user())
    db().commit()
    boxes, ratings = counted(entered.boxes, "box", "boxes"), counted(entered.ratings, "rating")
    is_new = entered.boxes or entered.ratings
    flash(f"Written down from paper: {boxes}, {ratings}." if is_new else "Nothing new on this sheet.")
    return redirect(url_for("clients.show", client_id=client.id), 303)


def _page(client: Client, first_day: date, typed: Typed, wrong_day: str) -> str:
    sheet = sheet_to_enter(db(), client, first_day, now())
    step = timedelta(days=DAYS)
    return render_template(
        "paper_ticks/show.html",
        client=client,
        sheet=sheet,
        weeks=[sheet.days[:7], sheet.days[7:]],
        typed=typed,
        marks=[(mark, SIGNS[mark], MARK_WORDS[mark]) for mark in (NO_MARK, *MARKS[:-1])],
        earlier=first_day - step,
        later=first_day + step if first_day + step <= sheet.today else None,
        readings=list_readings(db(), client, READINGS_SHOWN),
        wrong_day=wrong_day,
        errors=[*_errors(typed), *([("from", wrong_day)] if wrong_day else [])],
        page_has_errors=bool(typed.wrong or wrong_day),
    )


def _errors(typed: Typed) -> Iterator[tuple[str, str]]:
    for day in typed.wrong:
        yield f"p{day.isoformat()}", f"Pain on {day.day} {day:%b} must be a number from 0 to 10."


def _first_day(client: Client) -> tuple[date, str]:
    """As asked for, else where there is something to enter; and what is wrong with it, in a sentence."""
    asked = request.values.get("from", "").strip()
    usual = first_day_to_enter(db(), client, now())
    if not asked:
        return usual, ""
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        return usual, "First day must be a date like 2026-11-30."
    if day.year not in range(2000, 2100):
        return usual, "First day must lie between 2000 and 2099."
    return day, ""


def _typed() -> Typed:
    typed = Typed(marks=_marks("t"))
    for day, text in _of_days("p"):
        try:
            score = float(text.replace(",", ".")) if text else None
        except ValueError:
            score = -1
        if score is not None and not 0 <= score <= 10:
            typed.wrong[day] = text
        else:
            typed.pain[day] = score
    return typed


def _marks(letter: str) -> dict[int, OccurrenceStatus]:
    """By the occurrence's number: what was chosen (t), or what the page showed (s)."""
    return {
        int(name[1:]): OccurrenceStatus(value)
        for name, value in request.form.items()
        if name[:1] == letter and name[1:].isdecimal() and len(name) < 12 and value in set(MARKS)
    }


def _seen_pain() -> Iterator[tuple[date, float | None]]:
    for day, text in _of_days("q"):
        try:
            yield day, float(text) if text else None
        except ValueError:
            continue


def _of_days(letter: str) -> Iterator[tuple[date, str]]:
    for name, value in request.form.items():
        if name[:1] != letter:
            continue
        try:
            yield date.fromisoformat(name[1:]), value.strip()
        except ValueError:
            continue
