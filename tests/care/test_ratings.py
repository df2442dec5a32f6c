"""Ratings: what is kept, what stands, and what compares."""

import pytest
from sqlalchemy.orm import Session

from care.errors import Refused
from care.models import Client, RatingSource
from care.ratings import comparable, latest_rating, list_ratings, record_rating, supersede
from tests.care.measuring import on_day, rate
from tests.making import make_client, make_practice


@pytest.fixture
def client(session: Session) -> Client:
    return make_client(session, make_practice(session))


def test_a_rating_of_zero_is_kept_as_a_value(session: Session, client: Client) -> None:
    rate(session, client, 0)
    session.expire_all()

    latest = latest_rating(session, client.id)

    assert latest is not None
    assert latest.score == 0


def test_no_rating_is_none_and_not_zero(session: Session, client: Client) -> None:
    assert latest_rating(session, client.id) is None
    assert list_ratings(session, client.id) == []


@pytest.mark.parametrize("score", [-1, 10.5, 11, float("nan")])
def test_a_rating_off_the_scale_is_refused(session: Session, client: Client, score: float) -> None:
    with pytest.raises(Refused, match="0 to 10"):
        record_rating(session, client, score, source=RatingSource.TEXT, at=on_day(0))


def test_decimals_are_kept_as_given(session: Session, client: Client) -> None:
    rate(session, client, 6.5)
    session.expire_all()

    assert [rating.score for rating in list_ratings(session, client.id)] == [6.5]


def test_a_corrected_rating_no_longer_stands(session: Session, client: Client) -> None:
    wrong = rate(session, client, 9, day=1)
    right = rate(session, client, 6, day=1)

    supersede(session, wrong, by=right)

    assert [one.id for one in list_ratings(session, client.id)] == [right.id]
    assert latest_rating(session, client.id) == right


def test_a_rating_cannot_correct_another_clients(session: Session, client: Client) -> None:
    other = make_client(session, make_practice(session))
    mine, theirs = rate(session, client, 3), rate(session, other, 5)

    with pytest.raises(Refused):
        supersede(session, mine, by=theirs)
    with pytest.raises(Refused):
        supersede(session, mine, by=mine)


def test_ratings_come_oldest_first_from_the_asked_instant_on(session: Session, client: Client) -> None:
    for day, score in ((3, 4), (1, 6), (2, 5)):
        rate(session, client, score, day=day)

    assert [rating.score for rating in list_ratings(session, client.id, since=on_day(2))] == [5, 4]


def test_only_the_pain_now_as_a_whole_compares(session: Session, client: Client) -> None:
    whole = rate(session, client, 5, day=0)
    rate(session, client, 8, day=1, label="knee")
    rate(session, client, 7, day=2, recall="worst_24h")

    assert [one.id for one in comparable(list_ratings(session, client.id))] == [whole.id]
    assert latest_rating(session, client.id) == whole
