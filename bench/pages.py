"""Processor time of a page with 200 clients and a year of history, against an empty page of the same app."""

from collections.abc import Sequence
from statistics import median
from time import process_time

from bench._history import lived_in
from bench._measuring import arguments, report
from bench._world import KEY, NOW, empty_database
from care import signing_in
from care.db import Database
from care.models import User
from care.settings import Settings, load_settings
from web import create_app
from web.auth import TOKEN

# What a page costs that shows no more than its frame: signing in, the practice, the count in the inbox.
EMPTY = "/settings/password"
PAGES = (
    "/today",
    "/inbox",
    "/clients",
    "/clients/1",
    "/clients/1/visit",
    "/clients/1/plan",
    "/clients/1/texts",
    "/clients/1/assessment",
    "/clients/1/outcome",
    "/clients/1/handout",
    "/clients/1/page",
    "/clients/1/paper",
    "/exercises",
    "/templates",
    "/visits",
    "/adherence",
    "/messages",
    "/delivery",
    "/settings",
)


class BenchSettings(Settings):
    """Settings whose phones hash as those of the benched practice do."""

    @property
    def phone_key(self) -> bytes:
        return KEY


def main() -> None:
    options = arguments(__doc__, clients=200, days=365, runs=9)
    with empty_database() as database:
        lived_in(database, options.clients, options.days)
        times = milliseconds(database, PAGES, options.runs)
    empty = times.pop(EMPTY)
    print(f"{options.clients} clients, {options.days} days; the empty page takes {empty:.1f} ms")
    for page, took in sorted(times.items(), key=lambda one: -one[1]):
        report(f"{page}, {took:.1f} ms, against the empty page", took / empty, 3, at_most=True)


def milliseconds(database: Database, pages: Sequence[str], runs: int) -> dict[str, float]:
    """The median of each of these and of the empty page, in turns, after two rounds nobody counts. The
    database is in the process, so its work is in it; what else runs on the machine is not.
    """
    settings = BenchSettings(**vars(load_settings({"HOMESTRETCH_DATA_DIR": "/nonexistent"})))
    app = create_app(settings, database, lambda: NOW)
    with database.sessions.begin() as session:
        token = signing_in.start_session(session, session.get_one(User, 1), NOW)
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie[TOKEN] = token
    took: dict[str, list[float]] = {page: [] for page in (EMPTY, *pages)}
    for turn in range(runs + 2):
        for page, times in took.items():
            before = process_time()
            answer = browser.get(page)
            spent = process_time() - before
            assert answer.status_code == 200, (page, answer.status_code)
            if turn > 1:
                times.append(spent * 1000)
    return {page: median(times) for page, times in took.items()}


if __name__ == "__main__":
    main()
