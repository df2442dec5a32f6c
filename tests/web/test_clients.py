"""Clients: adding, changing, consent, pauses, and who sees whom."""

import html
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import web.clients
from care import clients, consent, episodes, goals, precautions
from care.models import (
    AssignmentStatus,
    AuditEntry,
    Client,
    ClientStatus,
    ConsentAction,
    ConsentEvent,
    ConsentSource,
    NumberState,
    Practice,
    Reminder,
    ReminderKind,
    Role,
    User,
)
from tests.making import (
    MONDAY,
    NEW_YORK,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
)
from tests.web.conftest import SignIn

FORM = {
    "first_name": "Maria",
    "last_name": "Lopez",
    "phone": "(202) 555-0123",
    "email": "",
    "language": "en",
    "timezone": NEW_YORK,
    "window_from_time": "",
    "window_until_time": "",
    "note": "",
    "goal": "walk the dog 30 minutes",
    "complaint": "right hip",
    "condition_category": "chronic_pain",
    "precaution-hip_replacement": "1",
    "precaution-note-hip_replacement": "2024",
    "precaution-note-glaucoma": "a note without a tick counts for nothing",
}


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session, name="Riverside")


@pytest.fixture
def user(session: Session, practice: Practice) -> User:
    user = make_user(session, practice, name="Sam")
    session.commit()
    return user


@pytest.fixture
def client(session: Session, practice: Practice, user: User) -> Client:
    client = make_client(session, practice, therapist_id=user.id, last_name="Lopez")
    session.commit()
    return client


@pytest.fixture
def signed_in(browser: FlaskClient, sign_in: SignIn, user: User) -> FlaskClient:
    sign_in(browser, user)
    return browser


def only_client(session: Session, user: User) -> Client:
    """As it is stored now. The commit lets go of the database, which the app writes to next."""
    session.expire_all()
    (client,) = clients.list_clients(session, user)
    session.commit()
    return client


def test_a_client_is_added_with_goal_episode_and_precautions(
    signed_in: FlaskClient, session: Session, user: User
) -> None:
    answer = signed_in.post("/clients/new", data=FORM | {"therapist_id": user.id})

    client = only_client(session, user)
    assert (answer.status_code, answer.location) == (303, f"/clients/{client.id}/consent")
    assert (client.name, client.phone, client.therapist_id) == ("Maria Lopez", "+12025550123", user.id)
    goal, episode = goals.current_goal(session, client), episodes.current_episode(session, client)
    assert goal
    assert goal.text == "walk the dog 30 minutes"
    assert episode
    assert (episode.complaint, episode.condition_category) == ("right hip", "chronic_pain")
    assert [(one.code, one.note) for one in precautions.list_precautions(session, client)] == [
        ("hip_replacement", "2024")
    ]


def test_adding_a_client_sends_no_text_and_is_no_consent(
    signed_in: FlaskClient, session: Session, user: User
) -> None:
    signed_in.post("/clients/new", data=FORM | {"therapist_id": user.id})

    assert session.scalar(select(func.count()).select_from(Reminder)) == 0
    assert not consent.has_texting_consent(session, only_client(session, user))


def test_a_client_without_a_phone_lives_on_paper(
    signed_in: FlaskClient, session: Session, user: User
) -> None:
    answer = signed_in.post("/clients/new", data=FORM | {"therapist_id": user.id, "phone": ""})

    client = only_client(session, user)
    assert answer.location == f"/clients/{client.id}"
    page = signed_in.get(answer.location).text
    assert "lives on paper" in page
    assert "Write a text" not in page


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("first_name", "  ", "Enter the first name."),
        ("phone", "12", "Phone must be a number that can be texted, like 202-555-0123."),
        ("timezone", "Mars/Olympus", "Time zone must be one from the list, like America/New_York."),
        ("email", "maria", "Email must look like name@example.com."),
        ("window_from_time", "10:00", "Fill in both times of the window, or neither."),
        ("window_from_time", "soon", "Texts from must be a time like 18:00."),
    ],
)
def test_a_mistake_brings_the_form_back_filled_with_the_sentence_twice(
    signed_in: FlaskClient, session: Session, user: User, field: str, typed: str, sentence: str
) -> None:
    answer = signed_in.post("/clients/new", data=FORM | {"therapist_id": user.id, field: typed})

    assert answer.status_code == 422
    assert answer.text.count(sentence) == 2
    assert "<title>Error: Add a client" in answer.text
    assert 'value="walk the dog 30 minutes"' in answer.text
    assert 'value="2024"' in answer.text
    assert session.scalar(select(func.count()).select_from(Client)) == 0


