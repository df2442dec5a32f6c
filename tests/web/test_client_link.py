"""A client's own page: whoever has the link may answer for the client, and nobody else."""

import re
import secrets
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from care.client_links import LIVES_ON, find_client_by, link_for, renew_link
from care.db import Database
from care.models import (
    Assignment,
    AttentionItem,
    AttentionKind,
    Client,
    ClientLink,
    ConsentEvent,
    ConsentSource,
    Laterality,
    NumberState,
    Occurrence,
    OccurrenceStatus,
    Practice,
    Question,
    QuestionStatus,
    Rating,
    RatingSource,
    Reminder,
    Side,
    User,
)
from care.tokens import CODE_LETTERS, code_on_paper, new_code, typed_code
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    MONDAY_NOON,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
)
from tests.web.conftest import MakeApp, SignIn
from tests.web.test_headers import own_logs

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session, name="Riverside Physio")


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Sam")


@pytest.fixture
def maria(session: Session, practice: Practice, sam: User) -> Client:
    return make_client(session, practice, therapist_id=sam.id)


def give(session: Session, client: Client, spanish: str = "", **changes: Any) -> Assignment:
    """An exercise, and today's occurrences of it as planning lays them out."""
    practice = session.get_one(Practice, client.practice_id)
    exercise = make_exercise(
        session,
        practice,
        name="Chest stretch",
        translations={"es": {"name": spanish}},
        laterality=Laterality.EACH_SIDE,
    )
    assignment = make_assignment(session, client, exercise, **changes)
    for at in (time.fromisoformat(one) for one in assignment.times):
        due_at = MONDAY_9AM + (datetime.combine(MONDAY, at) - datetime.combine(MONDAY, time(9)))
        session.add(
            Occurrence(
                practice_id=client.practice_id,
                client_id=client.id,
                assignment_id=assignment.id,
                slot_on=MONDAY,
                slot_time=at,
                due_at=due_at,
                closes_at=due_at + DAY,
            )
        )
    session.flush()
    return assignment


@pytest.fixture
def address(session: Session, maria: Client) -> str:
    """Of Maria's page; she has one exercise today."""
    give(session, maria)
    link = link_for(session, maria, MONDAY_8AM)
    session.commit()
    return f"/c/{link.token}"


def form_token(page: TestResponse) -> str:
    found = re.search(r'name="form" value="([^"]+)"', page.text)
    assert found
    return found[1]


def form_token_of(browser: FlaskClient, address: str) -> str:
    """As somebody else's browser gets it: the page shows staff no forms."""
    return form_token(browser.application.test_client().get(address))


def post(browser: FlaskClient, address: str, **form: Any) -> TestResponse:
    """Press a button of the page as it is now, and follow to what it says."""
    page = browser.get(address)
    return browser.post(address, data={"form": form_token(page)} | form, follow_redirects=True)


def turns(session: Session) -> list[Occurrence]:
    session.expire_all()
    found = list(session.scalars(select(Occurrence).order_by(Occurrence.due_at)))
    session.commit()
    return found


def kept(session: Session, table: Any) -> list[Any]:
    session.expire_all()
    found = list(session.scalars(select(table).order_by(table.id)))
    session.commit()
    return found


def ask(session: Session, client: Client, context: str, at: datetime) -> Question:
    question = Question(
        practice_id=client.practice_id,
        client_id=client.id,
        context=context,
        asked_at=at,
        bare_until=at + 12 * HOUR,
        closes_at=at + DAY,
        status=QuestionStatus.OPEN,
    )
    session.add(question)
    session.commit()
    return question


def test_the_page_shows_today_in_plain_words(browser, address):
    page = browser.get(address)

    assert page.status_code == 200
    assert "Hello Maria, 1 exercise today" in page.text
    assert "About 3 minutes. Stop if you feel sharp pain." in page.text
    assert "Hold 30 seconds. 3 times, each side." in page.text
    assert 'Questions? Call <a class="nowrap" href="tel:+12025550100">(202) 555-0100</a>.' in page.text
    assert "In an emergency call 911." in page.text
    assert '<html lang="en"' in page.text
    assert re.findall(r"<script[^>]*>", page.text) == ['<script src="/static/client.js" defer>']
    assert "<img" not in page.text


