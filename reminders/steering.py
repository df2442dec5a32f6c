"""What clients steer by text: when their reminders come, on which days, pauses, their link, "later".

Each is done at once, confirmed in one text on the client's clock and in their language, and told in words
for staff (`Reply.did`).
"""

import re
from datetime import datetime, time, timedelta

from sqlalchemy import select

from care import occurrences
from care.client_links import link_for
from care.clients import request_window
from care.languages import day_for_client, time_for_client
from care.models import (
    AttentionKind,
    Client,
    Occurrence,
    OccurrenceStatus,
    Reminder,
    ReminderKind,
    ReminderStatus,
)
from care.pausing import PAUSED_BY_CLIENT, PAUSED_FOR_SILENCE, pause_texts, resume_texts
from care.recurrence import today_in, zone_of
from care.rescheduling import choose_days, move_time
from care.saying import day_in_words, time_in_words
from care.thresholds import thresholds_of
from reminders.commands import ChooseDays, Command, MoveTime, Pause, Steer
from reminders.contact import AGAIN, REQUESTED_LIMITS, Window, window_of
from reminders.incoming import Incoming
from reminders.moments import days_asked, meant, moment_in
from reminders.outbox import owe
from reminders.questions import PAIN, Ledger
from reminders.replies.cleaning import clean
from reminders.saying import days_in_words
from reminders.told_to_stop import waiting_text

LONGEST_PAUSE = 30
LOOKED_AT = 300
# Asked for again and again, they would take the place of the plan.
MOST_A_DAY = 3
REMIND_ME = re.compile(
    r"(?:please |por favor |can you |could you |puede |puedes )?"
    r"(?:remind me|text me (?:later|again)|recuerd[ae](?:me|melo)|recuerdenme|recordarme)\b"
)
LATER = ("later", "remind", "mas tarde", "luego", "despues", "recuerd")


def steer(incoming: Incoming, command: Steer) -> None:
    """Do what the command says, and confirm it."""
    match command:
        case MoveTime():
            _move_time(incoming, command)
        case ChooseDays():
            _choose_days(incoming, command)
        case Pause(days):
            _pause(incoming, days)
        case Command.RESUME:
            _resume(incoming)
        case Command.LINK:
            _send_link(incoming)


def _move_time(incoming: Incoming, command: MoveTime) -> None:
    """Within the client's hours, or those widened: it is their own request, written down as such. "7" stays
    within them; where it cannot, we ask.
    """
    client, now = incoming.client, incoming.now
    local = now.astimezone(zone_of(client.timezone))
    if command.clock is None:
        incoming.answer("time_refused")
        return
    window = window_of(incoming.practice, client)
    at = meant(command.clock, local.time(), (window.from_time, window.until_time))
    if at is None or not REQUESTED_LIMITS[0] <= at < REQUESTED_LIMITS[1]:
        incoming.answer("time_refused")
        return
    note = f"Moved to {time_in_words(at)} by the client's text."
    before = move_time(incoming.session, client, at, note, now)
    if before is None:
        _leave_to_a_person(incoming, f"asks for reminders at {time_in_words(at)}")
        return
    _widen_window(incoming, at)
    was = " and ".join(time_in_words(one) for one in before)
    incoming.tell(f"Reminders moved from {was} to {time_in_words(at)}")
    key = "noted_held" if client.texts_held_at is not None else "time_moved"
    incoming.answer(key, time=time_for_client(at, client.language))


def _widen_window(incoming: Incoming, at: time) -> None:
    window = window_of(incoming.practice, incoming.client)
    if window.from_time <= at < window.until_time:
        return
    an_hour_on = time(at.hour + 1, at.minute) if at.hour < 23 else time.max
    until = min(max(window.until_time, an_hour_on), REQUESTED_LIMITS[1])
    request_window(incoming.session, incoming.client, min(window.from_time, at), until, incoming.now)


def _choose_days(incoming: Incoming, command: ChooseDays) -> None:
    client = incoming.client
    if not command.weekdays:
        incoming.answer("days_unclear")
        return
    said = days_in_words(command.weekdays, "en")
    note = f"Moved to {said} by the client's text."
    if choose_days(incoming.session, client, command.weekdays, note, incoming.now) is None:
        _leave_to_a_person(incoming, f"asks for reminders on {said}")
        return
    incoming.tell(f"Exercise days changed to {said}")
    key = "noted_held" if client.texts_held_at is not None else "days_changed"
    incoming.answer(key, days=days_in_words(command.weekdays, client.language))


def _pause(incoming: Incoming, days: int) -> None:
    """From today on, today counted. A pause that staff set is not made shorter."""
    client, now = incoming.client, incoming.now
    today = today_in(client.timezone, now)
    if not 1 <= days <= LONGEST_PAUSE:
        incoming.answer("pause_refused")
        return
    if _is_paused_by_staff(client, now):
        _leave_to_a_person(incoming, f"asks for a pause of {days} days while paused by staff")
        return
    until = today + timedelta(days=days - 1)
    pause_texts(incoming.session, client, today, until, now, PAUSED_BY_CLIENT)
    incoming.tell(f"Texts paused through {day_in_words(until)}")
    incoming.answer("texts_paused", date=day_for_client(until, client.language))


def _resume(incoming: Incoming) -> None:
    """A pause that staff set is theirs to end."""
    client = incoming.client
    if _is_paused_by_staff(client, incoming.now):
        _leave_to_a_person(incoming, "asks for the texts that staff paused")
        return
    if client.paused_from is not None and client.pause_reason in (PAUSED_BY_CLIENT, PAUSED_FOR_SILENCE):
        resume_texts(incoming.session, client, incoming.now)
        incoming.tell("Pause ended")
    incoming.answer("noted_held" if client.texts_held_at is not None else "texts_resumed")


