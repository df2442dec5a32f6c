"""Hostile words in every field of every form: kept as words, run nowhere, and no page breaks on them."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import StringIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import Client, Practice, Role, User
from care.portable import export_records
from tests.making import make_client, make_practice, make_user
from tests.pages import addresses_of
from tests.web.conftest import MakeApp, SignIn
from tests.web.test_who_may_what import lay_out

SCRIPT = "<script>alert('owned')</script>"
SUM = "{{ 123457 * 3 }}"
CANARIES = {
    "html": f'{SCRIPT}"><img src=x onerror=alert(1)>',
    "sql": "' OR '1'='1'; DROP TABLE client; --",
    "jinja": SUM + "{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "csv": '=HYPERLINK("https://evil.example","x")',
    "lines": "one\r\nSet-Cookie: owned=1\r\n\r\ntwo",
    "nul": "before\x00after",
    "right to left": "\u202egnp.exe \u200f\u0645\u0631\u062d\u0628\u0627",
    "long": "x" * 100_000,
}
# All of those that fit a line, at once: the quick way through.
ALL_AT_ONCE = f"={SCRIPT}' OR 1=1 --{SUM}\u202e"
ENDS_THE_SESSION = ("/sign-out", "/lock", "/sessions", "/data/erase", "/merge")


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    typed: set[str] = field(default_factory=set)


class Forms(HTMLParser):
    """The posting forms of a page: what is chosen beforehand, and which fields are typed into."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        name = said.get("name", "")
        if tag == "form":
            self._form = Form(said.get("action", "")) if said.get("method") == "post" else None
            self.found += [self._form] if self._form else []
        elif self._form is not None and tag == "option" and self._select and "selected" in said:
            self._form.fields[self._select] = said.get("value", "")
        elif self._form is not None and name:
            self._see(tag, name, said)

    def _see(self, tag: str, name: str, said: dict[str, str]) -> None:
        assert self._form is not None
        kind = said.get("type", "text")
        self._select = name if tag == "select" else ""
        if tag == "textarea" or (tag == "input" and kind in ("text", "search", "tel", "email", "url")):
            self._form.typed.add(name)
        elif tag == "input" and (kind not in ("checkbox", "radio") or "checked" in said):
            self._form.fields[name] = said.get("value", "")
        elif tag == "button":
            self._form.fields.setdefault(name, said.get("value", ""))


@pytest.fixture
def practice(session: Session) -> Practice:
    practice = make_practice(session)
    therapist = make_user(session, practice)
    lay_out(session, "own", make_client(session, practice, therapist_id=therapist.id), practice)
    return practice


@pytest.fixture
def admin(session: Session, practice: Practice) -> User:
    admin = make_user(session, practice, role=Role.ADMIN)
    session.commit()
    return admin


@pytest.fixture
def at_desk(make_app: MakeApp, sign_in: SignIn, admin: User) -> FlaskClient:
    app = make_app()
    app.testing = False
    browser = app.test_client()
    sign_in(browser, admin)
    return browser


def pages(browser: FlaskClient) -> Iterator[tuple[str, int, str]]:
    """Every page as it is now; files and what is no text are left out."""
    addresses = list(addresses_of(browser.application, token="A" * 22, leave_out=frozenset({"static"})))
    for _endpoint, address in addresses:
        answer = browser.get(address)
        is_text = answer.mimetype in ("text/html", "text/csv", "application/json", "text/calendar")
        yield address, answer.status_code, answer.text if is_text else ""
        answer.close()


@pytest.mark.parametrize(
    "canary",
    [pytest.param(ALL_AT_ONCE, id="all")]
    + [pytest.param(words, id=name, marks=pytest.mark.audit) for name, words in CANARIES.items()],
)
def test_hostile_words_in_every_field_run_nowhere_and_break_no_page(
    at_desk: FlaskClient, session: Session, practice: Practice, canary: str
) -> None:
    forms = [
        (form.action or address, form)
        for address, _status, text in pages(at_desk)
        for form in _forms_of(text)
        if not (form.action or address).endswith(ENDS_THE_SESSION)
    ]

    broken = [
        action
        for action, form in forms
        if at_desk.post(action, data=form.fields | dict.fromkeys(form.typed, canary)).status_code >= 500
    ]

    assert sum(len(form.typed) for _action, form in forms) > 100
    assert broken == []
    seen = list(pages(at_desk))
    assert [address for address, status, _text in seen if status == 500] == []
    assert [address for address, _status, text in seen if SCRIPT in text and "<html" in text] == []
    assert [address for address, _status, text in seen if str(123457 * 3) in text] == []
    assert [address for address, _status, text in seen if "csv" in address and _has_formula(text)] == []
    assert at_desk.get("/today").status_code == 200
    session.rollback()
    assert session.scalars(select(Client.id)).all() != []
    for record in export_records(session, practice.id):
        assert json.loads(json.dumps(record)) == record


def _forms_of(text: str) -> list[Form]:
    parser = Forms()
    parser.feed(text)
    return parser.found


def _has_formula(text: str) -> bool:
    return any(cell.startswith(("=", "+", "@")) for row in csv.reader(StringIO(text)) for cell in row)
