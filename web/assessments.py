"""Assessment: the brief on top, the form below it begun with the client's answers, then frozen."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from care import assessments, audit, one_time
from care.assessments import AssessmentFields
from care.brief import Brief, brief_for, brief_from_dict, pain_in_words, paragraph
from care.brief_words import contrast_in_words, left_out, slope_in_words
from care.clients import get_client
from care.comparing import summed_up
from care.course_facts import CourseFacts, course_facts
from care.episodes import current_among
from care.errors import NotFound, Refused
from care.findings import (
    add_addendum,
    earlier_findings,
    keep_findings,
    list_addenda,
    list_findings,
    newest_by_key,
)
from care.instruments import CHANGE_RECALL_DAYS
from care.models import Assessment, Client
from care.ratings import comparable
from care.saying import local_day, moment_in_words, number_in_words
from care.since_facts import SinceFacts, since_facts
from care.thresholds import Thresholds, thresholds_of
from web.behind import links_behind
from web.charts import PainTrend, RatingPoint, pain_trend
from web.client_page import drawn
from web.deps import current_user, db, now, practice, real_now, today
from web.finding_form import FindingForm, choices, form_of, read_form, shown_findings, tell_last
from web.looking import record_look
from web.signals import suggestions_for

TEXTS = {
    "history": "History",
    "findings": "Findings",
    "impression": "Therapist impression",
    "next_steps": "Next steps",
}
PAIN = "pain"
NAMES = (PAIN, *TEXTS)
LONGEST_TEXT = 10_000
# A page may lie open this long and still be completed with the brief that stands on it.
BRIEF_GOOD_FOR = timedelta(hours=24)
# Saved once and again while it is typed, which is one act in the audit trail.
DRAFTED, SITTING = "draft", timedelta(minutes=15)

bp = Blueprint("assessments", __name__)


@dataclass
class Draft:
    """The form as typed. `seen` holds what was prefilled from replies, so a change shows."""

    key: str
    brief_at: datetime
    typed: dict[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def from_replies(self) -> set[str]:
        return {name for name, words in self.seen.items() if self.typed.get(name) == words}

    @property
    def touched(self) -> set[str]:
        return set(NAMES) - self.from_replies


@bp.get("/clients/<int:client_id>/assessment")
def show(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, seen_by=current_user())
    record_look(client)
    known, written = course_facts(db(), client), assessments.list_earlier(db(), client)
    facts = since_facts(db(), known, now(), written.completed)
    brief, draft = brief_for(db(), client, facts.until, facts), written.draft
    drafted = written.drafted if draft is not None else None
    form = form_of(drafted, written.findings, client.timezone, facts.limits)
    return _page(facts, written.completed, brief, _opened(draft, brief), form)


def _note_draft(row: Assessment) -> None:
    """Once for each sitting: a draft is saved every few seconds while it is typed."""
    user, at = current_user(), real_now()
    if not audit.was_recorded(db(), user, DRAFTED, "assessment", row.id, at - SITTING):
        audit.record(db(), user.practice_id, DRAFTED, "assessment", row.id, at, user)


@bp.post("/clients/<int:client_id>/assessment")
def save(client_id: int) -> ResponseReturnValue:
    """Keep the draft, or complete it and freeze it with the brief that stands on the page."""
    client = get_client(db(), client_id, seen_by=current_user())
    draft = _read(request.form)
    earlier = one_time.find_result(db(), client.practice_id, draft.key)
    if earlier is not None:
        return redirect(earlier, 303)
    known = course_facts(db(), client)
    brief = brief_for(db(), client, draft.brief_at, since_facts(db(), known, draft.brief_at))
    given, form = _checked(draft), read_form(request.form)
    is_typing = request.form.get("live") == "autosave"
    if given is None or form.errors:
        if is_typing:
            return render_template("assessments/_draft_state.html", words="Not saved: see what is marked.")
        written = assessments.list_earlier(db(), client)
        facts = since_facts(db(), known, now(), written.completed)
        tell_last(form, written.findings, client.timezone, facts.limits)
        return _page(facts, written.completed, brief, draft, form), 422
    row = assessments.open_draft(db(), client, current_user(), now())
    assessments.save_draft(db(), row, given, draft.touched)
    keep_findings(db(), row, form.given)
    _note_draft(row)
    if is_typing:
        db().commit()
        return render_template("assessments/_draft_state.html", words=_saved_words(client))
    if request.form.get("do") != "complete":
        db().commit()
        flash("Draft saved.")
        place = "findings" if request.form.get("do") == "show" else None
        return redirect(url_for("assessments.show", client_id=client.id, _anchor=place), 303)
    assessments.complete(db(), row, given, current_user(), now(), brief)
    where = url_for("assessments.completed", assessment_id=row.id)
    one_time.keep_result(db(), client.practice_id, draft.key, where, now())
    audit.record(db(), client.practice_id, "complete", "assessment", row.id, real_now(), current_user())
    db().commit()
    flash("Completed. It can no longer be changed.")
    return redirect(where, 303)


@bp.get("/assessments/<int:assessment_id>")
def completed(assessment_id: int) -> ResponseReturnValue:
    """As it was completed, with the brief as it was seen that day, and what was added since."""
    row, client = _completed(assessment_id)
    record_look(client)
    return _completed_page(row, client)


@bp.post("/assessments/<int:assessment_id>/addenda")
def add(assessment_id: int) -> ResponseReturnValue:
    """Words beside it, as a row of their own: the assessment itself stays as it was."""
    row, client = _completed(assessment_id)
    key = request.form.get("key", "")
    where = url_for("assessments.completed", assessment_id=row.id, _anchor="addenda")
    if one_time.find_result(db(), client.practice_id, key) is not None:
        return redirect(where, 303)
    try:
        add_addendum(db(), row, current_user(), request.form.get("addendum", ""), now())
    except Refused as refusal:
        return _completed_page(row, client, str(refusal)), 422
    one_time.keep_result(db(), client.practice_id, key, where, now())
    audit.record(db(), client.practice_id, "add_to", "assessment", row.id, real_now(), current_user())
    db().commit()
    flash("Added.")
    return redirect(where, 303)


def _completed(assessment_id: int) -> tuple[Assessment, Client]:
    row, client = assessments.get_completed(db(), assessment_id, current_user())
    if row.brief is None:
        raise NotFound
    return row, client


def _completed_page(row: Assessment, client: Client, problem: str = "") -> str:
    assert row.brief is not None
    assert row.completed_at is not None
    earlier = earlier_findings(db(), client, before=row.completed_at)
    rows = list_findings(db(), row)
    return render_template(
        "assessments/completed.html",
        assessment=row,
        client=client,
        texts={label: getattr(row, name) for name, label in TEXTS.items()},
        marked={TEXTS.get(name, "Pain") for name in row.from_replies},
        findings=shown_findings(rows, earlier, client.timezone, _limits(client)),
        summed_up=summed_up(rows, newest_by_key(earlier), client.timezone),
        addenda=list_addenda(db(), row),
        key=one_time.new_key(),
        problem=problem,
        **_brief_context(client, brief_from_dict(row.brief), None),
    )


def _opened(row: Assessment | None, brief: Brief) -> Draft:
    """The draft on file, else a new one begun with the answers. Looking stores nothing."""
    draft = Draft(key=one_time.new_key(), brief_at=brief.made_at)
    if row is not None:
        draft.typed = {name: _typed(getattr(row, name)) for name in NAMES}
        draft.seen = {name: draft.typed[name] for name in row.from_replies}
        return draft
    pain = brief.ratings[-1].score if brief.ratings else None
    begun = {PAIN: _typed(pain), "history": assessments.history_from(brief)}
    draft.seen = {name: words for name, words in begun.items() if words}
    draft.typed = dict.fromkeys(NAMES, "") | begun
    return draft


def _typed(value: float | str | None) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else number_in_words(value)


def _read(form: MultiDict[str, str]) -> Draft:
    return Draft(
        key=form.get("key", ""),
        brief_at=_brief_at(form.get("brief_at", "")),
        typed={name: _lines(form.get(name, "")) for name in NAMES},
        seen={name: _lines(form[f"seen-{name}"]) for name in NAMES if f"seen-{name}" in form},
    )


def _lines(text: str) -> str:
    """Browsers send line ends their own way; ours are plain."""
    return text.replace("\r\n", "\n").strip()


def _brief_at(typed: str) -> datetime:
    """When the brief on the page was made, so that what came in since is not frozen unseen."""
    try:
        at = datetime.fromisoformat(typed)
    except ValueError:
        return now()
    is_good = at.tzinfo is not None and now() - BRIEF_GOOD_FOR <= at <= now()
    return at if is_good else now()


def _checked(draft: Draft) -> AssessmentFields | None:
    """The fields, or None with a sentence for each that does not hold."""
    pain = None
    if draft.typed[PAIN]:
        found = re.fullmatch(r"\d{1,2}([.,]\d{1,2})?", draft.typed[PAIN], re.ASCII)
        pain = float(found[0].replace(",", ".")) if found else None
        if pain is None or pain > 10:
            draft.errors[PAIN] = "Pain must be a number from 0 to 10, or empty."
    for name, label in TEXTS.items():
        if len(draft.typed[name]) > LONGEST_TEXT:
            draft.errors[name] = f"{label} must be at most {LONGEST_TEXT:,} characters."
    if draft.errors:
        return None
    return AssessmentFields(pain=pain, **{name: draft.typed[name] for name in TEXTS})


def _page(
    facts: SinceFacts, completed_before: list[Assessment], brief: Brief, draft: Draft, form: FindingForm
) -> str:
    known = facts.known
    began = recall_began(known, completed_before)
    return render_template(
        "assessments/show.html",
        client=known.client,
        form=draft,
        texts=TEXTS,
        findings=form,
        suggestions=suggestions_for(facts),
        choices=choices,
        is_first=not completed_before,
        recall_day=began,
        recall_is_long=began is not None and (today() - began).days > CHANGE_RECALL_DAYS,
        earlier=completed_before,
        **_brief_context(known.client, brief, _trend(facts, brief)),
    )


def recall_began(known: CourseFacts, earlier: list[Assessment]) -> date | None:
    """The day from which the client says how it changed: the last assessment, else the episode's start."""
    if earlier and earlier[0].completed_at is not None:
        return local_day(earlier[0].completed_at, known.client.timezone)
    episode = current_among(known.episodes)
    return episode.started_on if episode else None


