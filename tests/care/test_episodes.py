"""Episodes: one at a time, and what a discharge brings to an end."""

from datetime import date, time, timedelta

import pytest

from care.episodes import current_episode, discharge, list_episodes, start_episode, update_episode
from care.errors import Refused
from care.followups import add_follow_up, list_open_follow_ups
from care.models import AssignmentStatus, ClientStatus, FollowUpKind, ReminderStatus
from care.plans import current_plan
from tests.care.reminding import make_reminder
from tests.making import MONDAY, MONDAY_9AM, make_assignment, make_client, make_exercise, make_practice

FRIDAY = date(2026, 3, 6)


@pytest.fixture
def client(session):
    return make_client(session, make_practice(session))


def start(session, client, today=MONDAY):
    return start_episode(session, client, "low back pain", "chronic_pain", today)


def test_an_episode_runs_until_its_discharge(session, client):
    episode = start(session, client)
    assert current_episode(session, client) is episode

    discharge(session, client, "goal reached", FRIDAY, MONDAY_9AM)

    assert current_episode(session, client) is None
    assert (episode.discharged_on, episode.discharge_reason) == (FRIDAY, "goal reached")
    assert client.status is ClientStatus.DISCHARGED


def test_a_discharge_ends_the_plan_and_its_follow_ups(session, client):
    assignment = make_assignment(session, client, make_exercise(session, make_practice(session)))
    add_follow_up(
        session,
        client,
        kind=FollowUpKind.PAIN_QUESTION,
        at_time=time(18),
        now=MONDAY_9AM,
        user=None,
        due_on=FRIDAY,
    )

    discharge(session, client, "goal reached", MONDAY, MONDAY_9AM)

    assert current_plan(session, client) is None
    assert assignment.status is AssignmentStatus.ENDED
    assert list_open_follow_ups(session, client) == []


def test_a_discharge_takes_back_what_was_still_to_be_texted(session, client):
    text = make_reminder(session, client)

    discharge(session, client, "goal reached", MONDAY, MONDAY_9AM)
    session.refresh(text)

    assert (text.status, text.reason) == (ReminderStatus.CANCELLED, "discharged")


def test_a_second_discharge_leaves_the_first_on_record(session, client):
    episode = start(session, client)
    discharge(session, client, "goal reached", MONDAY, MONDAY_9AM)

    discharge(session, client, "moved away", FRIDAY, MONDAY_9AM + timedelta(days=4))

    assert episode.discharge_reason == "goal reached"


def test_there_is_one_episode_at_a_time(session, client):
    start(session, client)

    with pytest.raises(Refused, match=r"Discharge the current episode before starting another\."):
        start(session, client)


def test_a_new_episode_brings_a_discharged_client_back(session, client):
    first = start(session, client)
    discharge(session, client, "goal reached", MONDAY, MONDAY_9AM)

    second = start(session, client, FRIDAY)

    assert client.status is ClientStatus.ACTIVE
    assert list_episodes(session, client) == [second, first]


def test_complaint_and_condition_can_be_corrected(session, client):
    episode = start(session, client)

    update_episode(session, episode, "right hip pain", "sports_injury")

    assert (episode.complaint, episode.condition_category) == ("right hip pain", "sports_injury")


@pytest.mark.parametrize(
    ("complaint", "condition", "sentence"),
    [
        ("", "chronic_pain", "Complaint must be 1 to 120 characters."),
        ("low back pain", "gloom", "Condition must be chosen from the list."),
    ],
)
def test_an_episode_needs_a_complaint_and_a_known_condition(session, client, complaint, condition, sentence):
    with pytest.raises(Refused) as refusal:
        start_episode(session, client, complaint, condition, MONDAY)

    assert str(refusal.value) == sentence
    assert current_episode(session, client) is None


def test_a_discharge_says_why(session, client):
    with pytest.raises(Refused, match=r"Reason must be 1 to 200 characters\."):
        discharge(session, client, " ", MONDAY, MONDAY_9AM)

    assert client.status is ClientStatus.ACTIVE
