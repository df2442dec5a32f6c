"""Bring what phones send to plain lower-case text, and leave out what is not the client's own answer."""

import re
import unicodedata

HALVES = {"½": ".5", "¼": ".25", "¾": ".75"}
PLAIN_FORMS = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "`": "'", "´": "'", "ʼ": "'", "′": "'",
        "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "″": '"', "「": '"', "」": '"',
        "‹": '"', "›": '"',
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "﹣": "-",
        "⁄": "/", "∕": "/", "٫": ".", "٬": ",", "،": ",", "、": ",", "。": ".", "؟": "?", "；": ";",
        "∼": "~", "〜": "~", "≈": "~", "…": "...", "→": "->", "➡": "->", "⟶": "->", "➔": "->", "⇒": "->",
        "\u2800": " ", "\u115f": None, "\u1160": None, "\u3164": None, "\uffa0": None, "\ufffc": None,
        "\u2028": "\n", "\u2029": "\n", "\x85": "\n", "\r": "\n", "\t": " ", "\x0b": "\n", "\x0c": "\n",
        "🔟": " 10 ",
    }
)  # fmt: skip
KEYCAP = "\u20e3"


def clean(text: str) -> str:
    """Plain lower-case text with line breaks kept. Cleaning twice changes nothing."""
    if text.isascii():
        return _tidy_spaces(text.translate(PLAIN_FORMS).lower())
    for _ in range(4):
        cleaned = _clean_once(text)
        if cleaned == text:
            break
        text = cleaned
    return text


def _clean_once(text: str) -> str:
    text = text.translate(PLAIN_FORMS)
    text = re.sub(r"(\d?)([½¼¾])", lambda m: (m[1] or " 0") + HALVES[m[2]], text)
    plain = "".join(map(_plain_character, text))
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKD", plain).casefold())
    plain = "".join(c for c in plain if unicodedata.category(c) not in ("Mn", "Cf", "Me"))
    return _tidy_spaces(unicodedata.normalize("NFC", plain).translate(PLAIN_FORMS))


def _plain_character(character: str) -> str:
    if character < "\x7f":
        return character
    if unicodedata.combining(character):
        return ""  # before they are put in order, which takes as long as their number squared
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category == "No" and unicodedata.numeric(character) == int(unicodedata.numeric(character)):
        return f"{int(unicodedata.numeric(character))}"
    if category in ("Cf", "Cc", "Co", "Cs", "Cn"):
        return ""
    return " " if category == "Zs" else character


def _tidy_spaces(text: str) -> str:
    text = "".join(c for c in text if c == "\n" or c >= " ") if not text.isprintable() else text
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(lines).strip("\n")


SENT_FROM = re.compile(r"^(sent|get|enviado|envoye|gesendet|von meinem|나의) .{0,60}$")
SENT_FROM_WORDS = re.compile(
    r"\b(sent (from|via|using|with)|get outlook|enviado (desde|do)|envoye de(puis)?|gesendet von|mobile)\b"
)
WROTE = re.compile(r"^(on|el|le|em|am) .{4,120}\b(wrote|escribio|a ecrit|escreveu|schrieb) ?:")
FORWARDED = re.compile(r"^-{2,} ?(original message|forwarded message)")
SIGNED = re.compile(r"^[-~] ?([^\W\d_]+\.?)( [^\W\d_]+\.?){0,2}( [\d ()+.-]{7,16})?$")
PART_MARK = re.compile(r"^\(?\d{1,2} ?(?:/|of) ?[2-9]\) | \(\d{1,2} ?(?:/|of) ?[2-9]\)$")
OUR_PROMPTS = (
    re.compile(
        r"\b(?:earlier you said \d+\. )?(?:what is|how is) (?:your pain|it)(?: right)? now, ?0-10"
        r"(?:, and did you do your stretches)?\??"
    ),
    re.compile(r"what is your pain(?: right now)?,? ?\(?0-10\)?\??"),
    re.compile(r"time for your [^.\n]{1,60}\.(?= reply done)"),
    re.compile(r"reply done when (?:you have done them|done)(?:; you can add your pain, 0-10)?\.?"),
    re.compile(r"(?:reply|text|send) stop to (?:end|opt out|unsubscribe|stop|cancel)[^.\n]{0,40}\.?"),
)  # fmt: skip


def own_lines(cleaned: str) -> list[str]:
    """The client's own lines: without quoted mail, copies of our prompts, and part marks."""
    lines: list[str] = []
    for line in cleaned.split("\n"):
        if WROTE.match(line) or FORWARDED.match(line):
            break
        if not line.startswith(">"):
            lines.append(_without_copies(line))
    return lines


def _without_copies(line: str) -> str:
    if (len(line) > 3 and "/" in line) or " of " in line:
        line = PART_MARK.sub("", line)
    if "reply" in line or "0-10" in line or "stop to" in line:
        for prompt in OUR_PROMPTS:
            line = prompt.sub(" ", line)
    return line.strip()


def without_signature(lines: list[str], known: frozenset[str]) -> list[str]:
    """Cut "Sent from my phone", all below a "--" line, and a last "- Maria"."""
    is_begun = False
    for place, line in enumerate(lines):
        if is_begun and (line in ("--", "---", "__", "___") or line.startswith("-- ")):
            lines = lines[:place]
            break
        is_begun = is_begun or bool(line)
    lines = [line for line in lines if not (SENT_FROM.match(line) and SENT_FROM_WORDS.search(line))]
    while lines and not lines[-1]:
        lines.pop()
    if lines:
        lines = [*lines[:-1], _without_name(lines[-1], known)]
    return lines


def _without_name(line: str, known: frozenset[str]) -> str:
    cut = max(line.rfind(" - "), line.rfind(" -- "), line.rfind(" ~"))
    head, tail = (line[:cut], line[cut:].strip()) if cut > 0 else ("", line)
    tail = tail.replace("--", "-", 1)
    if not SIGNED.match(tail):
        return line
    names = re.findall(r"[^\W\d_]+", tail)
    return head if not any(name in known for name in names) else line
