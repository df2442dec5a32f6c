"""Several clients on one phone: whose text it is, and what happens when that is not certain.

Never attached to the wrong client: a text belongs to one of several only by the letter in it. Without
one it is nobody's; it is asked back once, and a second one goes to a person. What must not wait (danger,
STOP, a wrong number) is done for everybody on the phone.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from care.consent import consenting_clients
from care.letters import give_letters
from care.models import AttentionKind, Client, Direction, Message, Reminder, ReminderKind, Reply
from reminders.acting import honour_stop, honour_wrong_number, note_sign, start_again
from reminders.automatic import is_by_a_machine
from reminders.commands import Command, read_command
from reminders.given import table_of
from reminders.inbound_rows import Texter
from reminders.incoming import Arrival, Incoming, read_message
from reminders.known import Known
from reminders.outbox import owe
from reminders.replies.cleaning import clean
from reminders.safety import raise_flag

ASKED_AGAIN_WITHIN = timedelta(hours=12)
REMARK_WORDS = 3
MARKED = re.compile(r"(?P<letter>[a-z])\s*[:,)]+\s*(?P<rest>.+)", re.DOTALL)
# "b4 bed", "a-ok" and "a.m." begin like a letter too.
JOINED = re.compile(r"(?P<letter>[a-z])(?:\s*[.=-]+\s*|(?=\d))(?P<rest>.+)", re.DOTALL)
APART = re.compile(r"(?P<letter>[a-z])\s+(?P<rest>.+)")
AFTER = re.compile(r"(?P<rest>.+?)\s*(?<![a-z'])(?P<letter>[a-z])")
ALONE = re.compile(r"(?P<letter>[a-z])")
# After a space only what can be nothing but an answer: "a lot of pain" and "a 3 in my knee" name nobody.
DONE = r"(?:i'?m |all )?(?:done|dne|doen|listo|lista|hecho|skip|skipped|saltar|did it|later|yes|no|si)"
SCORE = r"(?:pain|dolor)?\s*\d{1,2}(?:[.,]\d)?(?:\s*/\s*10| out of (?:10|ten))?"
PLAIN_ANSWER = re.compile(rf"(?:{DONE}|{SCORE}|{DONE}\W+{SCORE}|{SCORE}\W+{DONE})\W*")
ONE_OF_SEVERAL = re.compile(
    rf"(?<![a-z0-9'])(?P<letter>[a-z])\s*[:.,)=-]*\s*(?P<rest>{DONE}\W+{SCORE}|{SCORE}\W+{DONE}|{SCORE}|{DONE})(?!\w)"
)
BETWEEN = re.compile(r"(?:\W|\b(?:and|y)\b)*")
# Enough of a sign that somebody else is spoken of as well.
SOMEBODY = re.compile(r"(?<![a-z0-9'])([a-z])(?:\s*[:=)]|\s*-?\s*\d)")
KEYWORDS = frozenset(("opt_out", "opt_in", "help"))


@dataclass(frozen=True)
class Addressed:
    """Whose text it is, as far as that is certain, and what it says without the letter."""

    client: Texter | None
    said: str


def with_letters(session: Session, known: Known) -> Known:
    """The same, with a letter for each of several clients who are under care."""
    clients = known.clients
    if len(clients) < 2 or all(one.letter for one in clients):
        return known
    give_letters(session, known.practice.id, clients[0].phone_hash)
    wanted = select(Client.id, Client.letter).where(Client.id.in_([one.id for one in clients]))
    letters = {row.id: row.letter for row in session.execute(wanted)}
    return replace(known, clients=[replace(one, letter=letters[one.id]) for one in clients])


def addressed(known: Known, body: str) -> Addressed:
    """By the letter, where several use the phone. Who is alone on it need not send one."""
    clients = known.clients
    by_letter = {one.letter.lower(): one for one in clients if one.letter}
    found = read_letter(body, by_letter) if by_letter else None
    if found is None:
        return Addressed(clients[0] if len(clients) == 1 else None, body)
    return Addressed(by_letter[found[0]], found[1])


def read_letter(body: str, letters: Sequence[str] | dict[str, Texter]) -> tuple[str, str] | None:
    """The letter a text begins or ends with, and the rest: "A4", "a 4", "A: my knee", "A done", "4 A"."""
    text = clean(body).strip()
    if found := ALONE.fullmatch(text):
        return (found["letter"], "") if found["letter"] in letters else None
    if (found := MARKED.fullmatch(text)) and found["letter"] in letters:
        others = {one for one in SOMEBODY.findall(found["rest"]) if one in letters} - {found["letter"]}
        return None if others else (found["letter"], found["rest"])
    for pattern in (JOINED, APART, AFTER):
        found = pattern.fullmatch(text)
        if found and found["letter"] in letters and _is_plain(found["rest"]):
            return found["letter"], found["rest"]
    return None


def split_by_letter(body: str, letters: Collection[str]) -> list[str]:
    """ "A4 B6" as "a: 4" and "b: 6": several answers in one text, where each is a plain one of its own
    client. Anything else in one piece.
    """
    text = clean(body).strip()
    found = list(ONE_OF_SEVERAL.finditer(text))
    theirs = [one["letter"] for one in found]
    is_sure = len(set(theirs)) == len(theirs) > 1 and set(theirs) <= set(letters)
    if not is_sure or not BETWEEN.fullmatch(ONE_OF_SEVERAL.sub(" ", text)):
        return [body]
    return [f"{one['letter']}: {one['rest']}" for one in found]


def _is_plain(rest: str) -> bool:
    if PLAIN_ANSWER.fullmatch(rest) or read_command(rest) is not None:
        return True
    reading = read_message(rest, "none", "en", None)
    return any("keyword" in reading.rules.get(intent, "") for intent in KEYWORDS)


def take_up(arrival: Arrival, client: Texter) -> str:
    """A letter alone answers our asking: what was held back is this client's. Returns what it said."""
    held = _held_back(arrival)
    if held is None:
        return ""
    session = arrival.session
    session.execute(update(Message).where(Message.id == held.id).values(client_id=client.id))
    row = {
        "practice_id": arrival.written_to.id,
        "client_id": client.id,
        "message_id": held.id,
        "context": "none",
        "intents": ["unclear"],
        "rules": {"unclear": "no letter on a shared phone"},
        "clarify": True,
        "did": "Answered by the letter in the next text",
        "at": arrival.now,
    }
    session.execute(insert(table_of(Reply)), row)
    return held.body


