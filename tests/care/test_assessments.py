"""Assessments: begun with the client's answers, frozen when completed."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from care.assessments import (
    AssessmentFields,
    complete,
    last_completed,
    list_earlier,
    open_draft,
    save_draft,
)
from care.brief import brief_for, brief_from_dict
from care.errors import Refused
from care.models import Assessment, AssessmentStatus, Client, Practice, User
from tests.care.measuring import make_message, make_reply, on_day, rate
from tests.making import make_client, make_practice, make_user


@pytest.fixture
def client(session: Session) -> Client:
    return make_client(session, make_practice(session), created_at=on_day(-1))


@pytest.fixture
def sam(session: Session, client: Client) -> User:
    return make_user(session, session.get_one(Practice, client.practice_id), name="Sam")


def test_a_draft_begins_with_what_the_client_answered(session: Session, client: Client, sam: User) -> None:
    rate(session, client, 3, day=2)
    make_reply(session, make_message(session, client, "3, better on stairs", day=2), "rating", rating=3)

    draft = open_draft(session, client, sam, on_day(3))

    assert draft.pain == 3
    assert draft.history == 'Wed 4 Mar 12:00pm: "3, better on stairs"'
    assert draft.from_replies == ["pain", "history"]
    assert (draft.findings, draft.impression, draft.next_steps) == ("", "", "")


def test_a_pain_of_zero_is_prefilled(session: Session, client: Client, sam: User) -> None:
    rate(session, client, 0, day=2)

    draft = open_draft(session, client, sam, on_day(3))

    assert draft.pain == 0
    assert draft.from_replies == ["pain"]


def test_without_answers_nothing_is_prefilled(session: Session, client: Client, sam: User) -> None:
    draft = open_draft(session, client, sam, on_day(3))

    assert (draft.pain, draft.history, draft.from_replies) == (None, "", [])


def test_opening_twice_gives_the_same_draft(session: Session, client: Client, sam: User) -> None:
    first = open_draft(session, client, sam, on_day(3))
    save_draft(session, first, AssessmentFields(findings="stiff"), {"findings"})

    again = open_draft(session, client, sam, on_day(4))

    assert again.id == first.id
    assert again.findings == "stiff"


def test_a_touched_field_is_no_longer_from_replies(session: Session, client: Client, sam: User) -> None:
    rate(session, client, 3, day=2)
    make_message(session, client, "better on stairs", day=2)
    draft = open_draft(session, client, sam, on_day(3))

    save_draft(session, draft, AssessmentFields(pain=4, history=draft.history), {"pain"})

    assert (draft.pain, draft.from_replies) == (4, ["history"])


def test_pain_off_the_scale_is_refused(session: Session, client: Client, sam: User) -> None:
    draft = open_draft(session, client, sam, on_day(3))

    with pytest.raises(Refused, match="0 to 10"):
        save_draft(session, draft, AssessmentFields(pain=11), {"pain"})


def test_a_completed_assessment_keeps_the_brief_as_it_was_seen(
    session: Session, client: Client, sam: User
) -> None:
    rate(session, client, 6, day=1)
    draft = open_draft(session, client, sam, on_day(3))
    seen = brief_for(session, client, on_day(3))

    complete(session, draft, _fields(draft), sam, on_day(3), seen)
    rate(session, client, 1, day=2)
    session.flush()
    session.expire_all()

    kept = session.get_one(Assessment, draft.id)
    assert kept.status is AssessmentStatus.COMPLETED
    assert kept.brief is not None
    assert brief_from_dict(kept.brief) == seen


def test_a_field_changed_on_completing_is_the_therapists(session: Session, client: Client, sam: User) -> None:
    rate(session, client, 6, day=1)
    draft = open_draft(session, client, sam, on_day(3))

    complete(
        session,
        draft,
        replace(_fields(draft), pain=5, impression="settling"),
        sam,
        on_day(3),
        brief_for(session, client, on_day(3)),
    )

    assert (draft.pain, draft.from_replies) == (5, [])


def test_a_completed_assessment_is_frozen(session: Session, client: Client, sam: User) -> None:
    draft = open_draft(session, client, sam, on_day(3))
    brief = brief_for(session, client, on_day(3))
    complete(session, draft, AssessmentFields(findings="stiff"), sam, on_day(3), brief)

    with pytest.raises(Refused, match="completed"):
        complete(session, draft, AssessmentFields(), sam, on_day(4), brief)
    with pytest.raises(Refused, match="completed"):
        save_draft(session, draft, AssessmentFields(), set())
    assert draft.findings == "stiff"


def test_the_next_brief_begins_where_the_last_assessment_ended(
    session: Session, client: Client, sam: User
) -> None:
    for day in (3, 9):
        draft = open_draft(session, client, sam, on_day(day))
        complete(
            session, draft, AssessmentFields(), sam, on_day(day), brief_for(session, client, on_day(day))
        )

    assert [one.completed_at for one in list_earlier(session, client).completed] == [on_day(9), on_day(3)]
    latest = last_completed(session, client)
    assert latest is not None
    assert brief_for(session, client, on_day(12)).since == latest.completed_at


def _fields(draft: Assessment) -> AssessmentFields:
    return AssessmentFields(draft.pain, draft.history, draft.findings, draft.impression, draft.next_steps)
