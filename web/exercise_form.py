"""The form in which a practice writes an exercise of its own, in every language clients may read."""

from wtforms import Field, IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput

from care.errors import Refused
from care.exercises import START_POSITIONS, ExerciseDetails
from care.languages import ENGLISH, LANGUAGES
from care.models import Exercise, ExerciseType, Laterality
from care.translating import MOST_STEPS, Told, translation
from care.vocabulary import PRECAUTIONS, REGIONS
from web.forms import Form, at_most, choices, given, stripped

TYPE_WORDS = {
    ExerciseType.STRETCH: "Stretch",
    ExerciseType.MOBILITY: "Mobility",
    ExerciseType.STRENGTH: "Strength",
    ExerciseType.SELF_RELEASE: "Self-release",
}
SIDE_WORDS = {"both": "Both sides at once", "each_side": "Each side"}
OTHERS = {code: name for code, name in LANGUAGES.items() if code != ENGLISH}
TRANSLATED = (
    ("Name", "name", StringField, 80),
    ("What to do", "cue", TextAreaField, 200),
    ("Steps", "steps", TextAreaField, 1300),
    ("Caution", "caution", TextAreaField, 300),
)
# A sentence of a refusal begins with the field it is about.
FIELD_OF = {
    **{
        f"{what} in {name}": f"{field}_{code}"
        for code, name in OTHERS.items()
        for what, field in (("Name", "name"), ("Cue", "cue"), ("Steps", "steps"), ("Caution", "caution"))
    },
    "Name": "name",
    "There is already": "name",
    "Sets": "sets",
    "Repetitions": "reps",
    "Hold": "hold_seconds",
    "Time": "duration_seconds",
    "Cue": "cue",
    "Caution": "caution",
    "Steps": "steps",
    "Muscle": "target_muscles",
    "Equipment": "equipment",
    "Short code": "short_code",
    "Video": "video_url",
}


