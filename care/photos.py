"""Photos of a practice's own exercises: made anew from what was sent, so nothing else of the file is kept."""

import warnings
from datetime import datetime
from io import BytesIO

from PIL import Image, ImageOps
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.errors import NotFound, Refused
from care.models import Exercise, ExercisePhoto, ExerciseSource, User
from care.pictures import approve_picture, withdraw_picture

LARGEST_FILE = 8 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 1200
QUALITY = 82
# What a file says of itself counts for nothing: its first bytes do.
READ = ("JPEG", "PNG", "WEBP")
NOT_A_PHOTO = "Choose a photo as JPEG, PNG or WebP."


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


def made_anew(sent: bytes) -> bytes:
    """A JPEG of the same pixels, upright, at most 1200 on a side. Place, camera and comments are gone."""
    if len(sent) > LARGEST_FILE:
        raise Refused("This photo is larger than 8 MB. Make it smaller first.")
    try:
        with warnings.catch_warnings():
            # Too many pixels are refused below, in a sentence.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _redrawn(sent)
    except Refused:
        raise
    # Broken files raise whatever the reader of their kind trips over.
    except Exception:
        raise Refused(NOT_A_PHOTO) from None


def _redrawn(sent: bytes) -> bytes:
    with Image.open(BytesIO(sent), formats=READ) as image:
        if image.width * image.height > MOST_PIXELS:
            raise Refused("This photo has more than 50 million pixels. Make it smaller first.")
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        seen = upright.convert("RGBA")
    # A new image: what the old one carried along stays behind.
    plain = Image.new("RGB", seen.size, "white")
    plain.paste(seen, mask=seen.getchannel("A"))
    written = BytesIO()
    plain.save(written, "JPEG", quality=QUALITY, optimize=True)
    return written.getvalue()
