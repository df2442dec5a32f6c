"""What a short record leaves out, by type: people, the library, visits and plans. Checks stand with them."""

import re
from collections.abc import Callable, Mapping
from datetime import time
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from care.checks import (
    check_codes,
    check_email,
    check_language,
    check_window,
    check_zone,
)
from care.errors import Refused
from care.exercises import START_POSITIONS
from care.models import (
    Assignment,
    AssignmentStatus,
    ConsentAction,
    ConsentPurpose,
    ConsentSource,
    ExerciseSource,
    ExerciseType,
    FollowUpAnchor,
    FollowUpKind,
    FollowUpStatus,
    Laterality,
    Plan,
    PlanStatus,
    Role,
    Side,
    VisitStatus,
)
from care.outside_programs import check_address
from care.phones import parse_phone
from care.plans import Dose, current_plan, schedule_of
from care.portable.draft import Draft
from care.portable.values import reported_phone
from care.recurrence import instant_of
from care.searching import fold
from care.vocabulary import CONDITION_CATEGORIES, PRECAUTIONS, REGIONS, TECHNIQUES

# No hash at all: nothing typed can match it until a password is set.
NO_PASSWORD = "!"  # noqa: S105 (no password: nothing typed matches)
MORNING = "09:00"
CHECK_TIME = time(10)


def user(draft: Draft) -> None:
    draft.need("email")
    draft.values["email"] = check_email(draft.values["email"])
    if draft.values.get("phone"):
        draft.values["phone"] = parse_phone(draft.values["phone"], draft.practice.country)
        draft.values["phone_hash"] = draft.book.hash(draft.values["phone"])
    draft.default(name=draft.values["email"], role=Role.THERAPIST, password_hash=NO_PASSWORD)
    draft.default(created_at=draft.now)


def client(draft: Draft) -> None:
    values, practice = draft.values, draft.practice
    if values.get("phone"):
        values["phone"] = parse_phone(values["phone"], practice.country)
        values["phone_hash"] = draft.book.hash(values["phone"])
    if values.get("email"):
        values["email"] = check_email(values["email"])
    draft.default(timezone=practice.timezone, language=practice.language, created_at=draft.now)
    check_zone(values["timezone"])
    check_language(values["language"])
    window = values.get("window_from_time"), values.get("window_until_time")
    if window[0] is None or window[1] is None:
        if window != (None, None):
            raise Refused("Give both window_from_time and window_until_time, or neither.")
        return
    check_window(window[0], window[1], is_requested=values.get("window_requested_at") is not None)


def goal(draft: Draft) -> None:
    draft.default(set_on=draft.today)


def cosign(draft: Draft) -> None:
    draft.default(created_at=draft.now)


def outside_program(draft: Draft) -> None:
    draft.need("provider")
    draft.values["address"] = check_address(draft.values.get("address", ""))
    draft.default(received_on=draft.today, created_at=draft.now)


def precaution(draft: Draft) -> None:
    draft.need("code")
    draft.default(added_on=draft.today)
    check_codes("code", [draft.values["code"]], PRECAUTIONS)


def consent(draft: Draft) -> None:
    values = draft.values
    draft.default(purpose=ConsentPurpose.TEXTING, action=ConsentAction.GIVEN, source=ConsentSource.IMPORT)
    draft.default(wording="Recorded before the import.", at=draft.now)
    is_texting = values["purpose"] is ConsentPurpose.TEXTING
    if "phone" in values:
        phone = values.pop("phone")
        hash = draft.book.hash(reported_phone(phone, draft.practice.country)) if phone else None
    else:
        hash = draft.client.phone_hash if draft.client and is_texting else None
    values["phone_hash"] = hash


def exercise(draft: Draft) -> None:
    values = draft.values
    draft.need("name")
    is_slug = re.fullmatch(r"[a-z0-9-]{1,60}", draft.ref) is not None
    draft.default(slug=draft.ref if is_slug else _slug_of(values["name"]))
    draft.default(body_region="whole_body", start_position="standing", type=ExerciseType.STRETCH)
    draft.default(laterality=Laterality.BOTH, sets=1, reps=1, hold_seconds=0, duration_seconds=0)
    draft.default(cue="", source=ExerciseSource.OWN)
    check_codes("body_region", [values["body_region"]], REGIONS)
    check_codes("start_position", [values["start_position"]], START_POSITIONS)
    check_codes("avoid_if", values.get("avoid_if", []), PRECAUTIONS)


