"""Photos made anew from what was sent, so that nothing else of the file is kept."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import Lock

from PIL import Image, ImageFile, ImageOps

from care.errors import Refused
from care.photos import LARGEST_FILE

MOST_PIXELS = 50_000_000
LONGEST_SIDE = 1200
QUALITY = 82
# What a file says of itself counts for nothing: its first bytes do.
END_OF_IMAGE = b"\xff\xd9"
READ = ("JPEG", "PNG", "WEBP")
# Only one at a time says how strictly Pillow reads, which it knows for the whole process alone.
STRICT = Lock()
NOT_A_PHOTO = "Choose a photo as JPEG, PNG or WebP. This file is none, or was cut off."


def is_as_we_make_them(sent: bytes) -> bool:
    """A JPEG of pixels alone, no larger than ours, so that it need not lose by being made once more."""
    try:
        with _whole(), Image.open(BytesIO(sent), formats=["JPEG"]) as image:
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
        with _whole(), warnings.catch_warnings():
            # Too many pixels are refused below, in a sentence.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _redrawn(sent)
    except Refused:
        raise
    # Broken files raise whatever the reader of their kind trips over.
    except Exception:
        raise Refused(NOT_A_PHOTO) from None


@contextmanager
def _whole() -> Iterator[None]:
    """What is cut off raises. Making PDFs lets Pillow fill it up with grey, in the whole process."""
    with STRICT:
        before = ImageFile.LOAD_TRUNCATED_IMAGES
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


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
