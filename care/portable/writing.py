"""Export: one practice after the other, or one client, as records that refer only to each other."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, func, or_, select, union
from sqlalchemy.orm import Session

from care.errors import Refused
from care.merging import merged_from
from care.models import (
    Assignment,
    Client,
    ConsentPurpose,
    Cosign,
    DeliveryEvent,
    Exercise,
    Message,
    OptOut,
    Practice,
    Reminder,
    ReminderKind,
)
from care.photos import photo_as_text
from care.portable import keys
from care.portable.format import INSIDE_CLIENT, TYPES, Field, RecordType
from care.portable.values import to_json

Record = dict[str, Any]
BATCH = 500
# These stand inside their client, or have no number to be named by.
NOT_ALONE = frozenset((*INSIDE_CLIENT.values(), "practice", "opt_out"))


def export_records(
    session: Session, practice_id: int | None, client_token: str | None = None
) -> Iterator[Record]:
    """Everything of a practice, or of all; or one client, to be read into a practice of the same name.

    Rows that refer to each other are read at one moment only inside a transaction that holds still;
    what comes into being meanwhile is left out. Raises Refused when there is no such practice or client.
    """
    wanted = select(Practice).order_by(Practice.id)
    if practice_id is not None:
        wanted = wanted.where(Practice.id == practice_id)
    client = None
    if client_token is not None:
        client = client_by_reference(session, client_token, practice_id)
        wanted = wanted.where(Practice.id == client.practice_id)
    practices = list(session.scalars(wanted))
    if practice_id is not None and not practices:
        raise Refused("There is no such practice.")
    return _write(session, practices, client)


def client_by_reference(session: Session, reference: str, practice_id: int | None = None) -> Client:
    """The client of that token, "client:" in front or not. Raises Refused when there is none."""
    token = reference.removeprefix("client:")
    wanted = select(Client).where(or_(Client.token == token, Client.id.in_(merged_from(token))))
    if practice_id is not None:
        wanted = wanted.where(Client.practice_id == practice_id)
    client = session.scalar(wanted)
    if client is None:
        raise Refused(f"There is no client with the reference {token}.")
    return client


def _write(session: Session, practices: list[Practice], client: Client | None) -> Iterator[Record]:
    counts: dict[str, int] = {}
    for practice in practices:
        yield from _Writing(session, practice, client, counts).records()


class _Writing:
    """One practice being written. `counts` goes on from one to the next, so a ref is unique in the file."""

    def __init__(
        self, session: Session, practice: Practice, client: Client | None, counts: dict[str, int]
    ) -> None:
        self._session, self._practice, self._client = session, practice, client
        self._counts = counts
        self._phones = self._known_phones()
        self._by_short_hash = {hash[: keys.SHORT_HASH]: phone for hash, phone in self._phones.items()}
        slugs = select(Exercise.id, Exercise.slug).where(Exercise.practice_id == practice.id)
        self._slugs: dict[int, str] = {row.id: row.slug for row in session.execute(slugs)}
        self._refs = {"practice": {practice.id: self._next_ref("practice")}}
        for kind in TYPES.values():
            if kind.name not in ("practice", "opt_out"):
                self._refs[kind.name] = self._numbered(kind)

    def records(self) -> Iterator[Record]:
        yield self._practice_record()
        for kind in TYPES.values():
            if kind.name == "client":
                yield from self._clients()
            elif kind.name not in NOT_ALONE:
                yield from self._records_of(kind)
        yield from self._opt_outs()

    def _practice_record(self) -> Record:
        if self._client is None:
            return self._record(TYPES["practice"], self._practice)
        ref = self._refs["practice"][self._practice.id]
        return {"type": "practice", "ref": ref, "name": self._practice.name, "existing": True}

    def _numbered(self, kind: RecordType) -> dict[int, str]:
        if kind.name == "client":
            rows = self._session.execute(self._ids(kind).add_columns(Client.token))
            return {row.id: f"client:{row.token}" for row in rows}
        return {id: self._next_ref(kind.name) for id in self._session.scalars(self._ids(kind))}

    def _next_ref(self, kind: str) -> str:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return f"{kind}:{self._counts[kind]}"

    def _ids(self, kind: RecordType) -> Select[Any]:
        return self._wanted(kind).with_only_columns(kind.row.__table__.c.id)

    def _wanted(self, kind: RecordType) -> Select[Any]:
        """The rows of one type that belong in this file."""
        columns = kind.row.__table__.c
        rows = select(kind.row)
        if kind.name == "exercise":
            rows = rows.order_by(Exercise.slug)
        rows = rows.order_by(columns.id)
        if kind.row is DeliveryEvent:
            rows = rows.join(Message, Message.id == DeliveryEvent.message_id)
            columns = Message.__table__.c
        rows = rows.where(columns.practice_id == self._practice.id)
        if kind.row is Reminder:
            rows = rows.where(Reminder.kind != ReminderKind.ALERT)
        if self._client is None:
            return rows
        if kind.name == "client":
            return rows.where(columns.id == self._client.id)
        if kind.name == "user":
            return rows.where(columns.id.in_(self._users_of(self._client)))
        if kind.name == "exercise":
            used = union(
                *(
                    select(one.exercise_id).where(one.client_id == self._client.id)
                    for one in (Assignment, Cosign)
                )
            )
            return rows.where(columns.id.in_(used))
        return rows.where(columns.client_id == self._client.id)

    def _users_of(self, client: Client) -> Select[Any]:
        """Everyone the client's records name."""
        named = [select(Client.therapist_id.label("id")).where(Client.id == client.id)]
        for kind in TYPES.values():
            columns = kind.row.__table__.c
            if "client_id" in columns:
                users = [field.column for field in kind.fields if field.refers_to == "user"]
                named += [
                    select(columns[user].label("id")).where(columns.client_id == client.id) for user in users
                ]
        everyone = union(*named).subquery()
        return select(everyone.c.id).where(everyone.c.id.is_not(None))

    def _known_phones(self) -> dict[str, str]:
        """Hash to number, of every phone that the file names anyway."""
        phones: dict[str, str] = {}
        for row in (Client, Message):
            one_of_each = select(func.min(row.id)).where(row.practice_id == self._practice.id)
            if self._client is not None:
                own = Client.id if row is Client else Message.client_id
                one_of_each = one_of_each.where(own == self._client.id)
            wanted = select(row.phone_hash, row.phone).where(row.id.in_(one_of_each.group_by(row.phone_hash)))
            phones.update((hash, phone) for hash, phone in self._session.execute(wanted) if phone and hash)
        return phones

    def _rows(self, kind: RecordType) -> Iterator[list[Any]]:
        rows = self._session.scalars(self._wanted(kind).execution_options(yield_per=BATCH))
        for batch in rows.partitions():
            yield [row for row in batch if row.id in self._refs[kind.name]]

    def _records_of(self, kind: RecordType) -> Iterator[Record]:
        for batch in self._rows(kind):
            for row in batch:
                yield self._record(kind, row)

    def _clients(self) -> Iterator[Record]:
        for clients in self._rows(TYPES["client"]):
            inside = {name: self._inside(TYPES[kind], clients) for name, kind in INSIDE_CLIENT.items()}
            for client in clients:
                lists = {name: rows[client.id] for name, rows in inside.items() if client.id in rows}
                yield self._record(TYPES["client"], client) | lists

    def _inside(self, kind: RecordType, clients: list[Client]) -> dict[int, list[Record]]:
        """What stands inside these clients' records: the same fields, without type and client."""
        by_id = {client.id: client for client in clients}
        columns = kind.row.__table__.c
        wanted = select(kind.row).where(columns.client_id.in_(by_id)).order_by(columns.id)
        lists: dict[int, list[Record]] = {}
        rows: Iterator[Any] = iter(self._session.scalars(wanted))
        for row in rows:
            record = self._record(kind, row)
            del record["type"], record["client"]
            if kind.name == "consent":
                record |= self._consent_phone(row, by_id[row.client_id])
            lists.setdefault(row.client_id, []).append(record)
        return lists

    def _consent_phone(self, event: Any, client: Client) -> Record:
        """The phone it was given for, where that is not the phone of today. None: no longer known."""
        usual = client.phone_hash if event.purpose is ConsentPurpose.TEXTING else None
        return {} if event.phone_hash == usual else {"phone": self._phones.get(event.phone_hash)}

    def _record(self, kind: RecordType, row: Any) -> Record:
        """Every field that has a value. `practice` is told by the client where there is one."""
        record: Record = {"type": kind.name, "ref": self._refs[kind.name][row.id]}
        for field in kind.own_fields:
            if getattr(row, field.column) is None:
                continue
            if field.name == "practice" and getattr(row, "client_id", None) is not None:
                continue
            record[field.name] = self._value(field, row)
        if isinstance(row, Exercise) and row.has_photo:
            record["photo"] = photo_as_text(self._session, row)
        return {name: value for name, value in record.items() if value is not None}

    def _value(self, field: Field, row: Any) -> Any:
        value = getattr(row, field.column)
        if field.refers_to == "exercise":
            return self._slugs[value]
        if field.refers_to:
            return self._ref_of(field.refers_to, value)
        if field.name in ("key", "cause"):
            return keys.name_rows(value, row.client_id is not None, self._ref_of, self._phone_of)
        return to_json(keys.name_ids(value, self._ref_of))

    def _ref_of(self, kind: str, id: int) -> str | None:
        return self._refs.get(kind, {}).get(id)

    def _phone_of(self, short_hash: str) -> str | None:
        return self._by_short_hash.get(short_hash)

    def _opt_outs(self) -> Iterator[Record]:
        """Of the phones this file names. Other hashes would mean nothing in another installation."""
        hashes = list(self._phones)
        found: list[OptOut] = []
        for start in range(0, len(hashes), BATCH):
            batch = OptOut.phone_hash.in_(hashes[start : start + BATCH])
            found += self._session.scalars(select(OptOut).where(batch))
        for row in sorted(found, key=lambda one: self._phones[one.phone_hash]):
            phone = self._phones[row.phone_hash]
            said = {field.name: to_json(getattr(row, field.column)) for field in TYPES["opt_out"].own_fields}
            yield {"type": "opt_out", "ref": self._next_ref("opt_out"), "phone": phone} | said
