"""The texts of the client in `portable_world`: sent, failed and answered, with all that came of them."""

from datetime import UTC, date, datetime, time
from typing import TypeVar

from sqlalchemy.orm import Session

from care.models import (
    AnswerSource,
    Assignment,
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Base,
    Client,
    DeliveryEvent,
    Direction,
    FollowUp,
    FollowUpAnchor,
    FollowUpKind,
    Message,
    Occurrence,
    OccurrenceStatus,
    PaperTick,
    Plan,
    Question,
    QuestionStatus,
    Rating,
    RatingSource,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Reply,
    User,
    Visit,
)
from tests.making import MONDAY, MONDAY_8AM, MONDAY_9AM, MONDAY_NOON

Row = TypeVar("Row", bound=Base)


def add(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row


def make_texts(
    session: Session,
    client: Client,
    user: User,
    visit: Visit,
    plan: Plan,
    assignment: Assignment,
    consent_id: int,
) -> None:
    own = {"practice_id": client.practice_id, "client_id": client.id}
    follow_up = FollowUp(
        **own,
        plan_id=plan.id,
        visit_id=visit.id,
        kind=FollowUpKind.PAIN_QUESTION,
        anchor=FollowUpAnchor.DATE,
        due_on=MONDAY,
        at_time=time(9),
        every_days=7,
        ends_on=date(2026, 5, 4),
        body="How is it?",
        planned_until=MONDAY_NOON,
        created_by_id=user.id,
        created_at=MONDAY_8AM,
    )
    add(session, follow_up)
    wire = {"practice_id": client.practice_id, "client_id": client.id, "phone": client.phone}
    wire["phone_hash"] = client.phone_hash
    asked = Message(
        **wire,
        direction=Direction.OUT,
        provider_sid="SM1" + client.token,
        body="What is your pain?",
        status="delivered",
        status_rank=4,
        at=MONDAY_9AM,
        delivered_at=MONDAY_9AM,
    )
    failed = Message(
        **wire,
        direction=Direction.OUT,
        body="?",
        status="failed",
        error_code=30006,
        at=MONDAY_NOON,
        emptied_at=MONDAY_NOON,
    )
    answer_at = datetime(2026, 3, 2, 14, 5, 30, 123456, tzinfo=UTC)
    came = Message(**wire, direction=Direction.IN, body="4 ¡ay!", status="received", at=answer_at)
    for message in (asked, failed, came):
        add(session, message)
    add(
        session,
        DeliveryEvent(
            message_id=asked.id,
            reference=asked.reference,
            provider_sid="SM1" + client.token,
            status="delivered",
            error_code=1,
            received_at=MONDAY_9AM,
            details={"to": "carrier"},
        ),
    )
    common = {
        **own,
        "lane": 0,
        "priority": 2,
        "due_at": MONDAY_9AM,
        "send_at": MONDAY_9AM,
        "expires_at": MONDAY_NOON,
        "created_at": MONDAY_8AM,
    }
    reminders = [
        Reminder(
            **common,
            kind=ReminderKind.EXERCISE,
            text_key="reminder",
            dedupe_key=f"exercise:{client.id}:2026-03-02T09:00",
            status=ReminderStatus.SENT,
            attempts=1,
            claimed_at=MONDAY_9AM,
            sent_at=MONDAY_9AM,
            message_id=asked.id,
        ),
        Reminder(
            **common,
            kind=ReminderKind.PAIN_QUESTION,
            text_key="pain_now",
            dedupe_key=f"follow_up:{follow_up.id}:2026-03-02",
            follow_up_id=follow_up.id,
        ),
        Reminder(
            **common,
            kind=ReminderKind.ENROL,
            text_key="enrol",
            dedupe_key=f"enrol:{client.id}:{consent_id}",
            status=ReminderStatus.SKIPPED,
            reason="stale",
        ),
        Reminder(
            **common,
            kind=ReminderKind.MESSAGE,
            text_key="message",
            dedupe_key="message:abc",
            body="See you soon",
            params={"user_id": user.id},
            visit_id=visit.id,
        ),
        Reminder(
            **common,
            kind=ReminderKind.ANSWER,
            text_key="saved",
            dedupe_key=f"answer:{came.id}",
            in_reply_to_id=came.id,
            to_phone=client.phone,
            params={"score": 4},
        ),
    ]
    for reminder in reminders:
        add(session, reminder)
    question = Question(
        **own,
        reminder_id=reminders[0].id,
        message_id=asked.id,
        context="exercise_prompt",
        asked_at=MONDAY_9AM,
        bare_until=MONDAY_NOON,
        closes_at=MONDAY_NOON,
        status=QuestionStatus.ANSWERED,
        answered_at=answer_at,
        clarified_at=answer_at,
    )
    add(session, question)
    reply = Reply(
        **own,
        message_id=came.id,
        question_id=question.id,
        context="exercise_prompt",
        intents=["rating"],
        rules={"rating": "bare"},
        rating=4,
        done_count=1,
        did="Reminders moved to 7:00pm",
        corrections=[{"user_id": user.id, "rating": 5, "at": "2026-03-02T17:00:00Z"}],
        confirmed_by_id=user.id,
        confirmed_at=MONDAY_NOON,
        at=answer_at,
    )
    add(session, reply)
    occurrence = Occurrence(
        **own,
        assignment_id=assignment.id,
        slot_on=MONDAY,
        slot_time=time(9),
        due_at=MONDAY_9AM,
        closes_at=MONDAY_NOON,
        status=OccurrenceStatus.DONE,
        source=AnswerSource.TEXT,
        answered_at=answer_at,
        reminder_id=reminders[0].id,
        reply_id=reply.id,
    )
    add(session, occurrence)
    add(
        session,
        PaperTick(
            **own,
            occurrence_id=occurrence.id,
            was=OccurrenceStatus.SKIPPED,
            status=OccurrenceStatus.DONE,
            user_id=user.id,
            at=MONDAY_NOON,
        ),
    )
    told = Rating(
        **own,
        score=4,
        source=RatingSource.TEXT,
        at=answer_at,
        question_id=question.id,
        reply_id=reply.id,
    )
    seen = Rating(
        **own,
        score=4.5,
        label="knee",
        source=RatingSource.VISIT,
        at=MONDAY_NOON,
        visit_id=visit.id,
        user_id=user.id,
    )
    add(session, told)
    add(session, seen)
    told.superseded_by_id = seen.id
    add(
        session,
        AttentionItem(
            **own,
            kind=AttentionKind.UNSURE_TEXT,
            cause_key=f"unsure:{reminders[1].id}",
            status=AttentionStatus.CLOSED,
            details={"code": 30006},
            message_id=failed.id,
            reminder_id=reminders[1].id,
            owner_id=user.id,
            raised_at=MONDAY_9AM,
            due_at=MONDAY_NOON,
            snoozed_until=MONDAY_NOON,
            escalated_at=MONDAY_9AM,
            acknowledged_by_id=user.id,
            acknowledged_at=MONDAY_9AM,
            closed_by_id=user.id,
            closed_at=MONDAY_NOON,
        ),
    )
