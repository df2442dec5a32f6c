"""What goes over the wire of one event, signed.

Signed as the Standard Webhooks specification has it (version 1 of https://www.standardwebhooks.com):
HMAC-SHA256 over id, time and body.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from reminders.hooks.targets import SECRET_PREFIX


@dataclass(frozen=True)
class Parcel:
    """What goes over the wire of one row, read before the network."""

    delivery_id: int
    hook_id: int
    url: str
    secret: str
    id: str
    body: str


def headers_of(parcel: Parcel, now: datetime) -> dict[str, str]:
    at = str(int(now.timestamp()))
    return {
        "Content-Type": "application/json",
        "User-Agent": "Homestretch",
        "webhook-id": parcel.id,
        "webhook-timestamp": at,
        "webhook-signature": sign(parcel.secret, parcel.id, at, parcel.body),
    }


def sign(secret: str, id: str, timestamp: str, body: str) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = hmac.new(key, f"{id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
