"""What the page of one client shows: is it better, are they doing it, and what happened when."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter

from sqlalchemy.orm import Session

from care import adherence, drafts, plans
from care.client_facts import ClientFacts
from care.cosigning import ListedCosign, list_waiting
from care.course_facts import PlanFacts, plan_facts
from care.models import (
    Assignment,
    Client,
    ClientStatus,
    Episode,
    FollowUp,
    Goal,
    NumberState,
    Plan,
    Precaution,
    RatingSource,
    Visit,
)
from care.pain import start_of
from care.pausing import PAUSED_BY_CLIENT, PAUSED_FOR_SILENCE
from care.plan_words import dose_in_words, schedule_in_words
from care.plans import schedule_of
from care.ratings import Rated
from care.recurrence import today_in
from care.thresholds import Thresholds, thresholds_of
from care.timeline import TimelineEntry, timeline
from reminders.agenda import HomeCare, open_follow_ups
from reminders.preview import PlannedText, outlook
from reminders.texting_facts import TextingFacts, texting_facts
from web.calendar_chart import window_start
from web.charts import Calendar, DayMark, PainTrend, RatingPoint, adherence_calendar, pain_trend

WEEKS = 8
UPCOMING_SHOWN = 5
TIMELINE_SHOWN, TIMELINE_LONGEST = 12, 400
PAUSED_WORDS = {
    PAUSED_FOR_SILENCE: "Texts are paused: no answer",
    PAUSED_BY_CLIENT: "Texts are paused: the client asked",
}
ASKING = frozenset({"pain_question", "exercise"})
# What each filter of the timeline lets through; None is everything.
FILTERS: dict[str, tuple[str, frozenset[str] | None]] = {
    "all": ("All", None),
    "replies": ("Replies", frozenset({"message_in", "rating", "paper"})),
    "plan": ("Plan", frozenset({"visit", "plan", "assessment"})),
    "messages": ("Messages", frozenset({"message_in", "message_out", "dropped", "consent"})),
}


@dataclass(frozen=True)
class PlanLine:
    """One exercise of the plan, with the words for its dose and schedule."""

    assignment: Assignment
    dose: str
    schedule: str
    is_paused: bool


@dataclass(frozen=True)
class ClientPage:
    client: Client
    today: date
    goal: Goal | None
    precautions: list[Precaution]
    episode: Episode | None
    trend: PainTrend
    calendar: Calendar
    plan: Plan | None
    plan_lines: list[PlanLine]
    waiting: list[ListedCosign]
    follow_ups: list[FollowUp]
    upcoming: list[PlannedText]
    timeline: list[TimelineEntry]
    has_older: bool
    next_visit: Visit | None
    texting: TextingFacts
    thresholds: Thresholds
    may_be_taken_back: bool

    @property
    def first_question(self) -> PlannedText | None:
        """The next text that asks for a rating, for a client who has given none yet."""
        return next((text for text in self.upcoming if text.kind in ASKING), None)

    @property
    def upcoming_shown(self) -> list[PlannedText]:
        return self.upcoming[:UPCOMING_SHOWN]


def client_page(
    session: Session, head: ClientFacts, now: datetime, shown: str, with_older: bool = False
) -> ClientPage:
    """Everything at once; `shown` is one of FILTERS, and its timeline is short unless told otherwise.

    Of the texts to come it knows the first few, and more only while the first question is still to be found.
    """
    client, today = head.client, today_in(head.client.timezone, now)
    known = plan_facts(session, client)
    follow_ups = open_follow_ups(session, client)
    running = known.running
    length = TIMELINE_LONGEST if with_older else TIMELINE_SHOWN
    entries = timeline(session, client, kinds=FILTERS[shown][1], limit=length + 1, known=known)
    texting = texting_facts(session, client, now)
    return ClientPage(
        client=client,
        today=today,
        goal=head.goal,
        precautions=head.precautions,
        episode=head.episode,
        trend=_trend(known, today),
        calendar=_calendar(session, client, today),
        plan=running.plan if running else None,
        plan_lines=[
            _plan_line(one, today) for one in (running.assignments if running else ()) if one.ended_at is None
        ],
        waiting=list_waiting(session, client) if head.waits_for_cosign else [],
        follow_ups=[one for one, _visit in follow_ups],
        upcoming=outlook(
            session,
            client,
            now,
            facts=texting,
            care=HomeCare(known.active, follow_ups),
            most=UPCOMING_SHOWN if known.ratings else None,
        ).texts,
        timeline=entries[:length],
        has_older=len(entries) > length and not with_older,
        next_visit=head.next_visit,
        texting=texting,
        thresholds=thresholds_of(client.practice.thresholds, client.thresholds),
        may_be_taken_back=drafts.was_sent_lately(head.draft, now),
    )


def may_be_texted_words(page: ClientPage) -> tuple[str, str]:
    """One state for phone, number and consent, and the tone it is shown in."""
    client = page.client
    if client.phone is None:
        return "No phone: lives on paper", ""
    if client.status is ClientStatus.DISCHARGED:
        return "Discharged: gets no texts", ""
    if page.texting.is_opted_out:
        return "Asked for no more texts", "danger"
    if not page.texting.has_consent:
        return "Has not agreed to texts", "warning"
    if client.number_state is not NumberState.OK:
        is_wrong = client.number_state is NumberState.WRONG
        return "Said to be the wrong number" if is_wrong else "Number cannot be texted", "danger"
    if client.texts_held_at is not None:
        return "Exercise texts are held", "danger"
    if client.is_paused_on(page.today):
        return PAUSED_WORDS.get(client.pause_reason or "", "Texts are paused"), "warning"
    return "Gets texts", "ok"


def _trend(known: PlanFacts, today: date) -> PainTrend:
    client = known.client
    zone = client.timezone
    points = [
        RatingPoint(today_in(zone, one.at), one.at, one.score, one.source is RatingSource.VISIT)
        for one in drawn(known.ratings, zone, today)
    ]
    changes = [today_in(zone, version.plan.created_at) for version in known.versions]
    limits = thresholds_of(client.practice.thresholds, client.thresholds)
    cutoffs = (limits.mild_from, limits.moderate_from, limits.severe_from)
    return pain_trend(points, changes, today, WEEKS, cutoffs)


def drawn(ratings: Sequence[Rated], zone: str, until: date) -> Sequence[Rated]:
    """Of these, which come oldest first, those a line up to that day is drawn of, and the one before them."""
    first = bisect_left(ratings, start_of(window_start(until, WEEKS), zone), key=attrgetter("at"))
    return ratings[max(first - 1, 0) :]


def _calendar(session: Session, client: Client, today: date) -> Calendar:
    since = today - timedelta(weeks=WEEKS)
    counts = adherence.counts_by_day(session, client.id, since, today)
    return adherence_calendar(day_marks(counts), today, WEEKS)


def day_marks(counts: dict[date, adherence.DayCounts]) -> dict[date, DayMark]:
    """The same counts in the shape charts are drawn from."""
    return {
        day: DayMark(one.done, one.partial, one.skipped, one.unknown, one.due, one.on_paper)
        for day, one in counts.items()
    }


def _plan_line(assignment: Assignment, today: date) -> PlanLine:
    return PlanLine(
        assignment=assignment,
        dose=dose_in_words(assignment, assignment.exercise.laterality),
        schedule=schedule_in_words(schedule_of(assignment)),
        is_paused=not plans.is_running_on(assignment, today),
    )
