"""Whatever happens in whatever order: no slot is texted twice, nobody at a wrong hour, nothing is lost."""

import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.clients import request_window
from care.consent import is_opted_out
from care.db import open_database
from care.errors import Refused
from care.models import (
    Assignment,
    AssignmentStatus,
    Client,
    Message,
    NumberState,
    Occurrence,
    OccurrenceStatus,
    Plan,
    Practice,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Side,
)
from care.pausing import pause_texts, resume_texts
from care.plans import Dose, NewAssignment, Schedule, current_plan, start_plan
from care.timeline import timeline
from care.withdrawal import replan_client
from reminders.delivery import StatusReport, record_status
from reminders.inbox import InboundText, receive
from reminders.outbox import owe_message
from reminders.planning import plan_ahead
from reminders.timelines import timelines
from scheduler.sweeping import sweep
from tests.making import MONDAY_8AM, make_client, make_exercise, make_follow_up, make_practice, make_user
from tests.reminders.fickle import Clock, FickleProvider, Rules, Taken, sender
from tests.reminders.living import BOOK, DAY, HOUR

ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "Europe/London",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Pacific/Niue",
)
TIMES = (time(2, 30), time(6), time(8, 30), time(9), time(9, 10), time(12), time(19, 55), time(21, 30))
HOURS = ((time(6), time(22)), (time(9), time(12)), (time(7), time(9)), (time(15), time(21, 45)))
ANSWERED = {ReminderKind.ANSWER, ReminderKind.SAFETY}
AFTER_STOP = {"stopped", "stopped_urgent", "help", "help_no_phone"}
GONE = {ReminderStatus.SKIPPED, ReminderStatus.FAILED, ReminderStatus.UNSURE}
ONCE = Dose(sets=1, reps=3, hold_seconds=30, duration_seconds=0, side=Side.BOTH)
CAP = 3
# In the middle of a quarter in which New York, London and Lord Howe change their clocks.
BEGINS = MONDAY_8AM


