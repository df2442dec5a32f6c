"""A client or a whole practice as FHIR R4 resources, one after the other, each naming only what is there."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from care.fhir import answers, findings, given, outside, people
from care.fhir.shapes import Resource
from care.models import (
    Assessment,
    AssessmentStatus,
    Assignment,
    Client,
    ConsentEvent,
    Finding,
    Goal,
    Message,
    Occurrence,
    OutsideProgram,
    Plan,
    Practice,
    Rating,
    Reply,
    Role,
    User,
    Visit,
)

BATCH = 200


def export_fhir(session: Session, practice: Practice, client: Client | None = None) -> Iterator[Resource]:
    """One client with whom they name, or everybody. Resources come as dictionaries ready for JSON.

    Valid against FHIR R4; what nobody answered is absent, or a Task without an end, and never zero.
    Reads in batches of clients, so that a large practice can be written line by line (NDJSON).
    """
    yield people.organization(practice)
    yield from people.practitioners(practice, _users(session, practice, client))
    for batch in _clients(session, practice, client):
        for one in batch:
            yield from _everything_of(session, practice, one)


def _users(session: Session, practice: Practice, client: Client | None) -> Sequence[User]:
    """Who treats. A single client's file names only those who treated them."""
    wanted = select(User).where(User.practice_id == practice.id).order_by(User.id)
    if client is None:
        return session.scalars(wanted.where(User.role != Role.FRONT_DESK)).all()
    columns = (Visit.user_id, Plan.created_by_id, Rating.user_id, Assessment.user_id)
    named: set[int | None] = {client.therapist_id}
    for column in columns:
        table: Any = column.class_
        named |= set(session.scalars(select(column).where(table.client_id == client.id)))
    return session.scalars(wanted.where(User.id.in_([one for one in named if one is not None]))).all()


def _clients(session: Session, practice: Practice, client: Client | None) -> Iterator[Sequence[Client]]:
    if client is not None:
        yield [client]
        return
    last = 0
    wanted = select(Client).where(Client.practice_id == practice.id).order_by(Client.id).limit(BATCH)
    while batch := session.scalars(wanted.where(Client.id > last)).all():
        yield batch
        last = batch[-1].id


def _everything_of(session: Session, practice: Practice, client: Client) -> Iterator[Resource]:
    def rows(table: Any, *order: Any) -> Any:
        return session.scalars(select(table).where(table.client_id == client.id).order_by(*order, table.id))

    goals: list[Goal] = list(rows(Goal))
    visits: dict[int, Visit] = {one.id: one for one in rows(Visit)}
    plans: dict[int, Plan] = {one.id: one for one in rows(Plan)}
    assignments = _assignments(session, client)
    replies: dict[int, Reply] = {one.id: one for one in rows(Reply)}
    messages: dict[int, Message] = {one.id: one for one in rows(Message)}
    by_plan: dict[int, list[Assignment]] = defaultdict(list)
    for one in assignments.values():
        by_plan[one.plan_id].append(one)

    yield people.patient(practice, client)
    yield from people.goals(client, goals)
    yield from people.consents(practice, client, list(rows(ConsentEvent, ConsentEvent.at)))
    yield from given.encounters(practice, client, list(visits.values()))
    yield from given.care_plans(practice, client, list(plans.values()), by_plan, goals, visits)
    yield from outside.outside_care_plans(client, rows(OutsideProgram))
    yield from given.service_requests(practice, client, plans, assignments.values(), visits)
    occurrences: Iterable[Occurrence] = rows(Occurrence, Occurrence.due_at)
    yield from given.tasks(client, assignments, occurrences)
    ratings: list[Rating] = list(rows(Rating, Rating.at))
    yield from answers.questionnaire_responses(client, replies.values(), messages)
    yield from answers.pain_observations(practice, client, ratings, replies, visits)
    yield from answers.declined_observations(client, replies.values())
    measured: dict[int, list[Finding]] = defaultdict(list)
    for finding in rows(Finding, Finding.position):
        measured[finding.assessment_id].append(finding)
    completed = [one for one in rows(Assessment) if one.status is AssessmentStatus.COMPLETED]
    yield from findings.finding_resources(practice, client, completed, measured, visits)
    yield from answers.communications(practice, client, messages.values())


def _assignments(session: Session, client: Client) -> dict[int, Assignment]:
    wanted = (
        select(Assignment)
        .where(Assignment.client_id == client.id)
        .options(joinedload(Assignment.exercise))
        .order_by(Assignment.id)
    )
    return {one.id: one for one in session.scalars(wanted)}
