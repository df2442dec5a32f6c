"""The caseload as lists show it: lines read off the standings, in order, a page at a time."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, String, bindparam, exists, func, select
from sqlalchemy.orm import Session

from care.adherence import Adherence
from care.attending import clients_waiting
from care.models import Client, ClientStatus, Message, Standing, User
from care.visibility import SEEING_PRACTICE, is_visible, names_of, sees_all

_SHOWN = (
    Client.id,
    Client.first_name,
    Client.last_name,
    Client.phone,
    Client.timezone,
    Client.therapist_id,
    User.name,
    Message.body,
    Message.at,
    Standing.figures,
)


@dataclass(frozen=True, slots=True)
class CaseloadLine:
    """One active client, as `care.caseload.CaseloadRow` says, without the rows behind it.

    Days are ordinals: of `ratings` (with the score) the client's own, of `days` the practice's, each with its
    counts in the order of the fields of `DayCounts`.
    """

    client_id: int
    name: str
    first_name: str
    phone: str | None
    timezone: str
    therapist_id: int | None
    therapist: str
    last_reply_text: str
    last_reply_at: datetime | None
    ratings: list[tuple[int, float]]
    latest_rating: float | None
    adherence: Adherence
    days: list[list[int]]
    plan_day: int | None
    plan_days: int | None
    response_asked: int
    response_answered: int
    silent_days: int
    last_heard_at: datetime | None
    next_visit_at: datetime | None
    needs: list[str]
    urgency: int

    @property
    def first_rating(self) -> float | None:
        """The left end of the line that is drawn, so the two agree."""
        return self.ratings[0][1] if self.ratings else None


@dataclass(frozen=True)
class Wanted:
    """Which lines: of one therapist by name, of who is silent, of these clients alone, of all but those, of
    whom nothing waits for a person at that instant.
    """

    therapist: str = ""
    is_silent: bool = False
    only: Collection[int] | None = None
    but: Collection[int] = ()
    quiet_at: datetime | None = None


class _Shape(NamedTuple):
    """What a statement is built by: who looks, and which conditions it has. What they say is asked."""

    of_all: bool
    is_admin: bool
    of_therapist: bool
    is_silent: bool
    has_only: bool
    has_but: bool
    is_quiet: bool


def list_lines(
    session: Session,
    seen_by: User,
    wanted: Wanted,
    *,
    by_name: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> list[CaseloadLine]:
    """Whom to call first on top: by urgency, then the longest silent, then the fewest done. Or by name.

    `offset` counts with a `limit`.
    """
    found = _lines(_shape(seen_by, wanted), by_name=by_name, has_limit=limit is not None)
    asked = _asked(seen_by, wanted) | {"limit": limit, "offset": offset}
    return [_line(*row) for row in session.execute(found, asked)]


def count_lines(session: Session, seen_by: User, wanted: Wanted) -> int:
    return session.scalar(_count(_shape(seen_by, wanted)), _asked(seen_by, wanted)) or 0


def therapists_of(session: Session, practice_id: int) -> list[str]:
    """The names of those who treat somebody on the caseload."""
    treating = exists().where(Client.therapist_id == User.id, Client.status == ClientStatus.ACTIVE)
    names = select(User.name).where(User.practice_id == practice_id, treating)
    return list(session.scalars(names.distinct().order_by(User.name)))


def _shape(seen_by: User, wanted: Wanted) -> _Shape:
    return _Shape(
        of_all=sees_all(seen_by),
        is_admin=seen_by.is_admin,
        of_therapist=bool(wanted.therapist),
        is_silent=wanted.is_silent,
        has_only=wanted.only is not None,
        has_but=bool(wanted.but),
        is_quiet=wanted.quiet_at is not None,
    )


def _asked(seen_by: User, wanted: Wanted) -> dict[str, Any]:
    return names_of(seen_by) | {
        "therapist": wanted.therapist,
        "only": list(wanted.only or ()),
        "but": list(wanted.but),
        "now": wanted.quiet_at,
    }


@cache
def _lines(shape: _Shape, *, by_name: bool, has_limit: bool) -> Select[Any]:
    """Built once: that takes longer than asking."""
    order = (Standing.sort_name,) if by_name else (Standing.call_rank, Standing.name)
    found = (
        select(*_SHOWN)
        .join(Client, Client.id == Standing.client_id)
        .outerjoin(User, User.id == Client.therapist_id)
        .outerjoin(Message, Message.id == Standing.last_message_id)
        .where(*_conditions(shape))
        .order_by(*order, Standing.client_id)
    )
    limit, offset = (bindparam(name, type_=Integer) for name in ("limit", "offset"))
    return found.limit(limit).offset(offset) if has_limit else found


@cache
def _count(shape: _Shape) -> Select[int]:
    return select(func.count(Standing.client_id)).where(*_conditions(shape))


def _conditions(shape: _Shape) -> Iterator[ColumnElement[bool]]:
    only, but = (bindparam(name, type_=Integer, expanding=True) for name in ("only", "but"))
    yield Standing.practice_id == SEEING_PRACTICE
    if not shape.of_all:
        yield Standing.client_id.in_(select(Client.id).where(is_visible(of_all=False)))
    if shape.of_therapist:
        therapist = User.name == bindparam("therapist", type_=String)
        theirs = select(Client.id).join(User, User.id == Client.therapist_id).where(therapist)
        yield Standing.client_id.in_(theirs.where(Client.practice_id == SEEING_PRACTICE))
    if shape.is_silent:
        yield Standing.is_silent.is_(True)
    if shape.has_only:
        yield Standing.client_id.in_(only)
    if shape.is_quiet:
        waiting = clients_waiting(of_all=shape.of_all, is_admin=shape.is_admin)
        yield Standing.client_id.not_in(waiting)
    if shape.has_but:
        yield Standing.client_id.not_in(but)


def _line(
    client_id: int,
    first_name: str,
    last_name: str,
    phone: str | None,
    timezone: str,
    therapist_id: int | None,
    therapist: str | None,
    words: str | None,
    words_at: datetime | None,
    figures: dict[str, Any],
) -> CaseloadLine:
    plan_day, plan_days = figures["plan"]
    return CaseloadLine(
        client_id=client_id,
        name=f"{first_name} {last_name}".strip(),
        first_name=first_name,
        phone=phone,
        timezone=timezone,
        therapist_id=therapist_id,
        therapist=therapist or "",
        last_reply_text=words or "",
        last_reply_at=words_at,
        ratings=figures["ratings"],
        latest_rating=figures["latest"],
        adherence=Adherence(*figures["recent"]),
        days=figures["days"],
        plan_day=plan_day,
        plan_days=plan_days,
        response_asked=figures["asked"],
        response_answered=figures["answered"],
        silent_days=figures["silent_days"],
        last_heard_at=_instant(figures["heard"]),
        next_visit_at=_instant(figures["visit"]),
        needs=figures["needs"],
        urgency=figures["urgency"],
    )


def _instant(kept: str | None) -> datetime | None:
    return None if kept is None else datetime.fromisoformat(kept)
