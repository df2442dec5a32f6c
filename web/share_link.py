"""What the recipient of a shared summary sees: a page with one button, and behind it the summary.

Programs that check mail open links by themselves, so the first page names nobody and changes nothing. Whoever
presses the button is counted and kept on record before anything is shown. No login, no cookie, no script.
"""

from datetime import datetime

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from care import practices, share_links
from care.models import Practice, ShareLink
from care.phones import show_phone
from care.share_links import LinkState
from web.deps import db, real_now
from web.security import POLICY_WITHOUT_SCRIPT, keep_private
from web.summary_sheet import summary_sheet
from web.wrong_tokens import WrongTokens

NOTHING = "Nothing is at this address. Check that the whole link was copied."
OVER = {
    LinkState.EXPIRED: "This link is over",
    LinkState.ENDED: "This link was ended",
    LinkState.TAKEN_BACK: "This link was ended",
    LinkState.USED_UP: "This link was opened as often as it may be",
}
WAIT = "This link was opened many times in a short while. Wait 15 minutes, then open it again."

bp = Blueprint("share_link", __name__)
wrong_tokens = WrongTokens()


@bp.after_request
def _keep_to_itself(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY_WITHOUT_SCRIPT
    return keep_private(response)


@bp.get("/shared/<secret>")
def show(secret: str) -> ResponseReturnValue:
    link = share_links.find_share_link(db(), secret)
    if link is None:
        return _unknown()
    state = share_links.state_of(db(), link, _now_at(link))
    if state is not LinkState.WORKS:
        return _over(link, state)
    return render_template("share_link/show.html", practice=link.client.practice, theme=None)


@bp.post("/shared/<secret>")
def read(secret: str) -> ResponseReturnValue:
    """Counted first, shown afterwards."""
    link = share_links.find_share_link(db(), secret)
    if link is None:
        return _unknown()
    now = _now_at(link)
    if not share_links.may_open_again(db(), link, real_now()):
        db().commit()
        return _page("Opened too often", WAIT, link.client.practice), 429
    if not share_links.record_opening(db(), link, request.remote_addr or "", now, real_now()):
        return _over(link, share_links.state_of(db(), link, now))
    db().commit()
    return _summary(link, now)


def _summary(link: ShareLink, now: datetime) -> str:
    practice, writer = link.client.practice, link.user.name if link.user else ""
    db().refresh(link, ["openings"])
    return render_template(
        "share_link/summary.html",
        sheet=summary_sheet(db(), practice, link.client, link.consent, link.question, writer, now),
        practice=practice,
        until=link.expires_at,
        left=None if link.most_openings is None else link.most_openings - link.openings,
        theme=None,
    )


def _now_at(link: ShareLink) -> datetime:
    return practices.practice_now(link.client.practice, real_now())


def _unknown() -> ResponseReturnValue:
    if wrong_tokens.is_too_many(request.remote_addr or "", real_now()):
        return make_response("Nothing is here.", 404, {"Content-Type": "text/plain; charset=utf-8"})
    return _page("Page not found", NOTHING, None), 404


def _over(link: ShareLink, state: LinkState) -> ResponseReturnValue:
    """Why is between the client and the practice: what was taken back and what was ended read alike."""
    practice = link.client.practice
    phone = f", {show_phone(practice.phone, practice.country)}," if practice.phone else ""
    return _page(
        OVER[state], f"Ask {practice.name}{phone} for a new one if you still need it.", practice
    ), 404


def _page(title: str, sentence: str, practice: Practice | None) -> str:
    return render_template(
        "share_link/gone.html", title=title, sentence=sentence, practice=practice, theme=None
    )
