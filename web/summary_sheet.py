"""What stands on the one page for somebody outside: the same for staff who print it and behind a link."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from care.assessments import last_completed
from care.findings import earlier_findings, list_findings
from care.handouts import Paper, paper_of
from care.models import Assessment, Client, ConsentEvent, Practice, Precaution
from care.outcome import Outcome, outcome_of
from care.plans import current_plan, dose_in_words, list_assignments, schedule_in_words, schedule_of
from care.precautions import list_precautions
from care.saying import local_day
from care.thresholds import thresholds_of
from web.finding_form import ShownFinding, shown_findings
from web.outcome_charts import Small, pain_and_done


@dataclass(frozen=True)
class SummarySheet:
    """All of the page. `plan` holds name, dose and schedule of each exercise, in words."""

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
    last: Assessment | None
    findings: dict[str, list[ShownFinding]]
    precautions: list[Precaution]
    plan: list[tuple[str, str, str]]
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
        last=last,
        findings=shown_findings(rows, before, client.timezone, limits),
        precautions=list_precautions(session, client),
        plan=[
            (
                one.exercise.name,
                dose_in_words(one, one.exercise.laterality),
                schedule_in_words(schedule_of(one)),
            )
            for one in given
        ],
        paper=paper_of(practice),
    )