def test_the_page_speaks_spanish_to_who_does(session, browser, practice):
    client = make_client(session, practice, first_name="Ana", language="es")
    give(session, client, side=Side.LEFT, spanish="Estiramiento del pecho")
    link = link_for(session, client, MONDAY_8AM)
    session.commit()

    page = browser.get(f"/c/{link.token}")

    assert '<html lang="es"' in page.text
    assert "Hola Ana, hoy tiene 1 ejercicio" in page.text
    assert "Estiramiento del pecho" in page.text
    assert "Aguante 30 segundos. 3 veces, lado izquierdo." in page.text


def test_what_is_told_in_english_on_a_spanish_page_says_so(session, browser, practice):
    client = make_client(session, practice, first_name="Ana", language="es")
    give(session, client)
    link = link_for(session, client, MONDAY_8AM)
    session.commit()

    page = browser.get(f"/c/{link.token}").text

    assert '1. <span lang="en">Chest stretch</span></h2>' in page
    assert page.count("Chest stretch") == page.count('<span lang="en">Chest stretch</span>') > 1


def test_looking_changes_nothing_however_often(session, browser, address, database, clock):
    def rows() -> list[int]:
        tables = (Occurrence, Rating, Reminder, AttentionItem, ConsentEvent, ClientLink)
        with database.reading() as reading:
            return [reading.scalar(select(func.count()).select_from(table)) or 0 for table in tables]

    before, states = rows(), [one.status for one in turns(session)]

    for query in ("", "?said=done", "?do=done&turn=1", "?said=rated", "?read=crisis"):
        assert browser.get(address + query).status_code == 200
        assert browser.head(address + query).status_code == 200

    assert rows() == before
    assert [one.status for one in turns(session)] == states


def test_done_is_kept_once_and_can_be_taken_back_for_a_day(session, browser, address, clock):
    clock.now = MONDAY_NOON
    turn = turns(session)[0]

    first = post(browser, address, do="done", turn=turn.id)
    clock.now = MONDAY_NOON + HOUR
    second = post(browser, address, do="done", turn=turn.id)

    assert "You did this one." in first.text
    assert "That is all for today." in second.text
    [kept_turn] = turns(session)
    assert (kept_turn.status, kept_turn.answered_at) == (OccurrenceStatus.DONE, MONDAY_NOON)

    post(browser, address, do="undo", turn=turn.id)

    assert turns(session)[0].status is OccurrenceStatus.OPEN


def test_what_was_answered_longer_ago_stays(session, browser, address, clock):
    turn = turns(session)[0]
    post(browser, address, do="done", turn=turn.id)
    clock.now = MONDAY_8AM + 25 * HOUR

    page = browser.get(address)
    post(browser, address, do="undo", turn=turn.id)

    assert "Change this" not in page.text
    assert turns(session)[0].status is OccurrenceStatus.DONE


def test_an_exercise_due_twice_has_a_button_for_each_time(session, browser, maria):
    give(session, maria, times=["09:00", "18:00"])
    address = f"/c/{link_for(session, maria, MONDAY_8AM).token}"
    session.commit()
    morning, _evening = turns(session)

    page = post(browser, address, do="done", turn=morning.id)

    assert "You did the 9:00am one." in page.text
    assert "I did the 6:00pm one" in page.text
    assert turns(session)[1].status is OccurrenceStatus.OPEN


def test_nobody_answers_for_another_client(session, browser, practice, address):
    other = make_client(session, practice, first_name="Tom")
    give(session, other)
    session.commit()
    other_id = other.id
    theirs = next(one for one in turns(session) if one.client_id == other_id)

    post(browser, address, do="done", turn=theirs.id)

    assert {one.status for one in turns(session)} == {OccurrenceStatus.OPEN}


