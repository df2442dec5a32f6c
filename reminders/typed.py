"""Words a person types to a client: what speaks against them, and what the person said about it."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from care.errors import Refused
from care.models import Client
from reminders.linting import Finding, Weight, lint_message
from reminders.own_wording import exercise_names
from reminders.segments import plain


class Unconfirmed(Refused):
    """They hold words about health, or others may read them, and nobody said that they may go. `words`
    are what is to be confirmed.
    """

    def __init__(self, findings: Collection[Finding]) -> None:
        super().__init__(" ".join(dict.fromkeys(one.sentence for one in findings)))
        self.sentences = [one.sentence.removesuffix(" Send it anyway?") for one in findings]
        self.words = words_of(findings)


# What a user confirms, beside words, when somebody else may read the phone.
PRIVATE_PHONE = "this phone"
MAY_BE_READ = Finding(
    "private_phone",
    Weight.ASK,
    "Somebody else may read this phone. Call instead, at a time that is safe.",
    (PRIVATE_PHONE,),
)


def check_typed(
    session: Session,
    client: Client,
    body: str,
    confirmed: Collection[str] = (),
    also: Collection[Finding] = (),
) -> list[str]:
    """The words about health that may go out because the user confirmed them; none are the rule.

    `also` are findings that are not about words. Raises Refused for what carriers act on or block, and
    Unconfirmed for what is not among the confirmed.
    """
    findings = lint_message(plain(body), [client.language], exercise_names(session, client.practice_id))
    for one in findings:
        if one.weight is Weight.REFUSE:
            raise Refused(one.sentence)
    asking = [*also, *(one for one in findings if one.weight is Weight.ASK)]
    if not set(words_of(asking)) <= set(confirmed):
        raise Unconfirmed(asking)
    return words_of(asking)


def words_of(findings: Collection[Finding]) -> list[str]:
    return list(dict.fromkeys(word for one in findings for word in one.words))
