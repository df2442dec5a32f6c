"""One practice with a record of every type, each field filled somewhere: what an export has to carry."""

from datetime import time, timedelta
from io import BytesIO

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import (
    Addendum,
    Assessment,
    AssessmentStatus,
    AttentionItem,
    AttentionKind,
    ClientStatus,
    ConsentAction,
    ConsentPurpose,
    ConsentSource,
    Cosign,
    CosignStatus,
    Direction,
    Episode,
    Exercise,
    ExerciseSource,
    Finding,
    FindingKind,
    Goal,
    Message,
    Monitoring,
    MonitoringMinutes,
    OptOut,
    OutsideProgram,
    Plan,
    PlanStatus,
    Practice,
    Precaution,
    Reminder,
    ReminderKind,
    Role,
    User,
    Visit,
    VisitStatus,
)
from care.phones import PhoneBook
from care.photos import keep_photo
from care.practices import add_practice
from tests.care.portable_texts import add, make_texts
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    MONDAY_NOON,
    NEW_YORK,
    make_assignment,
    make_client,
    make_consent,
    make_exercise,
    make_user,
)

STRANGER = "+12025550177"
A_WEEK = timedelta(days=7)


def photo_file() -> bytes:
    """A photo as a phone would send it."""
    written = BytesIO()
    Image.effect_noise((60, 40), 40).convert("RGB").save(written, "PNG")
    return written.getvalue()


def make_world(session: Session, book: PhoneBook, name: str = "Riverside") -> Practice:
    practice = add_practice(
        session, name=name, timezone=NEW_YORK, country="US", phone="202-555-0100", now=MONDAY_8AM
    )
    practice.thresholds = {"high_pain": 6}
    practice.clock_goal_at = MONDAY_NOON
    practice.part_price, practice.help_lines = 7_900, {"crisis": "988"}
    practice.texts_kept_days = 365
    therapist = make_user(
        session,
        practice,
        email=f"kim@{name.lower()}.example",
        role=Role.ADMIN,
        phone="+12025550190",
        phone_hash=book.hash("+12025550190"),
        alerts_agreed_at=MONDAY_8AM,
        alerts_wording="Text me.",
        on_call_days=[0, 1],
        on_call_from_time=time(8),
        on_call_until_time=time(18),
    )
    left = make_user(
        session, practice, email=f"left@{name.lower()}.example", is_active=False, expires_at=MONDAY_9AM
    )
    therapist.backup_id = therapist.cosigner_id = left.id
    bridge = make_exercise(
        session,
        practice,
        slug="own-bridge",
        source=ExerciseSource.OWN,
        name="Our own bridge",
        short_code="OB1",
        came_from="wger",
        came_as="0f6c",
        came_at=MONDAY_8AM,
        licence="CC-BY-SA 4",
        author="Ann",
        video_url="https://video.example/bridge",
        avoid_if=["pregnancy"],
        steps=["Lie down.", "Lift."],
        translations={"es": {"cue": "Levante la cadera."}},
        reviewed_by_id=therapist.id,
        reviewed_at=MONDAY_8AM,
        picture_approved_by_id=therapist.id,
        picture_approved_at=MONDAY_8AM,
    )
    keep_photo(session, bridge, photo_file(), therapist, MONDAY_8AM)
    _make_maria(session, book, practice, therapist)
    _make_opted_out(session, practice)
    _make_stranger(session, book, practice)
    session.flush()
    return practice