class Anything(RuleBasedStateMachine):
    """One client to whom everything happens, and one to whom nothing does, who must notice none of it."""

    empty: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="hs-anything-"))
        shutil.copy(self.empty, self.folder / "homestretch.db")
        self.database = open_database(f"sqlite:///{self.folder / 'homestretch.db'}")
        self.clock = Clock(BEGINS)
        self.provider = FickleProvider(self.clock)
        self.rules = Rules(ZONES[0])
        self.seen = 0
        self.texted: Counter[str] = Counter()
        self.started: dict[int, list[datetime]] = {}
        self.disturbed: set[date] = set()
        self.silent_on: defaultdict[int, set[date]] = defaultdict(set)
        self.inbound = 0
        self.last_tick = BEGINS
        with self.database.sessions.begin() as session:
            practice = make_practice(session)
            client = make_client(session, practice)
            quiet = make_client(session, practice)
            self.user = make_user(session, practice)
            self.exercise = make_exercise(session, practice)
            self.ids = practice.id, client.id, quiet.id
            self.phone = str(client.phone)
            self._start(session, quiet, (time(10), time(17)))
            self._start(session, client, (time(9),))
        self._tick()

    # --- what happens ---

    @rule(times=st.sets(st.sampled_from(TIMES), min_size=1, max_size=3), days=st.integers(1, 3))
    def change_the_plan(self, times: set[time], days: int) -> None:
        self._disturb(3)
        self._change(lambda s, c: self._start(s, c, tuple(sorted(times)), every_days=days))

    @rule(at=st.sampled_from(TIMES), every_days=st.sampled_from([None, 1]), days=st.integers(0, 2))
    def ask_about_pain(self, at: time, every_days: int | None, days: int) -> None:
        on = self.rules.day_of(self.clock.ours) + days * DAY

        def write(session: Session, client: Client) -> None:
            make_follow_up(
                session, client, due_on=on, at_time=at, every_days=every_days, created_at=self.clock.ours
            )

        self._change(write)

    @rule()
    def write_a_message(self) -> None:
        def write(session: Session, client: Client) -> None:
            user = session.merge(self.user, load=False)
            owe_message(session, client, "Bring your brace.", self.clock.ours, user)

        try:
            self._change(write)
        except Refused:
            assert not self.rules.has_consent or self.rules.is_opted_out

    @rule(days=st.integers(0, 2), is_open=st.booleans())
    def pause(self, days: int, is_open: bool) -> None:
        first = self.rules.day_of(self.clock.ours)
        last = None if is_open else first + days * DAY
        self._disturb(4)
        self._change(lambda s, c: pause_texts(s, c, first, last, self.clock.ours))
        self.rules.is_paused_for_good = is_open
        self.rules.paused_on = frozenset(first + day * DAY for day in range(days + 1))

    @rule()
    def resume(self) -> None:
        self._disturb(4)
        self._change(lambda s, c: resume_texts(s, c, self.clock.ours))
        self.rules.is_paused_for_good, self.rules.paused_on = False, frozenset()

    @rule(zone=st.sampled_from(ZONES))
    def move(self, zone: str) -> None:
        def write(session: Session, client: Client) -> None:
            before, client.timezone = client.timezone, zone
            session.flush()
            replan_client(session, client.id, self.clock.ours, before)

        self._change(write)
        self.rules.zone = zone

    @rule(hours=st.sampled_from(HOURS))
    def ask_for_other_hours(self, hours: tuple[time, time]) -> None:
        self._change(lambda s, c: request_window(s, c, *hours, self.clock.ours))
        self.rules.own_hours = hours

    @rule(hours=st.sampled_from(((time(9), time(20)), (time(5), time(23)), (time(10), time(11)))))
    def change_office_hours(self, hours: tuple[time, time]) -> None:
        def write(session: Session, client: Client) -> None:
            practice = session.get_one(Practice, self.ids[0])
            practice.window_from_time, practice.window_until_time = hours

        self._change(write)
        self.rules.practice_hours = hours

    @rule(is_paused=st.booleans())
    def switch_the_practice(self, is_paused: bool) -> None:
        self._change(lambda s, _c: setattr(s.get_one(Practice, self.ids[0]), "is_texting_paused", is_paused))
        self.rules.is_practice_paused = is_paused

    @rule(state=st.sampled_from([NumberState.OK, NumberState.INVALID, NumberState.UNREACHABLE]))
    def learn_of_the_number(self, state: NumberState) -> None:
        self._change(lambda _s, c: setattr(c, "number_state", state))
        self.rules.is_number_bad = state is not NumberState.OK

    @rule(body=st.sampled_from(["4", "DONE", "DONE 3", "SKIP", "hello?", "STOP", "START", "HELP"]))
    def hear(self, body: str) -> None:
        self.inbound += 1
        text = InboundText(f"SMin{self.inbound}", self.phone, "+12025550100", None, body, 0, None)
        for _ in range(2):
            receive(self.database.sessions, BOOK, text, self.clock.ours)
        self._look_at_consent()

    @rule(moods=st.lists(st.sampled_from(["busy", "lost_before", "lost_after", "refused"]), max_size=3))
    def upset_the_provider(self, moods: list[str]) -> None:
        self.provider.moods[:] = moods

    @precondition(lambda self: self.provider.taken)
    @rule(data=st.data())
    def report(self, data: st.DataObject) -> None:
        """Some text, its statuses in any order, each twice."""
        taken: Taken = data.draw(st.sampled_from(self.provider.taken[-3:]), label="text")
        statuses = data.draw(st.permutations(["queued", "sent", "delivered"]), label="order")
        for status in statuses * 2:
            reference = taken.outgoing.reference
            record_status(
                self.database.sessions,
                StatusReport(f"SM-{reference}", reference, status, None),
                self.clock.ours,
            )

    @rule(dies=st.sampled_from(["before", "after"]))
    def die(self, dies: str) -> None:
        self._plan()
        self._drain(dies)

    @rule(hours=st.sampled_from([1, 2, 3, 6, 12, 24]))
    def live(self, hours: int) -> None:
        """Ticks at every moment something is due, and every hour."""
        until = self.clock.true + hours * HOUR
        while self.clock.true < until:
            self.clock.true = min(self._next_moment(), self.clock.true + HOUR, until)
            self._tick()

    @rule(hours=st.sampled_from([1, 2, 5, 48]))
    def be_down(self, hours: int) -> None:
        self.clock.true += hours * HOUR
        self._tick()

    @rule(hours=st.sampled_from([-2, 0, 2]))
    def set_the_clock(self, hours: int) -> None:
        self.clock.off = hours * HOUR
        self._tick()

    # --- what must hold ---

    @invariant()
    def nothing_is_texted_twice(self) -> None:
        assert [key for key, times in self.texted.items() if times > 1] == []

    @invariant()
    def what_did_not_go_out_has_a_reason_on_the_clients_page(self) -> None:
        with self.database.reading() as session:
            for client_id in self.ids[1:]:
                client = session.get_one(Client, client_id)
                shown = {one.link_id: one for one in timeline(session, client, ["dropped"], limit=10_000)}
                for reminder in session.scalars(select(Reminder).where(Reminder.client_id == client_id)):
                    if reminder.status in GONE:
                        assert shown[reminder.id].detail.endswith(".")
                    elif reminder.status is ReminderStatus.CANCELLED:
                        assert reminder.reason
                        assert reminder.reason != "opted_out" or shown[reminder.id].detail.endswith(".")

    @invariant()
    def every_day_so_far_has_every_slot_once(self) -> None:
        with self.database.reading() as session:
            for client_id in self.ids[1:]:
                client = session.get_one(Client, client_id)
                plan = current_plan(session, client)
                assert plan is not None
                self._check_slots(session, client, plan)

    def _check_slots(self, session: Session, client: Client, plan: Plan) -> None:
        rules = self.rules if client.id == self.ids[1] else Rules(ZONES[0])
        first = rules.day_of(plan.created_at) + DAY
        today = rules.day_of(min(self.last_tick, self.clock.ours))
        assignments = select(Assignment).where(
            Assignment.plan_id == plan.id, Assignment.status == AssignmentStatus.ACTIVE
        )
        for one in session.scalars(assignments):
            found = Counter(
                (slot_on, f"{slot_time:%H:%M}")
                for slot_on, slot_time in session.execute(
                    select(Occurrence.slot_on, Occurrence.slot_time).where(
                        Occurrence.assignment_id == one.id,
                        Occurrence.status != OccurrenceStatus.CANCELLED,
                    )
                )
            )
            days = (first + number * DAY for number in range((today - first).days))
            wanted = [
                (day, at)
                for day in days
                if (day - one.starts_on).days % (one.every_days or 1) == 0
                and (client.id != self.ids[1] or day not in self.disturbed)
                and day not in self.silent_on[client.id]
                for at in one.times
            ]
            assert [slot for slot in wanted if found[slot] != 1] == []

    # --- how ---

    def teardown(self) -> None:
        self.database.dispose()
        shutil.rmtree(self.folder)

    def _start(self, session: Session, client: Client, times: tuple[time, ...], every_days: int = 1) -> None:
        schedule = Schedule(times, self.rules.day_of(self.clock.ours), every_days=every_days)
        wanted = [NewAssignment(self.exercise.id, ONCE, schedule)]
        start_plan(session, client, wanted, user=None, now=self.clock.ours)

    def _change(self, work: Callable[[Session, Client], Any]) -> None:
        with self.database.sessions.begin() as session:
            work(session, session.get_one(Client, self.ids[1]))

    def _disturb(self, days: int) -> None:
        """Days on which a slot may rightly be missing."""
        here = self.rules.day_of(self.clock.ours)
        self.disturbed |= {here + number * DAY for number in range(-1, days)}

    def _look_at_consent(self) -> None:
        with self.database.reading() as session:
            client = session.get_one(Client, self.ids[1])
            self.rules.is_opted_out = is_opted_out(session, str(client.phone_hash))

    def _plan(self) -> None:
        with self.database.sessions.begin() as session:
            plan_ahead(session, timelines(session, self.clock.ours)[0])

    def _drain(self, dies: str | None = None) -> None:
        with sender(self.database, self.provider, dies) as dispatcher:
            dispatcher.drain(lambda: self.clock.ours)
        self._note_what_went_out()

    def _tick(self) -> None:
        self._plan()
        self._drain()
        with self.database.sessions.begin() as session:
            sweep(session, timelines(session, self.clock.ours)[0])
        self._note_silence()
        with sender(self.database, self.provider) as dispatcher:
            dispatcher.inquirer.settle(self.clock.ours)
        # The next tick, two seconds later: what sweeping owes and settling gives back is due at once.
        self._drain()
        self.last_tick = self.clock.ours
        self._check_that_nothing_waits_in_vain()

    def _note_silence(self) -> None:
        """Who says nothing for three weeks is paused, and staff may pause without a last day: as long as
        that lasts nothing is due, so a slot may rightly be missing.
        """
        with self.database.reading() as session:
            for client_id in self.ids[1:]:
                client = session.get_one(Client, client_id)
                first = client.paused_from
                if first is None or client.paused_until is not None:
                    continue
                days = (self.rules.day_of(self.clock.ours) - first).days
                self.silent_on[client_id] |= {first + number * DAY for number in range(days + 2)}

    def _check_that_nothing_waits_in_vain(self) -> None:
        due = select(Reminder).where(
            Reminder.status == ReminderStatus.PLANNED, Reminder.send_at <= self.clock.ours
        )
        with self.database.reading() as session:
            assert session.scalars(due).all() == []

    def _next_moment(self) -> datetime:
        """By true time."""
        soonest = select(Reminder.send_at).where(
            Reminder.status == ReminderStatus.PLANNED, Reminder.send_at > self.clock.ours
        )
        with self.database.reading() as session:
            at = session.scalar(soonest.order_by(Reminder.send_at).limit(1))
        return at - self.clock.off if at else self.clock.true + HOUR

    def _note_what_went_out(self) -> None:
        fresh, self.seen = self.provider.taken[self.seen :], len(self.provider.taken)
        with self.database.reading() as session:
            for taken in fresh:
                of_text = select(Reminder).join(Message, Message.id == Reminder.message_id)
                reminders = session.scalars(
                    of_text.where(Message.reference == taken.outgoing.reference)
                ).all()
                assert reminders
                self.texted.update(one.dedupe_key for one in reminders)
                self._check(reminders[0], taken)

    def _check(self, reminder: Reminder, taken: Taken) -> None:
        is_his = reminder.client_id == self.ids[1]
        rules = self.rules if is_his else Rules(ZONES[0], practice_hours=self.rules.practice_hours)
        rules.is_practice_paused = self.rules.is_practice_paused
        seconds = taken.outgoing.validity_seconds or 0
        assert 60 <= seconds <= 36_000
        assert taken.at + timedelta(seconds=seconds) <= reminder.expires_at
        if rules.is_opted_out:
            assert reminder.text_key in AFTER_STOP
        if reminder.kind in ANSWERED:
            return
        assert rules.may_start_at(taken.at)
        assert rules.may_start_at(taken.at + timedelta(seconds=seconds - 1))
        assert reminder.client_id is not None
        today = rules.day_of(taken.at)
        moments = self.started.setdefault(reminder.client_id, [])
        assert sum(rules.day_of(at) == today for at in moments) < CAP
        moments.append(taken.at)


def try_anything(migrated_file: Path, examples: int, steps: int) -> None:
    Anything.empty = migrated_file
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
        # Shrinking against a real database takes minutes; the steps are printed as they are.
        phases=[Phase.generate],
    )
    run_state_machine_as_test(Anything, settings=chosen)


def test_anything_may_happen_in_any_order(migrated_file: Path) -> None:
    try_anything(migrated_file, examples=4, steps=25)


@pytest.mark.audit
def test_anything_may_happen_for_a_long_time(migrated_file: Path) -> None:
    try_anything(migrated_file, examples=300, steps=60)
