"""Sealing a short text, so that the row alone tells nobody: Fernet, with a key made from the secret."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken


def sealing_key(secret_key: str) -> bytes:
    """What a text is sealed with. Another secret key cannot read it."""
    return base64.urlsafe_b64encode(hashlib.sha256(b"homestretch sealing\0" + secret_key.encode()).digest())


def seal(key: bytes, text: str) -> str:
    return Fernet(key).encrypt(text.encode()).decode()


def unseal(key: bytes, sealed: str) -> str | None:
    """None where another key sealed it, or it was changed."""
    try:
        return Fernet(key).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None
