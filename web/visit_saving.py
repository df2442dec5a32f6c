"""Saving an After visit form: visit, plan, questions and next visit, and what happens next in words."""

from collections.abc import Sequence
from dataclasses import replace

from care import followups, plans, visits
from care.cosigning import waiting_in_words
from care.models import FollowUp, FollowUpAnchor, FollowUpKind, FollowUpStatus, Plan, Practice, Visit
from care.saying import moment_in_words
from care.taking_back import Did, visit_as_it_is
from reminders.texting_facts import texting_facts
from web.coming_texts import first_reminder_at, in_words, obstacle
from web.visit_desk import Desk
from web.visit_form import Wanted, visit_reminder_at


def save_visit(desk: Desk, wanted: Wanted, *, is_texting: bool) -> Did:
    """All of it in the caller's transaction. Without texting nothing here leads to a text.

    What is returned says what was done, for taking it back.
    """
    session, client, did = desk.session, desk.client, Did()
    at = desk.now if desk.planned is None else min(desk.planned.starts_at, desk.now)
    did.visit_before = visit_as_it_is(desk.planned) if desk.planned else None
    before = plans.current_plan(session, client)
    visit = visits.record_visit(
        session, client, wanted.notes, at=at, user=desk.user, now=desk.now, visit=desk.planned
    )
    plan = plans.start_plan(
        session,
        client,
        wanted.assignments if is_texting else _without_texts(wanted),
        user=desk.user,
        now=desk.now,
        visit=visit,
        note=wanted.plan_note,
    )
    did.link_before = client.link_to_tell
    did.visit_id, did.plan_id, did.plan_before_id = visit.id, plan.id, before.id if before else None
    open_before = followups.list_open_follow_ups(session, client)
    coming = _settle_next_visit(desk, wanted, did)
    _take_back_questions(desk, _still_open(open_before))
    added = []
    if is_texting and wanted.ask_days is not None:
        added.append(_ask_pain(desk, wanted, visit, plan, wanted.ask_days))
    if is_texting and coming is not None:
        reminder = _remind_of(desk, coming, _still_open(open_before))
        added += [reminder] if reminder is not None else []
    did.added = sorted(one.id for one in added)
    did.cancelled = sorted({one.id for one in open_before} - {one.id for one in _still_open(open_before)})
    return did


def brings_link(wanted: Wanted) -> bool:
    """Whether the first text of this plan brings the link to the client's page."""
    return wanted.assignments[0].schedule.is_reminded


def next_steps(desk: Desk, practice: Practice, wanted: Wanted, *, is_texting: bool) -> tuple[str, str]:
    """What happens now, and the tone to say it in."""
    count = len(wanted.assignments)
    said = [f"Saved: {count} exercise{'' if count == 1 else 's'}."]
    schedule, tone = wanted.assignments[0].schedule, "ok"
    plan = plans.current_plan(desk.session, desk.client)
    waits = waiting_in_words(desk.session, plan) if plan is not None else ""
    if not is_texting:
        said.append("No texts go out.")
    elif schedule.is_reminded:
        first = first_reminder_at(desk.session, desk.client, desk.now)
        if first is None and not waits:
            said.append(_why_no_texts(desk, practice))
            tone = "warning"
        elif first is not None:
            said.append(f"The first reminder goes out {in_words(first, desk.now, desk.client)}.")
    if waits:
        said.append(waits)
    if wanted.next_at is not None:
        said.append(f"Next visit {moment_in_words(wanted.next_at, desk.client.timezone, desk.now)}.")
    return " ".join(said), tone


def _why_no_texts(desk: Desk, practice: Practice) -> str:
    known = texting_facts(desk.session, desk.client, desk.now)
    why = obstacle(desk.client, practice, known, desk.now)
    name = desk.client.first_name
    return f"{name} gets no texts just now. {why}" if why else f"{name} gets no exercise reminder in 30 days."


def _without_texts(wanted: Wanted) -> list[plans.NewAssignment]:
    return [replace(one, schedule=replace(one.schedule, is_reminded=False)) for one in wanted.assignments]


def _settle_next_visit(desk: Desk, wanted: Wanted, did: Did) -> Visit | None:
    """Plan, move or cancel, so that the diary says what the form says. Returns the visit to come."""
    if desk.coming is None:
        if wanted.next_at is None:
            return None
        planned = visits.plan_visit(desk.session, desk.client, wanted.next_at, desk.user, desk.now)
        did.next_id = planned.id
        return planned
    did.next_id, did.next_before = desk.coming.id, visit_as_it_is(desk.coming)
    if wanted.next_at is None:
        visits.cancel_visit(desk.session, desk.coming)
        return None
    if wanted.next_at != desk.coming.starts_at:
        visits.move_visit(desk.session, desk.coming, wanted.next_at, desk.now)
    return desk.coming


def _still_open(follow_ups: Sequence[FollowUp]) -> list[FollowUp]:
    return [one for one in follow_ups if one.status is FollowUpStatus.OPEN]


def _take_back_questions(desk: Desk, follow_ups: Sequence[FollowUp]) -> None:
    """This visit's question stands in for those of earlier visits; repeating ones go on."""
    for follow_up in follow_ups:
        is_of_visit = follow_up.anchor is FollowUpAnchor.VISIT and follow_up.every_days is None
        if follow_up.kind is FollowUpKind.PAIN_QUESTION and is_of_visit:
            followups.cancel_follow_up(desk.session, follow_up, desk.now)


def _ask_pain(desk: Desk, wanted: Wanted, visit: Visit, plan: Plan, days: int) -> FollowUp:
    return followups.add_follow_up(
        desk.session,
        desk.client,
        kind=FollowUpKind.PAIN_QUESTION,
        at_time=wanted.ask_time,
        now=desk.now,
        user=desk.user,
        visit=visit,
        days=days,
        plan=plan,
    )


def _remind_of(desk: Desk, visit: Visit, follow_ups: Sequence[FollowUp]) -> FollowUp | None:
    """One text the day before, unless the diary has it already or that moment is past."""
    reminder_at = visit_reminder_at(visit.starts_at, desk.zone)
    has_one = any(one.kind is FollowUpKind.VISIT_REMINDER and one.visit_id == visit.id for one in follow_ups)
    if has_one or reminder_at <= desk.now:
        return None
    return followups.add_follow_up(
        desk.session,
        desk.client,
        kind=FollowUpKind.VISIT_REMINDER,
        at_time=reminder_at.astimezone(desk.zone).time(),
        now=desk.now,
        user=desk.user,
        visit=visit,
        days=-1,
    )
