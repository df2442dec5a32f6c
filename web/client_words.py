"""What the client's own page and paper say, in the client's language."""

from datetime import datetime, time

from care.languages import ENGLISH, LANGUAGES, Say, time_for_client
from care.languages import sayer as plain_sayer
from care.models import Assignment, Client, Practice, Visit
from care.plan_words import dose_in_words
from reminders.wording import contact_values, visit_values


def language_of(client: Client | None) -> str:
    """Theirs, where there is a catalog of it."""
    return client.language if client is not None and client.language in LANGUAGES else ENGLISH


def sayer(client: Client, practice: Practice) -> Say:
    """Says what the page says; every sentence may name the client, the practice and its numbers."""
    language = language_of(client)
    return plain_sayer(language, **contact_values(practice, language), first=client.first_name)


def visit_in_words(visit: Visit, client: Client, language: str, now: datetime) -> str:
    return plain_sayer(language)("date_and_time", **visit_values(visit.starts_at, client, now))


def clock_in_words(at: time | datetime, language: str) -> str:
    return time_for_client(at.time() if isinstance(at, datetime) else at, language)


def dose_of(assignment: Assignment, language: str) -> str:
    """ "Hold 30 seconds. 3 times, right side", in the client's words."""
    return dose_in_words(assignment, assignment.exercise.laterality, language)


def credit_of(assignment: Assignment) -> str:
    """Whose words these are, as the licence of an imported exercise asks for; empty for our own."""
    exercise = assignment.exercise
    return ", ".join(part for part in (exercise.came_from, exercise.author, exercise.licence) if part)
