"""Eight weeks of one client, every figure worked out by hand, checked through the pages.

Ratings 7 and 8 before the first assignment, then 7, 6, 6, 5, 4, 4, 3 on the Mondays from 9 March on; the
clocks change on 8 March. One exercise a day for seven weeks, by week:

    week of    2 Mar  9 Mar  16 Mar  23 Mar  30 Mar  6 Apr  13 Apr   all
    done           7      5       4       7       6      0       6    35
    partial        .      1       .       .       .      .       1     2
    skipped        .      .       1       .       1      .       .     2
    unknown        .      1       2       .       .      7       .    10
"""

import csv
import re
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.assessments import AssessmentFields, complete, open_draft
from care.brief import brief_for
from care.episodes import current_episode, start_episode
from care.fhir import export_fhir
from care.findings import Given, keep_findings
from care.models import (
    Assignment,
    AssignmentStatus,
    Client,
    ClientStatus,
    ConsentEvent,
    ConsentPurpose,
    FindingKind,
    LoginSession,
    Occurrence,
    OccurrenceStatus,
    Practice,
    RatingSource,
    Role,
    User,
)
from care.ratings import record_rating
from care.recurrence import instant_of, zone_of
from tests.making import (
    MONDAY,
    NEW_YORK,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
)
from tests.web.conftest import SignIn, TestClock
from tests.web.test_api import Program

DONE, PARTIAL = OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL
SKIPPED, UNKNOWN = OccurrenceStatus.SKIPPED, OccurrenceStatus.UNKNOWN
WEEKS = (
    [DONE] * 7,
    [DONE] * 5 + [PARTIAL, UNKNOWN],
    [DONE] * 4 + [SKIPPED, UNKNOWN, UNKNOWN],
    [DONE] * 7,
    [DONE] * 6 + [SKIPPED],
    [UNKNOWN] * 7,
    [DONE] * 6 + [PARTIAL],
)
RATINGS = (
    (date(2026, 2, 25), 7),
    (date(2026, 3, 1), 8),
    *((MONDAY + timedelta(weeks=n + 1), score) for n, score in enumerate((7, 6, 6, 5, 4, 4, 3))),
)
LAST_DAY = date(2026, 4, 20)
SUMMARY = (
    "Maria Lopez 1: Neck pain, 23 Feb 2026 to 20 Apr 2026. Pain 7.5 to 3 (-4.5), much better, MCID reached. "
    "Function (PSFS), mean of 2 activities: 3 to 6.5, a large change for the better. "
    "Shoulder flexion, left, active, goniometer: 120° to 150°, likely real, norm 180°. "
    "Shoulder flexion, right, active, goniometer: 170° to 172°, no clear difference, norm 180°. "
    "NDI of 50, low is better: 20 to 10, better, MCID reached (size disputed). "
    "Change as the client sees it +4 of 5, better, enough to matter (2.5). "
    "Home exercises 35 of 49 done, 10 unknown (73 % of all due)."
)


def at(day: date, hour: int = 12) -> datetime:
    return instant_of(day, time(hour), zone_of(NEW_YORK))


def measured(left: int, right: int, stairs: int, sleep: int, ndi: int, *more: Given) -> list[Given]:
    flexion = (FindingKind.RANGE, "shoulder_flexion")
    return [
        Given(*flexion, "left", "active", "goniometer", left),
        Given(*flexion, "right", "active", "goniometer", right),
        Given(FindingKind.ACTIVITY, "Stairs", value=stairs),
        Given(FindingKind.ACTIVITY, "Sleep", value=sleep),
        Given(FindingKind.SCORE, "ndi", value=ndi, maximum=50),
        *more,
    ]


