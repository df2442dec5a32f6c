"""The second step of signing in: a code of the moment (TOTP, RFC 6238), or one of ten to keep on paper."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime

import pyotp
from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.orm import Session

from care.errors import Refused
from care.models import RecoveryCode, TwoStep, User
from care.sealing import seal, unseal

ISSUER = "Homestretch"
STEP_SECONDS = 30
# A phone's clock may be half a minute off either way.
STEPS_AROUND = (0, -1, 1)
RECOVERY_CODES = 10
# Without the letters and digits that look alike.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
GROUP = 5


def is_on(session: Session, user_id: int) -> bool:
    return user_id in who_has(session, [user_id])


def who_has(session: Session, user_ids: Collection[int]) -> set[int]:
    """Which of them sign in in two steps."""
    wanted = select(TwoStep.user_id).where(TwoStep.user_id.in_(user_ids), TwoStep.confirmed_at.is_not(None))
    return set(session.scalars(wanted))


def of_user() -> ColumnElement[bool]:
    """The same as a condition on `User`, for other questions."""
    return exists().where(TwoStep.user_id == User.id, TwoStep.confirmed_at.is_not(None))


def begin(session: Session, user: User, key: bytes) -> None:
    """A new secret for the user's app. It counts once `confirm` has seen a code of it."""
    if is_on(session, user.id):
        raise Refused("Two-step sign-in is on already.")
    turn_off(session, user)
    sealed = seal(key, pyotp.random_base32())
    session.add(TwoStep(practice_id=user.practice_id, user_id=user.id, sealed_secret=sealed))
    session.flush()


def secret_to_show(session: Session, user: User, key: bytes) -> str | None:
    """The secret while it waits to be confirmed; afterwards it is shown to nobody."""
    row = session.scalar(select(TwoStep).where(TwoStep.user_id == user.id, TwoStep.confirmed_at.is_(None)))
    return unseal(key, row.sealed_secret) if row is not None else None


def address_of(user: User, secret: str) -> str:
    """What the QR code says (otpauth)."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)


def confirm(session: Session, user: User, key: bytes, code: str, now: datetime) -> list[str]:
    """The app works: from now on signing in takes a code. Returns the codes to keep, shown once."""
    secret = secret_to_show(session, user, key)
    if secret is None:
        raise Refused("Begin again: there is nothing to confirm.")
    if not _takes(session, user.id, secret, code, now):
        raise Refused("That is not the code of this moment. Try the next one.")
    session.execute(update(TwoStep).where(TwoStep.user_id == user.id).values(confirmed_at=now))
    return renew_recovery_codes(session, user)


def check(session: Session, user_id: int, key: bytes, typed: str, now: datetime) -> str | None:
    """ "code" or "recovery", whichever was right, and used up with this; else None."""
    row = session.scalar(select(TwoStep).where(TwoStep.user_id == user_id, TwoStep.confirmed_at.is_not(None)))
    if row is None:
        return None
    code = "".join(typed.split()).replace("-", "").lower()
    secret = unseal(key, row.sealed_secret)
    if secret is not None and _takes(session, user_id, secret, code, now):
        return "code"
    used = update(RecoveryCode).where(
        RecoveryCode.user_id == user_id,
        RecoveryCode.code_hash == _hash(code),
        RecoveryCode.used_at.is_(None),
    )
    found = session.scalars(used.values(used_at=now).returning(RecoveryCode.id)).first()
    return None if found is None else "recovery"


def renew_recovery_codes(session: Session, user: User) -> list[str]:
    """Ten new ones, shown once; the ones before open nothing any more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(2 * GROUP)) for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(practice_id=user.practice_id, user_id=user.id, code_hash=_hash(code)) for code in codes
    )
    session.flush()
    return [f"{code[:GROUP]}-{code[GROUP:]}" for code in codes]


def recovery_codes_left(session: Session, user: User) -> int:
    wanted = select(func.count()).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    return session.scalar(wanted) or 0


def turn_off(session: Session, user: User) -> None:
    for row in (TwoStep, RecoveryCode):
        session.execute(delete(row).where(row.user_id == user.id))


def _takes(session: Session, user_id: int, secret: str, code: str, now: datetime) -> bool:
    """Whether it is a code of about now that was not used before: a step counts once, and none before it."""
    if len(code) != 6 or not (code.isascii() and code.isdecimal()):
        return False
    present = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    for step in (present + around for around in STEPS_AROUND):
        if hmac.compare_digest(totp.generate_otp(step), code):
            claim = update(TwoStep).where(TwoStep.user_id == user_id, TwoStep.last_step < step)
            taken = session.scalars(claim.values(last_step=step).returning(TwoStep.id)).first()
            return taken is not None
    return False


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
