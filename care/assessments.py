"""Assessments: drafted from what the client answered, completed by the therapist, then frozen."""

from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache

from sqlalchemy import Integer, Select, bindparam, select
from sqlalchemy.orm import Session, defer

from care.brief import Brief, adherence_in_words, brief_for
from care.checks import check_paragraphs
from care.clients import get_client
from care.episodes import current_episode
from care.errors import NotFound, Refused
from care.findings import Earlier as EarlierFinding
from care.findings import drop_empty
from care.models import Assessment, AssessmentStatus, Client, Finding, User
from care.saying import moment_in_words

QUOTED = 5


@dataclass(frozen=True)
class AssessmentFields:
    """What the therapist fills in. `pain` is None when it was not asked; 0 is no pain."""

    pain: float | None = None
    history: str = ""
    findings: str = ""
    impression: str = ""
    next_steps: str = ""


def open_draft(session: Session, client: Client, user: User, now: datetime) -> Assessment:
    """The client's draft, or a new one that begins with the answers; `from_replies` names those fields."""
    draft = find_draft(session, client)
    if draft is not None:
        return draft
    episode = current_episode(session, client)
    draft = Assessment(
        practice_id=client.practice_id,
        client_id=client.id,
        episode_id=episode.id if episode else None,
        user_id=user.id,
        from_replies=[],
        started_at=now,
    )
    _prefill(draft, brief_for(session, client, now))
    session.add(draft)
    session.flush()
    return draft


def find_draft(session: Session, client: Client) -> Assessment | None:
    newest = _of(client, AssessmentStatus.DRAFT).order_by(Assessment.id.desc())
    return session.scalar(newest.limit(1))


def get_completed(session: Session, assessment_id: int, seen_by: User) -> tuple[Assessment, Client]:
    """With its client. Raises NotFound when there is none, or its client is not theirs to see."""
    row = session.scalar(
        select(Assessment).where(
            Assessment.id == assessment_id,
            Assessment.practice_id == seen_by.practice_id,
            Assessment.status == AssessmentStatus.COMPLETED,
        )
    )
    if row is None:
        raise NotFound
    return row, get_client(session, row.client_id, seen_by)


def _prefill(draft: Assessment, brief: Brief) -> None:
    """Only what the client said: findings, impression and next steps are the therapist's."""
    draft.pain = brief.ratings[-1].score if brief.ratings else None
    draft.history = history_from(brief)
    draft.findings = draft.impression = draft.next_steps = ""
    written = {"pain": draft.pain is not None, "history": bool(draft.history)}
    draft.from_replies = [name for name, is_written in written.items() if is_written]


def history_from(brief: Brief) -> str:
    """The client's words since last time, oldest first, and how often the exercises were done."""
    said = [one for one in brief.words if not one.is_bare][:QUOTED]
    lines = [f'{moment_in_words(one.at, brief.zone)}: "{one.body}"' for one in reversed(said)]
    if brief.adherence.answered:
        lines.append(f"Home exercises: {adherence_in_words(brief.adherence)}.")
    return "\n".join(lines)


def save_draft(session: Session, assessment: Assessment, given: AssessmentFields, touched: set[str]) -> None:
    """Keep what stands in the form. A touched field is the therapist's, no longer "from replies"."""
    _refuse_completed(assessment)
    _write(assessment, given)
    assessment.from_replies = [name for name in assessment.from_replies if name not in touched]
    session.flush()


def complete(
    session: Session,
    assessment: Assessment,
    given: AssessmentFields,
    user: User,
    now: datetime,
    brief: Brief,
) -> None:
    """Freeze it with the brief as it was seen. Raises Refused when it already is."""
    _refuse_completed(assessment)
    touched = changed_fields(assessment, given)
    save_draft(session, assessment, given, touched)
    drop_empty(session, assessment)
    assessment.status, assessment.completed_at = AssessmentStatus.COMPLETED, now
    assessment.user_id, assessment.brief = user.id, brief.as_dict()
    session.flush()


def changed_fields(assessment: Assessment, wanted: AssessmentFields) -> set[str]:
    """The names of those that differ from what is stored."""
    names = [field.name for field in fields(wanted)]
    return {name for name in names if getattr(assessment, name) != getattr(wanted, name)}


@dataclass(frozen=True)
class Earlier:
    """The draft there is, and all that were completed, newest first; without the briefs kept with them. What
    was found at the draft, and at those completed as `care.findings.earlier_findings` lists it.
    """

    draft: Assessment | None
    drafted: list[Finding]
    completed: list[Assessment]
    findings: list[EarlierFinding]


def list_earlier(session: Session, client: Client) -> Earlier:
    """In one statement: a brief is long, and a list of days shows none of it."""
    rows = session.execute(_with_findings(), {"client": client.id}).all()
    found = list(dict.fromkeys(one for one, _ in rows))
    draft = next((one for one in found if one.status is AssessmentStatus.DRAFT), None)
    return Earlier(
        draft=draft,
        drafted=[finding for one, finding in rows if one is draft and finding is not None],
        completed=[one for one in found if one.status is AssessmentStatus.COMPLETED],
        findings=[
            EarlierFinding(finding, one.completed_at)
            for one, finding in rows
            if finding is not None and one.completed_at is not None
        ],
    )


@cache
def _with_findings() -> Select[Assessment, Finding]:
    """Built once: that takes as long as asking."""
    return (
        select(Assessment, Finding)
        .outerjoin(Finding, Finding.assessment_id == Assessment.id)
        .where(Assessment.client_id == bindparam("client", type_=Integer))
        .options(defer(Assessment.brief))
        .order_by(Assessment.completed_at.desc(), Assessment.id.desc(), Finding.position, Finding.id)
    )


def last_completed(session: Session, client: Client) -> Assessment | None:
    newest = _of(client, AssessmentStatus.COMPLETED).order_by(
        Assessment.completed_at.desc(), Assessment.id.desc()
    )
    return session.scalar(newest.limit(1))


def _of(client: Client, status: AssessmentStatus) -> Select[Assessment]:
    return select(Assessment).where(Assessment.client_id == client.id, Assessment.status == status)


def _write(assessment: Assessment, wanted: AssessmentFields) -> None:
    if wanted.pain is not None and not 0 <= wanted.pain <= 10:
        raise Refused("Pain must be 0 to 10.")
    assessment.pain = wanted.pain
    assessment.history = check_paragraphs("History", wanted.history)
    assessment.findings = check_paragraphs("Findings", wanted.findings)
    assessment.impression = check_paragraphs("Impression", wanted.impression)
    assessment.next_steps = check_paragraphs("Next steps", wanted.next_steps)


def _refuse_completed(assessment: Assessment) -> None:
    if assessment.status is AssessmentStatus.COMPLETED:
        raise Refused("This assessment is completed and can no longer be changed.")
