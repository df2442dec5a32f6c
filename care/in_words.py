"""Codes as staff read them: why a text was dropped, how a reply was read, what needs a person."""

from collections.abc import Mapping

from care.models import AttentionItem, AttentionKind, AttentionStatus, Message, Reply
from care.saying import number_in_words

# Why a text did not go out.
REASONS: Mapping[str, str] = {
    "stale": "It would have come too late to be useful.",
    "sample_practice": "The sample practice never texts real phones.",
    "opted_out": "The client asked for no more texts (STOP).",
    "practice_paused": "Texts of the whole practice are paused.",
    "too_many_answers": "This phone already got 3 answers within the hour.",
    "no_client": "There is no client to text.",
    "no_phone": "There is no phone on file.",
    "discharged": "The client has been discharged.",
    "no_consent": "There is no recorded consent to text this phone.",
    "number_not_in_use": "The provider says this number cannot be texted.",
    "paused": "The client's texts are paused.",
    "after_enrolment": "It follows the first text, which has not gone out yet.",
    "daily_cap": "The client already got the most texts a day allows.",
    "outside_window": "It would have come outside the hours in which we may text.",
    "already_done": "The client had already answered.",
    "plan_changed": "The plan changed before it was due.",
    "follow_up_cancelled": "The follow-up was cancelled.",
    "visit_changed": "The visit was moved or cancelled.",
    "consent_withdrawn": "The client withdrew consent.",
    "could_not_be_planned": "The days ahead could not be laid out. This is a fault in the software.",
    "could_not_be_worded": "The text could not be put together. This is a fault in the software.",
    "no_answer_from_provider": "The provider did not say whether it took the text.",
    "interrupted": "The program stopped while this text was going out.",
    "provider_busy": "The provider could not be reached or asked us to wait; it will be tried again.",
    "surely_not_sent": "The provider never got it; it will be tried again.",
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

ATTENTION: Mapping[AttentionKind, str] = {
    AttentionKind.RED_FLAG: "Red flag",
    AttentionKind.PAIN_RISE: "Pain is up",
    AttentionKind.HIGH_PAIN: "High pain",
    AttentionKind.QUESTION: "Asks a question",
    AttentionKind.UNREADABLE: "Reply could not be read",
    AttentionKind.CALL_TASK: "Call",
    AttentionKind.DELIVERY_FAILURE: "Text not delivered",
    AttentionKind.UNSURE_TEXT: "Text in doubt",
    AttentionKind.OPT_OUT: "Wants no more texts",
    AttentionKind.WRONG_NUMBER: "Wrong number",
    AttentionKind.SILENCE: "Silent",
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


def reading_in_words(reply: Reply | None) -> str:
    """What we understood: "rating 3, done". A message nobody has read yet is "not read yet"."""
    if reply is None:
        return "not read yet"
    said = [READINGS[intent] for intent in READINGS if intent in reply.intents]
    if reply.rating is not None:
        said.insert(0, f"rating {number_in_words(reply.rating)}")
    return ", ".join(said)


def attention_in_words(item: AttentionItem) -> str:
    """Where the item stands: open, seen, or dealt with."""
    return {
        AttentionStatus.OPEN: "open",
        AttentionStatus.ACKNOWLEDGED: "seen",
        AttentionStatus.CLOSED: "dealt with",
    }[item.status]


def state_in_words(message: Message) -> str:
    """Sent until the provider says more."""
    words = MESSAGE_STATES.get(message.status, "sent")
    return f"{words} (code {message.error_code})" if message.error_code else words
