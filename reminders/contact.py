"""Who may be texted when: consent, opt-out, number, window, cap. Asked at planning and again at sending."""

from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from care.holding import HELD_KINDS
from care.models import ClientStatus, NumberState, Practice, ReminderKind, User
from care.on_call import next_on_call
from care.pausing import PAUSED_FOR_SILENCE
from care.private_phones import UNSAFE
from care.recurrence import A_DAY, instant_of
from reminders.batch_rows import AnyClient, AnyReminder

HARD_LIMITS = (time(8), time(21))
REQUESTED_LIMITS = (time(6), time(22))
# How the key of a reminder begins that the client asked for in words: it answers their wish.
AGAIN = "again:"
# And of one that never arrived and goes once more: it counts as one text with the first.
SECOND_TRY = "retry:"
PROMPT_ANSWER = timedelta(minutes=5)
# What has less time left than this is not handed over: the provider may take as long itself.
SHORTEST_VALIDITY = timedelta(seconds=60)
AFTER_ENROLMENT = timedelta(minutes=1)
ANSWERS_AN_HOUR = 3

# What we say because they said something. Everything else is started by us. An alert goes to staff.
IN_ANSWER = frozenset({ReminderKind.ANSWER, ReminderKind.SAFETY, ReminderKind.ALERT})
# What goes out during a pause, and during one for silence.
THROUGH_A_PAUSE = frozenset({ReminderKind.ENROL})
THROUGH_SILENCE = THROUGH_A_PAUSE | {ReminderKind.VISIT, ReminderKind.MESSAGE, ReminderKind.NUDGE}
# The only texts an opted-out phone gets: the confirmation of its STOP, and HELP.
TO_OPTED_OUT = frozenset({"stopped", "stopped_urgent", "help"})
# The confirmation of a STOP goes whatever went before it; there is one.
LAST_WORDS = frozenset({"stopped", "stopped_urgent"})
# That their START worked and what HELP says they must hear in a busy hour too, two machines not for ever.
OWED_ANYWAY = frozenset({"restarted", "help"})
MOST_ANSWERS_AN_HOUR = 10
# The only answers to a client who never agreed to texts and writes to us (docs/replies.md).
WITHOUT_CONSENT = TO_OPTED_OUT | {"restarted", "wrong_number", "passed_on"}


# In the params of a message: who sends it though somebody else may read the phone.
THOUGH_PRIVATE = "though_private"
# In the params of help that was asked for in other words than HELP: it counts as any other answer.
IN_PASSING = "in_passing"


class Go(NamedTuple):
    """It may go out now, and no later than `until`."""

    until: datetime


class Wait(NamedTuple):
    """Not now, but at this instant."""

    at: datetime
    reason: str


class Drop(NamedTuple):
    """Never. The reason is a word of `care`'s, shown to staff in a sentence."""

    reason: str


Verdict = Go | Wait | Drop


class AlertFacts(NamedTuple):
    """What must be known of an alert: the user it is for, and whether somebody has looked meanwhile."""

    user: User | None
    is_looked_after: bool


class Facts(NamedTuple):
    """What must be known of a reminder's client at the moment of asking.

    `awaits_enrolment` says that the first text, which nothing precedes, has not gone out yet; `is_private`
    that somebody else may read the phone, and the client be in danger for it.
    """

    practice: Practice
    client: AnyClient | None
    has_consent: bool
    is_opted_out: bool
    sent_today: int
    answered_this_hour: int
    is_real_gateway: bool
    awaits_enrolment: bool = False
    alert: AlertFacts | None = None
    is_private: bool = False


class Window(NamedTuple):
    """The hours of a client's day in which we may start a text, `from_time` up to but not at `until_time`."""

    from_time: time
    until_time: time


def window_of(practice: Practice, client: AnyClient) -> Window:
    """The client's own hours where they asked for them, else the practice's; never beyond the hard limits."""
    opens, closes = practice.window_from_time, practice.window_until_time
    if client.window_from_time is not None and client.window_until_time is not None:
        opens, closes = client.window_from_time, client.window_until_time
    earliest, latest = HARD_LIMITS if client.window_requested_at is None else REQUESTED_LIMITS
    return Window(max(opens, earliest), min(closes, latest))


@lru_cache(maxsize=512)
def next_opening(window: Window, zone: ZoneInfo, at: datetime) -> datetime:
    """`at` itself when it lies in the window, else when the window next opens."""
    local = at.astimezone(zone)
    if window.from_time <= local.time() < window.until_time:
        return at
    day = local.date() if local.time() < window.from_time else local.date() + A_DAY
    return instant_of(day, window.from_time, zone)


@lru_cache(maxsize=512)
def closing(window: Window, zone: ZoneInfo, at: datetime) -> datetime:
    """When the window that `at` lies in closes."""
    return instant_of(at.astimezone(zone).date(), window.until_time, zone)


