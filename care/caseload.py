"""The caseload: one line per active client, enough to say whom to call first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from care.adherence import NOT_ENOUGH_REPLIES, Adherence, DayCounts
from care.attention import URGENCY
from care.caseload_facts import WEEKS, AskedQuestion, Facts, GivenPlan, facts_of
from care.handouts import DAYS
from care.in_words import ATTENTION
from care.models import AttentionKind, Client, NumberState, User
from care.pain import PainFigures, figures_of, start_of
from care.recurrence import A_DAY, today_in
from care.saying import counted, number_in_words
from care.thresholds import Thresholds, thresholds_of
from care.visibility import is_visible_to

CELLS = 28
RECENT_DAYS = 14
# After everything a person is waiting for.
LOW, FEW_REPLIES, PAPER, NOTHING = 6, 7, 8, 9
# A sheet has as many days; what is older lies somewhere, filled in.
SHEET_DAYS = timedelta(days=DAYS)
DRAWN = timedelta(weeks=WEEKS)
AN_INSTANT = timedelta(microseconds=1)
SILENT = "silent"
NO_WORDS = (None, "", None)

Need = tuple[int, str]


@dataclass(frozen=True)
class CaseloadRow:
    """One client. `adherence` and the response counts are of 14 days, `ratings` of 8 weeks.

    `days_28` holds the days with occurrences of the 28 through today. `needs` are reasons in words,
    the most urgent first, and `urgency` is that of the first: the smaller, the sooner. `holds_until` is
    when time alone makes it another line: at midnight, or as a question closes or a rating grows old.
    `condition` is that of the newest episode.
    """

    client: Client
    therapist: str
    condition: str | None
    last_message_id: int | None
    last_reply_text: str
    last_reply_at: datetime | None
    ratings: list[tuple[datetime, float]]
    pain: PainFigures
    adherence: Adherence
    band: str | None
    days_28: dict[date, DayCounts]
    plan_day: int | None
    plan_days: int | None
    response_asked: int
    response_answered: int
    unanswered_in_a_row: int
    last_heard_at: datetime | None
    silent_days: int
    next_visit_at: datetime | None
    needs: list[str]
    urgency: int
    is_silent: bool
    holds_until: datetime

    @property
    def first_rating(self) -> float | None:
        """The left end of the line that is drawn, so the two agree."""
        return self.ratings[0][1] if self.ratings else None

    @property
    def latest_rating(self) -> float | None:
        """The newest of the course of care, also when it is older than the line."""
        return self.ratings[-1][1] if self.ratings else self.pain.latest


def caseload(session: Session, seen_by: User, now: datetime, today: date) -> list[CaseloadRow]:
    """The active clients this user sees, as `caseload_of` counts them."""
    return caseload_of(session, is_visible_to(seen_by), now, today)


def caseload_of(
    session: Session, which: ColumnElement[bool], now: datetime, today: date
) -> list[CaseloadRow]:
    """The active clients this condition is true of, by name, counted anew from all their rows, in as many
    queries for one as for thousands. Pages show what `care.standings` keeps of it.

    `today` is the practice's day: cells stand under the same dates for everybody. What is counted
    from the client's own days (the plan's day) goes by the client's clock.
    """
    days = today - timedelta(days=CELLS - 1), today
    facts = facts_of(session, which, now, days)
    return [_row(client, facts, now, today) for client in facts.clients]


def call_first(row: CaseloadRow) -> tuple[int, int, int, float, str]:
    """The key that puts whom to call first on top: urgency, longest silent, fewest done."""
    share = row.adherence.conservative
    return (
        row.urgency,
        -row.silent_days,
        -row.unanswered_in_a_row,
        1.0 if share is None else share,
        row.client.name,
    )


@dataclass(frozen=True)
class Contact:
    """How the talk with a client goes: what we asked lately, and since when there is no word."""

    asked: int
    answered: int
    heard_at: datetime | None
    unanswered_in_a_row: int
    silent_days: int


def _row(client: Client, facts: Facts, now: datetime, today: date) -> CaseloadRow:
    thresholds = thresholds_of(client.practice.thresholds, client.thresholds)
    points, course = facts.points.get(client.id, []), facts.courses[client.id]
    of_course = [point for point in points if point[0] >= (course.since or point[0])]
    pain = figures_of(of_course, course, client.timezone, now, thresholds)
    days = facts.days.get(client.id, {})
    recent = today - timedelta(days=RECENT_DAYS - 1)
    adherence = Adherence.total(counts for day, counts in days.items() if day >= recent)
    last_at, last_text, last_id = facts.last_words.get(client.id, NO_WORDS)
    contact = _contact(client, facts, last_at, pain.latest_at, now)
    plan = next((plan for plan in facts.plans.get(client.id, []) if plan.is_running), None)
    needs = _needs(client, facts.attention.get(client.id, []), pain, contact, adherence, thresholds)
    if any(counts.on_paper for day, counts in days.items() if day <= today - SHEET_DAYS):
        needs.append((PAPER, "paper to enter"))
    return CaseloadRow(
        client=client,
        therapist=client.therapist.name if client.therapist else "",
        condition=facts.conditions.get(client.id),
        last_message_id=last_id,
        last_reply_text=last_text,
        last_reply_at=last_at,
        ratings=[point for point in points if point[0] >= now - DRAWN],
        pain=pain,
        adherence=adherence,
        band=adherence.band(thresholds),
        days_28=days,
        plan_day=_plan_day(plan, client, now),
        plan_days=_plan_days(plan, client),
        response_asked=contact.asked,
        response_answered=contact.answered,
        unanswered_in_a_row=contact.unanswered_in_a_row,
        last_heard_at=contact.heard_at,
        silent_days=contact.silent_days,
        next_visit_at=facts.next_visits.get(client.id),
        needs=[words for _urgency, words in needs],
        urgency=needs[0][0] if needs else NOTHING,
        is_silent=any(words.startswith(SILENT) for _urgency, words in needs),
        holds_until=_holds_until(client, facts, now, today),
    )


def _holds_until(client: Client, facts: Facts, now: datetime, today: date) -> datetime:
    """What still counts at an instant leaves with the next one."""
    own_day = today_in(client.timezone, now)
    moments = [
        start_of(today + A_DAY, client.practice.timezone),
        start_of(own_day + A_DAY, client.timezone),
    ]
    if client.id in facts.coming:
        moments.append(facts.coming[client.id])
    if client.id in facts.next_visits:
        moments.append(facts.next_visits[client.id] + AN_INSTANT)
    asked = [one.asked_at for one in facts.questions.get(client.id, [])]
    rated = [at for at, _score in facts.points.get(client.id, [])]
    for times, window in ((asked, timedelta(days=RECENT_DAYS)), (asked, DRAWN), (rated, DRAWN)):
        counting = [at for at in times if at >= now - window]
        if counting:
            moments.append(min(counting) + window + AN_INSTANT)
    return min(moments)


def _contact(
    client: Client, facts: Facts, wrote_at: datetime | None, rated_at: datetime | None, now: datetime
) -> Contact:
    questions = facts.questions.get(client.id, [])
    asked = [one for one in questions if one.asked_at >= now - timedelta(days=RECENT_DAYS)]
    heard_at = max((at for at in (wrote_at, rated_at) if at is not None), default=None)
    unanswered = _unanswered(questions, heard_at)
    return Contact(
        asked=len(asked),
        answered=sum(one.is_answered for one in asked),
        heard_at=heard_at,
        unanswered_in_a_row=len(unanswered),
        silent_days=_silent_days(unanswered, heard_at, client, now),
    )


def _unanswered(questions: Sequence[AskedQuestion], heard_at: datetime | None) -> list[AskedQuestion]:
    """The newest questions in a row that closed without a word from the client since, newest first."""
    row = []
    for one in questions:
        if one.is_answered or (heard_at is not None and heard_at >= one.asked_at):
            break
        row.append(one)
    return row


def _silent_days(
    unanswered: Sequence[AskedQuestion], heard_at: datetime | None, client: Client, now: datetime
) -> int:
    """Days since we heard from them, or since we first asked. Not asked is not silent: then 0."""
    if not unanswered:
        return 0
    since = heard_at or unanswered[-1].asked_at
    return (today_in(client.timezone, now) - today_in(client.timezone, since)).days


def _plan_day(plan: GivenPlan | None, client: Client, now: datetime) -> int | None:
    """Counted from 1, on the client's clock."""
    if plan is None:
        return None
    return (today_in(client.timezone, now) - today_in(client.timezone, plan.created_at)).days + 1


