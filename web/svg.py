"""Pictures as answers: SVG that browsers may keep for an hour, and that can do nothing but be looked at."""

from flask import Response

KEPT_SECONDS = 3600


def svg_answer(drawing: str) -> Response:
    answer = Response(drawing, mimetype="image/svg+xml")
    answer.headers["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    return answer
