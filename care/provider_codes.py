"""The provider's error codes as data: what each means, and who does what about it.

Source: Twilio's error dictionary, one page a code (`ProviderCode.source`), read against what each
code leads to in `reminders`. A code that is not here is shown as its number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SOURCE = "https://www.twilio.com/docs/api/errors"


class Cause(StrEnum):
    """Where the trouble lies, which decides who can end it."""

    NUMBER = "number"
    CLIENT = "client"
    CARRIER = "carrier"
    SENDER = "sender"
    ACCOUNT = "account"
    PROVIDER = "provider"
    SOFTWARE = "software"


NUMBER_WRONG = "Ask the client for a number that can be texted and change it."
AGAIN = "Nothing to do yet: it was tried twice, and the next text goes as usual. If it happens again, call."
OFF = "Nothing to do at once: the next text is tried as usual. If it happens again, call."
CARRIER = "Call instead. If it happens to several clients, tell whoever runs this installation."
SENDER = "Tell whoever runs this installation: the sender has to be registered with the provider."
SET_UP = "Tell whoever runs this installation: something is not set up at the provider."
REPORT = "Tell whoever runs this installation: this is a fault in the software."
SLOW = "Nothing to do: too many texts at once. It is tried again where that is safe."

REGISTER = "Register brand and campaign (A2P 10DLC) at the provider, and add the number to the campaign."
REPORT_IT = "Report it with this code. No text should ever be put together like that."


@dataclass(frozen=True)
class ProviderCode:
    """One code. `remedy` is for whoever looks after the client, `fix` for whoever runs the installation."""

    code: int
    cause: Cause
    why: str
    remedy: str
    fix: str = ""

    @property
    def is_for_who_runs_it(self) -> bool:
        """Whether there is nothing to do about it at the client's side."""
        return self.cause in (Cause.SENDER, Cause.ACCOUNT, Cause.SOFTWARE)

    @property
    def source(self) -> str:
        return f"{SOURCE}/{self.code}"


