"""Rows of exercises with their doses, in the forms that give or change a plan: as typed, then checked."""

from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from care.errors import Refused
from care.models import Assignment, Exercise, ExerciseType, Laterality, Side
from care.pictures import has_picture, is_shown_to_clients
from care.plans import Dose, default_dose

DOSE_FIELDS = ("sets", "reps", "hold", "duration", "side", "load", "note")
# Good in every part, so that a refusal speaks of the one part put in its place.
SOUND_DOSE = Dose(1, 1, 0, 0, Side.BOTH)


@dataclass
class DoseRow:
    """One exercise in the list, its dose as typed."""

    exercise: Exercise
    typed: dict[str, str]

    @property
    def has_picture(self) -> bool:
        return has_picture(self.exercise)

    @property
    def is_unapproved(self) -> bool:
        """It has a picture that clients do not see: they get words alone."""
        return self.has_picture and not is_shown_to_clients(self.exercise)

    @property
    def has_hold(self) -> bool:
        return self.exercise.hold_seconds > 0 or self.typed["hold"] not in ("", "0")

    @property
    def has_duration(self) -> bool:
        return self.exercise.duration_seconds > 0 or self.typed["duration"] not in ("", "0")

    @property
    def has_side(self) -> bool:
        return self.exercise.laterality is Laterality.EACH_SIDE or self.typed["side"] != Side.BOTH.value

    @property
    def has_load(self) -> bool:
        return self.exercise.type is ExerciseType.STRENGTH or bool(self.typed["load"])


def row_of(exercise: Exercise, dose: Dose | Assignment | None = None) -> DoseRow:
    """A row with the dose given, else the one the library starts from."""
    start = dose or default_dose(exercise)
    return DoseRow(
        exercise,
        {
            "sets": str(start.sets),
            "reps": str(start.reps),
            "hold": str(start.hold_seconds or ""),
            "duration": str(start.duration_seconds or ""),
            "side": start.side.value,
            "load": start.load,
            "note": start.note,
        },
    )


def row_number(typed: str) -> int:
    """The id of a row as a form or a button names it; 0 for what is none."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0


def read_row(exercise: Exercise, typed: MultiDict[str, str], number: int) -> DoseRow:
    """The row with this number as it was posted."""
    doses = {name: typed.get(f"{name}-{number}", "").strip() for name in DOSE_FIELDS}
    return DoseRow(exercise, doses | {"side": doses["side"] or Side.BOTH.value})


def read_dose(errors: dict[str, str], number: int, row: DoseRow) -> Dose | None:
    """The dose of the row with this number; None with a sentence in `errors` for each field that is off."""
    sets = _dose_number(errors, row, f"sets-{number}", "sets")
    reps = _dose_number(errors, row, f"reps-{number}", "reps")
    hold = _dose_number(errors, row, f"hold-{number}", "hold_seconds", needed=False)
    duration = _dose_number(errors, row, f"duration-{number}", "duration_seconds", needed=False)
    side = next((side for side in Side if side.value == row.typed["side"]), Side.BOTH)
    if sets is None or reps is None or hold is None or duration is None:
        return None
    return Dose(sets, reps, hold, duration, side, row.typed["load"][:60], row.typed["note"][:300])


def _dose_number(errors: dict[str, str], row: DoseRow, id: str, part: str, needed: bool = True) -> int | None:
    """The number in this field; the dose itself says which numbers hold."""
    typed = row.typed[id.split("-")[0]]
    if not typed and not needed:
        return 0
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 6 else -1
    changed: dict[str, Any] = {part: number}
    try:
        replace(SOUND_DOSE, **changed).check()
    except Refused as refusal:
        errors[id] = f"{row.exercise.name}: {refusal}"
        return None
    return number
