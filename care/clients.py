"""Clients: their details, and how they are found."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import cache

from sqlalchemy import ColumnElement, Integer, Select, bindparam, null, select, update
from sqlalchemy.orm import Session, joinedload

from care.checks import (
    check_email,
    check_language,
    check_line,
    check_paragraphs,
    check_window,
    check_zone,
)
from care.errors import NotFound, Refused
from care.letters import give_letters
from care.models import (
    AttentionItem,
    AttentionStatus,
    Client,
    ClientStatus,
    NumberState,
    Practice,
    User,
)
from care.phones import PhoneBook, parse_phone
from care.searching import fold, has_all
from care.thresholds import PER_CLIENT, check_order, check_threshold, thresholds_of
from care.visibility import is_visible, is_visible_to, names_of, sees_all
from care.withdrawal import replan_client

# Fewer digits than this would match nearly every phone.
DIGITS_NEEDED = 3

WITH_PEOPLE = (joinedload(Client.practice), joinedload(Client.therapist))


@dataclass(frozen=True)
class ClientDetails:
    """A client as typed into the form. Without language or time zone, the practice's are used.

    `is_window_requested` says that the client asked for these hours themselves.
    """

    first_name: str
    last_name: str = ""
    phone: str | None = None
    language: str | None = None
    timezone: str | None = None
    email: str | None = None
    note: str = ""
    therapist_id: int | None = None
    window_from_time: time | None = None
    window_until_time: time | None = None
    is_window_requested: bool = False


def add_client(
    session: Session, practice: Practice, book: PhoneBook, details: ClientDetails, now: datetime
) -> Client:
    """A new client, not yet texted: that takes `care.consent`."""
    client = Client(practice_id=practice.id, practice=practice, created_at=now)
    _apply(session, client, practice, book, details, now)
    session.add(client)
    session.flush()
    give_letters(session, practice.id, client.phone_hash)
    return client


def update_client(
    session: Session, client: Client, book: PhoneBook, details: ClientDetails, now: datetime
) -> None:
    """A changed phone is a new start: nothing is known against it, and consent has to be given for it.

    What is planned follows the client's new clock and hours in the same transaction.
    """
    before, zone_before = _what_planning_follows(client), client.timezone
    therapist_before = client.therapist_id
    _apply(session, client, _practice_of(session, client), book, details, now)
    session.flush()
    if therapist_before is not None and client.therapist_id != therapist_before:
        pass_on(session, client, therapist_before)
    give_letters(session, client.practice_id, client.phone_hash)
    if _what_planning_follows(client) != before:
        replan_client(session, client.id, now, zone_before)


def _what_planning_follows(client: Client) -> tuple[object, ...]:
    return (client.timezone, client.window_from_time, client.window_until_time, client.phone is None)


def find_client(session: Session, client_id: int, seen_by: User) -> Client | None:
    return session.scalar(_one(sees_all(seen_by)), {"client": client_id} | names_of(seen_by))


@cache
def _one(of_all: bool) -> Select[Client]:
    """Built once: that takes longer than asking."""
    return _with_people().where(Client.id == bindparam("client", type_=Integer), is_visible(of_all=of_all))


def get_client(session: Session, client_id: int, seen_by: User) -> Client:
    """With practice and therapist loaded."""
    client = find_client(session, client_id, seen_by)
    if client is None:
        raise NotFound
    return client


def find_client_by_token(session: Session, practice_id: int, token: str) -> Client | None:
    return session.scalar(_with_people().where(Client.token == token, Client.practice_id == practice_id))


def find_clients(
    session: Session, seen_by: User, query: str = "", include_discharged: bool = False
) -> list[int]:
    """Their ids, by last name. The query is part of a name, in any case and accent, or of a phone.

    Phones, which may be sealed, are read only where somebody types one.
    """
    phone = Client.phone if len(_digits(query)) >= DIGITS_NEEDED else null()
    names = select(Client.last_name, Client.first_name, Client.id, phone)
    # Of thousands, so past the mapper: nothing mapped is asked for.
    everybody = session.connection().execute(names.where(*_listed(seen_by, include_discharged)))
    is_meant = _meant_by(query)
    meant = everybody if is_meant is None else (row for row in everybody if is_meant(row[1], row[0], row[3]))
    found = sorted((fold(f"{last_name}\0{first_name}"), id) for last_name, first_name, id, _phone in meant)
    return [id for _name, id in found]


def list_clients(
    session: Session, seen_by: User, query: str = "", include_discharged: bool = False
) -> list[Client]:
    """The same as rows, with practice and therapist loaded."""
    is_meant = _meant_by(query)
    found = [
        client
        for client in session.scalars(_with_people().where(*_listed(seen_by, include_discharged)))
        if is_meant is None or is_meant(client.first_name, client.last_name, client.phone)
    ]
    return sorted(found, key=lambda client: (fold(client.last_name), fold(client.first_name), client.id))


@dataclass(frozen=True)
class ListedClient:
    """What a list says of a client, discharged or not. Without a therapist, `therapist` is empty."""

    id: int
    name: str
    phone: str | None
    is_discharged: bool
    therapist_id: int | None
    therapist: str


def listed_clients(session: Session, client_ids: Sequence[int]) -> list[ListedClient]:
    """These clients, which the caller has found, in this order."""
    rows = session.execute(
        select(
            Client.id,
            Client.first_name,
            Client.last_name,
            Client.phone,
            Client.status,
            Client.therapist_id,
            User.name,
        )
        .outerjoin(User, User.id == Client.therapist_id)
        .where(Client.id.in_(client_ids))
    )
    found = {
        id: ListedClient(
            id,
            f"{first} {last}".strip(),
            phone,
            status is ClientStatus.DISCHARGED,
            therapist_id,
            therapist or "",
        )
        for id, first, last, phone, status, therapist_id, therapist in rows
    }
    return [found[id] for id in client_ids if id in found]


def list_clients_with_phone(session: Session, practice_id: int, phone_hash: str) -> list[Client]:
    """Who uses this phone in this practice, the active ones first: a couple may share one."""
    wanted = _with_people().where(Client.practice_id == practice_id, Client.phone_hash == phone_hash)
    return sorted(
        session.scalars(wanted), key=lambda client: (client.status is not ClientStatus.ACTIVE, client.id)
    )


def clients_by_id(session: Session, client_ids: Iterable[int], seen_by: User) -> dict[int, Client]:
    """Those of them the user may see, in one query: for lists that hold only ids."""
    wanted = _with_people().where(Client.id.in_(set(client_ids)), is_visible_to(seen_by))
    return {client.id: client for client in session.scalars(wanted)}


def text_number_again(session: Session, client: Client, now: datetime) -> None:
    """Somebody knows that the number is the client's and works: what lies ahead is laid out again."""
    if client.number_state is NumberState.OK:
        return
    client.number_state = NumberState.OK
    replan_client(session, client.id, now)


