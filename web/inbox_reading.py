"""One open item as the inbox shows it: the client's words, the question they answer, and our reading."""

from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.in_words import reading_in_words, reason_in_words
from care.models import (
    AttentionItem,
    AttentionKind,
    Direction,
    Message,
    Question,
    Rating,
    Reply,
)
from care.saying import number_in_words
from web.message_words import failure_words
from web.needs import Need

Row = TypeVar("Row", Message, Question)

GROUP_WORDS = {
    "heart": "heart or lungs",
    "stroke": "stroke",
    "cauda": "nerves of bladder and bowel",
    "allergy": "allergic reaction",
    "limb": "limb at risk",
    "fracture": "fracture",
    "muscle": "muscle breakdown",
    "clot": "blood clot",
    "infection": "infection",
    "nerve": "nerve getting worse",
    "crisis": "self-harm",
    "poison": "poisoning",
    "unsafe": "not safe at home: text nothing, call in private",
    "high_pain": "very strong pain",
}


@dataclass(frozen=True)
class Opened:
    """`asked` is our text the message answers, `rating` what stands recorded for it, in words."""

    need: Need
    about: str
    message: Message | None
    asked: Message | None
    reply: Reply | None
    rating: float | None

    @property
    def is_incoming(self) -> bool:
        return self.message is not None and self.message.direction is Direction.IN

    @property
    def reading(self) -> str:
        return reading_in_words(self.reply)

    @property
    def rules(self) -> list[str]:
        """Which rule spoke for each thing we understood."""
        rules = self.reply.rules if self.reply else {}
        return [
            f"{intent.replace('_', ' ')}: {str(rule).replace('_', ' ')}" for intent, rule in rules.items()
        ]


def open_item(session: Session, need: Need) -> Opened:
    """Everything that belongs to one item, read from its message on."""
    message = _get(session, Message, need.item.message_id)
    reply = _reply_of(session, message)
    question = _get(session, Question, reply.question_id) if reply else None
    standing = standing_ratings(session, reply) if reply else []
    return Opened(
        need=need,
        about=about_item(need.item),
        message=message,
        asked=_get(session, Message, question.message_id) if question else None,
        reply=reply,
        rating=standing[0].score if standing else None,
    )


def standing_ratings(session: Session, reply: Reply) -> list[Rating]:
    """The ratings this reply gave that nobody has corrected, oldest first."""
    wanted = select(Rating).where(Rating.reply_id == reply.id, Rating.superseded_by_id.is_(None))
    return list(session.scalars(wanted.order_by(Rating.id)))


def about_item(item: AttentionItem) -> str:
    """What the item holds beside the message, as words; nothing when there is no more to say."""
    details = item.details
    match item.kind:
        case AttentionKind.RED_FLAG:
            groups = details.get("groups", [])
            return ", ".join(GROUP_WORDS.get(group, str(group).replace("_", " ")) for group in groups)
        case AttentionKind.HIGH_PAIN | AttentionKind.PAIN_RISE if "score" in details:
            return f"{number_in_words(float(details['score']))} of 10"
        case AttentionKind.DELIVERY_FAILURE:
            return failure_words(details.get("code"))
        case AttentionKind.UNSURE_TEXT:
            return reason_in_words(details.get("reason"))
        case AttentionKind.CALL_TASK:
            return str(details.get("what") or details.get("words") or "")
    return str(details.get("words", ""))


def _reply_of(session: Session, message: Message | None) -> Reply | None:
    if message is None:
        return None
    return session.scalar(select(Reply).where(Reply.message_id == message.id))


def _get(session: Session, table: type[Row], row_id: int | None) -> Row | None:
    return session.get(table, row_id) if row_id is not None else None
