"""The first text of a plan brings the link to the client's page, once, and only while it works."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from care.client_links import find_client_by, promise_link, renew_link, revoke_links
from care.db import Database
from care.merging import merge
from care.models import Client, Practice, Role
from reminders.gateway import Postponed
from reminders.preview import upcoming
from reminders.segments import count_parts
from tests.making import (
    MONDAY_8AM,
    MONDAY_9AM,
    make_assignment,
    make_client,
    make_exercise,
    make_follow_up,
    make_user,
)
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import DAY, HOUR, PUBLIC_URL, Life, begin

USUAL = "Riverside: Maria, time for your home stretches."


def promised(database: Database, **changes) -> Life:
    """A client whose plan of one exercise at nine every day brings the link with its first text."""
    life = begin(database, practice={"name": "Riverside"}, **changes)

    def give(session, client: Client) -> None:
        practice = session.get_one(Practice, client.practice_id)
        make_assignment(session, client, make_exercise(session, practice))
        promise_link(session, client, PUBLIC_URL, MONDAY_8AM)

    life.change(give)
    return life


@pytest.fixture
def life(any_database: Database) -> Life:
    return promised(any_database)


def address(life: Life) -> str | None:
    return life.change(lambda session, client: client.link_to_tell)


def loaded(session: Session) -> Client:
    return session.scalars(select(Client).options(joinedload(Client.practice))).one()


def days_of(life: Life, gateway: CountingGateway, count: int) -> list[str]:
    """What goes out at nine on so many days."""
    for day in range(count):
        life.plan(MONDAY_8AM + day * DAY)
        life.drain(gateway, MONDAY_9AM + day * DAY)
    return gateway.bodies


def test_the_first_text_brings_the_link_and_the_second_is_as_usual(life: Life) -> None:
    link = address(life)

    first, second = days_of(life, CountingGateway(), 2)

    assert first == (
        f"Riverside: Maria, your home exercises are ready: {link} Reply DONE when finished or SKIP."
    )
    assert second.startswith(USUAL)
    assert address(life) is None
    assert count_parts(first).parts == 1


def test_the_preview_says_what_goes_out_and_changes_nothing(life: Life) -> None:
    def look(session, client: Client) -> list[str]:
        return [text.body for text in upcoming(session, loaded(session), MONDAY_8AM, days=3)]

    foretold = life.change(look)

    assert days_of(life, CountingGateway(), 2) == foretold[:2]


def test_in_spanish_it_fits_one_text_too(sqlite: Database) -> None:
    life = promised(sqlite, language="es")
    link = address(life)

    [first] = days_of(life, CountingGateway(), 1)

    assert first == (f"Riverside: Maria, sus ejercicios en casa: {link} Responda LISTO al terminar o SALTAR.")
    assert (count_parts(first).parts, count_parts(first).encoding) == (1, "GSM-7")


def test_on_a_shared_phone_it_says_whose_it_is(sqlite: Database) -> None:
    [first] = days_of(promised(sqlite, letter="A"), CountingGateway(), 1)

    assert "A (Maria), your home exercises: https://" in first
    assert first.endswith("Reply A DONE or A SKIP.")


def test_a_text_the_provider_did_not_take_brings_it_when_it_goes_after_all(life: Life) -> None:
    gateway = CountingGateway([Postponed("busy")])
    days_of(life, gateway, 1)
    waits = address(life)

    life.drain(gateway, MONDAY_9AM + HOUR)

    assert waits is not None
    assert [waits in body for body in gateway.bodies] == [True, True]
    assert address(life) is None


def ask_pain_at_nine(life: Life) -> None:
    life.change(
        lambda session, client: make_follow_up(
            session, client, due_on=MONDAY_9AM.date(), at_time=MONDAY_9AM.time().replace(hour=9)
        )
    )


def test_a_first_text_that_asks_for_pain_too_brings_the_link_as_well(life: Life) -> None:
    link = address(life)
    ask_pain_at_nine(life)

    first, second = days_of(life, CountingGateway(), 2)

    assert first == (
        f"Riverside: Maria, your exercises: {link} Reply DONE and your pain now, 0 to 10: DONE 4"
    )
    assert "/c/" not in second
    assert address(life) is None
    assert count_parts(first).parts == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"language": "es"}, "Maria, sus ejercicios: https://"),
        ({"letter": "A"}, "A (Maria), exercises: https://"),
        ({"letter": "A", "language": "es"}, "A (Maria), ejercicios: https://"),
    ],
)
def test_it_fits_one_text_in_spanish_and_on_a_shared_phone(sqlite: Database, changes, said: str) -> None:
    life = promised(sqlite, **changes)
    ask_pain_at_nine(life)
    [foretold] = life.change(lambda session, client: upcoming(session, loaded(session), MONDAY_8AM, days=1))

    [first] = days_of(life, CountingGateway(), 1)

    assert said in first
    assert (count_parts(first).parts, count_parts(first).encoding) == (1, "GSM-7")
    assert (foretold.body, foretold.text_key) == (first, "reminder_first_pain")


def test_a_link_taken_back_is_not_brought(sqlite: Database) -> None:
    life = promised(sqlite)
    life.change(lambda session, client: revoke_links(session, client, MONDAY_8AM))

    [first] = days_of(life, CountingGateway(), 1)

    assert first.startswith(USUAL)


def test_a_renewed_link_is_the_one_that_is_brought_when_promised_anew(sqlite: Database) -> None:
    life = promised(sqlite)
    before = address(life)

    def renew(session, client: Client) -> None:
        renew_link(session, client, MONDAY_8AM)
        promise_link(session, client, PUBLIC_URL, MONDAY_8AM)

    life.change(renew)
    [first] = days_of(life, CountingGateway(), 1)

    assert before is not None
    assert before not in first
    assert "/c/" in first


def test_a_practices_own_words_bring_it(sqlite: Database) -> None:
    own = {"en": {"reminder_first": "{practice}: Hello {first}. {link} Reply DONE or SKIP."}}
    life = promised(sqlite)
    life.change(lambda session, _: setattr(session.get_one(Practice, life.practice.id), "wording", own))
    link = address(life)

    [first] = days_of(life, CountingGateway(), 1)

    assert first == f"Riverside: Hello Maria. {link} Reply DONE or SKIP."


@pytest.mark.parametrize("has_one", [False, True])
def test_a_promised_link_outlives_a_merge_unless_the_phone_that_stays_has_one(
    sqlite: Database, has_one: bool
) -> None:
    life = promised(sqlite)
    promise = address(life)
    with sqlite.sessions.begin() as session:
        kept = make_client(session, life.practice, created_at=MONDAY_8AM)
        if has_one:
            renew_link(session, kept, MONDAY_8AM)
        admin = make_user(session, life.practice, role=Role.ADMIN)
        other = session.get_one(Client, life.client.id)
        merge(session, kept, other, admin, MONDAY_8AM, at=MONDAY_8AM)
        kept_id, phone = kept.id, kept.phone
    gateway = CountingGateway()
    life.plan(MONDAY_8AM)

    life.drain(gateway, MONDAY_9AM)

    assert [out.to for out in gateway.sent] == [phone]
    assert (str(promise) in gateway.bodies[0]) is not has_one
    with sqlite.sessions.begin() as session:
        found = find_client_by(session, str(promise).rsplit("/", 1)[1], MONDAY_9AM)
        assert found is not None
        assert (found.client.id, found.works) == (kept_id, True)
