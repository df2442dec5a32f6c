"""Watching pain: which ratings a person should hear of, and which of them today."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import AttentionKind, Client, Rating
from care.thresholds import Thresholds, thresholds_of
from reminders.incoming import Incoming
from reminders.wording import score_in_words


def watch_pain(incoming: Incoming, score: float) -> bool:
    """Put high pain on a person's list. True when it is so high, or rose so steeply, that it got the
    high-pain text.
    """
    limits = thresholds_of(incoming.practice.thresholds)
    is_steep = _is_steep_rise(incoming.session, incoming.client, score, limits, incoming.now)
    if score >= limits.urgent_pain or is_steep:
        incoming.attention(AttentionKind.HIGH_PAIN, "high_pain", score=score, same_day=True)
        incoming.safety("high_pain", score=score_in_words(score))
        return True
    if score >= limits.high_pain:
        incoming.attention(AttentionKind.HIGH_PAIN, "high_pain", score=score)
    return False


def _is_steep_rise(session: Session, client: Client, score: float, limits: Thresholds, now: datetime) -> bool:
    """Whether pain rose steeply: by `pain_rise` over the mean of the two weeks before."""
    earlier = session.scalars(
        select(Rating.score).where(
            Rating.client_id == client.id,
            Rating.label.is_(None),
            Rating.superseded_by_id.is_(None),
            Rating.at < now,
            Rating.at > now - timedelta(days=14),
        )
    ).all()
    if not earlier:
        return False
    return score - sum(earlier) / len(earlier) >= limits.pain_rise
