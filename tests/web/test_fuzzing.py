"""Requests made up by chance, as each role and as nobody: whatever comes in, no page breaks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

import web
from care.db import Database
from tests.pages import addresses_of
from tests.web.test_canaries import Form, Forms
from tests.web.test_who_may_what import FILLED_IN, OWN_GATE, Desk, World, world

__all__ = ["world"]

ROLES = ("admin", "therapist", "front_desk", "nobody")
IN_ALL = 20_000
SEED = 20261129
# Says 503 where no engine runs, as it should.
LEFT_OUT = frozenset({"static", "health.readyz"})
PUT_BACK_AFTER = 200
NAMES = re.compile(r'(?:args|form|files|values)(?:\.get|\.getlist)?[(\[]"(\w+)"')
ODD: Sequence[str] = (
    *("", " ", "0", "-1", "1", "007", "1.5", "1e309", "NaN", "-inf", "٣", "½", "0x10", "1_000", "+1"),
    *(str(2**31), str(2**63), str(2**63 - 1), "9" * 400, "true", "on", "None", "null", "[]", "{}", "[[[["),
    *("2026-02-30", "2026-03-02", "9999-12-31", "0001-01-01", "0000-00-00", "2026-W10", "24:61", "08:00"),
    *("8", "12:00:00.000001", "Mars/Olympus", "xx-YY", "../../etc/passwd", "%", "_", "%s", "{0}", "\\", "'"),
    *('"', ";--", "' OR 1=1 --", "{{ 7 * 7 }}", "<script>alert(1)</script>", "=1+1", "a\r\nB: c", "a\x00b"),
    *("\u202e\u200f", "\U0001f4a9" * 30, "e\u0301" * 50, "\ufeff", "\ufffe", "ß" * 90, "x" * 5_000),
    *("//evil.example", "/\\evil", "javascript:alert(1)", "https://[::1", "http://a b", "a@b", "@", "+1202"),
    *("+" + "9" * 40, "AC" + "0" * 32),
)
FILES = (b"", b"\x89PNG\r\n\x1a\n", b"GIF89a" + b"\xff" * 40, b"{}", b"[1", b"\xff\xfe\x00", b'{"id": 3}')
HEADERS: Sequence[dict[str, str]] = (
    {},
    {"Accept-Language": "zz;q=9,,;"},
    {"If-None-Match": 'W/"', "If-Modified-Since": "yesterday"},
    {"Range": "bytes=9-1"},
    {"Cookie": 'theme="; session=.x.y; shortcuts=\u00ff'},
    {"Accept": "application/json", "X-Requested-With": "fetch"},
    {"Origin": "null", "Referer": "https://[", "X-Forwarded-For": "1,2,,"},
    {"Content-Type": "application/json"},
    {"Content-Type": "multipart/form-data"},
    {"Host": "["},
    {"Host": "a b:99999999"},
)


@dataclass
class Fuzzer:
    """Makes requests up, the same ones each time."""

    app: Flask
    world: World
    chance: Random
    names: list[str]
    forms: dict[str, list[Form]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rules = [one for one in self.app.url_map.iter_rules() if one.endpoint not in LEFT_OUT]

    def request(self) -> dict[str, Any]:
        """What `open` of a browser takes."""
        rule = self.chance.choice([one for one in self.rules if not has_own_gate(one)])
        methods = sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
        method = self.chance.choices([*methods, "PUT"], [10] * len(methods) + [0.2])[0]
        path = self.path(rule)
        said: dict[str, Any] = {"path": path, "method": method, "headers": self.chance.choice(HEADERS)}
        if self.chance.random() < 0.7:
            said["query_string"] = "&".join(f"{n}={quote(v, safe='')}" for n, v in self.pairs(4))
        if method == "POST":
            said["data"] = self.form(path)
        return said

    def path(self, rule: Rule) -> str:
        """Mostly of what there is, at times of what there is not."""
        whose = self.chance.choices(list(self.world.ids), [12, 1, 2, 1, 1, 1])[0]
        ids: dict[str, object] = {"kind": "pain", "language": "en", "key": "reminder"} | self.world.ids[whose]
        path = ""
        for is_name, part in rule._trace:
            if part == "|":
                continue
            if not is_name:
                path += part
            elif self.chance.random() < 0.9 and part in ids:
                path += str(ids[part])
            else:
                path += quote(self.value(), safe="") or "x"
        return "/" + path.lstrip("/")

    def value(self) -> str:
        return self.chance.choice(ODD)

    def pairs(self, most: int) -> list[tuple[str, str]]:
        count = self.chance.randint(1, most)
        return [(self.chance.choice(self.names), self.value()) for _ in range(count)]

    def form(self, path: str) -> dict[str, Any]:
        """One of the page's own where there is one, filled in, with a few fields changed for the worse."""
        known = self.forms.get(path)
        base: dict[str, Any] = dict(FILLED_IN) if self.chance.random() < 0.3 or not known else {}
        if known:
            form = self.chance.choice(known)
            base |= form.fields | {name: FILLED_IN.get(name, "some words") for name in form.typed}
        for name in self.chance.sample(sorted(base), min(len(base), self.chance.randint(0, 3))):
            self.spoil(base, name)
        base |= dict(self.pairs(3)) if self.chance.random() < 0.4 else {}
        if self.chance.random() < 0.1:
            base[self.chance.choice(("file", "picture", *self.names))] = (
                BytesIO(self.chance.choice(FILES)),
                "a.png",
            )
        return base

    def spoil(self, form: dict[str, Any], name: str) -> None:
        match self.chance.randrange(3):
            case 0:
                del form[name]
            case 1:
                form[name] = [self.value(), self.value()]
            case _:
                form[name] = self.value()