def test_no_time_needs_nobody_and_pain_does(session, browser, address):
    turn_id = turns(session)[0].id

    said = post(browser, address, do="trouble", turn=turn_id, why="time")
    none = kept(session, AttentionItem)
    post(browser, address, do="undo", turn=turn_id)
    told = post(browser, address, do="trouble", turn=turn_id, why="pain", words="My arm tingles a bit")

    assert "Just pick up again with the next one." in said.text
    assert none == []
    assert "Your therapist will see it." in told.text
    assert turns(session)[0].status is OccurrenceStatus.SKIPPED
    item = next(one for one in kept(session, AttentionItem) if one.kind is AttentionKind.QUESTION)
    assert item.details["what"] == 'It was too painful: Chest stretch. They wrote: "My arm tingles a bit"'


def test_a_sign_of_danger_in_their_words_shows_the_safety_text_and_holds_exercises(
    session, browser, address, maria
):
    turn = turns(session)[0]

    page = post(browser, address, do="trouble", turn=turn.id, why="other", words="numb when I wipe")

    assert "This may need care right now. Call 911" in page.text
    assert "Your therapist will contact you. Please wait with the exercises." in page.text
    assert "Chest stretch" not in page.text
    assert AttentionKind.RED_FLAG in {one.kind for one in kept(session, AttentionItem)}
    session.expire_all()
    assert session.get_one(Client, maria.id).texts_held_at == MONDAY_8AM


def test_a_rating_answers_the_open_question(session, browser, address, maria, clock):
    question_id = ask(session, maria, "pain_prompt", MONDAY_8AM).id
    clock.now = MONDAY_9AM

    page = post(browser, address, do="rate", score=4, known=0, change=0)

    assert "We saved 4 out of 10." in page.text
    [rating] = kept(session, Rating)
    assert (rating.score, rating.source, rating.question_id) == (4, RatingSource.WEB, question_id)
    assert kept(session, Question)[0].status is QuestionStatus.ANSWERED


def test_the_same_rating_sent_twice_counts_once_and_a_change_supersedes(session, browser, address):
    page = browser.get(address)
    form = {"form": form_token(page), "do": "rate", "known": 0, "change": 0}

    browser.post(address, data=form | {"score": 4})
    browser.post(address, data=form | {"score": 4})
    [first] = kept(session, Rating)
    changed = post(browser, address, do="rate", score=0, known=first.id, change=1)

    old, new = kept(session, Rating)
    assert (old.superseded_by_id, new.score, new.superseded_by_id) == (new.id, 0, None)
    assert "You told us: 0 out of 10." in changed.text


def test_a_newer_question_is_answered_anew(session, browser, address, maria, clock):
    post(browser, address, do="rate", score=4, known=0, change=0)
    [first] = kept(session, Rating)
    ask(session, maria, "pain_prompt", MONDAY_9AM)
    clock.now = MONDAY_NOON

    page = browser.get(address)
    post(browser, address, do="rate", score=3, known=first.id, change=0)

    assert "Send my answer" in page.text
    assert [(one.score, one.superseded_by_id) for one in kept(session, Rating)] == [(4, None), (3, None)]


def test_very_high_pain_shows_the_high_pain_text_and_tells_a_person(session, browser, address):
    page = post(browser, address, do="rate", score=9, known=0, change=0)

    assert "You sent 9 out of 10. Please stop the exercises for now." in page.text
    assert [one.kind for one in kept(session, AttentionItem)] == [AttentionKind.HIGH_PAIN]


@pytest.mark.parametrize("score", ["", "11", "-1", "4.5", "four", "9" * 40])
def test_what_is_no_score_is_not_recorded(session, browser, address, score):
    page = post(browser, address, do="rate", score=score, known=0, change=0)

    assert "Choose an answer first." in page.text
    assert kept(session, Rating) == []


def test_stop_on_the_page_is_stop(session, browser, address, maria):
    page = post(browser, address, do="stop")

    assert "You get no more texts. To get them again, text START to us." in page.text
    assert kept(session, ConsentEvent)[-1].source is ConsentSource.WEB
    assert AttentionKind.OPT_OUT in {one.kind for one in kept(session, AttentionItem)}


