"""Phones that somebody else may read: their client is hurt by somebody, and nothing may give that away."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, select
from sqlalchemy.orm import Session

from care.models import IS_OPEN, AttentionItem, AttentionKind, Client, Message

UNSAFE = "unsafe"


def is_about_unsafe(item: AttentionItem) -> bool:
    return names_unsafe(item.details)


def names_unsafe(details: Mapping[str, Any]) -> bool:
    """The same where only an item's details are at hand."""
    groups = details.get("groups", [])
    return isinstance(groups, list) and UNSAFE in groups


def private_phones(session: Session, practice_ids: Collection[int]) -> set[str]:
    """The hashes of phones nothing automatic goes to: the one that was written from and the client's of
    today, until a person closes the item. Codes alone are read, so a missing key hides none.
    """
    rows = session.execute(
        select(cast(AttentionItem.details, Text), Message.phone_hash, Client.phone_hash)
        .select_from(AttentionItem)
        .outerjoin(Message, Message.id == AttentionItem.message_id)
        .outerjoin(Client, Client.id == AttentionItem.client_id)
        .where(may_be_about_unsafe(AttentionItem.practice_id.in_(practice_ids)))
    )
    return {
        phone for details, *phones in rows if names_unsafe(json.loads(details)) for phone in phones if phone
    }


def may_be_about_unsafe(among: ColumnElement[bool]) -> ColumnElement[bool]:
    """The open items worth asking `is_about_unsafe` of."""
    return and_(
        among,
        AttentionItem.kind == AttentionKind.RED_FLAG,
        IS_OPEN,
        cast(AttentionItem.details, Text).contains(f'"{UNSAFE}"'),
    )
