"""Clock times, days of the week and stretches of time as clients type them. Pure: text in, values out."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

CLOCK = (
    r"(?:(?P<hour>\d{1,2})(?:[:.h](?P<minute>[0-5]\d))?\s*"
    r"(?P<half>a\.?\s?m\.?|p\.?\s?m\.?|a|p|de la manana|de la tarde|de la noche)?"
    r"|(?P<noon>noon|midday|mediodia))(?:\s*(?:o'?clock|h))?"
)
FOR_SO_LONG = re.compile(
    r"\b(?:for|por|next)\s+(?:the next\s+)?(\d{1,2}|a|an|una?)\s+(day|week|dia|semana)s?\b"
)
UNTIL = re.compile(r"\b(?:until|till|til|hasta(?: el)?|text me(?: again)?(?: on)?)\s+(?:next\s+)?([a-z]+)")
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1)}
LENGTHS = (
    (re.compile(r"\b(?:half an|media) hora?\w*|\bhalf an hour|\bmedia hora"), timedelta(minutes=30)),
    (re.compile(r"\b(?:an|one|a|una) (?:hour|hr|hora)\b"), timedelta(hours=1)),
)
COUNTED = re.compile(
    r"\b(?:in|en|give me|dame|for|after)\s+(\d{1,3})\s*(m|mins?|minutes?|minutos?|h|hrs?|hours?|horas?)?\b"
)
AT = re.compile(rf"\b(?:at|around|about|by|a las?|como a las?|@)\s*{CLOCK}(?![\d/%])")
ALONE = re.compile(rf"(?:at|around|about|by|a las?)?\s*{CLOCK}\s*(?:please|por favor)?[.! ]*")

EVERY_DAY = frozenset(range(7))
ENGLISH = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SPANISH = ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")
SETS = {
    "every day": EVERY_DAY, "everyday": EVERY_DAY, "daily": EVERY_DAY, "all": EVERY_DAY,
    "all days": EVERY_DAY,
    "todos los dias": EVERY_DAY, "todos": EVERY_DAY, "cada dia": EVERY_DAY, "diario": EVERY_DAY,
    "weekdays": frozenset(range(5)), "week days": frozenset(range(5)), "entre semana": frozenset(range(5)),
    "weekends": frozenset((5, 6)), "weekend": frozenset((5, 6)), "fines de semana": frozenset((5, 6)),
}  # fmt: skip
# "S" alone may be either day of the weekend, and a Spanish "M" either of two: we ask instead.
LETTERS = {"en": re.compile(r"mo?|tu|th|t|r|we?|fr?|sa|su"), "es": re.compile(r"lu?|ma|mi|x|ju?|vi?|sa?|do?")}
LETTER_DAYS = {
    "en": {
        "m": 0, "mo": 0, "t": 1, "tu": 1, "w": 2, "we": 2, "th": 3, "r": 3, "f": 4, "fr": 4, "sa": 5, "su": 6,
    },
    "es": {
        "l": 0, "lu": 0, "ma": 1, "mi": 2, "x": 2, "j": 3, "ju": 3, "v": 4, "vi": 4, "s": 5, "sa": 5,
        "d": 6, "do": 6,
    },
}  # fmt: skip

# Tuesday or Thursday, Saturday or Sunday.
UNSURE_ENDS = frozenset(("t", "s"))
A_RANGE = re.compile(r"([a-z]+)\.?(?:\s*-\s*|\s+(?:to|through|thru|a)\s+)([a-z]+)\.?")
NUMBER_WORDS = {
    word: str(number)
    for words in (
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
        ("una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce"),
    )
    for number, word in enumerate(words, start=1)
}
A_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(NUMBER_WORDS)})\b")


@dataclass(frozen=True)
class ClockTime:
    """A time of day as it was typed. `is_sure` is False for "7", which may be either half of the day."""

    at: time
    is_sure: bool = True

    def readings(self) -> list[time]:
        """What it may mean, the earlier first."""
        if self.is_sure:
            return [self.at]
        return sorted((self.at, self.at.replace(hour=(self.at.hour + 12) % 24)))


def in_figures(text: str) -> str:
    """ "seven pm" as "7 pm"."""
    return A_NUMBER_WORD.sub(lambda found: NUMBER_WORDS[found[0]], text)


def clock_time_of(found: re.Match[str]) -> ClockTime | None:
    """The time in a match of CLOCK; None when no clock shows it."""
    if found["noon"]:
        return ClockTime(time(12))
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), (found["half"] or "").strip()
    if half:
        if not 1 <= hour <= 12:
            return None
        is_early = half.startswith("a") or half == "de la manana"
        return ClockTime(time(hour % 12 + (0 if is_early else 12), minute))
    if hour > 23:
        return None
    return ClockTime(time(hour, minute), is_sure=not 1 <= hour <= 12 or found["hour"].startswith("0"))


def meant(clock: ClockTime, to: time, within: tuple[time, time]) -> time | None:
    """What is sure, at any hour; else the reading inside these hours, the nearer of two. None to ask."""
    if clock.is_sure:
        return clock.at
    inside = [one for one in clock.readings() if within[0] <= one < within[1]]
    return min(inside, key=lambda one: _apart(one, to), default=None)


def _apart(one: time, other: time) -> int:
    minutes = abs((one.hour - other.hour) * 60 + one.minute - other.minute)
    return min(minutes, 24 * 60 - minutes)


def moment_in(text: str, local: datetime) -> datetime | None:
    """When "in 2 hours", "at 6" or "7pm" is, counted from the client's local moment. None without a time.

    Of a time that may be either half of the day the next one is meant.
    """
    for pattern, length in LENGTHS:
        if pattern.search(text):
            return local + length
    if found := COUNTED.search(text):
        is_hours = (found[2] or "m").startswith("h")
        return local + int(found[1]) * UNITS["h" if is_hours else "m"]
    if (found := AT.search(text) or ALONE.fullmatch(text)) and (clock := clock_time_of(found)):
        moments = [datetime.combine(local.date(), at, local.tzinfo) for at in clock.readings()]
        return next((moment for moment in moments if moment > local), moments[-1])
    return None


def weekdays_in(text: str) -> frozenset[int] | None:
    """The days named: "MWF", "Mon Wed Fri", "lunes y viernes", "Mon-Fri", "every day". None when unsure."""
    words = " ".join(re.sub(r"[,;&+/]| and | y | on ", " ", text).split())
    if words in SETS:
        return SETS[words]
    if found := A_RANGE.fullmatch(words):
        return _from_to(found[1], found[2])
    days = [_day(word.strip(".")) for word in words.split()]
    if days and None not in days:
        return frozenset(day for day in days if day is not None)
    return _letters(words.replace(" ", "").replace("-", ""))


def _from_to(first: str, last: str) -> frozenset[int] | None:
    """All days from one to the other, by names or by letters that mean one day only: "M-F", "lun a vie"."""
    ends = _day(first), _day(last)
    for known in LETTER_DAYS.values():
        if None in ends:
            sure = {word: day for word, day in known.items() if word not in UNSURE_ENDS}
            ends = sure.get(first), sure.get(last)
    begin, end = ends
    if begin is None or end is None or begin == end:
        return None
    return frozenset((begin + step) % 7 for step in range((end - begin) % 7 + 1))


def _day(word: str) -> int | None:
    """A day by its name or its beginning, three letters at least, with or without a plural's s."""
    if len(word) < 3:
        return None
    for names in (ENGLISH, SPANISH):
        for day, name in enumerate(names):
            if name.startswith(word) or word == f"{name}s":
                return day
    return {"tues": 1, "weds": 2, "thurs": 3, "thur": 3}.get(word)


def _letters(word: str) -> frozenset[int] | None:
    for language, pattern in LETTERS.items():
        days = [LETTER_DAYS[language][found] for found in pattern.findall(word)]
        if days and pattern.sub("", word) == "" and len(set(days)) == len(days) and days == sorted(days):
            return frozenset(days)
    return None


def days_asked(text: str, today: int) -> int | None:
    """For how many days "no texts until Monday", "for 2 weeks" or "for today" asks, today counted.

    None where that is unsure. `today` is the weekday it is, 0 for Monday.
    """
    if found := FOR_SO_LONG.search(text):
        count = int(found[1]) if found[1].isdecimal() else 1
        return count * (7 if found[2] in ("week", "semana") else 1)
    if found := UNTIL.search(text):
        if found[1] in ("tomorrow", "manana"):
            return 1
        day = _day(found[1])
        return None if day is None else (day - today - 1) % 7 + 1
    if re.search(r"\b(?:for|por)?\s*(?:today|tonight|the day|hoy)\b", text):
        return 1
    return 7 - today if re.search(r"\b(?:this week|esta semana|the week)\b", text) else None