def _plan_days(plan: GivenPlan | None, client: Client) -> int | None:
    if plan is None or plan.ends_on is None:
        return None
    return (plan.ends_on - today_in(client.timezone, plan.created_at)).days + 1


def _needs(
    client: Client,
    waiting: Sequence[AttentionKind],
    pain: PainFigures,
    contact: Contact,
    adherence: Adherence,
    thresholds: Thresholds,
) -> list[Need]:
    """The most urgent first. An open item is always said; with its number where we have one."""
    said = {kind: ATTENTION[kind].lower() for kind in waiting}
    if pain.change is not None and pain.change >= thresholds.pain_rise:
        said[AttentionKind.PAIN_RISE] = f"pain up {number_in_words(pain.change)}"
    if _is_silent(contact, thresholds):
        said[AttentionKind.SILENCE] = f"{SILENT} {counted(contact.silent_days, 'day')}"
    needs = [(URGENCY[kind], words) for kind, words in said.items()]
    if client.number_state is not NumberState.OK:
        needs.append((URGENCY[AttentionKind.DELIVERY_FAILURE], "number cannot be texted"))
    return sorted(needs + _adherence_needs(adherence, adherence.band(thresholds)))


def _is_silent(contact: Contact, thresholds: Thresholds) -> bool:
    return (
        contact.silent_days >= thresholds.silence_days
        or contact.unanswered_in_a_row >= thresholds.silence_questions
    )


def _adherence_needs(adherence: Adherence, band: str | None) -> list[Need]:
    if band == "low":
        return [(LOW, f"{adherence.done} of {adherence.due} done")]
    if band == NOT_ENOUGH_REPLIES:
        return [(FEW_REPLIES, f"answered {adherence.answered} of {adherence.due}")]
    return []
