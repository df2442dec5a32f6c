"""Keys of sealed fields: what goes in comes out, and nothing else opens it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from care.key_ring import OFF, KeyMissing, KeyRing, id_of, new_key
from care.settings import BadSettings, load_settings
from tests.sealing import NEW, OLD

RINGS = [OFF, KeyRing((NEW,)), KeyRing((NEW, OLD)), KeyRing((OLD,), seals=False)]
TEXTS = st.text(max_size=40) | st.sampled_from(["", "🦉 duele 7", "~sealed~", "~plain~", "~plain~~sealed~x"])


@pytest.mark.parametrize("ring", RINGS)
@given(text=TEXTS)
@settings(max_examples=40)
def test_any_text_comes_back_as_it_was(ring: KeyRing, text: str) -> None:
    assert ring.open(ring.seal(text)) == text


@given(text=TEXTS)
@settings(max_examples=20)
def test_what_somebody_types_is_never_taken_for_something_sealed(text: str) -> None:
    forged = KeyRing((OLD,)).seal("forged") + text

    assert KeyRing((NEW,), seals=False).open(KeyRing((NEW,), seals=False).seal(forged)) == forged


def test_what_was_written_before_there_were_keys_stays_readable() -> None:
    ring = KeyRing((NEW,))

    for plain in ("knee hurts", "", "~", "~sealed~", "~plain~ words", "~sealed~not one of ours"):
        assert ring.open(plain) == plain


def test_nothing_of_a_text_shows_and_the_same_text_twice_differs() -> None:
    ring = KeyRing((NEW,))

    first, second = ring.seal("+12025550101"), ring.seal("+12025550101")

    assert first != second
    assert "5550101" not in first + second


def test_the_first_key_seals_and_every_key_opens() -> None:
    before = KeyRing((OLD,)).seal("knee")
    ring = KeyRing((NEW, OLD))

    assert ring.seal("knee").startswith(f"~sealed~{id_of(NEW)}~")
    assert ring.open(before) == "knee"
    assert KeyRing((OLD,), seals=False).open(before) == "knee"


@pytest.mark.parametrize("ring", [OFF, KeyRing((NEW,))])
def test_a_missing_key_is_named_in_one_sentence(ring: KeyRing) -> None:
    with pytest.raises(KeyMissing, match=f"the key {id_of(OLD)}, which HOMESTRETCH_FIELD_KEYS does not hold"):
        ring.open(KeyRing((OLD,)).seal("knee"))


def test_a_value_somebody_changed_does_not_open() -> None:
    sealed = KeyRing((NEW,)).seal("knee")

    with pytest.raises(KeyMissing):
        KeyRing((NEW,)).open(sealed[:-6] + "AAAA" + sealed[-2:])


@pytest.mark.parametrize(
    ("listed", "fault"),
    [
        ("a password", "must be keys of `homestretch keys new`"),
        (f"{NEW},plain", "must be keys of `homestretch keys new`"),
        (f"{NEW},{NEW}", "each of them once"),
        ("plain", "must name the keys that open what is sealed after plain"),
    ],
)
def test_a_list_that_does_not_add_up_stops_the_start(tmp_path: Path, listed: str, fault: str) -> None:
    with pytest.raises(BadSettings, match=fault):
        load_settings({"HOMESTRETCH_DATA_DIR": str(tmp_path), "HOMESTRETCH_FIELD_KEYS": listed})


def test_a_list_of_keys_is_read_and_never_shown(tmp_path: Path) -> None:
    key = new_key()
    environ = {"HOMESTRETCH_DATA_DIR": str(tmp_path), "HOMESTRETCH_FIELD_KEYS": f" {key} , {OLD},"}

    found = load_settings(environ)

    assert found.field_ring == KeyRing((key, OLD))
    assert key not in repr(found) + repr(found.field_ring)
