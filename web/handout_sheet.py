"""The words of a plan on paper, in the client's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy.orm import Session

from care.client_links import find_link, paper_address_of
from care.handouts import Handout, Paper, PaperDay, PaperExercise, handout_of
from care.languages import Say, day_for_client
from care.models import Assignment, Client
from care.pictures import is_shown_to_clients, picture_in_words
from care.translating import parts_in_english, told_in
from care.visits import next_visit
from web.client_words import (
    clock_in_words,
    credit_of,
    dose_of,
    language_of,
    sayer,
    visit_in_words,
)


class PainRow(StrEnum):
    """How often the sheet asks for a number."""

    DAY = "day"
    WEEK = "week"
    NONE = "none"


@dataclass(frozen=True)
class Choices:
    """How this sheet is wanted."""

    paper: Paper
    pain: PainRow
    first_day: date


@dataclass(frozen=True)
class DayWords:
    """A cell of the grid: the day, and a label beside each box where there are several; without any, why."""

    day: str
    boxes: list[str]
    no_box: str


@dataclass(frozen=True)
class ExerciseOnPaper:
    """Without `weeks` where none of these days has a box. `in_english` are the parts told in English to a
    client who reads another language.
    """

    assignment: Assignment
    name: str
    dose: str
    cue: str
    steps: list[str]
    caution: str
    in_english: frozenset[str]
    extra: str
    picture: str
    weeks: list[list[DayWords]]


@dataclass(frozen=True)
class PaperSheet:
    """`link` is the client's own page, short enough to type; empty where they have no link that works.
    `free_days` says what to do on the days that have no box since the client's texts are paused.
    """

    client: Client
    language: str
    say: Say
    choices: Choices
    heading: str
    days: str
    free_days: str
    has_boxes: bool
    exercises: list[ExerciseOnPaper]
    pain_weeks: list[list[str]]
    next_visit: str
    link: str


def paper_sheet(
    session: Session,
    client: Client,
    given: Sequence[Assignment],
    choices: Choices,
    public_url: str,
    now: datetime,
) -> PaperSheet:
    """`given` is the running plan, which the choices were made by."""
    language, say = language_of(client), sayer(client, client.practice)
    handout = handout_of(client, given, choices.first_day)
    visit = next_visit(session, client, now)
    link = find_link(session, client, now)
    count = len(handout.exercises)
    first, last = handout.days[0], handout.days[-1]
    return PaperSheet(
        client=client,
        language=language,
        say=say,
        choices=choices,
        heading=say("paper_title", count=count) if count else say("paper_title_none"),
        days=say("paper_days", since=long_day(first, language), until=long_day(last, language)),
        free_days=say("paper_free_days") if handout.has_free_days else "",
        has_boxes=handout.has_boxes,
        exercises=[_exercise(one, language, say) for one in handout.exercises],
        pain_weeks=_pain_weeks(handout, choices.pain, language, say),
        next_visit=say("next_visit", when=visit_in_words(visit, client, language, now)) if visit else "",
        link=paper_address_of(public_url, link) if link else "",
    )


def grid_day(day: date, language: str) -> str:
    """Mon 2 Mar, short enough for a box."""
    return day_for_client(day, language, "box_date_pattern").replace(".", "")


def box_clock(at: time, language: str) -> str:
    """9am, short enough to stand under a box beside another; 9:30am and 09:00 as they are."""
    return clock_in_words(at, language).replace(":00am", "am").replace(":00pm", "pm")


def long_day(day: date, language: str) -> str:
    """Monday 2 March."""
    return day_for_client(day, language, "long_date_pattern")


def _exercise(one: PaperExercise, language: str, say: Say) -> ExerciseOnPaper:
    assignment = one.assignment
    told = told_in(assignment.exercise, language)
    has_picture = is_shown_to_clients(assignment.exercise)
    cells = [_cell(day, one.most_a_day > 1, language, say) for day in one.days]
    return ExerciseOnPaper(
        assignment=assignment,
        name=told.name,
        dose=dose_of(assignment, language),
        cue=told.cue,
        steps=list(told.steps),
        caution=told.caution,
        in_english=parts_in_english(assignment.exercise, language),
        extra=". ".join(part for part in (assignment.load, assignment.note, credit_of(assignment)) if part),
        picture=picture_in_words(assignment.exercise, language) if has_picture else "",
        weeks=[cells[:7], cells[7:]] if one.most_a_day else [],
    )


def _cell(day: PaperDay, several: bool, language: str, say: Say) -> DayWords:
    labels = [box_clock(at, language) if several else "" for at in day.times]
    no_box = say("paper_free") if day.is_free else say("paper_rest")
    return DayWords(grid_day(day.on, language), labels, no_box)


def _pain_weeks(handout: Handout, pain: PainRow, language: str, say: Say) -> list[list[str]]:
    """A label for each place to write a number in."""
    if pain is PainRow.NONE:
        return []
    weeks = [handout.days[:7], handout.days[7:]]
    if pain is PainRow.WEEK:
        labels = [say("paper_week", day=grid_day(week[-1], language)) for week in weeks]
        return [labels]
    return [[grid_day(day, language) for day in week] for week in weeks]
