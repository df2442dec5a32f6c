"""Which ratings a person hears of, and when again: each through the webhook, as a client would cause it."""

from datetime import UTC, datetime, timedelta

import pytest

from care import attention
from care.clients import set_client_thresholds
from care.db import Database
from care.models import AttentionItem, AttentionKind, AttentionStatus, Client, RatingSource, User
from care.ratings import record_rating
from tests.making import make_user
from tests.web.conftest import MakeApp, TestClock
from tests.web.texting import Line, open_line

HIGH, RISE = AttentionKind.HIGH_PAIN, AttentionKind.PAIN_RISE
# Of the Monday on which every line opens, in New York.
MONDAY_NIGHT = datetime(2026, 3, 3, 4, 59, tzinfo=UTC)


@pytest.fixture
def line(database: Database, make_app: MakeApp, clock: TestClock) -> Line:
    return open_line(database, make_app, clock)


@pytest.fixture
def sam(line: Line) -> User:
    with line.database.sessions.begin() as session:
        return make_user(session, line.practice, name="Sam")


@pytest.fixture
def maria(line: Line, sam: User) -> Client:
    return line.add(therapist_id=sam.id)


def rate(line: Line, client: Client, *words: str) -> list[list[str]]:
    """One question a day, and its answer; the clock stands at the last answer. Returns what came back."""
    answers = []
    for place, body in enumerate(words):
        if place or line.ratings(client):
            line.later(days=1)
        line.ask_pain(client)
        answers.append(line.text(client, body))
    return answers


def pain_items(line: Line) -> list[AttentionItem]:
    return [item for item in line.items() if item.kind in (HIGH, RISE)]


def kinds(line: Line) -> list[str]:
    return [item.kind.value for item in pain_items(line)]


def close(line: Line, item: AttentionItem, sam: User) -> None:
    with line.database.sessions.begin() as session:
        present = session.get_one(AttentionItem, item.id)
        attention.close(session, present, session.get_one(User, sam.id), line.clock.now, "Called her.")


def test_six_is_saved_and_nobody_is_called(line: Line, maria: Client) -> None:
    [[answer]] = rate(line, maria, "6")

    assert answer.startswith("Thanks Maria. We saved 6")
    assert pain_items(line) == []


def test_seven_is_the_therapists_by_the_end_of_the_next_day(line: Line, maria: Client, sam: User) -> None:
    [[answer]] = rate(line, maria, "7")

    [item] = pain_items(line)
    assert answer.startswith("Thanks Maria. We saved 7")
    assert (item.kind, item.owner_id, item.details["same_day"]) == (HIGH, sam.id, False)
    assert item.due_at == MONDAY_NIGHT + timedelta(days=1)
    assert item.details["what"] == "7 of 10"


def test_nine_is_due_today_and_the_client_is_told_to_rest(line: Line, maria: Client) -> None:
    [[answer]] = rate(line, maria, "9")

    [item] = pain_items(line)
    assert answer.startswith("You sent 9 out of 10. Please stop the exercises for now.")
    assert "911" in answer
    assert (item.due_at, item.details["same_day"]) == (MONDAY_NIGHT, True)


def test_up_three_on_what_was_usual_is_as_urgent(line: Line, maria: Client) -> None:
    answers = rate(line, maria, "2", "3", "2", "5.5")

    [item] = pain_items(line)
    assert answers[-1][0].startswith("You sent 5.5 out of 10.")
    assert item.details["what"] == "5.5 of 10, up 3.2 on what was usual"
    assert item.details["same_day"]


def test_pain_that_stays_high_is_one_item_with_the_latest_on_it(line: Line, maria: Client) -> None:
    rate(line, maria, "7", "8", "7")

    [item] = pain_items(line)
    assert (item.details["score"], item.details["latest"]) == (7, 7)
    assert item.details["what"] == "7 of 10; latest 7"


def test_a_rating_that_brings_nothing_new_leaves_the_acknowledgement(
    line: Line, maria: Client, sam: User
) -> None:
    rate(line, maria, "7")
    with line.database.sessions.begin() as session:
        item = session.get_one(AttentionItem, pain_items(line)[0].id)
        attention.acknowledge(session, item, session.get_one(User, sam.id), line.clock.now)

    rate(line, maria, "8")
    seen = pain_items(line)[0].status
    rate(line, maria, "9")

    [item] = pain_items(line)
    assert (seen, item.status) == (AttentionStatus.ACKNOWLEDGED, AttentionStatus.OPEN)
    assert item.details["same_day"]


