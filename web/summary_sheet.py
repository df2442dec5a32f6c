"""What stands on the one page for somebody outside: the same for staff who print it and behind a link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from care.assessments import last_completed
from care.findings import earlier_findings, list_findings
from care.handouts import Paper, paper_of
from care.models import Assignment, Client, ConsentEvent, Practice, Precaution
from care.outcome import Outcome, outcome_of
from care.plan_words import routine_in_words
from care.plans import current_plan, list_assignments, schedule_of
from care.precautions import list_precautions, precaution_in_words
from care.saying import local_day
from care.thresholds import thresholds_of
from care.vocabulary import PRECAUTIONS
from web.finding_form import ShownFinding, shown_findings
from web.outcome_charts import Small, pain_and_done
from web.summary_fitting import Part, fitted

NO_PLAN = "None running"


@dataclass(frozen=True)
class SummarySheet:
    """All of the page. `parts` are what was found and given, as far as one sheet holds it, in small letters
    where it `is_dense`.
    """

    client: Client
    practice: Practice
    recipient: str
    agreed_by: str
    agreed_on: date
    writer: str
    made_on: date
    question: str
    outcome: Outcome
    charts: list[Small]
    parts: list[Part]
    is_dense: bool
    paper: Paper


def summary_sheet(
    session: Session,
    practice: Practice,
    client: Client,
    consent: ConsentEvent,
    question: str,
    writer: str,
    now: datetime,
) -> SummarySheet:
    """As things are at `now`."""
    outcome, last = outcome_of(session, client, now), last_completed(session, client)
    plan = current_plan(session, client)
    given = [one for one in list_assignments(session, plan) if one.ended_at is None] if plan else []
    limits = thresholds_of(practice.thresholds, client.thresholds)
    rows = list_findings(session, last) if last else []
    before = earlier_findings(session, client, before=last.completed_at) if last else []
    parts, is_dense = fitted(
        [
            *_precautions(list_precautions(session, client)),
            *_texts({"Findings": last.findings} if last else {}),
            *_measured(shown_findings(rows, before, client.timezone, limits)),
            *_texts({"Therapist impression": last.impression, "Next steps": last.next_steps} if last else {}),
            Part("Home plan", tuple(map(_in_words, given)) or (NO_PLAN,), is_list=True, comes_first=True),
        ]
    )
    return SummarySheet(
        client=client,
        practice=practice,
        recipient=consent.recipient,
        agreed_by=consent.given_by or client.name,
        agreed_on=local_day(consent.at, client.timezone),
        writer=writer,
        made_on=local_day(now, client.timezone),
        question=question,
        outcome=outcome,
        charts=pain_and_done(outcome),
        parts=parts,
        is_dense=is_dense,
        paper=paper_of(practice),
    )


def _precautions(rows: Sequence[Precaution]) -> list[Part]:
    names = tuple(PRECAUTIONS.get(one.code, one.code) for one in rows)
    said = tuple(precaution_in_words(one) for one in rows)
    return [Part("Precautions", said, is_list=True, comes_first=True, names=names)] if said else []


def _texts(texts: Mapping[str, str]) -> list[Part]:
    """As they were written, a paragraph for each line; empty ones are left out."""
    return [
        Part(title, tuple(line for line in text.splitlines() if line.strip()))
        for title, text in texts.items()
        if text.strip()
    ]


def _measured(findings: Mapping[str, Sequence[ShownFinding]]) -> list[Part]:
    """Every line of each section: "Hip flexion, active: left 115°, goniometer; right 105°, goniometer"."""
    return [
        Part(title, tuple(f"{one.title}: {_figures(one)}" for one in lines), is_list=True)
        for title, lines in findings.items()
    ]


def _figures(one: ShownFinding) -> str:
    return "; ".join(f"{side} {figure}".strip() for side, figure, _words in one.figures)


def _in_words(one: Assignment) -> str:
    """ "Glute bridge. Hold 3 seconds. 2 sets of 12. Every day 6:00pm"."""
    return f"{one.exercise.name}. {routine_in_words(one, one.exercise.laterality, schedule_of(one))}"
