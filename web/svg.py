"""Pictures as answers: drawings and photos, kept by browsers for an hour, that can only be looked at."""

from flask import Response
from sqlalchemy.orm import Session

from care.models import Exercise, Side
from care.photos import photo_of
from care.pictures import picture_of

KEPT_SECONDS = 3600
DRAWING, PHOTO = "image/svg+xml", "image/jpeg"


def svg_answer(drawing: str) -> Response:
    return _answer(drawing.encode(), DRAWING)


def picture_answer(session: Session, exercise: Exercise, side: Side = Side.BOTH) -> Response:
    """Raises NotFound where there is no picture."""
    kind, body = picture_bytes(session, exercise, side)
    return _answer(body, kind)


def picture_bytes(session: Session, exercise: Exercise, side: Side) -> tuple[str, bytes]:
    """Its kind and the file: a photo is as it was taken, a drawing shows the side of the body."""
    if exercise.has_photo:
        return PHOTO, photo_of(session, exercise)
    return DRAWING, picture_of(exercise, side).encode()


def _answer(body: bytes, kind: str) -> Response:
    answer = Response(body, mimetype=kind)
    answer.headers["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    return answer
