"""What is known as a text comes in: whose number it was sent to, who uses the phone, what they were asked.

One statement, built once: thousands of texts may come in at the same minute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from care.fixed import fixed
from care.models import (
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    ClientStatus,
    Practice,
    Question,
    QuestionStatus,
    Rating,
    Sender,
)
from reminders.inbound_rows import Asked, Texter, WrittenTo
from reminders.questions import PAIN, Ledger

# No question stays open longer (`answer_hours` has this bound), so the index need not go back further.
LONGEST_OPEN = timedelta(hours=72)

_written_to = (
    select(func.min(Sender.practice_id))
    .where(Sender.address.in_([bindparam("to"), bindparam("service")]))
    .scalar_subquery()
)
_first = select(func.min(aliased(Practice).id)).scalar_subquery()
_practice_of_text = func.coalesce(_written_to, _first)
# Open; or answered with DONE and no number, which may still come.
_takes_answers = or_(
    Question.status == fixed(QuestionStatus.OPEN),
    and_(
        Question.status == fixed(QuestionStatus.ANSWERED),
        Question.invites_rating,
        Question.context != fixed(PAIN),
    ),
)
_their_pain = (Rating.client_id == Client.id, Rating.superseded_by_id.is_(None), Rating.label.is_(None))
_lowest = select(func.min(Rating.score)).where(*_their_pain).correlate(Client).scalar_subquery()


def _has_open(*kinds: AttentionKind) -> ColumnElement[bool]:
    return (
        exists()
        .where(
            AttentionItem.client_id == Client.id,
            AttentionItem.status != fixed(AttentionStatus.CLOSED),
            AttentionItem.kind.in_([fixed(kind) for kind in kinds]),
        )
        .correlate(Client)
    )


_PRACTICE = (Practice.id, Practice.language, Practice.thresholds)
_CLIENT = (
    Client.id,
    Client.practice_id,
    Client.therapist_id,
    Client.first_name,
    Client.language,
    Client.pause_reason,
    Client.letter,
    Client.phone_hash,
    Client.thresholds,
    Client.status,
)
_QUESTION = (
    Question.id,
    Question.message_id,
    Question.context,
    Question.asked_at,
    Question.bare_until,
    Question.status,
    Question.invites_rating,
    Question.answered_at,
    Question.clarified_at,
)
# Where each of them begins and ends in a row; the client's facts come last.
_TO_CLIENT = len(_PRACTICE)
_TO_QUESTION = _TO_CLIENT + len(_CLIENT)
_TO_FACTS = _TO_QUESTION + len(_QUESTION)

_KNOWN = (
    select(
        *_PRACTICE,
        *_CLIENT,
        *_QUESTION,
        _lowest,
        _has_open(AttentionKind.SILENCE),
        _has_open(AttentionKind.HIGH_PAIN, AttentionKind.PAIN_RISE),
    )
    .select_from(Practice)
    # "+ 0" makes SQLite find them by phone; else it walks through all clients of the practice.
    .outerjoin(
        Client,
        and_(
            Client.practice_id + literal_column("0") == Practice.id,
            Client.phone_hash == bindparam("phone_hash"),
        ),
    )
    .outerjoin(
        Question,
        and_(
            Question.client_id == Client.id,
            Question.asked_at > bindparam("earliest"),
            Question.asked_at <= bindparam("now"),
            Question.closes_at > bindparam("now"),
            _takes_answers,
        ),
    )
    .where(Practice.id == _practice_of_text)
    .order_by(Client.id, Question.asked_at.desc(), Question.id.desc())
)


_MOVED_CLOCK = select(Practice.clock_offset_seconds).where(
    Practice.id == _practice_of_text, Practice.is_sample
)


@dataclass(frozen=True)
class Standing:
    """Where a client stands: what they were asked, and what there is that their words may change."""

    ledger: Ledger
    lowest_rating: float | None = None
    has_silence: bool = False
    has_pain_item: bool = False


@dataclass(frozen=True)
class Known:
    """The practice that was written to, and the clients this text may be from, with what they were asked.

    Those under care come first. Who was discharged counts while a question of theirs is open, or where
    nobody else uses the phone.
    """

    practice: WrittenTo
    clients: Sequence[Texter]
    standings: dict[int, Standing]


def clock_there(connection: Connection, to: str, service_sid: str | None, now: datetime) -> datetime:
    """What time it is where a text was sent to: the clock of a sample practice may have been moved."""
    moved_by = connection.scalar(_MOVED_CLOCK, {"to": to, "service": service_sid or to})
    return now + timedelta(seconds=moved_by or 0)


def look_up(
    connection: Connection, to: str, service_sid: str | None, phone_hash: str, now: datetime
) -> Known | None:
    """By the number or service that was written to; the first practice where that is nobody's."""
    given = {
        "to": to,
        "service": service_sid or to,
        "phone_hash": phone_hash,
        "now": now,
        "earliest": now - LONGEST_OPEN,
    }
    rows = connection.execute(_KNOWN, given).all()
    if not rows:
        return None
    practice = WrittenTo(*rows[0][:_TO_CLIENT])
    clients = {row[_TO_CLIENT]: Texter(*row[_TO_CLIENT:_TO_QUESTION]) for row in rows if row[_TO_CLIENT]}
    standings = {id: _standing([row for row in rows if row[_TO_CLIENT] == id], now) for id in clients}
    return Known(practice, _possible(list(clients.values()), standings), standings)


def _standing(rows: Sequence[Row[Any]], now: datetime) -> Standing:
    """A client's rows, one for each question; one without a question where there is none."""
    asked = [Asked(*row[_TO_QUESTION:_TO_FACTS]) for row in rows if row[_TO_QUESTION]]
    return Standing(Ledger(asked, now), *rows[0][_TO_FACTS:])


def _possible(clients: list[Texter], standings: dict[int, Standing]) -> list[Texter]:
    under_care = [one for one in clients if one.status is ClientStatus.ACTIVE]
    asked = [one for one in clients if one not in under_care and standings[one.id].ledger.questions]
    return [*under_care, *asked] or clients
