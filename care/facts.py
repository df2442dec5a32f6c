"""Facts of the installation that rows are written by: its address from outside, and whether it sends mail."""

from sqlalchemy import String, bindparam, select
from sqlalchemy.orm import Session

from care.models import Installation
from care.upsert import insert_into

PUBLIC_URL = "public_url"
SENDS_MAIL = "sends_mail"
VALUE = select(Installation.value).where(Installation.name == bindparam("name", type_=String))


def keep_facts(session: Session, public_url: str, *, sends_mail: bool, is_told: bool = True) -> None:
    """Written by whoever reads the environment, as a process starts; several may start at once.

    An address that nobody told (`is_told`) never takes the place of one that is on file: a command beside
    a process that listens elsewhere does not know better.
    """
    for name, value in ((PUBLIC_URL, public_url), (SENDS_MAIL, "1" if sends_mail else "")):
        kept = session.get(Installation, name)
        if kept is not None and (kept.value == value or (name == PUBLIC_URL and not is_told)):
            continue
        row = insert_into(session, Installation).values(name=name, value=value)
        session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
    session.expire_all()


def public_url(session: Session) -> str:
    kept = session.get(Installation, PUBLIC_URL)
    return kept.value if kept else ""


def sends_mail(session: Session) -> bool:
    return session.scalar(VALUE, {"name": SENDS_MAIL}) == "1"
