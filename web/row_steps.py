"""What the buttons of a list of exercises do to it; each says where the focus goes, and what to say."""

from care.models import Assignment, Exercise
from care.plans import Dose
from web.dose_rows import DoseRow, row_of


def add_row(
    rows: list[DoseRow], exercise: Exercise, dose: Dose | Assignment | None, whole: str
) -> tuple[str, str]:
    """At the end, with the dose given, else the library's; `whole` is what the list is called."""
    if any(row.exercise.id == exercise.id for row in rows):
        return "query", f"{exercise.name} is already in the {whole}"
    rows.append(row_of(exercise, dose))
    return "query", f"{exercise.name} added, {len(rows)} in the {whole}"


def move_row(rows: list[DoseRow], verb: str, number: int, whole: str) -> tuple[str, str]:
    """`verb` is "up", "down" or "remove"."""
    if number >= len(rows):
        return "", ""
    row = rows.pop(number)
    if verb == "remove":
        return "query", f"{row.exercise.name} removed, {len(rows)} in the {whole}"
    place = min(max(number + (1 if verb == "down" else -1), 0), len(rows))
    rows.insert(place, row)
    # At either end the button just pressed is off: the focus stays in the row all the same.
    if place == 0:
        verb = "down"
    elif place == len(rows) - 1:
        verb = "up"
    return f"{verb}-{place}", f"{row.exercise.name} is now number {place + 1}"


def nothing_for(query: str, shortest: int) -> str:
    return f"Nothing for '{query}'" if len(query) >= shortest else ""