def test_all_mistakes_are_named_at_once(signed_in: FlaskClient, user: User) -> None:
    wrong = {"first_name": "", "phone": "12", "email": "maria", "timezone": "Mars"}

    page = signed_in.post("/clients/new", data=FORM | {"therapist_id": user.id} | wrong).text

    assert page.count('class="field-error"') == 4


def test_hours_beyond_the_limits_need_the_clients_own_request(
    signed_in: FlaskClient, session: Session, user: User
) -> None:
    early = FORM | {"therapist_id": user.id, "window_from_time": "06:30", "window_until_time": "20:00"}

    refused = signed_in.post("/clients/new", data=early)
    taken = signed_in.post("/clients/new", data=early | {"is_window_requested": "y"})

    assert refused.status_code == 422
    assert "Window must lie between 8:00am and 9:00pm." in refused.text
    assert taken.status_code == 303
    assert only_client(session, user).window_requested_at is not None


def test_a_therapist_cannot_give_a_client_to_somebody_else(
    signed_in: FlaskClient, session: Session, practice: Practice, user: User
) -> None:
    other = make_user(session, practice)
    session.commit()

    answer = signed_in.post("/clients/new", data=FORM | {"therapist_id": other.id})

    assert answer.status_code == 422
    assert session.scalar(select(func.count()).select_from(Client)) == 0


def test_fields_the_form_does_not_have_are_ignored(
    signed_in: FlaskClient, session: Session, user: User, client: Client
) -> None:
    signed_in.post(
        f"/clients/{client.id}/edit",
        data=FORM | {"therapist_id": user.id, "practice_id": 99, "status": "discharged", "token": "mine"},
    )

    changed = only_client(session, user)
    assert changed.practice_id == user.practice_id
    assert changed.token != "mine"


def test_a_changed_phone_asks_for_agreement_again(
    signed_in: FlaskClient, session: Session, user: User, client: Client
) -> None:
    answer = signed_in.post(
        f"/clients/{client.id}/edit", data=FORM | {"therapist_id": user.id, "phone": "202-555-0188"}
    )

    assert answer.location == f"/clients/{client.id}/consent"
    assert not consent.has_texting_consent(session, only_client(session, user))


def test_changing_the_list_of_precautions_ends_some_and_adds_others(
    signed_in: FlaskClient, session: Session, user: User, client: Client
) -> None:
    precautions.add_precaution(session, client, "dizziness", "", MONDAY)
    precautions.add_precaution(session, client, "hip_replacement", "2024", MONDAY)
    session.commit()

    signed_in.post(
        f"/clients/{client.id}/edit", data=FORM | {"therapist_id": user.id, "precaution-glaucoma": "1"}
    )

    session.expire_all()
    held = {one.code: one.note for one in precautions.list_precautions(session, client)}
    assert held == {
        "hip_replacement": "2024",
        "glaucoma": "a note without a tick counts for nothing",
    }


def test_the_edit_form_shows_what_is_known(signed_in: FlaskClient, client: Client) -> None:
    page = signed_in.get(f"/clients/{client.id}/edit").text

    assert 'value="Maria"' in page
    assert 'value="(202) 555-0101"' in page
    assert f'value="{NEW_YORK}"' in page


