"""Whether the texts of a language may go out: as short as in English, and nothing unfit in them."""

from collections.abc import Mapping

from care.languages import ENGLISH, TEXTS, Lack, Language, keys, language
from care.models import Client, Practice
from reminders.linting import Weight, Wording, fill, lint_wording
from reminders.own_wording import A_YEAR_BEFORE, LONGEST, LONGEST_FIRST_NAME, LONGEST_MOMENT
from reminders.saying import days_in_words
from reminders.segments import count_parts, plain
from reminders.wording import contact_values, visit_values

EIGHTEEN_LETTERS = "Riverside Physio N"
OFTEN = 21
A_LINK = "https://homestretch.riverside-physio.example/inbox?item=1234567"
A_HUNDRED_LETTERS = "x" * 100


def misfits(tongue: Language) -> list[Lack]:
    """What speaks against a text, in the words that people get who write their own."""
    found = []
    for key in keys(TEXTS):
        english = count_parts(plain(fill(language(ENGLISH).say(TEXTS, key), _longest(ENGLISH)))).parts
        wording = Wording(frozenset(), _longest(tongue.code), english)
        for finding in lint_wording(tongue.say(TEXTS, key), wording, [tongue.code]):
            if finding.weight is not Weight.ASK:
                found.append(Lack(TEXTS, key, finding.sentence))
    return found


def _longest(code: str) -> Mapping[str, object]:
    """Every name that a text of ours may hold, with the longest there is to fill in."""
    practice = Practice(name=EIGHTEEN_LETTERS, country="US", phone="+12025550100")
    client = Client(first_name=LONGEST_FIRST_NAME, language=code, timezone="UTC")
    return {
        **contact_values(practice, code),
        **visit_values(LONGEST_MOMENT, client, A_YEAR_BEFORE),
        **LONGEST,
        "first": LONGEST_FIRST_NAME,
        "letter": "A",
        "who": "A Maximilian, B Alexandria",
        "days": days_in_words(range(6), code),
        "weekly": OFTEN,
        "link": A_LINK,
        "body": A_HUNDRED_LETTERS,
    }