def pass_on(session: Session, client: Client, user_id: int) -> None:
    """What of the client waits for this user waits for the therapist from now on."""
    theirs = update(AttentionItem).where(
        AttentionItem.client_id == client.id,
        AttentionItem.owner_id == user_id,
        AttentionItem.status != AttentionStatus.CLOSED,
    )
    session.execute(theirs.values(owner_id=client.therapist_id))


def request_window(
    session: Session, client: Client, from_time: time, until_time: time, now: datetime
) -> None:
    """The client asked for these hours themselves, which may be as wide as 6:00am to 10:00pm."""
    window = check_window(from_time, until_time, is_requested=True)
    client.window_from_time, client.window_until_time = window
    client.window_requested_at = now
    replan_client(session, client.id, now)


def set_client_thresholds(
    session: Session, client: Client, practice: Practice, numbers: Mapping[str, int]
) -> None:
    """The numbers that differ for this client; for all others the practice's hold. All of them or none.

    Raises Refused for a number that no client has of their own, and for two that contradict each other.
    """
    for name, value in numbers.items():
        if name not in PER_CLIENT:
            raise Refused(f"There is no {name.replace('_', ' ')} of one client.")
        check_threshold(name, value)
    check_order(thresholds_of(practice.thresholds, numbers))
    client.thresholds = dict(numbers)
    session.flush()


