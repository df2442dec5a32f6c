"""Remote monitoring of a client: what counts as sent, and a log in which nothing disappears."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.errors import NotFound, Refused
from care.models import (
    AnswerSource,
    Client,
    MonitoringMinutes,
    OccurrenceStatus,
    Practice,
    RatingSource,
    Role,
    User,
)
from care.monitoring import (
    TimeSpent,
    correct_minutes,
    days_with_data,
    end_monitoring,
    get_minutes,
    log_minutes,
    sheet_of,
    start_monitoring,
    take_back_minutes,
)
from care.ratings import take_back
from care.recurrence import today_in
from tests.care.measuring import make_occurrence, on_day, rate
from tests.making import (
    MONDAY,
    MONDAY_NOON,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
)

A_DAY = timedelta(days=1)
FRIDAY = MONDAY_NOON + 4 * A_DAY


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session, thresholds={"rtm": 1})


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice)


@pytest.fixture
def maria(session: Session, practice: Practice, sam: User) -> Client:
    client = make_client(session, practice, therapist_id=sam.id)
    start_monitoring(session, client, MONDAY, "In person, form signed", sam, MONDAY_NOON)
    return client


def call(user: User, **changes: object) -> TimeSpent:
    """On Tuesday from 10:00 to 10:12."""
    values = {
        "user_id": user.id,
        "on": MONDAY + A_DAY,
        "from_time": time(10),
        "until_time": time(10, 12),
        "activity": "call",
        "is_live": True,
    }
    return TimeSpent(**(values | changes))  # type: ignore[arg-type]  # values of all kinds


def minutes(session: Session, client: Client, practice: Practice) -> tuple[int, int]:
    sheet = sheet_of(session, client, practice, FRIDAY)
    assert sheet is not None
    return sheet.months[-1].minutes, sheet.months[-1].talks


def test_only_what_the_client_sent_makes_a_day(session, practice, maria, sam):
    doorway = make_assignment(session, maria, make_exercise(session, practice))
    rate(session, maria, 0, day=0)
    rate(session, maria, 3, day=1, source=RatingSource.VISIT)
    rate(session, maria, 3, day=2, source=RatingSource.PAPER)
    take_back(session, rate(session, maria, 4, day=3))
    for day, source in ((4, AnswerSource.WEB), (5, AnswerSource.PAPER), (6, None)):
        status = OccurrenceStatus.SKIPPED if source else OccurrenceStatus.UNKNOWN
        at = on_day(day) if source else None
        make_occurrence(session, doorway, status, MONDAY + day * A_DAY, source=source, answered_at=at)

    sent = days_with_data(session, maria, MONDAY, MONDAY + 9 * A_DAY)

    assert dict(sent) == {MONDAY: 1, MONDAY + 4 * A_DAY: 1}


def test_a_late_answer_counts_on_the_day_it_came(session, practice, maria):
    doorway = make_assignment(session, maria, make_exercise(session, practice))
    make_occurrence(
        session, doorway, OccurrenceStatus.DONE, MONDAY, source=AnswerSource.TEXT, answered_at=on_day(1)
    )

    assert list(days_with_data(session, maria, MONDAY, MONDAY + A_DAY)) == [MONDAY + A_DAY]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hours=st.sets(st.integers(0, 24 * 45), max_size=12),
    zone=st.sampled_from(("America/New_York", "Asia/Tokyo")),
)
def test_days_are_the_clients_own_also_over_a_change_of_clocks(session, maria, hours, zone):
    """45 days from 1 March, over 8 March on which New York's clocks go forward."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    with session.begin_nested() as undone:
        maria.timezone = zone
        for hour in hours:
            rate(session, maria, 0, at=start + timedelta(hours=hour))
        sent = days_with_data(session, maria, date(2026, 2, 28), date(2026, 4, 16))
        undone.rollback()

    assert sent.total() == len(hours)
    assert set(sent) == {today_in(zone, start + timedelta(hours=hour)) for hour in hours}


def test_minutes_are_logged_corrected_and_taken_back_and_each_stays(session, practice, maria, sam):
    first = log_minutes(session, maria, call(sam), sam, FRIDAY)
    assert minutes(session, maria, practice) == (12, 1)

    kim = make_user(session, practice)
    longer = correct_minutes(
        session, maria, first, call(sam, until_time=time(10, 25)), "Ended later", kim, FRIDAY
    )
    assert minutes(session, maria, practice) == (25, 1)

    take_back_minutes(session, longer, "It was another client", kim, FRIDAY)
    assert minutes(session, maria, practice) == (0, 0)
    assert session.scalar(select(func.count()).select_from(MonitoringMinutes)) == 3
    [line] = sheet_of(session, maria, practice, FRIDAY).log
    assert (line.row.is_void, line.row.reason) == (True, "It was another client")
    assert [one.id for one in line.before] == [first.id, longer.id]


