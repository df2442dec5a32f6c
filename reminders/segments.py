"""How many parts a text takes: GSM-7 or UCS-2, counted as the networks do (3GPP TS 23.038)."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
GSM = BASIC | EXTENDED

# Turn the direction of what follows: a link or a number would read backwards.
TURNING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C, 0x200E, 0x200F)
# What no phone shows, but for the line break: a carriage return, a NUL.
CONTROLS = (*range(10), *range(11, 32), *range(127, 160))
# What word processors and phones put in place of plain characters.
PLAIN = str.maketrans(
    dict.fromkeys(map(chr, (*TURNING, *CONTROLS)), "")
    | {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "“": '"', "”": '"', "„": '"', "″": '"',
        "«": '"', "»": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
        "…": "...", "•": "-", "·": "-", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\t": " ",
        "\u200b": "", "\u200d": "", "\ufeff": "", "\u2060": "", "\u00ad": "",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Parts:
    """`units` are septets (an extended character is two) or UTF-16 code units; `room` fits in `parts`."""

    encoding: str
    units: int
    parts: int
    room: int


@lru_cache(maxsize=512)
def count_parts(body: str) -> Parts:
    """One part holds 160 septets or 70 code units; of several, each holds 153 or 67."""
    if is_gsm(body):
        units = len(body) + sum(map(EXTENDED.__contains__, body))
        return _parts("GSM-7", units, _gsm_parts(body, units), 160, 153)
    units = len(body.encode("utf-16-be")) // 2
    return _parts("UCS-2", units, _ucs2_parts(body), 70, 67)


def _parts(encoding: str, units: int, parts: int, single: int, each: int) -> Parts:
    return Parts(encoding, units, parts, single if parts == 1 else each * parts)


def is_gsm(body: str) -> bool:
    """Whether every character is in the GSM-7 alphabet or its extension."""
    return GSM.issuperset(body)


def _gsm_parts(body: str, units: int) -> int:
    if units <= 160:
        return 1
    return _packed([2 if character in EXTENDED else 1 for character in body], 153)


def _ucs2_parts(body: str) -> int:
    sizes = [2 if ord(character) > 0xFFFF else 1 for character in body]
    return 1 if sum(sizes) <= 70 else _packed(sizes, 67)


def _packed(sizes: list[int], room: int) -> int:
    """A character of two units is never split over two parts."""
    parts, used = 1, 0
    for size in sizes:
        if used + size > room:
            parts, used = parts + 1, 0
        used += size
    return parts


@lru_cache(maxsize=512)
def plain(body: str) -> str:
    """The same words in characters that do not triple the price: straight quotes, plain dashes,
    and accents dropped where dropping them alone makes the whole text GSM-7.
    """
    straightened = unicodedata.normalize("NFC", body).translate(PLAIN)
    if is_gsm(straightened):
        return straightened
    bare = "".join(_bare(character) for character in straightened)
    return bare if is_gsm(bare) else straightened


def _bare(character: str) -> str:
    if character in BASIC or character in EXTENDED:
        return character
    decomposed = unicodedata.normalize("NFD", character)
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))