@pytest.fixture
def maria(session: Session, browser: FlaskClient, clock: TestClock, sign_in: SignIn) -> Client:
    practice = make_practice(session)
    sam = make_user(session, practice)
    client = make_client(session, practice, therapist_id=sam.id, created_at=at(date(2026, 2, 23)))
    start_episode(session, client, "Neck pain", "tension", date(2026, 2, 23))
    assignment = make_assignment(session, client, make_exercise(session, practice), created_at=at(MONDAY, 8))
    for day, score in RATINGS:
        record_rating(session, client, score, source=RatingSource.TEXT, at=at(day))
    for number, status in enumerate(status for week in WEEKS for status in week):
        _occur(session, assignment, MONDAY + timedelta(days=number), status)
    assess(session, client, sam, at(MONDAY, 8), measured(120, 170, 2, 4, 20))
    lift = Given(FindingKind.ACTIVITY, "Lift my son", value=3)
    change = Given(FindingKind.CHANGE, "groc", value=4)
    assess(session, client, sam, at(LAST_DAY, 13), measured(150, 172, 6, 7, 10, lift, change))
    clock.now = at(LAST_DAY, 14)
    session.commit()
    sign_in(browser, sam)
    return client


def _occur(session: Session, assignment: Assignment, day: date, status: OccurrenceStatus) -> None:
    own: dict[str, Any] = {"practice_id": assignment.practice_id, "client_id": assignment.client_id}
    session.add(
        Occurrence(
            **own,
            assignment_id=assignment.id,
            slot_on=day,
            slot_time=time(9),
            due_at=at(day, 9),
            closes_at=at(day + timedelta(days=1), 9),
            status=status,
        )
    )


def assess(session: Session, client: Client, user: User, now: datetime, given: list[Given]) -> None:
    draft = open_draft(session, client, user, now)
    keep_findings(session, draft, given)
    complete(session, draft, AssessmentFields(), user, now, brief_for(session, client, now))


def page(browser: FlaskClient, client: Client) -> str:
    return browser.get(f"/clients/{client.id}/outcome").text


def test_the_summary_says_every_figure(browser, maria):
    assert SUMMARY in page(browser, maria)


def test_first_stands_against_last_with_what_it_may_mean(browser, maria):
    text = page(browser, maria)

    for figure in ("-4.5", "Much better, MCID reached (2 points matter)", "+3.5", "+30°", "-10"):
        assert figure in text
    assert "A large change for the better" in text
    assert "+4 of 5, better, enough to matter (2.5)" in text


def test_each_measure_has_its_chart_over_the_same_days(browser, maria):
    text = page(browser, maria)

    assert text.count("<figure") == 6
    assert text.count(">23 Feb</text>") == text.count(">20 Apr</text>") == 6
    for words in (
        "7 to 3, 9 figures",
        "3 to 6.5, 2 figures",
        "35 of 49 done, 10 unknown",
        "Week of 2 Mar: 7 of 7 done",
        "Week of 9 Mar: 5 of 7 done",
        "Week of 6 Apr: 0 of 7 done",
        "Week of 13 Apr: 6 of 7 done",
    ):
        assert words in text
    assert "Week of 23 Feb" not in text


def test_the_brief_of_the_last_assessment_tells_the_days_between(browser, maria):
    text = browser.get("/assessments/2").text

    # 23 Feb to 20 Apr: mean (7 + 8 + 7 + 6 + 6 + 5 + 4 + 4 + 3) / 9 = 5.6; since 2 March 35 / 7 = 5.
    assert "mean 5.6, worst 8, best 3" in text
    assert "mean 5, worst 7, best 3" in text
    assert "35 of 49 due done, 2 partial, 2 skipped, 10 unknown" in text
    # (35 + 1) / 49, (35 + 1) / 39 and 39 / 49.
    for share in ("73 %", "92 % of those answered", "80 % answered"):
        assert share in text


def test_a_kept_brief_says_the_days_as_of_when_it_is_read(session, browser, maria, clock, sign_in):
    assert "Today 12:00pm" in browser.get("/assessments/2").text

    clock.now = at(LAST_DAY + timedelta(days=2), 14)
    sam = session.get_one(User, maria.therapist_id)
    session.commit()
    sign_in(browser, sam)

    text = browser.get("/assessments/2").text
    assert "Mon 20 Apr 12:00pm" in text
    assert "Today 12:00pm" not in text


