"""Who the sample practice's clients are, and how each of them answers. The history itself is lived."""

from dataclasses import dataclass, field
from datetime import time


@dataclass(frozen=True)
class Answering:
    """How a client of this kind answers their texts.

    Pain moves from `pain_from` to `pain_to` over the eight weeks; `does` and `answers` are the shares
    of exercises done and of texts answered; `silent_days` says how long they have not answered now.
    `is_remark`: the last words answer no question, since all were answered before.
    """

    pain_from: float
    pain_to: float
    does: float = 0.8
    answers: float = 0.85
    silent_days: int = 0
    last_words: str | None = None
    last_words_hours_ago: float = 0
    is_remark: bool = False


@dataclass(frozen=True)
class Person:
    """One sample client. `weeks` is how long they have been coming."""

    first_name: str
    last_name: str
    therapist: str
    complaint: str
    category: str
    regions: tuple[str, ...]
    exercises: tuple[str, ...]
    goal: str
    at: time
    answering: Answering
    weeks: int = 8
    later: tuple[str, ...] = ()
    precautions: tuple[tuple[str, str], ...] = ()
    language: str = "en"
    timezone: str | None = None
    has_phone: bool = True
    has_dead_number: bool = False
    is_discharged: bool = False
    asks_every_days: int | None = 3
    every_days: int | None = None
    techniques: tuple[str, ...] = field(default=("mfr", "trigger_point"))


PEOPLE = (
    Person(
        "Maria", "Lopez", "sam", "Right hip and low back pain", "chronic_pain", ("hip", "low_back"),
        ("hamstring-strap-stretch", "half-kneeling-hip-flexor-stretch", "glute-bridge"),
        "Walk the dog for 30 minutes", time(18),
        Answering(8, 3, does=0.85, answers=0.9,
                  last_words="done 3, better on the stairs", last_words_hours_ago=14),
        later=("hamstring-strap-stretch", "doorway-chest-stretch", "glute-bridge"),
        precautions=(("hip_replacement", "left hip, 2024"),),
    ),
    Person(
        "Tom", "Ek", "sam", "Neck stiffness at the desk", "repetitive_strain", ("neck", "upper_back"),
        ("upper-trapezius-stretch", "chin-tuck", "scapular-squeeze"),
        "Work a full day without a headache", time(17, 30),
        Answering(5, 5, does=0.4, answers=0.5, silent_days=9),
        every_days=2,
    ),
    Person(
        "Jo", "Chan", "kim", "Low back pain into the leg", "nerve_compression",
        ("low_back", "thigh_posterior"),
        ("pelvic-tilt", "sciatic-nerve-slider", "bird-dog"),
        "Sit through a concert", time(9),
        Answering(6, 5, does=0.75,
                  last_words="it went numb when I wipe this morning", last_words_hours_ago=0.8),
        precautions=(("disc_problem", "L5 on the left"),),
        weeks=6,
    ),
    Person(
        "Ali", "Reza", "sam", "Shoulder pain when reaching", "sports_injury", ("shoulder",),
        ("doorway-chest-stretch", "sleeper-stretch", "band-external-rotation"),
        "Serve at tennis again", time(9),
        Answering(6, 4, does=0.7,
                  last_words="bit sore after the gardening lol but ok I guess", last_words_hours_ago=3,
                  is_remark=True),
        weeks=5, every_days=2,
    ),
    Person(
        "Ann", "Berg", "kim", "Knee pain on stairs", "post_operative", ("knee",),
        ("straight-leg-raise", "heel-raise", "sit-to-stand"),
        "Climb to the third floor", time(18),
        Answering(6, 3, does=0.8, silent_days=4), has_dead_number=True,
        precautions=(("recent_surgery", "meniscus, March"),),
        weeks=7,
    ),
    Person(
        "Sofia", "Ramos", "kim", "Dolor de hombro y cuello", "tension", ("neck", "shoulder"),
        ("upper-trapezius-stretch", "levator-scapulae-stretch"),
        "Dormir toda la noche", time(18),
        Answering(7, 3, does=0.8, answers=0.85), language="es",
        weeks=6,
    ),
    Person(
        "Frank", "Osei", "sam", "Plantar heel pain", "sports_injury", ("foot", "lower_leg"),
        ("plantar-fascia-toe-pull", "gastrocnemius-wall-stretch", "plantar-ball-roll"),
        "Run 5 km", time(9),
        Answering(5, 7.5, does=0.9, answers=0.95,
                  last_words="done but pain is an 8 today", last_words_hours_ago=5),
        weeks=5,
    ),
    Person(
        "Ruth", "Meyer", "kim", "Stiff upper back", "postural_imbalance", ("upper_back",),
        ("thoracic-chair-extension", "wall-angel", "open-book-rotation"),
        "Look over the shoulder when driving", time(17, 30),
        Answering(4, 1, does=0.95, answers=0.95,
                  last_words="done 1. can I use heat before the stretches?", last_words_hours_ago=20),
        timezone="America/Chicago",
        precautions=(("osteoporosis", ""),),
        every_days=2,
    ),
    Person(
        "Pete", "Novak", "sam", "Elbow pain at work", "repetitive_strain", ("elbow", "forearm"),
        ("wrist-extensor-stretch", "wrist-extensor-lowering"),
        "Hold a drill again", time(18),
        Answering(6, 4, does=0.6, answers=0.7,
                  last_words="please stop texting me", last_words_hours_ago=90),
        weeks=6, every_days=2,
    ),
    Person(
        "Grace", "Hall", "kim", "Balance and hip strength", "chronic_pain", ("hip", "glute"),
        ("single-leg-stance", "sit-to-stand"),
        "Get up from the floor", time(9), Answering(3, 2), has_phone=False, asks_every_days=None,
        precautions=(("falls", "two last winter"),),
        weeks=4,
    ),
    Person(
        "Dana", "Whitfield", "sam", "Jaw and headache", "headache_jaw", ("head_jaw", "neck"),
        ("jaw-controlled-opening", "chin-tuck"),
        "Eat an apple without clicking", time(18), Answering(5, 5), weeks=0,
    ),
    Person(
        "Luis", "Ortega", "kim", "Hamstring strain", "sports_injury", ("thigh_posterior",),
        ("seated-hamstring-stretch", "contract-relax-hamstring", "glute-bridge"),
        "Play football with the kids", time(17, 30),
        Answering(7, 1, does=0.9, answers=0.9), is_discharged=True,
        every_days=2,
    ),
)  # fmt: skip
