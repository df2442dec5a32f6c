"""Were the exercises done, skipped, or put off; how many times, and was it only part?"""

from dataclasses import dataclass

from reminders.replies.hits import Hits, Spans
from reminders.replies.lexicon import Lexicon
from reminders.replies.phrases import Hit
from reminders.replies.tokens import Message, Token

ASKED_ABOUT_EXERCISES = ("exercise_prompt", "followup")
MOST_TIMES = 20
CLAUSE_SIGNS = frozenset({",", ".", "!", "?", ";", "..", "\n", "-"})


@dataclass(frozen=True, slots=True)
class Exercised:
    done: str = ""  # the rule, "" when not said
    skipped: str = ""
    snooze: str = ""
    done_count: int | None = None
    is_partial: bool = False


def read_exercises(message: Message, hits: Hits, lexicon: Lexicon, context: str) -> Exercised:
    done = _done_rule(message, hits, lexicon, context)
    skipped = _skipped_rule(message, hits, lexicon, context)
    if not done and not skipped and (reason := hits.uncovered("skipped.reason", by="skipped.not")):
        skipped = f"skipped: {reason[0].rule[:60]}"
    count = _count(message, hits) if done else None
    return Exercised(
        done,
        skipped,
        _snooze_rule(hits, context),
        count,
        bool(done) and hits.has("done.partial"),
    )


def _done_rule(message: Message, hits: Hits, lexicon: Lexicon, context: str) -> str:
    found = hits.uncovered("done.phrase", by="done.not")
    if found:
        return f"done: {found[0].rule[:60]}"
    if context in ASKED_ABOUT_EXERCISES:
        words = _words(message)
        if len(words) == 1 and words[0] in lexicon.lists["done_slips"]:
            return f"done.slip: {words[0]}"
        answer = _short_answer(_without_zero(words, hits), lexicon, "yes")
        if answer := answer or _answer_beside_number(message, hits, lexicon, context, "yes"):
            return f"done.yes: {answer}"
    if context == "exercise_prompt" and (quantity := hits.of("done.quantity")):
        return f"done.quantity: {quantity[0].rule[:60]}"
    return ""


def _beside_signs(hits: Hits, section: str) -> list[Hit]:
    """What is said of the exercises. "Can't breathe" is not "can't"."""
    masks = hits.spans("signs.mask")
    signs = Spans(sign for sign in hits.section("flags") if not masks.hold(sign))
    found = hits.uncovered(f"{section}.phrase", by=f"{section}.not")
    not_up = hits.spans("snooze.not_up")
    return [hit for hit in found if not signs.touch(hit) and not not_up.touch(hit)]


def _words(message: Message) -> list[str]:
    """The words, without numbers."""
    return [token.text for token in message.tokens if token.kind == "word" and token.value is None]


def _short_answer(words: list[str], lexicon: Lexicon, names: str) -> str | None:
    """A bare yes or no, perhaps with a pain number and a courtesy."""
    answers = lexicon.lists[names]
    if " ".join(words) in answers:
        return " ".join(words)
    fillers = lexicon.lists["polite"] | lexicon.lists["answer_fillers"]
    rest = [word for word in words if word not in fillers]
    return rest[0] if rest and all(word in answers for word in rest) else None


def _answer_beside_number(
    message: Message, hits: Hits, lexicon: Lexicon, context: str, names: str
) -> str | None:
    """ "5, no, can you call me": a follow-up asks for both, so a lone yes or no answers it."""
    if context != "followup" or hits.has("rating.correction"):
        return None
    clauses = _clauses(message)
    for i, clause in enumerate(clauses):
        words = [token.text for token in clause if token.value is None and token.text != "and"]
        if not words or not all(word in lexicon.lists[names] for word in words):
            continue
        beside = [token for near in clauses[max(0, i - 1) : i + 2] for token in near]
        if sum(token.value is not None for token in beside) == 1:
            return words[0]
    return None


def _clauses(message: Message) -> list[list[Token]]:
    clauses: list[list[Token]] = [[]]
    for token in message.tokens:
        if token.text in CLAUSE_SIGNS:
            clauses.append([])
        elif token.kind in ("word", "number"):
            clauses[-1].append(token)
    return [clause for clause in clauses if clause]


def _skipped_rule(message: Message, hits: Hits, lexicon: Lexicon, context: str) -> str:
    found = _beside_signs(hits, "skipped")
    if found:
        return f"skipped: {found[0].rule[:60]}"
    if context not in ASKED_ABOUT_EXERCISES:
        return ""
    answer = _short_answer(_without_zero(_words(message), hits), lexicon, "no")
    answer = answer or _answer_beside_number(message, hits, lexicon, context, "no")
    return f"skipped.no: {answer}" if answer else ""


def _without_zero(words: list[str], hits: Hits) -> list[str]:
    """The "no" of "no pain" answers another question."""
    if "no" in words and hits.uncovered("rating.zero", by="rating.zero_not"):
        place = words.index("pain") if "pain" in words else len(words)
        last = max((i for i, word in enumerate(words[:place]) if word == "no"), default=None)
        return words if last is None else words[:last] + words[last + 1 :]
    return words


def _snooze_rule(hits: Hits, context: str) -> str:
    if automatic := hits.of("snooze.auto"):
        return f"snooze.automatic: {automatic[0].rule[:60]}"
    if pause := hits.of("pause.ask"):
        return f"snooze.pause: {pause[0].rule[:60]}"
    found = _beside_signs(hits, "snooze")
    found += hits.of("snooze.firm")
    found = [hit for hit in found if context != "pain_prompt" or not _is_bare_time(hit)]
    if context == "exercise_prompt":
        found += hits.of("snooze.bare_hour")
    if context in ASKED_ABOUT_EXERCISES:
        found += hits.of("snooze.not_up")
    if context in ASKED_ABOUT_EXERCISES and not hits.has("done.phrase") and not hits.has("done.quantity"):
        found += hits.uncovered("snooze.hour", by="snooze.not")
    return f"snooze: {found[0].rule[:60]}" if found else ""


def _is_bare_time(hit: Hit) -> bool:
    """ "7pm" alone answers the exercise reminder, not the pain question."""
    return hit.rule.startswith("^^ (at|around|about|by)?")


def _count(message: Message, hits: Hits) -> int | None:
    """How many times the whole routine was done."""
    for group, times in (("done.count_twice", 2), ("done.count_once", 1)):
        if hits.uncovered(group, by="done.not_count"):
            return times
    for hit in hits.uncovered("done.count", by="done.not_count"):
        if number := _number_in(message, hit):
            return number
    return None


def _number_in(message: Message, hit: Hit) -> int | None:
    for token in message.tokens[hit.start : hit.end]:
        if token.value is not None and 0 < token.value <= MOST_TIMES and token.value == int(token.value):
            return int(token.value)
    return None
