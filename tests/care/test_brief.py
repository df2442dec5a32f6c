"""The brief: what came back since the last assessment, with its counts and its gaps."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from care.adherence import Adherence
from care.brief import brief_for, brief_from_dict, paragraph
from care.db import Database
from care.models import (
    Assessment,
    AssessmentStatus,
    Assignment,
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    Direction,
    Episode,
    OccurrenceStatus,
    QuestionStatus,
    RatingSource,
    ReminderKind,
    ReminderStatus,
    Visit,
    VisitStatus,
)
from care.pain import Outcome
from care.timeline import timeline
from tests.care.measuring import (
    make_days,
    make_message,
    make_occurrence,
    make_question,
    make_reminder,
    make_reply,
    on_day,
    rate,
)
from tests.making import MONDAY, make_assignment, make_client, make_exercise, make_practice

DONE, PARTIAL = OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL
SKIPPED, UNKNOWN = OccurrenceStatus.SKIPPED, OccurrenceStatus.UNKNOWN


@pytest.fixture
def client(session: Session) -> Client:
    return make_client(session, make_practice(session), created_at=on_day(-1))


@pytest.fixture
def assignment(session: Session, client: Client) -> Assignment:
    exercise = make_exercise(session, make_practice(session), name="Bridge")
    return make_assignment(session, client, exercise, created_at=on_day(0))


def make_assessment(session: Session, client: Client, day: int) -> Assessment:
    assessment = Assessment(
        practice_id=client.practice_id,
        client_id=client.id,
        status=AssessmentStatus.COMPLETED,
        started_at=on_day(day),
        completed_at=on_day(day),
    )
    session.add(assessment)
    session.flush()
    return assessment


def test_the_worked_example_of_the_documentation(
    session: Session, client: Client, assignment: Assignment
) -> None:
    for day, score in ((-5, 8), (-1, 7), (3, 6), (10, 5), (24, 3)):
        rate(session, client, score, day=day)
    make_assessment(session, client, 7)
    make_days(session, assignment, *[DONE] * 7)
    statuses = [DONE] * 8 + [PARTIAL, SKIPPED, UNKNOWN]
    for number, status in enumerate(statuses, start=7):
        make_occurrence(session, assignment, status, MONDAY + timedelta(days=number))
    for day, answered in ((10, True), (17, False), (24, True)):
        outcome = QuestionStatus.ANSWERED if answered else QuestionStatus.EXPIRED
        make_question(session, client, outcome, day=day)
    make_reply(session, make_message(session, client, "3, better on stairs", day=24), "rating", rating=3)

    brief = brief_for(session, client, on_day(26))

    assert (brief.pain.baseline, brief.pain.latest, brief.pain.change) == (7.5, 3, -4.5)
    assert (brief.mean, brief.worst, brief.rating_count) == (4, 5, 2)
    assert brief.adherence == Adherence(done=8, partial=1, skipped=1, unknown=1)
    assert (brief.questions_answered, brief.questions_asked) == (2, 3)
    assert paragraph(brief) == (
        "S: Since the last assessment (9 Mar): "
        "Pain 7.5 to 3, change -4.5 (-60 %), MCID reached, much better, 5 ratings, down 1.2 a week. "
        "Since then mean 4, worst 5, best 3 of 2 ratings. "
        "Rated on 2 of 3 days asked. "
        "Home exercises: 8 of 11 due done, 1 partial, 1 skipped, 1 unknown "
        "(77 % of all due, 85 % of those answered, 91 % answered). "
        "Answered 2 of 3 questions. "
        'Wrote: "3, better on stairs" (Thu 26 Mar 1:00pm). '
        "Ratings on 1 of the last 7 days, too few for a weekly mean."
    )


def test_a_brief_begins_with_the_episode_when_nothing_was_assessed(session: Session, client: Client) -> None:
    session.add(
        Episode(
            practice_id=client.practice_id,
            client_id=client.id,
            complaint="right hip",
            condition_category="sports_injury",
            started_on=MONDAY,
        )
    )

    brief = brief_for(session, client, on_day(3))

    assert brief.since_what == "the start of the episode"
    assert brief.since == on_day(0) - timedelta(hours=12)


def test_without_an_episode_everything_known_is_told(session: Session, client: Client) -> None:
    rate(session, client, 5, day=-20)

    brief = brief_for(session, client, on_day(3))

    assert (brief.since, brief.since_what) == (on_day(-20), "the first day here")
    assert brief.rating_count == 1


def test_what_came_before_the_last_assessment_stays_in_its_brief(
    session: Session, client: Client, assignment: Assignment
) -> None:
    rate(session, client, 9, day=2)
    make_message(session, client, "it hurts a lot", day=2)
    make_question(session, client, QuestionStatus.ANSWERED, day=2)
    make_occurrence(session, assignment, DONE, MONDAY + timedelta(days=2))
    make_assessment(session, client, 5)

    brief = brief_for(session, client, on_day(9))

    assert (brief.rating_count, brief.mean, brief.words, brief.questions_asked) == (0, None, (), 0)
    assert brief.adherence.due == 0
    assert brief.pain.count == 1


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ((), "No ratings yet."),
        ((1, 2), "No ratings since 7 Mar."),
        ((1, 6), "2 ratings, too few for a trend."),
        ((1, 2, 6), "Ratings on 0 of the last 7 days, too few for a weekly mean."),
        ((6,), "Last rating 8 Mar, 14 days ago."),
        ((6,), "No rating before the first assignment: the first rating is the baseline."),
    ],
)
def test_what_cannot_be_said_is_said(
    session: Session, client: Client, assignment: Assignment, days: tuple[int, ...], sentence: str
) -> None:
    for day in days:
        rate(session, client, 4, day=day)
    make_assessment(session, client, 5)

    assert sentence in brief_for(session, client, on_day(20)).gaps


def test_few_replies_give_a_sentence_instead_of_a_band(
    session: Session, client: Client, assignment: Assignment
) -> None:
    make_days(session, assignment, DONE, UNKNOWN, UNKNOWN)

    brief = brief_for(session, client, on_day(5))

    assert "Not enough replies about exercises: 1 of 3 answered." in brief.gaps
    assert "%" not in paragraph(brief)


def test_a_baseline_of_zero_says_why_there_is_no_percentage(
    session: Session, client: Client, assignment: Assignment
) -> None:
    rate(session, client, 0, day=-1)
    rate(session, client, 3, day=4)

    brief = brief_for(session, client, on_day(5))

    assert "No percentage: the baseline is 0." in brief.gaps
    assert "Pain 0 to 3, change +3, worse, 2 ratings." in paragraph(brief)


def test_nothing_known_is_told_as_such_and_not_as_zero(session: Session, client: Client) -> None:
    brief = brief_for(session, client, on_day(5))

    assert (brief.pain.latest, brief.mean, brief.worst, brief.band) == (None, None, None, None)
    assert brief.gaps == (
        "No ratings yet.",
        "No questions asked since 1 Mar.",
        "No exercises due since 1 Mar.",
    )


def test_ratings_asked_at_a_visit_are_marked_and_labelled_ones_stand_beside(
    session: Session, client: Client
) -> None:
    rate(session, client, 5, day=0, source=RatingSource.VISIT)
    rate(session, client, 4, day=1)
    rate(session, client, 8, day=2, label="knee")
    rate(session, client, 7, day=3, recall="worst_24h")

    brief = brief_for(session, client, on_day(5))

    assert [(line.score, line.is_visit) for line in brief.ratings] == [(5, True), (4, False)]
    assert [(line.score, line.about) for line in brief.other_ratings] == [
        (8, "knee"),
        (7, "worst of 24 hours"),
    ]
    assert brief.worst == 5


def test_a_question_still_open_is_not_yet_asked_in_vain(session: Session, client: Client) -> None:
    make_question(session, client, QuestionStatus.OPEN, day=5)
    make_question(session, client, QuestionStatus.OPEN, day=1)

    brief = brief_for(session, client, on_day(5))

    assert (brief.questions_asked, brief.questions_answered) == (1, 0)


def test_the_clients_words_come_newest_first_and_bare_answers_are_marked(
    session: Session, client: Client
) -> None:
    make_reply(session, make_message(session, client, "DONE", day=1), "done")
    make_reply(session, make_message(session, client, "4/10", day=2), "rating", rating=4)
    make_reply(
        session, make_message(session, client, "done, but the knee clicks?", day=3), "done", "question"
    )
    make_message(session, client, "Time for your stretches", day=3, direction=Direction.OUT)

    words = brief_for(session, client, on_day(5)).words

    assert [(one.body, one.reading, one.is_bare) for one in words] == [
        ("done, but the knee clicks?", "done, asks a question", False),
        ("4/10", "rating 4", True),
        ("DONE", "done", True),
    ]


def test_missed_visits_lost_texts_and_red_flags_are_told(session: Session, client: Client) -> None:
    session.add(
        Visit(
            practice_id=client.practice_id,
            client_id=client.id,
            starts_at=on_day(2),
            status=VisitStatus.MISSED,
        )
    )
    make_reminder(session, client, ReminderStatus.FAILED, day=3)
    lost = make_message(session, client, "Time", day=3, direction=Direction.OUT, status="undelivered")
    make_reminder(session, client, ReminderStatus.SENT, day=3, message_id=lost.id)
    make_reminder(session, client, ReminderStatus.SENT, day=3, message_id=lost.id)
    session.add(
        AttentionItem(
            practice_id=client.practice_id,
            client_id=client.id,
            kind=AttentionKind.RED_FLAG,
            cause_key="red-flag",
            status=AttentionStatus.ACKNOWLEDGED,
            raised_at=on_day(3),
        )
    )

    brief = brief_for(session, client, on_day(5))

    # Two reminders shared one message: one text was lost with them, and one never left.
    assert (brief.visits_missed, brief.texts_not_delivered) == ((on_day(2),), 2)
    assert "Red flag 5 Mar, seen." in paragraph(brief)
    assert "1 visit missed: 4 Mar." in paragraph(brief)


def test_each_exercise_has_its_own_counts(session: Session, client: Client, assignment: Assignment) -> None:
    clam = make_exercise(session, make_practice(session), name="Clam")
    other = make_assignment(session, client, clam, plan_id=assignment.plan_id, position=2)
    make_days(session, assignment, DONE, DONE)
    make_days(session, other, SKIPPED, SKIPPED)

    brief = brief_for(session, client, on_day(5))

    assert [(line.name, line.adherence.done, line.band) for line in brief.exercises] == [
        ("Bridge", 2, "high"),
        ("Clam", 0, "low"),
    ]


def test_changes_of_the_plan_carry_their_date(
    session: Session, client: Client, assignment: Assignment
) -> None:
    brief = brief_for(session, client, on_day(5))

    assert [(line.at, line.words) for line in brief.changes] == [
        (on_day(0) - timedelta(hours=4), "Plan 1 started, 1 exercise: Bridge")
    ]


def test_a_brief_is_kept_as_json_and_comes_back_the_same(
    session: Session, client: Client, assignment: Assignment
) -> None:
    for day, score in ((-1, 8), (3, 0)):
        rate(session, client, score, day=day)
    make_days(session, assignment, DONE, UNKNOWN)
    make_message(session, client, "better now, thanks", day=3)
    brief = brief_for(session, client, on_day(5))

    kept = json.loads(json.dumps(brief.as_dict()))

    assert brief_from_dict(kept) == brief
    assert brief_from_dict(kept).pain.outcome is Outcome.MUCH_BETTER


def test_a_kept_brief_from_before_gaps_were_told_can_still_be_read(session: Session, client: Client) -> None:
    brief = brief_for(session, client, on_day(5))
    kept = brief.as_dict()
    del kept["gaps"]

    assert brief_from_dict(kept) == replace(brief, gaps=())


def test_the_brief_is_the_same_on_every_database(any_database: Database) -> None:
    with any_database.sessions() as session:
        practice = make_practice(session)
        client = make_client(session, practice)
        make_days(session, make_assignment(session, client, make_exercise(session, practice)), DONE, UNKNOWN)
        rate(session, client, 6.5, day=1)
        make_question(session, client, QuestionStatus.ANSWERED, day=1)
        make_reminder(session, client, ReminderStatus.FAILED, day=2)
        make_message(session, client, "a bit better", day=1)

        brief = brief_for(session, client, on_day(4))

        assert (brief.worst, brief.questions_answered, brief.texts_not_delivered) == (6.5, 1, 1)
        assert brief.adherence == Adherence(done=1, unknown=1)
        assert {entry.kind for entry in timeline(session, client)} >= {"message_in", "dropped", "plan"}


def test_each_frame_has_its_own_figures(session: Session, client: Client) -> None:
    for day, score in ((0, 8), (3, 4)):
        rate(session, client, score, day=day)
        rate(session, client, score + 1, day=day, recall="worst_24h")

    brief = brief_for(session, client, on_day(5))

    [worst] = brief.other_series
    assert (brief.pain.baseline, brief.pain.latest, brief.pain.count) == (8, 4, 2)
    assert (worst.about, worst.pain.baseline, worst.pain.change) == ("worst of 24 hours", 9, -4)
    assert "Pain, worst of 24 hours: 9 to 5, change -4 (-44 %)" in paragraph(brief)


def test_what_stood_in_the_way_is_told_apart(session: Session, client: Client) -> None:
    make_reply(session, make_message(session, client, "skip, wrist hurts on all fours", day=2), "skipped")

    assert 'In the way: "skip, wrist hurts on all fours" (Wed 4 Mar 12:00pm).' in paragraph(
        brief_for(session, client, on_day(5))
    )


def test_a_day_is_asked_for_a_rating_when_its_text_asks_for_one_answered_or_not(
    session: Session, client: Client
) -> None:
    texts = [
        make_message(session, client, "Your stretches", day, direction=Direction.OUT) for day in (1, 2, 3)
    ]
    for day, text in enumerate(texts, 1):
        make_question(
            session,
            client,
            QuestionStatus.ANSWERED,
            day=day,
            context="exercise_prompt",
            message_id=text.id,
            invites_rating=day != 1,
        )
    for text in texts[:2]:
        kind = ReminderKind.PAIN_QUESTION
        make_reminder(session, client, ReminderStatus.SENT, kind=kind, message_id=text.id)
    rate(session, client, 4, day=1)

    brief = brief_for(session, client, on_day(5))

    assert (brief.days_answered, brief.days_asked) == (1, 2)


def test_a_day_counts_as_answered_by_the_rating_to_its_question(session: Session, client: Client) -> None:
    late = make_question(session, client, QuestionStatus.ANSWERED, day=1)
    make_question(session, client, QuestionStatus.EXPIRED, day=3)
    rate(session, client, 0, day=2, question=late)

    brief = brief_for(session, client, on_day(5))

    assert (brief.days_answered, brief.days_asked) == (1, 2)
