"""What a refused sign-in costs for an email that nobody has, against a wrong password of somebody.

Both go through the whole app with passwords hashed as an installation does, in turns.
`python -m bench.signing_in --tries 500`
"""

import tempfile
from collections.abc import Iterator
from statistics import median
from time import process_time

from flask.testing import FlaskClient

from bench._measuring import arguments, logging_as_usual, report
from bench._world import LONG_AGO, NOW, empty_database, fill
from care.db import Database
from care.models import Role, User
from care.settings import load_settings
from care.users import set_password
from web import create_app

# An account takes ten guesses and an address a hundred before either is closed.
GUESSES = 9
KINDS = ("wrong password", "unknown email", "not yet welcomed")
NO_PASSWORD = "!"
Times = dict[str, list[float]]


def main() -> None:
    options = arguments(__doc__, tries=100)
    with empty_database() as database, tempfile.TemporaryDirectory() as folder, logging_as_usual():
        fill(database, 1)
        users = options.tries // GUESSES + 1
        _add_users(database, users)
        settings = load_settings({"HOMESTRETCH_DATA_DIR": folder})
        app = create_app(settings, database, lambda: NOW)
        app.config["WTF_CSRF_ENABLED"] = False
        times = _measured(app.test_client(), options.tries, users)
    wrong = median(times["wrong password"])
    for kind in KINDS[1:]:
        found = median(times[kind])
        what = f"{kind}, {found:.1f} ms of processor time, against {wrong:.1f} ms for a wrong password"
        report(what, max(found / wrong, wrong / found), 1.1, at_most=True)
        report(f"{kind}, the two medians apart", abs(found - wrong), 5, "ms", at_most=True)


def _add_users(database: Database, count: int) -> None:
    with database.sessions.begin() as session:
        for number in range(count):
            known = User(**_user("known", number), password_hash=NO_PASSWORD)
            if number == 0:
                set_password(session, known, "a password of the bench", NOW)
                password_hash = known.password_hash
            known.password_hash = password_hash
            session.add_all([known, User(**_user("invited", number), password_hash=NO_PASSWORD)])


def _user(kind: str, number: int) -> dict[str, object]:
    return {
        "practice_id": 1,
        "email": f"{kind}{number}@sample.example",
        "name": f"User {number}",
        "role": Role.THERAPIST,
        "created_at": LONG_AGO,
    }


def _measured(browser: FlaskClient, tries: int, users: int) -> Times:
    """Milliseconds of processor time of each, which other work on the machine leaves alone. The first of each
    kind is not counted.
    """
    times: Times = {kind: [] for kind in KINDS}
    for turn in range(tries + 1):
        for kind, email in _emails(turn % users):
            address = f"10.{turn // 50 % 250}.{turn % 50}.{KINDS.index(kind) + 1}"
            form = {"email": email, "password": "not the one they chose"}
            before = process_time()
            answer = browser.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": address})
            took = 1000 * (process_time() - before)
            assert answer.status_code == 422, answer.status_code
            if turn:
                times[kind].append(took)
    return times


def _emails(number: int) -> Iterator[tuple[str, str]]:
    yield "wrong password", f"known{number}@sample.example"
    yield "unknown email", f"nobody{number}@sample.example"
    yield "not yet welcomed", f"invited{number}@sample.example"


if __name__ == "__main__":
    main()
