"""From records to rows: values, the rows they refer to, and the practice and client they belong to."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import datetime
from typing import Any, get_origin

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.errors import Refused
from care.models import Base, Client, Exercise, Practice, User
from care.phones import PhoneBook
from care.portable import filling, filling_wire, keys
from care.portable.draft import Draft
from care.portable.format import Field
from care.portable.reading import Contents, Record
from care.portable.values import from_json, reported_phone

FILL: Mapping[str, Callable[[Draft], None]] = {**filling.FILL, **filling_wire.FILL}
# One text may be about several clients, who share a phone.
SHARED = ("message", "reminder")
# Resolved once the rows of their own type are there.
LATER = ("superseded_by", "backup", "cosigner", "replaces")


class BrokenError(Exception):
    """The record depends on one with a problem of its own, which is told there."""


class References:
    """The rows made so far, by the refs of the file."""

    def __init__(self, contents: Contents) -> None:
        self._kinds = {record.ref: record.kind.name for record in contents.records}
        self._broken = set(contents.broken)
        self._rows: dict[str, Any] = {}

    def keep(self, ref: str, row: Base) -> None:
        self._rows[ref] = row

    def give_up(self, ref: str) -> None:
        self._broken.add(ref)

    def knows(self, ref: str, kind: str) -> bool:
        return self._kinds.get(ref) == kind or ref in self._broken

    def get(self, ref: str, name: str, kind: str | None = None) -> Any:
        """The row. Raises Refused when nothing of that kind has this ref."""
        if ref in self._broken:
            raise BrokenError
        found = self._kinds.get(ref)
        if found is None:
            raise Refused(f"{name} is {ref}, which is the ref of nothing in this file.")
        if kind is not None and found != kind:
            raise Refused(f"{name} must be the ref of a record of type {kind}; {ref} is of type {found}.")
        if ref not in self._rows:
            raise Refused(f"{name} cannot name {ref}, which comes after it.")
        return self._rows[ref]

    def find_id(self, ref: str) -> int | None:
        row = self._rows.get(ref)
        return None if row is None else int(row.id)


class Builder:
    """Makes drafts of records. `practices` and `sole` say where those go that name no client."""

    def __init__(
        self, session: Session, book: PhoneBook, now: datetime, refs: References, sole: Practice | None
    ) -> None:
        self._session, self._book, self._now = session, book, now
        self._refs, self._sole = refs, sole
        self._counted: dict[Hashable, int] = defaultdict(int)

    def values_of(self, record: Record) -> Iterator[tuple[Field, Any]]:
        """What the record says, field by field; null in a field that cannot be empty says nothing."""
        for field in record.kind.fields:
            if field.name not in record.given or field.name in LATER:
                continue
            value = record.given[field.name]
            if value is None and not field.may_be_null:
                continue
            yield field, value

    def draft(self, record: Record) -> Draft:
        """Filled in and checked. Raises Refused, or BrokenError."""
        draft = self._bare(record)
        for field, value in self.values_of(record):
            if field.name not in ("practice", "client"):
                self._give(draft, field, value)
        self._place(draft)
        FILL[record.kind.name](draft)
        draft.need_all()
        return draft

    def _bare(self, record: Record) -> Draft:
        """With its practice, and its client where the record names one."""
        client = self._named(record, "client")
        practice = self._practice(record, client)
        return Draft(
            kind=record.kind,
            ref=record.ref,
            values={},
            parents={},
            practice=practice,
            client=client,
            session=self._session,
            book=self._book,
            now=self._now,
            count=self._count,
        )

    def _named(self, record: Record, kind: str) -> Any:
        ref = record.given.get(kind)
        if ref is None or kind not in [field.name for field in record.kind.fields]:
            return None
        return self._refs.get(str(ref), kind, kind)

    def _practice(self, record: Record, client: Client | None) -> Practice:
        named: Practice | None = self._named(record, "practice")
        if client is not None:
            practice = self._session.get_one(Practice, client.practice_id)
            if named is not None and named is not practice:
                raise Refused("client belongs to another practice.")
            return practice
        if named is not None:
            return named
        if record.practice is not None:
            above: Practice = self._refs.get(record.practice, "practice")
            return above
        assert self._sole is not None
        return self._sole

    def _give(self, draft: Draft, field: Field, value: Any) -> None:
        if value is None:
            draft.values[field.column] = None
        elif field.refers_to:
            row = self._referred(draft, field, str(value))
            draft.parents[field.name] = row
            draft.values[field.column] = row.id
        else:
            draft.values[field.column] = self._plain(draft, field, from_json(field, value))

    def _plain(self, draft: Draft, field: Field, value: Any) -> Any:
        """Keys and stored details name rows of the file by ref."""
        if field.name in ("key", "cause"):
            return keys.number_rows(value, self._id_of, lambda phone: self._hash(draft, phone))
        return keys.number_ids(value, self._refs.find_id) if get_origin(field.kind) in (dict, list) else value

    def _id_of(self, ref: str) -> int:
        return int(self._refs.get(ref, "A name in key").id)

    def _hash(self, draft: Draft, phone: str) -> str:
        return self._book.hash(reported_phone(phone, draft.practice.country))

    def _referred(self, draft: Draft, field: Field, ref: str) -> Any:
        """A record of the file; an exercise also by its slug, and a user by email, of the practice."""
        kind = field.refers_to
        assert kind is not None
        if kind == "exercise" and not self._refs.knows(ref, kind):
            return self._exercise(draft.practice, ref)
        if kind == "user" and "@" in ref and not self._refs.knows(ref, kind):
            return self._user(draft.practice, ref)
        return self._refs.get(ref, field.name, kind)

    def _exercise(self, practice: Practice, slug: str) -> Exercise:
        wanted = select(Exercise).where(Exercise.practice_id == practice.id, Exercise.slug == slug)
        exercise = self._session.scalar(wanted)
        if exercise is None:
            raise Refused(f"There is no exercise {slug} in this file or the practice's library.")
        return exercise

    def _user(self, practice: Practice, email: str) -> User:
        wanted = select(User).where(User.practice_id == practice.id, User.email == email.strip().lower())
        user = self._session.scalar(wanted)
        if user is None:
            raise Refused(f"There is no user {email} in this practice.")
        return user

    def _place(self, draft: Draft) -> None:
        """Practice and client; what a record refers to must be of the same, and tells the client."""
        for name, row in draft.parents.items():
            if getattr(row, "practice_id", draft.practice.id) != draft.practice.id:
                raise Refused(f"{name} belongs to another practice.")
            self._agree(draft, name, row)
        columns = draft.kind.columns
        if "practice_id" in columns:
            draft.values["practice_id"] = draft.practice.id
        if "client_id" in columns and draft.client is not None:
            draft.values["client_id"] = draft.client.id

    def _agree(self, draft: Draft, name: str, row: Any) -> None:
        client_id = getattr(row, "client_id", None)
        if client_id is None or "client_id" not in draft.kind.columns:
            return
        if draft.client is None:
            draft.client = self._session.get_one(Client, client_id)
        elif draft.client.id != client_id and row.__tablename__ not in SHARED:
            raise Refused(f"{name} belongs to another client.")

    def _count(self, thing: Hashable) -> int:
        self._counted[thing] += 1
        return self._counted[thing]
