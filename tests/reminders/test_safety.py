"""Signs of danger: the right text at once, exercise texts held, and never more than the client needs."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from care.attention import close
from care.db import Database
from care.errors import Refused
from care.holding import log_of, release_texts
from care.models import (
    AttentionItem,
    AttentionStatus,
    Client,
    Occurrence,
    OccurrenceStatus,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Role,
    User,
)
from reminders.safety import safety_text
from tests.making import MONDAY_8AM, MONDAY_9AM, make_assignment, make_exercise, make_follow_up
from tests.reminders.flagged import Ward, open_ward
from tests.reminders.living import DAY, HOUR, MINUTE

BY_GROUP = [
    ("cauda", "I'm numb when I wipe", "Call 911 or go to the nearest ER"),
    ("heart", "I have chest pain", "Call 911 or go to the nearest ER"),
    ("limb", "my toes are blue and cold", "Call 911 or go to the nearest ER"),
    ("stroke", "my face is drooping and my speech is slurred", "Call 911 or go to the nearest ER"),
    ("fracture", "I fell and can't put weight on it", "Call 911 or go to the nearest ER"),
    ("clot", "my left calf is swollen red and hot", "go to urgent care today"),
    ("nerve", "my foot is dragging", "go to urgent care today"),
    ("infection", "I have a fever and chills", "go to urgent care today"),
    ("crisis", "I want to kill myself", "Call or text 988 now"),
    ("poison", "I took 20 pills by mistake", "1-800-222-1222"),
    ("high_pain", "the pain is unbearable", "Please stop the exercises for now"),
]


@pytest.fixture
def ward(database: Database) -> Ward:
    return open_ward(database, reached=())


def safety_texts(ward: Ward) -> list[str]:
    return [one.body for one in ward.messages() if "We are telling your therapist" in one.body]


@pytest.mark.parametrize(("group", "said", "answer"), BY_GROUP)
def test_each_group_of_signs_gets_its_own_text_at_once(
    ward: Ward, group: str, said: str, answer: str
) -> None:
    ward.text_in(said, MONDAY_9AM)

    sent = ward.send(MONDAY_9AM)

    assert [to for to, _ in sent] == [ward.client.phone]
    assert answer in sent[0][1]
    assert group in ward.item().details["groups"]


def test_who_took_too_much_is_given_the_crisis_line_too(ward: Ward) -> None:
    ward.text_in("I took 20 pills, I don't want to live", MONDAY_9AM)

    [(_, body)] = ward.send(MONDAY_9AM)

    assert "1-800-222-1222" in body
    assert "988" in body


def test_who_is_not_safe_gets_nothing_at_all_and_staff_call_in_private(ward: Ward) -> None:
    ward.text_in("my husband hits me. pain is 4", MONDAY_9AM)

    assert ward.send(MONDAY_9AM) == []
    assert ward.item().details["groups"] == ["unsafe"]
    assert ward.item().details["what"].startswith("Call in private")


def test_who_is_not_safe_gets_nothing_even_for_a_stop(ward: Ward) -> None:
    ward.text_in("STOP texting me, he hits me when he sees it", MONDAY_9AM)

    assert ward.send(MONDAY_9AM) == []
    assert ward.item().status is AttentionStatus.OPEN


def test_the_same_group_is_answered_once_an_hour(ward: Ward) -> None:
    for minutes in (0, 20, 59, 61):
        now = MONDAY_9AM + minutes * MINUTE
        ward.text_in("I have chest pain", now)
        ward.send(now)

    assert len(safety_texts(ward)) == 2


def test_another_group_is_answered_though_its_text_is_the_same(ward: Ward) -> None:
    for minutes, said in ((0, "I fell and can't put weight on it"), (10, "now I have chest pain")):
        now = MONDAY_9AM + minutes * MINUTE
        ward.text_in(said, now)
        ward.send(now)

    assert len(safety_texts(ward)) == 2


def test_a_text_that_did_not_go_out_is_said_again(ward: Ward) -> None:
    ward.text_in("I have chest pain", MONDAY_9AM)
    ward.change(lambda session, _: session.execute(update(Reminder).values(status="failed")))

    ward.text_in("my chest still hurts, chest pain", MONDAY_9AM + MINUTE)

    assert len(ward.send(MONDAY_9AM + MINUTE)) == 1


@pytest.mark.parametrize(
    ("groups", "said", "chosen"),
    [
        ({"infection", "heart"}, set(), ("heart", "urgent_emergency")),
        ({"heart", "crisis"}, {"crisis"}, ("heart", "urgent_emergency")),
        ({"heart", "infection"}, {"heart"}, None),
        ({"clot", "infection"}, {"clot"}, ("infection", "same_day")),
        ({"unsafe", "crisis"}, set(), None),
        (set(), set(), ("other", "urgent_emergency")),
    ],
)
def test_the_most_urgent_text_goes_and_no_milder_one_takes_it_back(
    groups: set[str], said: set[str], chosen: tuple[str, str] | None
) -> None:
    assert safety_text(groups, said) == chosen


def test_a_phone_nobody_knows_gets_the_safety_text_once_an_hour_and_the_admins_an_item(ward: Ward) -> None:
    for minutes in (0, 30, 61):
        ward.text_in("I have chest pain", MONDAY_9AM + minutes * MINUTE, phone="+12025550188")
        ward.send(MONDAY_9AM + minutes * MINUTE)

    texts = [one for one in ward.messages() if "Do not wait for a text back" in one.body]
    assert [one.phone for one in texts] == ["+12025550188"] * 2
    assert (ward.item().client_id, ward.item().owner_id) == (None, None)


def test_a_stop_with_a_sign_of_danger_from_nobody_we_know_carries_the_emergency_line(ward: Ward) -> None:
    ward.text_in("STOP. I have chest pain", MONDAY_9AM, phone="+12025550188")

    [(to, body)] = ward.send(MONDAY_9AM)

    assert to == "+12025550188"
    assert "call 911" in body
    assert ward.item().status is AttentionStatus.OPEN


@pytest.fixture
def planned(ward: Ward) -> Ward:
    """Two days laid out: exercises at nine, a pain question at ten, a message of staff at eleven."""

    def plan(session: Session, client: Client) -> None:
        make_assignment(session, client, make_exercise(session, ward.practice))
        make_follow_up(session, client, every_days=1)

    ward.change(plan)
    ward.plan(MONDAY_8AM)
    return ward


def occurrences(ward: Ward) -> list[tuple[int, str]]:
    with ward.database.sessions() as session:
        rows = session.scalars(select(Occurrence).order_by(Occurrence.due_at))
        return [(row.slot_on.day, row.status.value) for row in rows]


def release(ward: Ward, now: datetime, note: str = "") -> None:
    def go_on(session: Session, client: Client) -> None:
        sam = session.scalars(select(User).where(User.name == "Sam")).one()
        release_texts(session, client, sam, now, note)

    ward.change(go_on)


def test_any_flag_takes_exercise_texts_and_their_times_back(planned: Ward) -> None:
    planned.text_in("I have chest pain", MONDAY_8AM + 30 * MINUTE)

    planned.plan(MONDAY_9AM)
    planned.plan(MONDAY_9AM + DAY)
    sent = [one for day in range(3) for one in planned.send(MONDAY_9AM + day * DAY + 2 * HOUR)]

    assert ["urgent" in body or "Do not wait" in body for _, body in sent] == [True]
    held = [
        one for one in planned.reminders() if one.kind in (ReminderKind.EXERCISE, ReminderKind.PAIN_QUESTION)
    ]
    assert held
    assert {(one.status, one.reason) for one in held} == {(ReminderStatus.CANCELLED, "held")}
    assert {status for _, status in occurrences(planned)} == {OccurrenceStatus.CANCELLED.value}


def test_what_was_due_before_the_flag_stays_due(planned: Ward) -> None:
    planned.send(MONDAY_9AM)

    planned.text_in("I have chest pain", MONDAY_9AM + HOUR)

    assert occurrences(planned)[0] == (2, "open")


def test_visit_texts_messages_and_answers_go_on_while_exercises_are_held(planned: Ward) -> None:
    planned.text_in("I have chest pain", MONDAY_8AM)
    planned.send(MONDAY_8AM)
    planned.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="Please call us.")
    planned.text_in("HELP", MONDAY_9AM)

    bodies = [body for _, body in planned.send(MONDAY_9AM)]

    assert any("Please call us." in body for body in bodies)
    assert any("Not read 24 hours" in body for body in bodies)


def test_a_person_lets_texts_go_on_from_now_and_what_was_held_is_not_made_up_for(planned: Ward) -> None:
    planned.text_in("I have chest pain", MONDAY_8AM + 30 * MINUTE)
    planned.send(MONDAY_8AM + 30 * MINUTE)
    tuesday_noon = MONDAY_9AM + DAY + 3 * HOUR

    release(planned, tuesday_noon, "Seen in the ER, all clear")
    planned.plan(tuesday_noon)

    on_tuesday = planned.send(tuesday_noon + HOUR)
    on_wednesday = planned.send(MONDAY_9AM + 2 * DAY)
    assert on_tuesday == []
    assert len(on_wednesday) == 1
    assert "time for your home stretches" in on_wednesday[0][1]
    assert occurrences(planned)[:3] == [(2, "cancelled"), (3, "cancelled"), (4, "open")]
    log = [(one["held"], one.get("by"), one.get("note")) for one in log_of(planned.item())]
    assert log == [(True, None, None), (False, "Sam", "Seen in the ER, all clear")]


def test_closing_the_flag_keeps_the_hold(planned: Ward) -> None:
    planned.text_in("I have chest pain", MONDAY_8AM)
    item_id = planned.item().id

    def done(session: Session, _client: Client) -> None:
        item = session.get_one(AttentionItem, item_id)
        sam = session.scalars(select(User).where(User.name == "Sam")).one()
        close(session, item, sam, MONDAY_9AM, "Called")

    planned.change(done)
    planned.plan(MONDAY_9AM)

    assert planned.send(MONDAY_9AM + 2 * HOUR)[0][1].startswith("This may need care")
    assert planned.send(MONDAY_9AM + DAY) == []


def test_the_front_desk_cannot_let_texts_go_on(planned: Ward) -> None:
    planned.text_in("I have chest pain", MONDAY_8AM)

    def go_on(session: Session, client: Client) -> None:
        sam = session.scalars(select(User).where(User.name == "Sam")).one()
        sam.role = Role.FRONT_DESK
        with pytest.raises(Refused, match="Only a therapist or an admin"):
            release_texts(session, client, sam, MONDAY_9AM)

    planned.change(go_on)


def test_a_second_flag_after_the_release_holds_again(planned: Ward) -> None:
    planned.text_in("I have chest pain", MONDAY_8AM)
    release(planned, MONDAY_8AM + HOUR)
    planned.plan(MONDAY_8AM + HOUR)

    planned.text_in("I have a fever", MONDAY_8AM + HOUR + timedelta(minutes=1))

    assert [entry["held"] for entry in log_of(planned.item())] == [True, False, True]
    assert {status for _, status in occurrences(planned)[1:]} == {"cancelled"}
