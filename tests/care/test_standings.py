"""Standings: what is kept of the caseload is what a count of all rows says, after whatever changed."""

from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from care.caseload import call_first, caseload
from care.caseload_lines import Wanted, count_lines, list_lines
from care.db import Database
from care.marking import PREFIX, mark_changes
from care.models import (
    Assignment,
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    ClientStatus,
    Direction,
    Episode,
    Exercise,
    Message,
    NumberState,
    Occurrence,
    OccurrenceStatus,
    Plan,
    PlanStatus,
    Practice,
    Question,
    QuestionStatus,
    Rating,
    Reminder,
    ReminderStatus,
    Role,
    Standing,
    StandingChange,
    User,
    Visit,
    VisitStatus,
)
from care.recurrence import today_in
from care.standings import differing, doubt_those_of_other_code, find_old, make_anew
from tests.care.measuring import (
    make_message,
    make_occurrence,
    make_question,
    make_reminder,
    on_day,
    rate,
)
from tests.making import MONDAY, make_assignment, make_client, make_exercise, make_practice, make_user

NOW = on_day(20)


def bring_up_to_date(session: Session, practice: Practice, now: datetime = NOW) -> list[int]:
    """Make anew what is old, as pages and the scheduler do. Returns whose standing it was."""
    session.flush()
    old = find_old(session, Client.practice_id == practice.id, now).get(practice.id, [])
    make_anew(session, old, practice.id, now)
    return old


def agrees(session: Session, practice: Practice, now: datetime = NOW) -> bool:
    """Whether what is kept, and not known to be old, is what a count says."""
    session.flush()
    session.expire_all()
    return differing(session, practice.id, now)[1] == []


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def client(session: Session, practice: Practice) -> Client:
    return full_client(session, practice)


def full_client(session: Session, practice: Practice) -> Client:
    """Somebody of whom every table knows something."""
    client = make_client(session, practice, therapist_id=make_user(session, practice).id)
    assignment = make_assignment(session, client, make_exercise(session, practice))
    make_exercise(session, practice)
    own = {"practice_id": practice.id, "client_id": client.id}
    message = make_message(session, client, "Time for it.", direction=Direction.OUT, status="sent")
    reminder = make_reminder(session, client, ReminderStatus.SENT, 18, message_id=message.id)
    for day, status in ((17, "done"), (18, "unknown"), (19, "skipped"), (20, "open")):
        make_occurrence(
            session,
            assignment,
            OccurrenceStatus(status),
            MONDAY + timedelta(days=day),
            reminder_id=reminder.id,
        )
    rate(session, client, 4, day=2)
    question = make_question(session, client, QuestionStatus.ANSWERED, day=15, reminder_id=reminder.id)
    rate(session, client, 5, day=15, question=question)
    make_message(session, client, "5, sore", day=15)
    make_question(session, client, QuestionStatus.EXPIRED, day=17)
    make_question(session, client, QuestionStatus.OPEN, day=19, closes_at=on_day(21))
    session.add(Visit(**own, starts_at=on_day(24), status=VisitStatus.PLANNED))
    session.add(
        Episode(**own, complaint="hip", condition_category="other", started_on=MONDAY - timedelta(days=30))
    )
    session.add(
        AttentionItem(**own, kind=AttentionKind.QUESTION, cause_key=f"q{client.id}", raised_at=on_day(15))
    )
    session.flush()
    return client


