"""Two clients, one phone: a text belongs to one of them by its letter, or to nobody."""

import random

import pytest

from care.clients import ClientDetails, add_client
from care.consent import withdraw_texting_consent
from care.db import Database
from care.models import Client, ClientStatus, ConsentSource, NumberState, Practice, QuestionStatus
from reminders.shared_phones import read_letter
from tests.making import MONDAY_8AM, make_client, make_practice, make_visit
from tests.reminders.living import BOOK
from tests.web.conftest import MakeApp, TestClock
from tests.web.texting import Line, open_line

PHONE = "+12025550142"


@pytest.fixture
def line(database: Database, make_app: MakeApp, clock: TestClock) -> Line:
    return open_line(database, make_app, clock)


@pytest.fixture
def maria(line: Line) -> Client:
    return line.add(phone=PHONE)


@pytest.fixture
def carlos(line: Line, maria: Client) -> Client:
    return line.add(phone=PHONE, first_name="Carlos")


def test_the_second_on_a_phone_brings_letters_that_stay(line: Line) -> None:
    def add(first_name: str) -> Client:
        with line.database.sessions.begin() as session:
            practice = session.get_one(Practice, line.practice.id)
            return add_client(session, practice, BOOK, ClientDetails(first_name, phone=PHONE), MONDAY_8AM)

    first = add("Maria")
    assert line.client(first).letter is None
    second, third = add("Carlos"), add("Ana")

    assert [line.client(one).letter for one in (first, second, third)] == ["A", "B", "D"]


def test_questions_say_whose_they_are_and_which_letter_to_answer_with(
    line: Line, maria: Client, carlos: Client
) -> None:
    assert line.ask_pain(carlos) == [
        "Riverside: B (Carlos), how is your pain now? 0 is none, 10 the worst. "
        "Reply B and your pain, 0 to 10. Example: B4"
    ]


@pytest.mark.parametrize("body", ["A4", "a 4", "A: 4", "4 A", "A, pain 4", "a4/10", "A done 4", "A - 4"])
def test_the_letter_binds(line: Line, maria: Client, carlos: Client, body: str) -> None:
    line.ask_pain(maria)
    line.ask_pain(carlos)

    line.text(PHONE, body)

    assert (line.scores(maria), line.scores(carlos)) == ([4], [])
    assert line.messages()[-2].client_id == maria.id
    assert line.questions(carlos)[0].status is QuestionStatus.OPEN


@pytest.mark.parametrize("body", ["4", "DONE", "a lot of pain, 4", "pain 4", "I am a 4", "later", "TIME 7pm"])
def test_without_a_letter_it_is_asked_back_once_and_then_goes_to_a_person(
    line: Line, maria: Client, carlos: Client, body: str
) -> None:
    line.ask_pain(maria)
    line.ask_pain(carlos)

    asked = line.text(PHONE, body)
    line.later(minutes=1)
    told = line.text(PHONE, body)

    assert asked == [
        "This phone is shared: A Maria, B Carlos. Please send that again with your letter first. "
        "Example: A4 or A DONE"
    ]
    assert "We passed your message on" in told[0]
    assert line.causes() == [("unreadable", maria.id), ("unreadable", carlos.id)]
    assert (line.scores(maria), line.scores(carlos)) == ([], [])
    assert {one.client_id for one in line.messages() if one.direction.value == "in"} == {None}


def test_a_bare_answer_is_asked_back_even_when_only_one_of_them_was_asked(
    line: Line, maria: Client, carlos: Client
) -> None:
    line.ask_pain(maria)

    assert "This phone is shared" in line.text(PHONE, "4")[0]
    assert line.scores(maria) == []


def test_the_letter_alone_claims_what_was_asked_back(line: Line, maria: Client, carlos: Client) -> None:
    line.ask_pain(maria)
    line.ask_pain(carlos)
    line.text(PHONE, "6")
    line.later(minutes=1)

    answer = line.text(PHONE, "B")

    assert "Thanks Carlos. We saved 6" in answer[0]
    assert (line.scores(maria), line.scores(carlos)) == ([], [6])
    assert [one.client_id for one in line.messages() if one.direction.value == "in"] == [carlos.id, carlos.id]