class CountField(IntegerField):
    """A whole number; empty is 0, which the library refuses where it makes no sense."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0].strip() if valuelist else ""
        if typed and not (typed.isascii() and typed.isdecimal() and len(typed) < 6):
            raise ValueError(f"{self.label.text} must be a whole number.")
        self.data = int(typed or 0)


class ExerciseForm(Form):
    name = StringField("Name", filters=[stripped], validators=[given("Enter the name."), at_most(80)])
    body_region = SelectField(
        "Region",
        choices=choices([("", "Choose"), *((code, words.capitalize()) for code, words in REGIONS.items())]),
        validators=[given("Choose the region.")],
    )
    start_position = SelectField(
        "Starting position",
        choices=choices((code, words.capitalize()) for code, words in START_POSITIONS.items()),
    )
    type = SelectField("Kind", choices=choices((kind.value, words) for kind, words in TYPE_WORDS.items()))
    laterality = SelectField("Done", choices=choices(SIDE_WORDS.items()))
    sets = CountField("Sets")
    reps = CountField("Times")
    hold_seconds = CountField("Hold")
    duration_seconds = CountField("Time for each")
    target_muscles = StringField("Muscles", filters=[stripped], validators=[at_most(200)])
    equipment = StringField("Equipment", filters=[stripped], validators=[at_most(200)])
    cue = TextAreaField("What to do", filters=[stripped], validators=[given("Say what to do."), at_most(200)])
    steps = TextAreaField("Steps", filters=[stripped], validators=[at_most(1300)])
    caution = TextAreaField("Caution", filters=[stripped], validators=[at_most(300)])
    short_code = StringField("Short code", filters=[stripped], validators=[at_most(12)])
    video_url = StringField("Video", filters=[stripped], validators=[at_most(300)])
    avoid_if = SelectMultipleField(
        "Take care with", choices=choices(PRECAUTIONS.items()), option_widget=CheckboxInput()
    )

    def details(self, kept: Exercise | None) -> ExerciseDetails:
        """What the form says; what it does not ask stays as it is."""
        return ExerciseDetails(
            name=self.name.data,
            body_region=self.body_region.data,
            start_position=self.start_position.data,
            type=ExerciseType(self.type.data),
            laterality=Laterality(self.laterality.data),
            sets=self.sets.data,
            reps=self.reps.data,
            hold_seconds=self.hold_seconds.data,
            duration_seconds=self.duration_seconds.data,
            target_muscles=_listed(self.target_muscles.data),
            equipment=_listed(self.equipment.data) or ("none",),
            cue=self.cue.data,
            caution=self.caution.data,
            steps=_lines(self.steps.data),
            translations={code: self._told(code) for code in OTHERS},
            avoid_if=tuple(self.avoid_if.data),
            short_code=self.short_code.data,
            video_url=self.video_url.data,
            level=kept.level if kept else 1,
            times_per_day=kept.times_per_day if kept else 1,
            days_per_week=kept.days_per_week if kept else 7,
        )

    def in_languages(self) -> list[tuple[str, list[Field]]]:
        """The fields of each other language, under its name."""
        fields = [field for _words, field, *_ in TRANSLATED]
        return [(name, [self[f"{field}_{code}"] for field in fields]) for code, name in OTHERS.items()]

    def _told(self, code: str) -> Told:
        typed = {field: self[f"{field}_{code}"].data or "" for _words, field, *_ in TRANSLATED}
        return Told(typed["name"], typed["cue"], typed["caution"], _lines(typed["steps"]))


def _add_language(code: str, name: str) -> None:
    for words, field, kind, longest in TRANSLATED:
        made = kind(f"{words} in {name}", filters=[stripped], validators=[at_most(longest)])
        setattr(ExerciseForm, f"{field}_{code}", made)


for _code, _name in OTHERS.items():
    _add_language(_code, _name)


class FinishForm(ExerciseForm):
    """What an imported entry lacks has to be chosen."""

    laterality = SelectField(
        "Done", choices=choices([("", "Choose"), *SIDE_WORDS.items()]), validators=[given("Choose the side.")]
    )
    caution = TextAreaField(
        "Caution", filters=[stripped], validators=[given("Say what to take care with."), at_most(300)]
    )


def steps_left_over(exercise: Exercise) -> list[tuple[str, str, tuple[str, ...]]]:
    """Lines of an imported entry that its form has no room for, with code and name of their language."""
    told = {ENGLISH: tuple(exercise.steps)} | {code: translation(exercise, code).steps for code in OTHERS}
    return [
        (code, LANGUAGES[code], steps[MOST_STEPS:]) for code, steps in told.items() if len(steps) > MOST_STEPS
    ]


def as_typed(exercise: Exercise) -> dict[str, object]:
    """The entry as its form shows it: lists with commas between, choices by their codes."""
    columns = {name: value for name, value in vars(exercise).items() if not name.startswith("_")}
    told = {code: translation(exercise, code) for code in OTHERS}
    others = {
        f"{field}_{code}": _typed(getattr(words, field))
        for code, words in told.items()
        for _words, field, *_ in TRANSLATED
    }
    return (
        columns
        | others
        | {
            "target_muscles": ", ".join(exercise.target_muscles),
            "equipment": ", ".join(item for item in exercise.equipment if item != "none"),
            "steps": _typed(tuple(exercise.steps)),
            "short_code": exercise.short_code or "",
            "type": exercise.type.value,
            "laterality": exercise.laterality.value,
        }
    )


def _listed(typed: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in typed.split(",") if part.strip())


def _typed(words: str | tuple[str, ...]) -> str:
    return words if isinstance(words, str) else "\n".join(words[:MOST_STEPS])


def _lines(typed: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in typed.splitlines() if line.strip())


def field_of(refusal: Refused) -> str | None:
    return next((field for words, field in FIELD_OF.items() if str(refusal).startswith(words)), None)