# One change of every kind: a table, and what it sets; None takes the rows away.
CHANGES: dict[str, tuple[Any, dict[str, Any] | None]] = {
    "occurrence done": (Occurrence, {"status": OccurrenceStatus.DONE}),
    "occurrence cancelled": (Occurrence, {"status": OccurrenceStatus.CANCELLED}),
    "occurrence on paper": (Occurrence, {"is_on_paper": True, "status": OccurrenceStatus.UNKNOWN}),
    "occurrence of another day": (Occurrence, {"slot_on": MONDAY + timedelta(days=1)}),
    "occurrence without a text": (Occurrence, {"reminder_id": None}),
    "occurrences gone": (Occurrence, None),
    "text never went out": (Reminder, {"status": ReminderStatus.FAILED}),
    "text never arrived": (Message, {"status": "undelivered"}),
    "messages gone": (Message, None),
    "messages were ours": (Message, {"direction": Direction.OUT}),
    "messages theirs": (Message, {"direction": Direction.IN}),
    "words of messages taken away": (Message, {"emptied_at": NOW, "body": ""}),
    "messages of now": (Message, {"at": NOW}),
    "rated 9": (Rating, {"score": 9}),
    "rated elsewhere": (Rating, {"label": "knee"}),
    "rated later": (Rating, {"at": on_day(19)}),
    "rated in a moment": (Rating, {"at": NOW + timedelta(minutes=5)}),
    "ratings gone": (Rating, None),
    "rated without a question": (Rating, {"question_id": None}),
    "questions without a text": (Question, {"reminder_id": None}),
    "questions answered": (Question, {"status": QuestionStatus.ANSWERED}),
    "questions of another day": (Question, {"asked_at": on_day(16)}),
    "questions gone": (Question, None),
    "item closed": (AttentionItem, {"status": AttentionStatus.CLOSED}),
    "item of another kind": (AttentionItem, {"kind": AttentionKind.RED_FLAG}),
    "items gone": (AttentionItem, None),
    "visit moved": (Visit, {"starts_at": on_day(22)}),
    "visit cancelled": (Visit, {"status": VisitStatus.CANCELLED}),
    "visits gone": (Visit, None),
    "plan ended": (Plan, {"status": PlanStatus.ENDED}),
    "plans gone": (Plan, None),
    "another exercise": (Assignment, {"exercise_id": select(func.max(Exercise.id)).scalar_subquery()}),
    "last day set": (Assignment, {"ends_on": MONDAY + timedelta(days=27)}),
    "episode began later": (Episode, {"started_on": MONDAY + timedelta(days=10)}),
    "episode of another condition": (Episode, {"condition_category": "chronic_pain"}),
    "episodes gone": (Episode, None),
    "client renamed": (Client, {"last_name": "Zeller"}),
    "client in another zone": (Client, {"timezone": "Pacific/Auckland"}),
    "client's own numbers": (Client, {"thresholds": {"silence_questions": 1}}),
    "number out of use": (Client, {"number_state": NumberState.INVALID}),
    "client of nobody": (Client, {"therapist_id": None}),
    "client discharged": (Client, {"status": ClientStatus.DISCHARGED}),
    "clients gone": (Client, None),
    "practice's numbers": (Practice, {"thresholds": {"adherence_middle": 10}}),
    "practice in another zone": (Practice, {"timezone": "Pacific/Auckland"}),
}


def test_whatever_changes_marks_the_clients_line(any_database: Database) -> None:
    with any_database.sessions() as session:
        practice = make_practice(session)
        full_client(session, practice)
        bring_up_to_date(session, practice)
        for name in CHANGES:
            with session.begin_nested() as attempt:
                change(session, name)
                assert agrees(session, practice), name
                attempt.rollback()
        assert agrees(session, practice)
        session.rollback()


def test_what_is_made_anew_is_right_again(any_database: Database) -> None:
    with any_database.sessions() as session:
        practice = make_practice(session)
        full_client(session, practice)
        bring_up_to_date(session, practice)
        for name in ("rated 9", "text never arrived", "client discharged"):
            change(session, name)
            assert bring_up_to_date(session, practice), name
            assert find_old(session, Client.practice_id == practice.id, NOW) == {}
            assert agrees(session, practice), name
        session.rollback()


def change(session: Session, name: str, client_id: int | None = None) -> None:
    """By one plain statement that no code of ours sees."""
    table, values = CHANGES[name]
    statement: Any = delete(table) if values is None else update(table).values(values)
    if client_id is not None and table is not Practice:
        statement = statement.where((Client.id if table is Client else table.client_id) == client_id)
    if values and "slot_on" in values:  # a slot exists once
        statement = statement.where(
            Occurrence.id.in_(select(func.min(Occurrence.id)).group_by(Occurrence.client_id))
        )
    session.execute(statement.execution_options(synchronize_session=False))


Step = tuple[str, str, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["change", "add", "wait", "show"]),
        st.sampled_from(sorted(CHANGES)),
        st.integers(0, 2),
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_kept_lines_are_the_counted_ones_after_any_mix_of_changes(
    session: Session, steps: list[Step]
) -> None:
    with session.begin_nested() as attempt:
        practice = make_practice(session)
        clients = [full_client(session, practice).id for _ in range(3)]
        now = NOW
        for what, name, number in steps:
            if what == "change":
                change(session, name, clients[number])
            elif what == "add" and session.get(Client, clients[number], populate_existing=True):
                make_message(session, session.get_one(Client, clients[number]), "ok", at=now)
            elif what == "wait":
                now += (timedelta(minutes=1), timedelta(hours=11), timedelta(days=6))[number]
            else:
                bring_up_to_date(session, practice, now)
            assert agrees(session, practice, now), (what, name)
        attempt.rollback()
    session.expunge_all()


