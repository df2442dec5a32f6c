"""The keys that single fields are sealed with (Fernet: AES-128-CBC and HMAC-SHA256), and which key did it."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.fernet import Fernet, InvalidToken

from care.errors import Refused

# The first entry of the list, where new values are to be written as they are and the keys only open old ones.
PLAIN = "plain"
MOST_KEYS = 20
KEY_ID_LENGTH = 8
SEALED = re.compile(rf"~sealed~([0-9a-f]{{{KEY_ID_LENGTH}}})~([A-Za-z0-9_=-]+)")
# What somebody typed that looks like one of ours is set apart by the second.
MARKS = ("~sealed~", "~plain~")
AS_TYPED = MARKS[1]
LOST_KEY = (
    "A field is sealed with the key {id}, which HOMESTRETCH_FIELD_KEYS does not hold. "
    "Put that key back into the list and restart (docs/operations.md, Sealed fields)."
)


class KeyMissing(Refused):
    """A sealed value met a list without its key. The message says which key, and what to do."""

    def __init__(self, key_id: str) -> None:
        super().__init__(LOST_KEY.format(id=key_id))
        self.key_id = key_id


@dataclass(frozen=True)
class KeyRing:
    """The keys as they are listed: the first seals, all of them open. Without any, nothing is sealed.

    `seals` is False where the list begins with `plain`.
    """

    keys: tuple[str, ...] = field(default=(), repr=False)
    seals: bool = True

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """What tells the keys apart in the database, in the order of the list, and says nothing else."""
        return tuple(id_of(key) for key in self.keys)

    @property
    def first(self) -> str | None:
        """The id of the key that new values are sealed with; None where they are written as they are."""
        return self.ids[0] if self.keys and self.seals else None

    @cached_property
    def _boxes(self) -> dict[str, Fernet]:
        return {id_of(key): Fernet(key) for key in self.keys}

    def seal(self, text: str) -> str:
        """As it goes into the database. What is empty says nothing, and stays empty."""
        if self.first is None:
            return AS_TYPED + text if text.startswith(MARKS) else text
        return mark_of(self.first) + self._boxes[self.first].encrypt(text.encode()).decode() if text else ""

    def open(self, stored: str) -> str:
        """What was sealed, or what is not sealed as it stands. Raises KeyMissing."""
        if not stored.startswith(MARKS):
            return stored
        sealed = SEALED.fullmatch(stored)
        if sealed is None:
            typed = stored.removeprefix(AS_TYPED)
            return typed if typed.startswith(MARKS) else stored
        box = self._boxes.get(sealed[1])
        try:
            if box is not None:
                return box.decrypt(sealed[2]).decode()
        except InvalidToken:
            pass
        raise KeyMissing(sealed[1])


OFF = KeyRing()


def new_key() -> str:
    """32 random bytes as Fernet wants them: 44 characters."""
    return Fernet.generate_key().decode()


def id_of(key: str) -> str:
    """Eight hexadecimal characters of a hash: 256 random bits cannot be guessed from them."""
    return hashlib.sha256(b"homestretch field key\0" + key.encode()).hexdigest()[:KEY_ID_LENGTH]


def mark_of(id: str) -> str:
    """How everything begins that the key of this id sealed."""
    return f"{MARKS[0]}{id}~"


def read_ring(listed: str, faults: list[str]) -> KeyRing:
    """The ring of a setting: keys with commas between, `plain` in front of those that only open."""
    parts = [part for part in (one.strip() for one in listed.split(",")) if part]
    seals, keys = parts[:1] != [PLAIN], parts if parts[:1] != [PLAIN] else parts[1:]
    faults += _faults(keys, seals)
    return OFF if faults else KeyRing(tuple(keys), seals)


def _faults(keys: Sequence[str], seals: bool) -> list[str]:
    if not keys and not seals:
        return ["HOMESTRETCH_FIELD_KEYS must name the keys that open what is sealed after plain."]
    if any(not _is_key(key) for key in keys):
        return ["HOMESTRETCH_FIELD_KEYS must be keys of `homestretch keys new`, with commas between."]
    if len(set(keys)) < len(keys) or len(keys) > MOST_KEYS:
        return [f"HOMESTRETCH_FIELD_KEYS must be {MOST_KEYS} keys at most, each of them once."]
    return []


def _is_key(text: str) -> bool:
    try:
        Fernet(text)
    except ValueError:
        return False
    return True
