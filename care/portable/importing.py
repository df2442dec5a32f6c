"""Import: all of a file or nothing. It texts nobody, and owes no text that the file does not hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from care import audit, consent
from care.errors import Refused
from care.models import Client, ConsentSource, Exercise, OptOut, User
from care.phones import PhoneBook
from care.photos import take_photo
from care.portable.building import LATER, BrokenError, Builder, References
from care.portable.draft import Draft
from care.portable.format import TYPES, RecordType
from care.portable.practices import sole_practice, take_practice
from care.portable.reading import Contents, Problems, Record, read_records
from care.portable.uniqueness import find_doubles
from care.portable.values import from_json
from care.upsert import insert_into
from care.users import set_password

OPTED_OUT = "This phone had opted out of texts before the import."


@dataclass(frozen=True)
class ImportCounts:
    """How many records of each type came in, and the token of each client by its ref in the file."""

    counts: dict[str, int] = field(default_factory=dict)
    clients: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {"counts": self.counts, "clients": self.clients}


def import_records(session: Session, book: PhoneBook, lines: Iterable[str], now: datetime) -> ImportCounts:
    """Take in a file. Raises Refused with a sentence for each bad line, and then nothing has changed."""
    problems = Problems()
    contents = read_records(lines, problems)
    with session.begin_nested():
        importing = _Importing(session, book, now, problems, contents)
        importing.run()
        problems.refuse_if_any()
        importing.settle_opt_outs()
        importing.write_audit()
    return importing.counts()


class _Importing:
    """One file on its way in: type after type, so that what a record refers to is there before it."""

    def __init__(
        self, session: Session, book: PhoneBook, now: datetime, problems: Problems, contents: Contents
    ) -> None:
        self._session, self._now, self._problems = session, now, problems
        self._records = contents.records
        self._refs = References(contents)
        sole = sole_practice(session, contents.records)
        self._builder = Builder(session, book, now, self._refs, sole)
        self._practices = {sole.id: sole} if sole else {}
        self._made: set[int] = set()
        self._clients: dict[str, Client] = {}
        self._opted_out: set[str] = set()

    def run(self) -> None:
        for kind in TYPES.values():
            records = [record for record in self._records if record.kind is kind]
            if kind.name == "practice":
                self._take_practices(records)
            elif records:
                self._take(kind, records)

    def counts(self) -> ImportCounts:
        counts: dict[str, int] = {}
        for record in self._records:
            counts[record.kind.name] = counts.get(record.kind.name, 0) + 1
        return ImportCounts(counts, {ref: client.token for ref, client in self._clients.items()})

    def _take_practices(self, records: Sequence[Record]) -> None:
        for record in records:
            try:
                values = {one.column: from_json(one, value) for one, value in self._builder.values_of(record)}
                practice = take_practice(self._session, values, self._now)
            except Refused as refusal:
                self._give_up(record, str(refusal))
                continue
            self._refs.keep(record.ref, practice)
            self._practices[practice.id] = practice
            if not values.get("existing"):
                self._made.add(practice.id)

    def _take(self, kind: RecordType, records: Sequence[Record]) -> None:
        """All rows of a type in one go; those with a problem are left out, and told."""
        fresh: list[tuple[Record, Any]] = []
        for record in records:
            try:
                draft = self._builder.draft(record)
                present = self._present(draft)
            except BrokenError:
                self._refs.give_up(record.ref)
            except Refused as refusal:
                self._give_up(record, str(refusal))
            else:
                if present is not None:
                    self._refs.keep(record.ref, present)
                else:
                    fresh.append((record, kind.row(**_columns(draft))))
        self._add(kind, fresh)

    def _add(self, kind: RecordType, fresh: Sequence[tuple[Record, Any]]) -> None:
        numbered = [(record.line, row) for record, row in fresh]
        doubles = {id(row): words for row, words in find_doubles(self._session, kind, numbered)}
        for record, row in fresh:
            if id(row) in doubles:
                self._give_up(record, doubles[id(row)])
            else:
                self._session.add(row)
                self._refs.keep(record.ref, row)
        self._session.flush()
        for record, row in fresh:
            if id(row) not in doubles:
                self._finish(record, row)

    def _give_up(self, record: Record, sentence: str) -> None:
        self._problems.add(record.line, sentence)
        self._refs.give_up(record.ref)

    def _present(self, draft: Draft) -> Any:
        """What is there already and is meant: a user by email, an exercise by slug, an opt-out by phone."""
        match draft.kind.name:
            case "user":
                return self._present_user(draft)
            case "exercise":
                return self._present_exercise(draft)
            case "opt_out":
                return self._opt_out(draft)
            case "client":
                self._refuse_known_client(draft)
        return None

    def _opt_out(self, draft: Draft) -> OptOut:
        """The first time a phone asked for no more texts stays on record."""
        row = insert_into(self._session, OptOut).values(_columns(draft))
        self._session.execute(row.on_conflict_do_nothing())
        self._opted_out.add(draft.values["phone_hash"])
        return self._session.get_one(OptOut, draft.values["phone_hash"])

    def _present_user(self, draft: Draft) -> User | None:
        wanted = select(User).where(
            User.practice_id == draft.practice.id, User.email == draft.values["email"]
        )
        return None if draft.practice.id in self._made else self._session.scalar(wanted)

    def _present_exercise(self, draft: Draft) -> Exercise | None:
        """A practice that is there keeps its library as it is; a new one takes the file's word."""
        wanted = select(Exercise).where(
            Exercise.practice_id == draft.practice.id, Exercise.slug == draft.values["slug"]
        )
        exercise = self._session.scalar(wanted)
        if exercise is not None and draft.practice.id in self._made:
            for name, value in _columns(draft).items():
                setattr(exercise, name, value)
        return exercise

    def _refuse_known_client(self, draft: Draft) -> None:
        """The same file twice would text the same person twice."""
        if draft.practice.id in self._made or not draft.values.get("phone_hash"):
            return
        known = select(Client.id).where(
            Client.practice_id == draft.practice.id,
            Client.phone_hash == draft.values["phone_hash"],
            Client.first_name == draft.values["first_name"],
            Client.last_name == draft.values.get("last_name", ""),
        )
        if self._session.scalar(known.limit(1)) is not None:
            raise Refused("This client, with this phone, is in the practice already.")

    def _finish(self, record: Record, row: Any) -> None:
        """What takes the row itself."""
        try:
            if isinstance(row, User) and record.given.get("password") is not None:
                set_password(self._session, row, str(record.given["password"]), self._now)
            elif isinstance(row, Client):
                self._clients[record.ref] = row
            elif isinstance(row, Exercise) and record.given.get("photo") is not None:
                take_photo(self._session, row, str(record.given["photo"]))
            for name in LATER:
                if record.given.get(name) is not None:
                    named = self._refs.get(str(record.given[name]), name, record.kind.name)
                    setattr(row, f"{name}_id", named.id)
        except BrokenError:
            self._refs.give_up(record.ref)
        except Refused as refusal:
            self._give_up(record, str(refusal))

    def settle_opt_outs(self) -> None:
        """An opted-out phone stays so: consent to texts it has in the file is withdrawn in the ledger."""
        hashes = {client.phone_hash for client in self._clients.values() if client.phone_hash}
        for phone_hash in consent.opted_out(self._session, hashes | self._opted_out):
            sharing = select(Client.id).where(Client.phone_hash == phone_hash)
            consent.opt_out(
                self._session,
                next(iter(self._practices)),
                phone_hash,
                ConsentSource.IMPORT,
                self._now,
                client_ids=list(self._session.scalars(sharing)),
                wording=OPTED_OUT,
            )

    def write_audit(self) -> None:
        for practice_id in self._practices:
            audit.record(self._session, practice_id, "import", "practice", practice_id, self._now)


def _columns(draft: Draft) -> dict[str, Any]:
    return {name: value for name, value in draft.values.items() if name in draft.kind.columns}
