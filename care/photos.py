"""Photos of a practice's own exercises: made anew from what was sent, so nothing else of the file is kept."""

import warnings
from base64 import b64decode, b64encode
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
END_OF_IMAGE = b"\xff\xd9"
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


def photo_as_text(session: Session, exercise: Exercise) -> str:
    """As a file of records holds it."""
    return b64encode(photo_of(session, exercise)).decode()


def take_photo(session: Session, exercise: Exercise, text: str) -> None:
    """From a file of records; who approved it, if anybody did, stands in the exercise's own record.

    Raises Refused for what is no photo, or for a seed entry.
    """
    if exercise.source is ExerciseSource.SEED:
        raise Refused("photo belongs to an exercise of your own: this one is drawn.")
    try:
        sent = b64decode(text, validate=True)
    except ValueError:
        raise Refused("photo must be a JPEG in base64.") from None
    jpeg = sent if _is_as_we_make_them(sent) else made_anew(sent)
    session.add(ExercisePhoto(practice_id=exercise.practice_id, exercise_id=exercise.id, jpeg=jpeg))
    exercise.has_photo = True


def _is_as_we_make_them(sent: bytes) -> bool:
    """A JPEG of pixels alone, no larger than ours, so that it need not lose by being made once more."""
    try:
        with Image.open(BytesIO(sent), formats=["JPEG"]) as image:
            parts = {name for name, _ in getattr(image, "applist", ())}
            if max(image.size) > LONGEST_SIDE or not parts <= {"APP0"} or not sent.endswith(END_OF_IMAGE):
                return False
            image.load()
    # Broken files raise whatever the reader of their kind trips over.
    except Exception:
        return False
    return True


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
