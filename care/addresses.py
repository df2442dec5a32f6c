"""Addresses as somebody gives them, which may be none."""

from urllib.parse import SplitResult, urlsplit


def parts_of(address: str) -> SplitResult:
    """Its parts; they are empty where it is no address at all, such as https://[, which Python refuses."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