def test_a_line_holds_until_time_alone_changes_it(
    session: Session, practice: Practice, client: Client
) -> None:
    """From one moment at which it is made anew to the next, through the 14 days of its window."""
    bring_up_to_date(session, practice)
    moments = [NOW]
    while moments[-1] < NOW + timedelta(days=16):
        moments.append(session.scalars(select(Standing.fresh_until)).one())
        assert agrees(session, practice, moments[-1] - timedelta(microseconds=1)), moments[-1]
        assert bring_up_to_date(session, practice, moments[-1]) == [client.id]

    # Midnights, a question that closes, a visit that begins, and questions that grow too old.
    assert len(moments) > 16 + 4


def test_a_clock_set_back_makes_lines_anew(session: Session, practice: Practice, client: Client) -> None:
    bring_up_to_date(session, practice)

    assert bring_up_to_date(session, practice, NOW - timedelta(days=3)) == [client.id]


def test_what_other_code_counted_is_counted_again(
    session: Session, practice: Practice, client: Client
) -> None:
    bring_up_to_date(session, practice)
    session.execute(update(Standing).values(made_by="older"))

    doubt_those_of_other_code(session)

    assert bring_up_to_date(session, practice) == [client.id]
    doubt_those_of_other_code(session)
    assert bring_up_to_date(session, practice) == []


def test_a_figure_that_is_wrong_is_found(session: Session, practice: Practice, client: Client) -> None:
    bring_up_to_date(session, practice)
    session.execute(update(Standing).values(call_rank=0))

    assert differing(session, practice.id, NOW) == (1, [client.id])


def test_a_text_that_goes_out_makes_no_line_anew(
    session: Session, practice: Practice, client: Client
) -> None:
    """Thousands go out in a minute, and none of them is a word from the client."""
    bring_up_to_date(session, practice)

    message = make_message(session, client, "Time for it.", day=20, direction=Direction.OUT, status="queued")
    make_reminder(session, client, ReminderStatus.SENT, 20, message_id=message.id)
    session.execute(update(Message).where(Message.id == message.id).values(status="delivered"))

    assert bring_up_to_date(session, practice) == []


def test_one_client_is_marked_once_however_much_changes(
    session: Session, practice: Practice, client: Client
) -> None:
    bring_up_to_date(session, practice)

    for name in ("rated 9", "occurrence done", "visit moved", "item closed"):
        change(session, name)

    assert session.scalar(select(func.count()).select_from(StandingChange)) == 1


def test_lost_triggers_are_put_back_and_everybody_is_counted_again(any_database: Database) -> None:
    with any_database.sessions.begin() as session:
        practice = make_practice(session)
        client = full_client(session, practice)
        bring_up_to_date(session, practice)
    lost = [(name, table) for name, table in triggers(any_database) if "occurrence" in name]
    with any_database.engine.begin() as connection:
        for name, table in lost:
            connection.execute(
                text(f"DROP TRIGGER {name}" + ("" if any_database.is_sqlite else f" ON {table}"))
            )
    before = len(triggers(any_database))

    with any_database.engine.begin() as connection:
        mark_changes(connection)

    assert len(triggers(any_database)) == before + 3
    with any_database.sessions.begin() as session:
        assert bring_up_to_date(session, practice) == [client.id]


