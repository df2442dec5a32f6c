"""What the After visit page knows of its client: the running plan, the diary, the library."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from care import plans
from care.alternatives import alternatives
from care.client_facts import client_facts
from care.clients import get_client
from care.drafts import is_begun
from care.exercises import exercises_by_id, list_exercises
from care.models import Assignment, Client, Draft, Episode, Exercise, Precaution, Template, User, Visit
from care.recurrence import instant_of
from care.templates import list_templates

SHORTEST_QUERY = 2
MOST_SUGGESTIONS = 6


@dataclass(frozen=True)
class Desk:
    """Looked up once per request. `running` is the plan of now, or the last one; `planned` the visit of
    today this page is about, if it was planned; `coming` the next one on a later day; `episode` the one
    the client is in; `draft` the form as the user left it."""

    session: Session
    user: User
    client: Client
    now: datetime
    running: list[Assignment]
    precautions: list[Precaution]
    planned: Visit | None
    coming: Visit | None
    episode: Episode | None
    templates: list[Template]
    draft: Draft | None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.client.timezone)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def hour_of_visit(self) -> datetime:
        """When this visit began on the client's clock: as planned, else the quarter of an hour it is now."""
        if self.planned is not None:
            return self.planned.starts_at.astimezone(self.zone)
        local = self.now.astimezone(self.zone)
        return local.replace(minute=local.minute // 15 * 15)

    def last_dose(self, exercise: Exercise) -> Assignment | None:
        """How the client did this exercise last."""
        return plans.last_given(self.session, self.client, exercise.id)

    def alternatives(self, exercise: Exercise, taken: Collection[int]) -> list[Exercise]:
        """What could stand in its place, the most alike first; the one thing that looks through them all."""
        library = list_exercises(self.session, self.client.practice_id)
        return alternatives(exercise, library, self.precautions, taken)

    def exercises(self, ids: Iterable[int]) -> dict[int, Exercise]:
        """Those of these that are in the practice's library, retired ones too."""
        return exercises_by_id(self.session, self.client.practice_id, ids)

    def search(self, query: str) -> list[Exercise]:
        """What the words typed find in the library."""
        return first_matches(self.session, self.client.practice_id, query)


def first_matches(session: Session, practice_id: int, query: str) -> list[Exercise]:
    """What is not retired, those found by name first; none for less than two letters."""
    if len(query) < SHORTEST_QUERY:
        return []
    return list_exercises(session, practice_id, query=query, limit=MOST_SUGGESTIONS)


def look_up(session: Session, client_id: int, user: User, now: datetime) -> Desk:
    """Raises NotFound for a client who is not the user's."""
    client = get_client(session, client_id, seen_by=user)
    zone = ZoneInfo(client.timezone)
    today = now.astimezone(zone).date()
    midnight = instant_of(today, time(0), zone)
    next_midnight = instant_of(today + timedelta(days=1), time(0), zone)
    facts = client_facts(session, client.id, user, next_midnight, since=midnight)
    condition = facts.episode.condition_category if facts.episode else None
    return Desk(
        session=session,
        user=user,
        client=client,
        now=now,
        running=plans.last_plan(session, client),
        precautions=facts.precautions,
        planned=facts.planned_before,
        coming=facts.next_visit,
        episode=facts.episode,
        templates=list_templates(session, client.practice_id, condition=condition),
        draft=facts.draft if is_begun(facts.draft, now) else None,
    )