CODES: Mapping[int, ProviderCode] = {
    one.code: one
    for one in (
        ProviderCode(
            20003,
            Cause.ACCOUNT,
            "The provider does not accept our account and token.",
            SET_UP,
            "Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN anew and restart. Texts wait until then.",
        ),
        ProviderCode(
            20005,
            Cause.ACCOUNT,
            "The provider's account is not active.",
            SET_UP,
            "Look at the account in the provider's console: balance, suspension, open questions.",
        ),
        ProviderCode(
            20403,
            Cause.ACCOUNT,
            "The provider does not let our account in.",
            SET_UP,
            "Look at the account in the provider's console: it may be suspended or closed.",
        ),
        ProviderCode(
            20404,
            Cause.SENDER,
            "The provider does not know our sender.",
            SET_UP,
            "Check TWILIO_MESSAGING_SERVICE_SID or TWILIO_FROM_NUMBER: it was deleted or belongs elsewhere.",
        ),
        ProviderCode(20429, Cause.PROVIDER, "Too many texts were handed over at once.", SLOW),
        ProviderCode(21211, Cause.NUMBER, "This is not a phone number.", NUMBER_WRONG),
        ProviderCode(21266, Cause.NUMBER, "The client's number is our own sender's.", NUMBER_WRONG),
        ProviderCode(
            21408,
            Cause.SENDER,
            "Texts to this country are switched off.",
            SET_UP,
            "Allow the country under Messaging, Geo permissions, in the provider's console.",
        ),
        ProviderCode(21602, Cause.SOFTWARE, "The text was empty.", REPORT, REPORT_IT),
        ProviderCode(
            21606,
            Cause.SENDER,
            "Our number cannot send texts to this one.",
            SET_UP,
            "Check that TWILIO_FROM_NUMBER is the account's own and can send texts.",
        ),
        ProviderCode(
            21608,
            Cause.SENDER,
            "A trial account may only text numbers that were verified.",
            SET_UP,
            "Upgrade the account and finish its compliance profile, or verify this number in the console.",
        ),
        ProviderCode(
            21609,
            Cause.SENDER,
            "The provider cannot use our address for its reports.",
            SET_UP,
            "Set HOMESTRETCH_PUBLIC_URL to the address the provider can reach, beginning with https.",
        ),
        ProviderCode(
            21610,
            Cause.CLIENT,
            "The client texted STOP.",
            "Call. Only the client can undo it, by texting START.",
        ),
        ProviderCode(21611, Cause.PROVIDER, "Our number has too many texts waiting.", SLOW),
        ProviderCode(21612, Cause.NUMBER, "Our sender cannot reach this number.", NUMBER_WRONG),
        ProviderCode(21614, Cause.NUMBER, "This number cannot receive texts.", NUMBER_WRONG),
        ProviderCode(21617, Cause.SOFTWARE, "The text was too long.", REPORT, REPORT_IT),
        ProviderCode(21635, Cause.NUMBER, "This number is a landline.", NUMBER_WRONG),
        ProviderCode(30001, Cause.PROVIDER, "The provider's queue was full.", OFF),
        ProviderCode(
            30002,
            Cause.ACCOUNT,
            "The provider's account was suspended.",
            SET_UP,
            "Look at the account in the provider's console: balance, suspension, open questions.",
        ),
        ProviderCode(30003, Cause.CLIENT, "The phone was off or had no signal.", AGAIN),
        ProviderCode(
            30004,
            Cause.CLIENT,
            "The phone or its carrier blocks our texts.",
            "Call and ask whether texts are still welcome.",
        ),
        ProviderCode(30005, Cause.NUMBER, "This number is not in use.", NUMBER_WRONG),
        ProviderCode(30006, Cause.NUMBER, "This number is a landline or cannot be reached.", NUMBER_WRONG),
        ProviderCode(
            30007,
            Cause.CARRIER,
            "The carrier took it for spam.",
            CARRIER,
            "Send nothing again by hand. Check the registration and the wording of your own texts and links; "
            "give the provider three message ids.",
        ),
        ProviderCode(
            30008,
            Cause.CARRIER,
            "The carrier gave no reason.",
            AGAIN,
            "If it goes on at one carrier, ask the provider with three message ids.",
        ),
        ProviderCode(
            30022,
            Cause.SENDER,
            "Our number sent more than its registration allows.",
            OFF,
            "Spread the reminder times, or ask the provider for a higher rate.",
        ),
        ProviderCode(
            30023,
            Cause.SENDER,
            "Our number reached its limit for the day.",
            OFF,
            "Ask for a higher daily limit: it follows from the brand's registration.",
        ),
        ProviderCode(
            30032,
            Cause.SENDER,
            "Our number is not verified yet.",
            SENDER,
            "Finish the toll-free verification in the provider's console.",
        ),
        ProviderCode(30034, Cause.SENDER, "Our number is not registered yet.", SENDER, REGISTER),
        ProviderCode(30036, Cause.CARRIER, "It did not get through in time.", OFF),
        ProviderCode(30410, Cause.PROVIDER, "The carrier did not answer the provider in time.", OFF),
        ProviderCode(
            30450,
            Cause.PROVIDER,
            "The provider held it back, taking it for fraud.",
            CARRIER,
            "Look at SMS pumping protection in the provider's console.",
        ),
        ProviderCode(
            30610,
            Cause.SENDER,
            "The provider's own quiet hours held it back.",
            SET_UP,
            "Switch off quiet hours in the provider's compliance toolkit: Homestretch keeps its own.",
        ),
    )
}


def is_about_the_account(code: int | None) -> bool:
    """Whether nothing at all can be sent until somebody mends the account."""
    known = CODES.get(code or 0)
    return known is not None and known.cause is Cause.ACCOUNT


def explain(code: int | None) -> ProviderCode:
    """What is known of a code; of one nobody explained, its number."""
    why = f"The provider gave code {code}." if code else "The provider gave no reason."
    unknown = ProviderCode(code or 0, Cause.CARRIER, why, CARRIER, "Look it up in the provider's console.")
    return CODES.get(code or 0, unknown)