@pytest.mark.parametrize(
    ("after", "items"),
    [(("7",), 1), (("6", "8"), 1), (("5", "7"), 2)],
    ids=["goes on", "not far enough back", "came back, and again"],
)
def test_what_a_person_dealt_with_comes_again_only_after_the_pain_came_back(
    line: Line, maria: Client, sam: User, after: tuple[str, ...], items: int
) -> None:
    rate(line, maria, "7")
    close(line, pain_items(line)[0], sam)

    rate(line, maria, *after)

    assert kinds(line) == ["high_pain"] * items


def test_worse_than_what_was_dealt_with_is_a_new_item(line: Line, maria: Client, sam: User) -> None:
    rate(line, maria, "7")
    close(line, pain_items(line)[0], sam)

    rate(line, maria, "9")

    assert [item.details["same_day"] for item in pain_items(line)] == [False, True]


def test_the_text_promises_a_call_only_while_somebody_has_it_on_their_list(
    line: Line, maria: Client, sam: User
) -> None:
    [[first]] = rate(line, maria, "9")
    close(line, pain_items(line)[0], sam)

    [[again]] = rate(line, maria, "9")

    assert "Your therapist will contact you." in first
    assert "We saved it for your therapist." in again
    assert "911" in again
    assert len(pain_items(line)) == 1


def test_two_over_the_baseline_twice_in_a_row_is_an_item_for_today(line: Line, maria: Client) -> None:
    rate(line, maria, "3", "5")
    once = kinds(line)
    answers = rate(line, maria, "5")

    [item] = pain_items(line)
    assert once == []
    assert answers[0][0].startswith("Thanks Maria. We saved 5")
    assert (item.kind, item.details["what"]) == (RISE, "5 of 10, up 2 on the baseline")
    assert item.due_at is not None
    assert item.due_at == MONDAY_NIGHT + timedelta(days=2)


@pytest.mark.parametrize("scores", [("3", "5", "4", "5"), ("3", "4.5", "4.5")])
def test_less_than_that_is_none(line: Line, maria: Client, scores: tuple[str, ...]) -> None:
    rate(line, maria, *scores)

    assert pain_items(line) == []


def test_a_third_more_is_one_where_the_practice_wants_it(line: Line, maria: Client) -> None:
    line.set_practice(thresholds={"baseline_rise_percent": 30})

    rate(line, maria, "3", "4.5", "4.5")

    assert kinds(line) == ["pain_rise"]


def test_pain_of_another_time_is_not_compared(line: Line, maria: Client) -> None:
    """The worst of a day, asked at a visit, is no baseline for the pain now."""
    with line.database.sessions.begin() as session:
        client = session.get_one(Client, maria.id)
        at = line.clock.now - timedelta(days=2)
        record_rating(session, client, 1, source=RatingSource.VISIT, at=at, recall="least_24h")

    rate(line, maria, "5", "5", "5")

    assert pain_items(line) == []


def test_a_correction_that_takes_the_cause_away_stands_on_the_item(line: Line, maria: Client) -> None:
    rate(line, maria, "9")
    line.later(minutes=5)

    line.text(maria, "sorry, I meant 4")

    [item] = pain_items(line)
    assert item.details["what"] == "9 of 10; corrected to 4, so the cause is gone"
    assert item.status is AttentionStatus.OPEN


def test_what_was_corrected_counts_for_nothing_later(line: Line, maria: Client) -> None:
    rate(line, maria, "1")
    line.later(minutes=5)
    line.text(maria, "sorry, I meant 5")

    rate(line, maria, "5", "5")

    assert pain_items(line) == []


def test_the_numbers_of_one_client_go_before_the_practices(line: Line, maria: Client) -> None:
    other = line.add()
    line.change(lambda s, c: set_client_thresholds(s, c, line.practice, {"high_pain": 9}), maria)

    rate(line, maria, "8")
    rate(line, other, "8")

    assert line.causes() == [("high_pain", other.id)]


def test_every_client_asking_twice_for_a_call_is_one_item(line: Line, maria: Client, sam: User) -> None:
    line.text(maria, "CALL ME")
    line.later(hours=2)
    line.text(maria, "call me please")

    [item] = line.items()
    assert (item.kind, item.owner_id) == (AttentionKind.CALL_TASK, sam.id)
    assert item.due_at == MONDAY_NIGHT


def test_a_question_has_an_owner_and_a_day_as_well(line: Line, maria: Client, sam: User) -> None:
    line.text(maria, "Can I swim with this?")
    line.later(hours=2)
    line.text(maria, "And can I run?")

    [item] = line.items()
    assert (item.kind, item.owner_id) == (AttentionKind.QUESTION, sam.id)
    assert item.due_at == MONDAY_NIGHT + timedelta(days=1)
