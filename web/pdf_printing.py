"""The one room of WeasyPrint: a page of ours as PDF, made here. It fetches nothing from any network."""

import logging
from collections.abc import Mapping
from typing import Any

from weasyprint import HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

# Nothing answers there: whatever the page names is handed over with it, or left out.
NOWHERE = "http://handout.invalid"

Part = tuple[str, bytes]

# It tells of every rule for screens that paper has no use for.
logging.getLogger("weasyprint").setLevel(logging.ERROR)


class HandedOver(URLFetcher):
    """Serves what was handed over with the page, and refuses every other address."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        super().__init__(allowed_protocols=())
        self.parts = parts

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        path = url.removeprefix(NOWHERE)
        if path == url or path not in self.parts:
            raise ValueError("Only what was handed over with the page is read.")
        kind, body = self.parts[path]
        return URLFetcherResponse(url, body, {"Content-Type": kind})


def pdf_of(page: str, parts: Mapping[str, Part]) -> bytes:
    """`parts` are by path: the stylesheets and pictures the page names."""
    made: bytes = HTML(string=page, base_url=f"{NOWHERE}/", url_fetcher=HandedOver(parts)).write_pdf()
    return made
