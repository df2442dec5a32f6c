"""A client's plan on paper: a page to print, and the same as PDF where this installation can make one."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit, drafts
from care.client_links import address_of, find_link, link_for
from care.clients import get_client
from care.errors import NotFound, Refused
from care.handouts import Paper, first_paper_day, given_now, paper_of
from care.models import Assignment, Client
from care.pictures import is_shown_to_clients
from care.plans import get_assignment
from web.deps import current_user, db, now, practice, real_now, settings
from web.handout_sheet import Choices, PainRow, PaperSheet, paper_sheet
from web.looking import record_look
from web.qr import qr_of
from web.svg import picture_answer, picture_bytes, svg_answer

PAPERS = {Paper.A4: "A4", Paper.LETTER: "Letter"}
PAIN_ROWS = {PainRow.DAY: "Each day", PainRow.WEEK: "Each week", PainRow.NONE: "Not on this sheet"}
STYLES = ("app.css", "handout.css")

bp = Blueprint("handouts", __name__)

Printer = Callable[[str, Mapping[str, tuple[str, bytes]]], bytes]


@bp.get("/clients/<int:client_id>/handout")
def show(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    given = given_now(db(), client)
    choices, wrong_day = _choices(client, given)
    record_look(client)
    sent_lately = drafts.sent_lately(db(), current_user(), client, now()) is not None
    page = _page(client, _sheet(client, given, choices), wrong_day, may_be_taken_back=sent_lately)
    return page, 422 if wrong_day else 200


@bp.get("/clients/<int:client_id>/handout.pdf")
def pdf(client_id: int) -> ResponseReturnValue:
    """Not found where WeasyPrint is not installed: the page offers no such link then."""
    make, client = printer(), get_client(db(), client_id, current_user())
    if make is None:
        raise NotFound
    given = given_now(db(), client)
    choices, wrong_day = _choices(client, given)
    if wrong_day:
        raise Refused(wrong_day)
    record_look(client)
    sheet = _sheet(client, given, choices)
    answer = Response(make(_page(client, sheet), _parts(sheet)), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="home-care.pdf"'
    return answer


@bp.get("/clients/<int:client_id>/handout/<int:assignment_id>.svg")
def picture(client_id: int, assignment_id: int) -> ResponseReturnValue:
    """As the client gets it: for their side of the body, once somebody approved it."""
    client = get_client(db(), client_id, current_user())
    assignment = get_assignment(db(), assignment_id, current_user())
    if assignment.client_id != client.id or not is_shown_to_clients(assignment.exercise):
        raise NotFound
    return picture_answer(db(), assignment.exercise, assignment.side)


@bp.get("/clients/<int:client_id>/handout/qr.svg")
def qr(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    link = find_link(db(), client, now())
    if link is None:
        raise NotFound
    answer = svg_answer(qr_of(address_of(settings().public_url, link)))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/clients/<int:client_id>/handout/link")
def make_link(client_id: int) -> ResponseReturnValue:
    """A link for the sheet. It opens without any text, so who has no phone on file may have one too."""
    client = get_client(db(), client_id, current_user())
    link_for(db(), client, now())
    audit.record(db(), client.practice_id, "make_link", "client", client.id, real_now(), current_user())
    db().commit()
    flash(f"The sheet now shows the way to {client.first_name}'s own page.")
    where = url_for("handouts.show", client_id=client.id)
    return redirect(f"{where}?{urlencode(_asked())}", 303)


@cache
def printer() -> Printer | None:
    """What makes a PDF; None where WeasyPrint, or a library of the system that it needs, is missing."""
    try:
        from web.pdf_printing import pdf_of
    except (ImportError, OSError):
        return None
    return pdf_of


def _page(client: Client, sheet: PaperSheet, wrong_day: str = "", *, may_be_taken_back: bool = False) -> str:
    return render_template(
        "handouts/show.html",
        client=client,
        practice=client.practice,
        sheet=sheet,
        choices=sheet.choices,
        papers=PAPERS.items(),
        pain_rows=PAIN_ROWS.items(),
        may_be_taken_back=may_be_taken_back,
        can_make_pdf=printer() is not None,
        wrong_day=wrong_day,
        page_has_errors=bool(wrong_day),
    )


def _sheet(client: Client, given: list[Assignment], choices: Choices) -> PaperSheet:
    return paper_sheet(db(), client, given, choices, settings().public_url, now())


def _choices(client: Client, given: list[Assignment]) -> tuple[Choices, str]:
    """As asked for, the usual where nothing is; and what is wrong with the day, in a sentence."""
    paper, pain = request.values.get("paper", ""), request.values.get("pain", "")
    first_day, wrong = first_paper_day(client, given, now()), ""
    typed = request.values.get("from", "").strip()
    try:
        first_day = date.fromisoformat(typed) if typed else first_day
    except ValueError:
        wrong = "First day must be a date like 2026-11-30."
    if first_day.year not in range(2000, 2100):
        wrong, first_day = "First day must lie between 2000 and 2099.", first_paper_day(client, given, now())
    return (
        Choices(
            Paper(paper) if paper in set(Paper) else paper_of(practice()),
            PainRow(pain) if pain in set(PainRow) else PainRow.DAY,
            first_day,
        ),
        wrong,
    )


def _asked() -> dict[str, str]:
    """The choices as they came, to go on with."""
    return {name: request.values[name] for name in ("paper", "pain", "from") if request.values.get(name)}


def _parts(sheet: PaperSheet) -> dict[str, tuple[str, bytes]]:
    """All that the page names, by the path it names it by."""
    parts = {}
    for name in STYLES:
        path = Path(current_app.static_folder or "") / name
        parts[url_for("static", filename=name)] = "text/css", path.read_bytes()
    client_id = sheet.client.id
    for one in sheet.exercises:
        if one.picture:
            where = url_for("handouts.picture", client_id=client_id, assignment_id=one.assignment.id)
            parts[where] = picture_bytes(db(), one.assignment.exercise, one.assignment.side)
    if sheet.link:
        parts[url_for("handouts.qr", client_id=client_id)] = "image/svg+xml", qr_of(sheet.link).encode()
    return parts
