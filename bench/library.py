"""Searching a library of 5,000 entries, against a plain LIKE scan of the same rows in the same run."""

import itertools

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bench._measuring import arguments, median_of, report, timed
from bench._world import empty_database, fill
from care.exercises import list_exercises
from care.models import Exercise, ExerciseSource, ExerciseType, Laterality, Practice
from care.vocabulary import REGIONS

SHOWN = 6
# What is typed letter by letter: few matches, many, none, two words.
TYPED = ("ha", "hamstring", "stretch", "zzz", "wall cal", "pectoral")
NAMES = ("hamstring", "calf", "pectoral", "piriformis", "trapezius", "quadriceps", "forearm", "neck")
KINDS = ("stretch", "raise", "slide", "roll", "hold", "bridge", "lift", "glide")


def main() -> None:
    options = arguments(__doc__, entries=5000, runs=15)
    with empty_database() as database:
        fill(database, 1)
        with database.sessions.begin() as session:
            practice_id = session.scalars(select(Practice.id)).one()
            session.execute(
                insert(Exercise), [_entry(practice_id, number) for number in range(options.entries)]
            )
        with database.reading() as session:
            ours = median_of(lambda: _milliseconds(session, practice_id, is_scan=False), options.runs)
            scan = median_of(lambda: _milliseconds(session, practice_id, is_scan=True), options.runs)
    print(
        f"{options.entries} entries, {len(TYPED)} searches: {ours:.1f} ms each, LIKE scan {scan:.1f} ms each"
    )
    report("a search against a LIKE scan", ours / scan, 1.5, at_most=True)


def _milliseconds(session: Session, practice_id: int, *, is_scan: bool) -> float:
    with timed() as watch:
        for typed in TYPED:
            session.expunge_all()
            if is_scan:
                wanted = select(Exercise).where(Exercise.practice_id == practice_id)
                for word in typed.split():
                    wanted = wanted.where(Exercise.search_words.contains(word))
                session.scalars(wanted.order_by(Exercise.search_name).limit(SHOWN)).all()
            else:
                list_exercises(session, practice_id, query=typed, limit=SHOWN)
    return watch.seconds * 1000 / len(TYPED)


def _entry(practice_id: int, number: int) -> dict[str, object]:
    pairs = list(itertools.product(NAMES, KINDS))
    muscle, kind = pairs[number % len(pairs)]
    return {
        "practice_id": practice_id,
        "slug": f"b{number}",
        "name": f"Wall {muscle} {kind} {number}",
        "translations": {"es": {"name": f"Ejercicio {number}"}},
        "body_region": list(REGIONS)[number % len(REGIONS)],
        "start_position": "standing",
        "target_muscles": [muscle],
        "equipment": ["wall"],
        "type": ExerciseType.STRETCH,
        "laterality": Laterality.BOTH,
        "sets": 1,
        "reps": 3,
        "hold_seconds": 30,
        "duration_seconds": 0,
        "cue": "Until you feel a gentle pull.",
        "source": ExerciseSource.OWN,
    }


if __name__ == "__main__":
    main()
