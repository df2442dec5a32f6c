"""Body regions as SNOMED CT names them, where that was verified; the others keep our words alone."""

from care.fhir.shapes import SNOMED, Resource, coding, concept
from care.models import Side
from care.vocabulary import REGIONS

# SNOMED CT International; using it needs a licence outside member countries, so it is a map, never a key.
SNOMED_REGIONS = {
    "head_jaw": "661005",
    "neck": "45048000",
    "shoulder": "16982005",
    "elbow": "16953009",
    "forearm": "14975008",
    "wrist_hand": "85562004",
    "low_back": "37822005",
    "pelvis_si": "39723000",
    "hip": "29836001",
    "knee": "72696002",
    "lower_leg": "30021000",
    "ankle": "70258002",
    "foot": "56459004",
}


def body_site(region: str, side: Side | str | None = None) -> Resource:
    """A region with its side in words: "Knee, left"."""
    named = str(REGIONS.get(region, region))
    words = named if side in (None, Side.BOTH) else f"{named}, {side}"
    code = SNOMED_REGIONS.get(region)
    return concept(*([coding(SNOMED, code)] if code else []), text=words)
