"""What was measured and found at an assessment: checked, kept with its draft, read for the next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from care.checks import check_codes, check_line, check_paragraphs
from care.errors import Refused
from care.finding_catalog import (
    ACTIVITY_MOST,
    CATALOG,
    CHANGE_MOST,
    GRADES,
    METHODS,
    MODES,
    PAINFUL,
    RANGE_LIMITS,
    RESULTS,
    STRENGTH_MOST,
    TENDERNESS_MOST,
    TONES,
    TRAITS,
)
from care.instruments import MEASURES
from care.models import Addendum, Assessment, AssessmentStatus, Client, Finding, FindingKind, User

Key = tuple[FindingKind, str, str, str]
LONGEST_NOTE = 200
LONGEST_ACTIVITY = 120

RESULTS_OF = {FindingKind.SPECIAL: RESULTS, FindingKind.POSTURE: GRADES, FindingKind.PALPATION: TONES}
TRAITS_OF = {FindingKind.PALPATION: tuple(TRAITS), FindingKind.RESISTED: (PAINFUL,)}
LIMITS = {
    FindingKind.RANGE: RANGE_LIMITS,
    FindingKind.RESISTED: (0, STRENGTH_MOST),
    FindingKind.PALPATION: (0, TENDERNESS_MOST),
    FindingKind.ACTIVITY: (0, ACTIVITY_MOST),
    FindingKind.CHANGE: (-CHANGE_MOST, CHANGE_MOST),
}
# A score of a licensed measure may have decimals, as may an activity; the rest is read in whole numbers.
WHOLE = {FindingKind.RANGE, FindingKind.RESISTED, FindingKind.PALPATION, FindingKind.CHANGE}


@dataclass(frozen=True)
class Given:
    """One figure or mark as typed. None is not measured; 0 is a value."""

    kind: FindingKind
    code: str
    side: str = ""
    mode: str = ""
    method: str = ""
    value: float | None = None
    maximum: float | None = None
    pain: float | None = None
    result: str = ""
    traits: tuple[str, ...] = ()
    note: str = ""

    @property
    def key(self) -> Key:
        return self.kind, self.code, self.side, self.mode


@dataclass(frozen=True)
class Earlier:
    """A finding of a completed assessment, and when that was."""

    finding: Finding
    at: datetime


def key_of(finding: Finding) -> Key:
    return finding.kind, finding.code, finding.side, finding.mode


def is_empty(one: Given | Finding) -> bool:
    """Nothing was measured or marked here; a method alone says nothing."""
    return one.value is None and one.pain is None and not (one.result or one.traits or one.note)


def check_finding(given: Given) -> None:
    """Raises Refused with a sentence when it cannot be."""
    entry = CATALOG.find(given.kind, given.code)
    if entry is None or given.side not in entry.sides:
        raise Refused("Findings must be chosen from the list.")
    if given.kind is FindingKind.ACTIVITY:
        check_line("Activity", given.code, LONGEST_ACTIVITY)
    _check_value(given, entry.name)
    if given.pain is not None and not 0 <= given.pain <= 10:
        raise Refused(f"{entry.name}: pain must be 0 to 10.")
    _one_of(entry.name, given.result, RESULTS_OF.get(given.kind, ()))
    _one_of(entry.name, given.mode, MODES if given.kind is FindingKind.RANGE else ())
    _one_of(entry.name, given.method, METHODS if given.kind is FindingKind.RANGE else ())
    check_codes(entry.name, given.traits, TRAITS_OF.get(given.kind, ()))
    check_line("Note", given.note, LONGEST_NOTE, may_be_empty=True)


def _check_value(given: Given, name: str) -> None:
    if given.kind is FindingKind.SCORE and given.maximum not in MEASURES[given.code].maxima:
        raise Refused(f"{name}: say which scale the score stands on.")
    if given.value is None:
        return
    low, high = LIMITS.get(given.kind, (0, given.maximum or 0))
    is_odd = given.kind in WHOLE and given.value != int(given.value)
    if given.kind not in LIMITS and given.kind is not FindingKind.SCORE:
        raise Refused(f"{name} has no number.")
    if is_odd or not low <= given.value <= high:
        what = "a whole number" if given.kind in WHOLE else "a number"
        raise Refused(f"{name} must be {what} from {low:g} to {high:g}.")


def _one_of(name: str, code: str, known: Iterable[str]) -> None:
    if code and code not in known:
        raise Refused(f"{name} must be chosen from the list.")


def keep_findings(session: Session, assessment: Assessment, given: Sequence[Given]) -> None:
    """In the place of what the draft held. Empty ones stay on the draft, so that its lines do."""
    if assessment.status is AssessmentStatus.COMPLETED:
        raise Refused("This assessment is completed and can no longer be changed.")
    for one in given:
        check_finding(one)
    kept = {one.key: one for one in given}
    session.execute(delete(Finding).where(Finding.assessment_id == assessment.id))
    for position, one in enumerate(kept.values()):
        values = {field.name: getattr(one, field.name) for field in fields(one)}
        row = Finding(
            practice_id=assessment.practice_id,
            client_id=assessment.client_id,
            assessment_id=assessment.id,
            position=position,
            **(values | {"traits": list(one.traits)}),
        )
        session.add(row)
    session.flush()


def drop_empty(session: Session, assessment: Assessment) -> None:
    """Lines nobody filled in are not part of a completed assessment."""
    for one in list_findings(session, assessment):
        if is_empty(one):
            session.delete(one)
    session.flush()


def list_findings(session: Session, assessment: Assessment) -> list[Finding]:
    wanted = select(Finding).where(Finding.assessment_id == assessment.id)
    return list(session.scalars(wanted.order_by(Finding.position, Finding.id)))


def earlier_findings(session: Session, client: Client, before: datetime | None = None) -> list[Earlier]:
    """Of all completed assessments (before that moment), newest first, each in its own order."""
    wanted = (
        select(Finding, Assessment.completed_at)
        .join(Assessment, Assessment.id == Finding.assessment_id)
        .where(Finding.client_id == client.id, Assessment.status == AssessmentStatus.COMPLETED)
        .order_by(Assessment.completed_at.desc(), Assessment.id.desc(), Finding.position)
    )
    if before is not None:
        wanted = wanted.where(Assessment.completed_at < before)
    return [Earlier(finding, at) for finding, at in session.execute(wanted) if at is not None]


def newest_by_key(earlier: Sequence[Earlier]) -> dict[Key, Earlier]:
    """The last time each was measured, which need not be the last assessment."""
    return {key_of(one.finding): one for one in reversed(earlier) if not is_empty(one.finding)}


def add_addendum(session: Session, assessment: Assessment, user: User, text: str, now: datetime) -> Addendum:
    """A new row beside a completed assessment. Raises Refused on a draft or without a word."""
    if assessment.status is not AssessmentStatus.COMPLETED:
        raise Refused("Only a completed assessment takes an addendum.")
    kept = check_paragraphs("Addendum", text)
    if not kept:
        raise Refused("Addendum must not be empty.")
    addendum = Addendum(
        practice_id=assessment.practice_id,
        client_id=assessment.client_id,
        assessment_id=assessment.id,
        user_id=user.id,
        text=kept,
        at=now,
    )
    session.add(addendum)
    session.flush()
    return addendum


def list_addenda(session: Session, assessment: Assessment) -> list[tuple[Addendum, str]]:
    """Oldest first, each with its writer's name."""
    wanted = select(Addendum, User.name).outerjoin(User, User.id == Addendum.user_id)
    wanted = wanted.where(Addendum.assessment_id == assessment.id).order_by(Addendum.at, Addendum.id)
    return [(addendum, name or "") for addendum, name in session.execute(wanted)]
