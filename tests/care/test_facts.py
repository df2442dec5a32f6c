"""Facts of the installation: the last process that started has the word."""

from concurrent.futures import ThreadPoolExecutor

from care.db import Database
from care.facts import keep_facts, public_url, sends_mail


def test_the_last_start_has_the_word(any_database: Database) -> None:
    for url, mail in (("http://127.0.0.1:8000", False), ("https://care.example.org", True)):
        with any_database.sessions.begin() as session:
            keep_facts(session, url, sends_mail=mail)

    with any_database.sessions() as session:
        assert (public_url(session), sends_mail(session)) == ("https://care.example.org", True)


def test_several_processes_may_start_at_once(any_database: Database) -> None:
    def start(_number: int) -> None:
        with any_database.sessions.begin() as session:
            keep_facts(session, "https://care.example.org", sends_mail=False)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(start, range(8)))

    with any_database.sessions() as session:
        assert (public_url(session), sends_mail(session)) == ("https://care.example.org", False)


def test_nothing_is_known_before_a_process_has_started(database: Database) -> None:
    with database.sessions() as session:
        assert (public_url(session), sends_mail(session)) == ("", False)
