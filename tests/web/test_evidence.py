"""Behind a figure: the messages it was counted from, all of them and no others, and nobody else's."""

import html
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from bench._history import lived_in
from bench._world import NOW
from care.attention import raise_item
from care.brief import Brief, brief_for
from care.db import Database
from care.models import (
    AttentionKind,
    Client,
    Message,
    OccurrenceStatus,
    QuestionStatus,
    RatingSource,
    ReminderKind,
    ReminderStatus,
    User,
    VisitStatus,
)
from care.ratings import record_rating
from tests.care.measuring import (
    make_message,
    make_occurrence,
    make_question,
    make_reminder,
    make_reply,
    on_day,
    rate,
)
from tests.making import make_assignment, make_client, make_exercise, make_practice, make_user, make_visit

DAY = timedelta(days=1)


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


@pytest.fixture
def brief(database: Database, browser: FlaskClient, sign_in, clock) -> Brief:
    """Of a client with weeks behind her, an admin looking: every kind of figure is in it."""
    lived_in(database, 1, 50)
    with database.sessions.begin() as session:
        client = session.get_one(Client, 1)
        for ago, score, label in (
            (3, 6, "knee"),
            (2, 4, "knee"),
            *((ago, 0, None) for ago in range(1, 41, 3)),
        ):
            at = NOW - ago * DAY + timedelta(hours=2)
            record_rating(session, client, score, source=RatingSource.VISIT, at=at, label=label)
        make_visit(session, client, starts_at=NOW - 5 * DAY, status=VisitStatus.MISSED)
        lost = make_reminder(session, client, ReminderStatus.FAILED, due_at=NOW - 4 * DAY)
        text = session.scalars(select(Message).where(Message.status == "undelivered")).first()
        asks = {"kind": ReminderKind.PAIN_QUESTION, "due_at": text.at, "message_id": text.id}
        make_reminder(session, client, ReminderStatus.SENT, **asks)
        raise_item(
            session,
            client.practice_id,
            AttentionKind.DELIVERY_FAILURE,
            "lost",
            NOW - 4 * DAY,
            client_id=1,
            reminder_id=lost.id,
        )
    clock.now = NOW + DAY + timedelta(hours=1)
    with database.sessions() as session:
        admin = session.get_one(User, 1)
        brief = brief_for(session, session.get_one(Client, 1), clock.now)
    sign_in(browser, admin)
    return brief


def told(browser: FlaskClient) -> str:
    """The brief as the page has it, without the chart, whose table is a list of ratings itself."""
    page = browser.get("/clients/1/assessment").text
    section = page[page.index('aria-labelledby="brief-title"') :].split("</section>")[0]
    return re.sub(r"<figure.*?</figure>", "", section, flags=re.DOTALL)


def words_of(markup: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", markup).split()))


def links_of(section: str) -> list[tuple[str, str]]:
    """What each link of the brief says, and where it leads, in order."""
    found = re.findall(r'<a href="([^"]*/behind/[^"]*)">(.*?)</a>', section, re.DOTALL)
    return [(words_of(words), html.unescape(address)) for address, words in found]


def lines_behind(browser: FlaskClient, address: str) -> list[str]:
    """In a sentence each. The page says how many there are."""
    answer = browser.get(address)
    found = re.findall(r'<li class="timeline-item".*?</li>', answer.text, re.DOTALL)
    lines = [words_of(one) for one in found]
    assert answer.status_code == 200, address
    assert re.search(rf"{len(lines)} lines?\. Each stands for", answer.text) or not lines
    return lines


def test_beside_every_figure_of_a_brief_stands_a_link(browser, brief):
    section = told(browser)
    cells = re.findall(r"<dd>(.*?)</dd>", section, re.DOTALL)
    cells += re.findall(r'<td class="num">(.*?)</td>', section, re.DOTALL)
    without = [one for one in cells if re.search(r"[1-9]", one) and "/behind/" not in one]

    assert len(cells) > 20
    assert without == []


def test_behind_every_figure_stand_exactly_the_rows_it_was_counted_from(browser, brief):
    figures, home = brief.pain, brief.adherence
    [knee], [contrast] = brief.other_series, [one for one in brief.contrasts if one.exercise_id == 1]
    expected = {
        "the first rating": 1,
        "Sun 1 Mar 11:00am": 1,
        "first against last": 2,
        f"{figures.count} ratings": figures.count,
        f"{brief.questions_answered} of {brief.questions_asked} answered": brief.questions_asked,
        f"a rating on {brief.days_answered} of {brief.days_asked} days asked": brief.days_asked,
        "all of them": knee.pain.count,
        f"{knee.count} ratings": knee.count,
        f"{home.answered} answered": home.answered,
        f"{home.due} due": home.due,
        "which": home.undelivered,
        "visit": 1,
        "Text not delivered": len(brief.attention),
        f"{brief.texts_not_delivered} texts": brief.texts_not_delivered,
    }
    links = links_of(told(browser))
    found = {
        words: {len(lines_behind(browser, address)) for said, address in links if said == words}
        for words in expected
    }

    assert found == {words: {count} for words, count in expected.items()}
    of_contrast = next(address for said, address in links if said == "these days")
    assert len(lines_behind(browser, of_contrast)) == contrast.with_days + contrast.without_days


def test_behind_each_count_of_each_exercise_stand_as_many_times(browser, brief):
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", told(browser), re.DOTALL)
    assert len(rows) == len(brief.exercises) == 3
    for row, line in zip(rows, brief.exercises, strict=True):
        one = line.adherence
        counts = [one.done, one.partial, one.skipped, one.unknown, one.due, one.due, one.answered, one.due]
        behind = [len(lines_behind(browser, address)) for _words, address in links_of(row)]
        assert behind == [count for count in counts if count]


def test_what_was_rated_and_what_was_asked_stand_behind_the_days_and_the_alerts(browser, brief):
    addresses = dict(links_of(told(browser)))
    days = lines_behind(browser, next(one for words, one in addresses.items() if "days asked" in words))
    alerts = lines_behind(browser, addresses["Text not delivered"])

    assert sum("Rated" in line for line in days) == brief.days_answered
    assert all("Time for it." in line for line in days)
    assert [line for line in alerts if "5, sore" in line]
    page, _, place = addresses["Text not delivered"].partition("#")
    assert f'id="{place}"' in browser.get(page).text