def _saved_words(client: Client) -> str:
    return f"Draft saved {moment_in_words(now(), client.timezone)}."


def _limits(client: Client) -> Thresholds:
    return thresholds_of(practice().thresholds, client.thresholds)


def _brief_context(client: Client, brief: Brief, trend: PainTrend | None) -> dict[str, Any]:
    return {
        "brief": brief,
        "trend": trend,
        "behind": links_behind(client.id, brief.made_at),
        "read_on": local_day(now(), brief.zone),
        "to_paste": paragraph(brief),
        "left_out": left_out(brief.adherence),
        "local_day": local_day,
        "slope_in_words": slope_in_words,
        "contrast_in_words": contrast_in_words,
        "pain_in_words": pain_in_words,
    }


def _trend(facts: SinceFacts, brief: Brief) -> PainTrend:
    """The whole line, not only since last time: the baseline of the brief stands at its left end."""
    known, limits = facts.known, facts.limits
    zone = known.client.timezone
    until = local_day(brief.made_at, zone)
    points = [
        RatingPoint(local_day(rating.at, zone), rating.at, rating.score, rating.visit_id is not None)
        for rating in drawn(comparable(known.ratings_until(brief.made_at)), zone, until)
    ]
    return pain_trend(
        points,
        [local_day(version.plan.created_at, zone) for version in known.versions],
        until=until,
        cutoffs=(limits.mild_from, limits.moderate_from, limits.severe_from),
    )
