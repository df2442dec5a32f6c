"""Alerts to staff: at once, handed on when nobody looks, never twice, and never lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta

import pytest
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from care.attention import list_open
from care.clients import find_client
from care.db import Database
from care.in_words import handed_on_in_words
from care.models import (
    AttentionItem,
    AttentionKind,
    Client,
    Message,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Role,
    User,
)
from care.on_call import agree_to_alerts, alert_phones, set_on_call
from reminders.inbox import receive
from reminders.incoming import InboundText
from reminders.segments import count_parts
from tests.making import MONDAY_9AM, NEW_YORK, make_user
from tests.reminders.flagged import PHONES, QUARTER, Ward, open_ward
from tests.reminders.living import BOOK, HOUR, MINUTE, PUBLIC_URL

DANGER = "I have chest pain"


@pytest.fixture
def ward(database: Database) -> Ward:
    return open_ward(database)


def test_the_therapist_is_told_at_once_and_nothing_is_said_of_whom_or_why(ward: Ward) -> None:
    ward.text_in(DANGER, MONDAY_9AM)

    [alert] = [body for to, body in ward.send(MONDAY_9AM) if to == "Sam"]

    link = f"{PUBLIC_URL}/inbox?item={ward.item().id}"
    assert alert == f"{ward.practice.name}: A client needs you. {link}"
    assert count_parts(alert).parts == 1


def test_after_a_quarter_of_an_hour_the_one_who_stands_in_is_told_and_the_therapist_again(ward: Ward) -> None:
    ward.text_in(DANGER, MONDAY_9AM)

    told = [ward.told(MONDAY_9AM + minutes * MINUTE) for minutes in (0, 1, 14, 15, 16, 60)]

    assert told == [["Sam"], [], [], ["Kim", "Sam"], [], []]
    item = ward.item()
    assert item.escalated_at == MONDAY_9AM + QUARTER
    words = handed_on_in_words(item, NEW_YORK)
    assert words == "Nobody had looked for 15 minutes, so Kim was told too, 9:15am."


def test_what_is_handed_on_another_day_says_so(ward: Ward) -> None:
    midnight = MONDAY_9AM + 15 * HOUR
    ward.text_in(DANGER, midnight - 5 * MINUTE)
    ward.told(midnight - 5 * MINUTE)
    ward.told(midnight + 10 * MINUTE)

    assert "Kim was told too, Tue 3 Mar 12:10am." in handed_on_in_words(ward.item(), NEW_YORK)


def test_nobody_else_is_told_once_somebody_has_acknowledged(ward: Ward) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    ward.told(MONDAY_9AM)

    ward.acknowledge("Sam", MONDAY_9AM + 5 * MINUTE)

    assert ward.told(MONDAY_9AM + QUARTER) == []
    later = [one for one in ward.alerts() if ":later:" in one.dedupe_key]
    assert {(one.status, one.reason) for one in later} == {(ReminderStatus.SKIPPED, "acknowledged")}
    assert ward.item().escalated_at is None


def test_who_stands_in_sees_the_client_while_it_waits_and_no_longer(ward: Ward) -> None:
    kim = ward.user("Kim")

    def seen(now_is: str) -> tuple[bool, int]:
        with ward.database.sessions() as session:
            return find_client(session, ward.client.id, kim) is not None, len(list_open(session, kim))

    ward.text_in(DANGER, MONDAY_9AM)
    before = seen("told Sam alone")
    ward.send(MONDAY_9AM + QUARTER)
    meanwhile = seen("told Kim")
    ward.change(lambda session, _: session.execute(update(AttentionItem).values(status="closed")))

    assert [before, meanwhile, seen("dealt with")] == [(False, 0), (True, 1), (False, 0)]


def test_without_anybody_standing_in_the_admins_are_told(ward: Ward) -> None:
    ward.change(lambda session, _: session.execute(update(User).values(backup_id=None)))
    ward.text_in(DANGER, MONDAY_9AM)

    assert ward.told(MONDAY_9AM) == ["Sam"]
    assert ward.told(MONDAY_9AM + QUARTER) == ["Ada", "Sam"]


@pytest.mark.parametrize("gone", ["has left", "has none"])
def test_the_admins_are_told_at_once_when_nobody_treats_the_client(ward: Ward, gone: str) -> None:
    def go(session: Session, client: Client) -> None:
        if gone == "has left":
            session.execute(update(User).where(User.name == "Sam").values(is_active=False))
        else:
            client.therapist_id = None

    ward.change(go)
    ward.text_in(DANGER, MONDAY_9AM)

    others = {"has left": ["Ada", "Kim"], "has none": ["Ada", "Kim", "Sam"]}
    assert ward.told(MONDAY_9AM) == ["Ada"]
    assert ward.told(MONDAY_9AM + QUARTER) == others[gone]


def test_where_nobody_else_can_be_told_the_first_is_told_again(database: Database) -> None:
    ward = open_ward(database, reached=("Ada",))
    ward.text_in(DANGER, MONDAY_9AM)

    assert [ward.told(MONDAY_9AM), ward.told(MONDAY_9AM + QUARTER)] == [["Ada"], ["Ada"]]
    assert "Ada was told again" in handed_on_in_words(ward.item(), NEW_YORK)


def left(name: str) -> Callable[[Session, Client], object]:
    return lambda session, _: session.execute(update(User).where(User.name == name).values(is_active=False))


@pytest.mark.parametrize(
    ("reached", "told"),
    [
        (("Sam", "Kim", "Ada"), ["Sam"]),
        (("Kim", "Ada"), ["Kim"]),
        (("Ada",), ["Ada"]),
        (("Lee", "Sam"), ["Sam"]),
        (("Lee",), ["Lee"]),
    ],
)
def test_the_nearest_who_can_be_reached_is_told_at_once_and_sees_it(
    database: Database, reached: tuple[str, ...], told: list[str]
) -> None:
    ward = open_ward(database, reached=tuple(name for name in reached if name != "Lee"))
    with database.sessions.begin() as session:
        practice = session.get_one(type(ward.practice), ward.practice.id)
        lee = make_user(session, practice, name="Lee", email="lee@riverside.example", role=Role.FRONT_DESK)
        if "Lee" in reached:
            agree_to_alerts(session, lee, practice, BOOK, "+12025550144", MONDAY_9AM)
    ward.text_in(DANGER, MONDAY_9AM)

    sent = [name for name, body in ward.send(MONDAY_9AM) if "A client needs you" in body]

    assert [{"+12025550144": "Lee"}.get(one, one) for one in sent] == told
    with database.sessions() as session:
        user = ward.user(told[0])
        assert [one.kind for one in list_open(session, user)] == [AttentionKind.RED_FLAG]
        assert find_client(session, ward.client.id, user) is not None


@pytest.mark.parametrize("gone", ["has left", "texted STOP"])
def test_who_cannot_be_told_any_more_is_replaced_within_a_minute(ward: Ward, gone: str) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    if gone == "has left":
        ward.change(left("Sam"))
    else:
        ward.text_in("STOP", MONDAY_9AM, phone=PHONES["Sam"])

    before = ward.told(MONDAY_9AM)
    for _ in range(3):
        ward.sweep(MONDAY_9AM + MINUTE)

    assert before == []
    assert ward.told(MONDAY_9AM + MINUTE) == [{"has left": "Ada", "texted STOP": "Kim"}[gone]]
    assert ward.told(MONDAY_9AM + 2 * MINUTE) == []


def test_when_both_have_left_somebody_else_is_told_at_the_next_sweep(ward: Ward) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    ward.told(MONDAY_9AM)

    ward.change(left("Sam"))
    ward.change(left("Kim"))
    ward.sweep(MONDAY_9AM + MINUTE)

    assert ward.told(MONDAY_9AM + MINUTE) == ["Ada"]


def test_who_stands_in_and_left_meanwhile_is_replaced_when_it_is_handed_on(ward: Ward) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    ward.told(MONDAY_9AM)

    ward.change(left("Kim"))
    ward.sweep(MONDAY_9AM + 5 * MINUTE)

    told = [ward.told(MONDAY_9AM + minutes * MINUTE) for minutes in (5, 15)]
    assert told == [[], ["Ada", "Sam"]]


def test_all_admins_are_told_when_still_nobody_has_looked(ward: Ward) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    told = []
    for minutes in (0, 15, 29, 30, 31, 60, 120):
        ward.sweep(MONDAY_9AM + minutes * MINUTE)
        told.append(ward.told(MONDAY_9AM + minutes * MINUTE))

    assert told == [["Sam"], ["Kim", "Sam"], [], ["Ada"], [], [], []]
    assert "After 15 more, Ada was told." in handed_on_in_words(ward.item(), NEW_YORK)


def test_nobody_else_is_told_of_what_somebody_took_on(ward: Ward) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    ward.acknowledge("Sam", MONDAY_9AM)
    ward.change(left("Sam"))

    for minutes in (1, 15, 30):
        ward.sweep(MONDAY_9AM + minutes * MINUTE)

    assert ward.told(MONDAY_9AM + HOUR) == []


def test_who_agrees_to_alerts_while_nobody_could_be_told_is_told(database: Database) -> None:
    ward = open_ward(database, reached=())
    ward.text_in(DANGER, MONDAY_9AM)
    ward.sweep(MONDAY_9AM)

    def agree(session: Session, _client: Client) -> None:
        ada = session.query(User).filter_by(name="Ada").one()
        agree_to_alerts(session, ada, ward.practice, BOOK, PHONES["Ada"], MONDAY_9AM)

    ward.change(agree)
    ward.sweep(MONDAY_9AM + MINUTE)

    assert ward.told(MONDAY_9AM + MINUTE) == ["Ada"]


def test_a_phone_nobody_knows_alerts_the_admins(ward: Ward) -> None:
    ward.text_in(DANGER, MONDAY_9AM, phone="+12025550188")

    assert ward.told(MONDAY_9AM) == ["Ada"]


def test_who_cannot_be_told_is_not_waited_for(database: Database) -> None:
    ward = open_ward(database, reached=("Kim",))
    ward.text_in(DANGER, MONDAY_9AM)

    assert ward.told(MONDAY_9AM) == ["Kim"]


def test_where_nobody_can_be_told_it_is_handed_on_all_the_same_and_says_so(database: Database) -> None:
    ward = open_ward(database, reached=())
    ward.text_in(DANGER, MONDAY_9AM)

    handed = [ward.sweep(at) and ward.item().escalated_at for at in (MONDAY_9AM, MONDAY_9AM + QUARTER)]

    assert handed == [None, MONDAY_9AM + QUARTER]
    assert "nobody else could be told" in handed_on_in_words(ward.item(), NEW_YORK)
    with ward.database.sessions() as session:
        assert find_client(session, ward.client.id, ward.user("Kim")) is not None
        assert not alert_phones(session, ward.practice.id)[1]


def test_a_second_message_soon_after_alerts_nobody_twice(ward: Ward) -> None:
    for minutes in (0, 3, 6):
        ward.text_in(DANGER, MONDAY_9AM + minutes * MINUTE)
        ward.send(MONDAY_9AM + minutes * MINUTE)

    assert len([one for one in ward.alerts() if ":first:" in one.dedupe_key]) == 1


@pytest.mark.parametrize("words", ["still chest pain", "i want to kill myself"])
def test_a_message_that_reopens_what_was_taken_on_alerts_at_once_and_is_handed_on_in_time(
    ward: Ward, words: str
) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    ward.told(MONDAY_9AM)
    ward.acknowledge("Sam", MONDAY_9AM + MINUTE)

    ward.text_in(words, MONDAY_9AM + 5 * MINUTE)

    assert ward.told(MONDAY_9AM + 5 * MINUTE) == ["Sam"]
    assert ward.told(MONDAY_9AM + QUARTER) == ["Kim", "Sam"]


def test_a_new_group_of_signs_alerts_at_once_and_puts_off_nobody_elses_turn(ward: Ward) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    ward.told(MONDAY_9AM)

    ward.text_in("i want to kill myself", MONDAY_9AM + 5 * MINUTE)
    ward.text_in("i really want to kill myself", MONDAY_9AM + 6 * MINUTE)

    assert ward.told(MONDAY_9AM + 6 * MINUTE) == ["Sam"]
    assert ward.told(MONDAY_9AM + QUARTER) == ["Kim", "Sam"]
    assert ward.told(MONDAY_9AM + HOUR) == []
    assert ward.item().escalated_at == MONDAY_9AM + QUARTER


def test_a_message_after_a_quarter_of_an_hour_alerts_again_and_is_handed_on_again(ward: Ward) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    ward.told(MONDAY_9AM)
    ward.acknowledge("Sam", MONDAY_9AM + MINUTE)
    ward.told(MONDAY_9AM + QUARTER)

    ward.text_in("chest pain again", MONDAY_9AM + HOUR)

    assert ward.told(MONDAY_9AM + HOUR) == ["Sam"]
    assert ward.told(MONDAY_9AM + HOUR + QUARTER) == ["Kim", "Sam"]


def test_who_was_told_keeps_it_in_sight_when_the_client_writes_again(ward: Ward) -> None:
    kim = ward.user("Kim")
    ward.text_in(DANGER, MONDAY_9AM)
    ward.send(MONDAY_9AM + QUARTER)

    ward.text_in("chest pain again", MONDAY_9AM + HOUR)

    with ward.database.sessions() as session:
        assert len(list_open(session, kim)) == 1


def test_the_wait_is_the_practices_to_set(ward: Ward) -> None:
    def set_it(session: Session, client: Client) -> None:
        session.get_one(type(ward.practice), ward.practice.id).thresholds = {"escalate_minutes": 5}

    ward.change(set_it)
    ward.text_in(DANGER, MONDAY_9AM)
    ward.told(MONDAY_9AM)

    assert ward.told(MONDAY_9AM + 5 * MINUTE) == ["Kim", "Sam"]


def test_alerts_about_danger_come_at_night_to_who_is_off_duty(ward: Ward) -> None:
    def off(session: Session, _client: Client) -> None:
        for user in session.query(User):
            set_on_call(session, user, [], None, None, user.backup_id)

    ward.change(off)
    at_night = MONDAY_9AM + timedelta(hours=18)
    ward.text_in(DANGER, at_night)

    assert ward.told(at_night) == ["Sam"]


def test_very_high_pain_alerts_within_on_call_hours(ward: Ward) -> None:
    def office_hours(session: Session, _client: Client) -> None:
        for name in ("Sam", "Kim"):
            user = session.query(User).filter_by(name=name).one()
            set_on_call(session, user, range(7), time(8), time(18), user.backup_id)

    ward.change(office_hours)
    nine_pm = MONDAY_9AM + 12 * HOUR
    ward.text_in("pain is 10", nine_pm)

    at_night = ward.told(nine_pm) + ward.told(nine_pm + QUARTER)
    in_the_morning = ward.told(MONDAY_9AM + 23 * HOUR)
    later = ward.told(MONDAY_9AM + 23 * HOUR + QUARTER)

    assert (at_night, in_the_morning, later) == ([], ["Sam"], ["Kim", "Sam"])


def test_very_high_pain_reaches_all_admins_too_when_still_nobody_has_looked(ward: Ward) -> None:
    ward.text_in("pain is 10", MONDAY_9AM)
    told = []
    for minutes in (0, 15, 30, 31, 60):
        ward.sweep(MONDAY_9AM + minutes * MINUTE)
        told.append(ward.told(MONDAY_9AM + minutes * MINUTE))

    assert told == [["Sam"], ["Kim", "Sam"], ["Ada"], [], []]


def test_high_pain_that_may_wait_a_day_alerts_nobody(ward: Ward) -> None:
    ward.text_in("pain is 7", MONDAY_9AM)
    ward.sweep(MONDAY_9AM + HOUR)

    assert ward.told(MONDAY_9AM + HOUR) == []


def test_an_alert_and_its_message_are_stored_together_or_not_at_all(ward: Ward) -> None:
    def fail(_session: Session) -> None:
        raise ConnectionError("the database is gone")

    event.listen(ward.database.sessions.class_, "before_commit", fail)
    try:
        with pytest.raises(ConnectionError):
            ward.text_in(DANGER, MONDAY_9AM)
    finally:
        event.remove(ward.database.sessions.class_, "before_commit", fail)

    with ward.database.sessions() as session:
        assert [session.query(table).count() for table in (Message, Reminder, AttentionItem)] == [0, 0, 0]
    ward.text_in(DANGER, MONDAY_9AM)
    assert ward.told(MONDAY_9AM) == ["Sam"]


def test_an_alert_with_a_key_that_is_none_is_dropped_and_holds_up_nobodys_text(ward: Ward) -> None:
    ward.owe(ReminderKind.ALERT, "alert", MONDAY_9AM, dedupe_key="alert:sometoken")
    ward.text_in(DANGER, MONDAY_9AM)

    assert ward.told(MONDAY_9AM) == ["Sam"]
    [dropped] = [one for one in ward.alerts() if one.dedupe_key == "alert:sometoken"]
    assert (dropped.status, dropped.reason) == (ReminderStatus.SKIPPED, "no_alerts_agreed")


@pytest.mark.parametrize(
    "said", [{}, "soon", {"since": "x"}, None], ids=["nothing", "a text", "no time", "null"]
)
def test_an_item_that_says_nothing_of_its_alerts_stops_no_alert_of_it_or_others(
    ward: Ward, said: object
) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    ward.told(MONDAY_9AM)
    item_id = ward.item().id

    def spoil(session: Session, _client: Client) -> None:
        item = session.get_one(AttentionItem, item_id)
        item.details = item.details | {"alerts": said}

    ward.change(spoil)

    assert ward.told(MONDAY_9AM + QUARTER) == ["Kim", "Sam"]
    ward.sweep(MONDAY_9AM + QUARTER)
    ward.text_in(DANGER, MONDAY_9AM + HOUR)
    assert ward.told(MONDAY_9AM + HOUR) == ["Sam"]


def test_a_crash_right_after_the_message_is_stored_loses_neither_alert_nor_escalation(ward: Ward) -> None:
    ward.text_in(DANGER, MONDAY_9AM)

    on_return = MONDAY_9AM + 40 * MINUTE

    assert ward.told(on_return) == ["Kim", "Sam", "Sam"]


def test_a_repeated_webhook_owes_nothing_twice(ward: Ward) -> None:
    text = InboundText("SM1", ward.client.phone or "", "+12025550100", None, DANGER, 0, None)
    taken = [receive(ward.database.sessions, BOOK, text, MONDAY_9AM) for _ in range(2)]

    assert taken == [True, False]
    assert len(ward.alerts()) == 3


def test_a_staff_phone_that_texts_stop_gets_no_more_alerts_and_others_are_told_at_once(ward: Ward) -> None:
    ward.text_in("STOP", MONDAY_9AM, phone=PHONES["Sam"])
    stopped = ward.send(MONDAY_9AM)

    ward.text_in(DANGER, MONDAY_9AM + MINUTE)

    assert [to for to, body in stopped if "no more texts" in body] == ["Sam"]
    assert ward.told(MONDAY_9AM + MINUTE) == ["Kim"]
    with ward.database.sessions() as session:
        assert [user.name for user in alert_phones(session, ward.practice.id)[0]] == ["Sam"]


def test_a_stop_takes_back_what_was_owed_to_the_phone_already(ward: Ward) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    ward.text_in("STOP", MONDAY_9AM, phone=PHONES["Sam"])

    assert ward.told(MONDAY_9AM) == []
    assert ward.told(MONDAY_9AM + QUARTER) == ["Kim"]


def test_start_from_a_staff_phone_brings_alerts_back_and_help_is_answered(ward: Ward) -> None:
    answers: list[str] = []
    # Who asked for help has been told that answers are not read: they are told again a day later.
    for hour, words in ((0, "STOP"), (1, "START"), (2, "HELP"), (27, "on my way")):
        ward.text_in(words, MONDAY_9AM + hour * HOUR, phone=PHONES["Sam"])
        answers += [body for to, body in ward.send(MONDAY_9AM + hour * HOUR) if to == "Sam"]
    ward.text_in(DANGER, MONDAY_9AM + 28 * HOUR)

    assert ward.told(MONDAY_9AM + 28 * HOUR) == ["Sam"]
    assert "Not read 24 hours a day" in answers[2]
    assert "We do not read answers to alerts" in answers[3]


def test_alerts_do_not_count_for_the_clients_cap_or_show_as_the_clients_texts(ward: Ward) -> None:
    ward.text_in(DANGER, MONDAY_9AM)
    ward.send(MONDAY_9AM)

    assert {one.client_id for one in ward.alerts()} == {None}
    assert {one.kind for one in ward.reminders() if one.client_id} == {ReminderKind.SAFETY}


def test_two_receivers_at_once_owe_one_round_of_alerts(postgres: Database) -> None:
    ward = open_ward(postgres)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: ward.text_in(DANGER, MONDAY_9AM), range(4)))

    assert len([one for one in ward.alerts() if ":first:" in one.dedupe_key]) == 1
    with ward.database.sessions() as session:
        assert session.query(AttentionItem).filter_by(kind=AttentionKind.RED_FLAG).count() == 1
    assert ward.told(MONDAY_9AM) == ["Sam"]
