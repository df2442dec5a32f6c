"""The sample practice: twelve invented clients who live eight weeks through the real engine, by rule."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from heapq import heappop, heappush
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, joinedload

from care.assessments import AssessmentFields, complete, open_draft
from care.attention import close, list_open_for
from care.brief import brief_for
from care.clients import ClientDetails, add_client, add_precaution, set_goal, update_client
from care.consent import TEXTING_WORDING
from care.db import Database, Sessions, open_database, without_waiting_for_disk
from care.episodes import discharge, start_episode
from care.errors import Refused
from care.followups import add_follow_up
from care.models import (
    Base,
    Client,
    ConsentSource,
    Direction,
    Exercise,
    FollowUpKind,
    Message,
    Practice,
    Question,
    Reminder,
    ReminderStatus,
    Role,
    User,
    Visit,
)
from care.plans import NewAssignment, Schedule, default_dose, end_plan, start_plan
from care.practices import add_practice
from care.recurrence import instant_of
from care.settings import Settings
from care.users import add_user
from care.visits import VisitNotes, plan_visit, record_visit
from homestretch.installation import Installation, ensure_sender
from homestretch.sample_answers import answer_for
from homestretch.sample_people import PEOPLE, Person
from reminders.dispatch import Dispatcher
from reminders.inbox import InboundText, receive
from reminders.outbox import enrol
from reminders.planning import plan_ahead
from reminders.simulated import DEAD_NUMBER, SIMULATED_SENDER
from reminders.timelines import Timeline
from scheduler.sweeping import sweep

SAMPLE_NAME = "Riverside Physio"
SAMPLE_ZONE = "America/New_York"
SAMPLE_PASSWORD = "homestretch-sample"  # noqa: S105 (printed at every start; production refuses it)
SAMPLE_SIGN_INS = (
    ("sam@sample.example", "therapist"),
    ("kim@sample.example", "therapist"),
    ("admin@sample.example", "admin"),
)
SEED = 20_260_302
WEEKS = 8
VISIT_WEEKS = (0, 1, 2, 4, 6)
PLAN_CHANGES_IN_WEEK = 2
# The engine plans two days ahead, so looking after the rows every few hours loses nothing.
HOUSEKEEPING = timedelta(hours=6)


@dataclass
class _Life:
    """One sample client as they live: the row, the rule they follow, and what they have answered."""

    person: Person
    client_id: int
    began_at: datetime
    answered: set[int] = field(default_factory=set)


def has_any_practice(database: Database) -> bool:
    """Whether somebody, or the sample, lives here already."""
    with database.reading() as session:
        return session.scalar(select(Practice.id).limit(1)) is not None


def make_sample(installation: Installation, now: datetime) -> None:
    """Fill in the sample practice. Raises Refused when it is there already.

    Nothing of it is anybody's, so it is written without waiting for the disk after every step.
    """
    with installation.database.reading() as session:
        if session.scalar(select(Practice.id).where(Practice.is_sample).limit(1)) is not None:
            raise Refused("The sample practice is there already. Remove it with: homestretch demo --remove")
    with without_waiting_for_disk(installation.database):
        _Sample(installation, now).live()


def remove_sample(settings: Settings) -> bool:
    """Take the sample practice out with all its rows. False when there is none."""
    database = open_database(settings.database_url)
    with database.sessions.begin() as session:
        sample_id = session.scalar(select(Practice.id).where(Practice.is_sample).limit(1))
        if sample_id is not None:
            for table in reversed(Base.metadata.sorted_tables):
                if "practice_id" in table.c:
                    session.execute(delete(table).where(table.c.practice_id == sample_id))
            session.execute(delete(Practice).where(Practice.id == sample_id))
    database.dispose()
    return sample_id is not None


def weeks_of(person: Person) -> list[int]:
    """In which weeks of theirs this person comes."""
    return [week for week in VISIT_WEEKS if week < person.weeks] or [0]


class _Sample:
    """Drives the real planning, sending and receiving through eight weeks that end now."""

    def __init__(self, installation: Installation, now: datetime) -> None:
        self._installation = installation
        self._sessions: Sessions = installation.database.sessions
        self._dispatcher: Dispatcher = installation.dispatcher()
        self._now = now
        self._random = random.Random(SEED)  # noqa: S311 (it must be the same every time)
        self._lives: dict[int, _Life] = {}
        self._agenda: list[tuple[datetime, int, object]] = []
        self._practice_id = 0
        self._housekeeping_at = now - timedelta(weeks=WEEKS + 1)
        self._users: dict[str, int] = {}

    def live(self) -> None:
        zone = ZoneInfo(SAMPLE_ZONE)
        first_day = (self._now.astimezone(zone) - timedelta(weeks=WEEKS)).date()
        start = instant_of(first_day, time(8), zone)
        with self._sessions.begin() as session:
            self._open_practice(session, start)
        for person in PEOPLE:
            self._add_to_agenda(person, zone, start)
        here = start
        while here < self._now:
            here = min(self._next(here), self._now)
            self._do_what_is_due(here)
        self._dispatcher.close()

    def _open_practice(self, session: Session, start: datetime) -> None:
        practice = add_practice(
            session,
            name=SAMPLE_NAME,
            timezone=SAMPLE_ZONE,
            country="US",
            phone="202-555-0100",
            now=start,
            is_sample=True,
        )
        self._practice_id = practice.id
        for email, role in SAMPLE_SIGN_INS:
            name = email.partition("@")[0]
            user = add_user(
                session,
                practice,
                email=email,
                name=name.capitalize(),
                role=Role(role),
                password=SAMPLE_PASSWORD,
                now=start,
            )
            self._users[name] = user.id
        ensure_sender(session, self._installation.settings)

    def _add_to_agenda(self, person: Person, zone: ZoneInfo, start: datetime) -> None:
        """Visits every one or two weeks, spread over the day, the first on the person's first day."""
        position = PEOPLE.index(person)
        hour = time(9 + position % 8, 30 if position % 2 else 0)
        weeks = weeks_of(person)
        back = person.weeks if person.weeks else 0
        first = (self._now.astimezone(zone) - timedelta(weeks=back)).date()
        if not person.weeks:
            first -= timedelta(days=1)
        first += timedelta(days=position % 4 if person.weeks else 0)
        for week in weeks:
            at = instant_of(first + timedelta(weeks=week), hour, zone)
            if at < self._now:
                self._put(max(at, start), (person, week))

    def _put(self, at: datetime, what: object) -> None:
        heappush(self._agenda, (at, len(self._agenda) + self._random.randrange(1 << 30), what))

    def _next(self, here: datetime) -> datetime:
        """The next visit, answer or text, but never more than half a day ahead."""
        candidates = [here + timedelta(hours=12)]
        if self._agenda:
            candidates.append(self._agenda[0][0])
        with self._sessions() as session:
            due = session.scalar(
                select(func.min(Reminder.send_at)).where(
                    Reminder.practice_id == self._practice_id,
                    Reminder.status == ReminderStatus.PLANNED,
                    Reminder.send_at > here,
                )
            )
        if due is not None:
            candidates.append(due)
        return max(min(candidates), here + timedelta(seconds=1))

    def _do_what_is_due(self, here: datetime) -> None:
        while self._agenda and self._agenda[0][0] <= here:
            _, _, what = heappop(self._agenda)
            if isinstance(what, tuple):
                self._visit(what[0], what[1], here)
            elif isinstance(what, _Words):
                self._text(what, here)
        moment = Timeline(here, practice_id=self._practice_id)
        if here >= self._housekeeping_at:
            self._housekeeping_at = here + HOUSEKEEPING
            with self._sessions.begin() as session:
                plan_ahead(session, moment)
                sweep(session, moment)
        if self._dispatcher.drain_batch(moment).sent:
            with self._sessions() as session:
                for at, words in self._answers(session, here):
                    self._put(at, words)

    def _visit(self, person: Person, week: int, here: datetime) -> None:
        with self._sessions.begin() as session:
            user = session.get_one(User, self._users[person.therapist])
            life = self._life_of(person)
            if life is None:
                life = self._first_visit(session, person, user, here)
            client = session.scalars(
                select(Client).where(Client.id == life.client_id).options(joinedload(Client.practice))
            ).one()
            if week:
                self._settle(session, client, user, here)
                self._assess(session, client, user, here)
            visit = self._record(session, person, client, user, week, here)
            if week in (0, PLAN_CHANGES_IN_WEEK):
                self._assign(session, person, client, user, visit, week, here)
            if week == weeks_of(person)[-1]:
                self._last_visit(session, person, client, user, here)

    def _life_of(self, person: Person) -> _Life | None:
        return next((life for life in self._lives.values() if life.person is person), None)

    def _first_visit(self, session: Session, person: Person, user: User, here: datetime) -> _Life:
        practice = session.get_one(Practice, self._practice_id)
        phone = f"+1202555{110 + PEOPLE.index(person):04d}" if person.has_phone else None
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
            wording = TEXTING_WORDING[person.language]
            enrol(session, client, wording=wording, source=ConsentSource.PAPER, now=here, user=user)
        life = _Life(person, client.id, here)
        self._lives[client.id] = life
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

    def _assess(self, session: Session, client: Client, user: User, here: datetime) -> None:
        brief = brief_for(session, client, here)
        draft = open_draft(session, client, user, here)
        filled = AssessmentFields(
            pain=draft.pain,
            history=draft.history,
            findings="Range and tissue tone re-checked against last time.",
            impression="As the replies suggest.",
            next_steps="Go on with the home care.",
        )
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
        wording = TEXTING_WORDING[client.language]
        enrol(session, client, wording=wording, source=ConsentSource.PHONE_CALL, now=here, user=None)

    def _answers(self, session: Session, here: datetime) -> Iterator[tuple[datetime, "_Words"]]:
        """What the clients asked just now will answer, and when."""
        asked = session.execute(
            select(Question, Message)
            .join(Message, Message.id == Question.message_id)
            .where(Question.practice_id == self._practice_id, Question.asked_at == here)
        )
        for question, message in asked:
            life = self._lives[question.client_id]
            if question.id in life.answered or message.direction is not Direction.OUT:
                continue
            life.answered.add(question.id)
            share = (here - life.began_at) / timedelta(weeks=life.person.weeks or 1)
            left = self._now - here
            words = answer_for(
                life.person, question.context, "0" in message.body, min(share, 1), left, self._random
            )
            if words is not None:
                delay = timedelta(minutes=self._random.choice((12, 12, 45)))
                yield here + delay, _Words(message.phone, words)
        yield from self._last_words(here)

    def _last_words(self, here: datetime) -> Iterator[tuple[datetime, "_Words"]]:
        """The message each person's state rests on, once, near the end."""
        for life in self._lives.values():
            answering = life.person.answering
            if answering.last_words is None or 0 in life.answered:
                continue
            at = _by_day(self._now - timedelta(hours=answering.last_words_hours_ago))
            if at - here < timedelta(hours=26):
                life.answered.add(0)
                phone = f"+1202555{110 + PEOPLE.index(life.person):04d}"
                yield at, _Words(phone, answering.last_words)

    def _text(self, words: "_Words", here: datetime) -> None:
        inbound = InboundText(
            sid=f"SM-sample-{self._random.randrange(1 << 60):015x}",
            from_=words.phone,
            to=SIMULATED_SENDER,
            service_sid=None,
            body=words.body,
            num_media=0,
            opt_out_type=None,
        )
        receive(self._sessions, self._installation.book, inbound, here)


def _by_day(at: datetime) -> datetime:
    """The same moment, or the evening before it where people sleep."""
    local = at.astimezone(ZoneInfo(SAMPLE_ZONE))
    if 8 <= local.hour < 21:
        return at
    day = local.date() if local.hour >= 21 else local.date() - timedelta(days=1)
    return instant_of(day, time(19, 10), ZoneInfo(SAMPLE_ZONE))


@dataclass(frozen=True)
class _Words:
    """A text a sample client will send."""

    phone: str
    body: str
