"""The client's own page: today's exercises, their pain, and the ways out. No login, no cookie, no script.

Whoever has the link is the client. Nothing changes on GET, as phones and scanners open links by
themselves; each form carries a token signed for its link, so no cookie is needed to send it.
"""

from dataclasses import replace
from datetime import datetime, time

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeTimedSerializer

from care import practices
from care.calendar_feeds import feed_for, renew_feed, revoke_feeds
from care.client_day import client_day, find_turn
from care.client_links import FoundLink, find_client_by, find_token, link_for, works_until
from care.errors import NotFound
from care.languages import ENGLISH, day_for_client
from care.languages import sayer as sayer_of
from care.models import Practice
from care.pictures import is_shown_to_clients
from care.recurrence import A_DAY, instant_of, today_in, zone_of
from reminders import own_page, wakeup
from reminders.own_page import LONGEST_WORDS, Said, Trouble
from web.client_notice import Notice, notice_of
from web.client_sheet import Sheet, safety_words, sheet_of
from web.client_words import language_of, sayer
from web.deps import db, is_signed_in, real_now, settings
from web.exercise_words import place_of
from web.security import POLICY_WITHOUT_SCRIPT, keep_private
from web.svg import picture_answer
from web.wrong_tokens import WrongTokens

# A page that works may time a hold, be put on the home screen, and save the plan of today.
WITH_SCRIPT = (
    f"{POLICY_WITHOUT_SCRIPT}; script-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'"
)
WORKER = "offline.js"
# A page that stays open in a phone for days can still be answered.
FORM_LIVES = 7 * 24 * 3600
SCORES = range(11)

bp = Blueprint("client_link", __name__)
wrong_tokens = WrongTokens()


@bp.after_request
def _keep_to_itself(response: Response) -> Response:
    policy = WITH_SCRIPT if response.status_code in (200, 422) else POLICY_WITHOUT_SCRIPT
    response.headers["Content-Security-Policy"] = policy
    return keep_private(response)


@bp.after_app_request
def _let_the_worker_serve(response: Response) -> Response:
    """Its file lies with the others; the pages it may serve are those of clients."""
    if request.endpoint == "static" and (request.view_args or {}).get("filename") == WORKER:
        response.headers["Service-Worker-Allowed"] = "/c/"
        response.headers["Cache-Control"] = "no-cache"
    return response


@bp.get("/c/<token>")
def show(token: str) -> ResponseReturnValue:
    """Also by the code from paper, which leads to the address of the link: it works, and ends, with it."""
    behind = find_token(db(), token)
    if behind is not None:
        return redirect(url_for("client_link.show", token=behind))
    found, now = _find(token)
    if found is None or not found.works:
        return _gone(found, token)
    sheet = sheet_of(db(), found.client, now, settings().public_url)
    if request.args.get("copy") == "1":
        return _copy(found, sheet, token, now)
    notice = notice_of(request.args.get("said", ""), request.args.get("at", ""), sheet)
    return _page(found, sheet, token, notice)


def _page(found: FoundLink, sheet: Sheet, token: str, notice: Notice | None) -> str:
    return render_template(
        "client_link/show.html",
        sheet=sheet,
        say=sheet.say,
        practice=found.client.practice,
        token=token,
        form_token=_sign(found),
        notice=notice,
        danger=_danger(request.args.get("read", ""), sheet.score, found),
        can_act=_can_act(found),
        is_big=_is_big(),
        theme=None,
    )


def _copy(found: FoundLink, sheet: Sheet, token: str, now: datetime) -> Response:
    """Today's exercises, the others and whom to call, to be saved and read without internet: nothing that was
    answered, and nothing that can be. It is good until midnight, or as long as the link.
    """
    today = today_in(found.client.timezone, now)
    midnight = instant_of(today + A_DAY, time(0), zone_of(found.client.timezone))
    good_for = min(midnight, works_until(db(), found.link, found.client)) - now
    answer = make_response(
        render_template(
            "client_link/copy.html",
            sheet=sheet,
            exercises=[replace(one, turns=[]) for one in sheet.exercises],
            day=day_for_client(today, sheet.language),
            say=sheet.say,
            practice=found.client.practice,
            token=token,
            is_big=_is_big(),
            theme=None,
        )
    )
    # On the clock of the phone, which knows nothing of a moved one.
    answer.headers["X-Good-Until"] = str(int((real_now() + good_for).timestamp() * 1000))
    return answer


@bp.get("/c/<token>/<int:assignment_id>.svg")
def picture(token: str, assignment_id: int) -> ResponseReturnValue:
    """Of an exercise in the client's running plan, for their side of the body, once somebody approved it."""
    found, now = _find(token)
    if found is None or not found.works:
        return _gone(found, token)
    given = {one.id: one for one in client_day(db(), found.client, now).assignments}
    assignment = given.get(assignment_id)
    if assignment is None or not is_shown_to_clients(assignment.exercise):
        raise NotFound
    return picture_answer(db(), assignment.exercise, assignment.side)


@bp.post("/c/<token>")
def act(token: str) -> ResponseReturnValue:
    found, now = _find(token)
    if found is None:
        return _gone(None, token)
    if not _is_signed(found):
        return _back(token, "again", _place())
    if not found.works:
        return _ask_anew(found, token, now)
    if not _can_act(found):
        return _back(token, "")
    answer = _do(found, token, now)
    db().commit()
    wakeup.ring()
    return answer