def test_not_me_closes_the_page_and_stops_the_texts(session, browser, address, maria):
    page = post(browser, address, do="not_me")

    assert page.status_code == 404
    assert "This phone gets no more texts." in page.text
    assert "Ask for a new link" not in page.text
    session.expire_all()
    assert session.get_one(Client, maria.id).number_state is NumberState.WRONG
    assert [one.kind for one in kept(session, AttentionItem)] == [AttentionKind.WRONG_NUMBER]


def test_a_form_without_its_token_changes_nothing_and_says_so(session, browser, address):
    turn = turns(session)[0]

    for token in ("", "x", "é" * 50, "a.b.c"):
        page = browser.post(
            address, data={"form": token, "do": "done", "turn": turn.id}, follow_redirects=True
        )
        assert "That was not saved. Tap it once more." in page.text

    assert turns(session)[0].status is OccurrenceStatus.OPEN


def test_no_cookie_is_set_or_needed(browser, address, session):
    page = browser.get(address)
    answer = browser.post(
        address, data={"form": form_token(page), "do": "done", "turn": turns(session)[0].id}
    )

    assert "Set-Cookie" not in page.headers
    assert "Set-Cookie" not in answer.headers
    assert answer.status_code == 303


def test_the_page_asks_not_to_be_kept_indexed_or_told_of(browser, address):
    for answer in (browser.get(address), browser.get("/c/" + "x" * 22)):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_first_load_is_small(browser, address):
    page = browser.get(address).data
    style = Path(str(browser.application.static_folder), "app.css").read_bytes()

    script = Path(str(browser.application.static_folder), "client.js").read_bytes()

    assert len(page) + len(style) + len(script) < 60 * 1024


def test_only_a_page_that_works_has_a_script_and_all_of_it_is_ours(browser, address):
    page, dead = browser.get(address), browser.get("/c/" + "x" * 22)

    assert "script-src 'self'; connect-src 'self'" in page.headers["Content-Security-Policy"]
    assert "script-src" not in dead.headers["Content-Security-Policy"]
    assert "<script" not in dead.text
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page.text) == []


def test_the_home_screen_gets_no_token(browser, address):
    token = address.removeprefix("/c/")
    [manifest] = re.findall(r'rel="manifest" href="([^"]+)"', browser.get(address).text)

    with browser.get(manifest) as answer:
        assert answer.mimetype == "application/manifest+json"
        said = answer.get_json()
    assert token not in manifest
    assert "start_url" not in said
    static = Path(str(browser.application.static_folder))
    assert all((static / icon["src"]).is_file() for icon in said["icons"])


def test_the_worker_may_serve_pages_of_clients_and_nothing_else(browser):
    with browser.get("/static/offline.js") as worker, browser.get("/static/client.js") as script:
        assert worker.headers["Service-Worker-Allowed"] == "/c/"
        assert "Service-Worker-Allowed" not in script.headers


def test_what_is_saved_is_todays_plan_alone_and_good_until_midnight(browser, address, clock):
    post(browser, address, do="rate", score=3, known=0, change=0)

    copy = browser.get(address, query_string={"copy": 1})

    assert "Your plan for Mon 2 Mar" in copy.text
    assert "Chest stretch" in copy.text
    assert "In an emergency call 911." in copy.text
    assert "<form" not in copy.text
    assert "out of 10" not in copy.text
    assert copy.headers["X-Good-Until"] == str(int(datetime(2026, 3, 3, 5, tzinfo=UTC).timestamp() * 1000))


def test_a_client_changes_the_language_of_page_and_texts(session, browser, address, maria):
    answer = post(browser, address, do="language", language="es")

    assert 'lang="es"' in answer.text
    assert "Esta página y sus mensajes están ahora en español." in answer.text
    session.refresh(maria)
    assert maria.language == "es"
    session.commit()
    post(browser, address, do="language", language="xx")
    session.refresh(maria)
    assert maria.language == "es"


def test_larger_text_stays_when_something_is_sent(browser, address):
    page = browser.get(address, query_string={"big": 1})
    assert "client--big" in page.text

    sent = {"form": form_token(page), "do": "rate", "score": 2, "known": 0, "change": 0}
    answer = browser.post(f"{address}?big=1", data=sent, follow_redirects=True)

    assert "client--big" in answer.text
    assert "client--big" not in browser.get(address).text


