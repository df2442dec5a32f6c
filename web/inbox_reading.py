"""One open item as the inbox shows it: the thread, the question it answers, our reading, and what to do."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Integer, Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from care.attending import may_own
from care.corrections import Meaning, Means
from care.errors import NotFound
from care.in_words import (
    MEANINGS,
    first_reading_in_words,
    meaning_in_words,
    reading_in_words,
    reason_in_words,
)
from care.models import (
    AttentionItem,
    AttentionKind,
    Client,
    Direction,
    Message,
    Question,
    Rating,
    Reply,
    User,
)
from care.saying import number_in_words
from web.message_words import failure_words
from web.needs import Need
from web.rule_words import GROUP_WORDS, why
from web.safety_words import safety_text_words

SHOWN_BEFORE, SHOWN_AFTER = 6, 8
NUMBER = re.compile(r"(?<![\d.,/:])(10|\d)(?:[.,](\d))?(?![\d/:]|[.,]\d)")
MOST_OFFERS = 3
# What our reading of these holds is no answer to a question of ours, so there is none to confirm.
NOT_CONFIRMED = frozenset({"unclear", "reaction", "opt_out", "opt_in", "help", "wrong_number", "red_flag"})
CHOICES = [(means, words.capitalize()) for means, words in MEANINGS.items()]


@dataclass(frozen=True)
class Offer:
    """One reading to tap: the words of the button, and what it sends. None confirms ours."""

    words: str
    value: str | None


@dataclass(frozen=True)
class Correction:
    at: datetime
    by: str
    words: str


@dataclass(frozen=True)
class Opened:
    """`asked` is our text the message answers, `rating` what stands recorded for it."""

    need: Need
    item: AttentionItem
    client: Client | None
    about: str
    message: Message | None
    asked: Message | None
    thread: list[Message]
    reply: Reply | None
    rating: float | None
    confirmed_by: str | None
    owner: User | None
    owners: list[User]
    safety_text: str

    @property
    def is_incoming(self) -> bool:
        return self.message is not None and self.message.direction is Direction.IN

    @property
    def reading(self) -> str:
        return reading_in_words(self.reply)

    @property
    def first_reading(self) -> str:
        return first_reading_in_words(self.reply) if self.reply else ""

    @property
    def why(self) -> list[str]:
        return why(self.reply) if self.reply else []

    @property
    def corrections(self) -> list[Correction]:
        rows = self.reply.corrections if self.reply else []
        return [
            Correction(
                datetime.fromisoformat(one["at"]), one["by"], meaning_in_words(one["means"], one["score"])
            )
            for one in rows
        ]

    @property
    def offers(self) -> list[Offer]:
        """What it may well mean, most likely first; nothing once a person has said."""
        if self.reply is None or self.message is None or self.reply.confirmed_at is not None:
            return []
        if not NOT_CONFIRMED & set(self.reply.intents):
            return [Offer(f"Right: {self.first_reading}", None)]
        if "unclear" not in self.reply.intents:
            return []
        numbers = [Offer(f"Pain {score}", f"rating-{score}") for score in numbers_in(self.message.body)]
        others = (Means.NO_RATING, Means.QUESTION)
        return [*numbers, *(Offer(MEANINGS[one].capitalize(), one.value) for one in others)]


def open_item(session: Session, need: Need, zone: str) -> Opened:
    """Everything that belongs to one item of the list they see, read from its message on. Raises NotFound
    for one that is gone.
    """
    item, client, message = _whole(session, need.item.id)
    read = _reading(session, message)
    owners = may_own(session, item)
    owner = next((user for user in owners if user.id == item.owner_id), None)
    return Opened(
        need=need,
        item=item,
        client=client,
        about=about_item(item),
        message=message,
        asked=read.asked,
        thread=_thread(session, message, read.asked),
        reply=read.reply,
        rating=read.rating,
        confirmed_by=read.confirmed_by,
        owner=owner or (session.get(User, item.owner_id) if item.owner_id is not None else None),
        owners=owners,
        safety_text=safety_text_words(session, item, client.timezone if client else zone),
    )


def _whole(session: Session, item_id: int) -> tuple[AttentionItem, Client | None, Message | None]:
    """The item with its client and message; a list holds only what a line shows."""
    found = session.execute(_with_both(), {"item": item_id}).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1], found[2]


@cache
def _with_both() -> Select[AttentionItem, Client, Message]:
    return (
        select(AttentionItem, Client, Message)
        .outerjoin(Client, Client.id == AttentionItem.client_id)
        .outerjoin(Message, Message.id == AttentionItem.message_id)
        .where(AttentionItem.id == bindparam("item", type_=Integer))
    )


@dataclass(frozen=True)
class _Reading:
    """How a message was read: the question it answers, the rating that stands of it, and who confirmed."""

    reply: Reply | None = None
    asked: Message | None = None
    rating: float | None = None
    confirmed_by: str | None = None


def _reading(session: Session, message: Message | None) -> _Reading:
    if message is None:
        return _Reading()
    row = session.execute(_readings(), {"message": message.id}).first()
    return _Reading(*row) if row is not None else _Reading()


@cache
def _readings() -> Select[Reply, Message, float, str]:
    """Built once: that takes longer than asking."""
    asked = aliased(Message)
    standing = (
        select(func.min(Rating.id))
        .where(Rating.reply_id == Reply.id, Rating.superseded_by_id.is_(None))
        .correlate(Reply)
        .scalar_subquery()
    )
    return (
        select(Reply, asked, Rating.score, User.name)
        .outerjoin(Question, Question.id == Reply.question_id)
        .outerjoin(asked, asked.id == Question.message_id)
        .outerjoin(Rating, Rating.id == standing)
        .outerjoin(User, User.id == Reply.confirmed_by_id)
        .where(Reply.message_id == bindparam("message", type_=Integer))
    )


def reply_of(session: Session, item: AttentionItem) -> Reply | None:
    if item.message_id is None:
        return None
    return session.scalar(select(Reply).where(Reply.message_id == item.message_id))


def numbers_in(body: str) -> list[str]:
    """The numbers from 0 to 10 in a message, each once: where a person would look first."""
    found = [f"{whole}.{tenth}" if tenth else whole for whole, tenth in NUMBER.findall(body)]
    return list(dict.fromkeys(one for one in found if float(one) <= 10))[:MOST_OFFERS]


def read_meaning(sent: str) -> Meaning | None:
    """What a button of the form says: "rating-6", "done"; None when no button says that."""
    kind, _, score = sent.partition("-")
    if kind == Means.RATING:
        is_score = re.fullmatch(r"\d{1,2}([.,]\d)?", score, re.ASCII)
        value = float(score.replace(",", ".")) if is_score else 11
        return Meaning(Means.RATING, value) if value <= 10 else None
    return Meaning(Means(kind)) if kind in MEANINGS and not score else None


def about_item(item: AttentionItem) -> str:
    """What the item holds beside the message, as words; nothing when there is no more to say."""
    details = item.details
    match item.kind:
        case AttentionKind.RED_FLAG:
            groups = details.get("groups", [])
            return ", ".join(GROUP_WORDS.get(group, str(group).replace("_", " ")) for group in groups)
        case AttentionKind.HIGH_PAIN | AttentionKind.PAIN_RISE if "score" in details:
            what = details.get("what") or f"{number_in_words(float(details['score']))} of 10"
            return "; ".join(str(one) for one in (what, details.get("signal")) if one)
        case AttentionKind.DELIVERY_FAILURE:
            return failure_words(details.get("code"))
        case AttentionKind.UNSURE_TEXT:
            return reason_in_words(details.get("reason"))
    return str(details.get("what") or details.get("words") or "")


def _thread(session: Session, message: Message | None, asked: Message | None) -> list[Message]:
    """From the question on: the message, what led to it, and what was said since. Of many texts the question
    stays, and those next to the message.
    """
    if message is None or message.client_id is None:
        return [message] if message else []
    since = min(message.at, asked.at) if asked else message.at
    around = {"client": message.client_id, "since": since, "at": message.at, "message": message.id}
    thread = list(session.scalars(_near(), around))
    return [asked, *thread] if asked is not None and asked not in thread else thread


@cache
def _near() -> Select[Message]:
    """Built once: that takes longer than asking."""
    client, id = (bindparam(name, type_=Integer) for name in ("client", "message"))
    since, at = (bindparam(name, type_=Message.at.type) for name in ("since", "at"))
    said = select(Message.id).where(Message.client_id == client, Message.at >= since)
    is_later = (Message.at > at) | ((Message.at == at) & (Message.id > id))
    before = said.where(~is_later).order_by(Message.at.desc(), Message.id.desc()).limit(SHOWN_BEFORE)
    after = said.where(is_later).order_by(Message.at, Message.id).limit(SHOWN_AFTER)
    near = Message.id.in_(before.subquery().select()) | Message.id.in_(after.subquery().select())
    return select(Message).where(near).order_by(Message.at, Message.id)
