"""Telling staff that a client needs somebody: at once, and again to others when nobody looks in time.

The rows for at once and for later are owed in the transaction that stores what the client wrote; one that
is not needed any more is dropped when its time comes. Who can be reached then is asked again by the sweep,
which tells others in place of those who left or texted STOP, and all admins at last. Each row is owed once,
so nothing is lost however a process ends.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from care import facts
from care.models import (
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Message,
    Practice,
    Reminder,
    ReminderKind,
    User,
)
from care.on_call import Reach, next_on_call, reach_in, told_first, told_last, told_later
from care.thresholds import thresholds_of
from care.told import show_to
from reminders.alert_notes import ALERTS, Step, Told, is_handed_on, is_overdue, is_reopened, keep, read_told
from reminders.batch_rows import AnyReminder
from reminders.contact import AlertFacts
from reminders.mail_rows import owe_mail
from reminders.outbox import owe

SUBJECT = "A client needs you"
BODY = "A client needs you.\n\nOpen it in Homestretch:\n{link}\n"
# Danger waits for nobody's hours; what is due the same day does.
AT_ANY_HOUR = frozenset({AttentionKind.RED_FLAG})
# What staff are told of by text, and is handed on when nobody looks.
TOLD_OF = frozenset({AttentionKind.RED_FLAG, AttentionKind.HIGH_PAIN})


@dataclass(frozen=True)
class AlertKey:
    """Which item an alert is about, when that was told of, in which step, and to whom. Each is owed once."""

    item_id: int
    second: int
    step: Step
    user_id: int

    def __str__(self) -> str:
        return f"alert:{self.item_id}:{self.second}:{self.step}:{self.user_id}"

    @classmethod
    def read(cls, key: str) -> "AlertKey | None":
        """None where a row's key is no such key: it is dropped, and keeps nobody else's text waiting."""
        try:
            _, item_id, second, step, user_id = key.split(":")
            return cls(int(item_id), int(second), Step(step), int(user_id))
        except ValueError:
            return None


@dataclass(frozen=True)
class _Round:
    """One time of telling: about what, since when, and who can be told how."""

    item: AttentionItem
    practice: Practice
    at: datetime
    reach: Reach

    @property
    def is_at_any_hour(self) -> bool:
        return self.item.kind in AT_ANY_HOUR


def alert(session: Session, item: AttentionItem, now: datetime) -> None:
    """Owe the alerts of this item and its message: at once to whose client it is, later to who stands in.

    A message that comes while the last alert still waits for somebody to look adds none, unless it brings
    a new group of signs. What was in hand already and is open again is told anew.
    """
    practice = session.get_one(Practice, item.practice_id)
    wait = timedelta(minutes=thresholds_of(practice.thresholds).escalate_minutes)
    told = read_told(item)
    still_waits = told is not None and now < told.since + wait and not is_reopened(item, told)
    groups = item.details.get("groups", [])
    if told is not None and still_waits and told.groups.issuperset(groups):
        return
    reach = reach_in(session, practice)
    round_ = _Round(item, practice, now, reach)
    first = told_first(session, item.practice_id, item.owner_id, reach)
    told_at = _tell(session, round_, Step.FIRST, first, now)
    since = told_at or now
    ids = {Step.FIRST: _ids_of(first)}
    if told is not None and still_waits:
        # Others are told when the first round says so: what comes on top must not put that off.
        since = told.since
        ids = (told.ids or {}) | ids
    else:
        later = told_later(session, item.practice_id, item.owner_id, first, reach)
        _tell(session, round_, Step.LATER, later, told_at + wait if told_at else now)
        ids[Step.LATER] = _ids_of(later)
    keep(
        item,
        at=now.isoformat(),
        since=since.isoformat(),
        minutes=int(wait.total_seconds() // 60),
        first=[user.name for user in first],
        later=told.later if told else [],
        groups=groups,
        ids=ids,
    )
    session.flush()


def _ids_of(users: Sequence[User]) -> list[int]:
    return [user.id for user in users]


def _tell(
    session: Session, round_: _Round, step: Step, users: Sequence[User], at: datetime
) -> datetime | None:
    """Owe each of them what reaches them. Returns when the first one is told; None when nobody can be."""
    zone = ZoneInfo(round_.practice.timezone)
    moments = []
    for user in users:
        due_at = at if round_.is_at_any_hour else next_on_call(user, zone, at)
        if due_at is not None:
            _owe(session, round_, step, user, due_at)
            moments.append(due_at)
    return min(moments, default=None)


def _owe(session: Session, round_: _Round, step: Step, user: User, due_at: datetime) -> None:
    item = round_.item
    key = str(AlertKey(item.id, int(round_.at.timestamp()), step, user.id))
    if user.id in round_.reach.by_text:
        owe(
            session,
            item.practice_id,
            ReminderKind.ALERT,
            "alert",
            round_.at,
            dedupe_key=key,
            to_phone=user.phone,
            params={"link": link_to(session, item), "at_any_hour": round_.is_at_any_hour},
            user_id=user.id,
            due_at=due_at,
        )
    if round_.reach.by_mail:
        body = BODY.format(link=link_to(session, item))
        owe_mail(session, user, SUBJECT, body, dedupe_key=key, now=round_.at, due_at=due_at)


def link_to(session: Session, item: AttentionItem) -> str:
    """Where the item is read, by whoever is signed in and may."""
    return f"{facts.public_url(session)}/inbox?item={item.id}"


def facts_of(session: Session, claimed: Sequence[AnyReminder], now: datetime) -> dict[int, AlertFacts]:
    """What must be known of the alerts among these: the users, and whether somebody has looked meanwhile."""
    alerts = [one for one in claimed if one.kind is ReminderKind.ALERT]
    if not alerts:
        return {}
    found = session.scalars(select(User).where(User.id.in_([one.user_id for one in alerts])))
    users = {user.id: user for user in found}
    item_ids = {one.id: key.item_id for one in alerts if (key := AlertKey.read(one.dedupe_key))}
    waiting = waiting_items(session, list(item_ids.values()), now)
    return {
        one.id: AlertFacts(users.get(one.user_id or 0), item_ids.get(one.id) not in waiting) for one in alerts
    }


def waiting_items(session: Session, item_ids: Collection[int], now: datetime) -> set[int]:
    """Those of these that nobody has acknowledged, closed, or put off to a later time."""
    items = session.execute(
        select(AttentionItem.id, AttentionItem.snoozed_until).where(
            AttentionItem.id.in_(item_ids), AttentionItem.status == AttentionStatus.OPEN
        )
    )
    return {id for id, snoozed_until in items if snoozed_until is None or snoozed_until <= now}


def note_handed_on(session: Session, key: AlertKey | None, now: datetime) -> None:
    """An alert goes out: from now on the item is theirs to see, and it says who was told later."""
    if key is None:
        return
    item = session.get(AttentionItem, key.item_id)
    user = session.get(User, key.user_id)
    told = read_told(item) if item is not None else None
    if item is None or user is None or told is None:
        return
    show_to(item, user)
    if key.step is Step.FIRST:
        return
    if not is_handed_on(item, told):
        item.escalated_at = now
        keep(item, later=[], last=[])
    names = item.details[ALERTS].get(key.step, [])
    if user.name not in names:
        keep(item, **{key.step: [*names, user.name]})


def hand_on_overdue(session: Session, now: datetime, practice_ids: Collection[int]) -> int:
    """Danger and very high pain that nobody looks at: others are told in place of those who cannot be any
    more, and what is overdue is handed on, also where nobody could be told. Returns how many.
    """
    waiting = session.scalars(
        select(AttentionItem).where(
            AttentionItem.practice_id.in_(practice_ids),
            AttentionItem.status == AttentionStatus.OPEN,
            AttentionItem.kind.in_(TOLD_OF),
        )
    ).all()
    reaches = {id: reach_in(session, _practice(session, id)) for id in {item.practice_id for item in waiting}}
    for item in waiting:
        if (told := read_told(item)) is not None and told.ids is not None:
            practice = _practice(session, item.practice_id)
            _tell_who_is_left(session, _Round(item, practice, told.at, reaches[practice.id]), told, now)
    overdue = [item for item in waiting if is_overdue(item, now)]
    for item in overdue:
        item.escalated_at = now
        keep(item, later=[], last=[])
    return len(overdue)


def _practice(session: Session, id: int) -> Practice:
    return session.get_one(Practice, id)


def _tell_who_is_left(session: Session, round_: _Round, told: Told, now: datetime) -> None:
    """Each step asked again, of whom it was owed to and who of them can still be told."""
    item, reach = round_.item, round_.reach
    users = partial(_reached, session, reach)
    first = users(told.owed(Step.FIRST))
    if not first:
        first = told_first(session, item.practice_id, item.owner_id, reach)
        _tell_more(session, round_, Step.FIRST, first, now)
    known_first = set(told.owed(Step.FIRST)) | set(_ids_of(first))
    if not set(_ids_of(users(told.owed(Step.LATER)))) - known_first:
        later = told_later(session, item.practice_id, item.owner_id, first, reach)
        _tell_more(session, round_, Step.LATER, later, max(now, told.since + told.wait))
    if now >= told.since + 2 * told.wait and not users(told.owed(Step.LAST)):
        _tell_more(session, round_, Step.LAST, told_last(session, item.practice_id, reach), now)


def _reached(session: Session, reach: Reach, ids: Sequence[int]) -> list[User]:
    users = (session.get(User, id) for id in ids)
    return [user for user in users if user is not None and reach.has(user)]


def _tell_more(session: Session, round_: _Round, step: Step, users: Sequence[User], at: datetime) -> None:
    """Owe this step to those of them to whom it was not owed yet."""
    said: dict[str, Any] = round_.item.details[ALERTS]
    known = said["ids"].get(step, [])
    new = [user for user in users if user.id not in known]
    if not new:
        return
    _tell(session, round_, step, new, at)
    keep(round_.item, ids=said["ids"] | {step: [*known, *_ids_of(new)]})
    if step is Step.FIRST:
        keep(round_.item, first=[*said["first"], *(user.name for user in new)])


def staff_alerts(session: Session, practice_id: int, limit: int) -> list[tuple[Message, User]]:
    """The latest alerts that went out by text, newest first, with whom they went to."""
    rows = session.execute(
        select(Message, User)
        .join(Reminder, Reminder.message_id == Message.id)
        .join(User, User.id == Reminder.user_id)
        .where(Reminder.practice_id == practice_id, Reminder.kind == ReminderKind.ALERT)
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(limit)
    )
    return [(message, user) for message, user in rows]
