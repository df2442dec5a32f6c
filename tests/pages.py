"""One address for every page: what must hold of all is asked of each, and of a new one by itself."""

from collections.abc import Mapping

from flask import Flask

# What each variable of an address stands for in a practice of `bench._history`. A page that needs another
# value than the rest, or a query to show something, is named with its whole address.
VALUES: dict[str, object] = {
    "kind": "pain",
    "language": "en",
    "key": "reminder",
    "name": "clients",
    "filename": "app.css",
}
NAMED = {
    "demo.phone": "/demo/phone?client=1",
    "exercises.edit": "/exercises/4/edit",
}


def addresses_of(
    app: Flask,
    *,
    token: str,
    leave_out: frozenset[str] = frozenset(),
    number: int = 1,
    named: Mapping[str, str] = NAMED,
) -> list[tuple[str, str]]:
    """Endpoint and address of everything that answers GET, in order of endpoints.

    A list, since a request made within the context of this one would share its session with the next.

    Every number is `number`, `token` is a client's link, and `named` says which addresses are given whole.
    """
    found: list[tuple[str, str]] = []
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint):
            if "GET" not in (rule.methods or ()) or rule.endpoint in leave_out:
                continue
            values = {name: (VALUES | {"token": token}).get(name, number) for name in rule.arguments}
            found.append((rule.endpoint, named.get(rule.endpoint) or adapter.build(rule.endpoint, values)))
    return found
