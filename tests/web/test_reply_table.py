"""docs/replies.md shows what the system does with real-looking messages; here it is held to that."""

from care.db import Database
from tests.web.conftest import MakeApp, TestClock
from tests.web.reply_table import MESSAGES, table, table_on_the_page
from tests.web.texting import open_line


def test_the_table_on_the_page_is_what_happens(
    database: Database, make_app: MakeApp, clock: TestClock
) -> None:
    """A row that differs is to be put right on the page, or in the code."""
    happens = table(open_line(database, make_app, clock)).splitlines()

    assert happens == table_on_the_page().splitlines()


def test_it_has_forty_messages_of_every_kind() -> None:
    assert len(MESSAGES) >= 40
