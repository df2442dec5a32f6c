"""Who calls: every request shows a bearer token, and acts for its user (RFC 6750)."""

from typing import cast

import structlog
from flask import Response, g, request
from sqlalchemy import update

from care import api_tokens, throttle
from care.models import ApiToken
from web.auth import NOWHERE
from web.deps import database, real_now
from web.looking import record_refusal
from web.problems import problem

# What describes the API is no secret, and is asked for before there is a token.
OPEN = frozenset({"api.describe"})
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="homestretch"'}
NO_TOKEN = "Send a token: Authorization: Bearer hs_… An admin makes one under Settings."  # noqa: S105 (a sentence, no token)
BAD_TOKEN = "This token does not exist, has ended or has expired. Make a new one under Settings."  # noqa: S105 (a sentence, no token)

log = structlog.get_logger()


def check() -> Response | None:
    """Let the request pass, with its user known, or answer 401 or 429."""
    if request.endpoint in OPEN:
        return None
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        return _refuse(NO_TOKEN)
    now = real_now()
    with database().reading() as session:
        token = api_tokens.find_token(session, given.strip(), now)
    if token is None:
        return _count_bad_try()
    if api_tokens.needs_touch(token, now):
        with database().sessions.begin() as session:
            session.execute(update(ApiToken).where(ApiToken.id == token.id).values(used_at=now))
    g.user_id, g.practice_id, g.api_token = token.user_id, token.practice_id, token
    return None


def token() -> ApiToken:
    return cast(ApiToken, g.api_token)


def refuse_beyond(group: str, verb: str) -> Response | None:
    """403 where the token's scopes do not go that far."""
    if api_tokens.may(token(), group, verb):
        return None
    record_refusal(f"scope {group}:{verb}", None)
    return problem(403, "Not within this token", f"This needs a token with the scope {group}:{verb}.")


def _count_bad_try() -> Response:
    address = request.remote_addr or NOWHERE
    with database().sessions.begin() as session:
        may_go_on = throttle.may_try(session, throttle.ADDRESS, f"api:{address}", real_now())
    log.warning("api_token_refused", address=address)
    if not may_go_on:
        return problem(429, "Too many tries", "Wait 15 minutes, then try again with a token that is good.")
    return _refuse(BAD_TOKEN)


def _refuse(sentence: str) -> Response:
    answer = problem(401, "Who are you?", sentence)
    answer.headers.extend(CHALLENGE)
    return answer