def has_own_gate(rule: Rule) -> bool:
    return rule.endpoint.partition(".")[0] in OWN_GATE


def names_read_by_views() -> list[str]:
    """Every name of a field or of a part of a query that some view asks for."""
    found: set[str] = set()
    for module in Path(web.__file__).parent.glob("*.py"):
        found |= set(NAMES.findall(module.read_text()))
    return sorted(found)


def forms_by_address(browser: FlaskClient) -> dict[str, list[Form]]:
    found: dict[str, list[Form]] = {}
    for _endpoint, address in list(addresses_of(browser.application, token="A" * 22, leave_out=LEFT_OUT)):
        answer = browser.get(address)
        if answer.mimetype == "text/html":
            parser = Forms()
            parser.feed(answer.text)
            for form in parser.found:
                found.setdefault(form.action or address, []).append(form)
        answer.close()
    return found


def broken_by(fuzzer: Fuzzer, desk: Desk, count: int) -> Iterator[str]:
    """What answered that something broke, of so many requests."""
    for number in range(count):
        if number % PUT_BACK_AFTER == 0:
            put_back(desk)
        request = fuzzer.request()
        answer = desk.browser.open(**request)
        if answer.status_code >= 500:
            yield f"{number}: {answer.status_code} {request}"
        if answer.headers.get("Location", "").startswith("/sign-in"):
            put_back(desk)
        answer.close()


def put_back(desk: Desk) -> None:
    if desk.role == "nobody":
        return
    desk.put_back()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("count", [10, pytest.param(IN_ALL // len(ROLES), marks=pytest.mark.audit)])
def test_nothing_that_comes_in_breaks_a_page(
    app: Flask, database: Database, world: World, role: str, count: int
) -> None:
    app.testing = False
    desk = Desk(app, world, role, app.test_client(), database)
    put_back(desk)
    fuzzer = Fuzzer(app, world, Random(f"{SEED} {role}"), names_read_by_views())  # no secret
    if count > PUT_BACK_AFTER:
        fuzzer.forms = forms_by_address(desk.browser)

    assert list(broken_by(fuzzer, desk, count)) == []
