"""Home programmes of providers outside the practice: kept, listed, ended."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.checks import check_line
from care.errors import NotFound, Refused
from care.models import Client, OutsideProgram, User
from care.program_reading import ReadProgram

LONGEST_PROVIDER, LONGEST_ADDRESS = 120, 300


def add_outside_program(
    session: Session,
    client: Client,
    provider: str,
    read: ReadProgram,
    user: User,
    received_on: date,
    now: datetime,
    address: str = "",
) -> OutsideProgram:
    """The newest of a provider takes the place of the one before. It plans nothing and texts nothing."""
    provider = check_line("Provider", provider, LONGEST_PROVIDER)
    program = OutsideProgram(
        practice_id=client.practice_id,
        client_id=client.id,
        provider=provider,
        address=check_address(address),
        exercises=[one.as_json() for one in read.exercises],
        precautions=list(read.precautions),
        avoid=list(read.avoid),
        received_on=received_on,
        added_by_id=user.id,
        created_at=now,
    )
    for one in list_outside_programs(session, client):
        if one.provider.casefold() == provider.casefold():
            one.ended_on = received_on
    session.add(program)
    session.flush()
    return program


def list_outside_programs(session: Session, client: Client) -> list[OutsideProgram]:
    """Those that run, oldest first."""
    return list(
        session.scalars(
            select(OutsideProgram)
            .where(OutsideProgram.client_id == client.id, OutsideProgram.ended_on.is_(None))
            .order_by(OutsideProgram.id)
        )
    )


def end_outside_program(session: Session, client: Client, program_id: int, today: date) -> OutsideProgram:
    """It is counted no more; ending it twice changes nothing. Raises NotFound for another client's."""
    program = session.scalar(
        select(OutsideProgram).where(OutsideProgram.client_id == client.id, OutsideProgram.id == program_id)
    )
    if program is None:
        raise NotFound
    program.ended_on = program.ended_on or today
    session.flush()
    return program


def check_address(typed: str) -> str:
    """An https address without a password in it, or nothing."""
    address = check_line("Address", typed, LONGEST_ADDRESS, may_be_empty=True)
    if address and (not address.startswith("https://") or "@" in address or " " in address):
        raise Refused("Address must begin with https://.")
    return address