def test_a_discharge_needs_a_reason(session, browser, maria):
    answer = browser.post(f"/clients/{maria.id}/discharge", data={"reason": " "})

    assert answer.status_code == 422
    assert "Reason must be 1 to 200 characters." in answer.text
    assert session.scalars(select(Client.status)).all() == [ClientStatus.ACTIVE]


def test_a_discharge_ends_plan_and_episode_and_the_outcome_stays(session, browser, maria):
    browser.post(f"/clients/{maria.id}/discharge", data={"reason": "Goal reached"})
    browser.post(f"/clients/{maria.id}/discharge", data={"reason": "Twice"})

    text = page(browser, maria)
    session.expire_all()
    assert "20 Apr 2026. Discharged: Goal reached." in text
    assert "Discharge summary" in text
    assert session.scalars(select(Assignment.status)).all() == [AssignmentStatus.ENDED]


def test_another_episode_begins_with_a_complaint_and_counts_anew(session, browser, maria):
    browser.post(f"/clients/{maria.id}/discharge", data={"reason": "Goal reached"})
    refused = browser.post(f"/clients/{maria.id}/episodes", data={"condition_category": "tension"})
    begun = {"complaint": "Knee pain", "condition_category": "sports_injury"}
    browser.post(f"/clients/{maria.id}/episodes", data=begun)

    text = page(browser, maria)
    session.expire_all()
    client = session.get_one(Client, maria.id)
    episode = current_episode(session, client)
    assert refused.status_code == 422
    assert (client.status, episode and episode.complaint) == (ClientStatus.ACTIVE, "Knee pain")
    assert "Pain 7.5 to 3" not in text


def test_another_therapist_finds_no_outcome_and_discharges_nobody(session, browser, maria, sign_in):
    kim = make_user(session, make_practice(session))
    session.commit()
    sign_in(browser, kim)

    assert browser.get(f"/clients/{maria.id}/outcome").status_code == 404
    for place in ("discharge", "episodes"):
        assert browser.post(f"/clients/{maria.id}/{place}", data={"reason": "x"}).status_code == 404


def words_of(text: str) -> str:
    """What a person reads of a page, in one line."""
    return re.sub(r" ([,.:;])", r"\1", " ".join(re.sub(r"<[^>]+>", " ", text).split()))


def test_the_clients_page_shows_the_same_weeks_and_ratings(browser, maria):
    text = words_of(browser.get(f"/clients/{maria.id}").text)

    # The chart holds 8 weeks from Monday on, so the two ratings before 2 March are not on it.
    assert "Pain was 7 on 9 Mar, now 3" in text
    assert "Done 35 of 49 due, 2 partial, 10 unknown" in text
    done = ["7 of 7", "5 of 7", "4 of 7", "7 of 7", "6 of 7", "0 of 7", "6 of 7"]
    assert re.findall(r"\d of 7", text) == done


def test_the_completed_assessment_says_the_brief_and_what_was_measured(browser, maria):
    text = words_of(browser.get("/assessments/2").text)

    for words in (
        # (6 + 7 + 3) / 3 = 5.3; ((6 - 2) + (7 - 4)) / 2 = 3.5.
        "PSFS mean 5.3 of 10, 3 rated; +3.5 since 2 Mar over the same 2, a large change for the better.",
        # 172 - 150 = 22; 150 - 120 = 30; 172 - 170 = 2.
        "22° less than right, likely real; +30° since 2 Mar, likely real; norm 180°",
        "22° more than left, likely real; +2° since 2 Mar, no clear difference; norm 180°",
        "10 of 50 -10 since 2 Mar, better, MCID reached (size disputed)",
        "Baseline 7.5, mean of 2 ratings",
        "Change -4.5 (-60 %), MCID reached (2 points down matters)",
        # Days from 25 February: 0 4 12 19 26 33 40 47 54, their mean 26.1. Sum of products -244.6, of squares
        # 2874.9: -244.6 / 2874.9 * 7 = -0.6. From 9 March: 7 days apart, -18 / 28 = -0.6.
        "All in all mean 5.6, worst 8, best 3, down 0.6 a week, 9 ratings",
        "Since then mean 5, worst 7, best 3, down 0.6 a week, 7 ratings",
        "35 of 49 done, 2 partial, 10 unknown Of all due 73 %, middle, 49 due",
        "Of those answered 92 % of 39 answered",
        "Doorway stretch 1 35 2 2 10 49 73 % 92 % 80 %",
        "Ratings on 1 of the last 7 days, too few for a weekly mean.",
    ):
        assert words in text


