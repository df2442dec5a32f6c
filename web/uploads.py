"""Views that take a file: how much they take is known before anything is read, and told where it is more."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec

from flask import current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

Params = ParamSpec("Params")

# What stands in a form beside its file.
BESIDE = 64 * 1024
_TAKES = "takes_files"


@dataclass(frozen=True)
class _Takes:
    largest: int
    refuse: Callable[..., ResponseReturnValue]


def takes_files(
    largest: int, refuse: Callable[Params, ResponseReturnValue]
) -> Callable[[Callable[Params, ResponseReturnValue]], Callable[Params, ResponseReturnValue]]:
    """Let a view have up to so many bytes, in a file or in a field. What is larger never reaches it: then
    `refuse` answers, called as the view would have been, with a sentence what to do.
    """

    def marked(view: Callable[Params, ResponseReturnValue]) -> Callable[Params, ResponseReturnValue]:
        setattr(view, _TAKES, _Takes(largest, refuse))
        return view

    return marked


def shown_before(largest: int, sentence: str) -> dict[str, str]:
    """What a file's field tells the script, which knows its size before it is sent."""
    return {"data-largest": str(largest), "data-too-large": sentence}


def take_files() -> ResponseReturnValue | None:
    """For the gate, once it knows who asks and before anything else reads the form."""
    takes: _Takes | None = getattr(current_app.view_functions[request.endpoint or ""], _TAKES, None)
    if takes is None or request.method != "POST":
        return None
    request.max_content_length = takes.largest + BESIDE
    request.max_form_memory_size = takes.largest
    try:
        request.form  # noqa: B018  # reads all that was sent
    except RequestEntityTooLarge:
        return takes.refuse(**(request.view_args or {}))
    return None
