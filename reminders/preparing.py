"""Between the claim and the network: is each text still wanted, may it go, and what does it say."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.key_ring import KeyMissing
from care.models import AttentionKind, ReminderKind, ReminderStatus, VisitStatus
from care.phones import PhoneBook
from reminders import contact
from reminders.answered import TOO_MANY, tell_of_loop
from reminders.batch_rows import AnyClient, AnyReminder, Due
from reminders.claiming import MERGED_KINDS, put_down, release, turn_of
from reminders.composing import body_of
from reminders.first_text import link_brought_by
from reminders.knowledge import Knowledge, learn
from reminders.letters import Letter, write_messages, write_questions
from reminders.moves import moved_along
from reminders.sharing import Share, note_taken
from reminders.stop_line import with_stop_line

log = structlog.get_logger()


def prepare(
    session: Session,
    claimed: Sequence[Due],
    shares: Sequence[Share],
    book: PhoneBook,
    now: datetime,
    *,
    is_real: bool,
) -> list[Letter]:
    """Write the messages of those that may go out now; the others are dropped or wait, with the reason.

    One that cannot be worded is parked as failed and stops nobody else. Raises KeyMissing, for which no
    text is to blame.
    """
    known = learn(session, claimed, book, now, [share.sender for share in shares if share.sender])
    letters = _letters(session, claimed, shares, known, book, now, is_real=is_real)
    put_down(session, claimed)
    note_taken(session, shares, now)
    write_messages(session, letters, book, now)
    write_questions(session, letters, known.practices, now)
    return letters


def _letters(
    session: Session,
    claimed: Sequence[Due],
    shares: Sequence[Share],
    known: Knowledge,
    book: PhoneBook,
    now: datetime,
    *,
    is_real: bool,
) -> list[Letter]:
    """In the order of urgency, as many as the senders may send; what is over stays due."""
    share_of = {share.practice.id: share for share in shares}
    letters: list[Letter] = []
    for together in grouped(claimed):
        first = together[0]
        share = share_of[first.practice_id]
        if not share.has_room(first.priority):
            for one in together:
                release([one], one.send_at, one.reason)
            continue
        try:
            letter = letter_of(session, together, known, book, now, is_real=is_real)
            segments = letter.segments if letter is not None else 0
        except KeyMissing:
            raise
        except Exception:
            log.exception("text_not_worded", reminders=[one.id for one in together])
            park(session, together, now)
            continue
        if letter is not None:
            share.take(segments)
            letters.append(letter)
    return letters


def grouped(claimed: Sequence[AnyReminder]) -> Iterable[list[AnyReminder]]:
    """Exercise reminders and pain questions of one client become one text; all else stays alone. Each
    text has the turn of the first it is made of.
    """
    groups: dict[tuple[int, int], list[AnyReminder]] = {}
    for one in sorted(claimed, key=turn_of):
        key = (one.client_id or 0, 0 if one.kind in MERGED_KINDS else one.id)
        groups.setdefault(key, []).append(one)
    return groups.values()


def letter_of(
    session: Session,
    together: Sequence[AnyReminder],
    known: Knowledge,
    book: PhoneBook,
    now: datetime,
    *,
    is_real: bool,
) -> Letter | None:
    """One text of claimed reminders, judged and worded; None when none of them goes out at this moment.

    What is dropped or has to wait says so in its row. The preview asks the same of rows it never stores.
    """
    first = together[0]
    client = known.clients.get(first.client_id) if first.client_id is not None else None
    here = [one for one in together if not moved_along(session, one, client, now)]
    wanted = [one for one in here if _is_wanted(one, known, now)]
    to = first.to_phone or (client.phone if client else None)
    going = []
    until = None
    for reminder in wanted:
        if to is None:
            _drop([reminder], "no_phone", ReminderStatus.SKIPPED)
            continue
        match contact.judge(reminder, _facts(reminder, client, to, known, book, is_real), now):
            case contact.Go(limit):
                going.append(reminder)
                until = min(until or limit, limit)
            case contact.Wait(at, reason):
                release([reminder], at, reason)
            case contact.Drop(reason):
                _drop([reminder], reason, ReminderStatus.SKIPPED)
                if reason == TOO_MANY:
                    tell_of_loop(session, reminder, book.hash(to), now)
    if going and all(one.send_at > now for one in going):
        # Taken early to join a text that now does not go out: it goes at its own time.
        for one in going:
            release([one], one.send_at, one.reason)
        return None
    if not going or to is None or until is None:
        return None
    body = body_of(session, going, client, known, now)
    tells_stop = False
    tells_link = link_brought_by(going, client, known) is not None
    if client is not None:
        told_before = known.told_stop.get(client.id)
        body = with_stop_line(body, first, client, known.practices[client.practice_id], known.told_stop, now)
        tells_stop = known.told_stop.get(client.id) != told_before
        if tells_link:
            known.told_link.add(client.id)
    sender = known.senders.get(first.practice_id)
    known.count(going)
    return Letter(going, to, body, until, client, sender, tells_stop, tells_link)


def _is_wanted(reminder: AnyReminder, known: Knowledge, now: datetime) -> bool:
    if reminder.id in known.answered_before:
        _drop([reminder], "already_done", ReminderStatus.SKIPPED)
        return False
    if reminder.kind is ReminderKind.EXERCISE and not known.assignments.get(reminder.id):
        if reminder.id in known.unanswered:
            _drop([reminder], "plan_changed", ReminderStatus.CANCELLED)
        elif reminder.id in known.ran_out:
            _drop([reminder], "stale", ReminderStatus.SKIPPED)
        else:
            _drop([reminder], "already_done", ReminderStatus.SKIPPED)
        return False
    if reminder.follow_up_id in known.called_off:
        _drop([reminder], "follow_up_cancelled", ReminderStatus.CANCELLED)
        return False
    if reminder.kind is ReminderKind.VISIT:
        visit = known.visits.get(reminder.visit_id or 0)
        if visit is None or visit.status is not VisitStatus.PLANNED:
            _drop([reminder], "visit_changed", ReminderStatus.CANCELLED)
            return False
        # The visit may have been moved by hours since it was planned.
        reminder.expires_at = visit.starts_at
    return True


def _facts(
    reminder: AnyReminder,
    client: AnyClient | None,
    to: str,
    known: Knowledge,
    book: PhoneBook,
    is_real: bool,
) -> contact.Facts:
    own = client.phone_hash if client and client.phone == to else None
    phone_hash = own or book.hash(to)
    return contact.Facts(
        practice=known.practices[reminder.practice_id],
        client=client,
        has_consent=client is not None and client.id in known.consenting,
        is_opted_out=phone_hash in known.opted_out,
        sent_today=known.sent_today.get(client.id, 0) if client else 0,
        answered_this_hour=known.answers.get(to, 0),
        is_real_gateway=is_real,
        awaits_enrolment=client is not None and client.id in known.awaiting_enrolment,
        alert=known.alerts.get(reminder.id),
        is_private=phone_hash in known.private,
    )


def park(session: Session, reminders: Sequence[AnyReminder], now: datetime) -> None:
    """A fault of ours: nobody else's text waits for it, and a person learns that this one did not go."""
    held = [one for one in reminders if one.status is ReminderStatus.SENDING]
    _drop(held, "could_not_be_worded", ReminderStatus.FAILED)
    first = reminders[0]
    raise_item(
        session,
        first.practice_id,
        AttentionKind.UNSURE_TEXT,
        f"unworded:{first.id}",
        now,
        client_id=first.client_id,
        reminder_id=first.id,
        details={"reason": "could_not_be_worded"},
    )


def _drop(reminders: Iterable[AnyReminder], reason: str, status: ReminderStatus) -> None:
    for reminder in reminders:
        reminder.status, reminder.reason = status, reason