def test_agreement_is_recorded_with_its_words_and_owes_the_first_text(
    signed_in: FlaskClient, session: Session, practice: Practice, user: User
) -> None:
    client = make_client(session, practice, therapist_id=user.id, has_consent=False)
    session.commit()

    answer = signed_in.post(f"/clients/{client.id}/consent", data={"source": "in_person", "agreed": "y"})

    assert answer.location == f"/clients/{client.id}"
    session.expire_all()
    event = session.scalars(select(ConsentEvent)).one()
    assert (event.source, event.action, event.user_id) == (
        ConsentSource.IN_PERSON,
        ConsentAction.GIVEN,
        user.id,
    )
    assert event.wording == consent.texting_wording("en")
    assert session.scalars(select(Reminder.kind)).all() == [ReminderKind.ENROL]


def test_without_the_tick_nothing_is_recorded(
    signed_in: FlaskClient, session: Session, practice: Practice, user: User
) -> None:
    client = make_client(session, practice, therapist_id=user.id, has_consent=False)
    session.commit()

    answer = signed_in.post(f"/clients/{client.id}/consent", data={"source": "in_person"})

    assert answer.status_code == 422
    assert "Tick the box once the client has agreed" in answer.text
    assert session.scalar(select(func.count()).select_from(ConsentEvent)) == 0


def test_the_words_are_read_in_the_clients_language(
    signed_in: FlaskClient, session: Session, practice: Practice, user: User
) -> None:
    client = make_client(session, practice, therapist_id=user.id, has_consent=False, language="es")
    session.commit()

    assert "Acepto recibir" in signed_in.get(f"/clients/{client.id}/consent").text


def test_only_the_client_can_undo_a_stop(signed_in: FlaskClient, session: Session, client: Client) -> None:
    assert client.phone_hash
    consent.opt_out(
        session,
        client.practice_id,
        client.phone_hash,
        ConsentSource.TEXT,
        client.created_at,
        client_ids=[client.id],
    )
    session.commit()

    page = signed_in.get(f"/clients/{client.id}/consent").text
    forced = signed_in.post(f"/clients/{client.id}/consent", data={"source": "paper", "agreed": "y"})

    assert "by texting START" in page
    assert forced.status_code == 422
    assert not consent.has_texting_consent(session, client)


def test_withdrawing_ends_texts_and_stays_in_the_history(
    signed_in: FlaskClient, session: Session, client: Client
) -> None:
    signed_in.post(f"/clients/{client.id}/consent/withdraw", data={"source": "phone_call"})

    session.expire_all()
    assert not consent.has_texting_consent(session, client)
    session.commit()
    page = signed_in.get(f"/clients/{client.id}/consent").text
    assert "Withdrew" in page
    assert "recorded by Sam" in page


@pytest.mark.parametrize(
    "address", ["/clients/{}", "/clients/{}/edit", "/clients/{}/consent", "/messages?client={}"]
)
def test_every_look_at_a_client_is_on_record(
    signed_in: FlaskClient, session: Session, user: User, client: Client, address: str
) -> None:
    assert signed_in.get(address.format(client.id)).status_code == 200

    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject, entry.subject_id, entry.user_id) == (
        "view",
        "client",
        client.id,
        user.id,
    )


@pytest.mark.parametrize(
    "path", ["", "/edit", "/consent", "/visit", "/assessment"], ids=lambda path: path or "page"
)
def test_another_therapists_client_is_not_found(
    browser: FlaskClient, sign_in: SignIn, session: Session, practice: Practice, client: Client, path: str
) -> None:
    other = make_user(session, practice)
    session.commit()
    sign_in(browser, other)

    assert browser.get(f"/clients/{client.id}{path}").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["edit", "consent", "consent/withdraw", "pause", "resume", "messages", "plan/end", "follow-ups/1/cancel"],
)
def test_nothing_can_be_done_to_a_client_of_another_practice(
    browser: FlaskClient, sign_in: SignIn, session: Session, client: Client, path: str
) -> None:
    stranger = make_user(session, make_practice(session), role=Role.ADMIN)
    session.commit()
    sign_in(browser, stranger)

    assert browser.post(f"/clients/{client.id}/{path}", data=FORM).status_code == 404