def _slug_of(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:60] or "exercise"


def episode(draft: Draft) -> None:
    draft.default(condition_category="other", started_on=draft.today)
    check_codes("condition_category", [draft.values["condition_category"]], CONDITION_CATEGORIES)


def visit(draft: Draft) -> None:
    draft.need("starts_at")
    has_begun = draft.values["starts_at"] <= draft.now
    draft.default(status=VisitStatus.HAPPENED if has_begun else VisitStatus.PLANNED)
    check_codes("techniques", draft.values.get("techniques", []), TECHNIQUES)
    check_codes("regions", draft.values.get("regions", []), REGIONS)


def plan(draft: Draft) -> None:
    values = draft.values
    draft.need("client_id")
    draft.default(created_at=draft.now, status=PlanStatus.ENDED if _has_ended(draft) else PlanStatus.ACTIVE)
    if "version" not in values:
        values["version"] = draft.count(("version", values["client_id"]))


def assignment(draft: Draft) -> None:
    """The dose starts from the library's, the plan is the client's running one, or one that begins here."""
    draft.need("client_id", "exercise_id")
    values, exercise = draft.values, draft.parents["exercise"]
    draft.default(starts_on=draft.today, times=[MORNING], side=Side.BOTH)
    first = instant_of(values["starts_on"], time(0), ZoneInfo(draft.zone))
    draft.default(created_at=min(first, draft.now), weekdays=list(range(7)))
    draft.default(status=AssignmentStatus.ENDED if _has_ended(draft) else AssignmentStatus.ACTIVE)
    draft.default(sets=exercise.sets, reps=exercise.reps, hold_seconds=exercise.hold_seconds)
    draft.default(duration_seconds=exercise.duration_seconds)
    _check_assignment(draft)
    if "plan_id" not in values:
        values["plan_id"] = _implied_plan(draft)
    if "position" not in values:
        values["position"] = draft.count(("position", values["plan_id"]))


def _check_assignment(draft: Draft) -> None:
    values = draft.values
    names = ("sets", "reps", "hold_seconds", "duration_seconds", "side")
    Dose(**{name: values[name] for name in names}).check()
    try:
        [time.fromisoformat(at) for at in values["times"]]
    except ValueError as error:
        raise Refused('times must be a list like ["09:00", "18:00"].') from error
    values["times"] = [f"{time.fromisoformat(at):%H:%M}" for at in values["times"]]
    shown = ("times", "starts_on", "ends_on", "weekdays", "every_days")
    schedule_of(Assignment(**{name: values.get(name) for name in shown})).check()


def _implied_plan(draft: Draft) -> int:
    assert draft.client is not None
    running = current_plan(draft.session, draft.client)
    if running is not None:
        return running.id
    versions = select(func.max(Plan.version)).where(Plan.client_id == draft.client.id)
    plan = Plan(
        practice_id=draft.practice.id,
        client_id=draft.client.id,
        version=(draft.session.scalar(versions) or 0) + 1,
        created_at=draft.values["created_at"],
    )
    draft.session.add(plan)
    draft.session.flush()
    return plan.id


def _has_ended(draft: Draft) -> bool:
    return draft.values.get("ended_at") is not None


def follow_up(draft: Draft) -> None:
    values = draft.values
    draft.default(kind=FollowUpKind.PAIN_QUESTION, at_time=CHECK_TIME, created_at=draft.now)
    draft.default(status=FollowUpStatus.OPEN)
    if values.get("visit_id") is None:
        draft.default(due_on=draft.today)
    is_dated = values.get("due_on") is not None
    draft.default(anchor=FollowUpAnchor.DATE if is_dated else FollowUpAnchor.VISIT)
    if values["kind"] is FollowUpKind.VISIT_REMINDER and values.get("visit_id") is None:
        raise Refused("A visit reminder needs the visit.")
    if values["kind"] is FollowUpKind.MESSAGE and not values.get("body", "").strip():
        raise Refused("A message needs its body.")


FILL: Mapping[str, Callable[[Draft], None]] = {
    "user": user,
    "client": client,
    "goal": goal,
    "precaution": precaution,
    "consent": consent,
    "exercise": exercise,
    "episode": episode,
    "visit": visit,
    "plan": plan,
    "assignment": assignment,
    "follow_up": follow_up,
    "outside_program": outside_program,
    "cosign": cosign,
}
