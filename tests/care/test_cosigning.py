"""Provider scope: what is outside waits for a named physical therapist, and is no part of the plan before."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from care import cosigning, scope
from care.attention import close, list_open
from care.errors import NotFound, Refused
from care.models import (
    Assignment,
    AssignmentStatus,
    AuditEntry,
    ClientShare,
    Cosign,
    CosignStatus,
    ExerciseType,
    Practice,
    ProviderKind,
    Reminder,
    Role,
)
from care.plan_edits import Edit, edit_plan
from care.plans import Dose, NewAssignment, current_plan, default_dose, list_assignments, start_plan
from care.recurrence import Schedule
from care.taking_back import Did, take_back
from reminders.planning import plan_ahead
from reminders.timelines import Timeline
from tests.making import MONDAY, MONDAY_8AM, MONDAY_9AM, make_client, make_exercise, make_practice, make_user

EVERY_DAY = Schedule(times=(MONDAY_9AM.time(),), starts_on=MONDAY)
MASSAGE = ProviderKind.MASSAGE_THERAPIST


@pytest.fixture
def practice(session):
    return make_practice(session)


@pytest.fixture
def kim(session, practice):
    return make_user(session, practice, name="Kim")


@pytest.fixture
def sam(session, practice, kim):
    return make_user(session, practice, name="Sam", provider_kind=MASSAGE, cosigner_id=kim.id)


@pytest.fixture
def maria(session, practice, sam):
    return make_client(session, practice, therapist_id=sam.id)


@pytest.fixture
def stretch(session, practice):
    return make_exercise(session, practice, name="Chest stretch")


@pytest.fixture
def bridge(session, practice):
    return make_exercise(session, practice, name="Bridge", type=ExerciseType.STRENGTH)


def wanted(exercise, **changes):
    return NewAssignment(exercise.id, Dose(**(vars(default_dose(exercise)) | changes)), EVERY_DAY)


def given(session, client):
    plan = current_plan(session, client)
    return {one.exercise.name: one for one in list_assignments(session, plan) if one.ended_at is None}


def waiting(session, client):
    return [
        one.row for one in cosigning.list_cosigns(session, client) if one.row.status is CosignStatus.WAITING
    ]


def test_what_is_outside_waits_and_is_neither_given_nor_texted(
    session, practice, sam, kim, maria, stretch, bridge
):
    plan = start_plan(session, maria, [wanted(stretch), wanted(bridge)], user=sam, now=MONDAY_8AM)

    plan_ahead(session, Timeline(MONDAY_8AM, practice_id=practice.id))
    assert list(given(session, maria)) == ["Chest stretch"]
    assert session.scalar(select(func.count()).select_from(Reminder)) > 0
    assert session.scalars(select(Assignment.exercise_id).distinct()).all() == [stretch.id]
    said = cosigning.waiting_in_words(session, plan)
    assert said == "Bridge waits for Kim to co-sign, and is not texted before."


def test_it_stands_before_the_colleague_who_sees_the_client_for_it(session, sam, kim, maria, stretch, bridge):
    start_plan(session, maria, [wanted(stretch), wanted(bridge)], user=sam, now=MONDAY_8AM)

    [item] = list_open(session, kim)
    assert (item.owner_id, item.client_id, item.details["what"]) == (kim.id, maria.id, "1 from Sam")
    assert session.scalars(select(ClientShare.user_id)).all() == [kim.id]
    with pytest.raises(Refused, match="Sign or decline"):
        close(session, item, kim, MONDAY_9AM)


def test_signing_gives_it_beside_the_others_by_who_signed(session, sam, kim, maria, stretch, bridge):
    start_plan(session, maria, [wanted(stretch), wanted(bridge, sets=2)], user=sam, now=MONDAY_8AM)
    [request] = waiting(session, maria)

    cosigning.sign(session, maria, request.id, kim, MONDAY_9AM)

    assert list(given(session, maria)) == ["Chest stretch", "Bridge"]
    assert given(session, maria)["Bridge"].sets == 2
    assert current_plan(session, maria).created_by_id == kim.id
    assert list_open(session, kim) == []
    assert session.scalars(select(AuditEntry.action)).all() == ["cosign_signed"]
    with pytest.raises(Refused, match="decided already"):
        cosigning.sign(session, maria, request.id, kim, MONDAY_9AM)


def test_declining_needs_a_reason_and_tells_who_asked(session, sam, kim, maria, stretch, bridge):
    start_plan(session, maria, [wanted(stretch), wanted(bridge)], user=sam, now=MONDAY_8AM)
    [request] = waiting(session, maria)
    with pytest.raises(Refused, match="Reason"):
        cosigning.decline(session, maria, request.id, " ", kim, MONDAY_9AM)

    cosigning.decline(session, maria, request.id, "Hip first", kim, MONDAY_9AM)

    [item] = list_open(session, sam)
    assert (item.owner_id, item.details["what"]) == (sam.id, "Kim declined Bridge: Hip first")
    close(session, item, sam, MONDAY_9AM, "Seen")
    assert list(given(session, maria)) == ["Chest stretch"]


def test_only_who_was_asked_decides_or_an_admin_who_is_a_physical_therapist(
    session, practice, sam, maria, stretch, bridge
):
    start_plan(session, maria, [wanted(stretch), wanted(bridge)], user=sam, now=MONDAY_8AM)
    [request] = waiting(session, maria)
    other = make_user(session, practice)
    admin = make_user(session, practice, role=Role.ADMIN)
    masseur = make_user(session, practice, role=Role.ADMIN, provider_kind=MASSAGE)

    for user in (other, sam, masseur):
        with pytest.raises(Refused, match="Only who was asked"):
            cosigning.sign(session, maria, request.id, user, MONDAY_9AM)
    with pytest.raises(NotFound):
        cosigning.sign(session, make_client(session, practice), request.id, admin, MONDAY_9AM)
    cosigning.sign(session, maria, request.id, admin, MONDAY_9AM)


def test_what_a_colleague_gave_goes_on_and_a_new_dose_of_it_waits(session, sam, kim, maria, stretch, bridge):
    start_plan(session, maria, [wanted(stretch), wanted(bridge)], user=kim, now=MONDAY_8AM)
    of_bridge = given(session, maria)["Bridge"]

    edit_plan(
        session, maria, {of_bridge.id: Edit(dose=wanted(bridge, sets=3).dose)}, user=sam, now=MONDAY_9AM
    )

    assert given(session, maria)["Bridge"].sets == 1
    [request] = waiting(session, maria)
    cosigning.sign(session, maria, request.id, kim, MONDAY_9AM)
    assert given(session, maria)["Bridge"].sets == 3
    assert len(given(session, maria)) == 2


def test_a_new_dose_of_what_is_paused_stays_paused_once_signed(session, sam, kim, maria, bridge):
    start_plan(session, maria, [replace(wanted(bridge), pause=(MONDAY, None))], user=kim, now=MONDAY_8AM)
    of_bridge = given(session, maria)["Bridge"]
    edit_plan(
        session, maria, {of_bridge.id: Edit(dose=wanted(bridge, sets=3).dose)}, user=sam, now=MONDAY_9AM
    )

    cosigning.sign(session, maria, waiting(session, maria)[0].id, kim, MONDAY_9AM)

    after = given(session, maria)["Bridge"]
    assert (after.sets, after.paused_from) == (3, MONDAY)


def test_a_plan_of_nothing_but_what_waits_begins_empty(session, sam, kim, maria, bridge):
    start_plan(session, maria, [wanted(bridge)], user=sam, now=MONDAY_8AM)
    assert given(session, maria) == {}

    cosigning.sign(session, maria, waiting(session, maria)[0].id, kim, MONDAY_9AM)

    assert list(given(session, maria)) == ["Bridge"]


def test_asking_anew_replaces_and_taking_back_withdraws(session, sam, kim, maria, stretch, bridge):
    start_plan(session, maria, [wanted(stretch), wanted(bridge)], user=sam, now=MONDAY_8AM)
    plan = start_plan(session, maria, [wanted(stretch), wanted(bridge, sets=2)], user=sam, now=MONDAY_9AM)
    assert [one.wanted["dose"]["sets"] for one in waiting(session, maria)] == [2]

    take_back(session, maria, Did(plan_id=plan.id), MONDAY_9AM)

    assert waiting(session, maria) == []
    assert list_open(session, kim) == []


def test_without_a_colleague_named_it_is_refused_and_nothing_changes(session, sam, maria, stretch, bridge):
    start_plan(session, maria, [wanted(stretch)], user=sam, now=MONDAY_8AM)
    sam.cosigner_id = None

    with pytest.raises(Refused, match="nobody is named"):
        start_plan(session, maria, [wanted(bridge)], user=sam, now=MONDAY_9AM)


def test_the_practice_says_what_is_covered(session, practice, sam, maria, bridge):
    scope.set_scope(practice, MASSAGE, ["stretch", "strength", "flying"])

    start_plan(session, maria, [wanted(bridge)], user=sam, now=MONDAY_8AM)

    assert list(given(session, maria)) == ["Bridge"]
    assert practice.scopes == {"massage_therapist": ["stretch", "strength"]}


def test_only_an_active_physical_therapist_of_the_practice_co_signs(session, practice, sam, kim):
    elsewhere = make_user(session, make_practice(session))
    desk = make_user(session, practice, role=Role.FRONT_DESK)
    gone = make_user(session, practice, is_active=False)

    for signer in (elsewhere, desk, gone, sam):
        with pytest.raises(Refused):
            scope.set_provider(session, sam, MASSAGE, signer.id)
    scope.set_provider(session, sam, ProviderKind.PHYSICAL_THERAPIST, kim.id)
    assert sam.cosigner_id is None


def test_a_row_that_cannot_be_read_can_only_be_declined(session, practice, sam, kim, maria, stretch, bridge):
    start_plan(session, maria, [wanted(stretch), wanted(bridge)], user=sam, now=MONDAY_8AM)
    [request] = waiting(session, maria)
    request.wanted = {"dose": 1}

    with pytest.raises(Refused, match="cannot be read"):
        cosigning.sign(session, maria, request.id, kim, MONDAY_9AM)
    cosigning.decline(session, maria, request.id, "Anew", kim, MONDAY_9AM)
    assert session.scalars(select(Cosign.status)).all() == [CosignStatus.DECLINED]
    assert session.scalars(select(Assignment.status)).all() == [AssignmentStatus.ACTIVE]
    assert session.get_one(Practice, practice.id).scopes == {}
