"""Settings: what a massage therapist gives alone, what each user is, and who co-signs for them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit, scope
from care.errors import Refused
from care.models import ExerciseType, ProviderKind, User
from care.users import list_users
from web.deps import admin_only, current_user, db, practice, real_now

KINDS = {
    ProviderKind.PHYSICAL_THERAPIST: "Physical therapist",
    ProviderKind.MASSAGE_THERAPIST: "Massage therapist",
}
TYPES = {
    ExerciseType.SELF_RELEASE: "Self-release, such as rolling",
    ExerciseType.STRETCH: "Stretches",
    ExerciseType.MOBILITY: "Mobility",
    ExerciseType.STRENGTH: "Strength",
}
MASSAGE = ProviderKind.MASSAGE_THERAPIST

bp = Blueprint("scope_page", __name__, url_prefix="/settings/scope")


@bp.get("")
@admin_only
def show() -> ResponseReturnValue:
    return _page()


@bp.post("")
@admin_only
def save() -> ResponseReturnValue:
    try:
        scope.set_scope(practice(), MASSAGE, request.form.getlist("types"))
        for user in _people():
            kind = request.form.get(f"kind-{user.id}", user.provider_kind.value)
            if kind not in set(ProviderKind):
                raise Refused("Choose from the list what somebody is.")
            scope.set_provider(db(), user, ProviderKind(kind), _signer(user))
    except Refused as refusal:
        db().rollback()
        return _page(str(refusal)), 422
    audit.record(db(), practice().id, "change", "scope", practice().id, real_now(), current_user())
    db().commit()
    flash("Scope saved.")
    return redirect(url_for("scope_page.show"), 303)


def _signer(user: User) -> int | None:
    typed: str = request.form.get(f"signer-{user.id}", str(user.cosigner_id or ""))
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else None


def _people() -> list[User]:
    people = list_users(db(), practice().id, active_only=True)
    return [user for user in people if not user.is_front_desk]


def _page(problem: str = "") -> str:
    people = _people()
    return render_template(
        "settings/scope.html",
        people=people,
        kinds=[(kind.value, words) for kind, words in KINDS.items()],
        types=TYPES.items(),
        covered=scope.scope_of(practice(), MASSAGE),
        signers=[("", "Nobody"), *((user.id, user.name) for user in people)],
        problem=problem,
    )
