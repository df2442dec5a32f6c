"""Photos of own exercises: read for what they are, made anew, and nothing of the file kept but its pixels."""

from base64 import b64encode
from io import BytesIO

import pytest
from PIL import Image, ImageFile

from care.errors import NotFound, Refused
from care.models import ExerciseSource
from care.photos import LARGEST_FILE, keep_photo, photo_of, remove_photo, take_photo
from care.pictures import is_shown_to_clients
from care.pixels import made_anew
from tests.making import MONDAY_9AM, make_exercise, make_practice, make_user

PLACE = b"52.520008N 13.404954E"


def file_of(kind: str, size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: object) -> bytes:
    written = BytesIO()
    Image.new(mode, size, 120 if mode == "L" else None).save(written, kind, **options)
    return written.getvalue()


def with_secrets(turned: int = 1) -> bytes:
    """A JPEG that says where it was taken, and which way is up."""
    exif = Image.Exif()
    exif[0x010E] = PLACE.decode()
    exif[0x0112] = turned
    return file_of("JPEG", exif=exif, comment=PLACE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_what_is_kept_is_a_jpeg(kind: str, mode: str) -> None:
    made = Image.open(BytesIO(made_anew(file_of(kind, mode=mode))))

    assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (40, 20))


def test_place_camera_and_comments_are_gone_and_the_picture_stands_upright() -> None:
    sent = with_secrets(turned=6)
    assert PLACE in sent

    kept = made_anew(sent)

    made = Image.open(BytesIO(kept))
    assert PLACE not in kept
    assert dict(made.getexif()) == {}
    assert "comment" not in made.info
    assert made.size == (20, 40)


def test_a_large_photo_is_made_small_and_what_is_clear_becomes_white() -> None:
    large = Image.open(BytesIO(made_anew(file_of("PNG", (3000, 1500)))))
    clear = Image.open(BytesIO(made_anew(file_of("PNG", mode="RGBA"))))

    assert large.size == (1200, 600)
    assert clear.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7",
        b"\xff\xd8\xff\xe0 not much of a photo",
        with_secrets()[:60],
        file_of("PNG")[:20],
        file_of("GIF"),
        file_of("TIFF"),
        b"\x00" * 1000,
    ],
)
def test_what_is_no_photo_is_refused_in_a_sentence(sent: bytes) -> None:
    with pytest.raises(Refused, match=r"JPEG, PNG or WebP\..*cut off"):
        made_anew(sent)


def noise(kind: str) -> bytes:
    """A photo that does not compress to nothing, so that a part of it is missing where it is cut."""
    written = BytesIO()
    Image.effect_noise((120, 90), 60).convert("RGB").save(written, kind)
    return written.getvalue()


@pytest.mark.parametrize("part", [0.15, 0.5, 0.95])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_is_cut_off_is_refused_whatever_another_library_allows(monkeypatch, session, kind, part) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    whole = noise(kind)
    cut = whole[: int(len(whole) * part)]
    own = make_exercise(session, make_practice(session), source=ExerciseSource.OWN)

    made_anew(whole)
    with pytest.raises(Refused, match=r"JPEG, PNG or WebP\..*cut off"):
        made_anew(cut)
    with pytest.raises(Refused, match=r"JPEG, PNG or WebP\..*cut off"):
        take_photo(session, own, b64encode(cut).decode())
    assert ImageFile.LOAD_TRUNCATED_IMAGES


def test_too_many_bytes_and_too_many_pixels_are_refused() -> None:
    with pytest.raises(Refused, match="larger than 8 MB"):
        made_anew(b"\xff\xd8" + b"\x00" * LARGEST_FILE)
    with pytest.raises(Refused, match="50 million pixels"):
        made_anew(file_of("PNG", (12_000, 6_000), mode="L"))


def test_a_photo_is_kept_replaced_and_removed_on_either_database(any_database) -> None:
    with any_database.sessions() as session:
        practice = make_practice(session)
        user = make_user(session, practice)
        own = make_exercise(session, practice, source=ExerciseSource.OWN)

        keep_photo(session, own, file_of("PNG"), user, MONDAY_9AM)
        keep_photo(session, own, file_of("PNG", (10, 10)), user, MONDAY_9AM)

        assert Image.open(BytesIO(photo_of(session, own))).size == (10, 10)
        assert is_shown_to_clients(own)
        remove_photo(session, own)
        assert not is_shown_to_clients(own)
        with pytest.raises(NotFound):
            photo_of(session, own)


def test_a_seed_entry_has_its_drawing_and_no_photo(session) -> None:
    practice = make_practice(session)
    seed = make_exercise(session, practice)

    with pytest.raises(NotFound):
        keep_photo(session, seed, file_of("PNG"), make_user(session, practice), MONDAY_9AM)
