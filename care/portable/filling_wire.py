"""What a short record leaves out, by type: what is due, what crossed the wire, and what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from care.checks import check_codes
from care.errors import Refused
from care.findings import Given, check_finding
from care.models import (
    AnswerSource,
    AssessmentStatus,
    AttentionStatus,
    ConsentSource,
    Direction,
    QuestionStatus,
    RatingSource,
    ReminderKind,
    ReminderStatus,
)
from care.monitoring import ACTIVITIES
from care.occurrences import LONGEST_OPEN
from care.portable.draft import Draft
from care.portable.values import reported_phone
from care.recurrence import instant_of
from care.thresholds import Thresholds, thresholds_of
from care.tokens import new_token
from care.wire import lane_of, priority_of, rank_of

TEXT_KEYS = {
    ReminderKind.ENROL: "enrol",
    ReminderKind.EXERCISE: "reminder",
    ReminderKind.PAIN_QUESTION: "pain_now",
    ReminderKind.MESSAGE: "message",
    ReminderKind.VISIT: "visit",
    ReminderKind.NUDGE: "nudge",
}
# Only the installation that handed a text over can ask its provider what became of it.
# The clock may have been another when it was laid out.
FARTHEST = timedelta(days=2)
IN_DOUBT = frozenset({ReminderStatus.SENDING, ReminderStatus.UNSURE})


def occurrence(draft: Draft) -> None:
    """The slot tells the instant, or the instant the slot."""
    values, zone = draft.values, ZoneInfo(draft.zone)
    if values.get("due_at") is not None:
        local = values["due_at"].astimezone(zone)
        draft.default(slot_on=local.date(), slot_time=local.time().replace(second=0, microsecond=0))
        if abs(values["slot_on"] - local.date()) > FARTHEST:
            raise Refused("occurrence.slot_on must be the day of its due_at on the client's clock.")
    elif values.get("slot_on") is not None and values.get("slot_time") is not None:
        values["due_at"] = instant_of(values["slot_on"], values["slot_time"], zone)
    else:
        raise Refused("occurrence needs due_at, or slot_on and slot_time.")
    draft.default(closes_at=values["due_at"] + LONGEST_OPEN)
    if values.get("reply_id") is not None:
        draft.default(source=AnswerSource.TEXT)


def paper_tick(draft: Draft) -> None:
    draft.default(at=draft.now)


def message(draft: Draft) -> None:
    values = draft.values
    draft.default(direction=Direction.IN, body="", at=draft.now)
    if values.get("phone"):
        values["phone"] = reported_phone(values["phone"], draft.practice.country)
    else:
        values["phone"] = draft.client.phone if draft.client else None
    if values["phone"]:
        values["phone_hash"] = draft.book.hash(values["phone"])
    is_out = values["direction"] is Direction.OUT
    draft.default(status="delivered" if is_out else "received")
    draft.default(status_rank=rank_of(values["status"]))


def reminder(draft: Draft) -> None:
    """Its place in the queue is made anew, so nothing in a file can jump it."""
    draft.need("kind", "due_at")
    values = draft.values
    kind, due_at = values["kind"], values["due_at"]
    if kind is ReminderKind.ALERT:
        raise Refused("A reminder of kind alert goes to a user, and cannot come from a file.")
    if values.get("to_phone"):
        values["to_phone"] = reported_phone(values["to_phone"], draft.practice.country)
    if values.get("client_id") is None and not values.get("to_phone"):
        raise Refused("reminder needs a client, or to_phone.")
    if values.get("sent_at") is not None:
        draft.default(status=ReminderStatus.SENT)
    elif values.get("status") is ReminderStatus.SENT:
        values["sent_at"] = due_at
    if values.get("status") in IN_DOUBT:
        values |= {"reason": f"{values['status'].value}_when_exported", "status": ReminderStatus.FAILED}
        values["claimed_at"] = values["looked_at"] = None
    if kind in TEXT_KEYS:
        draft.default(text_key=TEXT_KEYS[kind])
    draft.default(send_at=due_at, expires_at=due_at + _useful(draft), created_at=draft.now)
    draft.default(dedupe_key=_key(draft, kind, due_at))
    values["lane"], values["priority"] = lane_of(draft.practice.id), priority_of(kind)


def _useful(draft: Draft) -> timedelta:
    limits = _limits(draft)
    is_exercise = draft.values["kind"] is ReminderKind.EXERCISE
    return timedelta(hours=limits.exercise_stale_hours if is_exercise else limits.question_stale_hours)


def _limits(draft: Draft) -> Thresholds:
    return thresholds_of(draft.practice.thresholds)


def _key(draft: Draft, kind: ReminderKind, due_at: datetime) -> str:
    """The one planning would give, so that what the file has is not planned once more."""
    local = due_at.astimezone(ZoneInfo(draft.zone))
    if kind is ReminderKind.EXERCISE and draft.client is not None:
        return f"exercise:{draft.client.id}:{local:%Y-%m-%dT%H:%M}"
    if draft.values.get("follow_up_id") is not None:
        return f"follow_up:{draft.values['follow_up_id']}:{local:%Y-%m-%d}"
    if draft.values.get("in_reply_to_id") is not None:
        return f"{kind.value}:{draft.values['in_reply_to_id']}"
    return f"{kind.value}:{new_token()}"


def question(draft: Draft) -> None:
    draft.default(asked_at=_at(draft, "message"), context="pain_prompt")
    draft.need("asked_at")
    limits, asked_at = _limits(draft), draft.values["asked_at"]
    if draft.values.get("answered_at") is not None:
        draft.default(status=QuestionStatus.ANSWERED)
    draft.default(bare_until=asked_at + timedelta(hours=limits.bare_number_hours))
    draft.default(closes_at=asked_at + timedelta(hours=limits.answer_hours))


def reply(draft: Draft) -> None:
    draft.default(context="none", intents=[], at=_at(draft, "message"))
    _check_score(draft, "rating")


def rating(draft: Draft) -> None:
    draft.default(source=RatingSource.PAPER, at=_at(draft, "reply"))
    _check_score(draft, "score")


def attention(draft: Draft) -> None:
    draft.need("kind")
    values = draft.values
    draft.default(raised_at=_at(draft, "message") or draft.now)
    if values.get("closed_at") is not None:
        draft.default(status=AttentionStatus.CLOSED)
    elif values.get("acknowledged_at") is not None:
        draft.default(status=AttentionStatus.ACKNOWLEDGED)
    about = draft.client.id if draft.client else new_token()
    draft.default(cause_key=f"{values['kind'].value}:{about}")


def assessment(draft: Draft) -> None:
    completed_at = draft.values.get("completed_at")
    draft.default(started_at=completed_at or draft.now)
    draft.default(status=AssessmentStatus.COMPLETED if completed_at else AssessmentStatus.DRAFT)
    _check_score(draft, "pain")


def finding(draft: Draft) -> None:
    """Whatever could be typed on the page, and nothing else."""
    draft.need("kind", "code")
    draft.default(position=0, side="", mode="", method="", result="", traits=[], note="")
    names = [one.name for one in fields(Given)]
    values = {name: draft.values.get(name) for name in names}
    check_finding(Given(**(values | {"traits": tuple(draft.values["traits"])})))


def addendum(draft: Draft) -> None:
    draft.default(at=draft.now)


def monitoring(draft: Draft) -> None:
    draft.need("started_on")
    draft.default(agreement="Recorded before the import.", recorded_at=draft.now)


def monitoring_minutes(draft: Draft) -> None:
    draft.need("starts_at", "ends_at")
    draft.default(activity="other", recorded_at=draft.now)
    check_codes("activity", [draft.values["activity"]], ACTIVITIES)
    if draft.values["ends_at"] <= draft.values["starts_at"]:
        raise Refused("ends_at must be later than starts_at.")


def delivery_event(draft: Draft) -> None:
    draft.need("message_id")
    message = draft.parents["message"]
    draft.default(provider_sid=message.provider_sid, received_at=draft.now)


def opt_out(draft: Draft) -> None:
    draft.default(at=draft.now, source=ConsentSource.IMPORT)
    phone = draft.values.pop("phone", None)
    if not phone:
        raise Refused("opt_out needs phone.")
    draft.values["phone_hash"] = draft.book.hash(reported_phone(phone, draft.practice.country))


def _at(draft: Draft, parent: str) -> Any:
    row = draft.parents.get(parent)
    return row.at if row is not None else None


def _check_score(draft: Draft, name: str) -> None:
    score = draft.values.get(name)
    if score is not None and not 0 <= score <= 10:
        raise Refused(f"{name} must be 0 to 10.")


FILL: Mapping[str, Callable[[Draft], None]] = {
    "occurrence": occurrence,
    "paper_tick": paper_tick,
    "message": message,
    "reminder": reminder,
    "question": question,
    "reply": reply,
    "rating": rating,
    "attention": attention,
    "assessment": assessment,
    "finding": finding,
    "addendum": addendum,
    "monitoring": monitoring,
    "monitoring_minutes": monitoring_minutes,
    "delivery_event": delivery_event,
    "opt_out": opt_out,
}
