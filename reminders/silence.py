"""Acting on silence: a person calls, the client is asked once how it goes, and in the end the texts pause.

Any word from the client undoes it: texts go on, and nobody needs to call.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from care import audit
from care.attention import raise_item
from care.consent import consenting_clients
from care.deadlines import end_of_day
from care.models import AttentionItem, AttentionKind, Client, Reminder, ReminderKind
from care.pausing import PAUSED_FOR_SILENCE, pause_texts, resume_texts
from care.recurrence import today_in
from care.saying import counted, day_in_words
from care.silence import Silence, close_silences, heard_again, silences
from reminders.outbox import owe
from reminders.timelines import Timeline

log = structlog.get_logger()

# One transaction holds SQLite's only pen: what is left after so many clients waits for the next minute.
AT_ONCE = 100
# Well below the values one statement of SQLite may take.
IDS_AT_ONCE = 5_000


@dataclass
class Quieted:
    """How many were put on a person's list, asked once, paused, and heard again. `is_more`: some are left."""

    calls: int = 0
    nudges: int = 0
    paused: int = 0
    resumed: int = 0
    is_more: bool = False


@dataclass(frozen=True)
class _Step:
    """What is still to be done about one silence."""

    silence: Silence
    is_call: bool
    is_nudge: bool
    is_pause: bool


def watch_silence(session: Session, timeline: Timeline) -> Quieted:
    """Do what each silence calls for, and undo it where the client was heard from again.

    Doing it twice changes nothing. With nobody silent it takes five statements, however many clients.
    """
    now = timeline.now
    done = Quieted(resumed=_undo(session, timeline))
    steps = _steps(session, silences(session, timeline.covers(Client.practice_id), now))
    done.is_more = len(steps) > AT_ONCE
    steps = steps[:AT_ONCE]
    clients = _clients(session, [step.silence.client_id for step in steps])
    for step in steps:
        _act(session, clients[step.silence.client_id], step, now)
        done.calls += step.is_call
        done.nudges += step.is_nudge
        done.paused += step.is_pause
    session.flush()
    return done


def heard(session: Session, client: Client, now: datetime) -> None:
    """The client said something, whatever it was: nobody needs to call, and paused texts go on."""
    close_silences(session, AttentionItem.client_id == client.id, now)
    if client.pause_reason == PAUSED_FOR_SILENCE:
        resume_texts(session, client, now)
        audit.record(session, client.practice_id, "resume_after_silence", "client", client.id, now)


def _undo(session: Session, timeline: Timeline) -> int:
    """For words that came another way than by text, such as the client's page or an import."""
    close_silences(session, timeline.covers(AttentionItem.practice_id), timeline.now)
    back = heard_again(session, timeline.covers(Client.practice_id), timeline.now)[:AT_ONCE]
    for client in _clients(session, back).values():
        heard(session, client, timeline.now)
    return len(back)


def _steps(session: Session, found: Sequence[Silence]) -> list[_Step]:
    """Of clients who may be texted, without what was done before for the very same silence."""
    steps: list[_Step] = []
    for start in range(0, len(found), IDS_AT_ONCE):
        batch = found[start : start + IDS_AT_ONCE]
        ids = consenting_clients(session, [one.client_id for one in batch])
        raised, nudged = _raised(session, ids), _nudged(session, ids)
        for one in batch:
            if one.client_id not in ids:
                continue
            raised_at = raised.get(one.client_id)
            step = _Step(
                one,
                is_call=raised_at is None or raised_at < one.asked[0],
                is_nudge=one.needs_nudge and _nudge_key(one) not in nudged,
                is_pause=one.needs_pause,
            )
            if step.is_call or step.is_nudge or step.is_pause:
                steps.append(step)
    return steps


def _raised(session: Session, client_ids: Collection[int]) -> dict[int, datetime]:
    """When silence was last put on a person's list, also where that is closed: a call makes no word."""
    rows = session.execute(
        select(AttentionItem.client_id, func.max(AttentionItem.raised_at))
        .where(AttentionItem.client_id.in_(client_ids), AttentionItem.kind == AttentionKind.SILENCE)
        .group_by(AttentionItem.client_id)
    )
    return {client_id: at for client_id, at in rows if client_id is not None}


def _nudged(session: Session, client_ids: Collection[int]) -> set[str]:
    keys = select(Reminder.dedupe_key).where(
        Reminder.client_id.in_(client_ids), Reminder.kind == ReminderKind.NUDGE
    )
    return set(session.scalars(keys))


def _nudge_key(silence: Silence) -> str:
    return f"nudge:{silence.client_id}:{silence.asked[0]:%Y%m%dT%H%M}"


def _clients(session: Session, ids: Collection[int]) -> dict[int, Client]:
    if not ids:
        return {}
    wanted = select(Client).where(Client.id.in_(ids)).options(joinedload(Client.practice))
    return {client.id: client for client in session.scalars(wanted)}


def _act(session: Session, client: Client, step: _Step, now: datetime) -> None:
    if step.is_call:
        _call(session, client, step.silence, now)
    if step.is_nudge:
        key = _nudge_key(step.silence)
        owe(session, client.practice_id, ReminderKind.NUDGE, "nudge", now, dedupe_key=key, client=client)
    if step.is_pause:
        today = today_in(client.timezone, now)
        pause_texts(session, client, today, None, now, PAUSED_FOR_SILENCE)
        audit.record(session, client.practice_id, "pause_for_silence", "client", client.id, now)
    log.info("silence", client=client.id, calls=step.is_call, nudges=step.is_nudge, pauses=step.is_pause)


def _call(session: Session, client: Client, silence: Silence, now: datetime) -> None:
    since = day_in_words(today_in(client.timezone, silence.since))
    questions = counted(len(silence.asked), "question")
    raise_item(
        session,
        client.practice_id,
        AttentionKind.SILENCE,
        f"silence:{client.id}",
        now,
        client_id=client.id,
        owner_id=client.therapist_id,
        due_at=end_of_day(client.practice, now, silence.limits.due_days),
        details={
            "since": silence.since.isoformat(),
            "questions": len(silence.asked),
            "what": f"no answer since {since}, {questions} left open when this was raised",
        },
    )
