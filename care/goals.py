"""What a client wants to do again, in their words: one goal at a time, and those before it."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.checks import check_line
from care.models import Client, Goal


def current_goal(session: Session, client: Client) -> Goal | None:
    wanted = select(Goal).where(Goal.client_id == client.id, Goal.ended_on.is_(None))
    return session.scalar(wanted.order_by(Goal.id.desc()).limit(1))


def set_goal(session: Session, client: Client, text: str, today: date) -> Goal | None:
    """What the client wants to do again; the goal before it ends. Empty text leaves none."""
    text = check_line("Goal", text, 200, may_be_empty=True)
    current = current_goal(session, client)
    if current is not None and current.text == text:
        return current
    if current is not None:
        current.ended_on = today
    if not text:
        session.flush()
        return None
    goal = Goal(practice_id=client.practice_id, client_id=client.id, text=text, set_on=today)
    session.add(goal)
    session.flush()
    return goal
