"""Does the message as a whole ask to stop, or to resume, the messages? Is it a call for help?"""

from reminders.replies.hits import Hits
from reminders.replies.lexicon import Lexicon
from reminders.replies.tokens import Message

LOOKALIKES = str.maketrans("аеорсухѕіρτοѵ", "aeopcyxsiptov")
MOST_WORDS = 40  # of a keyword, spelt out or repeated


def keyword(message: Message, lexicon: Lexicon, names: str) -> str | None:
    """The keyword of that list the whole message is: alone, repeated, spelt out, with "please"."""
    words = [token.text for token in message.tokens if token.kind == "word"]
    if not words or any(token.value is not None and token.kind == "number" for token in message.tokens):
        return None
    if len(words) > MOST_WORDS:
        return None
    keywords = lexicon.lists[names]
    letters = "".join(character for character in message.text if character.isalpha()).translate(LOOKALIKES)
    for joined in (letters, lexicon.spelt(letters), "".join(words)):
        if joined in keywords:
            return joined
    polite = lexicon.lists["polite"]
    rest = [word for word in words if word in keywords or word not in polite]
    if rest and all(word in keywords for word in rest):
        return rest[0]
    joined = "".join(rest)
    return joined if joined in keywords else None


def opt_out_rule(message: Message, hits: Hits, lexicon: Lexicon) -> str | None:
    """The rule by which this is an opt-out; None when it is not."""
    if word := keyword(message, lexicon, "opt_out_words"):
        return f"opt_out.keyword: {word}"
    sentences = hits.uncovered("opt_out.sentence", "opt_out.not")
    if not sentences or _is_only_for_now(hits):
        return None
    return f"opt_out.sentence: {sentences[0].rule[:80]}"


def _is_only_for_now(hits: Hits) -> bool:
    """A pause, or other hours: the client wants the messages after all."""
    return hits.has("opt_out.pause") or hits.has("opt_out.other_hours")
