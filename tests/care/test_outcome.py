"""The outcome of one episode: which days belong to it, and what was done in its weeks."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from care.adherence import Adherence
from care.brief import brief_for
from care.db import Database
from care.episodes import start_episode
from care.models import OccurrenceStatus
from care.outcome import outcome_of
from care.outcome_weeks import Week, weeks_done
from care.pain import start_of
from tests.care.measuring import make_occurrence, on_day, rate
from tests.making import MONDAY, NEW_YORK, make_assignment, make_client, make_exercise, make_practice

DAY = timedelta(days=1)
DONE, SKIPPED, CANCELLED = OccurrenceStatus.DONE, OccurrenceStatus.SKIPPED, OccurrenceStatus.CANCELLED


def test_an_episode_holds_its_days_on_the_clients_clock_from_the_first_to_the_last(session: Session) -> None:
    client = make_client(session, make_practice(session))
    last = MONDAY + 9 * DAY
    episode = start_episode(session, client, "Neck", "other", today=MONDAY)
    first_moment, after = start_of(MONDAY, NEW_YORK), start_of(last + DAY, NEW_YORK)
    moment = timedelta(seconds=1)
    for at, score in ((first_moment - moment, 9), (first_moment, 7), (after - moment, 3), (after, 8)):
        rate(session, client, score, at=at)
    episode.discharged_on = last

    outcome = outcome_of(session, client, on_day(30))

    assert [score for _at, score in outcome.pain_points] == [7, 3]
    assert (outcome.since, outcome.until) == (MONDAY, last)


def test_weeks_count_from_the_first_day_and_the_last_one_may_be_short(session: Session) -> None:
    practice = make_practice(session)
    assignment = make_assignment(session, make_client(session, practice), make_exercise(session, practice))

    def occur(day: int, status: OccurrenceStatus) -> date:
        return make_occurrence(session, assignment, status, MONDAY + day * DAY).slot_on

    for day, status in ((-1, DONE), (0, DONE), (5, CANCELLED), (6, SKIPPED), (14, DONE), (16, DONE)):
        occur(day, status)
    until = occur(15, DONE)

    assert weeks_done(session, assignment.client_id, MONDAY, until) == [
        Week(MONDAY, Adherence(done=1, skipped=1)),
        Week(MONDAY + 7 * DAY, Adherence()),
        Week(MONDAY + 14 * DAY, Adherence(done=2)),
    ]


def test_brief_and_outcome_are_read_on_either_database(any_database: Database) -> None:
    with any_database.sessions() as session:
        practice = make_practice(session)
        client = make_client(session, practice)
        assignment = make_assignment(session, client, make_exercise(session, practice))
        for day in range(20):
            make_occurrence(session, assignment, SKIPPED if day % 2 else DONE, MONDAY + day * DAY)
            rate(session, client, 6 if day % 2 else 3, day)

        brief, outcome = brief_for(session, client, on_day(20)), outcome_of(session, client, on_day(20))

    assert (brief.adherence.done, brief.adherence.skipped) == (10, 10)
    assert [(one.with_mean, one.without_mean) for one in brief.contrasts] == [(6, 3)]
    assert outcome.adherence == brief.adherence
    assert [week.adherence.due for week in outcome.weeks] == [7, 7, 6]