def test_the_list_comes_a_page_at_a_time_and_keeps_what_was_searched_for(
    signed_in: FlaskClient,
    session: Session,
    practice: Practice,
    user: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web.clients, "PAGE", 1)
    for last_name in ("Berg", "adams", "Ek"):
        make_client(session, practice, therapist_id=user.id, first_name="Ann", last_name=last_name)
    session.commit()

    first = find(signed_in, "ann")
    [after] = re.findall(r'href="(/clients\?find=[^"]+page=2)"', first)
    second = signed_in.get(html.unescape(after)).text

    assert "Ann adams" in first
    assert "Ann Berg" not in first
    assert "3 clients" in first
    assert "Ann Berg" in second


def find(browser: FlaskClient, query: str) -> str:
    return browser.post("/clients/find", data={"q": query}, follow_redirects=True).text


def test_a_search_stands_in_no_address_and_can_be_gone_back_to_by_who_typed_it(
    signed_in: FlaskClient, session: Session, practice: Practice, client: Client, sign_in: SignIn
) -> None:
    make_client(session, practice, therapist_id=client.therapist_id, first_name="Zoe", last_name="Other")
    admin = make_user(session, practice, role=Role.ADMIN)
    session.commit()

    found = signed_in.post("/clients/find", data={"q": "  Lopez  ", "discharged": "1"})
    address = found.location
    pages = [signed_in.get(address).text for _ in range(2)]
    changed = signed_in.get(address.replace("find=g", "find=h", 1)).text
    sign_in(signed_in, admin)
    of_another = signed_in.get(address).text

    assert found.status_code == 303
    assert "opez" not in address
    assert address.endswith("&discharged=1")
    assert [("Maria Lopez" in one, "Zoe Other" in one, 'value="Lopez"' in one) for one in pages] == [
        (True, False, True)
    ] * 2
    assert [("Zoe Other" in one, "Lopez&#34;" in one) for one in (changed, of_another)] == [(True, False)] * 2
    assert signed_in.post("/clients/find", data={"q": " "}).location == "/clients"


def test_the_list_finds_by_name_and_by_phone_and_only_ones_own(
    signed_in: FlaskClient, session: Session, practice: Practice, client: Client
) -> None:
    make_client(session, practice, first_name="Zoe", last_name="Other")
    session.commit()

    by_name, by_phone, nobody = (find(signed_in, query) for query in ("lopez", "0101", "Zoe"))

    assert "Maria Lopez" in by_name
    assert "Maria Lopez" in by_phone
    assert "Nobody called" in nobody


def test_texts_are_paused_and_resumed(signed_in: FlaskClient, session: Session, client: Client) -> None:
    signed_in.post(f"/clients/{client.id}/pause", data={"until": "2026-03-09"})
    session.refresh(client)
    session.commit()
    paused = (client.paused_from, client.paused_until)
    page = signed_in.get(f"/clients/{client.id}").text
    signed_in.post(f"/clients/{client.id}/resume")

    session.refresh(client)
    assert str(paused[0]) == "2026-03-02"
    assert str(paused[1]) == "2026-03-09"
    assert "Paused through Mon 9 Mar" in page
    assert client.paused_from is None


def test_a_discharged_client_is_not_said_to_get_texts(
    signed_in: FlaskClient, session: Session, client: Client
) -> None:
    before = signed_in.get(f"/clients/{client.id}").text
    client.status = ClientStatus.DISCHARGED
    session.commit()

    after = signed_in.get(f"/clients/{client.id}").text

    assert "Gets texts" in before
    assert "Gets texts" not in after
    assert "Discharged: gets no texts" in after


