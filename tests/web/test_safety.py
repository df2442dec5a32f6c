"""From the provider's webhook to the page: danger, alerts, the hold, its release, and who may close what."""

from collections import Counter

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.models import (
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    AuditEntry,
    Client,
    Practice,
    Reminder,
    ReminderKind,
    Role,
    Sender,
    SenderKind,
    User,
)
from care.on_call import agree_to_alerts
from care.phones import PhoneBook
from tests.making import MONDAY_8AM, make_assignment, make_client, make_exercise, make_practice, make_user
from tests.web.conftest import MakeApp, SignIn
from tests.web.test_webhooks import ENVIRON, NUMBER, PUBLIC, sign, text_of


@pytest.fixture
def sam(session: Session, book: PhoneBook) -> User:
    practice = make_practice(session)
    session.add(Sender(practice_id=practice.id, kind=SenderKind.NUMBER, address=NUMBER))
    user = make_user(session, practice, name="Sam")
    make_user(session, practice, name="Ada", role=Role.ADMIN)
    agree_to_alerts(session, user, practice, book, "202-555-0141", MONDAY_8AM)
    return user


@pytest.fixture
def maria(session: Session, sam: User) -> Client:
    practice = session.get_one(Practice, sam.practice_id)
    client = make_client(session, practice, therapist_id=sam.id)
    make_assignment(session, client, make_exercise(session, practice))
    session.commit()
    return client


@pytest.fixture
def provider(make_app: MakeApp) -> FlaskClient:
    return make_app(**ENVIRON).test_client()


def text_in(provider: FlaskClient, client: Client, body: str, **changes: str) -> int:
    form = text_of(client, body) | changes
    headers = {"X-Twilio-Signature": sign("/twilio/inbound", form)}
    return provider.post("/twilio/inbound", data=form, headers=headers, base_url=PUBLIC).status_code


def flag(session: Session) -> AttentionItem:
    """As stored now, without keeping the lock that a page needs."""
    session.rollback()
    item = session.scalars(select(AttentionItem).where(AttentionItem.kind == AttentionKind.RED_FLAG)).one()
    session.expunge(item)
    session.rollback()
    return item


def owed(session: Session, kind: ReminderKind) -> list[Reminder]:
    session.rollback()
    return list(session.scalars(select(Reminder).where(Reminder.kind == kind).order_by(Reminder.due_at)))


SIGNS = [
    ("numb when I wipe", "cauda", "urgent_emergency"),
    ("I have chest pain", "heart", "urgent_emergency"),
    ("my left calf is swollen red and hot", "clot", "same_day"),
    ("my toes are blue and cold", "limb", "urgent_emergency"),
    ("my face is drooping and my speech is slurred", "stroke", "urgent_emergency"),
    ("my foot is dragging", "nerve", "same_day"),
    ("I have a fever and chills", "infection", "same_day"),
    ("I want to kill myself", "crisis", "crisis"),
    ("I fell and can't put weight on it", "fracture", "urgent_emergency"),
    ("the pain is unbearable", "high_pain", "high_pain_words"),
    ("I took 20 pills by mistake", "poison", "poison"),
    ("tengo dolor de pecho", "heart", "urgent_emergency"),
]


@pytest.mark.parametrize(("body", "group", "text_key"), SIGNS)
def test_each_group_is_answered_held_and_alerted_in_one_go(
    provider: FlaskClient, maria: Client, session: Session, body: str, group: str, text_key: str
) -> None:
    assert text_in(provider, maria, body) == 200

    assert group in flag(session).details["groups"]
    assert [one.text_key for one in owed(session, ReminderKind.SAFETY)] == [text_key]
    assert len(owed(session, ReminderKind.ALERT)) == 2
    session.refresh(maria)
    assert maria.texts_held_at == MONDAY_8AM


def test_every_group_of_one_phone_within_the_hour_gets_its_text_and_stands_on_one_item(
    provider: FlaskClient, maria: Client, session: Session
) -> None:
    for number, (body, _, _) in enumerate(SIGNS):
        text_in(provider, maria, body, MessageSid=f"SM{number:032d}")

    text_of_group = {group: text_key for _, group, text_key in SIGNS}
    assert set(text_of_group) <= set(flag(session).details["groups"])
    sent = Counter(one.text_key for one in owed(session, ReminderKind.SAFETY))
    assert sent == Counter(text_of_group.values())


def test_who_is_not_safe_gets_no_text_of_any_kind(
    provider: FlaskClient, maria: Client, session: Session
) -> None:
    text_in(provider, maria, "my husband hits me and I am afraid at home")

    to_client = session.scalars(select(Reminder).where(Reminder.kind != ReminderKind.ALERT)).all()
    assert to_client == []
    assert flag(session).details["what"].startswith("Call in private")


