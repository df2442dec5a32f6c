"""Photos of a practice's own exercises: kept, shown, and carried in files of records."""

from base64 import b64decode, b64encode
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.errors import NotFound, Refused
from care.models import Exercise, ExercisePhoto, ExerciseSource, User
from care.pictures import approve_picture, withdraw_picture

LARGEST_FILE = 8 * 1024 * 1024


def photo_of(session: Session, exercise: Exercise) -> bytes:
    """As JPEG. Raises NotFound where there is none."""
    jpeg = session.scalar(select(ExercisePhoto.jpeg).where(ExercisePhoto.exercise_id == exercise.id))
    if jpeg is None:
        raise NotFound
    return jpeg


def keep_photo(session: Session, exercise: Exercise, sent: bytes, user: User, now: datetime) -> None:
    """In the place of the one there was. Whoever adds it vouches for it: clients see it from now on.

    Raises Refused with a sentence for what is no photo, or too large; NotFound for a seed entry, whose
    picture is drawn.
    """
    if exercise.source is ExerciseSource.SEED:
        raise NotFound
    from care.pixels import made_anew  # Pillow costs 3 MB, and photos are rarely added

    jpeg = made_anew(sent)
    photo = session.scalar(select(ExercisePhoto).where(ExercisePhoto.exercise_id == exercise.id))
    if photo is None:
        photo = ExercisePhoto(practice_id=exercise.practice_id, exercise_id=exercise.id, jpeg=jpeg)
        session.add(photo)
    photo.jpeg = jpeg
    exercise.has_photo = True
    approve_picture(session, exercise, user, now)


def remove_photo(session: Session, exercise: Exercise) -> None:
    photo = session.scalar(select(ExercisePhoto).where(ExercisePhoto.exercise_id == exercise.id))
    if photo is None:
        raise NotFound
    session.delete(photo)
    exercise.has_photo = False
    withdraw_picture(session, exercise)


def photo_as_text(session: Session, exercise: Exercise) -> str:
    """As a file of records holds it."""
    return b64encode(photo_of(session, exercise)).decode()


def take_photo(session: Session, exercise: Exercise, text: str) -> None:
    """From a file of records; who approved it, if anybody did, stands in the exercise's own record.

    Raises Refused for what is no photo, or for a seed entry.
    """
    from care.pixels import is_as_we_make_them, made_anew

    if exercise.source is ExerciseSource.SEED:
        raise Refused("photo belongs to an exercise of your own: this one is drawn.")
    try:
        sent = b64decode(text, validate=True)
    except ValueError:
        raise Refused("photo must be a JPEG in base64.") from None
    jpeg = sent if is_as_we_make_them(sent) else made_anew(sent)
    session.add(ExercisePhoto(practice_id=exercise.practice_id, exercise_id=exercise.id, jpeg=jpeg))
    exercise.has_photo = True
