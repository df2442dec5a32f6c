"""What happens at a visit of a sample client: notes, a plan, an assessment, and the next appointment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from care.assessments import AssessmentFields, complete, open_draft
from care.attention import close, list_open_for
from care.brief import brief_for
from care.clients import ClientDetails, add_client, update_client
from care.consent import texting_wording
from care.episodes import discharge, start_episode
from care.findings import keep_findings
from care.followups import add_follow_up
from care.goals import set_goal
from care.models import Client, ConsentSource, Exercise, FollowUpKind, Practice, User, Visit
from care.plans import NewAssignment, Schedule, default_dose, end_plan, start_plan
from care.precautions import add_precaution
from care.recurrence import instant_of
from care.visits import VisitNotes, plan_visit, record_visit
from homestretch.installation import Installation
from homestretch.sample_findings import findings_of
from homestretch.sample_people import PEOPLE, Person
from reminders.outbox import enrol
from reminders.simulated import DEAD_NUMBER

VISIT_WEEKS = (0, 1, 2, 4, 6)
PLAN_CHANGES_IN_WEEK = 2


@dataclass
class Life:
    """One sample client as they live: the row, the rule they follow, and what they have answered."""

    person: Person
    client_id: int
    began_at: datetime
    answered: set[int] = field(default_factory=set)


def weeks_of(person: Person) -> list[int]:
    """In which weeks of theirs this person comes."""
    return [week for week in VISIT_WEEKS if week < person.weeks] or [0]


def phone_of(person: Person) -> str:
    """A number of the range kept for examples, another for everybody."""
    return f"+1202555{110 + PEOPLE.index(person):04d}"


class Visits:
    """Every visit of the sample practice, by its therapists; `lives` are the clients met so far."""

    def __init__(
        self, installation: Installation, practice_id: int, users: Mapping[str, int], now: datetime
    ) -> None:
        self._installation = installation
        self._practice_id = practice_id
        self._users = users
        self._now = now
        self.lives: dict[int, Life] = {}

    def hold(self, person: Person, week: int, here: datetime) -> None:
        with self._installation.database.sessions.begin() as session:
            user = session.get_one(User, self._users[person.therapist])
            life = self._life_of(person)
            if life is None:
                life = self._first_visit(session, person, user, here)
            client = session.scalars(
                select(Client).where(Client.id == life.client_id).options(joinedload(Client.practice))
            ).one()
            if week:
                self._settle(session, client, user, here)
                self._assess(session, person, client, user, week, here)
            visit = self._record(session, person, client, user, week, here)
            if week in (0, PLAN_CHANGES_IN_WEEK):
                self._assign(session, person, client, user, visit, week, here)
            if week == weeks_of(person)[-1]:
                self._last_visit(session, person, client, user, here)

    def _life_of(self, person: Person) -> Life | None:
        return next((life for life in self.lives.values() if life.person is person), None)

    def _first_visit(self, session: Session, person: Person, user: User, here: datetime) -> Life:
        practice = session.get_one(Practice, self._practice_id)
        phone = phone_of(person) if person.has_phone else None
        details = ClientDetails(
            first_name=person.first_name,
            last_name=person.last_name,
            phone=phone,
            language=person.language,
            timezone=person.timezone or practice.timezone,
            therapist_id=user.id,
        )
        client = add_client(session, practice, self._installation.book, details, here)
        today = here.astimezone(ZoneInfo(client.timezone)).date()
        start_episode(session, client, person.complaint, person.category, today)
        set_goal(session, client, person.goal, today)
        for code, note in person.precautions:
            add_precaution(session, client, code, note, today)
        if phone:
            wording = texting_wording(person.language)
            enrol(session, client, wording=wording, source=ConsentSource.PAPER, now=here, user=user)
        life = Life(person, client.id, here)
        self.lives[client.id] = life
        return life

    def _record(
        self, session: Session, person: Person, client: Client, user: User, week: int, here: datetime
    ) -> Visit:
        answering = person.answering
        share = min(week / (person.weeks or 1), 1)
        pain = round(answering.pain_from + (answering.pain_to - answering.pain_from) * share)
        notes = VisitNotes(
            complaint=person.complaint,
            techniques=list(person.techniques),
            regions=list(person.regions),
            note="" if week else "First visit. Showed the exercises, did each once together.",
            pain=float(pain),
        )
        return record_visit(session, client, notes, at=here, user=user, now=here)

    def _assign(
        self,
        session: Session,
        person: Person,
        client: Client,
        user: User,
        visit: Visit,
        week: int,
        here: datetime,
    ) -> None:
        slugs = person.later if week and person.later else person.exercises
        if week and not person.later:
            return
        found = session.scalars(
            select(Exercise).where(Exercise.practice_id == client.practice_id, Exercise.slug.in_(slugs))
        )
        exercises = {exercise.slug: exercise for exercise in found}
        starts_on = here.astimezone(ZoneInfo(client.timezone)).date() + timedelta(days=1)
        schedule = Schedule(
            times=(person.at,),
            starts_on=starts_on,
            ends_on=starts_on + timedelta(weeks=12),
            every_days=person.every_days,
        )
        wanted = [
            NewAssignment(exercises[slug].id, default_dose(exercises[slug]), schedule) for slug in slugs
        ]
        plan = start_plan(session, client, wanted, user=user, now=here, visit=visit)
        if person.asks_every_days and not week:
            add_follow_up(
                session,
                client,
                kind=FollowUpKind.PAIN_QUESTION,
                at_time=person.at,
                now=here,
                user=user,
                visit=visit,
                days=2,
                every_days=person.asks_every_days,
                ends_on=starts_on + timedelta(weeks=12),
                plan=plan,
            )

    def _settle(self, session: Session, client: Client, user: User, here: datetime) -> None:
        """What waited for a person was talked about at the visit."""
        for item in list_open_for(session, client):
            close(session, item, user, here, note="Talked about it at the visit.")

    def _assess(
        self, session: Session, person: Person, client: Client, user: User, week: int, here: datetime
    ) -> None:
        brief = brief_for(session, client, here)
        draft = open_draft(session, client, user, here)
        filled = AssessmentFields(
            pain=draft.pain,
            history=draft.history,
            findings="Range and tissue tone re-checked against last time.",
            impression="As the replies suggest.",
            next_steps="Go on with the home care.",
        )
        keep_findings(session, draft, findings_of(person, week))
        complete(session, draft, filled, user, here, brief)

    def _last_visit(
        self, session: Session, person: Person, client: Client, user: User, here: datetime
    ) -> None:
        if person.is_discharged:
            end_plan(session, client, "goal reached", here)
            today = here.astimezone(ZoneInfo(client.timezone)).date()
            discharge(session, client, "Goal reached", today, here)
            return
        zone = ZoneInfo(client.timezone)
        position = PEOPLE.index(person)
        day = self._now.astimezone(zone).date() + timedelta(days=position // 3)
        at = instant_of(day, time(10 + position % 7), zone)
        if at < self._now:
            at = instant_of(day + timedelta(days=1), time(9 + position % 8), zone)
        visit = plan_visit(session, client, at, user, here)
        if client.phone:
            add_follow_up(
                session,
                client,
                kind=FollowUpKind.VISIT_REMINDER,
                at_time=time(12),
                now=here,
                user=user,
                visit=visit,
                days=-1,
            )
        if person.has_dead_number:
            self._change_number(session, client, here)

    def _change_number(self, session: Session, client: Client, here: datetime) -> None:
        """A number with a slip in it: consent is given anew, and no text arrives."""
        details = ClientDetails(
            first_name=client.first_name,
            last_name=client.last_name,
            phone=DEAD_NUMBER,
            language=client.language,
            timezone=client.timezone,
            therapist_id=client.therapist_id,
        )
        update_client(session, client, self._installation.book, details, here)
        wording = texting_wording(client.language)
        enrol(session, client, wording=wording, source=ConsentSource.PHONE_CALL, now=here, user=None)