def act_for_several(arrival: Arrival, known: Known) -> None:
    """A text without a letter: act where that must not wait, else ask whose it is."""
    reading = read_message(arrival.said, "none", _language(arrival, known), arrival.inbound.opt_out_type)
    intents = set(reading.intents)
    everybody = [Incoming(arrival, one, reading) for one in known.clients]
    if "reaction" in intents:
        return
    if "opt_out" in intents:
        honour_stop(everybody)
        return
    for incoming in everybody if reading.flags or "red_flag" in intents else ():
        raise_flag(incoming)
    for incoming in everybody if reading.notes and not reading.flags else ():
        note_sign(incoming)
    if "wrong_number" in intents:
        honour_wrong_number(everybody)
    elif "opt_in" in intents:
        start_again(everybody)
    elif "help" in intents:
        everybody[0].help()
    elif not ("red_flag" in intents or is_by_a_machine(arrival.said, reading)):
        _ask_whose(everybody, known)


def _ask_whose(everybody: Sequence[Incoming], known: Known) -> None:
    """By first names, once. A phone that nobody agreed for is told no names: a person looks at it."""
    arrival, reading = everybody[0].arrival, everybody[0].reading
    wants_a_person = "question" in reading.intents or read_command(arrival.said) is Command.CALL
    is_command = read_command(arrival.said) is not None or _names_somebody(arrival.said, known)
    is_remark = reading.intents == ("unclear",) and not (reading.clarify or is_command)
    if is_remark and len(arrival.said.split()) <= REMARK_WORDS:
        return
    may_ask = not wants_a_person and not is_remark and _held_back(arrival) is None
    if may_ask and consenting_clients(arrival.session, [one.id for one in known.clients]):
        _answer(arrival, known, f"which:{arrival.message.id}", "which", **_names(known))
        return
    kind = AttentionKind.QUESTION if wants_a_person else AttentionKind.UNREADABLE
    for incoming in everybody:
        incoming.attention(kind, "shared_phone", what=_whose(known))
    _answer(arrival, known, f"answer:{arrival.message.id}", "passed_on_shared")


def _names_somebody(said: str, known: Known) -> bool:
    """By a letter, though not so that it is sure who says what."""
    letters = {one.letter.lower() for one in known.clients if one.letter}
    return any(letter in letters for letter in SOMEBODY.findall(clean(said)))


def _held_back(arrival: Arrival) -> Message | None:
    """The newest text of this phone that we asked back for its letter, and that is still nobody's."""
    unclaimed = arrival.session.scalars(
        select(Message)
        .where(
            Message.phone_hash == arrival.message.phone_hash,
            Message.at > arrival.now - ASKED_AGAIN_WITHIN,
            Message.practice_id == arrival.written_to.id,
            Message.direction == Direction.IN,
            Message.client_id.is_(None),
            Message.id != arrival.message.id,
        )
        .order_by(Message.at.desc(), Message.id.desc())
    ).all()
    by_key = {f"which:{one.id}": one for one in unclaimed}
    if not by_key:
        return None
    asked = arrival.session.scalars(
        select(Reminder.dedupe_key).where(
            Reminder.practice_id == arrival.written_to.id, Reminder.dedupe_key.in_(by_key)
        )
    ).all()
    return max((by_key[key] for key in asked), key=lambda one: one.id, default=None)


def _answer(arrival: Arrival, known: Known, dedupe_key: str, text_key: str, **params: object) -> None:
    """To the phone, as nobody's: it names no one it could be wrong about."""
    owe(
        arrival.session,
        arrival.written_to.id,
        ReminderKind.ANSWER,
        text_key,
        arrival.now,
        dedupe_key=dedupe_key,
        to_phone=arrival.message.phone,
        params={"in_language": _language(arrival, known)} | params,
        in_reply_to_id=arrival.message.id,
    )


def _names(known: Known) -> dict[str, object]:
    """ "A Maria, B Carlos": first names alone."""
    people = [f"{one.letter} {one.first_name}" for one in known.clients if one.letter]
    return {"who": ", ".join(people), "letter": next(one.letter for one in known.clients if one.letter)}


def _whose(known: Known) -> str:
    names = " or ".join(one.first_name for one in known.clients)
    return f"from a shared phone, without a letter: {names}"


def _language(arrival: Arrival, known: Known) -> str:
    """Theirs where they agree, else the practice's."""
    spoken = {one.language for one in known.clients}
    return spoken.pop() if len(spoken) == 1 else arrival.written_to.language
