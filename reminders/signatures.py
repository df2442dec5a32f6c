"""Did this webhook really come from Twilio?

Only the validator is imported here: the web process never needs Twilio's whole client.
"""

from collections.abc import Sequence
from hmac import compare_digest

from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict


def is_signed(
    auth_token: str,
    url: str,
    params: MultiDict[str, str] | Sequence[tuple[str, str]],
    signature: str | None,
) -> bool:
    """Tell whether `signature` fits this form, sent to this address with this token.

    `url` is our configured public address with path and raw query, never what the
    request says of itself: behind a proxy that is another host. Values must be just
    as they came, empty ones and blanks included.
    """
    if not auth_token or not signature or not signature.isascii():
        return False
    sent_to = url.partition("#")[0]  # #rc=3 asks Twilio for repeats and is not signed
    form = params if isinstance(params, MultiDict) else MultiDict(params)
    validator = RequestValidator(auth_token)
    try:
        # Nearly always just our address is signed; with a port, or without one, is for Twilio to try.
        is_plain = compare_digest(validator.compute_signature(sent_to, form), signature)
        return is_plain or bool(validator.validate(sent_to, form, signature))
    except UnicodeEncodeError:  # half a surrogate pair: no text Twilio ever signed
        return False
