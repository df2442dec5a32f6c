"""Codes as staff read them: why a text was dropped, how a reply was read, what needs a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from care.models import AttentionKind, AttentionStatus, Message
from care.saying import moment_after, number_in_words

# Why a text did not go out.
REASONS: Mapping[str, str] = {
    "stale": "It would have come too late to be useful.",
    "restored": "A backup was restored, and it may have gone out before that.",
    "sample_practice": "The sample practice never texts real phones.",
    "opted_out": "The client asked for no more texts (STOP).",
    "practice_paused": "Texts of the whole practice are paused.",
    "too_many_answers": "This phone already got 3 answers within the hour.",
    "no_client": "There is no client to text.",
    "no_phone": "There is no phone on file.",
    "discharged": "The client has been discharged.",
    "no_consent": "There is no recorded consent to text this phone.",
    "number_not_in_use": "The provider says this number cannot be texted.",
    "wrong_number": "Somebody on this phone said that it is the wrong number.",
    "paused": "The client's texts are paused.",
    "after_enrolment": "It follows the first text, which has not gone out yet.",
    "daily_cap": "The client already got the most texts a day allows.",
    "outside_window": "It would have come outside the hours in which we may text.",
    "already_done": "The client had already answered.",
    "merged": "Two entries of the client were made one.",
    "plan_changed": "The plan changed before it was due.",
    "follow_up_cancelled": "The follow-up was cancelled.",
    "visit_changed": "The visit was moved or cancelled.",
    "consent_withdrawn": "The client withdrew consent.",
    "could_not_be_planned": "The days ahead could not be laid out. This is a fault in the software.",
    "could_not_be_worded": "The text could not be put together. This is a fault in the software.",
    "no_answer_from_provider": "The provider did not say whether it took the text.",
    "interrupted": "The program stopped while this text was going out.",
    "held": "Exercise texts are held since a sign of danger, until somebody starts them again.",
    "unsafe": "Somebody else may read this phone. Call instead, at a time that is safe.",
    "acknowledged": "Somebody had taken care of it by then.",
    "off_call": "It would have come outside the hours the user is on call.",
    "no_alerts_agreed": "The user has not agreed to alerts on this phone.",
    "provider_busy": "The provider could not be reached or asked us to wait; it will be tried again.",
    "surely_not_sent": "The provider never got it; it will be tried again.",
    "sending_when_exported": "It was going out when it was exported; whether it arrived is not known here.",
    "unsure_when_exported": "It was in doubt when it was exported; whether it arrived is not known here.",
    "mail_not_sent": "The mail server would not take an email to this user. Check their email address.",
}

# The same where it is foretold, for texts that have not been due yet.
FORETOLD: Mapping[str, str] = {
    "stale": "It would come too late to be useful.",
    "daily_cap": "The day has the most texts it may hold already.",
    "outside_window": "It falls outside the hours for texts.",
    "paused": "Texts are paused that day.",
    "after_enrolment": "It follows the first text.",
    "visit_changed": "The visit is over by then.",
    "already_done": "It is answered by then.",
    "number_not_in_use": "The number cannot be texted.",
    "wrong_number": "It is said to be the wrong number.",
}

READINGS: Mapping[str, str] = {
    "red_flag": "red flag",
    "opt_out": "wants no more texts",
    "opt_in": "wants the texts again",
    "wrong_number": "wrong number",
    "done": "done",
    "skipped": "not done",
    "snooze": "later",
    "question": "asks a question",
    "help": "asks for help with the texts",
    "reaction": "reaction to our text",
    "unclear": "could not be read",
}

# What a person may say that a message means, beside a number.
MEANINGS: Mapping[str, str] = {
    "done": "done",
    "partial": "partly done",
    "skipped": "not done",
    "no_rating": "no rating",
    "question": "asks a question",
}

ATTENTION: Mapping[AttentionKind, str] = {
    AttentionKind.RED_FLAG: "Red flag",
    AttentionKind.PAIN_RISE: "Pain is up",
    AttentionKind.HIGH_PAIN: "High pain",
    AttentionKind.SIGNAL: "Pain with an exercise",
    AttentionKind.QUESTION: "Asks a question",
    AttentionKind.UNREADABLE: "Reply could not be read",
    AttentionKind.CALL_TASK: "Call",
    AttentionKind.DELIVERY_FAILURE: "Text not delivered",
    AttentionKind.UNSURE_TEXT: "Text in doubt",
    AttentionKind.OPT_OUT: "Wants no more texts",
    AttentionKind.WRONG_NUMBER: "Wrong number",
    AttentionKind.SILENCE: "Silent",
    AttentionKind.COSIGN: "Co-sign",
}

# Outgoing only: what the provider said last.
MESSAGE_STATES: Mapping[str, str] = {
    "delivered": "delivered",
    "read": "delivered and read",
    "undelivered": "not delivered",
    "failed": "not delivered",
    "canceled": "not delivered",
}


def reason_in_words(reason: str | None) -> str:
    """A sentence; a provider's refusal names its code. Empty when there is no reason."""
    if reason is None:
        return ""
    if reason.startswith("refused"):
        code = reason.removeprefix("refused").strip("_")
        return f"The provider refused it (code {code})." if code else "The provider refused it."
    return REASONS.get(reason, reason.replace("_", " ").capitalize() + ".")


