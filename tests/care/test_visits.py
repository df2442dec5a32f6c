"""Visits: from planned to happened, missed or cancelled, and the pain asked there."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select

from care.episodes import start_episode
from care.errors import NotFound, Refused
from care.followups import add_follow_up
from care.models import (
    FollowUpKind,
    FollowUpStatus,
    Rating,
    RatingSource,
    ReminderKind,
    ReminderStatus,
    Role,
    VisitStatus,
)
from care.ratings import list_ratings
from care.visits import (
    VisitNotes,
    cancel_visit,
    get_visit,
    last_visit,
    list_visits,
    mark_missed,
    move_visit,
    next_visit,
    plan_visit,
    record_visit,
    visits_between,
)
from tests.care.reminding import make_reminder
from tests.making import MONDAY, MONDAY_8AM, MONDAY_9AM, MONDAY_NOON, make_client, make_practice, make_user

WEEK = timedelta(days=7)
NOTES = VisitNotes(
    complaint="right hip", techniques=["mfr", "mfr"], regions=["hip"], note="Softer today.", pain=6
)


@pytest.fixture
def practice(session):
    return make_practice(session)


@pytest.fixture
def sam(session, practice):
    return make_user(session, practice)


@pytest.fixture
def client(session, practice, sam):
    return make_client(session, practice, therapist_id=sam.id)


def record(session, client, user, notes=NOTES, at=MONDAY_9AM, now=MONDAY_NOON, visit=None):
    return record_visit(session, client, notes, at=at, user=user, now=now, visit=visit)


def test_a_recorded_visit_holds_what_happened_and_the_pain_asked_there(session, client, sam):
    episode = start_episode(session, client, "right hip", "chronic_pain", MONDAY)

    visit = record(session, client, sam)

    assert (visit.status, visit.starts_at, visit.user_id) == (VisitStatus.HAPPENED, MONDAY_9AM, sam.id)
    assert (visit.techniques, visit.regions, visit.note) == (["mfr"], ["hip"], "Softer today.")
    assert visit.episode_id == episode.id
    [rating] = list_ratings(session, client.id)
    assert (rating.score, rating.source, rating.visit_id) == (6, RatingSource.VISIT, visit.id)
    assert rating.at == MONDAY_9AM


def test_no_pain_is_a_rating_and_not_asked_is_none(session, client, sam):
    record(session, client, sam, VisitNotes())
    assert list_ratings(session, client.id) == []

    record(session, client, sam, VisitNotes(pain=0))
    assert [rating.score for rating in list_ratings(session, client.id)] == [0]


def test_a_planned_visit_becomes_the_one_that_happened(session, client, sam):
    planned = plan_visit(session, client, MONDAY_9AM, sam, MONDAY_8AM)

    record(session, client, sam, visit=planned)

    assert list_visits(session, client) == [planned]
    assert planned.status is VisitStatus.HAPPENED


def test_recording_again_corrects_the_pain_and_keeps_what_was_said_first(session, client, sam):
    visit = record(session, client, sam)
    record(session, client, sam, visit=visit)

    record(session, client, sam, VisitNotes(pain=4), visit=visit)

    assert [rating.score for rating in list_ratings(session, client.id)] == [4]
    assert len(session.scalars(select(Rating)).all()) == 2


def test_correcting_notes_alone_leaves_the_rating(session, client, sam):
    visit = record(session, client, sam)

    record(session, client, sam, VisitNotes(note="Forgot this."), visit=visit)

    assert [rating.score for rating in list_ratings(session, client.id)] == [6]


@pytest.mark.parametrize(
    ("notes", "sentence"),
    [
        (VisitNotes(techniques=["magic"]), "Techniques must be chosen from the list."),
        (VisitNotes(regions=["soul"]), "Regions must be chosen from the list."),
        (VisitNotes(complaint="c" * 201), "Complaint must be at most 200 characters."),
    ],
)
def test_notes_that_cannot_be_leave_the_visit_as_it_was(session, client, sam, notes, sentence):
    visit = record(session, client, sam)

    with pytest.raises(Refused) as refusal:
        record(session, client, sam, notes, visit=visit)

    assert str(refusal.value) == sentence
    assert visit.complaint == "right hip"


def test_pain_beyond_the_scale_is_refused(session, client, sam):
    with pytest.raises(Refused):
        record(session, client, sam, VisitNotes(pain=11))


def test_a_visit_of_today_may_be_recorded_early_and_one_of_tomorrow_not(session, client, sam):
    late_today = datetime(2026, 3, 3, 4, 59, tzinfo=UTC)
    record(session, client, sam, VisitNotes(), at=late_today)

    with pytest.raises(Refused, match=r"Visit must be today or earlier\. Plan it instead\."):
        record(session, client, sam, VisitNotes(), at=late_today + timedelta(minutes=1))


def test_another_clients_visit_is_not_recorded(session, practice, client, sam):
    planned = plan_visit(session, make_client(session, practice), MONDAY_9AM, sam, MONDAY_8AM)

    with pytest.raises(NotFound):
        record(session, client, sam, visit=planned)


def test_planning_the_same_time_twice_plans_one_visit(session, client, sam):
    first = plan_visit(session, client, MONDAY_9AM, sam, MONDAY_8AM)

    assert plan_visit(session, client, MONDAY_9AM, sam, MONDAY_8AM) is first


def test_a_visit_is_planned_for_later_than_now(session, client, sam):
    with pytest.raises(Refused, match=r"Next visit must be later than now\."):
        plan_visit(session, client, MONDAY_9AM, sam, MONDAY_9AM)


def test_next_and_last_visit(session, client, sam):
    happened = record(session, client, sam, VisitNotes(), at=MONDAY_9AM - WEEK)
    soon = plan_visit(session, client, MONDAY_NOON + WEEK, sam, MONDAY_8AM)
    plan_visit(session, client, MONDAY_NOON + 2 * WEEK, sam, MONDAY_8AM)

    assert last_visit(session, client) is happened
    assert next_visit(session, client, MONDAY_NOON) is soon

    cancel_visit(session, soon)
    assert next_visit(session, client, MONDAY_NOON).starts_at == MONDAY_NOON + 2 * WEEK


def test_a_visit_is_missed_only_once_its_time_has_come(session, client, sam):
    visit = plan_visit(session, client, MONDAY_9AM, sam, MONDAY_8AM)

    with pytest.raises(Refused, match="still to come"):
        mark_missed(session, visit, MONDAY_8AM)
    mark_missed(session, visit, MONDAY_9AM)

    assert visit.status is VisitStatus.MISSED


def test_what_has_happened_is_neither_cancelled_nor_moved(session, client, sam):
    visit = record(session, client, sam)

    for change in (
        lambda: cancel_visit(session, visit),
        lambda: mark_missed(session, visit, MONDAY_NOON),
        lambda: move_visit(session, visit, MONDAY_NOON + WEEK, MONDAY_NOON),
    ):
        with pytest.raises(Refused, match=r"This visit is already happened\."):
            change()


@pytest.fixture
def visit_with_check(session, client, sam):
    """A visit next week, a question two days after it, and the text of that already planned."""
    visit = plan_visit(session, client, MONDAY_9AM + WEEK, sam, MONDAY_8AM)
    check = add_follow_up(
        session,
        client,
        kind=FollowUpKind.PAIN_QUESTION,
        at_time=time(18),
        now=MONDAY_8AM,
        user=sam,
        visit=visit,
        days=2,
    )
    check.planned_until = MONDAY_9AM + 2 * WEEK
    text = make_reminder(session, client, kind=ReminderKind.PAIN_QUESTION, follow_up_id=check.id)
    return visit, check, text


def test_what_counts_from_a_visit_moves_with_it(session, visit_with_check):
    visit, check, text = visit_with_check

    move_visit(session, visit, MONDAY_9AM + 2 * WEEK, MONDAY_8AM)
    session.refresh(text)

    assert visit.starts_at == MONDAY_9AM + 2 * WEEK
    assert (check.status, check.planned_until) == (FollowUpStatus.OPEN, None)
    assert (text.status, text.reason) == (ReminderStatus.CANCELLED, "visit_changed")


def test_a_visit_moved_within_its_day_leaves_what_counts_from_it(session, visit_with_check):
    visit, check, text = visit_with_check
    planned_until = check.planned_until

    move_visit(session, visit, MONDAY_NOON + WEEK, MONDAY_8AM)
    session.refresh(text)

    assert visit.starts_at == MONDAY_NOON + WEEK
    assert check.planned_until == planned_until
    assert text.status is ReminderStatus.PLANNED


def test_what_counts_from_a_visit_is_cancelled_with_it(session, visit_with_check):
    visit, check, text = visit_with_check

    cancel_visit(session, visit)
    session.refresh(text)

    assert (visit.status, check.status) == (VisitStatus.CANCELLED, FollowUpStatus.CANCELLED)
    assert (text.status, text.reason) == (ReminderStatus.CANCELLED, "visit_changed")


def test_today_lists_the_visits_of_the_clients_one_sees(session, practice, client, sam):
    admin = make_user(session, practice, role=Role.ADMIN)
    other = make_client(session, practice)
    second = plan_visit(session, client, MONDAY_NOON, sam, MONDAY_8AM)
    first = plan_visit(session, other, MONDAY_9AM, admin, MONDAY_8AM)
    cancelled = plan_visit(session, other, MONDAY_NOON, admin, MONDAY_8AM)
    cancel_visit(session, cancelled)
    plan_visit(session, client, MONDAY_NOON + WEEK, sam, MONDAY_8AM)

    day = (MONDAY_8AM, MONDAY_8AM + timedelta(days=1))
    assert visits_between(session, admin, *day) == [first, second]
    assert visits_between(session, sam, *day) == [second]
    assert visits_between(session, sam, MONDAY_8AM, MONDAY_NOON) == []
    assert get_visit(session, second.id, sam) is second
    with pytest.raises(NotFound):
        get_visit(session, first.id, sam)
