"""What a sample client's therapist measures: range and activities that move as the pain does."""

from care.finding_catalog import CATALOG
from care.findings import Given
from care.models import FindingKind
from homestretch.sample_people import Person

# The movement measured for a region.
MOVEMENTS = {
    "neck": "neck_rotation",
    "shoulder": "shoulder_flexion",
    "wrist_hand": "wrist_extension",
    "low_back": "trunk_flexion",
    "hip": "hip_flexion",
    "knee": "knee_flexion",
    "ankle": "ankle_dorsiflexion",
}
SHARE_AT_START = 0.7


def findings_of(person: Person, week: int) -> list[Given]:
    """Of that week: the painful side is the right one."""
    gained = person.answering.pain_from - person.answering.pain_to
    part = week / max(person.weeks, 1)
    ease = gained * part
    found = [_range(code, ease) for region in person.regions if (code := MOVEMENTS.get(region))]
    activity = Given(FindingKind.ACTIVITY, person.goal, value=_within(3 + ease, 10))
    change = Given(FindingKind.CHANGE, "groc", value=_within(round(ease), 5, -5))
    return [one for pair in found for one in pair] + [activity, change]


def _range(code: str, ease: float) -> list[Given]:
    entry = CATALOG.by_code[FindingKind.RANGE, code]
    norm = entry.aaos or 0
    here = round(norm * min(SHARE_AT_START + 0.05 * ease, 1) / 5) * 5
    return [
        Given(
            FindingKind.RANGE,
            code,
            side,
            "active",
            "goniometer",
            value=here if side != "left" else norm - 5,
        )
        for side in entry.sides
    ]


def _within(value: float, most: float, least: float = 0) -> float:
    return float(round(min(max(value, least), most)))
