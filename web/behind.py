"""Links from a figure to what it was counted from: a brief has dozens, so their address is built once."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from markupsafe import Markup

# What stands as it is in the query of an address, as Werkzeug writes one.
SAFE = "!$'()*,/:;?@"
LINK = Markup('<a href="{}">{}</a>')


def links_behind(client_id: int, made_at: datetime) -> Callable[..., Markup]:
    """A function of what is behind, the words of the link, from when and until when (None: when the brief was
    made), what narrows it down (None: nothing), and where on the page.
    """
    page = url_for("evidence.show", client_id=client_id, kind="-").removesuffix("-")

    def behind(
        kind: str,
        words: object,
        since: datetime | None,
        until: datetime | None = None,
        anchor: str = "",
        **narrowed: Any,
    ) -> Markup:
        span = {"since": since.isoformat() if since else None, "until": (until or made_at).isoformat()}
        asked = [(name, value) for name, value in (span | narrowed).items() if value is not None]
        place = f"#{anchor}" if anchor else ""
        return LINK.format(f"{page}{kind}?{urlencode(asked, safe=SAFE)}{place}", words)

    return behind
