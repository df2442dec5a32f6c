"""What each role may open. Admin pages say so at the view; the front desk has a list, and nothing else."""

from care.models import Role

# Contact data and visits. No notes, ratings, replies, inbox or texts: what a new page shows, it shows to
# the others until somebody writes it down here.
FRONT_DESK = frozenset(
    {
        "auth.lock",
        "auth.sign_in",
        "auth.sign_out",
        "clients.edit",
        "clients.find",
        "clients.index",
        "clients.new",
        "clients.show",
        "confirming.confirm",
        "consent.give",
        "consent.show",
        "consent.withdraw",
        "devices.end",
        "devices.end_others",
        "devices.show",
        "root",
        "settings.change_password",
        "settings.set_device",
        "settings.show",
        "staff_alerts.agree",
        "staff_alerts.save_on_call",
        "staff_alerts.show",
        "staff_alerts.stop",
        "two_step.begin",
        "two_step.confirm",
        "two_step.qr",
        "two_step.renew_codes",
        "two_step.show",
        "two_step.turn_off",
        "visit_book.cancel",
        "visit_book.index",
        "visit_book.miss",
        "visit_book.move",
        "visit_book.new",
        "visit_book.plan",
        "visit_book.show",
    }
)


def may_open(role: Role, endpoint: str) -> bool:
    return role is not Role.FRONT_DESK or endpoint in FRONT_DESK


def first_page(role: Role) -> str:
    """Where signing in leads: to who needs somebody, or to the visits of the day."""
    return "visit_book.index" if role is Role.FRONT_DESK else "today.show"
