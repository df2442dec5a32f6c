"""Assessment: the brief on top, the form below it begun with the client's answers, then frozen."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from care import assessments, audit, one_time
from care.assessments import AssessmentFields
from care.brief import Brief, brief_for, brief_from_dict, pain_in_words, paragraph
from care.brief_words import contrast_in_words, slope_in_words
from care.clients import get_client
from care.errors import NotFound
from care.models import Client
from care.plans import list_plans
from care.ratings import comparable, list_ratings
from care.saying import local_day, number_in_words
from care.thresholds import thresholds_of
from web.charts import PainTrend, RatingPoint, pain_trend
from web.deps import current_user, db, now, practice, real_now
from web.looking import record_look

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
    brief = brief_for(db(), client, now())
    return _page(client, brief, _opened(client, brief))


@bp.post("/clients/<int:client_id>/assessment")
def save(client_id: int) -> ResponseReturnValue:
    """Keep the draft, or complete it and freeze it with the brief that stands on the page."""
    client = get_client(db(), client_id, seen_by=current_user())
    draft = _read(request.form)
    earlier = one_time.find_result(db(), client.practice_id, draft.key)
    if earlier is not None:
        return redirect(earlier, 303)
    brief = brief_for(db(), client, draft.brief_at)
    given = _checked(draft)
    if given is None:
        return _page(client, brief, draft), 422
    row = assessments.open_draft(db(), client, current_user(), now())
    assessments.save_draft(db(), row, given, draft.touched)
    if request.form.get("do") != "complete":
        db().commit()
        flash("Draft saved.")
        return redirect(url_for("assessments.show", client_id=client.id), 303)
    assessments.complete(db(), row, given, current_user(), now(), brief)
    where = url_for("assessments.completed", assessment_id=row.id)
    one_time.keep_result(db(), client.practice_id, draft.key, where, now())
    audit.record(db(), client.practice_id, "complete", "assessment", row.id, real_now(), current_user())
    db().commit()
    flash("Completed. It can no longer be changed.")
    return redirect(where, 303)


@bp.get("/assessments/<int:assessment_id>")
def completed(assessment_id: int) -> ResponseReturnValue:
    """As it was completed, with the brief as it was seen that day."""
    row, client = assessments.get_completed(db(), assessment_id, current_user())
    if row.brief is None:
        raise NotFound
    record_look(client)
    brief = brief_from_dict(row.brief)
    return render_template(
        "assessments/completed.html",
        assessment=row,
        client=client,
        texts={label: getattr(row, name) for name, label in TEXTS.items()},
        marked={TEXTS.get(name, "Pain") for name in row.from_replies},
        **_brief_context(brief, None),
    )


def _opened(client: Client, brief: Brief) -> Draft:
    """The draft on file, else a new one begun with the answers. Looking stores nothing."""
    row = assessments.find_draft(db(), client)
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


def _page(client: Client, brief: Brief, draft: Draft) -> str:
    return render_template(
        "assessments/show.html",
        client=client,
        form=draft,
        texts=TEXTS,
        earlier=assessments.list_completed(db(), client),
        **_brief_context(brief, _trend(client, brief)),
    )


def _brief_context(brief: Brief, trend: PainTrend | None) -> dict[str, Any]:
    return {
        "brief": brief,
        "trend": trend,
        "to_paste": paragraph(brief),
        "local_day": local_day,
        "slope_in_words": slope_in_words,
        "contrast_in_words": contrast_in_words,
        "pain_in_words": pain_in_words,
    }


def _trend(client: Client, brief: Brief) -> PainTrend:
    """The whole line, not only since last time: the baseline of the brief stands at its left end."""
    limits = thresholds_of(practice().thresholds, client.thresholds)
    zone = ZoneInfo(client.timezone)
    points = [
        RatingPoint(rating.at.astimezone(zone).date(), rating.at, rating.score, rating.visit_id is not None)
        for rating in comparable(list_ratings(db(), client.id))
        if rating.at <= brief.made_at
    ]
    return pain_trend(
        points,
        [local_day(plan.created_at, client.timezone) for plan in list_plans(db(), client)],
        until=local_day(brief.made_at, client.timezone),
        cutoffs=(limits.mild_from, limits.moderate_from, limits.severe_from),
    )
