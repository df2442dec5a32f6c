"""Pictures of exercises: bodies that could be real, contacts that touch, SVG that travels everywhere."""

import csv
import re
import subprocess
import sys
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import hypot
from xml.etree import ElementTree

import pytest

from care.figures import PoseMistake, draw, find_figure, frames, list_figures, shape
from care.figures.arrows import SHORTEST
from care.figures.body import FOREARM, SHANK, THIGH, UPPER_ARM
from care.figures.checking import angles, findings
from care.figures.figure import Figure
from care.figures.ink import COLOURS, FAR
from care.figures.kinematics import POINTS
from care.figures.outline import area, clip, holds, wrap
from care.figures.pose import Bend, Pose
from care.figures.reach import solve, two_bones
from care.figures.reading import read_figure
from care.figures.svg import Drawing, compose
from care.figures.vectors import length, sub

SVG = "{http://www.w3.org/2000/svg}"
RESTS_ON = {"edge-of-bed-hip-flexor-stretch": 48.0}
ON_A_ROLLER = {"quadriceps-foam-roll", "latissimus-foam-roll", "sleeper-stretch"}
LIES = {"supine", "prone", "side_lying", "quadruped", "kneeling", "half_kneeling"}
POSTURES = {
    "chair": {"position": "seated", "pose": {"pelvis": [0, 56, 0], "hip": 90, "knee": 90}},
}
FILE = """
posture = "chair"
muscles = ["calf_r"]
alt = "Sitting."
[end]
knee_r = 10
[arrow]
of = "heel_r"
"""


@cache
def figure_of(slug: str) -> Figure:
    figure = find_figure(slug)
    assert figure is not None
    return figure


@cache
def composed(slug: str) -> Drawing:
    return compose(figure_of(slug))


@cache
def drawn(slug: str, side: str = "right") -> str:
    return draw(figure_of(slug), side=side)


def catalogue() -> dict[str, dict[str, str]]:
    text = (files("care") / "data" / "exercises.csv").read_text("utf-8")
    return {row["slug"]: row for row in csv.DictReader(text.splitlines())}


