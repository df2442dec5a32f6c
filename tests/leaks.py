"""Names and phones where they have no business: in the log, in the address of a page, on an error page.

Everybody in the tests is called Maria Lopez (`tests.making`) and has a phone that begins alike, so those
serve as canaries in every test.
"""

import logging
import re
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote_plus

import structlog
from flask import Response, request
from structlog.dev import ConsoleRenderer, plain_traceback
from werkzeug.exceptions import RequestEntityTooLarge

# As written, and as a hurried line of a log may have them.
CANARIES = re.compile(r"maria|lopez|202[-. )]*555[-. ]*0[1-9]\d\d(?<!0100)", re.IGNORECASE)
ADDRESSES = re.compile(r'(?:href|action|src|formaction)="([^"]*)"')
# What somebody just did is told on the next page they open, whichever that is.
FLASHES = re.compile(r'<p class="flash[^<]*</p>')
ERRORS = frozenset({400, 401, 403, 404, 405, 413, 429, 500})


class Leaks(logging.Handler):
    """What was seen of canaries since it was last asked, each with where."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._seen: list[str] = []

    def take(self) -> list[str]:
        seen, self._seen = self._seen, []
        return seen

    def look(self, where: str, words: str) -> None:
        if found := CANARIES.search(words):
            around = words[max(found.start() - 60, 0) : found.end() + 60]
            self._seen.append(f"{where}: ...{around}...")

    def emit(self, record: logging.LogRecord) -> None:
        """Of a record of the standard library what is written: the message of an exception is not."""
        self.look(f"log {record.name}", record.getMessage())

    def of_event(self, _logger: Any, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        """The same of one of ours, as a processor of structlog."""
        self.look("log", str({key: value for key, value in event.items() if key != "exc_info"}))
        return event

    def of_answer(self, answer: Response) -> Response:
        """Where an answer leads, and what an error says. A search that was typed may be led back to."""
        asked = unquote_plus(request.full_path) + _led_back_to()
        leads_to = [answer.headers.get("Location", "")]
        if answer.mimetype == "text/html" and not answer.direct_passthrough:
            page = answer.get_data(as_text=True)
            leads_to += ADDRESSES.findall(page)
            if answer.status_code in ERRORS:
                self.look(f"error page {answer.status_code}", FLASHES.sub("", page))
        if not CANARIES.search(asked):
            for address in leads_to:
                if not address.startswith(("tel:", "sms:", "mailto:")):
                    self.look(f"address on {request.path}", unquote_plus(address))
        return answer


def _led_back_to() -> str:
    """Where a form says to go on; of a body that is too large nothing is known."""
    try:
        return request.form.get("next", "")
    except RequestEntityTooLarge:
        return ""


LEAKS = Leaks()
PLAIN = ConsoleRenderer(exception_formatter=plain_traceback)


def watch_the_logs() -> None:
    """See every line of both kinds of log, whoever set them up meanwhile."""
    root = logging.getLogger()
    if LEAKS not in root.handlers:
        root.addHandler(LEAKS)
    processors = structlog.get_config()["processors"]
    if LEAKS.of_event not in processors:
        structlog.configure(processors=[LEAKS.of_event, *map(_in_plain_lines, processors)])


def _in_plain_lines(processor: Any) -> Any:
    """As it comes, an exception is painted with all variables on its way, which takes a second each."""
    return PLAIN if isinstance(processor, ConsoleRenderer) else processor