def test_what_was_changed_already_is_changed_no_more(session, practice, maria, sam):
    first = log_minutes(session, maria, call(sam), sam, FRIDAY)
    gone = take_back_minutes(session, first, "Twice", sam, FRIDAY)

    for row in (first, gone):
        with pytest.raises(Refused, match="changed already"):
            correct_minutes(session, maria, row, call(sam), "Again", sam, FRIDAY)
        with pytest.raises(Refused, match="changed already"):
            take_back_minutes(session, row, "Again", sam, FRIDAY)


def test_a_change_needs_its_reason(session, practice, maria, sam):
    row = log_minutes(session, maria, call(sam), sam, FRIDAY)

    with pytest.raises(Refused, match="Reason"):
        take_back_minutes(session, row, " ", sam, FRIDAY)
    with pytest.raises(Refused, match="Reason"):
        correct_minutes(session, maria, row, call(sam), "", sam, FRIDAY)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"until_time": time(10)}, "Until must be later"),
        ({"until_time": time(15)}, "may last 4 hours"),
        ({"on": MONDAY + 5 * A_DAY}, "must not lie ahead"),
        ({"on": MONDAY - A_DAY}, "from 2 Mar"),
        ({"activity": "golf"}, "from the list"),
        ({"activity": "texts"}, "no talk in real time"),
        ({"user_id": 2_000_000}, "Choose a therapist"),
    ],
)
def test_what_cannot_be_is_not_logged(session, maria, sam, changes, sentence):
    with pytest.raises(Refused, match=sentence):
        log_minutes(session, maria, call(sam, **changes), sam, FRIDAY)


def test_nobody_from_the_front_desk_or_elsewhere_spends_the_minutes(session, practice, maria, sam):
    desk = make_user(session, practice, role=Role.FRONT_DESK)
    stranger = make_user(session, make_practice(session))

    for user in (desk, stranger):
        with pytest.raises(Refused, match="Choose a therapist"):
            log_minutes(session, maria, call(user), sam, FRIDAY)


def test_an_entry_of_another_client_is_not_found(session, practice, maria, sam):
    row = log_minutes(session, maria, call(sam), sam, FRIDAY)
    with pytest.raises(NotFound):
        get_minutes(session, make_client(session, practice), row.id)


def test_one_monitoring_runs_at_a_time_and_the_next_begins_after_it(session, maria, sam):
    with pytest.raises(Refused, match="running since 2 Mar"):
        start_monitoring(session, maria, MONDAY, "Again", sam, FRIDAY)

    ended = end_monitoring(session, maria, FRIDAY)

    assert ended.ended_on == MONDAY + 4 * A_DAY
    with pytest.raises(Refused, match="after 6 Mar"):
        start_monitoring(session, maria, MONDAY, "Again", sam, FRIDAY)
    with pytest.raises(Refused, match="No monitoring"):
        end_monitoring(session, maria, FRIDAY)
    with pytest.raises(Refused, match="must not lie ahead"):
        start_monitoring(session, maria, MONDAY + 9 * A_DAY, "Again", sam, FRIDAY)
    with pytest.raises(Refused, match="How they agreed"):
        start_monitoring(session, maria, MONDAY + 5 * A_DAY, " ", sam, FRIDAY + A_DAY)
    start_monitoring(session, maria, MONDAY + 5 * A_DAY, "Again", sam, FRIDAY + A_DAY)


def test_without_a_monitoring_there_is_no_sheet_and_no_log(session, practice, sam):
    client = make_client(session, practice)

    assert sheet_of(session, client, practice, FRIDAY) is None
    with pytest.raises(Refused, match="Start the monitoring first"):
        log_minutes(session, client, call(sam), sam, FRIDAY)


@pytest.mark.parametrize(
    ("country", "thresholds", "counts"),
    [("US", {}, False), ("US", {"rtm": 1}, True), ("US", {"rtm": 0}, False), ("CA", {"rtm": 1}, False)],
)
def test_it_is_off_until_a_practice_of_the_us_turns_it_on(session, country, thresholds, counts):
    practice = make_practice(session, country=country, thresholds=thresholds)
    assert practice.counts_monitoring is counts