def triggers(database: Database) -> list[tuple[str, str]]:
    find = (
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if database.is_sqlite
        else "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    )
    with database.engine.connect() as connection:
        rows = connection.execute(text(find)).all()
    return [(name, table) for name, table in rows if name.startswith(PREFIX)]


@pytest.fixture
def several(session: Session, practice: Practice) -> User:
    """Five clients of all kinds, seen by an admin."""
    names = ("Éva Órsi", "bob ek", "Ann Zeller", "Zoe Adams", "Ann Berg")
    for number, name in enumerate(names):
        first, last = name.split()
        client = full_client(session, practice)
        client.first_name, client.last_name = first, last
        if number < 3:
            rate(session, client, number * 2, day=19)
        for day in range(number):
            make_question(session, client, QuestionStatus.EXPIRED, day=16 + day)
    full_client(session, make_practice(session))
    return make_user(session, practice, role=Role.ADMIN)


def test_lines_come_in_the_order_of_the_count(session: Session, practice: Practice, several: User) -> None:
    bring_up_to_date(session, practice)
    counted = caseload(session, several, NOW, today_in(practice.timezone, NOW))

    lines = list_lines(session, several, Wanted())

    assert [line.name for line in lines] == [row.client.name for row in sorted(counted, key=call_first)]
    assert [line.name for line in list_lines(session, several, Wanted(), by_name=True)] == [
        "Zoe Adams", "Ann Berg", "bob ek", "Éva Órsi", "Ann Zeller",
    ]  # fmt: skip


def test_a_line_says_what_the_count_says(session: Session, practice: Practice, several: User) -> None:
    bring_up_to_date(session, practice)
    rows = {row.client.id: row for row in caseload(session, several, NOW, today_in(practice.timezone, NOW))}

    for line in list_lines(session, several, Wanted()):
        row = rows[line.client_id]
        assert (line.first_rating, line.latest_rating) == (row.first_rating, row.latest_rating)
        assert line.adherence == row.adherence
        assert line.days == [[day.toordinal(), *astuple(one)] for day, one in row.days_28.items()]
        assert (line.last_reply_text, line.last_reply_at) == (row.last_reply_text, row.last_reply_at)
        assert (line.plan_day, line.plan_days, line.needs) == (row.plan_day, row.plan_days, row.needs)
        assert (line.response_asked, line.response_answered) == (row.response_asked, row.response_answered)
        assert (line.last_heard_at, line.next_visit_at) == (row.last_heard_at, row.next_visit_at)
        assert (line.silent_days, line.urgency) == (row.silent_days, row.urgency)
        assert line.therapist == row.therapist


def test_lines_are_narrowed_and_paged(session: Session, practice: Practice, several: User) -> None:
    bring_up_to_date(session, practice)
    everybody = list_lines(session, several, Wanted())
    first = everybody[0]

    assert count_lines(session, several, Wanted()) == 5
    assert list_lines(session, several, Wanted(), limit=2, offset=3) == everybody[3:]
    assert list_lines(session, several, Wanted(therapist=first.therapist)) == [first]
    assert list_lines(session, several, Wanted(only=[first.client_id])) == [first]
    assert list_lines(session, several, Wanted(but=[first.client_id])) == everybody[1:]
    silent = list_lines(session, several, Wanted(is_silent=True))
    assert {line.client_id for line in silent} == {
        line.client_id for line in everybody if any(words.startswith("silent") for words in line.needs)
    }
    assert 0 < len(silent) < 5


def test_lines_of_whom_nothing_waits_are_found_and_counted(
    session: Session, practice: Practice, several: User
) -> None:
    bring_up_to_date(session, practice)
    by_name = [line.client_id for line in list_lines(session, several, Wanted(), by_name=True)]
    closed, put_off, later = by_name[0], by_name[1], NOW + timedelta(days=1)
    of = AttentionItem.client_id
    session.execute(update(AttentionItem).where(of == closed).values(status=AttentionStatus.CLOSED))
    session.execute(update(AttentionItem).where(of == put_off).values(snoozed_until=later))
    session.execute(update(AttentionItem).where(of == by_name[2]).values(status=AttentionStatus.ACKNOWLEDGED))

    def quiet(wanted: Wanted) -> list[int]:
        lines = list_lines(session, several, wanted, by_name=True)
        assert count_lines(session, several, wanted) == len(lines)
        return [line.client_id for line in lines]

    assert quiet(Wanted(quiet_at=NOW)) == [closed, put_off]
    assert quiet(Wanted(quiet_at=later)) == [closed]
    assert quiet(Wanted(quiet_at=NOW, but=[closed])) == [put_off]


def test_a_therapist_reads_the_lines_of_their_own(
    session: Session, practice: Practice, several: User
) -> None:
    bring_up_to_date(session, practice)
    first = list_lines(session, several, Wanted())[0]
    therapist = session.get_one(User, first.therapist_id)

    assert list_lines(session, therapist, Wanted()) == [first]
    assert count_lines(session, therapist, Wanted()) == 1