def test_behind_each_count_stand_as_many_lines(browser, maria):
    for kind, lines in (("pain", 9), ("exercises", 49)):
        address = f"/clients/{maria.id}/behind/{kind}?since=2026-02-23T05:00:00%2B00:00"
        assert f"{lines} lines. Each stands for one thing" in words_of(browser.get(address).text)


def test_the_caseload_and_its_file_count_the_last_14_days(session, browser, maria, sign_in, clock):
    practice = session.get_one(Practice, maria.practice_id)
    admin = make_user(session, practice, role=Role.ADMIN)
    session.commit()
    sign_in(browser, admin)
    confirm(session, clock.now)

    # 7 to 20 April: 6 unknown, then 6 done and 1 partial, and nothing due on the 20th.
    assert "6 of 13 done, 1 partial, 6 unknown" in words_of(browser.get("/adherence").text)
    head, line = csv.reader(browser.get("/adherence.csv").text.splitlines())
    told = dict(zip(head, line, strict=True))
    assert (told["First rating"], told["Latest rating"]) == ("7", "3")
    counts = ("Done, 14 days", "Partial", "Skipped", "Unknown", "Due")
    assert [told[name] for name in counts] == ["6", "1", "0", "6", "13"]


def confirm(session: Session, now: datetime) -> None:
    """Whoever is signed in typed their password just now."""
    for one in session.scalars(select(LoginSession)):
        one.confirmed_at = now
    session.commit()


def test_other_programs_read_the_same_figures(session, browser, maria):
    program = Program(browser, session, session.get_one(User, maria.therapist_id))

    ratings = program.get(f"/ratings?client_id={maria.id}").json["data"]
    times = program.get(f"/occurrences?client_id={maria.id}&limit=100").json["data"]

    assert [one["score"] for one in ratings] == [score for _day, score in RATINGS]
    assert Counter(one["status"] for one in times) == {"done": 35, "partial": 2, "skipped": 2, "unknown": 10}


def test_as_fhir_nobody_said_nothing_and_nothing_is_zero(session, browser, maria):
    told = list(export_fhir(session, session.get_one(Practice, maria.practice_id), maria))

    tasks = Counter(one["status"] for one in told if one["resourceType"] == "Task")
    values = [
        (one["code"]["text"], one["valueQuantity"]["value"])
        for one in told
        if one["resourceType"] == "Observation"
    ]
    # Done and partly done are completed, what was left out failed, and what nobody answered stays requested.
    assert tasks == {"completed": 37, "failed": 2, "requested": 10}
    assert [value for text, value in values if text == "Pain right now"] == [score for _day, score in RATINGS]
    # (2 + 4) / 2, and (6 + 7 + 3) / 3.
    assert [value for text, value in values if text.startswith("PSFS")] == [3, 5.33]
    assert [value for text, value in values if text.startswith("NDI")] == [20, 10]


def test_the_summary_for_somebody_outside_says_the_same(session, browser, maria):
    agreed = {"recipient": "Dr. Ahn", "source": "in_person", "agreed": "1"}
    browser.post(f"/clients/{maria.id}/sharing", data=agreed)
    sharing = select(ConsentEvent.id).where(ConsentEvent.purpose == ConsentPurpose.SHARING)
    event_id = session.scalars(sharing).one()
    session.commit()

    text = words_of(browser.get(f"/clients/{maria.id}/sharing/{event_id}").text)

    assert "35 of 49 done, 2 partial, 10 unknown of the times due, 73 % of all due" in text
    assert "7.5 to 3, much better, 9 ratings" in text
    assert "3 to 6.5 of 10" in text
