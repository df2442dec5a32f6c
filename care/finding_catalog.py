"""What can be measured and found: movements with their norms, tests by region, posture, and scored measures.

Norms are those of the American Academy of Orthopaedic Surgeons, those of the American Medical Association
beside them. Range falls with age and is a little larger in women (Soucie 2011, doi
10.1111/j.1365-2516.2010.02399.x), so the other side and the client's own start come before the norm.
No item text of a licensed questionnaire is here: only its score is entered.
"""

from dataclasses import dataclass
from functools import cached_property

from care.instruments import MEASURES
from care.models import FindingKind
from care.vocabulary import REGIONS

BOTH_SIDES = ("left", "right")
MIDLINE = ("",)
MODES = {"active": "active", "passive": "passive"}
METHODS = {"goniometer": "goniometer", "inclinometer": "inclinometer", "phone": "phone", "visual": "by eye"}
RESULTS = {"positive": "positive", "negative": "negative", "unclear": "unclear", "not_done": "not done"}
GRADES = {"mild": "mild", "moderate": "moderate", "marked": "marked", "absent": "not there"}
TONES = {"normal": "normal tone", "raised": "raised tone", "lowered": "lowered tone"}
TRAITS = {
    "taut_band": "taut band",
    "referral": "refers pain",
    "warm": "warm",
    "texture": "changed texture",
}
PAINFUL = "painful"
STRENGTH_MOST, TENDERNESS_MOST, ACTIVITY_MOST, CHANGE_MOST = 5, 4, 10, 5
RANGE_LIMITS = (-45, 200)


@dataclass(frozen=True)
class Entry:
    """One thing to find. `aaos` and `ama` are the two norms of a movement, in `unit`."""

    kind: FindingKind
    code: str
    name: str
    group: str
    sides: tuple[str, ...] = BOTH_SIDES
    aaos: int | None = None
    ama: int | None = None
    unit: str = "°"


# Shoulder to wrist were checked against print; hip to trunk are general professional knowledge.
_MOVEMENTS = """
shoulder: flexion 180 180; extension 60 50; abduction 180 170; internal rotation 70 80
shoulder: external rotation 90 60
elbow: flexion 150 140; extension 0 0; pronation 80 80; supination 80 80
wrist: flexion 80 60; extension 70 60; radial deviation 20 20; ulnar deviation 30 30
hip: flexion 120 100; extension 30 30; abduction 45 40; adduction 30 20; internal rotation 45 40
hip: external rotation 45 50
knee: flexion 135 150; extension 0 0
ankle: dorsiflexion 20 20; plantarflexion 50 40; inversion 35 30; eversion 15 20
great toe: extension 70 50; flexion 45 30
neck: flexion* 45 50; extension* 45 60; side bend 45 45; rotation 60 80
trunk: flexion* 80 60; extension* 25 25; side bend 35 25; rotation 45 30
"""
# A star: done in the midline, so it has no side. No test stands alone.
_TESTS = """
neck: Spurling; distraction*; upper limb tension
thoracic outlet: Roos; Adson; Wright
jaw: opening path*
shoulder: Neer; Hawkins-Kennedy; empty can; drop arm; painful arc; Speed; Yergason; apprehension
elbow: Cozen; Mill; golfer's elbow; Tinel
wrist: Phalen; Tinel; Finkelstein
low back: straight leg raise; slump; femoral nerve; Kemp
sacroiliac: distraction*; thigh thrust; compression*; sacral thrust*; Gaenslen
hip: Thomas; Ober; FABER; FADIR; Ely; Trendelenburg; FAIR
knee: Lachman; drawer; valgus; varus; McMurray; Thessaly; Noble
ankle and foot: anterior drawer; talar tilt; Thompson; squeeze; windlass
"""
# Posture relates weakly to pain: it is written down and not scored.
_POSTURE = """
head and shoulders: forward head*; rounded shoulders*; raised shoulder; upper crossed pattern*
spine: more thoracic kyphosis*; less thoracic kyphosis*; more lumbar lordosis*
spine: less lumbar lordosis*; side shift; scoliosis pattern
pelvis and legs: anterior pelvic tilt*; posterior pelvic tilt*; lateral pelvic tilt; leg length difference
pelvis and legs: knee valgus; knee varus; knee hyperextension; flat arch; high arch
pelvis and legs: lower crossed pattern*
"""
SACROILIAC_NEEDED = 3

ACTIVITIES_USUAL = (3, 5)


@dataclass(frozen=True)
class Catalog:
    """Every entry by its kind and code, in the order of an examination."""

    entries: tuple[Entry, ...]

    @cached_property
    def by_code(self) -> dict[tuple[FindingKind, str], Entry]:
        return {(one.kind, one.code): one for one in self.entries}

    def find(self, kind: FindingKind, code: str) -> Entry | None:
        """The client's own activities and the measures are entries too; None for an unknown code."""
        if kind is FindingKind.ACTIVITY:
            return Entry(kind, code, code, "", MIDLINE)
        return self.by_code.get((kind, code))

    def groups(self, kind: FindingKind) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for one in self.entries:
            if one.kind is kind:
                found.setdefault(one.group, []).append(one)
        return found


def _movements() -> list[Entry]:
    found = []
    for group, name, sides in _listed(_MOVEMENTS):
        words, aaos, ama = name.rsplit(" ", 2)
        full, code = f"{group} {words.rstrip('*')}", f"{group}_{words.rstrip('*')}".replace(" ", "_")
        sides = MIDLINE if words.endswith("*") else sides
        for kind in (FindingKind.RANGE, FindingKind.RESISTED):
            norms = (int(aaos), int(ama)) if kind is FindingKind.RANGE else (None, None)
            found.append(Entry(kind, code, full.capitalize(), group, sides, *norms))
    return [*found, Entry(FindingKind.RANGE, "jaw_opening", "Jaw opening", "jaw", MIDLINE, 35, 50, " mm")]


def _named(kind: FindingKind, text: str) -> list[Entry]:
    found = []
    for group, name, sides in _listed(text):
        code = f"{group} {name}".lower().replace("'s", "s").replace("-", " ").replace(" ", "_")
        found.append(Entry(kind, code, name[0].upper() + name[1:], group, sides))
    return found


def _listed(text: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """Group, name and sides of each "group: name; name*"."""
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for line in text.strip().splitlines():
        group, _, names = line.partition(": ")
        for name in names.split("; "):
            found.append((group, name.removesuffix("*"), MIDLINE if name.endswith("*") else BOTH_SIDES))
    return found


CATALOG = Catalog(
    (
        *_named(FindingKind.POSTURE, _POSTURE),
        *(
            Entry(FindingKind.PALPATION, code, name.capitalize(), "", BOTH_SIDES)
            for code, name in REGIONS.items()
            if code != "whole_body"
        ),
        *_movements(),
        *_named(FindingKind.SPECIAL, _TESTS),
        Entry(FindingKind.CHANGE, "groc", "All in all", "", MIDLINE),
        *(Entry(FindingKind.SCORE, one.code, one.name, "", MIDLINE) for one in MEASURES.values()),
    )
)
