"""Who was told of an item by an alert: they see it, and its client, until it is closed.

Without that the link they got would lead nowhere. The item's details name them.
"""

from sqlalchemy import BindParameter, ColumnElement, Text, and_, cast

from care.models import AttentionItem, AttentionStatus, User

TOLD = "told"


def show_to(item: AttentionItem, user: User) -> None:
    """From now on the item is theirs to see."""
    told = item.details.get(TOLD, [])
    if _sign_of(user) not in told:
        item.details = item.details | {TOLD: [*told, _sign_of(user)]}


def was_told(
    sign: str | BindParameter[str], item: type[AttentionItem] = AttentionItem
) -> ColumnElement[bool]:
    """Whether an alert about the item went to whose quoted sign this is and it is not closed, as a condition.
    Quotes inside of what a client wrote are escaped in there, so that nobody can write such a sign.
    """
    is_in_details = cast(item.details, Text).contains(sign)
    return and_(is_in_details, item.status != AttentionStatus.CLOSED)


def quoted_sign(user: User) -> str:
    return f'"{_sign_of(user)}"'


def _sign_of(user: User) -> str:
    return f"told:{user.id}"
