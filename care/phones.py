"""Phone numbers: checked as they are typed, stored as E.164, looked up by keyed hash."""

from functools import lru_cache

import phonenumbers

from care.errors import Refused
from care.tokens import keyed_hash

EXAMPLE = {"US": "202-555-0123", "CA": "416-555-0123", "GB": "07400 123456", "ES": "612 34 56 78"}


class PhoneBook:
    """Turns a number into its lookup hash. Made once, with the installation's key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def hash(self, phone: str) -> str:
        """64 hexadecimal characters for an E.164 number."""
        return keyed_hash(self._key, phone)

    @property
    def fingerprint(self) -> str:
        """Tells whether two keys are the same without saying which they are."""
        return keyed_hash(self._key, "fingerprint")[:16]


def parse_phone(typed: str, country: str) -> str:
    """The number in E.164, read as someone in that country would write it.

    Raises Refused with a sentence for the form. North American 555-01xx numbers, which the
    library calls invalid because nobody owns them, pass: they are what samples are made of.
    """
    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not (phonenumbers.is_valid_number(number) or _is_fictional(number)):
        example = EXAMPLE.get(country, "+12025550123")
        raise Refused(f"Phone must be a number that can be texted, like {example}.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=1024)
def show_phone(phone: str, country: str) -> str:
    """As people there write it: national for their own country, else with the country code."""
    try:
        number = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return phone
    national = phonenumbers.region_code_for_country_code(number.country_code or 0) == country
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, form.NATIONAL if national else form.INTERNATIONAL)


def _is_fictional(number: phonenumbers.PhoneNumber) -> bool:
    national = str(number.national_number)
    return number.country_code == 1 and len(national) == 10 and national[3:8] == "55501"
