"""Two entries of one client become one: every row of the second goes to the first, for good.

Where the two differ about texts the stricter counts: an entry that said no, or a phone that said STOP, ends
texts to the client until they agree anew. One plan and one episode go on, those of the entry that stays.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased, joinedload

from care import audit, disclosure
from care.client_links import standing_link
from care.consent import (
    consenting_clients,
    give_texting_consent,
    list_consent_events,
    opted_out,
    withdraw_texting_consent,
)
from care.episodes import current_episode
from care.erasing import tables_of_clients
from care.errors import Refused
from care.followups import cancel_follow_up, list_open_follow_ups
from care.goals import current_goal
from care.letters import give_letters
from care.models import (
    Client,
    ClientMerge,
    ClientShare,
    ClientStatus,
    ConsentAction,
    ConsentEvent,
    ConsentPurpose,
    ConsentSource,
    Draft,
    FollowUpKind,
    Plan,
    User,
)
from care.monitoring import end_monitoring, find_monitoring
from care.plans import current_plan, end_plan
from care.precautions import list_precautions
from care.recurrence import today_in
from care.sharing import may_share
from care.visibility import is_visible_to
from care.withdrawal import replan_client

MERGED = "merged"
NOT_YOURS = "Only the therapist of both entries or an admin may merge them."
SAID_NO = "Two entries were merged, and one of them had said no to texts."
FILLED_IN = ("email", "window_from_time", "window_until_time", "window_requested_at", "therapist_id")


@dataclass(frozen=True)
class Side:
    """One of the two entries, as a person compares them. `agrees`: None where nothing was ever said."""

    client: Client
    counts: dict[str, int]
    agrees: bool | None
    said_stop: bool
    episode: str | None
    has_plan: bool


def side_of(session: Session, client: Client) -> Side:
    """What the preview shows of an entry."""
    episode = current_episode(session, client)
    return Side(
        client,
        _counts(session, client),
        _agrees(session, client),
        bool(client.phone_hash and opted_out(session, [client.phone_hash])),
        episode.complaint if episode else None,
        current_plan(session, client) is not None,
    )


def likely_same(session: Session, client: Client, seen_by: User, limit: int = 20) -> list[Client]:
    """Entries this user sees with the same phone, email or name, in any case of letters."""
    same_name = and_(
        func.lower(Client.first_name) == client.first_name.lower(),
        func.lower(Client.last_name) == client.last_name.lower(),
    )
    alike: list[ColumnElement[bool]] = [same_name]
    if client.phone_hash is not None:
        alike.append(Client.phone_hash == client.phone_hash)
    if client.email:
        alike.append(func.lower(Client.email) == client.email.lower())
    wanted = select(Client).options(joinedload(Client.therapist))
    wanted = wanted.where(is_visible_to(seen_by), Client.id != client.id, or_(*alike))
    return list(session.scalars(wanted.order_by(Client.last_name, Client.id).limit(limit)))


def merge(
    session: Session,
    kept: Client,
    other: Client,
    user: User,
    now: datetime,
    *,
    at: datetime,
    takes_phone: bool = False,
) -> ClientMerge:
    """Everything of `other` is of `kept` from now on, and `other` is no more. There is no way back.

    With `takes_phone` the phone of `other` is the client's. Raises Refused for the same entry twice, entries
    of two practices, and who may not pass both on. `at` is the process clock, which the audit trail goes by.
    """
    if kept.id == other.id or kept.practice_id != other.practice_id:
        raise Refused("Choose another entry of the same client.")
    if not (may_share(kept, user) and may_share(other, user)):
        raise Refused(NOT_YOURS)
    proof = ClientMerge(
        practice_id=kept.practice_id,
        old_id=other.id,
        old_token=other.token,
        kept_id=kept.id,
        user_id=user.id,
        counts=_counts(session, other),
        at=at,
    )
    word = _Word.of(session, kept, other, takes_phone=takes_phone or kept.phone is None)
    for one in (kept, other):
        replan_client(session, one.id, now)
    _let_one_plan_and_episode_go_on(session, kept, other, now)
    _bring_together(session, kept, other, user, now)
    _keep_promised_link(session, kept, other, takes_phone=word.takes_phone)
    phone = (other.phone, other.phone_hash, other.number_state) if word.takes_phone else None
    _move_rows(session, kept, other)
    _number_plans(session, kept)
    session.expunge(other)
    session.execute(delete(Client).where(Client.id == proof.old_id))
    if phone is not None:
        kept.phone, kept.phone_hash, kept.number_state = phone
        kept.letter = None
    session.flush()
    give_letters(session, kept.practice_id, kept.phone_hash)
    word.say(session, kept, user, now)
    replan_client(session, kept.id, now)
    session.execute(update(ClientMerge).where(ClientMerge.kept_id == proof.old_id).values(kept_id=kept.id))
    session.add(proof)
    audit.record(
        session, kept.practice_id, MERGED, "client", kept.id, at, user, detail=f"from {proof.old_id}"
    )
    return proof


def follow(session: Session, practice_id: int, client_id: int) -> int | None:
    """Where an entry that was merged away went; None for any other number."""
    if session.scalar(select(Client.id).where(Client.id == client_id)) is not None:
        return None
    merges = select(ClientMerge.kept_id).where(ClientMerge.old_id == client_id)
    newest = merges.where(ClientMerge.practice_id == practice_id).order_by(ClientMerge.id.desc())
    return session.scalar(newest.limit(1))


def merged_from(token: str) -> Select[int]:
    """The same by its reference in exports."""
    return select(ClientMerge.kept_id).where(ClientMerge.old_token == token)


@dataclass(frozen=True)
class _Word:
    """What holds about texts afterwards, found out before anything moves."""

    takes_phone: bool
    is_no: bool
    yes: ConsentEvent | None
    refused: frozenset[str]

    @classmethod
    def of(cls, session: Session, kept: Client, other: Client, *, takes_phone: bool) -> "_Word":
        both = (kept, other)
        holder = other if takes_phone else kept
        agreed = consenting_clients(session, [one.id for one in both])
        phones = [one.phone_hash for one in both if one.phone_hash]
        yes = next(
            (
                _last(session, one)
                for one in sorted(both, key=lambda one: one is not holder)
                if one.id in agreed and one.phone_hash == holder.phone_hash
            ),
            None,
        )
        refused = frozenset(name for one in both for name in _refused_recipients(session, one))
        is_no = bool(opted_out(session, phones)) or any(_agrees(session, one) is False for one in both)
        return cls(takes_phone, is_no, None if is_no else yes, refused)

    def say(self, session: Session, kept: Client, user: User, now: datetime) -> None:
        """Written down once more, as the last word on file may be that of either entry."""
        if self.is_no:
            withdraw_texting_consent(session, kept, SAID_NO, ConsentSource.IN_PERSON, now, user)
        elif self.yes is not None:
            give_texting_consent(session, kept, self.yes.wording, self.yes.source, now, user)
        for event in disclosure.standing_consents(session, kept):
            if event.recipient.casefold() in self.refused:
                disclosure.withdraw_sharing_consent(
                    session, kept, event.id, ConsentSource.IN_PERSON, now, user
                )


def _agrees(session: Session, client: Client) -> bool | None:
    last = _last(session, client)
    return None if last is None else last.action is ConsentAction.GIVEN


def _last(session: Session, client: Client) -> ConsentEvent | None:
    said = list_consent_events(session, client)
    return next((event for event in said if event.purpose is ConsentPurpose.TEXTING), None)


def _refused_recipients(session: Session, client: Client) -> set[str]:
    """To whom the last word about sharing is a no."""
    last: dict[str, ConsentEvent] = {}
    for event in list_consent_events(session, client):
        if event.purpose is ConsentPurpose.SHARING:
            last.setdefault(event.recipient.casefold(), event)
    return {name for name, event in last.items() if event.action is ConsentAction.WITHDRAWN}


def _let_one_plan_and_episode_go_on(session: Session, kept: Client, other: Client, now: datetime) -> None:
    if current_plan(session, kept) is not None and current_plan(session, other) is not None:
        end_plan(session, other, MERGED, now)
        for follow_up in list_open_follow_ups(session, other):
            if follow_up.kind is not FollowUpKind.CALL_TASK:
                cancel_follow_up(session, follow_up, now)
    running = [find_monitoring(session, one) for one in (kept, other)]
    if all(one is not None and one.ended_on is None for one in running):
        end_monitoring(session, other, now)
    ending = current_episode(session, other)
    if ending is not None and current_episode(session, kept) is not None:
        ending.discharged_on = today_in(kept.timezone, now)
        ending.discharge_reason = "Two entries were merged"
    session.flush()


def _bring_together(session: Session, kept: Client, other: Client, user: User, now: datetime) -> None:
    """What the entry that stays does not say itself, and everything that asks for care."""
    if other.therapist_id not in (None, kept.therapist_id) and kept.therapist_id is not None:
        _keep_in_view(session, kept, other.therapist_id, user, now)
    for name in FILLED_IN:
        if getattr(kept, name) is None:
            setattr(kept, name, getattr(other, name))
    kept.note = "\n\n".join(note for note in dict.fromkeys((kept.note, other.note)) if note)
    kept.thresholds = other.thresholds | kept.thresholds
    kept.texts_held_at = kept.texts_held_at or other.texts_held_at
    today = today_in(kept.timezone, now)
    if other.is_paused_on(today) and not kept.is_paused_on(today):
        kept.paused_from, kept.paused_until = other.paused_from, other.paused_until
        kept.pause_reason = other.pause_reason
    if ClientStatus.ACTIVE in (kept.status, other.status):
        kept.status = ClientStatus.ACTIVE
    goal = current_goal(session, other)
    if goal is not None and current_goal(session, kept) is not None:
        goal.ended_on = today
    known = {(one.code, one.note) for one in list_precautions(session, kept)}
    for precaution in list_precautions(session, other):
        if (precaution.code, precaution.note) in known:
            precaution.ended_on = today
    session.flush()


def _keep_promised_link(session: Session, kept: Client, other: Client, *, takes_phone: bool) -> None:
    """A link that no text has brought yet is brought by the next, unless the phone that stays has one."""
    has_one = standing_link(session, kept) is not None and not takes_phone
    if kept.link_to_tell is None and not has_one:
        kept.link_to_tell = other.link_to_tell


def _keep_in_view(session: Session, kept: Client, user_id: int | None, by: User, now: datetime) -> None:
    """Who treated the entry that goes still sees the client."""
    has_share = exists().where(ClientShare.client_id == kept.id, ClientShare.user_id == user_id)
    if user_id is not None and not session.scalar(select(has_share)):
        row = ClientShare(practice_id=kept.practice_id, client_id=kept.id, user_id=user_id)
        row.shared_by_id, row.shared_at = by.id, now
        session.add(row)
        session.flush()


def _move_rows(session: Session, kept: Client, other: Client) -> None:
    theirs = aliased(ClientShare)
    twice = or_(
        exists().where(theirs.client_id == kept.id, theirs.user_id == ClientShare.user_id),
        ClientShare.user_id == kept.therapist_id,
    )
    session.execute(
        delete(ClientShare)
        .where(ClientShare.client_id == other.id, twice)
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(Draft).where(Draft.client_id == other.id))
    for table in tables_of_clients():
        if table.c.client_id.primary_key:  # kept for speed, and made anew
            session.execute(delete(table).where(table.c.client_id.in_([kept.id, other.id])))
            continue
        session.execute(update(table).where(table.c.client_id == other.id).values(client_id=kept.id))
    session.expire_all()


def _number_plans(session: Session, kept: Client) -> None:
    """In the order in which they were made; the running one is the newest."""
    plans = session.scalars(select(Plan).where(Plan.client_id == kept.id)).all()
    ordered = sorted(plans, key=lambda plan: (plan.ended_at is None, plan.created_at, plan.id))
    for version, plan in enumerate(ordered, start=1):
        plan.version = version
    session.flush()


def _counts(session: Session, client: Client) -> dict[str, int]:
    """Rows by table, only where there are any."""
    found = {
        table.name: session.scalar(
            select(func.count()).select_from(table).where(table.c.client_id == client.id)
        )
        for table in tables_of_clients()
    }
    return {name: count for name, count in found.items() if count}
