"""What the API holds: each kind of row, what is shown of it, and whose rows a user sees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from care.attention import items_seen_by
from care.models import (
    Assessment,
    Assignment,
    AttentionItem,
    AuditEntry,
    Base,
    Client,
    ConsentEvent,
    Cosign,
    Episode,
    Exercise,
    FollowUp,
    Goal,
    Message,
    Occurrence,
    OutsideProgram,
    Plan,
    Precaution,
    Rating,
    Reply,
    Role,
    ShareLink,
    Template,
    TemplateItem,
    User,
    Visit,
)
from care.portable.format import Field, RecordType
from care.portable.values import to_json
from care.visibility import is_visible_to

Record = dict[str, Any]
Extra = Callable[[Session, Sequence[Any]], dict[int, Record]]
EVERYBODY = frozenset(Role)
CLINICIANS = frozenset({Role.ADMIN, Role.THERAPIST})
ADMINS = frozenset({Role.ADMIN})
# Names of ours that are keys to something, or mean nothing outside.
NEVER_SHOWN = frozenset(
    {"practice_id", "token", "reference", "search_name", "search_words", "phone_hash", "token_hash"}
)
# Of users only what a colleague may know: a column that comes later is not shown by itself.
SHOWN_OF_USERS = frozenset({"name", "email", "role", "is_active", "created_at"})
# The front desk has contact data and visits, and nothing of what was said or how it went.
SHOWN_TO_FRONT_DESK = frozenset(
    {
        *("first_name", "last_name", "phone", "email", "language", "timezone", "therapist_id"),
        *("number_state", "status", "created_at", "client_id", "user_id", "starts_at", "confirmed_at"),
    }
)


@dataclass(frozen=True)
class Resource:
    """One kind of row under `/api/v1/<name>`."""

    name: str
    kind: str
    row: type[Base]
    group: str
    roles: frozenset[Role] = CLINICIANS
    lists_of: Extra | None = None
    list_names: tuple[str, ...] = ()

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        shown = RecordType(self.kind, self.row).own_fields
        return tuple(field for field in shown if self._is_shown(field))

    def _is_shown(self, field: Field) -> bool:
        return field.column not in NEVER_SHOWN and (self.row is not User or field.column in SHOWN_OF_USERS)

    @property
    def has_client(self) -> bool:
        return "client_id" in self.row.__table__.c

    def shown_to(self, role: Role) -> list[Field]:
        if role is not Role.FRONT_DESK:
            return list(self.fields)
        return [field for field in self.fields if field.column in SHOWN_TO_FRONT_DESK]

    def seen_by(self, user: User) -> Select[Any]:
        """The rows this user sees, by the rules of the pages."""
        rows = select(self.row)
        columns = self.row.__table__.c
        if self.row is Client:
            return rows.where(is_visible_to(user))
        if self.row is AttentionItem:
            return items_seen_by(user)
        if self.row is User and not user.is_admin:
            return rows.where(columns.id == user.id)
        if not self.has_client:
            return rows.where(columns.practice_id == user.practice_id)
        of_clients = rows.join(Client, Client.id == columns.client_id, isouter=user.is_admin)
        if user.is_admin:
            return of_clients.where(columns.practice_id == user.practice_id)
        return of_clients.where(is_visible_to(user))

    def records(self, session: Session, rows: Sequence[Any], role: Role) -> list[Record]:
        """As JSON: instants in UTC, other rows by their id, null where there is nothing."""
        fields = self.shown_to(role)
        lists = self.lists_of(session, rows) if self.lists_of and role is not Role.FRONT_DESK else {}
        return [
            {"id": row.id, **{name_of(one): to_json(getattr(row, one.column)) for one in fields}}
            | lists.get(row.id, {})
            for row in rows
        ]


def name_of(field: Field) -> str:
    """A field that names another row ends in `_id`."""
    return f"{field.name}_id" if field.refers_to else field.name


def _goals_and_precautions(session: Session, clients: Sequence[Any]) -> dict[int, Record]:
    """Those that stand today; what went before is history, and in the export."""
    found: dict[int, Record] = {client.id: {"goals": [], "precautions": []} for client in clients}
    for name, row in zip(CLIENT_LISTS, (Goal, Precaution), strict=True):
        columns = row.__table__.c
        wanted = select(row).where(columns.client_id.in_(found), columns.ended_on.is_(None))
        rows: Sequence[Any] = session.scalars(wanted.order_by(columns.id)).all()
        for one in rows:
            fields = RecordType(name, row).own_fields
            record = {f.name: to_json(getattr(one, f.column)) for f in fields if f.column not in OF_CLIENT}
            found[one.client_id][name].append(record)
    return found


def _items(session: Session, templates: Sequence[Any]) -> dict[int, Record]:
    found: dict[int, Record] = {template.id: {"items": []} for template in templates}
    wanted = select(TemplateItem).where(TemplateItem.template_id.in_(found))
    for item in session.scalars(wanted.order_by(TemplateItem.position)):
        record = {name: to_json(getattr(item, name)) for name in DOSE}
        found[item.template_id]["items"].append({"exercise_id": item.exercise_id, **record})
    return found


CLIENT_LISTS = ("goals", "precautions")
OF_CLIENT = frozenset({"practice_id", "client_id"})
DOSE = ("sets", "reps", "hold_seconds", "duration_seconds", "side", "load", "note")

RESOURCES = {
    one.name: one
    for one in (
        Resource("clients", "client", Client, "people", EVERYBODY, _goals_and_precautions, CLIENT_LISTS),
        Resource("consents", "consent", ConsentEvent, "people"),
        Resource("share-links", "share_link", ShareLink, "people"),
        Resource("users", "user", User, "people"),
        Resource("episodes", "episode", Episode, "care"),
        Resource("visits", "visit", Visit, "care", EVERYBODY),
        Resource("plans", "plan", Plan, "care"),
        Resource("cosigns", "cosign", Cosign, "care"),
        Resource("outside-programs", "outside_program", OutsideProgram, "care"),
        Resource("assignments", "assignment", Assignment, "care"),
        Resource("follow-ups", "follow_up", FollowUp, "care"),
        Resource("assessments", "assessment", Assessment, "care"),
        Resource("exercises", "exercise", Exercise, "library"),
        Resource("templates", "template", Template, "library", CLINICIANS, _items, ("items",)),
        Resource("occurrences", "occurrence", Occurrence, "answers"),
        Resource("ratings", "rating", Rating, "answers"),
        Resource("replies", "reply", Reply, "answers"),
        Resource("attention", "attention", AttentionItem, "answers"),
        Resource("messages", "message", Message, "texts"),
        Resource("audit", "audit", AuditEntry, "audit", ADMINS),
    )
}
