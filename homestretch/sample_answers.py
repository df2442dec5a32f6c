"""What a sample client texts back: by rule and chance, in the ways people write."""

from datetime import timedelta
from random import Random

from homestretch.sample_people import Person

DONE = {
    "en": ("done", "Done", "DONE", "done!", "did them", "all done", "Done \U0001f44d"),
    "es": ("listo", "Listo", "hecho", "ya los hice"),
}
DONE_WITH = {
    "en": ("done {n}", "Done, {n}", "done {n} today", "did them, pain {n}", "Done. {n}/10"),
    "es": ("listo {n}", "hecho, {n}", "Listo. dolor {n}"),
}
NUMBER = {
    "en": ("{n}", "{n}", "{n}", "{n}/10", "about {n}", "a {n} today"),
    "es": ("{n}", "{n}", "{n}/10", "un {n}"),
}
SKIPPED = {
    "en": ("no time today", "skip", "couldn't today, too busy", "forgot, sorry"),
    "es": ("saltar", "hoy no pude"),
}
# Longer than the time between two questions.
BEFORE_A_REMARK = timedelta(days=3)
PART = {"en": ("did half", "did some of them, got tired"), "es": ("hice la mitad",)}


def answer_for(
    person: Person, context: str, invites_number: bool, share: float, left: timedelta, chance: Random
) -> str | None:
    """The words, or None when this text stays without an answer.

    `share` is how far through the eight weeks it is, `left` how long until they end.
    """
    answering = person.answering
    if answering.is_remark and left < BEFORE_A_REMARK:
        return _in_full(person, context, invites_number, _pain(person, share, chance))
    if left < timedelta(days=answering.silent_days) or chance.random() > answering.answers:
        return None
    if answering.last_words is not None and left < timedelta(hours=answering.last_words_hours_ago + 1):
        return None
    pain = _pain(person, share, chance)
    if context == "pain_prompt":
        return chance.choice(NUMBER[person.language]).format(n=pain)
    mood = chance.random()
    if mood < answering.does:
        gives_number = invites_number and chance.random() < 0.8
        words = DONE_WITH if gives_number else DONE
        return chance.choice(words[person.language]).format(n=pain)
    if mood < answering.does + 0.08:
        return chance.choice(PART[person.language])
    return chance.choice(SKIPPED[person.language])


def _in_full(person: Person, context: str, invites_number: bool, pain: int) -> str:
    """Nothing is left to ask about."""
    words = NUMBER if context == "pain_prompt" else DONE_WITH if invites_number else PART
    return words[person.language][0].format(n=pain)


def _pain(person: Person, share: float, chance: Random) -> int:
    """On the way from the first pain to the last, give or take one."""
    answering = person.answering
    middle = answering.pain_from + (answering.pain_to - answering.pain_from) * share
    return max(0, min(10, round(middle + chance.uniform(-1.1, 1.1))))
