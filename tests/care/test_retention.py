"""Words of old texts go when a practice says so; what they meant, and what still waits, stays."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.models import (
    AttentionKind,
    AttentionStatus,
    AuditEntry,
    Client,
    Message,
    Practice,
    Rating,
    RatingSource,
    ReminderStatus,
    Reply,
)
from care.retention import empty_old_texts
from care.timeline import timeline
from tests.care.reminding import make_reminder
from tests.making import MONDAY_8AM, make_answer, make_client, make_practice, make_text

KEPT = 90
LATER = MONDAY_8AM + timedelta(days=KEPT + 2)


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session, texts_kept_days=KEPT)


@pytest.fixture
def client(session: Session, practice: Practice) -> Client:
    return make_client(session, practice)


def empty(session: Session, practice: Practice) -> bool:
    return empty_old_texts(session, [practice.id], LATER)


def test_old_words_go_and_what_was_read_in_them_stays(
    session: Session, practice: Practice, client: Client
) -> None:
    asked = make_text(session, client, "How is it, 0 to 10?", status_rank=4)
    said = make_answer(session, client, "It is a 7 and I am sad")
    own = {"practice_id": practice.id, "client_id": client.id}
    reply = Reply(**own, message_id=said.id, context="pain_prompt", intents=["rating"], rating=7, at=said.at)
    session.add(reply)
    session.flush()
    session.add(Rating(**own, score=7, source=RatingSource.TEXT, at=said.at, reply_id=reply.id))

    assert empty(session, practice) is False

    assert (asked.body, said.body) == ("", "")
    assert said.words == "(Text removed after 92 days)"
    told = {entry.kind: entry.body for entry in timeline(session, client)}
    assert told["message_in"] == told["message_out"] == "(Text removed after 92 days)"
    assert session.scalars(select(Rating.score)).one() == 7
    assert session.scalars(select(Reply.rating)).one() == 7
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.user_id, entry.detail) == ("empty_texts", None, "2 rows")


def test_what_is_not_old_or_not_settled_keeps_its_words(
    session: Session, practice: Practice, client: Client
) -> None:
    make_answer(session, client, "lately", at=LATER - timedelta(days=KEPT - 1))
    make_text(session, client, "on its way", status="queued", status_rank=1)
    doubt = make_text(session, client, "in doubt", status="unsure")
    make_reminder(session, client, status=ReminderStatus.UNSURE, message_id=doubt.id, body="in doubt")
    owed = make_text(session, client, "owed again", status="sent", status_rank=3)
    make_reminder(
        session, client, status=ReminderStatus.PLANNED, message_id=owed.id, body="owed", dedupe_key="another"
    )

    empty(session, practice)

    assert set(session.scalars(select(Message.body))) == {"lately", "on its way", "in doubt", "owed again"}
    assert session.scalars(select(AuditEntry)).all() == []


@pytest.mark.parametrize("status", [AttentionStatus.OPEN, AttentionStatus.ACKNOWLEDGED])
def test_while_anything_of_a_client_waits_for_a_person_all_their_words_stay(
    session: Session, practice: Practice, client: Client, status: AttentionStatus
) -> None:
    said = make_answer(session, client, "Can I swim?")
    make_answer(session, client, "and before that")
    stranger = make_text(session, client, "Who is this?", client_id=None, direction="in", status="received")
    for key, message, of in (("q", said, client.id), ("s", stranger, None)):
        item = raise_item(
            session, practice.id, AttentionKind.QUESTION, key, MONDAY_8AM, client_id=of, message_id=message.id
        )
        item.status = status
    make_answer(session, make_client(session, practice), "of somebody else")

    empty(session, practice)

    kept = set(session.scalars(select(Message.body)))
    assert kept == {"Can I swim?", "and before that", "Who is this?", ""}


def test_words_that_staff_typed_and_that_closed_items_quote_go_too(
    session: Session, practice: Practice, client: Client
) -> None:
    typed = make_reminder(session, client, status=ReminderStatus.SENT, body="Bring your shoes", sent_at=LATER)
    item = raise_item(
        session,
        practice.id,
        AttentionKind.CALL_TASK,
        "call",
        MONDAY_8AM,
        client_id=client.id,
        details={"what": 'They wrote: "my mother died"', "source": "web"},
    )
    item.status, item.closed_at = AttentionStatus.CLOSED, MONDAY_8AM

    empty(session, practice)

    assert typed.body == ""
    assert item.details == {"source": "web"}


def test_without_the_setting_and_in_other_practices_nothing_goes(
    session: Session, practice: Practice
) -> None:
    other = make_practice(session)
    make_answer(session, make_client(session, other), "kept for ever")

    empty_old_texts(session, [practice.id, other.id], LATER)

    assert session.scalars(select(Message.body)).one() == "kept for ever"