def _is_paused_by_staff(client: Client, now: datetime) -> bool:
    is_theirs = client.pause_reason in (PAUSED_BY_CLIENT, PAUSED_FOR_SILENCE)
    return client.is_paused_on(today_in(client.timezone, now)) and not is_theirs


def _send_link(incoming: Incoming) -> None:
    """The client's own page; a text names no exercise."""
    link = link_for(incoming.session, incoming.client, incoming.now)
    incoming.tell("Got the link to their page")
    incoming.answer("own_link", link=f"{incoming.arrival.inbound.public_url}/c/{link.token}")


def _leave_to_a_person(incoming: Incoming, what: str) -> None:
    incoming.attention(AttentionKind.QUESTION, "question", what=what)
    incoming.answer("passed_on")


def put_off(incoming: Incoming, ledger: Ledger) -> None:
    """ "Later": one more reminder today of what is open, when they say or in two hours. "No texts until
    Monday": a pause.
    """
    said = clean(incoming.arrival.said[:LOOKED_AT])
    client, now = incoming.client, incoming.now
    local = now.astimezone(zone_of(client.timezone))
    moment = moment_in(said, local)
    if "pause" in incoming.reading.rules.get("snooze", "") and moment is None and "later" not in said:
        _pause_as_asked(incoming, said, local)
        return
    if moment is None and any(word in said for word in LATER) and "tomorrow" not in said:
        moment = local + timedelta(hours=thresholds_of(incoming.practice.thresholds).snooze_hours)
    if moment is None:
        if incoming.context != "none" or asks_to_be_reminded(incoming.arrival.said):
            incoming.answer(waiting_text(incoming.session, client) or "later")
        return
    _remind_again(incoming, ledger, moment, local)


def asks_to_be_reminded(said: str) -> bool:
    """In so many words, also where nothing was asked."""
    return REMIND_ME.match(clean(said[:LOOKED_AT])) is not None


def _pause_as_asked(incoming: Incoming, said: str, local: datetime) -> None:
    days = days_asked(said, local.weekday())
    if days is None and said.strip(" .!") in ("pause", "pausa", "pausar"):
        days = 7
    if days is None or not 1 <= days <= LONGEST_PAUSE:
        _leave_to_a_person(incoming, "asks for a pause")
        return
    _pause(incoming, days)


def _remind_again(incoming: Incoming, ledger: Ledger, moment: datetime, local: datetime) -> None:
    """Once more today, within their hours, of what is open then; asked again before it came, it moves."""
    window = window_of(incoming.practice, incoming.client)
    rounds = [one for one in _still_open(incoming, ledger) if one.closes_at > moment]
    asks_pain = ledger.asking is not None and ledger.asking.context == PAIN
    if waiting := waiting_text(incoming.session, incoming.client):
        incoming.answer(waiting)
        return
    if not (rounds or asks_pain) or incoming.client.is_paused_on(local.date()):
        incoming.answer("remind_nothing")
        return
    key, present = _next_of_the_day(incoming, f"{AGAIN}{incoming.client.id}:{local:%Y-%m-%d}")
    if key is None:
        incoming.answer("later")
        return
    if not _is_ahead_today(moment, local, window):
        until = time_for_client(window.until_time, incoming.client.language)
        incoming.answer("remind_refused", time=until)
        return
    _owe_again(incoming, key, present, rounds, moment.astimezone(incoming.now.tzinfo))
    incoming.tell(f"Asked to be reminded again at {time_in_words(moment.time())}")
    incoming.answer("reminding_at", time=time_for_client(moment.time(), incoming.client.language))


def _is_ahead_today(moment: datetime, local: datetime, window: Window) -> bool:
    is_today = moment.date() == local.date() and moment > local
    return is_today and window.from_time <= moment.time() < window.until_time


def _still_open(incoming: Incoming, ledger: Ledger) -> list[Occurrence]:
    """What the newest reminder reminded of and nobody answered; else today's due so far."""
    question, reminded = ledger.exercises, list[Occurrence]()
    if question is not None and question.message_id is not None:
        reminded = occurrences.of_message(incoming.session, question.message_id)
    found = reminded or occurrences.due_today(incoming.session, incoming.client, incoming.now)
    return [one for one in found if one.status is OccurrenceStatus.OPEN]


def _next_of_the_day(incoming: Incoming, day: str) -> tuple[str | None, Reminder | None]:
    """The key of the next one and, where it is planned already, that reminder. No key after the last."""
    for key in (day, *(f"{day}:{number}" for number in range(2, MOST_A_DAY + 1))):
        present = _find(incoming, key)
        if present is None or present.status is ReminderStatus.PLANNED:
            return key, present
    return None, None


def _find(incoming: Incoming, key: str) -> Reminder | None:
    wanted = select(Reminder).where(Reminder.practice_id == incoming.practice.id, Reminder.dedupe_key == key)
    return incoming.session.scalar(wanted)


def _owe_again(
    incoming: Incoming, key: str, present: Reminder | None, rounds: list[Occurrence], due_at: datetime
) -> None:
    if present is not None:
        present.expires_at += due_at - present.due_at
        present.due_at = present.send_at = due_at
        return
    kind = ReminderKind.EXERCISE if rounds else ReminderKind.PAIN_QUESTION
    owe(
        incoming.session,
        incoming.practice.id,
        kind,
        "reminder" if rounds else "pain_now",
        incoming.now,
        dedupe_key=key,
        client=incoming.client,
        due_at=due_at,
    )
    owed = _find(incoming, key)
    for one in rounds:
        one.reminder_id = owed.id if owed else None
