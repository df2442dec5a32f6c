"""Links from a figure to what it was counted from: a brief has dozens, so their address is built once."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote_plus, urlencode

from flask import url_for
from markupsafe import Markup, escape

# What stands as it is in the query of an address, as Werkzeug writes one.
SAFE = "!$'()*,/:;?@"

# One, or one for each span of days that was counted.
Instants = datetime | tuple[datetime, ...]


def links_behind(client_id: int, made_at: datetime) -> Callable[..., Markup]:
    """A function of what is behind, the words of the link, from when and until when (None: when the brief was
    made), what narrows it down (None: nothing), and where on the page.
    """
    page = url_for("evidence.show", client_id=client_id, kind="-").removesuffix("-")

    # Most figures are of the same days.
    @cache
    def span(since: Instants | None, until: Instants) -> str:
        asked = [("since", at) for at in _each(since)] + [("until", at) for at in _each(until)]
        return urlencode([(name, at.isoformat()) for name, at in asked], safe=SAFE)

    def behind(
        kind: str,
        words: object,
        since: Instants | None,
        until: Instants | None = None,
        anchor: str = "",
        **narrowed: Any,
    ) -> Markup:
        address = f"{page}{kind}?{span(since, until or made_at)}"
        for name, value in narrowed.items():
            if value is not None:
                address += f"&{name}={quote_plus(str(value), safe=SAFE)}"
        if anchor:
            address += f"#{anchor}"
        return Markup(f'<a href="{escape(address)}">{escape(words)}</a>')  # noqa: S704 (both are escaped)  # nosec B704

    return behind


def _each(instants: Instants | None) -> tuple[datetime, ...]:
    if instants is None:
        return ()
    return instants if isinstance(instants, tuple) else (instants,)