def test_a_phone_nobody_knows_gets_the_text_and_the_admins_an_item(
    provider: FlaskClient, maria: Client, session: Session
) -> None:
    text_in(provider, maria, "I have chest pain", From="+12025550188")

    assert [one.to_phone for one in owed(session, ReminderKind.SAFETY)] == ["+12025550188"]
    assert (flag(session).client_id, flag(session).owner_id) == (None, None)


@pytest.fixture
def flagged(
    provider: FlaskClient, browser: FlaskClient, sign_in: SignIn, maria: Client, sam: User
) -> FlaskClient:
    """Maria texted of danger, and Sam sits at the screen."""
    text_in(provider, maria, "I have chest pain")
    sign_in(browser, sam)
    return browser


def test_a_red_flag_is_closed_with_a_reason_and_the_hold_stays(
    flagged: FlaskClient, session: Session, maria: Client, sam: User
) -> None:
    item_id = flag(session).id

    without = flagged.post(f"/inbox/{item_id}/close", data={"note": " "})
    plain = flagged.post(f"/attention/{item_id}/close", data={})
    closed = flagged.post(
        f"/inbox/{item_id}/close", data={"note": "Called, went to the ER"}, follow_redirects=True
    )

    assert "Say what was done about the red flag." in without.text
    assert plain.status_code >= 400
    assert "stay held until somebody starts them again" in closed.text
    item = flag(session)
    assert (item.status, item.closed_by_id, item.note) == (
        AttentionStatus.CLOSED,
        sam.id,
        "Called, went to the ER",
    )
    session.refresh(maria)
    assert maria.texts_held_at is not None


def test_the_front_desk_does_not_close_a_red_flag(flagged: FlaskClient, session: Session, sam: User) -> None:
    sam.role = Role.FRONT_DESK
    session.commit()

    flagged.post(f"/inbox/{flag(session).id}/close", data={"note": "Called"})

    assert flag(session).status is not AttentionStatus.CLOSED


@pytest.mark.parametrize("path", ["/today", "/inbox", "/clients/{client}"])
def test_the_hold_and_the_button_that_ends_it_are_on_every_page_that_matters(
    flagged: FlaskClient, maria: Client, path: str
) -> None:
    page = flagged.get(path.format(client=maria.id)).text

    assert "held since" in page.lower()
    assert f"/clients/{maria.id}/release" in page


def test_a_named_person_starts_texts_again_with_a_note(
    flagged: FlaskClient, session: Session, maria: Client
) -> None:
    answer = flagged.post(
        f"/clients/{maria.id}/release", data={"note": "ER said all clear"}, follow_redirects=True
    )

    session.rollback()
    session.refresh(maria)
    assert maria.texts_held_at is None
    assert "Exercise texts start again" in answer.text
    assert "ER said all clear" in answer.text
    assert "by Sam" in answer.text
    assert "release_texts" in session.scalars(select(AuditEntry.action)).all()


def test_nobody_else_starts_them(
    flagged: FlaskClient, session: Session, maria: Client, sign_in: SignIn
) -> None:
    other = make_user(session, session.get_one(Practice, maria.practice_id), name="Lee")
    session.commit()
    sign_in(flagged, other)

    assert flagged.post(f"/clients/{maria.id}/release").status_code == 404


def test_alerts_show_among_the_messages_of_an_admin_with_whom_they_went_to(
    flagged: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ada = session.scalars(select(User).where(User.name == "Ada")).one()
    session.execute(update(Reminder).values(status="skipped", reason="acknowledged"))
    session.commit()
    sign_in(flagged, ada)

    page = flagged.get("/messages?show=unsent").text

    assert "Sam" in page
    assert "Somebody had taken care of it by then." in page


def test_an_alert_that_did_not_arrive_is_an_item_that_names_its_user(
    flagged: FlaskClient, session: Session, sign_in: SignIn, sam: User
) -> None:
    ada = session.scalars(select(User).where(User.name == "Ada")).one()
    reminder_id = session.scalars(select(Reminder.id).where(Reminder.kind == ReminderKind.ALERT)).first()
    raise_item(
        session,
        sam.practice_id,
        AttentionKind.DELIVERY_FAILURE,
        "delivery:1",
        MONDAY_8AM,
        reminder_id=reminder_id,
        details={"code": 21614},
    )
    session.commit()
    sign_in(flagged, ada)

    assert "Alert to Sam" in flagged.get("/today").text
