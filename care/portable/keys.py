"""Keys say what a reminder or an attention item is for, by row numbers; in a file they name records."""

import re
from collections.abc import Callable
from typing import Any

# What the numbers in a key stand for, by its first word. Any other: the client, or the message of a stranger.
NUMBERED = {
    "exercise": ("client",),
    "follow_up": ("follow_up",),
    "call": ("follow_up",),
    "enrol": ("client", "consent"),
    "answer": ("message",),
    "safety": ("message",),
    "stranger": ("message",),
    "unsure": ("reminder",),
    "mail": ("user",),
    "plan_changed": ("client", "plan"),
    "cosign": ("client", "user"),
    "cosign_declined": ("client", "cosign"),
}
PART = re.compile(r"(?<=:)(?:[0-9a-f]{16}|\d+)(?=:|$)")
NAMED = re.compile(r"\{([^{}]+)\}")
SHORT_HASH = 16
PHONE = "phone:"


def name_rows(
    key: str,
    is_of_client: bool,
    ref_of: Callable[[str, int], str | None],
    phone_of: Callable[[str], str | None],
) -> str:
    """`exercise:7:2026-03-02T09:00` as `exercise:{client:Xy…}:2026-03-02T09:00`.

    `phone_of` knows phones by the beginning of their hash. What is nobody's number stays as it is.
    """
    otherwise = ("client",) if is_of_client else ("message",)
    stands_for = iter(NUMBERED.get(key.partition(":")[0], otherwise))

    def name(found: re.Match[str]) -> str:
        part = found.group()
        phone = phone_of(part) if len(part) == SHORT_HASH else None
        if phone is not None:
            return f"{{{PHONE}{phone}}}"
        kind = next(stands_for, None) if part.isdigit() else None
        ref = ref_of(kind, int(part)) if kind else None
        return f"{{{ref}}}" if ref else part

    return PART.sub(name, key)


def number_rows(key: str, id_of: Callable[[str], int], hash_of: Callable[[str], str]) -> str:
    """The same back again, with the numbers the rows have here."""

    def number(found: re.Match[str]) -> str:
        name = found.group(1)
        if name.startswith(PHONE):
            return hash_of(name.removeprefix(PHONE))[:SHORT_HASH]
        return str(id_of(name))

    return NAMED.sub(number, key)


def name_ids(value: Any, ref_of: Callable[[str, int], str | None]) -> Any:
    """In stored details, every `<type>_id` as the ref of that record; None when it is not in the file."""
    if isinstance(value, list):
        return [name_ids(one, ref_of) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: ref_of(name.removesuffix("_id"), one)
        if name.endswith("_id") and isinstance(one, int)
        else name_ids(one, ref_of)
        for name, one in value.items()
    }


def number_ids(value: Any, find_id: Callable[[str], int | None]) -> Any:
    """The same back again. What is no reference stays as it is."""
    if isinstance(value, list):
        return [number_ids(one, find_id) for one in value]
    if not isinstance(value, dict):
        return value
    found = {
        name: find_id(one) for name, one in value.items() if name.endswith("_id") and isinstance(one, str)
    }
    rest = {name: number_ids(one, find_id) for name, one in value.items()}
    return rest | {name: id for name, id in found.items() if id is not None}
