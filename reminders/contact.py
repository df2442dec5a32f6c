"""Who may be texted when: consent, opt-out, number, window, cap. Asked at planning and again at sending."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from care.models import Client, ClientStatus, NumberState, Practice, Reminder, ReminderKind
from care.recurrence import A_DAY, instant_of

HARD_LIMITS = (time(8), time(21))
REQUESTED_LIMITS = (time(6), time(22))
PROMPT_ANSWER = timedelta(minutes=5)
# What has less time left than this is not handed over: the provider may take as long itself.
SHORTEST_VALIDITY = timedelta(seconds=60)
AFTER_ENROLMENT = timedelta(minutes=1)
ANSWERS_AN_HOUR = 3

# What we say because they said something. Everything else is started by us.
IN_ANSWER = frozenset({ReminderKind.ANSWER, ReminderKind.SAFETY})
# The only texts an opted-out phone gets: the confirmation of its STOP, and HELP.
TO_OPTED_OUT = frozenset({"stopped", "stopped_urgent", "help"})


@dataclass(frozen=True)
class Go:
    """It may go out now, and no later than `until`."""

    until: datetime


@dataclass(frozen=True)
class Wait:
    """Not now, but at this instant."""

    at: datetime
    reason: str


@dataclass(frozen=True)
class Drop:
    """Never. The reason is a word of `care`'s, shown to staff in a sentence."""

    reason: str


Verdict = Go | Wait | Drop


@dataclass(frozen=True)
class Facts:
    """What must be known of a reminder's client at the moment of asking.

    `awaits_enrolment` says that the first text, which nothing precedes, has not gone out yet.
    """

    practice: Practice
    client: Client | None
    has_consent: bool
    is_opted_out: bool
    sent_today: int
    answered_this_hour: int
    is_real_gateway: bool
    awaits_enrolment: bool = False


@dataclass(frozen=True)
class Window:
    """The hours of a client's day in which we may start a text, `from_time` up to but not at `until_time`."""

    from_time: time
    until_time: time


def window_of(practice: Practice, client: Client) -> Window:
    """The client's own hours where they asked for them, else the practice's; never beyond the hard limits."""
    opens, closes = practice.window_from_time, practice.window_until_time
    if client.window_from_time is not None and client.window_until_time is not None:
        opens, closes = client.window_from_time, client.window_until_time
    earliest, latest = HARD_LIMITS if client.window_requested_at is None else REQUESTED_LIMITS
    return Window(max(opens, earliest), min(closes, latest))


def next_opening(window: Window, zone: ZoneInfo, at: datetime) -> datetime:
    """`at` itself when it lies in the window, else when the window next opens."""
    local = at.astimezone(zone)
    if window.from_time <= local.time() < window.until_time:
        return at
    day = local.date() if local.time() < window.from_time else local.date() + A_DAY
    return instant_of(day, window.from_time, zone)


def closing(window: Window, zone: ZoneInfo, at: datetime) -> datetime:
    """When the window that `at` lies in closes."""
    return instant_of(at.astimezone(zone).date(), window.until_time, zone)


def judge(reminder: Reminder, facts: Facts, now: datetime) -> Verdict:
    """Whether this reminder may go out at this moment."""
    if reminder.expires_at - now < SHORTEST_VALIDITY:
        return Drop("stale")
    if facts.is_real_gateway and facts.practice.is_sample:
        return Drop("sample_practice")
    if facts.is_opted_out and reminder.text_key not in TO_OPTED_OUT:
        return Drop("opted_out")
    if reminder.kind is ReminderKind.SAFETY:
        return Go(reminder.expires_at)
    if facts.practice.is_texting_paused and reminder.kind not in IN_ANSWER:
        return Drop("practice_paused")
    if reminder.kind is ReminderKind.ANSWER:
        return _judge_answer(reminder, facts, now)
    return _judge_started(reminder, facts, now)


def _judge_answer(reminder: Reminder, facts: Facts, now: datetime) -> Verdict:
    if facts.answered_this_hour >= ANSWERS_AN_HOUR and reminder.text_key not in TO_OPTED_OUT:
        return Drop("too_many_answers")
    if facts.client is None or now - reminder.due_at <= PROMPT_ANSWER:
        return Go(reminder.expires_at)
    return _within_window(reminder, facts.practice, facts.client, now)


def _judge_started(reminder: Reminder, facts: Facts, now: datetime) -> Verdict:
    client = facts.client
    if client is None:
        return Drop("no_client")
    if client.status is ClientStatus.DISCHARGED:
        return Drop("discharged")
    if not facts.has_consent:
        return Drop("no_consent")
    if client.number_state is not NumberState.OK:
        return Drop("number_not_in_use")
    zone = ZoneInfo(client.timezone)
    if client.is_paused_on(now.astimezone(zone).date()) and reminder.kind is not ReminderKind.ENROL:
        return Drop("paused")
    if facts.sent_today >= facts.practice.daily_cap:
        return Drop("daily_cap")
    if facts.awaits_enrolment and reminder.kind is not ReminderKind.ENROL:
        return Wait(now + AFTER_ENROLMENT, "after_enrolment")
    return _within_window(reminder, facts.practice, client, now)


def _within_window(reminder: Reminder, practice: Practice, client: Client, now: datetime) -> Verdict:
    window, zone = window_of(practice, client), ZoneInfo(client.timezone)
    opening = next_opening(window, zone, now)
    if opening == now:
        closes_at = closing(window, zone, now)
        if closes_at - now >= SHORTEST_VALIDITY:
            return Go(min(reminder.expires_at, closes_at))
        opening = next_opening(window, zone, closes_at)
    if reminder.expires_at - opening >= SHORTEST_VALIDITY:
        return Wait(opening, "outside_window")
    return Drop("outside_window")
