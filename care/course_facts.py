"""A client's course of care, read once for all parts of a page: episodes, plans with exercises, ratings."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from care.episodes import list_episodes
from care.models import Assignment, AssignmentStatus, Client, Episode, PlanStatus
from care.pain import Course, start_of
from care.plan_changes import PlanVersion, list_versions
from care.ratings import Rated, list_ratings


@dataclass(frozen=True)
class PlanFacts:
    """`versions` of the plan oldest first, `ratings` that stand oldest first."""

    client: Client
    versions: list[PlanVersion]
    ratings: list[Rated]

    @property
    def assignments(self) -> list[Assignment]:
        """Of every version, in the order of the plans."""
        return [one for version in self.versions for one in version.assignments]

    @property
    def running(self) -> PlanVersion | None:
        """The newest version that was not ended."""
        active = [one for one in self.versions if one.plan.status is PlanStatus.ACTIVE]
        return active[-1] if active else None

    @property
    def active(self) -> list[Assignment]:
        """What is being done now, or paused."""
        return [one for one in self.assignments if one.status is AssignmentStatus.ACTIVE]

    def ratings_until(self, now: datetime) -> list[Rated]:
        return [one for one in self.ratings if one.at <= now]


@dataclass(frozen=True)
class CourseFacts(PlanFacts):
    """With all `episodes`, newest first."""

    episodes: list[Episode]

    @property
    def course(self) -> Course:
        """As `care.pain.current_course` finds it: of the newest episode, without any of all there is."""
        since = start_of(self.episodes[0].started_on, self.client.timezone) if self.episodes else None
        given = (one.created_at for one in self.assignments)
        return Course(since, min((at for at in given if at >= (since or at)), default=None))


def plan_facts(session: Session, client: Client) -> PlanFacts:
    return PlanFacts(client, list_versions(session, client), list_ratings(session, client.id))


def course_facts(session: Session, client: Client) -> CourseFacts:
    return CourseFacts(
        client=client,
        episodes=list_episodes(session, client),
        versions=list_versions(session, client),
        ratings=list_ratings(session, client.id),
    )
