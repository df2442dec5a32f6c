"""Patients of another system: read, compared with who is here, and added without a text."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.errors import Refused
from care.fhir import add_patients, as_patients, read_patients
from care.fhir.importing import MOST_PATIENTS
from care.models import Client, ConsentEvent, Practice
from care.phones import PhoneBook
from tests.making import MONDAY_NOON, make_client, make_practice


def person(family: str = "Berg", phone: str | None = "202-555-0123", **fields: Any) -> dict[str, Any]:
    telecom = [{"system": "phone", "value": phone}] if phone else []
    return {
        "resourceType": "Patient",
        "name": [{"given": ["Ann"], "family": family}],
        "telecom": telecom,
    } | fields


def bundle(*resources: Any) -> str:
    return json.dumps(
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}
    )


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


def test_patients_become_clients_whom_nobody_texts(
    session: Session, book: PhoneBook, practice: Practice
) -> None:
    spanish = {"communication": [{"language": {"coding": [{"code": "es-MX"}]}, "preferred": True}]}
    found = read_patients(
        session, practice, book, bundle(person(**spanish), {"resourceType": "Practitioner"})
    )

    (client,) = add_patients(session, practice, book, found.new, None, MONDAY_NOON)

    assert (client.name, client.phone, client.language) == ("Ann Berg", "+12025550123", "es")
    assert client.timezone == practice.timezone
    assert session.scalars(select(ConsentEvent)).all() == []


def test_looking_stores_nothing(session: Session, book: PhoneBook, practice: Practice) -> None:
    read_patients(session, practice, book, bundle(person()))

    assert session.scalars(select(Client)).all() == []


def test_who_is_here_already_is_left_alone(session: Session, book: PhoneBook, practice: Practice) -> None:
    make_client(session, practice, phone="+12025550123", phone_hash=book.hash("+12025550123"))
    make_client(session, practice, phone=None, phone_hash=None, first_name="Ann", last_name="Ek")

    found = read_patients(
        session,
        practice,
        book,
        bundle(person("Other"), person("EK", None), person("New", None), person("New", None)),
    )

    assert [one.name for one in found.new] == ["Ann New"]
    assert [one.name for one in found.known] == ["Ann Other", "Ann EK", "Ann New"]


def test_a_namesake_with_another_number_is_new_and_pointed_out(
    session: Session, book: PhoneBook, practice: Practice
) -> None:
    make_client(session, practice, phone="+12025550177", phone_hash="x", first_name="Ann", last_name="Berg")

    found = read_patients(session, practice, book, bundle(person(), person("Other", "202-555-0124")))

    assert [(one.name, one.namesake) for one in found.new] == [("Ann Berg", True), ("Ann Other", False)]


def test_somebody_elses_clients_do_not_count_as_here(
    session: Session, book: PhoneBook, practice: Practice
) -> None:
    other = make_practice(session, name="Hillside")
    make_client(session, other, phone="+12025550123", phone_hash=book.hash("+12025550123"))

    assert len(read_patients(session, practice, book, bundle(person())).new) == 1


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": []}, "There is no name."),
        ({"deceasedBoolean": True}, "died"),
        ({"active": False}, "no longer active"),
        ({"telecom": [{"system": "sms", "value": "12"}]}, "Phone must be"),
    ],
)
def test_whom_we_cannot_take_is_left_out_with_the_reason(
    session: Session, book: PhoneBook, practice: Practice, fields: dict[str, Any], says: str
) -> None:
    found = read_patients(session, practice, book, bundle(person(**fields), person("Fine", "202-555-0124")))

    assert [says in one.problem for one in found.refused] == [True]
    assert [one.name for one in found.new] == ["Ann Fine"]


def test_the_mobile_number_in_use_is_taken(session: Session, book: PhoneBook, practice: Practice) -> None:
    numbers = [
        {"system": "phone", "value": "202-555-0101", "use": "home"},
        {"system": "phone", "value": "202-555-0102", "use": "old"},
        {"system": "phone", "value": "202-555-0103", "use": "mobile"},
    ]

    (one,) = read_patients(session, practice, book, bundle(person(telecom=numbers))).new

    assert one.details.phone == "+12025550103"


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ({"text": "Ann Marie Berg"}, "Ann Marie", "Berg"),
        ({"text": "Cher"}, "Cher", ""),
        ({"given": ["Ann", "Marie"], "family": "Berg"}, "Ann Marie", "Berg"),
        ({"family": "Berg"}, "Berg", ""),
    ],
)
def test_names_come_in_many_shapes(
    session: Session, book: PhoneBook, practice: Practice, name: dict[str, Any], first: str, last: str
) -> None:
    (one,) = read_patients(session, practice, book, json.dumps(person(name=[name]))).new

    assert (one.details.first_name, one.details.last_name) == (first, last)


@pytest.mark.parametrize(
    "text", ["", "hello", "[1, 2]", '{"resourceType": "Bundle", "entry": 4}', "[" * 5000]
)
def test_another_file_is_refused_with_what_to_do(
    session: Session, book: PhoneBook, practice: Practice, text: str
) -> None:
    with pytest.raises(Refused, match=r"Choose a Bundle|try again"):
        read_patients(session, practice, book, text)


def test_too_many_at_once_are_refused(session: Session, book: PhoneBook, practice: Practice) -> None:
    lines = "\n".join(json.dumps(person(f"N{number}", None)) for number in range(MOST_PATIENTS + 1))

    with pytest.raises(Refused, match="at most 500"):
        read_patients(session, practice, book, lines)


def test_what_was_kept_of_a_file_finds_the_same_people(
    session: Session, book: PhoneBook, practice: Practice
) -> None:
    first = read_patients(session, practice, book, bundle(person("Börg"), person("New", None, active=True)))

    again = read_patients(session, practice, book, as_patients(first.new))

    assert [one.details for one in again.new] == [one.details for one in first.new]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["resourceType", "name", "given", "family", "telecom", "entry", "resource", "language"]
            ),
            inside,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ANYTHING, max_size=3))
def test_whatever_a_file_holds_it_is_read_or_refused_in_a_sentence(
    session: Session, book: PhoneBook, practice: Practice, rows: list[Any]
) -> None:
    patients = [{"resourceType": "Patient", "name": row, "telecom": row} for row in rows]
    said = ""
    try:
        found = read_patients(session, practice, book, bundle(*patients, *rows))
    except Refused as refusal:
        said = str(refusal)
    else:
        assert len(found.new + found.known + found.refused) >= len(rows)

    assert not said or said.endswith(".")