def test_the_letter_c_still_confirms_a_visit(line: Line, maria: Client, carlos: Client) -> None:
    line.change(lambda session, client: make_visit(session, client), carlos)

    assert line.text(PHONE, "B C") == ["Thanks Carlos. See you then."]


def test_stop_stops_the_phone_for_all(line: Line, maria: Client, carlos: Client) -> None:
    answer = line.text(PHONE, "A stop")

    assert answer == ["Riverside: you will get no more texts. Reply START to join again."]
    assert line.ask_pain(maria) == line.ask_pain(carlos) == []
    assert line.causes() == [("opt_out", maria.id), ("opt_out", carlos.id)]


def test_a_wrong_number_stops_all_and_staff_hear_of_each(line: Line, maria: Client, carlos: Client) -> None:
    assert "no more texts from Riverside" in line.text(PHONE, "wrong number")[0]

    assert line.causes() == [("wrong_number", maria.id), ("wrong_number", carlos.id)]
    assert {line.client(one).number_state for one in (maria, carlos)} == {NumberState.WRONG}
    assert line.ask_pain(maria) == line.ask_pain(carlos) == []


def test_danger_without_a_letter_gets_one_safety_text_and_an_item_for_each(
    line: Line, maria: Client, carlos: Client
) -> None:
    answer = line.text(PHONE, "I can't feel anything between my legs")

    assert len(answer) == 1
    assert "Call 911" in answer[0]
    flags = [one for one in line.causes() if one[0] == "red_flag"]
    assert flags == [("red_flag", maria.id), ("red_flag", carlos.id)]


def test_a_question_reaches_a_person_for_each(line: Line, maria: Client, carlos: Client) -> None:
    assert "We passed your message on" in line.text(PHONE, "can you call me about my appointment?")[0]

    assert line.causes() == [("question", maria.id), ("question", carlos.id)]


def test_thanks_without_a_letter_are_left_alone(line: Line, maria: Client, carlos: Client) -> None:
    assert line.text(PHONE, "thanks!") == []
    assert line.causes() == []


def test_who_is_left_alone_on_the_phone_may_leave_the_letter_out(
    line: Line, maria: Client, carlos: Client
) -> None:
    line.change(lambda _session, client: setattr(client, "status", ClientStatus.DISCHARGED), maria)
    line.ask_pain(carlos)

    line.text(PHONE, "4")
    line.later(minutes=1)
    line.ask_pain(carlos)
    line.text(PHONE, "B 5")

    assert line.scores(carlos) == [4, 5]


def test_the_same_phone_in_another_practice_is_no_shared_phone(line: Line, maria: Client) -> None:
    with line.database.sessions.begin() as session:
        make_client(session, make_practice(session), phone=PHONE)
    line.ask_pain(maria)

    line.text(PHONE, "4")

    assert line.scores(maria) == [4]