def judge(reminder: AnyReminder, facts: Facts, now: datetime) -> Verdict:
    """Whether this reminder may go out at this moment."""
    if reminder.expires_at - now < SHORTEST_VALIDITY:
        return Drop("stale")
    if facts.is_real_gateway and facts.practice.is_sample:
        return Drop("sample_practice")
    if facts.is_opted_out and reminder.text_key not in TO_OPTED_OUT:
        return Drop("opted_out")
    if facts.is_private and not _may_be_read_by_others(reminder):
        return Drop(UNSAFE)
    if reminder.kind is ReminderKind.SAFETY:
        return Go(reminder.expires_at)
    if reminder.kind is ReminderKind.ALERT:
        return _judge_alert(reminder, facts, now)
    if facts.practice.is_texting_paused and reminder.kind not in IN_ANSWER:
        return Drop("practice_paused")
    if reminder.kind is ReminderKind.ANSWER:
        return _judge_answer(reminder, facts, now)
    return _judge_started(reminder, facts, now)


def _may_be_read_by_others(reminder: AnyReminder) -> bool:
    """What a named person sends all the same; and alerts, which go to staff."""
    return reminder.kind is ReminderKind.ALERT or bool((reminder.params or {}).get(THOUGH_PRIVATE))


def _judge_answer(reminder: AnyReminder, facts: Facts, now: datetime) -> Verdict:
    is_owed = reminder.text_key in OWED_ANYWAY and not (reminder.params or {}).get(IN_PASSING)
    most = MOST_ANSWERS_AN_HOUR if is_owed else ANSWERS_AN_HOUR
    if facts.answered_this_hour >= most and reminder.text_key not in LAST_WORDS:
        return Drop("too_many_answers")
    if facts.client is not None and not facts.has_consent and reminder.text_key not in WITHOUT_CONSENT:
        return Drop("no_consent")
    if facts.client is None or now - reminder.due_at <= PROMPT_ANSWER:
        return Go(reminder.expires_at)
    return _within_window(reminder, facts.practice, facts.client, now)


def _judge_alert(reminder: AnyReminder, facts: Facts, now: datetime) -> Verdict:
    """A client's window and cap do not bind what goes to staff, but their own word and hours do; only
    danger may reach them at any hour.
    """
    alert = facts.alert
    if alert is None or alert.user is None or not _agreed(alert.user, reminder):
        return Drop("no_alerts_agreed")
    if alert.is_looked_after:
        return Drop("acknowledged")
    if reminder.params.get("at_any_hour"):
        return Go(reminder.expires_at)
    at = next_on_call(alert.user, ZoneInfo(facts.practice.timezone), now)
    if at is None or reminder.expires_at - at < SHORTEST_VALIDITY:
        return Drop("off_call")
    return Go(reminder.expires_at) if at == now else Wait(at, "off_call")


def _agreed(user: User, reminder: AnyReminder) -> bool:
    """To alerts on this very phone, and still one of us."""
    return user.is_active and user.alerts_agreed_at is not None and user.phone == reminder.to_phone


def _judge_started(reminder: AnyReminder, facts: Facts, now: datetime) -> Verdict:
    client = facts.client
    if client is None:
        return Drop("no_client")
    if client.status is ClientStatus.DISCHARGED:
        return Drop("discharged")
    if not facts.has_consent:
        return Drop("no_consent")
    if client.number_state is not NumberState.OK:
        return Drop("wrong_number" if client.number_state is NumberState.WRONG else "number_not_in_use")
    zone = ZoneInfo(client.timezone)
    if client.is_paused_on(now.astimezone(zone).date()) and reminder.kind not in _through_a_pause(client):
        return Drop("paused")
    if client.texts_held_at is not None and reminder.kind in HELD_KINDS:
        return Drop("held")
    # What is only imagined yet (`permission.may_write`) has no key.
    is_uncounted = (reminder.dedupe_key or "").startswith((AGAIN, SECOND_TRY))
    if facts.sent_today >= facts.practice.daily_cap and not is_uncounted:
        return Drop("daily_cap")
    if facts.awaits_enrolment and reminder.kind is not ReminderKind.ENROL:
        return Wait(now + AFTER_ENROLMENT, "after_enrolment")
    return _within_window(reminder, facts.practice, client, now)


def _through_a_pause(client: AnyClient) -> frozenset[ReminderKind]:
    """Who fell silent still has visits, and a person may still write to them."""
    return THROUGH_SILENCE if client.pause_reason == PAUSED_FOR_SILENCE else THROUGH_A_PAUSE


def _within_window(reminder: AnyReminder, practice: Practice, client: AnyClient, now: datetime) -> Verdict:
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
