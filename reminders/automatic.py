"""Messages that no person wrote: phones that answer by themselves, mailboxes nobody reads, short codes.

They are kept, and what they hold of danger is raised, but none of them gets an answer: two machines
that answer each other never end.
"""

import re

from reminders.replies import Reply
from reminders.replies.cleaning import clean

# Written by robots about themselves. Phones that answer while their owner drives are read as
# "snooze.automatic" already (reminders/replies/words).
BY_A_MACHINE = re.compile(
    r"\b(?:auto(?:matic(?:ally)?|mated)?[- ]?(?:reply|response|message|generated|sent|text))"
    r"|\b(?:number|line|inbox|mailbox|account|phone) (?:is|are) (?:not|un) ?(?:monitored|attended)"
    r"|\bunmonitored\b|\bnot (?:a )?monitored (?:number|line|inbox)"
    r"|\b(?:do not|don't|please don't|cannot|can't) (?:reply|respond) to this (?:message|number|text)"
    r"|\bdo not reply\b|\bno-?reply\b|\bthis number (?:cannot|can't|does not|doesn't) (?:receive|accept)"
    r"|\b(?:i am|i'm) driving\b.{0,80}\b(?:respond|reply|get back|message|later|arrive|notifications)"
    r"|\bout of (?:the )?office\b|\bsent (?:automatically|from my car)\b"
    r"|\byour (?:package|parcel|order|delivery) (?:has been|was|is|will be)\b"
    r"|\b(?:verification|security|one-time|login) code (?:is|:)|\bis your .{0,20}code\b"
    r"|\breply (?:stop|help) (?:to|for|2)\b|\btext (?:stop|help) (?:to|for)\b"
    r"|\brespuesta automatica\b|\bmensaje automatico\b|\bno responda a este\b"
    r"|\besta (?:linea|cuenta) no (?:es|esta) (?:monitoreada|atendida)"
    r"|\bfuera de (?:la )?oficina\b|\bresponda (?:stop|alto|ayuda) para\b"
)
# Who writes this may share the phone with somebody who must not read our answer.
ASKS_FOR_SILENCE = re.compile(
    r"\b(?:do not|don't|dont|never) (?:reply|respond|answer|write back|text (?:me )?back)\b"
    r"|\bno (?:me )?(?:responda|responder|conteste|contesten|escriba)n?\b"
)
# What only a person says to us.
A_PERSONS = frozenset(("rating", "done", "question", "red_flag"))
PHONE = re.compile(r"\+\d{7,15}")
LOOKED_AT = 1600


def is_by_a_machine(body: str, reading: Reply) -> bool:
    """Whether a robot wrote this. One who gives a number, says DONE or asks something is a person."""
    return not (reading.flags or A_PERSONS & set(reading.intents)) and sounds_automatic(body, reading)


def sounds_automatic(body: str, reading: Reply) -> bool:
    """Whether it has the words of robots in it, whatever else it says."""
    if any("automatic" in rule or "(auto|" in rule for rule in reading.rules.values()):
        return True
    return BY_A_MACHINE.search(clean(body[:LOOKED_AT])) is not None


def asks_for_silence(body: str) -> bool:
    """Whether they ask us not to write back. It is recorded and seen all the same."""
    return ASKS_FOR_SILENCE.search(clean(body[:LOOKED_AT])) is not None


def can_be_answered(sender: str) -> bool:
    """Whether this is a phone. Operators' short codes (three to six digits) and names are not."""
    return PHONE.fullmatch(sender) is not None