def foretold_in_words(reason: str) -> str:
    """Why a text will not go out, or goes out later than it is due."""
    return FORETOLD.get(reason) or reason_in_words(reason)


class Read(Protocol):
    """How a message was read: of a `Reply`, or as much of one as words for it need."""

    @property
    def intents(self) -> list[str]: ...
    @property
    def rating(self) -> float | None: ...
    @property
    def did(self) -> str: ...
    @property
    def corrections(self) -> list[dict[str, Any]]: ...


class Standing(Protocol):
    @property
    def status(self) -> AttentionStatus: ...


class HandedOn(Protocol):
    """When an item was raised and others were told, who is in the details: the row, or a line of a list."""

    @property
    def raised_at(self) -> datetime: ...
    @property
    def escalated_at(self) -> datetime | None: ...
    @property
    def details(self) -> dict[str, Any]: ...


def reading_in_words(reply: Read | None) -> str:
    """What stands for this message: "rating 3, done"; after a correction whose it is, and what we read
    first. A message nobody has read yet is "not read yet".
    """
    if reply is None:
        return "not read yet"
    first = first_reading_in_words(reply)
    if not reply.corrections:
        return first
    by = reply.corrections[-1]["by"]
    return f"{_corrected(reply.corrections)} (corrected by {by}; first read as {first})"


def _corrected(corrections: Sequence[Mapping[str, Any]]) -> str:
    """The last word on the pain and the last on the exercises; a question is the last on both."""
    said: dict[str, str] = {}
    for one in corrections:
        if one["means"] == "question":
            said.clear()
        about = "pain" if one["means"] in ("rating", "no_rating") else "exercises"
        said[about] = meaning_in_words(one["means"], one["score"])
    return ", ".join(said.values())


def meaning_in_words(means: str, score: float | None = None) -> str:
    """A reading that a person chose: "rating 6", "partly done"."""
    return MEANINGS[means] if score is None else f"rating {number_in_words(score)}"


def first_reading_in_words(reply: Read) -> str:
    """What we understood by ourselves."""
    said = [READINGS[intent] for intent in READINGS if intent in reply.intents]
    if reply.rating is not None:
        said.insert(0, f"rating {number_in_words(reply.rating)}")
    if reply.did:
        # A command is no answer, so there it says all; beside an answer it stands last.
        said = [reply.did] if reply.intents == ["unclear"] else [*said, reply.did]
    return ", ".join(said)


def attention_in_words(item: Standing) -> str:
    """Where the item stands: open, seen, or dealt with."""
    return {
        AttentionStatus.OPEN: "open",
        AttentionStatus.ACKNOWLEDGED: "seen",
        AttentionStatus.CLOSED: "dealt with",
    }[item.status]


def handed_on_in_words(item: HandedOn, zone: str) -> str:
    """Who else was told, and when: "Nobody had looked for 15 minutes, so Kim was told too, 9:27am."

    Empty where that was not needed.
    """
    if item.escalated_at is None:
        return ""
    told = item.details.get("alerts", {})
    at = moment_after(item.escalated_at, item.raised_at, zone)
    others = [name for name in told.get("later", []) if name not in told.get("first", [])]
    minutes = told.get("minutes", 15)
    waited, last = f"Nobody had looked for {minutes} minutes", told.get("last", [])
    at_last = f" After {minutes} more, {names_in_words(last)} {_were(last)} told." if last else ""
    if others:
        return f"{waited}, so {names_in_words(others)} {_were(others)} told too, {at}.{at_last}"
    if told.get("later"):
        again = names_in_words(told["later"])
        return f"{waited}, so {again} {_were(told['later'])} told again, {at}.{at_last}"
    return f"{waited}, and nobody else could be told, {at}.{at_last}"


def _were(names: Sequence[str]) -> str:
    return "was" if len(names) == 1 else "were"


def names_in_words(names: Sequence[str]) -> str:
    """Sam; Sam and Kim; Sam, Kim and Lee."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part) if names else ""


def state_in_words(message: Message) -> str:
    """Sent until the provider says more."""
    words = MESSAGE_STATES.get(message.status, "sent")
    return f"{words} (code {message.error_code})" if message.error_code else words