def test_progress_is_said_as_facts_and_only_where_there_are_any(session, browser, address, maria, clock):
    assert "last 7 days" not in browser.get(address).text
    turn = session.scalars(select(Occurrence)).one().id
    session.commit()

    post(browser, address, do="rate", score=6, known=0, change=0)
    done = post(browser, address, do="done", turn=turn)
    assert "You did your exercises on 1 of the last 7 days." in done.text
    assert "Your pain was" not in done.text

    clock.now += 2 * DAY
    later = post(browser, address, do="rate", score=4, known=0, change=0)
    assert "Your pain was 6 on Mon 2 Mar. Your newest answer is 4." in later.text


def test_a_link_lives_two_weeks_past_the_plan(session, browser, maria, clock):
    give(session, maria, ends_on=MONDAY + 6 * DAY)
    link = link_for(session, maria, MONDAY_8AM)
    session.commit()
    address = f"/c/{link.token}"
    midnight_after = datetime.combine(MONDAY + 7 * DAY, time(5), MONDAY_8AM.tzinfo)

    clock.now = midnight_after + LIVES_ON - timedelta(hours=2)
    assert browser.get(address).status_code == 200
    clock.now = midnight_after + LIVES_ON + timedelta(hours=2)
    assert browser.get(address).status_code == 404


def test_a_taken_back_link_says_whom_to_call_and_a_stranger_is_told_nothing(session, browser, address, maria):
    renew_link(session, maria, MONDAY_8AM)
    session.commit()

    ours, nobodys = browser.get(address), browser.get("/c/" + secrets.token_urlsafe(16))

    assert (ours.status_code, nobodys.status_code) == (404, 404)
    assert 'You can call Riverside Physio: <a class="nowrap" href="tel:+12025550100">' in ours.text
    assert "Maria" not in ours.text
    assert "Riverside" not in nobodys.text


def test_a_new_link_goes_to_the_phone_on_file_once_a_day(session, browser, address, maria, clock):
    renew_link(session, maria, MONDAY_8AM)
    session.commit()

    for _ in range(3):
        page = post(browser, address, do="ask")
        assert "a new link comes by text" in page.text
    [reminder] = kept(session, Reminder)

    assert reminder.text_key == "own_page"
    assert reminder.client_id == maria.id
    token = reminder.params["link"].rsplit("/", 1)[1]
    assert browser.get(f"/c/{token}").status_code == 200


def test_nobody_who_may_not_be_texted_gets_a_new_link(session, browser, practice):
    client = make_client(session, practice, has_consent=False)
    link = link_for(session, client, MONDAY_8AM)
    renew_link(session, client, MONDAY_8AM)
    session.commit()

    page = post(browser, f"/c/{link.token}", do="ask")

    assert "a new link comes by text" in page.text
    assert kept(session, Reminder) == []


def test_altered_tokens_open_nothing(session, database: Database, maria):
    token = link_for(session, maria, MONDAY_8AM).token
    session.commit()
    letters = "ABCxyz019_-"
    altered = {token[:place] + letter + token[place + 1 :] for place in range(22) for letter in letters}
    altered |= {
        token[:-1],
        token + "A",
        token.lower(),
        token.upper(),
        "",
        " " + token,
        token + "\n",
        "é" * 22,
    }
    altered -= {token}

    with database.reading() as reading:
        assert [one for one in altered if find_client_by(reading, one, MONDAY_8AM)] == []
        assert find_client_by(reading, token, MONDAY_8AM) is not None


def test_guessing_links_soon_gets_a_bare_answer_and_a_right_link_still_opens(browser, address):
    answers = [browser.get("/c/" + secrets.token_urlsafe(16)) for _ in range(30)]

    assert {answer.status_code for answer in answers} == {404}
    assert len(answers[-1].data) < 40
    assert browser.get(address).status_code == 200


def code_of(session, maria) -> str:
    code: str = link_for(session, maria, MONDAY_8AM).code
    session.commit()
    return code


