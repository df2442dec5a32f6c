"""The table of docs/replies.md: each message through the webhook, and what the run left behind in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from care.in_words import ATTENTION
from care.models import AttentionItem, Client, Occurrence, OccurrenceStatus, Rating, Reply
from care.saying import number_in_words
from tests.making import make_assignment, make_exercise, make_visit
from tests.web.texting import PUBLIC, Line

PAGE = Path(__file__).parents[2] / "docs" / "replies.md"
HEAD = "| asked | message | understood | done | texted back |"
PAIN, EXERCISES, NOTHING, VISIT, LATE = "pain", "exercises", "nothing", "visit", "pain, 13 h ago"

MESSAGES: Sequence[tuple[str, str]] = (
    (PAIN, "6"),
    (PAIN, "6 or 7"),
    (PAIN, "it's a solid five today"),
    (PAIN, "no pain today"),
    (PAIN, "knee 3, back 5"),
    (PAIN, "sorry I meant 5"),
    (PAIN, "same as yesterday"),
    (PAIN, "took 2 tylenol at 4"),
    (PAIN, "11"),
    (PAIN, "DONE"),
    (PAIN, "9"),
    (LATE, "4"),
    (LATE, "pain 4"),
    (EXERCISES, "DONE 4"),
    (EXERCISES, "did half, had to stop"),
    (EXERCISES, "forgot, too busy today"),
    (EXERCISES, "remind me at 6"),
    (EXERCISES, "doing them now"),
    (EXERCISES, "listo, dolor 3"),
    (EXERCISES, "2, can I skip the bridge?"),
    (EXERCISES, "Liked “Riverside: Maria, time for your home stretches”"),
    (EXERCISES, "I'm driving right now and will respond when I arrive"),
    (NOTHING, "4"),
    (NOTHING, "thanks!"),
    (NOTHING, "can you call me about my appointment"),
    (NOTHING, "CALL ME"),
    (NOTHING, "TIME 7pm"),
    (NOTHING, "DAYS MWF"),
    (NOTHING, "PAUSE 7"),
    (NOTHING, "no texts until Friday please"),
    (NOTHING, "LIST"),
    (NOTHING, "HELP"),
    (VISIT, "C"),
    (VISIT, "remove me from the Wednesday visit"),
    (PAIN, "6 but I havent had any feeling around my private area"),
    (EXERCISES, "my calf is swollen and hot"),
    (EXERCISES, "3. Didnt fall but almost did on the rug"),
    (PAIN, "se me sale la orina y no me doy cuenta"),
    (NOTHING, "I took way too many of my pills"),
    (NOTHING, "please turn these messages off"),
    (NOTHING, "wrong number"),
)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    asked: str
    message: str
    understood: str
    done: str
    texted: str

    def __str__(self) -> str:
        return f"| {self.asked} | {self.message} | {self.understood} | {self.done} | {self.texted} |"


def rows(line: Line) -> Iterator[Row]:
    """Each message from a client of their own, on a Monday at nine, in a practice with default settings."""
    for place, (asked, message) in enumerate(MESSAGES):
        client = line.add(phone=f"+1202555{2000 + place}", last_name=f"Lopez {place}")
        begun = line.clock.now
        _assign(line, client, asked)
        _ask(line, client, asked)
        texted = line.text(client, message)
        yield Row(asked, message, _understood(line), _done(line, client), " / ".join(texted) or "nothing")
        line.clock.now = begun


def _assign(line: Line, client: Client, asked: str) -> None:
    """Exercises at nine every day, and a visit on Wednesday."""
    with line.database.sessions.begin() as session:
        exercise = make_exercise(session, line.practice)
        is_reminded = asked == EXERCISES
        make_assignment(session, session.get_one(Client, client.id), exercise, is_reminded=is_reminded)
        make_visit(session, session.get_one(Client, client.id), starts_at=line.clock.now + timedelta(days=2))
    line.clock.now -= timedelta(minutes=1)
    line.plan()
    line.later(minutes=2)


def _ask(line: Line, client: Client, asked: str) -> None:
    if asked in (PAIN, LATE):
        line.ask_pain(client)
        line.later(hours=13 if asked == LATE else 1)
    elif asked == EXERCISES:
        line.drain()


def _understood(line: Line) -> str:
    reply = line.reply()
    if reply.did and reply.intents == ["unclear"]:
        return "a command"
    flags = f" ({', '.join(reply.flags)})" if reply.flags else ""
    return ", ".join(sorted(reply.intents)).replace("_", " ") + flags


def _done(line: Line, client: Client) -> str:
    """From the rows: ratings, rounds, the person's list, the phone."""
    with line.looking() as session:
        ratings = session.scalars(
            select(Rating).where(Rating.client_id == client.id).order_by(Rating.id)
        ).all()
        rounds = session.scalars(
            select(Occurrence.status)
            .where(Occurrence.client_id == client.id, Occurrence.due_at <= line.clock.now)
            .order_by(Occurrence.due_at)
        ).all()
        items = session.scalars(select(AttentionItem).where(AttentionItem.client_id == client.id)).all()
        deed = session.scalar(select(Reply.did).where(Reply.client_id == client.id))
    said = [_rating(one) for one in ratings]
    said += [f"exercises {one.value}" for one in rounds if one is not OccurrenceStatus.OPEN]
    said += [deed] if deed else []
    said += [f"on a person's list: {ATTENTION[one.kind].lower()}" for one in items]
    return "; ".join(said) or "nothing recorded"


def _rating(rating: Rating) -> str:
    label = f" for {rating.label}" if rating.label else ""
    return f"saved {number_in_words(rating.score)}{label}" + (" as late" if rating.is_late else "")


def table(line: Line) -> str:
    """As it stands on the page; a link's token is different every time."""
    body = "\n".join(str(row) for row in rows(line))
    return f"{HEAD}\n| --- | --- | --- | --- | --- |\n{_without_token(body)}\n"


def _without_token(body: str) -> str:
    start = body.find(f"{PUBLIC}/c/")
    end = body.find(" |", start)
    return body if start < 0 else f"{body[:start]}{PUBLIC}/c/...{body[end:]}"


def table_on_the_page() -> str:
    text = PAGE.read_text("utf-8")
    start = text.index(HEAD)
    end = text.find("\n\n", start)
    return text[start:] if end < 0 else text[start : end + 1]
