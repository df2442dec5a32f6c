"""Unguessable references for what leaves the house, and keyed hashes for what must be found again."""

import hashlib
import hmac
import re
import secrets

# What `new_token` makes: anything else in an address was never ours.
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


def new_token() -> str:
    """128 bits from the operating system, 22 characters, safe in an address."""
    return secrets.token_urlsafe(16)


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
