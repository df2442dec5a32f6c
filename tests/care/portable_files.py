"""Files by hand, for tests: bringing them in, and what is said when they are refused."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.errors import Refused
from care.models import Base
from care.phones import PhoneBook
from care.portable import ImportCounts, import_records
from tests.making import MONDAY_8AM, NEW_YORK

PRACTICE = {"type": "practice", "ref": "p", "name": "Riverside", "timezone": NEW_YORK, "country": "US"}
MARIA = {"type": "client", "ref": "maria", "first_name": "Maria", "phone": "202-555-0123"}


def bring_in(session: Session, book: PhoneBook, *records: Any) -> ImportCounts:
    lines = [one if isinstance(one, str) else json.dumps(one) for one in records]
    return import_records(session, book, lines, MONDAY_8AM)


def refusal(session: Session, book: PhoneBook, *records: Any) -> str:
    with pytest.raises(Refused) as refused:
        bring_in(session, book, *records)
    return str(refused.value)


def count(session: Session, row: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(row)) or 0
