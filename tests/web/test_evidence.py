"""Behind a figure: the messages it was counted from, and nobody else's."""

from datetime import timedelta

import pytest

from care.models import OccurrenceStatus, QuestionStatus, ReminderStatus
from tests.care.measuring import (
    make_message,
    make_occurrence,
    make_question,
    make_reminder,
    make_reply,
    on_day,
    rate,
)
from tests.making import make_assignment, make_client, make_exercise, make_practice, make_user


@pytest.fixture
def maria(session, browser, sign_in, clock):
    practice = make_practice(session)
    sam = make_user(session, practice)
    client = make_client(session, practice, therapist_id=sam.id)
    bridge = make_assignment(session, client, make_exercise(session, practice, name="Bridge"))
    question = make_question(session, client, QuestionStatus.ANSWERED, day=1)
    message = make_message(session, client, "DONE 0", day=1)
    reply = make_reply(session, message, "rating", "done", rating=0)
    reply.question_id = question.id
    rate(session, client, 0, day=1, reply=reply)
    rate(session, client, 7, day=2, recall="worst_24h")
    make_occurrence(session, bridge, OccurrenceStatus.DONE, reply_id=reply.id)
    lost = make_reminder(session, client, ReminderStatus.FAILED, day=2, reason="refused_30006")
    make_occurrence(session, bridge, OccurrenceStatus.UNKNOWN, on_day(2).date(), reminder_id=lost.id)
    session.commit()
    clock.now = on_day(3)
    sign_in(browser, sam)
    return client


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("pain", ["Pain 0", "DONE 0", "Pain 7, worst of 24 hours"]),
        ("exercises", ["Bridge: done", "DONE 0", "left out: the text did not arrive"]),
        ("questions", ["answered", "DONE 0"]),
        ("words", ["rating 0, done"]),
        ("undelivered", ["The provider refused it (code 30006)."]),
    ],
)
def test_each_figure_leads_to_what_was_counted(browser, maria, kind, shown):
    text = browser.get(f"/clients/{maria.id}/behind/{kind}").text

    assert [words for words in shown if words not in text] == []


def test_frames_and_days_narrow_the_list(browser, maria):
    of_now = browser.get(f"/clients/{maria.id}/behind/pain?frame=").text
    later = browser.get(
        f"/clients/{maria.id}/behind/pain",
        query_string={"since": (on_day(1) + timedelta(hours=1)).isoformat()},
    ).text

    assert "worst of 24 hours" not in of_now
    assert "Pain 0" not in later


def test_another_therapists_client_is_not_found(session, browser, sign_in, maria):
    other = make_user(session, make_practice(session))
    session.commit()
    sign_in(browser, other)

    assert browser.get(f"/clients/{maria.id}/behind/pain").status_code == 404
    assert browser.get(f"/clients/{maria.id}/behind/gloom").status_code == 404
