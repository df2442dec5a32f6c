"""The practice's own words for texts that go out by themselves: which may be changed, and to what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.client_links import address_of
from care.errors import NotFound
from care.languages import LANGUAGES
from care.models import Client, Exercise, Practice
from care.models.library import translated_names
from reminders.linting import Finding, Weight, Wording, fill, lint_wording, names_in
from reminders.segments import Parts, count_parts, plain
from reminders.wording import CHANGEABLE, contact_values, own_template, template, visit_values

LONGEST_FIRST_NAME = "Maximilian"
# A Wednesday in September of another year with a time of two digits: the longest a visit takes to say.
LONGEST_MOMENT = datetime(2026, 9, 23, 15, 30, tzinfo=UTC)
A_YEAR_BEFORE = datetime(2025, 9, 23, tzinfo=UTC)
LONGEST: dict[str, object] = {"min": 45, "score": "6.5", "limit": 10}
USUAL: dict[str, object] = {"min": 8, "score": "3", "limit": 5}
# Where an installation is, unless said.
SOMEWHERE = "https://homestretch.a-practice.example"


@dataclass(frozen=True)
class Changeable:
    """One text a practice may word itself: when it goes out, and what it must name."""

    key: str
    title: str
    when: str
    needed: frozenset[str]


def _one(key: str, title: str, when: str, *needed: str) -> Changeable:
    return Changeable(key, title, when, frozenset(needed))


TEXTS = (
    _one("reminder", "Exercise reminder", "At the times of the plan.", "practice"),
    _one(
        "reminder_first",
        "First text of a plan",
        "The first reminder after a visit, with the link to the client's own page.",
        "practice",
        "link",
    ),
    _one(
        "reminder_first_pain",
        "First text of a plan, with the pain question",
        "When both are due together. It brings the link too.",
        "practice",
        "link",
    ),
    _one("reminder_pain", "Reminder with the pain question", "When both are due together.", "practice"),
    _one("pain_now", "Pain question", "On the days you chose after a visit.", "practice"),
    _one("visit", "Visit", "The day before a visit.", "practice", "date", "time"),
    _one(
        "visit_no_phone", "Visit, without your phone", "While you have no phone.", "practice", "date", "time"
    ),
    _one("nudge", "Friendly nudge", "After a week without an answer.", "practice"),
    _one("saved", "Thanks for a number", "When a client sends their pain.", "score"),
    _one("done", "Thanks for doing them", "When a client sends DONE."),
    _one("done_saved", "Thanks for doing them, with a number", "When a client sends DONE 4.", "score"),
    _one("done_ask", "Thanks for doing them, asking for the number", "When the number was unclear."),
    _one("skipped", "Thanks for telling us", "When a client could not do them."),
    _one("skipped_saved", "Thanks for telling us, with a number", "The same, with a number.", "score"),
    _one("skipped_ask", "Thanks for telling us, asking for the number", "When the number was unclear."),
    _one("later", "Later is fine", "When a client wants to do them later."),
    _one("confirmed", "Visit confirmed", "When a client sends C."),
    _one("passed_on", "Passed on", "When a client asks something."),
)
assert {one.key for one in TEXTS} == CHANGEABLE


@dataclass(frozen=True)
class Shown:
    """A text as it stands: the words with their {names}, and as a client reads them."""

    text: Changeable
    language: str
    words: str
    ours: str
    is_own: bool
    reads: str
    parts: Parts
    names: tuple[str, ...]


def find_text(key: str, language: str) -> Changeable:
    """Raises NotFound for a text nobody may change, or a language there is none of."""
    found = next((one for one in TEXTS if one.key == key), None)
    if found is None or language not in LANGUAGES:
        raise NotFound
    return found


def show(
    practice: Practice,
    text: Changeable,
    language: str,
    words: str | None = None,
    *,
    public_url: str = SOMEWHERE,
) -> Shown:
    """The text as stored, or with the words given. A link ends in dots, as long as a token."""
    own = own_template(text.key, practice, language)
    ours = template(text.key, language)
    wanted = words if words is not None else own or ours
    usual = _values(practice, language, "Maria", USUAL | _link(public_url), LONGEST_MOMENT)
    reads = plain(fill(wanted, usual))
    names = tuple(sorted(_may_name(practice, text, language)))
    return Shown(text, language, wanted, ours, own is not None, reads, count_parts(reads), names)


def check_words(
    session: Session,
    practice: Practice,
    text: Changeable,
    language: str,
    words: str,
    *,
    public_url: str = SOMEWHERE,
) -> list[Finding]:
    """What is wrong with these words. They may be as long as ours, where a long name makes ours long."""
    names = exercise_names(session, practice.id)
    return _check(practice, text, language, words, names, public_url)


def list_faults(
    session: Session, practice: Practice, language: str, *, public_url: str = SOMEWHERE
) -> dict[str, list[Finding]]:
    """By the key of a text, what would be refused in the practice's own words if they were saved today.

    They were kept before a rule came, or were brought in with an import, and go out as they are wherever they
    can be filled in.
    """
    own = {one: words for one in TEXTS if (words := own_template(one.key, practice, language)) is not None}
    names = exercise_names(session, practice.id) if own else ()
    found = {one.key: _check(practice, one, language, own[one], names, public_url) for one in own}
    return {
        key: refused
        for key, findings in found.items()
        if (refused := [one for one in findings if one.weight is Weight.REFUSE])
    }


def _check(
    practice: Practice,
    text: Changeable,
    language: str,
    words: str,
    exercises: Sequence[str],
    public_url: str,
) -> list[Finding]:
    longest = _values(practice, language, LONGEST_FIRST_NAME, LONGEST | _link(public_url), A_YEAR_BEFORE)
    may_name = _may_name(practice, text, language)
    ours = count_parts(plain(fill(template(text.key, language), longest)))
    wording = Wording(
        needed=text.needed,
        longest={name: longest[name] for name in longest if name in may_name},
        parts=ours.parts,
    )
    return lint_wording(words, wording, [language], exercises)


def save_words(
    session: Session,
    practice: Practice,
    text: Changeable,
    language: str,
    words: str,
    *,
    public_url: str = SOMEWHERE,
) -> list[Finding]:
    """Kept from now on, unless something speaks against it: then the findings say what, and nothing changes.

    Words that are ours are not kept: a text we improve later improves for this practice too.
    """
    findings = check_words(session, practice, text, language, words, public_url=public_url)
    if not any(one.weight is Weight.REFUSE for one in findings):
        _put(session, practice, language, text.key, None if words == template(text.key, language) else words)
    return findings


def use_ours(session: Session, practice: Practice, text: Changeable, language: str) -> None:
    _put(session, practice, language, text.key, None)


def exercise_names(session: Session, practice_id: int) -> Sequence[str]:
    """In every language; what a text must not name."""
    wanted = select(Exercise.name, Exercise.translations).where(Exercise.practice_id == practice_id)
    rows = session.execute(wanted).all()
    return sorted({name for row in rows for name in (row.name, *translated_names(row.translations))})


def _may_name(practice: Practice, text: Changeable, language: str) -> set[str]:
    """What ours names, and what any text may: the phone only where there is one."""
    ours = names_in(template(text.key, language)) or set()
    return ours | {"practice", "first"} | ({"phone"} if practice.phone else set())


def _put(session: Session, practice: Practice, language: str, key: str, words: str | None) -> None:
    of_language: dict[str, Any] = {**practice.wording.get(language, {})}
    of_language.pop(key, None)
    if words is not None:
        of_language[key] = words
    kept = {one: texts for one, texts in practice.wording.items() if one != language}
    practice.wording = kept | ({language: of_language} if of_language else {})
    session.flush()


def _link(public_url: str) -> dict[str, object]:
    return {"link": address_of(public_url, None)}


def _values(
    practice: Practice, language: str, first: str, usual: Mapping[str, object], now: datetime
) -> Mapping[str, object]:
    client = Client(first_name=first, language=language, timezone="UTC")
    values = contact_values(practice, language) | {"first": first}
    return {**values, **visit_values(LONGEST_MOMENT, client, now), **usual}
