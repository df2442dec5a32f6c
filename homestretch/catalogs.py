"""The catalogs of clients' languages, looked at and written for a translator to fill in."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel import UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po

from care.errors import Refused
from care.languages import ENGLISH, EXERCISES, FOLDER, NAMES, Lack, Language, template
from care.seeds import english_of_seeds
from reminders.fitting import misfits

HEAD = """msgid ""
msgstr ""
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: {code}\\n"
"Plural-Forms: {plurals}\\n"
"""


@dataclass(frozen=True)
class Report:
    """What is still to do in one language."""

    tongue: Language
    lacks: list[Lack]

    @property
    def is_complete(self) -> bool:
        return not self.lacks

    def lines(self) -> list[str]:
        what = "complete" if self.is_complete else f"{len(self.lacks)} to do"
        return [f"{self.tongue.code} {self.tongue.name}: {what}", *(f"  {lack}" for lack in self.lacks)]


def report_on(tongue: Language) -> Report:
    return Report(tongue, tongue.lacks() + misfits(tongue))


def write_catalogs(code: str, folder: Path = FOLDER) -> list[Path]:
    """Catalogs of this language with every message there is in English; says which files.

    What was translated stays. Where the English has changed since, the message is marked fuzzy, and is said
    in English until somebody has looked at it. Raises Refused for a code that is no language.
    """
    try:
        tongue = Language(code, folder)
    except (UnknownLocaleError, ValueError):
        raise Refused(f"{code} is no language we know. Write its code, like pl.") from None
    if code == ENGLISH:
        raise Refused("English is what the others are translated from.")
    place = folder / code / "LC_MESSAGES"
    place.mkdir(parents=True, exist_ok=True)
    written = [_write_english_of_seeds(folder)]
    for name in NAMES:
        path = place / f"{name}.po"
        path.write_bytes(_as_file(_renewed(tongue, name)))
        written.append(path)
    return written


def _write_english_of_seeds(folder: Path) -> Path:
    """The seed library is written elsewhere; its catalog follows it."""
    path = folder / f"{EXERCISES}.pot"
    new = Catalog(locale=ENGLISH, header_comment=template(EXERCISES, folder).header_comment, fuzzy=False)
    for key, english in english_of_seeds():
        new.add(english.one, context=key)
    path.write_bytes(_as_file(new))
    return path


def _renewed(tongue: Language, name: str) -> Catalog:
    old = tongue.catalogs[name]
    head = old.header_comment if old is not None else template(name, tongue.folder).header_comment
    new = Catalog(locale=tongue.locale, project="Homestretch", header_comment=head, fuzzy=False)
    if old is not None:
        new.mime_headers = old.mime_headers
    known = {message.context: message for message in old or () if message.id}
    for message in template(name, tongue.folder):
        if message.id:
            _add(new, message, known.get(message.context))
    return new


def _add(new: Catalog, english: Message, before: Message | None) -> None:
    """The message with what it was translated to, where it was."""
    context, comments = english.context, english.auto_comments
    if before is None or not before.string or isinstance(before.id, str) != isinstance(english.id, str):
        new.add(english.id, context=context, auto_comments=comments)
        return
    is_as_before = before.id == english.id
    new.add(
        english.id,
        before.string,
        context=context,
        auto_comments=comments,
        flags=() if is_as_before and not before.fuzzy else ("fuzzy",),
        previous_id=() if is_as_before else before.id,
    )


def _as_file(catalog: Catalog) -> bytes:
    """With no word on who and when: the history of the file says that, and nothing else changes it."""
    written = BytesIO()
    write_po(written, catalog, width=0, omit_header=True, include_previous=True)
    head = HEAD.format(code=catalog.locale_identifier, plurals=catalog.plural_forms)
    return f"{catalog.header_comment}\n{head}\n".encode() + written.getvalue().strip() + b"\n"
