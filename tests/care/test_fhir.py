"""Records as FHIR R4: valid, whole, and silent about what nobody said."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.db import Database
from care.fhir import export_fhir
from care.models import (
    Client,
    ConsentAction,
    ConsentPurpose,
    Message,
    Occurrence,
    OccurrenceStatus,
    OutsideProgram,
    Plan,
    Practice,
    Rating,
    RatingSource,
    Reply,
    Visit,
)
from care.phones import PhoneBook
from tests.care.fhir_checks import faults
from tests.care.portable_world import make_world
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    MONDAY_NOON,
    make_assignment,
    make_client,
    make_consent,
    make_exercise,
    make_practice,
    make_visit,
)

Resources = list[dict[str, Any]]


def of_kind(resources: Resources, kind: str) -> Resources:
    return [one for one in resources if one["resourceType"] == kind]


def exported(session: Session, client: Client) -> Resources:
    session.flush()
    return list(export_fhir(session, practice_of(session, client), client))


def practice_of(session: Session, client: Client) -> Practice:
    return session.get_one(Practice, client.practice_id)


def make_occurrence(session: Session, client: Client, status: OccurrenceStatus) -> None:
    given = make_assignment(session, client, make_exercise(session, practice_of(session, client)))
    row = Occurrence(
        practice_id=client.practice_id,
        client_id=client.id,
        assignment_id=given.id,
        slot_on=MONDAY,
        slot_time=MONDAY_9AM.time(),
        due_at=MONDAY_9AM,
        closes_at=MONDAY_9AM + timedelta(hours=24),
        status=status,
    )
    session.add(row)


def make_rating(session: Session, client: Client, score: float, **changes: Any) -> Rating:
    values = {"source": RatingSource.TEXT, "at": MONDAY_NOON} | changes
    row = Rating(practice_id=client.practice_id, client_id=client.id, score=score, **values)
    session.add(row)
    session.flush()
    return row


def test_a_practice_with_a_record_of_every_kind_is_valid_r4(session: Session, book: PhoneBook) -> None:
    practice = make_world(session, book)

    resources = list(export_fhir(session, practice))

    assert faults(resources) == []
    assert {one["resourceType"] for one in resources} == {
        "Organization", "Practitioner", "PractitionerRole", "Patient", "Goal", "Consent", "Encounter",
        "CarePlan", "ServiceRequest", "Task", "Observation", "QuestionnaireResponse", "Communication",
    }  # fmt: skip


def test_everything_of_the_practice_is_in_the_file_and_nothing_of_another(
    session: Session, book: PhoneBook
) -> None:
    practice = make_world(session, book)
    make_world(session, book, "Hillside")
    kinds = {
        "Patient": [Client],
        "Encounter": [Visit],
        "CarePlan": [Plan, OutsideProgram],
        "Task": [Occurrence],
    }

    resources = list(export_fhir(session, practice))

    for kind, tables in kinds.items():
        counts = [
            session.scalar(select(func.count()).where(table.practice_id == practice.id)) for table in tables
        ]
        assert len(of_kind(resources, kind)) == sum(counts), kind
    texts = select(func.count()).where(Message.practice_id == practice.id)
    of_clients = texts.where(Message.client_id.is_not(None))
    assert len(of_kind(resources, "Communication")) == session.scalar(of_clients)
    assert "Hillside" not in str(resources)


def test_one_client_is_exported_with_whom_they_name_and_nobody_else(
    any_database: Database, book: PhoneBook
) -> None:
    with any_database.sessions() as session:
        practice = make_world(session, book)
        client = session.scalars(select(Client).where(Client.phone_hash == book.hash("+12025550101"))).one()

        resources = list(export_fhir(session, practice, client))

    assert faults(resources) == []
    assert len(of_kind(resources, "Patient")) == 1
    assert of_kind(resources, "Practitioner")


def test_ids_are_the_same_in_the_next_export_and_tell_nothing(session: Session, book: PhoneBook) -> None:
    practice = make_world(session, book)

    first = [one["id"] for one in export_fhir(session, practice)]

    assert first == [one["id"] for one in export_fhir(session, practice)]
    assert not any(id.isdigit() for id in first)


@pytest.mark.parametrize(
    ("status", "task", "means"),
    [
        (OccurrenceStatus.OPEN, "requested", None),
        (OccurrenceStatus.DONE, "completed", "done"),
        (OccurrenceStatus.PARTIAL, "completed", "partly done"),
        (OccurrenceStatus.SKIPPED, "failed", "skipped by the client"),
        (OccurrenceStatus.UNKNOWN, "requested", "no reply"),
        (OccurrenceStatus.CANCELLED, "cancelled", "no longer due"),
    ],
)
def test_what_nobody_answered_stays_requested(
    session: Session, status: OccurrenceStatus, task: str, means: str | None
) -> None:
    client = make_client(session, make_practice(session))
    make_occurrence(session, client, status)

    (one,) = of_kind(exported(session, client), "Task")

    assert one["status"] == task
    assert one.get("businessStatus", {}).get("text") == means
    assert ("output" in one) == (status is OccurrenceStatus.DONE)


def test_pain_of_zero_is_a_value_and_no_answer_is_no_observation(session: Session) -> None:
    client = make_client(session, make_practice(session))
    assert of_kind(exported(session, client), "Observation") == []
    make_rating(session, client, 0)

    (one,) = of_kind(exported(session, client), "Observation")

    assert one["valueQuantity"]["value"] == 0
    assert one["code"]["coding"][0]["code"] == "72514-3"
    assert one["code"]["text"] == "Pain right now"


def test_a_corrected_rating_stands_alone_and_says_so(session: Session) -> None:
    client = make_client(session, make_practice(session))
    wrong = make_rating(session, client, 8)
    wrong.superseded_by_id = make_rating(session, client, 3, label="knee", recall="worst_24h").id

    (one,) = of_kind(exported(session, client), "Observation")

    assert (one["status"], one["valueQuantity"]["value"]) == ("corrected", 3)
    assert one["code"]["text"] == "Worst pain, last 24 h: knee"


def test_a_client_who_would_not_give_a_number_is_an_absent_value(session: Session) -> None:
    client = make_client(session, make_practice(session))
    message = Message(
        practice_id=client.practice_id,
        client_id=client.id,
        direction="in",
        phone="+12025550101",
        phone_hash="x",
        body="skip",
        status="received",
        at=MONDAY_NOON,
    )
    session.add(message)
    session.flush()
    reply = Reply(
        practice_id=client.practice_id,
        client_id=client.id,
        message_id=message.id,
        context="pain_prompt",
        intents=["skipped"],
        at=MONDAY_NOON,
    )
    session.add(reply)

    resources = exported(session, client)

    (one,) = of_kind(resources, "Observation")
    assert one["dataAbsentReason"]["coding"][0]["code"] == "asked-declined"
    assert faults(resources) == []


def test_a_withdrawn_consent_leaves_only_the_withdrawal_active(session: Session) -> None:
    client = make_client(session, make_practice(session), has_consent=False)
    make_consent(session, client, at=MONDAY_8AM, wording="Yes, text me.")
    make_consent(session, client, at=MONDAY_9AM, action=ConsentAction.WITHDRAWN)
    make_consent(session, client, at=MONDAY_9AM, purpose=ConsentPurpose.SHARING, phone_hash=None)

    given, withdrawn, sharing = of_kind(exported(session, client), "Consent")

    assert [one["status"] for one in (given, withdrawn, sharing)] == ["inactive", "active", "active"]
    assert [one["provision"]["type"] for one in (given, withdrawn, sharing)] == ["permit", "deny", "permit"]
    assert base64.b64decode(given["sourceAttachment"]["data"]).decode() == "Yes, text me."


def test_a_schedule_says_how_often_on_which_days_and_at_what_time(session: Session) -> None:
    client = make_client(session, make_practice(session))
    exercise = make_exercise(session, practice_of(session, client))
    make_assignment(session, client, exercise, times=["09:00", "18:30"], weekdays=[0, 2, 4], starts_on=MONDAY)
    make_assignment(session, client, exercise, times=["09:00"], weekdays=[], every_days=3, starts_on=MONDAY)

    by_days, by_interval = (
        one["occurrenceTiming"]["repeat"] for one in of_kind(exported(session, client), "ServiceRequest")
    )

    assert (by_days["frequency"], by_days["period"], by_days["periodUnit"]) == (2, 1, "d")
    assert by_days["dayOfWeek"] == ["mon", "wed", "fri"]
    assert by_days["timeOfDay"] == ["09:00:00", "18:30:00"]
    assert (by_interval["frequency"], by_interval["period"]) == (1, 3)
    assert "dayOfWeek" not in by_interval


def test_names_with_signs_of_markup_stay_words(session: Session) -> None:
    client = make_client(session, make_practice(session), first_name="<b>Jo</b>")
    exercise = make_exercise(session, practice_of(session, client), name="Reach <script>")
    make_visit(session, client, complaint="a & b")
    make_assignment(session, client, exercise)

    resources = exported(session, client)

    (plan,) = of_kind(resources, "CarePlan")
    assert "Reach &lt;script&gt;" in plan["text"]["div"]
    assert faults(resources) == []