@pytest.mark.parametrize(
    ("state", "said", "button"),
    [
        (NumberState.WRONG, "Somebody on this phone said that it is the wrong number.", "It is theirs"),
        (NumberState.INVALID, "The provider says this number cannot be texted.", "Try this number again"),
    ],
)
def test_a_number_not_texted_says_why_and_a_person_lets_texts_go_there_again(
    signed_in: FlaskClient, session: Session, client: Client, state: NumberState, said: str, button: str
) -> None:
    client.number_state = state
    session.commit()

    page = signed_in.get(f"/clients/{client.id}").text
    answer = signed_in.post(f"/clients/{client.id}/number", follow_redirects=True)

    assert said in page
    assert button in page
    session.refresh(client)
    assert client.number_state is NumberState.OK
    assert "go to this number again" in answer.text
    assert "text_number_again" in session.scalars(select(AuditEntry.action)).all()


def test_one_exercise_is_paused_and_ended_from_the_page(
    signed_in: FlaskClient, session: Session, practice: Practice, client: Client
) -> None:
    assignment = make_assignment(session, client, make_exercise(session, practice))
    session.commit()

    signed_in.post(f"/assignments/{assignment.id}/pause")
    paused = signed_in.get(f"/clients/{client.id}").text
    signed_in.post(f"/assignments/{assignment.id}/end")

    session.refresh(assignment)
    assert "Paused" in paused
    assert assignment.status is AssignmentStatus.ENDED


def test_a_text_of_ones_own_is_owed_once_and_refused_without_consent(
    signed_in: FlaskClient, session: Session, practice: Practice, user: User, client: Client
) -> None:
    mute = make_client(session, practice, therapist_id=user.id, has_consent=False)
    session.commit()

    sent = signed_in.post(f"/clients/{client.id}/messages", data={"body": "See you on Thursday."})
    refused = signed_in.post(f"/clients/{mute.id}/messages", data={"body": "See you on Thursday."})

    assert sent.status_code == 303
    assert refused.status_code == 422
    assert "has not agreed to texts" in refused.text
    assert session.scalars(select(Reminder.body)).all() == ["See you on Thursday."]


def test_a_client_without_ratings_says_when_the_first_question_goes_out(
    signed_in: FlaskClient, session: Session, practice: Practice, client: Client
) -> None:
    page = signed_in.get(f"/clients/{client.id}").text

    assert "No ratings yet." in page


def test_the_timeline_can_be_narrowed(signed_in: FlaskClient, client: Client) -> None:
    everything = signed_in.get(f"/clients/{client.id}").text
    plan_only = signed_in.get(f"/clients/{client.id}?show=plan").text

    assert "Consent to texting given" in everything
    assert "Consent to texting given" not in plan_only


def test_a_text_about_health_comes_back_once_and_goes_with_the_second_tap(session, signed_in, practice, user):
    client = make_client(session, practice, therapist_id=user.id)
    session.commit()
    words = {"body": "Rest your knee & neck."}

    first = signed_in.post(f"/clients/{client.id}/messages", data=words)

    assert first.status_code == 422
    assert "Rest your knee &amp; neck." in first.text
    assert first.text.count("This names a body part") == 2
    assert session.scalars(select(Reminder.id).where(Reminder.kind == ReminderKind.MESSAGE)).all() == []
    session.commit()
    found = re.search(r'name="anyway" value="([^"]+)"', first.text)
    assert found is not None
    second = signed_in.post(
        f"/clients/{client.id}/messages", data=words | {"anyway": html.unescape(found[1])}
    )
    assert second.status_code == 303
    [params] = session.scalars(select(Reminder.params).where(Reminder.kind == ReminderKind.MESSAGE)).all()
    assert params == {"user_id": user.id, "health_words": ["knee", "neck"], "confirmed_by": user.id}
    assert "confirm_health_words" in session.scalars(select(AuditEntry.action)).all()


@pytest.mark.parametrize("anyway", ["[]", "knee", "{}", '["neck"]', "[1]", "null"])
def test_only_the_words_that_were_asked_about_pass(session, signed_in, practice, user, anyway):
    client = make_client(session, practice, therapist_id=user.id)
    session.commit()

    answer = signed_in.post(
        f"/clients/{client.id}/messages", data={"body": "Rest your knee.", "anyway": anyway}
    )

    assert answer.status_code == 422
