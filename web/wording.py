"""The practice's own words for its texts: what goes out now, changing it with a preview, and ours again."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit
from care.languages import ENGLISH, LANGUAGES
from reminders.linting import Finding, Weight
from reminders.own_wording import (
    LONGEST_FIRST_NAME,
    TEXTS,
    Changeable,
    check_words,
    find_text,
    list_faults,
    save_words,
    show,
    use_ours,
)
from web.deps import admin_only, current_user, db, practice, real_now, settings

FRAGMENT_HEADER = "X-Homestretch-Fragment"

bp = Blueprint("wording", __name__, url_prefix="/settings/wording")


@bp.get("")
@admin_only
def index() -> ResponseReturnValue:
    asked = request.args.get("language", practice().language)
    language = asked if asked in LANGUAGES else ENGLISH
    return render_template(
        "wording/index.html",
        texts=[show(practice(), text, language, public_url=settings().public_url) for text in TEXTS],
        faults=list_faults(db(), practice(), language, public_url=settings().public_url),
        language_links=[
            (name, url_for("wording.index", language=one), one == language) for one, name in LANGUAGES.items()
        ],
    )


@bp.get("/<language>/<key>")
@admin_only
def edit(language: str, key: str) -> ResponseReturnValue:
    return _page(find_text(key, language), language, None)


@bp.post("/<language>/<key>")
@admin_only
def save(language: str, key: str) -> ResponseReturnValue:
    """Kept when nothing speaks against it; while it is typed, script asks for the preview alone."""
    text = find_text(key, language)
    words = _typed()
    if request.form.get("live") or request.form.get("plain"):
        return _page(text, language, words)
    findings = save_words(db(), practice(), text, language, words, public_url=settings().public_url)
    if any(one.weight is Weight.REFUSE for one in findings):
        return _page(text, language, words, findings)
    return _saved("change_wording", f"{text.title} saved. It goes out in your words from now on.", language)


@bp.post("/<language>/<key>/ours")
@admin_only
def ours(language: str, key: str) -> ResponseReturnValue:
    text = find_text(key, language)
    use_ours(db(), practice(), text, language)
    return _saved("change_wording", f"{text.title} goes out in our words again.", language)


def _typed() -> str:
    """What stands in the field, or was offered in its place. Browsers send line ends of their own."""
    words = request.form.get("plain") or request.form.get("words", "")
    return words.replace("\r\n", "\n").strip()


def _saved(action: str, said: str, language: str) -> ResponseReturnValue:
    audit.record(db(), practice().id, action, "practice", practice().id, real_now(), current_user())
    db().commit()
    flash(said)
    return redirect(url_for("wording.index", language=language), 303)


def _page(
    text: Changeable, language: str, words: str | None, refused: list[Finding] | None = None
) -> ResponseReturnValue:
    """The text as it stands, or as typed with what speaks against it."""
    shown = show(practice(), text, language, words, public_url=settings().public_url)
    findings = check_words(db(), practice(), text, language, shown.words, public_url=settings().public_url)
    answer = make_response(
        render_template(
            "wording/edit.html",
            shown=shown,
            findings=findings,
            refused=[one for one in refused or [] if one.weight is Weight.REFUSE],
            plainer=next((one.instead for one in findings if one.instead), None),
            page_has_errors=bool(refused),
            language_name=LANGUAGES[language],
            longest_name=len(LONGEST_FIRST_NAME),
            is_live=bool(request.form.get("live")),
        ),
        422 if refused else 200,
    )
    answer.headers["Vary"] = FRAGMENT_HEADER
    return answer
