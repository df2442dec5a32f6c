"""Which of several numbers belongs to what: body part, side, activity, time, before or after."""

from dataclasses import dataclass
from itertools import pairwise

from reminders.replies.amounts import Amount
from reminders.replies.hits import Hits, Spans
from reminders.replies.lexicon import Lexicon
from reminders.replies.phrases import Hit
from reminders.replies.tokens import Message

BORDERS = frozenset({",", ".", ";", "\n", "/", "-", "..", "!", "+", "->", "|", "&", "(", ")"})
KINDS = ("label_pair", "label_body", "label_extreme", "label_activity", "label_time")
TIME_ORDER = (
    "last week", "yesterday", "last night", "before", "usually", "baseline", "earlier", "overnight",
    "waking up", "morning", "noon", "afternoon", "evening", "night", "tonight", "today", "after", "now",
)  # fmt: skip
SAME_TIME = {
    "ayer": "yesterday", "anoche": "last night", "mañana": "morning", "tarde": "afternoon", "noche": "night",
    "hoy": "today", "hier": "yesterday", "matin": "morning", "soir": "evening", "aujourd'hui": "today",
    "ontem": "yesterday", "manhã": "morning", "hoje": "today", "gestern": "yesterday", "morgens": "morning",
    "abends": "evening", "heute": "today", "어제": "yesterday",
    "아침": "morning", "저녁": "evening", "오늘": "today",
}  # fmt: skip
SIDES = {"l": "left", "r": "right"}
UNSAID = ("my", "the", "<body>")


@dataclass(frozen=True, slots=True)
class Label:
    kind: str
    name: str
    start: int


@dataclass(slots=True)
class Labelled:
    amount: Amount
    labels: list[Label]


def label_amounts(message: Message, hits: Hits, amounts: list[Amount], lexicon: Lexicon) -> list[Labelled]:
    """Each amount with the labels that go with it."""
    labels = _all_labels(message, hits)
    labelled = [Labelled(amount, []) for amount in amounts]
    if not amounts:
        return labelled
    first, last = amounts[0], amounts[-1]
    labelled[0].labels += [x for x in labels if x.start < first.start]
    labelled[-1].labels += [x for x in labels if x.start >= last.end]
    names_come_first = bool(labelled[0].labels)
    for before, after in pairwise(labelled):
        between = [x for x in labels if before.amount.end <= x.start < after.amount.start]
        border = _border(message, before.amount.end, after.amount.start, lexicon)
        if border is None:
            _share_out(between, before, after, names_come_first)
        else:
            before.labels += [x for x in between if x.start < border]
            after.labels += [x for x in between if x.start >= border]
    return labelled


def _share_out(between: list[Label], before: Labelled, after: Labelled, names_come_first: bool) -> None:
    if names_come_first:
        after.labels += between
    elif len(between) > 1 and not after.labels:
        before.labels += between[:-1]
        after.labels += between[-1:]
    else:
        before.labels += between


def _border(message: Message, start: int, end: int, lexicon: Lexicon) -> int | None:
    for place in range(start, end):
        text = message.tokens[place].text
        if text in BORDERS or text in lexicon.lists["borders"]:
            return place if text == "->" or text in lexicon.lists["opens_next"] else place + 1
    return None


def _all_labels(message: Message, hits: Hits) -> list[Label]:
    found: list[tuple[Hit, Label]] = []
    for kind in KINDS:
        for hit in hits.section(kind):
            name = _body_name(message, hit) if kind == "label_body" else hit.group.partition(".")[2]
            found.append((hit, Label(kind, name, hit.start)))
    named = Spans(hit for hit, _ in found)
    longest = [label for hit, label in found if not named.hold_more_than(hit)]
    return sorted(longest, key=lambda label: label.start)


def _body_name(message: Message, hit: Hit) -> str:
    words = [t.text for t in message.tokens[hit.start : hit.end] if t.kind == "word" and t.value is None]
    return " ".join(SIDES.get(word, word) for word in words if word not in UNSAID)


def named_values(labelled: list[Labelled]) -> list[tuple[str, float]] | None:
    """One name for each number; None when the names do not tell them apart."""
    names = _names_of_one_kind(labelled) or _first_names(labelled)
    if names is None or len(set(names)) < len(names):
        return None
    return [(name, item.amount.value) for name, item in zip(names, labelled, strict=True)]


def _best_first(item: Labelled) -> list[Label]:
    """Surest kind first; a mere "was" after all other times."""
    return sorted(
        item.labels, key=lambda x: (KINDS.index(x.kind), x.kind == "label_time" and x.name == "before")
    )


def _names_of_one_kind(labelled: list[Labelled]) -> list[str] | None:
    for kind in KINDS:
        names = [[x.name for x in _best_first(item) if x.kind == kind] for item in labelled]
        firsts = [mine[0] for mine in names if mine]
        if len(firsts) == len(labelled) and len(set(firsts)) == len(firsts):
            return firsts
    return None


def _first_names(labelled: list[Labelled]) -> list[str] | None:
    names = [_best_first(item)[0].name if item.labels else "" for item in labelled]
    missing = [i for i, name in enumerate(names) if not name]
    if len(missing) > 1 or len(missing) == len(names):
        return None
    for i in missing:
        others = [name for name in names if name]
        if others == ["after"]:
            names[i] = "before"
        elif others == ["now"]:
            names[i] = "before" if i == 0 else "after"
        elif all(_is_time(name) for name in others):
            names[i] = "now"
        else:
            names[i] = "pain"
    return names


def current_of(values: list[tuple[str, float]]) -> float:
    """The latest of values in time order, "now" where there is one, else the highest."""
    names = [name for name, _ in values]
    if "now" in names:
        return values[names.index("now")][1]
    if all(_is_time(name) for name in names):
        return max(values, key=lambda pair: _moment(pair[0]))[1]
    return max(value for _, value in values)


def _is_time(name: str) -> bool:
    return SAME_TIME.get(name, name) in TIME_ORDER or _hour(name) is not None


def _moment(name: str) -> float:
    hour = _hour(name)
    if hour is None:
        return float(TIME_ORDER.index(SAME_TIME.get(name, name)))
    return TIME_ORDER.index("waking up") + hour / 24


def _hour(name: str) -> float | None:
    if name[-2:] in ("am", "pm") and name[:-2].isdecimal():
        return int(name[:-2]) % 12 + (12 if name.endswith("pm") else 0)
    return None
