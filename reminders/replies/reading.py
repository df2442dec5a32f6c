"""Read one reply: what the client means, decided in the order that safety asks for."""

import re
from dataclasses import replace

from reminders.replies.cleaning import clean, own_lines, without_signature
from reminders.replies.exercises import Exercised, read_exercises
from reminders.replies.hits import Clauses, Hits, has_one
from reminders.replies.lexicon import Lexicon, lexicon
from reminders.replies.opt_outs import keyword, opt_out_rule
from reminders.replies.ratings import Rated, read_rating
from reminders.replies.reactions import is_reaction
from reminders.replies.red_flags import Sign, find_notes, find_signs
from reminders.replies.reply import CONTEXTS, Reply
from reminders.replies.tokens import Message, Token, read_tokens

ANSWERED = frozenset(
    {"rating", "red_flag", "opt_out", "opt_in", "wrong_number", "reaction", "help", "question", "snooze"}
)

AFTER_OPT_OUT = ("opt_out", "red_flag", "wrong_number")
LONGEST_MESSAGE, OVERLAP = 4000, 300  # characters; ten text messages in one are 1600
NO_NAME = ("ing", "ed", "able", "ful", "ous", "ly", "ive", "less")
SENTENCE_ENDS = frozenset({".", "!", "?", "\n", ";", ".."})
CLAUSE_ENDS = SENTENCE_ENDS | {",", "but", "and", "so", "pero", "mais", "mas", "aber"}


def read_reply(text: str, context: str = "none", lang: str | None = None) -> Reply:
    """What a text means, given what was asked. `lang` is the client's language on file, a hint only.

    Pure and total: any text gives a Reply. Raises ValueError for an unknown context.
    """
    if context not in CONTEXTS:
        raise ValueError(f"unknown context: {context!r}")
    cleaned = clean(text)
    if is_reaction(cleaned):
        return Reply(("reaction",), rules={"reaction": "a phone's tapback notice"})
    if len(cleaned) <= LONGEST_MESSAGE:
        return _Reading(cleaned, context, _language(lang)).reply()
    return _read_pieces(cleaned, context, _language(lang))


def _read_pieces(cleaned: str, context: str, lang: str | None) -> Reply:
    """No phone sends so much. What must reach a person is found wherever it stands; no rating is read."""
    steps = range(0, len(cleaned), LONGEST_MESSAGE - OVERLAP)
    pieces = [_Reading(cleaned[at : at + LONGEST_MESSAGE], context, lang).reply() for at in steps]
    rules: dict[str, str] = {}
    for piece in pieces:
        rules.update(piece.rules)
    wanted = AFTER_OPT_OUT if "opt_out" in rules else ANSWERED
    rules = {intent: rule for intent, rule in rules.items() if intent in wanted and intent != "rating"}
    flags = frozenset[str]().union(*(piece.flags for piece in pieces))
    note_rules: dict[str, str] = {}
    for piece in pieces:
        note_rules.update(piece.note_rules)
    if not rules:
        reply = Reply(("unclear",), clarify=context != "none", rules={"unclear": "too long"})
    else:
        reply = Reply(tuple(rules), flags=flags, rules=rules)
    return replace(reply, notes=frozenset(note_rules), note_rules=note_rules)


def _language(lang: str | None) -> str | None:
    return re.split(r"[-_]", lang.lower())[0] if lang else None


