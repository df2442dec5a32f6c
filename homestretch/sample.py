"""The sample practice: twelve invented clients who live eight weeks through the real engine, by rule."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from heapq import heappop, heappush
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from care.db import Database, Sessions, open_database, without_waiting_for_disk
from care.errors import Refused
from care.models import (
    Base,
    Direction,
    Message,
    Practice,
    Question,
    Reminder,
    ReminderStatus,
    Role,
    User,
)
from care.on_call import agree_to_alerts
from care.pictures import approve_all_pictures
from care.practices import add_practice
from care.recurrence import instant_of
from care.settings import Settings
from care.users import add_user
from homestretch.installation import Installation, ensure_sender
from homestretch.sample_answers import answer_for
from homestretch.sample_people import PEOPLE, Person
from homestretch.sample_visits import Visits, phone_of, weeks_of
from reminders.dispatch import Dispatcher
from reminders.inbox import InboundText, receive
from reminders.planning import plan_ahead
from reminders.simulated import SIMULATED_SENDER
from reminders.timelines import Timeline
from scheduler.sweeping import sweep

SAMPLE_NAME = "Riverside Physio"
SAMPLE_ZONE = "America/New_York"
SAMPLE_PASSWORD = "homestretch-sample"  # noqa: S105 (printed at every start; production refuses it)
SAMPLE_SIGN_INS = (
    ("sam@sample.example", "therapist"),
    ("kim@sample.example", "therapist"),
    ("admin@sample.example", "admin"),
    ("desk@sample.example", "front_desk"),
)
# Of the numbers nobody owns, beyond those of the sample clients.
ALERT_PHONES = {"sam": "+12025550191", "kim": "+12025550192"}
SEED = 20_260_302
WEEKS = 8
# The engine plans two days ahead, so looking after the rows every few hours loses nothing.
HOUSEKEEPING = timedelta(hours=6)


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
    database = open_database(settings.database_url, settings.field_ring)
    with database.sessions.begin() as session:
        sample_id = session.scalar(select(Practice.id).where(Practice.is_sample).limit(1))
        if sample_id is not None:
            for table in reversed(Base.metadata.sorted_tables):
                if "practice_id" in table.c:
                    session.execute(delete(table).where(table.c.practice_id == sample_id))
            session.execute(delete(Practice).where(Practice.id == sample_id))
    database.dispose()
    return sample_id is not None


class _Sample:
    """Drives the real planning, sending and receiving through eight weeks that end now."""

    def __init__(self, installation: Installation, now: datetime) -> None:
        self._installation = installation
        self._sessions: Sessions = installation.database.sessions
        self._dispatcher: Dispatcher = installation.dispatcher()
        self._now = now
        self._random = random.Random(SEED)  # noqa: S311 (it must be the same every time)
        self._agenda: list[tuple[datetime, int, object]] = []
        self._housekeeping_at = now - timedelta(weeks=WEEKS + 1)

    def live(self) -> None:
        zone = ZoneInfo(SAMPLE_ZONE)
        first_day = (self._now.astimezone(zone) - timedelta(weeks=WEEKS)).date()
        start = instant_of(first_day, time(8), zone)
        with self._sessions.begin() as session:
            self._practice_id, users = self._open_practice(session, start)
        self._visits = Visits(self._installation, self._practice_id, users, self._now)
        for person in PEOPLE:
            self._add_to_agenda(person, zone, start)
        here = start
        while here < self._now:
            here = min(self._next(here), self._now)
            self._do_what_is_due(here)
        self._dispatcher.close()
        self._set_up_alerts(users)

    def _set_up_alerts(self, users: dict[str, int]) -> None:
        """Sam and Kim get alerts from now on and stand in for each other, so that both can be tried."""
        with self._sessions.begin() as session:
            practice = session.get_one(Practice, self._practice_id)
            sam, kim = (session.get_one(User, users[name]) for name in ALERT_PHONES)
            for user in (sam, kim):
                phone = ALERT_PHONES[user.name.lower()]
                agree_to_alerts(session, user, practice, self._installation.book, phone, self._now)
            sam.backup_id, kim.backup_id = kim.id, sam.id

    def _open_practice(self, session: Session, start: datetime) -> tuple[int, dict[str, int]]:
        """Its number, and those of its users by first name."""
        practice = add_practice(
            session,
            name=SAMPLE_NAME,
            timezone=SAMPLE_ZONE,
            country="US",
            phone="202-555-0100",
            now=start,
            is_sample=True,
        )
        users = {}
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
            users[name] = user.id
        approve_all_pictures(session, practice, session.get_one(User, users["kim"]), start)
        ensure_sender(session, self._installation.settings)
        return practice.id, users

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
                self._visits.hold(what[0], what[1], here)
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

    def _answers(self, session: Session, here: datetime) -> Iterator[tuple[datetime, "_Words"]]:
        """What the clients asked just now will answer, and when."""
        asked = session.execute(
            select(Question, Message)
            .join(Message, Message.id == Question.message_id)
            .where(Question.practice_id == self._practice_id, Question.asked_at == here)
        )
        for question, message in asked:
            life = self._visits.lives[question.client_id]
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
        for life in self._visits.lives.values():
            answering = life.person.answering
            if answering.last_words is None or 0 in life.answered:
                continue
            at = _by_day(self._now - timedelta(hours=answering.last_words_hours_ago))
            if answering.is_remark:
                at = _before_the_question(at, life.person.at)
            if at - here < timedelta(hours=26):
                life.answered.add(0)
                yield at, _Words(phone_of(life.person), answering.last_words)

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


def _before_the_question(at: datetime, asked_at: time) -> datetime:
    """The same moment, or shortly before a question that may have no answer yet."""
    zone = ZoneInfo(SAMPLE_ZONE)
    asked = instant_of(at.astimezone(zone).date(), asked_at, zone)
    return asked - timedelta(minutes=5) if asked <= at < asked + timedelta(hours=1) else at


@dataclass(frozen=True)
class _Words:
    """A text a sample client will send."""

    phone: str
    body: str
