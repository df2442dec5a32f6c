"""Unguessable references for what leaves the house, and keyed hashes for what must be found again."""

import hashlib
import hmac
import re
import secrets

# What `new_token` makes: anything else in an address was never ours.
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


# To be typed from paper: letters and digits that look like no other; no vowels, so that they spell nothing.
CODE_LETTERS = "bcdfghjkmnpqrstvwxyz23456789"
CODE_LENGTH = 12
CODE = re.compile(rf"[{CODE_LETTERS}]{{{CODE_LENGTH}}}")


def new_token() -> str:
    """128 bits from the operating system, 22 characters, safe in an address."""
    return secrets.token_urlsafe(16)


def new_code() -> str:
    """57 bits from the operating system, 12 characters."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def code_on_paper(code: str) -> str:
    """In groups of four: bcdf-ghjk-2345."""
    return "-".join(code[start : start + 4] for start in range(0, CODE_LENGTH, 4))


def typed_code(typed: str) -> str | None:
    """The code that was typed, in capitals, with spaces or without hyphens; None for anything else."""
    code = re.sub(r"[\s-]", "", typed).lower()
    return code if CODE.fullmatch(code) and not TOKEN.fullmatch(typed) else None


def new_secret() -> str:
    """256 bits, 43 characters: a key shown once to whoever gets it. Its row keeps `secret_hash` alone."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """How the row of a secret is found again (SHA-256, 64 hex characters).

    No salt and no slow hash: nobody guesses 256 random bits. Passwords are another matter (`care.passwords`).
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def keyed_hash(key: bytes, value: str) -> str:
    """A lookup value that cannot be turned back without the key (HMAC-SHA256, 64 hex characters)."""
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()
