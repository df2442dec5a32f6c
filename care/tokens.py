"""Unguessable references for what leaves the house, and keyed hashes for what must be found again."""

import hashlib
import hmac
import secrets


def new_token() -> str:
    """128 bits from the operating system, 22 characters, safe in an address."""
    return secrets.token_urlsafe(16)


def keyed_hash(key: bytes, value: str) -> str:
    """A lookup value that cannot be turned back without the key (HMAC-SHA256, 64 hex characters)."""
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()