def _make_maria(session: Session, book: PhoneBook, practice: Practice, user: User) -> None:
    client = make_client(
        session,
        practice,
        has_consent=False,
        therapist_id=user.id,
        phone="+12025550101",
        email="maria@example.com",
        window_from_time=time(7),
        window_until_time=time(21, 30),
        window_requested_at=MONDAY_8AM,
        paused_from=MONDAY + A_WEEK,
        paused_until=MONDAY + 2 * A_WEEK,
        pause_reason="staff",
        texts_held_at=MONDAY_9AM,
        stop_told_at=MONDAY_8AM,
        letter="A",
        thresholds={"high_pain": 5},
    )
    own = {"practice_id": practice.id, "client_id": client.id}
    make_consent(session, client, phone_hash=book.hash("+12025550999"), at=MONDAY_8AM - A_WEEK)
    consent = make_consent(session, client, user_id=user.id, wording="Yes, text me.")
    make_consent(session, client, purpose=ConsentPurpose.SHARING, phone_hash=None)
    add(session, Goal(**own, text="Walk an hour", set_on=MONDAY, ended_on=MONDAY + A_WEEK))
    add(session, Precaution(**own, code="falls", note="Use a wall", added_on=MONDAY, ended_on=MONDAY))
    asked = add(
        session,
        Plan(
            **own,
            version=90,
            status=PlanStatus.ENDED,
            created_by_id=user.id,
            created_at=MONDAY_8AM,
            ended_at=MONDAY_8AM,
        ),
    )
    seeds = select(Exercise).where(
        Exercise.practice_id == practice.id, Exercise.source == ExerciseSource.SEED
    )
    seed = session.scalars(seeds.order_by(Exercise.id)).first()
    assert seed is not None
    add(
        session,
        Cosign(
            **own,
            plan_id=asked.id,
            exercise_id=seed.id,
            wanted={"dose": {"sets": 1}, "schedule": {}},
            asked_by_id=user.id,
            signer_id=user.id,
            status=CosignStatus.DECLINED,
            reason="Not yet",
            created_at=MONDAY_8AM,
            decided_at=MONDAY_9AM,
        ),
    )
    add(
        session,
        OutsideProgram(
            **own,
            provider="Hill Physio",
            address="https://hill.example/plan",
            exercises=[{"name": "Bridge", "sets": 3, "reps": 10}],
            precautions=["falls"],
            avoid=["running"],
            received_on=MONDAY,
            ended_on=MONDAY + A_WEEK,
            added_by_id=user.id,
            created_at=MONDAY_8AM,
        ),
    )
    episode = Episode(
        **own,
        complaint="Low back pain",
        condition_category="chronic_pain",
        started_on=MONDAY,
        discharged_on=MONDAY + 5 * A_WEEK,
        discharge_reason="Goals reached",
    )
    add(session, episode)
    visit = Visit(
        **own,
        episode_id=episode.id,
        user_id=user.id,
        starts_at=MONDAY_8AM,
        status=VisitStatus.HAPPENED,
        complaint="Stiff",
        techniques=["mfr"],
        regions=["low_back"],
        confirmed_at=MONDAY_8AM - A_WEEK,
    )
    add(session, visit)
    plan = Plan(
        **own,
        episode_id=episode.id,
        visit_id=visit.id,
        version=1,
        note="Gently",
        created_by_id=user.id,
        created_at=MONDAY_8AM,
        ended_at=MONDAY_NOON,
    )
    add(session, plan)
    cat_cow = session.scalars(
        select(Exercise).where(Exercise.practice_id == practice.id, Exercise.slug == "cat-cow")
    ).one()
    assignment = make_assignment(
        session,
        client,
        cat_cow,
        plan_id=plan.id,
        weekdays=[0, 2, 4],
        every_days=2,
        ends_on=MONDAY + A_WEEK,
        paused_from=MONDAY,
        paused_until=MONDAY,
        ended_at=MONDAY_NOON,
        end_reason="plan changed",
        planned_until=MONDAY_NOON,
    )
    make_texts(session, client, user, visit, plan, assignment, consent.id)
    assessment = add(
        session,
        Assessment(
            **own,
            episode_id=episode.id,
            visit_id=visit.id,
            user_id=user.id,
            status=AssessmentStatus.COMPLETED,
            pain=0,
            from_replies=["pain"],
            brief={"exercises": [{"assignment_id": assignment.id, "name": "Cat and cow"}]},
            started_at=MONDAY_9AM,
            completed_at=MONDAY_NOON,
        ),
    )
    found = {**own, "assessment_id": assessment.id}
    add(
        session,
        Finding(
            **found,
            position=1,
            kind=FindingKind.RANGE,
            code="shoulder_flexion",
            side="left",
            mode="active",
            method="goniometer",
            value=150,
            pain=0,
        ),
    )
    add(
        session,
        Finding(
            **found,
            position=2,
            kind=FindingKind.PALPATION,
            code="neck",
            side="right",
            value=3,
            result="raised",
            traits=["taut_band"],
            note="eases with breath",
        ),
    )
    add(
        session,
        Finding(**found, position=3, kind=FindingKind.SCORE, code="ndi", value=12.5, maximum=50),
    )
    add(session, Addendum(**found, user_id=user.id, text="Slept on it badly.", at=MONDAY_NOON))
    _make_monitoring(session, own, user)


def _make_monitoring(session: Session, own: dict[str, int], user: User) -> None:
    by = {**own, "user_id": user.id, "recorded_at": MONDAY_NOON}
    add(session, Monitoring(**by, started_on=MONDAY, ended_on=MONDAY + A_WEEK, agreement="Form signed."))
    spent = {**by, "recorded_by_id": user.id, "starts_at": MONDAY_8AM, "activity": "call"}
    first = add(session, MonitoringMinutes(**spent, ends_at=MONDAY_9AM, is_live=True, note="Stairs."))
    add(
        session,
        MonitoringMinutes(**spent, ends_at=MONDAY_9AM, replaces_id=first.id, is_void=True, reason="Twice."),
    )


def _make_opted_out(session: Session, practice: Practice) -> None:
    client = make_client(
        session, practice, phone="+12025550102", language="es", status=ClientStatus.DISCHARGED
    )
    assert client.phone_hash is not None
    stop = Message(
        practice_id=practice.id,
        client_id=client.id,
        direction=Direction.IN,
        phone=client.phone,
        phone_hash=client.phone_hash,
        body="STOP",
        status="received",
        at=MONDAY_9AM,
    )
    add(session, stop)
    make_consent(
        session,
        client,
        action=ConsentAction.WITHDRAWN,
        source=ConsentSource.TEXT,
        message_id=stop.id,
        at=MONDAY_9AM,
    )
    if session.get(OptOut, client.phone_hash) is None:
        add(session, OptOut(phone_hash=client.phone_hash, at=MONDAY_9AM, source=ConsentSource.TEXT))


def _make_stranger(session: Session, book: PhoneBook, practice: Practice) -> None:
    came = Message(
        practice_id=practice.id,
        direction=Direction.IN,
        phone=STRANGER,
        phone_hash=book.hash(STRANGER),
        body="chest pain",
        status="received",
        at=MONDAY_9AM,
    )
    add(session, came)
    add(
        session,
        AttentionItem(
            practice_id=practice.id,
            kind=AttentionKind.RED_FLAG,
            cause_key=f"red_flag:phone:{came.phone_hash[:16]}",
            message_id=came.id,
            raised_at=MONDAY_9AM,
        ),
    )
    add(
        session,
        Reminder(
            practice_id=practice.id,
            to_phone=STRANGER,
            kind=ReminderKind.SAFETY,
            text_key="urgent_emergency",
            dedupe_key=f"stranger:{came.phone_hash[:16]}:urgent_emergency:2026030214",
            in_reply_to_id=came.id,
            lane=0,
            priority=0,
            due_at=MONDAY_9AM,
            send_at=MONDAY_9AM,
            looked_at=MONDAY_9AM,
            expires_at=MONDAY_NOON,
            created_at=MONDAY_9AM,
        ),
    )