def _apply(
    session: Session,
    client: Client,
    practice: Practice,
    book: PhoneBook,
    details: ClientDetails,
    now: datetime,
) -> None:
    """Everything is checked before anything changes."""
    therapist = check_therapist(session, client, details.therapist_id)
    email = check_email(details.email) if details.email and details.email.strip() else None
    window = _checked_window(client, details)
    typed = (details.phone or "").strip()
    phone = parse_phone(typed, practice.country) if typed else None
    values = {
        "first_name": check_line("First name", details.first_name, 60),
        "last_name": check_line("Last name", details.last_name, 60, may_be_empty=True),
        "language": check_language(details.language or practice.language),
        "timezone": check_zone(details.timezone or practice.timezone),
        "note": check_paragraphs("Note", details.note),
    }
    for name, value in values.items():
        setattr(client, name, value)
    client.therapist, client.email = therapist, email
    _set_window(client, window, details.is_window_requested, now)
    _set_phone(client, phone, book)


def _set_phone(client: Client, phone: str | None, book: PhoneBook) -> None:
    if phone == client.phone:
        return
    client.phone = phone
    client.phone_hash = book.hash(phone) if phone else None
    client.number_state = NumberState.OK
    client.letter = None


def _checked_window(client: Client, details: ClientDetails) -> tuple[time, time] | None:
    from_time, until_time = details.window_from_time, details.window_until_time
    if from_time is None and until_time is None:
        return None
    if from_time is None or until_time is None:
        raise Refused("Window must have both a beginning and an end.")
    is_requested = details.is_window_requested or client.window_requested_at is not None
    return check_window(from_time, until_time, is_requested=is_requested)


def _set_window(client: Client, window: tuple[time, time] | None, is_requested: bool, now: datetime) -> None:
    client.window_from_time, client.window_until_time = window or (None, None)
    if window is None:
        client.window_requested_at = None
    elif is_requested:
        client.window_requested_at = client.window_requested_at or now


def check_therapist(session: Session, client: Client, therapist_id: int | None) -> User | None:
    """One who has left may keep their clients, but is given no new ones; the front desk treats nobody."""
    if therapist_id is None:
        return None
    therapist = session.get(User, therapist_id)
    if therapist is None or therapist.practice_id != client.practice_id:
        raise Refused("Choose a therapist of this practice.")
    if therapist.is_front_desk and client.therapist_id != therapist_id:
        raise Refused(f"{therapist.name} is front desk. Choose a therapist or an admin.")
    if not therapist.is_active and client.therapist_id != therapist_id:
        raise Refused(f"{therapist.name} no longer signs in. Choose another therapist.")
    return therapist


def _practice_of(session: Session, client: Client) -> Practice:
    return session.get_one(Practice, client.practice_id)


def _with_people() -> Select[Client]:
    return select(Client).options(*WITH_PEOPLE)


def _listed(seen_by: User, include_discharged: bool) -> Iterator[ColumnElement[bool]]:
    yield is_visible_to(seen_by)
    if not include_discharged:
        yield Client.status == ClientStatus.ACTIVE


def _meant_by(query: str) -> Callable[[str, str, str | None], bool] | None:
    """Whether somebody who types this may mean a client of this first and last name and phone. None where
    nothing is typed: then everybody is meant, which need not be asked of each of thousands.
    """
    if not query.strip():
        return None
    digits, words = _digits(query), fold(query).split()
    has_digits = len(digits) >= DIGITS_NEEDED

    def is_meant(first_name: str, last_name: str, phone: str | None) -> bool:
        return has_all(words, first_name, last_name) or (has_digits and digits in (phone or ""))

    return is_meant


def _digits(query: str) -> str:
    return "".join(mark for mark in query if mark.isdigit())
