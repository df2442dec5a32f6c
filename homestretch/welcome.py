"""What a person who typed `make run` reads."""

from collections.abc import Iterator

from sqlalchemy import select

from care.models import Practice
from homestretch.installation import Installation
from homestretch.sample import SAMPLE_PASSWORD, SAMPLE_SIGN_INS


def welcome(installation: Installation, address: str | None) -> Iterator[str]:
    """The address, and the sample sign-ins where there is a sample practice."""
    yield f"Homestretch runs at {address}  (Ctrl+C ends it)"
    with installation.database.reading() as session:
        has_sample = session.scalar(select(Practice.id).where(Practice.is_sample).limit(1))
        has_any = session.scalar(select(Practice.id).limit(1))
    if has_sample is not None:
        yield f"Sample sign-ins, all with the password {SAMPLE_PASSWORD}:"
        yield from (f"  {email}  ({role})" for email, role in SAMPLE_SIGN_INS)
        yield f"The simulated phone: {address}/demo/phone   No real texts are sent."
    elif has_any is None:
        yield "There is no practice yet. Make one with: homestretch init --help"