def test_the_code_on_paper_leads_to_the_page_however_it_is_typed(session, browser, address, maria):
    code = code_of(session, maria)
    hyphened = code_on_paper(code)

    for typed in (hyphened, hyphened.upper(), code, code_on_paper(code).replace("-", " ")):
        answer = browser.get(f"/c/{typed}")
        assert (answer.status_code, answer.location) == (302, address)
        assert "no-store" in answer.headers["Cache-Control"]
    assert browser.get(f"/c/{hyphened}", follow_redirects=True).status_code == 200


def test_the_code_on_paper_ends_with_its_link(session, browser, maria, clock):
    code = code_of(session, maria)

    clock.now = MONDAY_8AM + LIVES_ON + timedelta(hours=1)
    assert browser.get(f"/c/{code}", follow_redirects=True).status_code == 404
    clock.now = MONDAY_8AM
    assert browser.get(f"/c/{code}", follow_redirects=True).status_code == 200
    renew_link(session, maria, MONDAY_8AM)
    session.commit()
    gone = browser.get(f"/c/{code}", follow_redirects=True)
    assert (gone.status_code, "Maria" in gone.text) == (404, False)
    assert code_of(session, maria) != code


def test_guessing_codes_soon_gets_a_bare_answer_and_changes_nothing(session, browser, maria):
    code = code_of(session, maria)
    answers = [browser.get("/c/" + code_on_paper(new_code())) for _ in range(30)]

    assert {answer.status_code for answer in answers} == {404}
    assert len(answers[-1].data) < 40
    assert browser.post(f"/c/{code}", data={"do": "stop"}).status_code == 404
    assert browser.get(f"/c/{code}").status_code == 302


def test_a_code_is_long_enough_and_holds_nothing_that_looks_like_another_letter():
    codes = [new_code() for _ in range(200)]

    assert len(CODE_LETTERS) ** len(codes[0]) > 2**57
    assert len(set(codes)) == 200
    assert not set("".join(codes)) & set("01aeiloul")
    assert typed_code(secrets.token_urlsafe(16)) is None


def test_staff_look_and_answer_for_nobody(session, browser, sign_in: SignIn, address, sam, maria):
    sign_in(browser, sam)
    desk_address = f"/clients/{maria.id}/page"
    turn = turns(session)[0]

    page = browser.get(address)
    browser.post(address, data={"form": form_token_of(browser, address), "do": "done", "turn": turn.id})
    desk = browser.get(desk_address)

    assert "This is what Maria sees." in page.text
    assert "I did this one" not in page.text + desk.text
    assert "Hold 30 seconds. 3 times, each side." in desk.text
    assert turns(session)[0].status is OccurrenceStatus.OPEN


def test_staff_make_a_new_link_and_the_old_one_closes(session, browser, sign_in: SignIn, address, sam, maria):
    sign_in(browser, sam)

    answer = browser.post(f"/clients/{maria.id}/page/link", follow_redirects=True)
    fresh = re.search(r"/c/([\w-]{22})", answer.text)

    assert "The old one no longer works." in answer.text
    assert fresh
    assert browser.get(address).status_code == 404
    assert browser.get(f"/c/{fresh[1]}").status_code == 200


def test_another_therapist_gets_no_link(session, browser, sign_in: SignIn, practice, address, maria):
    kim = make_user(session, practice, name="Kim")
    session.commit()
    sign_in(browser, kim)

    assert browser.get(f"/clients/{maria.id}/page").status_code == 404
    assert browser.post(f"/clients/{maria.id}/page/link").status_code == 404


def test_a_forged_host_never_appears_in_a_link(session, browser, sign_in: SignIn, address, sam, maria):
    sign_in(browser, sam)

    page = browser.get(f"/clients/{maria.id}/page", headers={"Host": "evil.example"})

    assert "evil.example" not in page.text


def test_the_token_is_in_no_log_line(
    session, make_app: MakeApp, address, capsys: pytest.CaptureFixture[str], monkeypatch, caplog
):
    def broken(*_args: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("web.client_link.sheet_of", broken)
    app = make_app()
    app.testing = False

    with own_logs(monkeypatch):
        answer = app.test_client().get(address)

    assert answer.status_code == 500
    token = address.rsplit("/", 1)[1]
    written = capsys.readouterr()
    assert token not in written.out + written.err + caplog.text
