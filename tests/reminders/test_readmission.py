"""Discharged and back again: nothing of the old course goes out, and the new one begins as the first did."""

from datetime import time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.db import Database
from care.episodes import discharge, list_episodes, start_episode
from care.models import Client, ClientStatus, Plan, PlanStatus, Practice, ReminderStatus
from care.plans import current_plan
from tests.making import MONDAY, MONDAY_8AM, MONDAY_9AM, make_assignment, make_exercise, make_follow_up
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import DAY, begin

A_WEEK = timedelta(weeks=1)


def test_after_a_discharge_nothing_goes_out_and_a_new_episode_has_a_plan_of_its_own(
    any_database: Database,
) -> None:
    life, gateway = begin(any_database), CountingGateway()

    def give(session: Session, client: Client) -> None:
        practice = session.get_one(Practice, client.practice_id)
        start_episode(session, client, "Hip", "other", MONDAY)
        make_assignment(session, client, make_exercise(session, practice))
        make_follow_up(session, client, at_time=time(10), every_days=1)

    life.change(give)
    life.plan(MONDAY_8AM)
    life.drain(gateway, MONDAY_9AM)
    assert len(gateway.sent) == 1

    life.change(lambda s, client: discharge(s, client, "Better", MONDAY, MONDAY_9AM))
    for day in range(3):
        life.plan(MONDAY_9AM + day * DAY)
        life.drain(gateway, MONDAY_9AM + day * DAY + timedelta(hours=2))
    assert len(gateway.sent) == 1
    assert {one.status for one in life.reminders()} == {ReminderStatus.SENT, ReminderStatus.CANCELLED}

    back = MONDAY_8AM + A_WEEK

    def give_anew(session: Session, client: Client) -> None:
        assert (client.status, current_plan(session, client)) == (ClientStatus.DISCHARGED, None)
        practice = session.get_one(Practice, client.practice_id)
        start_episode(session, client, "Knee", "other", MONDAY + A_WEEK)
        assert client.status is ClientStatus.ACTIVE
        make_assignment(session, client, make_exercise(session, practice), starts_on=MONDAY + A_WEEK)

    life.change(give_anew)
    life.plan(back)
    life.drain(gateway, MONDAY_9AM + A_WEEK)
    life.drain(gateway, MONDAY_9AM + A_WEEK + timedelta(hours=2))

    # The agreement of then still counts; the question of then is not asked any more.
    assert len(gateway.sent) == 2
    assert "time for your home stretches" in gateway.bodies[1]
    assert life.change(lambda s, client: [one.complaint for one in list_episodes(s, client)]) == [
        "Knee",
        "Hip",
    ]
    assert life.change(states_of_plans) == [PlanStatus.ENDED, PlanStatus.ACTIVE]


def states_of_plans(session: Session, client: Client) -> list[PlanStatus]:
    return list(session.scalars(select(Plan.status).where(Plan.client_id == client.id).order_by(Plan.id)))
