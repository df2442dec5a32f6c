"""The lists under an assessment's findings, of what may be added to its lines."""

from functools import lru_cache

from flask import current_app
from markupsafe import Markup

from care.finding_catalog import CATALOG, Entry
from care.models import FindingKind

WORDS = {
    FindingKind.POSTURE: "Observation and posture: add",
    FindingKind.PALPATION: "Palpation: add a region",
    FindingKind.RANGE: "Add a movement",
    FindingKind.RESISTED: "Add a resisted test",
    FindingKind.SPECIAL: "Add a special test",
    FindingKind.CHANGE: "Ask how it changed (GROC)",
    FindingKind.SCORE: "Add a score (ODI, NDI, LEFS, QuickDASH, PEG)",
}


@lru_cache(maxsize=1_000)
def list_to_add(kind: FindingKind, shown: frozenset[str]) -> Markup:
    """The boxes to tick, without these codes; empty when none are left.

    Kept, since what may be found changes with the code alone and its many boxes are most of the page.
    """
    groups = _left(kind, shown)
    if not groups:
        return Markup()
    template = current_app.jinja_env.get_template("assessments/_list_to_add.html")
    return Markup(template.render(kind=kind.value, words=WORDS[kind], groups=groups))  # noqa: S704 (a template's own)  # nosec B704


def _left(kind: FindingKind, shown: frozenset[str]) -> dict[str, list[Entry]]:
    left = {
        group: [one for one in entries if one.code not in shown]
        for group, entries in CATALOG.groups(kind).items()
    }
    return {group: entries for group, entries in left.items() if entries}
