"""How a pain rating looks wherever one stands in a line: its number, in the colour of how strong it is."""

from functools import lru_cache

from markupsafe import Markup

# From which score on it is called what, the strongest first; the usual ones (`care.thresholds`).
BANDS = ((7, "severe"), (4, "moderate"), (1, "mild"))
BADGE = Markup(
    '<span class="pain pain--{}"><span class="visually-hidden">pain </span>{}'
    '<span class="visually-hidden"> of 10, {}</span></span>'
)
CHANGE = Markup('<span class="pain-change">{} <span class="muted">to</span> {}</span>')
NO_ANSWER = Markup('<span class="muted">no answer</span>')


# Lists show the same few scores again and again.
@lru_cache(maxsize=256)
def pain_badge(score: float | None) -> Markup:
    """With words around the number for who does not see the colour."""
    if score is None:
        return NO_ANSWER
    band = next((name for least, name in BANDS if score >= least), "none")
    number = f"{score:.0f}" if score == int(score) else f"{score:.1f}"
    return BADGE.format(band, number, "no pain" if band == "none" else band)


@lru_cache(maxsize=1024)
def pain_change(first: float, last: float) -> Markup:
    return CHANGE.format(pain_badge(first), pain_badge(last))