def grey(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_most_of_the_catalogue_has_a_picture() -> None:
    drawn_ones = [slug for slug in catalogue() if find_figure(slug)]

    assert len(drawn_ones) >= 45
    assert sorted(drawn_ones) == list_figures()


def test_an_exercise_without_a_picture_has_none() -> None:
    assert find_figure("jaw-controlled-opening") is None


@pytest.mark.parametrize("slug", list_figures())
def test_a_figure_keeps_to_norms_contacts_floor_and_shows_its_muscle(slug: str) -> None:
    assert findings(figure_of(slug)) == []


@pytest.mark.parametrize("slug", list_figures())
def test_a_figure_starts_where_the_catalogue_says(slug: str) -> None:
    figure = figure_of(slug)

    assert figure.start_position == catalogue()[slug]["start_position"]


@pytest.mark.parametrize("slug", list_figures())
def test_a_figure_is_put_in_words_in_both_languages(slug: str) -> None:
    figure = figure_of(slug)

    english, spanish = figure.alt("en"), figure.alt("es")

    assert 40 < len(english) < 260
    assert 40 < len(spanish) < 260
    assert english != spanish


@pytest.mark.parametrize("slug", [s for s in list_figures() if figure_of(s).start_position in LIES])
def test_a_lying_body_rests_on_what_is_under_it(slug: str) -> None:
    figure = figure_of(slug)

    low = shape.lowest(solve(figure.start), figure.start) - RESTS_ON.get(slug, 0.0)

    assert -1.0 <= low <= (5.0 if slug in ON_A_ROLLER else 1.0)


@pytest.mark.parametrize("slug", list_figures())
def test_the_two_frames_differ_so_that_one_sees_it(slug: str) -> None:
    first, second = (scene.skeleton for scene in composed(slug).scenes)
    camera = figure_of(slug).camera

    ways = [(camera.spot(first.point(name)), camera.spot(second.point(name))) for name in POINTS]

    assert max(hypot(b[0] - a[0], b[1] - a[1]) for a, b in ways) > 3.0


@pytest.mark.parametrize("slug", list_figures())
def test_arrows_are_long_enough_and_mostly_beside_the_body(slug: str) -> None:
    drawing = composed(slug)
    body = drawing.scenes[1].body

    for curve in drawing.curves:
        spots = curve.spots()
        outside = [spot for spot in spots if not any(holds(polygon, spot) for polygon in body)]

        assert hypot(curve.tip[0] - curve.start[0], curve.tip[1] - curve.start[1]) > SHORTEST - 0.1
        assert len(outside) >= len(spots) * 0.3


@pytest.mark.parametrize("slug", list_figures())
def test_a_body_that_is_not_cut_off_lies_inside_its_frame(slug: str) -> None:
    figure, drawing = figure_of(slug), composed(slug)
    left, top, right, bottom = drawing.window

    for x, y in (spot for scene in drawing.scenes for polygon in scene.body for spot in polygon):
        is_cut_off = (figure.crop is not None and y > bottom) or (figure.crop_ahead is not None and x > right)
        assert is_cut_off or (left < x <= right and top < y <= bottom)


@pytest.mark.parametrize("slug", list_figures())
def test_the_svg_travels_into_browsers_print_and_pdf(slug: str) -> None:
    text = drawn(slug)

    root = ElementTree.fromstring(text)

    used = {element.tag.removeprefix(SVG) for element in root.iter()}
    names = {name for element in root.iter() for name in element.attrib}
    assert used == {"svg", "g", "path", "circle"}
    assert names.isdisjoint({"id", "style", "class", "href"})
    assert re.match(r"0 0 [\d.]+ [\d.]+$", root.attrib["viewBox"])
    assert int(root.attrib["width"]) > 240
    assert int(root.attrib["height"]) > 120
    assert root[0].attrib["fill"] == "#ffffff"
    assert len(text) < 70_000


@pytest.mark.parametrize("slug", list_figures())
def test_the_left_side_is_the_same_drawing_mirrored(slug: str) -> None:
    right, left = ElementTree.fromstring(drawn(slug)), ElementTree.fromstring(drawn(slug, "left"))

    bodies = [[[child.attrib for child in group] for group in root.iter(f"{SVG}g")] for root in (right, left)]
    turns = [group.attrib["transform"] for group in left.iter(f"{SVG}g")]

    assert bodies[0] == bodies[1]
    assert [turn.split("(")[0] for turn in turns] == ["matrix", "translate", "matrix", "translate"]
    assert turns[0].startswith("matrix(-1 0 0 1 ")
    assert right.attrib == left.attrib


def test_two_frames_can_be_had_one_by_one() -> None:
    first, second = (ElementTree.fromstring(text) for text in frames(figure_of("cat-cow")))

    assert first.attrib == second.attrib
    assert float(first.attrib["height"]) < float(ElementTree.fromstring(drawn("cat-cow")).attrib["height"])
    assert [e.attrib for e in first.iter()] != [e.attrib for e in second.iter()]


def test_every_run_writes_the_same_bytes() -> None:
    slug = "figure-four-stretch"
    code = "import sys; from care.figures import *; sys.stdout.write(draw(find_figure(sys.argv[1])))"

    runs = [
        subprocess.run(
            [sys.executable, "-c", code, slug],
            capture_output=True, check=True, env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip

    assert runs[0] == runs[1] == drawn(slug).encode()


def test_the_marked_muscle_stands_out_on_a_grey_printer() -> None:
    for ground in ("skin", "shirt", "shorts"):
        assert grey(COLOURS[ground]) - grey(COLOURS["muscle"]) > 40
        assert grey(COLOURS[ground]) - grey(FAR[ground]) > 20
    assert grey(COLOURS["muscle"]) - grey(COLOURS["hatch"]) > 50


def test_a_cat_rounds_its_back_and_a_child_s_pose_curls() -> None:
    def bow(slug: str) -> float:
        skeleton = solve(figure_of(slug).end)
        low, middle, high = (skeleton.point(name) for name in ("pelvis", "waist", "neck"))
        return middle[1] - (low[1] + high[1]) / 2

    assert bow("cat-cow") > 8
    assert bow("childs-pose") > 8


def test_a_reach_lands_on_its_target_with_the_elbow_where_the_pole_points() -> None:
    middle, end = two_bones((0, 0, 0), (30, 10, 5), UPPER_ARM, FOREARM, (0, -1, 0))

    assert length(sub(end, (30, 10, 5))) < 1e-6
    assert length(middle) == pytest.approx(UPPER_ARM)
    assert middle[1] < 5


def test_a_target_out_of_reach_is_pointed_at() -> None:
    _, end = two_bones((0, 0, 0), (0, -200, 0), THIGH, SHANK, (1, 0, 0))

    assert length(end) == pytest.approx(THIGH + SHANK, abs=0.1)
    assert end[1] < 0


def test_measured_angles_are_those_the_pose_asked_for() -> None:
    pose = Pose(
        pelvis=(0, 88, 0),
        balls={"hip_r": Bend(60, 20, 30), "hip_l": Bend(-10, 5, 0)},
        hinges={"knee_r": 50.0, "ankle_l": 12.0},
    )

    found = {(joint, what): angle for joint, what, angle in angles(solve(pose), pose)}

    assert found["hip_r", "hip flexion"] == pytest.approx(60)
    assert found["hip_r", "hip abduction"] == pytest.approx(20)
    assert found["hip_r", "hip rotation"] == pytest.approx(30)
    assert found["knee_r", "knee flexion"] == pytest.approx(50)
    assert found["hip_l", "hip flexion"] == pytest.approx(-10)
    assert found["ankle_l", "ankle flexion"] == pytest.approx(12)


def test_what_cannot_be_is_found() -> None:
    text = FILE.replace("knee_r = 10", "knee_r = 175\nhand_r = { at = [0, 400, 0] }\npelvis = [0, 20, 0]")

    found = findings(read_figure("trial", text, POSTURES))

    assert any("knee flexion 175" in finding for finding in found)
    assert any("hand_r misses by" in finding for finding in found)
    assert any("under the floor" in finding for finding in found)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (FILE.replace("knee_r", "kneee_r"), "trial: [end] has 'kneee_r', which nobody knows"),
        ("colour = 1\n" + FILE, "trial: the file has 'colour', which nobody knows"),
        (FILE.replace("calf_r", "elbow_grease_r"), "trial: muscle 'elbow_grease_r' is unknown"),
        (FILE.replace('"heel_r"', '"heel"'), "trial: point 'heel' is unknown"),
        (FILE.replace('"Sitting."', '""'), "trial: alt is empty"),
        (FILE.replace('posture = "chair"', ""), "trial: 'posture' is missing"),
        (FILE.replace("knee_r = 10", "hand_r = { side = [0, 1, 0] }"), "trial: a contact needs 'at'"),
        (FILE.replace("knee_r = 10", "hand_r = { at = [0, 1] }"), "should be three numbers"),
        (FILE.replace("knee_r = 10", "hip_r = { flexion = 3 }"), "trial: a joint has 'flexion'"),
        (FILE + "[[prop]]\nkind = 'sofa'", "trial: prop 'sofa' is unknown"),
        (FILE.replace("[end]", "[end"), "trial: this is not TOML"),
    ],
)
def test_a_faulty_file_is_refused_in_one_sentence(wrong: str, said: str) -> None:
    with pytest.raises(PoseMistake) as refusal:
        read_figure("trial", wrong, POSTURES)

    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_both_hands_from_one_line_mirror_each_other() -> None:
    text = FILE.replace("knee_r = 10", "hand = { at = [30, 80, 12], face = [0, -1, 0.2] }")

    figure = read_figure("trial", text, POSTURES)

    right, left = figure.end.contacts["hand_r"], figure.end.contacts["hand_l"]
    assert right.at == (30, 80, 12)
    assert left.at == (30, 80, -12)
    assert left.face == (0, -1, -0.2)


def test_a_skin_around_two_circles_is_as_large_as_it_should_be() -> None:
    skin = wrap([(0, 0, 5), (20, 0, 5)])

    assert area(skin.points) == pytest.approx(200 + 78.5, rel=0.02)
    assert len(skin.points) > 20
    assert area(clip(skin.points, ((-50, -50), (10, -50), (10, 50), (-50, 50)))) == pytest.approx(
        139, rel=0.02
    )


def test_outlines_run_round_their_shape_once() -> None:
    for scene in composed("childs-pose").scenes:
        for polygon in scene.body:
            closed = [*polygon, polygon[0]]
            turns = [
                (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
                for (a, b), (_, c) in pairwise(list(pairwise(closed)))
            ]
            assert min(turns) > -1e-6