SAYINGS = (
    "{n}", "{n}/10", "pain {n}", "done {n}", "DONE", "done", "a {n}", "b {n}", "A{n}", "B{n}", "A done",
    "b done {n}", "A", "B", "about a {n}", "a bit better, {n}", "be {n}", "A: {n} today",
    "B, not today", "skipped", "{n} A", "{n}b", "same as Carlos, {n}", "Maria {n}", "sorry I meant {n}",
    "*{n}", "no pain", "yes", "no", "a lot", "{n} and {n}", "d {n}", "c", "A C", "knee {n}, back 2",
    "later", "remind me at 6", "TIME {n}pm", "B TIME {n}pm", "a little {n}",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_no_rating_is_ever_attached_to_the_wrong_client(
    line: Line, maria: Client, carlos: Client, seed: int
) -> None:
    """Whoever writes, in whatever order: what is recorded for a client came in a text with their letter,
    or in one that they claimed with it.
    """
    chance = random.Random(seed)
    for _ in range(60):
        if chance.random() < 0.3:
            line.ask_pain(chance.choice([maria, carlos]))
        line.text(PHONE, chance.choice(SAYINGS).format(n=chance.randrange(11)))
        line.later(minutes=chance.randrange(1, 200))

    theirs = {maria.id: "a", carlos.id: "b"}
    bodies = {one.id: one.body.lower() for one in line.messages()}
    for one in line.messages():
        if one.direction.value == "in" and one.client_id is not None:
            letter, other = theirs[one.client_id], "b" if theirs[one.client_id] == "a" else "a"
            claimed = _claimed(line, one.id, bodies)
            said = bodies[one.id].replace(",", " ").replace(":", " ").split()
            assert claimed == letter or said[0].startswith(letter) or said[-1].endswith(letter), one.body
            assert claimed == letter or said[0] != other, one.body
    for rating in line.ratings(maria) + line.ratings(carlos):
        assert rating.reply_id is not None


WORDS = [
    "a", "b", "A", "B", "a:", "b,", "4", "10", "a4", "b7", "4a", "done", "DONE", "skip",
    "pain", "lot", "bit", "of", "my", "knee", "hurts", "no", "yes", "the", "is", "3/10", "later",
]  # fmt: skip


def test_ten_thousand_texts_name_a_client_only_by_a_letter_set_apart() -> None:
    chance, named = random.Random(7), 0
    for _ in range(10_000):
        body = " ".join(chance.choices(WORDS, k=chance.randrange(1, 6)))
        found = read_letter(body, "ab")
        if found is None:
            continue
        named += 1
        letter, rest = found
        text = body.lower()
        assert text.startswith(letter) or text.endswith(letter)
        # "a lot of pain 4" and "a bit better" name nobody.
        is_marked = text[1:2] in ("", ":", ",") or text[1:2].isdigit()
        words = set(rest.split()) & {"lot", "bit", "of", "my", "knee", "hurts", "the", "is"}
        assert is_marked or not words, body
    assert named > 500


def _claimed(line: Line, message_id: int, bodies: dict[int, str]) -> str | None:
    """The letter alone that came after it and claimed it."""
    inbound = [one.id for one in line.messages() if one.direction.value == "in"]
    later = inbound[inbound.index(message_id) + 1 :]
    return next((bodies[id] for id in later if bodies[id] in ("a", "b")), None)


@pytest.mark.parametrize("body", ["A: 4 B: 6", "a4 b6", "A 4 B 6", "B 6 and A 4", "a4, b 6", "A done 4, B 6"])
def test_an_answer_for_each_in_one_text(line: Line, maria: Client, carlos: Client, body: str) -> None:
    line.ask_pain(maria)
    line.ask_pain(carlos)

    answers = line.text(PHONE, body, MessageSid="SM" + "8" * 32)

    assert (line.scores(maria), line.scores(carlos)) == ([4], [6])
    assert len(answers) == 2
    assert line.text(PHONE, body, MessageSid="SM" + "8" * 32) == []
    assert (line.scores(maria), line.scores(carlos)) == ([4], [6])


@pytest.mark.parametrize(
    "body", ["b4 bed it was a 6", "b4 dinner fine, 3", "a.m. was bad, 4", "A: 4 B: much worse", "a4 b6 b7"]
)
def test_what_only_begins_like_a_letter_is_asked_back(
    line: Line, maria: Client, carlos: Client, body: str
) -> None:
    line.ask_pain(maria)
    line.ask_pain(carlos)

    assert "This phone is shared" in line.text(PHONE, body)[0]
    assert line.scores(maria) + line.scores(carlos) == []


def test_a_phone_that_nobody_agreed_for_is_told_no_names(line: Line, maria: Client, carlos: Client) -> None:
    for client in (maria, carlos):
        line.change(
            lambda session, one: withdraw_texting_consent(
                session, one, "No texts.", ConsentSource.PHONE_CALL, line.clock.now
            ),
            client,
        )
    line.later(hours=1)

    answers = [*line.text(PHONE, "4"), *line.text(PHONE, "hello, it is bad today")]

    assert not any(name in body for name in ("Maria", "Carlos") for body in answers)
    assert {one.client_id for one in line.items()} == {maria.id, carlos.id}
