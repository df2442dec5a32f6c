"""What came back since a client's last assessment, read once for the brief and the suggestions below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.contrasts import pain_by_day
from care.course_facts import CourseFacts
from care.models import Assessment, AssessmentStatus, Client, Practice
from care.pain import Course
from care.ratings import Rated, comparable
from care.recurrence import A_DAY
from care.since_rows import SinceRows, since_rows
from care.thresholds import Thresholds, thresholds_of
from care.times_due import TimeDue, times_due


@dataclass(frozen=True)
class SinceFacts:
    """From `since`, which `since_what` names, through `until`.

    `times` are those due since then, and the recent ones from `signals_since` on, which signals are judged
    by; of the course before that those of days whose next one has a rating. Oldest first. `pain_by_day` is of
    the whole course, ratings of the pain now alone, by the client's own day.
    """

    known: CourseFacts
    limits: Thresholds
    since: datetime
    since_what: str
    until: datetime
    signals_since: datetime
    pain_by_day: dict[date, float]
    times: list[TimeDue]
    happened: SinceRows

    @property
    def has_open_red_flag(self) -> bool:
        """Somebody has yet to close a sign of danger, or exercise texts are held for one."""
        return self.known.client.texts_held_at is not None or self.happened.has_red_flag


def since_facts(
    session: Session,
    known: CourseFacts,
    until: datetime,
    completed: Sequence[Assessment] | None = None,
) -> SinceFacts:
    """Since the last completed assessment, else since the course of care began. `completed` are all that
    were, newest first, where they are known.
    """
    client, course = known.client, known.course
    practice = session.get_one(Practice, client.practice_id)
    limits = thresholds_of(practice.thresholds, client.thresholds)
    last = _last_completed(session, client, completed)
    standing = known.ratings_until(until)
    since, since_what = _since(client, course, standing, last)
    judged_since = until - timedelta(days=limits.signal_days)
    began = course.since
    of_course = ((one.at, one.score) for one in comparable(standing) if began is None or one.at >= began)
    pain = pain_by_day(of_course, client.timezone)
    return SinceFacts(
        known=known,
        limits=limits,
        since=since,
        since_what=since_what,
        until=until,
        signals_since=judged_since,
        pain_by_day=pain,
        # Pain is compared with what was done the day before it was rated (`care.contrasts`).
        times=times_due(
            *(session, client.id, client.timezone, began, until),
            recent_since=judged_since,
            whole_since=min(since, judged_since),
            days=[day - A_DAY for day in pain],
        ),
        happened=since_rows(session, client.id, since, until),
    )


def _last_completed(
    session: Session, client: Client, completed: Sequence[Assessment] | None
) -> datetime | None:
    if completed is not None:
        return next((one.completed_at for one in completed), None)
    return session.scalar(
        select(func.max(Assessment.completed_at)).where(
            Assessment.client_id == client.id, Assessment.status == AssessmentStatus.COMPLETED
        )
    )


def _since(
    client: Client, course: Course, standing: list[Rated], last: datetime | None
) -> tuple[datetime, str]:
    """Where the brief begins, and what that was, in words. `last` is when one was last completed."""
    if last is not None and (course.since is None or last >= course.since):
        return last, "the last assessment"
    if course.since is not None:
        return course.since, "the start of the episode"
    known = [client.created_at, course.first_assigned_at, *(rating.at for rating in standing[:1])]
    return min(at for at in known if at is not None), "the first day here"
