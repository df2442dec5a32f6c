"""Two entries of one client become one: nothing is lost, and the stricter word on texts counts."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care import audit
from care.consent import has_texting_consent, opt_out
from care.disclosure import give_sharing_consent, standing_consents, withdraw_sharing_consent
from care.episodes import current_episode, list_episodes, start_episode
from care.erasing import tables_of_clients
from care.errors import Refused
from care.goals import set_goal
from care.merging import follow, merge
from care.models import (
    Client,
    ClientLink,
    ClientMerge,
    ConsentAction,
    ConsentSource,
    FollowUp,
    FollowUpKind,
    FollowUpStatus,
    Message,
    Monitoring,
    Plan,
    PlanStatus,
    Practice,
    Rating,
    RatingSource,
    Role,
    User,
)
from care.monitoring import start_monitoring
from care.plans import current_plan
from care.portable import export_records
from care.precautions import add_precaution, list_precautions
from care.sharing import share, shared_with_ids
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    make_answer,
    make_assignment,
    make_client,
    make_consent,
    make_exercise,
    make_follow_up,
    make_practice,
    make_user,
    make_visit,
)

LATER = MONDAY_8AM + timedelta(minutes=5)


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def admin(session: Session, practice: Practice) -> User:
    return make_user(session, practice, role=Role.ADMIN)


@pytest.fixture
def kept(session: Session, practice: Practice, admin: User) -> Client:
    return make_client(session, practice, therapist_id=make_user(session, practice).id)


@pytest.fixture
def other(session: Session, practice: Practice) -> Client:
    return make_client(session, practice, therapist_id=make_user(session, practice).id)


def make_one(
    session: Session, kept: Client, other: Client, user: User, *, takes_phone: bool = False
) -> ClientMerge:
    return merge(session, kept, other, user, MONDAY_9AM, at=MONDAY_9AM, takes_phone=takes_phone)


def test_every_row_of_the_second_is_of_the_first_and_old_numbers_lead_on(
    session: Session, practice: Practice, kept: Client, other: Client, admin: User
) -> None:
    old_id, old_token, colleague = other.id, other.token, other.therapist_id
    exercise = make_exercise(session, practice)
    for client in (kept, other):
        make_assignment(session, client, exercise)
        make_visit(session, client)
        make_answer(session, client, "a 4")
        own = {"practice_id": practice.id, "client_id": client.id}
        session.add(Rating(**own, score=4, source=RatingSource.TEXT, at=MONDAY_8AM))
        session.add(ClientLink(**own, token=client.token[::-1], created_at=MONDAY_8AM))
        set_goal(session, client, f"Walk {client.id}", MONDAY)
        add_precaution(session, client, "osteoporosis", "", MONDAY)
        audit.record(session, practice.id, "view", "client", client.id, MONDAY_8AM, admin)

    proof = make_one(session, kept, other, admin)

    assert session.get(Client, old_id) is None
    assert list_tables_with(session, old_id) == []
    assert proof.counts["message"] == 1
    assert session.scalar(select(func.count()).select_from(Message).where(Message.client_id == kept.id)) == 2
    assert len(list_precautions(session, kept)) == 1
    assert shared_with_ids(session, kept.id) == {colleague}
    assert follow(session, practice.id, old_id) == kept.id
    assert session.scalars(select(ClientLink.client_id)).all() == [kept.id, kept.id]
    [looker] = audit.who_touched(session, practice.id, kept.id)
    assert looker.count == 3
    refs = {one["ref"] for one in export_records(session, None, old_token) if one["type"] == "client"}
    assert refs == {f"client:{kept.token}"}


def list_tables_with(session: Session, client_id: int) -> list[str]:
    return [
        table.name
        for table in tables_of_clients()
        if session.scalar(select(func.count()).select_from(table).where(table.c.client_id == client_id))
    ]


def test_one_plan_and_one_episode_go_on_and_the_others_stay_readable(
    session: Session, practice: Practice, kept: Client, other: Client, admin: User
) -> None:
    exercise = make_exercise(session, practice)
    for client in (kept, other):
        start_episode(session, client, f"Shoulder {client.id}", "other", MONDAY)
        make_assignment(session, client, exercise)
        make_follow_up(session, client)
        make_follow_up(session, client, kind=FollowUpKind.CALL_TASK)
    for client in (kept, other):
        start_monitoring(session, client, MONDAY, "agreed", admin, MONDAY_9AM)
    running = current_plan(session, kept)

    make_one(session, kept, other, admin)

    plans = session.scalars(select(Plan).order_by(Plan.version)).all()
    assert [(plan.version, plan.status) for plan in plans] == [(1, PlanStatus.ENDED), (2, PlanStatus.ACTIVE)]
    assert current_plan(session, kept) is running
    episode = current_episode(session, kept)
    assert episode is not None
    assert episode.complaint == f"Shoulder {kept.id}"
    ended = [one for one in list_episodes(session, kept) if one.discharged_on]
    assert [one.discharge_reason for one in ended] == ["Two entries were merged"]
    runs = session.scalars(select(Monitoring.ended_on).order_by(Monitoring.id)).all()
    assert runs == [None, MONDAY]
    open_ones = session.scalars(select(FollowUp.kind).where(FollowUp.status == FollowUpStatus.OPEN)).all()
    assert sorted(open_ones) == sorted([FollowUpKind.PAIN_QUESTION, *[FollowUpKind.CALL_TASK] * 2])


@pytest.mark.parametrize("which", ["kept", "other"])
@pytest.mark.parametrize("said", ["no", "STOP"])
def test_a_no_of_either_entry_ends_texts_whatever_the_other_said(
    session: Session, kept: Client, other: Client, admin: User, which: str, said: str
) -> None:
    one = kept if which == "kept" else other
    if said == "no":
        make_consent(session, one, action=ConsentAction.WITHDRAWN, at=MONDAY_8AM + timedelta(minutes=1))
    else:
        assert one.phone_hash
        opt_out(session, one.practice_id, one.phone_hash, ConsentSource.TEXT, MONDAY_8AM, client_ids=[])
    late = other if which == "kept" else kept
    make_consent(session, late, at=MONDAY_8AM + timedelta(minutes=5))

    make_one(session, kept, other, admin)

    assert not has_texting_consent(session, kept)


@pytest.mark.parametrize("takes_phone", [False, True])
def test_a_yes_counts_for_the_phone_it_was_given_for(
    session: Session, kept: Client, other: Client, admin: User, takes_phone: bool
) -> None:
    phones = (kept.phone, other.phone)

    make_one(session, kept, other, admin, takes_phone=takes_phone)

    assert kept.phone == phones[takes_phone]
    assert has_texting_consent(session, kept)


def test_without_a_yes_for_the_phone_that_stays_there_are_no_texts(
    session: Session, practice: Practice, kept: Client, admin: User
) -> None:
    silent = make_client(session, practice, has_consent=False)

    make_one(session, kept, silent, admin, takes_phone=True)

    assert not has_texting_consent(session, kept)


def test_a_recipient_that_one_entry_refused_gets_nothing(
    session: Session, practice: Practice, kept: Client, other: Client, admin: User
) -> None:
    source = ConsentSource.PAPER
    for client, at in ((kept, MONDAY_8AM), (other, LATER)):
        event = give_sharing_consent(
            session, client, practice.name, "Dr. Ahn", "", source=source, now=at, user=admin
        )
        if client is kept:
            withdraw_sharing_consent(session, client, event.id, source, at, admin)

    make_one(session, kept, other, admin)

    assert standing_consents(session, kept) == []


def test_who_may_not_pass_both_on_and_other_practices_are_refused(
    session: Session, practice: Practice, kept: Client, other: Client, admin: User
) -> None:
    therapist = session.get_one(User, kept.therapist_id)
    share(session, other, therapist.id, admin, MONDAY_8AM)
    stranger = make_client(session, make_practice(session))

    for one, user in ((other, therapist), (stranger, admin), (kept, admin)):
        with pytest.raises(Refused):
            make_one(session, kept, one, user)


def test_merged_twice_every_old_number_leads_to_the_last(
    session: Session, practice: Practice, kept: Client, other: Client, admin: User
) -> None:
    third = make_client(session, practice)
    ids = (other.id, kept.id)
    make_one(session, kept, other, admin)

    make_one(session, third, kept, admin)

    assert [follow(session, practice.id, one) for one in ids] == [third.id, third.id]
