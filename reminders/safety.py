"""Signs of danger: the fixed text of their group at once, and a person who must look."""

from care.models import AttentionKind
from reminders.incoming import Incoming

# Which text answers which group of signs, the most urgent first. Being hurt by somebody gets none:
# another may hold the phone.
SAFETY_TEXTS = {
    "crisis": "crisis",
    "poison": "poison",
    "heart": "urgent_emergency",
    "stroke": "urgent_emergency",
    "cauda": "urgent_emergency",
    "limb": "urgent_emergency",
    "fracture": "urgent_emergency",
    "clot": "same_day",
    "infection": "same_day",
    "nerve": "same_day",
    "high_pain": "high_pain_words",
}


def safety_text(groups: set[str] | frozenset[str]) -> str | None:
    """The most urgent text for these groups of signs; None where silence is safer."""
    if "unsafe" in groups:
        return None
    return next((key for group, key in SAFETY_TEXTS.items() if group in groups), "urgent_emergency")


def raise_flag(incoming: Incoming) -> None:
    """Tell staff, and owe the client the safety text of the most urgent group."""
    incoming.attention(AttentionKind.RED_FLAG, "red_flag", groups=sorted(incoming.reading.flags))
    key = safety_text(incoming.reading.flags)
    if key is not None:
        incoming.safety(key)