class _Reading:
    def __init__(self, cleaned: str, context: str, lang: str | None) -> None:
        self.lexicon: Lexicon = lexicon()
        self.context, self.lang = context, lang
        lines = own_lines(cleaned)
        signed = "\n".join(lines)
        body = "\n".join(without_signature(lines, self.lexicon.words))
        self.message, self.hits = self._read(body)
        self.flagged, self.flag_hits = (self.message, self.hits) if signed == body else self._read(signed)
        self.rules: dict[str, str] = {}
        self.is_asking = "?" in self.message.line

    def _read(self, text: str) -> tuple[Message, Hits]:
        message = read_tokens(text, self.lexicon, self.lang)
        return message, Hits(message, self.lexicon, self.lang)

    def reply(self) -> Reply:
        signs = find_signs(self.flagged, self.flag_hits, self.lexicon)
        flags = frozenset(sign.group for sign in signs)
        notes = find_notes(self.flagged, self.flag_hits, self.lexicon, flags)
        note_rules = {note.group: note.rule[:80] for note in reversed(notes)}
        reply = self._reply_beside(signs, flags)
        return replace(reply, notes=frozenset(note_rules), note_rules=note_rules)

    def _reply_beside(self, signs: list[Sign], flags: frozenset[str]) -> Reply:
        if signs:
            self.rules["red_flag"] = f"{signs[0].group}: {signs[0].rule[:80]}"
        self._read_who(bool(signs))
        if opt_out := self._opt_out_rule(signs):
            self.rules["opt_out"] = opt_out
            intents = tuple(intent for intent in AFTER_OPT_OUT if intent in self.rules)
            return Reply(intents, flags=flags, rules={intent: self.rules[intent] for intent in intents})
        exercised = read_exercises(self.message, self.hits, self.lexicon, self.context)
        rated = read_rating(self.message, self.hits, self.lexicon, self.context, self.lang)
        self._read_rest(exercised, rated, bool(signs))
        return self._reply(exercised, rated, flags)

    def _opt_out_rule(self, signs: list[Sign]) -> str | None:
        if self.flagged is not self.message:
            signs = find_signs(self.message, self.hits, self.lexicon)
        return opt_out_rule(self.message, self.hits, self.lexicon, signs, "wrong_number" in self.rules)

    def _read_who(self, has_signs: bool) -> None:
        if found := self.hits.of("wrong_number.sentence"):
            self.rules["wrong_number"] = found[0].rule[:80]
        elif self._is_not_client():
            self.rules["wrong_number"] = "a name that is not the client's"
        if word := keyword(self.message, self.lexicon, "opt_in_words"):
            self.rules["opt_in"] = f"opt_in.keyword: {word}"
        elif (found := self.hits.of("opt_in.sentence")) and not self.hits.has("opt_in.not"):
            self.rules["opt_in"] = found[0].rule[:80]
        if has_signs or "wrong_number" in self.rules:
            return
        if word := keyword(self.message, self.lexicon, "help_words"):
            self.rules["help"] = f"help.keyword: {word}"
        elif found := self.hits.uncovered("help.sentence", by="help.not"):
            self.rules["help"] = found[0].rule[:80]

    def _is_not_client(self) -> bool:
        for hit in self.hits.of("wrong_number.not_name"):
            words = [t.text for t in self.message.tokens[hit.start : hit.end] if t.kind == "word"]
            names = [word for word in words if word not in self.lexicon.words and not word.endswith(NO_NAME)]
            if len(names) == 1 or (len(names) == 2 and len(words) == 4):
                return True
        return False

    def _read_rest(self, exercised: Exercised, rated: Rated, has_signs: bool) -> None:
        for intent, rule in (("done", exercised.done), ("skipped", exercised.skipped)):
            if rule:
                self.rules[intent] = rule
        if exercised.snooze and "opt_in" not in self.rules:
            self.rules["snooze"] = exercised.snooze
        if rated.rating is not None and "help" not in self.rules:
            self.rules["rating"] = rated.rule
        if rule := self._question_rule(rated):
            self.rules["question"] = rule
            if self.hits.has("opt_out.other_hours"):
                self.rules.pop("snooze", None)
            if not has_signs:
                self._drop_what_was_only_asked()

    def _drop_what_was_only_asked(self) -> None:
        """ "Can I do them later?" asks; it does not report."""
        for intent, group in (
            ("done", "done.phrase"),
            ("skipped", "skipped.phrase"),
            ("snooze", "snooze.phrase"),
        ):
            if intent in self.rules and self._all_in_questions(group):
                del self.rules[intent]

    def _all_in_questions(self, group: str) -> bool:
        borders = SENTENCE_ENDS if group == "snooze.phrase" else CLAUSE_ENDS
        clauses = Clauses(self.message.tokens, lambda token: token.text in borders)
        asks = [hit.start for hit in self.hits.of("question.ask")]
        found = self.hits.of(group)
        return bool(found) and all(has_one(asks, *clauses.around(hit.start, hit.end)) for hit in found)

    def _question_rule(self, rated: Rated) -> str:
        if {"help", "wrong_number", "opt_in"} & set(self.rules):
            return ""
        if found := self.hits.uncovered("question.ask", by="question.not"):
            return f"question: {found[0].rule[:60]}"
        if self.hits.has("opt_out.other_hours") and self.hits.has("opt_out.sentence"):
            return "question: other hours for the messages"
        if not self.is_asking or rated.lone_number:
            return ""
        words = [token for token in self.message.tokens if token.kind in ("word", "number")]
        if not words or self._only_hedges():
            return ""
        return "question mark"

    def _only_hedges(self) -> bool:
        """The question mark follows a number, a done, or a word such as "what": nothing is asked."""
        tokens = self.message.tokens
        sentences = Clauses(tokens, lambda token: token.text in (".", "!", "?", "\n", ";"))
        for last in _last_before_marks(tokens):
            start = sentences.start(last)
            words = [t.text for t in tokens[start : last + 1] if t.kind == "word" and t.value is None]
            if tokens[last].value is not None and len(words) <= 4:
                continue
            if all(word in self.lexicon.lists["hedges"] for word in words):
                continue
            return False
        return True

    def _reply(self, exercised: Exercised, rated: Rated, flags: frozenset[str]) -> Reply:
        if not self.rules:
            self.rules["unclear"] = rated.rule or "nothing else applied"
        intents = tuple(self.rules)
        has_rating = "rating" in self.rules
        return Reply(
            intents,
            rated.rating if has_rating else None,
            rated.ratings if has_rating else (),
            exercised.done_count if "done" in self.rules else None,
            self._clarify(rated),
            flags,
            exercised.is_partial and "done" in self.rules,
            self.rules,
        )

    def _clarify(self, rated: Rated) -> bool:
        if ANSWERED & set(self.rules):
            return False
        if "unclear" in self.rules:
            return self.context != "none" or rated.tried
        return self.context == "pain_prompt"


def _last_before_marks(tokens: list[Token]) -> list[int]:
    """What stands before each question mark, or row of signs with one among them."""
    asked: list[int] = []
    last = -1
    for place, token in enumerate(tokens):
        if token.kind != "sign":
            last = place
        elif token.text == "?" and last >= 0 and last not in asked[-1:]:
            asked.append(last)
    return asked