def _do(found: FoundLink, token: str, now: datetime) -> ResponseReturnValue:
    """What the button says."""
    client, practice = found.client, found.client.practice
    match request.form.get("do"):
        case "done" | "undo" | "trouble" as verb:
            return _exercise(found, token, verb, now)
        case "rate":
            return _rate(found, token, now)
        case "calendar" | "calendar_new" | "calendar_off" as verb:
            return _calendar(found, token, verb, now)
        case "language":
            own_page.speak(db(), client, request.form.get("language", ""))
            return _back(token, "language", "top")
        case "stop":
            own_page.stop(db(), client, now)
            return _back(token, "stopped", "end")
        case "not_me":
            own_page.not_me(db(), practice, client, now)
            return _back(token, "not_me")
        case _:
            return _back(token, "again")


def _exercise(found: FoundLink, token: str, verb: str, now: datetime) -> ResponseReturnValue:
    client = found.client
    turn = find_turn(db(), client, request.form.get("turn", 0, type=int), now)
    if client.texts_held_at is not None:
        return _back(token, "")
    if turn is None:
        return _back(token, "over")
    place = place_of(turn.occurrence.id)
    if verb == "done":
        own_page.mark_done(db(), client, turn, now)
        return _back(token, "done", place)
    if verb == "undo":
        own_page.take_back(db(), turn, now)
        return _back(token, "undone", place)
    why, words = request.form.get("why", ""), request.form.get("words", "")[:LONGEST_WORDS]
    if why not in set(Trouble):
        return _refused(found, token, now, place, words)
    trouble = Trouble(why)
    said = own_page.mark_not_done(db(), client.practice, client, turn, trouble, words, now)
    return _told(said, token, "not_done" if trouble is Trouble.TIME else "person", place)


def _rate(found: FoundLink, token: str, now: datetime) -> ResponseReturnValue:
    score = request.form.get("score", -1, type=int)
    if score not in SCORES:
        return _refused(found, token, now, "pain")
    said = own_page.rate(
        db(),
        found.client.practice,
        found.client,
        score,
        now,
        known_id=request.form.get("known", 0, type=int),
        is_change=request.form.get("change") == "1",
    )
    return _told(said, token, "rated", "pain")


def _calendar(found: FoundLink, token: str, verb: str, now: datetime) -> Response:
    match verb:
        case "calendar":
            feed_for(db(), found.client, now)
        case "calendar_new":
            renew_feed(db(), found.client, now)
        case _:
            revoke_feeds(db(), found.client, now)
    return _back(token, "calendar_off" if verb == "calendar_off" else "calendar", "calendar")


def _ask_anew(found: FoundLink, token: str, now: datetime) -> ResponseReturnValue:
    """The one thing a dead link can do. The answer is the same whether or not a text goes out."""
    if request.form.get("do") != "ask":
        return _gone(found, token)
    client, practice = found.client, found.client.practice
    own_page.owe_new_link(db(), practice, client, link_for(db(), client, now), settings().public_url, now)
    db().commit()
    wakeup.ring()
    return _back(token, "asked")


def _find(token: str) -> tuple[FoundLink | None, datetime]:
    """Whose link it is, on their practice's clock."""
    found = find_client_by(db(), token, real_now())
    if found is None:
        return None, real_now()
    now = practices.practice_now(found.client.practice, real_now())
    return (found if now == real_now() else find_client_by(db(), token, now)), now


def _gone(found: FoundLink | None, token: str) -> ResponseReturnValue:
    """404 for every link that does not work. One that was ours also says whom to call."""
    if found is None:
        if wrong_tokens.is_too_many(request.remote_addr or "", real_now()):
            return make_response("Nothing is here.", 404, {"Content-Type": "text/plain; charset=utf-8"})
        return render_template("client_link/nothing.html", say=sayer_of(ENGLISH), theme=None), 404
    practice: Practice = found.client.practice
    say = sayer(found.client, practice)
    said = request.args.get("said", "")
    return render_template(
        "client_link/gone.html",
        say=say,
        language=language_of(found.client),
        practice=practice,
        token=token,
        form_token=_sign(found),
        said=say(f"said_{said}") if said in ("asked", "not_me", "again") else "",
        can_ask=said not in ("asked", "not_me"),
        theme=None,
    ), 404


def _can_act(found: FoundLink) -> bool:
    """Staff look, and answer for nobody; in the sample practice they may play the client."""
    return not is_signed_in() or found.client.practice.is_sample


def _danger(key: str, score: int | None, found: FoundLink) -> str:
    """The safety text this client has to read, word for word as it would be texted."""
    return safety_words(key, score, found.client) if key else ""


def _told(said: Said, token: str, words: str, place: str) -> Response:
    return _back(token, words, "top" if said.safety_key else place, said.safety_key)


def _refused(found: FoundLink, token: str, now: datetime, place: str, words: str = "") -> ResponseReturnValue:
    """The page with the error at its field: the form's own address leads the browser there."""
    sheet = sheet_of(db(), found.client, now, settings().public_url)
    return _page(found, sheet, token, notice_of("choose", place, sheet, words)), 422


def _place() -> str:
    """What the form that was sent is about, where the client has to do it again."""
    if request.form.get("do") == "rate":
        return "pain"
    turn = request.form.get("turn", 0, type=int)
    return place_of(turn) if turn else ""


def _back(token: str, said: str, place: str = "", read: str | None = None) -> Response:
    """To the page, at the place it is about."""
    big = "1" if _is_big() else None
    at = place or None
    where = url_for("client_link.show", token=token, said=said or None, at=at, read=read, big=big, _anchor=at)
    return make_response(redirect(where, 303))


def _is_big() -> bool:
    return request.args.get("big") == "1"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret_key, salt="the client's own page")


def _sign(found: FoundLink) -> str:
    return str(_signer().dumps(found.link.id))


def _is_signed(found: FoundLink) -> bool:
    try:
        return bool(_signer().loads(request.form.get("form", ""), max_age=FORM_LIVES) == found.link.id)
    except BadData:
        return False
