"""Reads pose files, strictly: a key nobody knows is refused in one sentence, never ignored."""

import tomllib
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from care.figures import props
from care.figures.arrows import Arrow
from care.figures.camera import VIEWS, Camera
from care.figures.figure import Figure
from care.figures.kinematics import POINTS
from care.figures.pose import BALLS, HINGES, ROOTS, SIDES, SPINE, Bend, Contact, Pose
from care.figures.strips import STRIPS
from care.figures.vectors import Vec

FIGURE_KEYS = {"posture", "view", "crop", "crop_ahead", "layout", "muscles", "nearer", "loose", "alt"}
FIGURE_KEYS |= {"prop", "start", "end", "arrow"}
SIDED = (*BALLS, *HINGES, "blade", "hand", "foot")
PLAIN = ("root", "turn", "tilt", "lean", "spin", "pelvis", "pin", "glide", *SPINE)
POSE_KEYS = {*PLAIN, *SIDED, *(f"{name}_{side}" for name in SIDED for side in SIDES)}
BEND_KEYS = {"flex": "flex", "abd": "abd", "rot": "rot", "side": "abd", "turn": "rot"}
CONTACT_KEYS = {"at", "on", "side", "gap", "pole", "point", "face", "heel_up", "part"}
FREE = "free"
LAYOUTS = ("stacked", "beside")
LIMBS = ("upper_arm", "forearm", "hand", "thigh", "shank", "foot")
LOOSE = ("hip_r", "hip_l", "shoulder_r", "shoulder_l")

Table = dict[str, Any]
T = TypeVar("T")


class PoseMistake(ValueError):
    """A pose file says something nobody can draw. The message names the file and the place."""


def read_figure(slug: str, text: str, postures: Table) -> Figure:
    """The figure a file describes, on top of the posture it starts from."""
    table = _parsed(slug, text)
    _only(table, FIGURE_KEYS, f"{slug}: the file")
    posture = _posture(slug, table, postures)
    start = {
        **_expanded(posture["pose"], slug, "posture"),
        **_expanded(table.get("start", {}), slug, "[start]"),
    }
    end = {**start, **_expanded(table.get("end", {}), slug, "[end]")}
    standing: list[Any] = posture.get("prop", [])
    own: list[Any] = table.get("prop", [])
    return Figure(
        slug=slug,
        start_position=posture["position"],
        camera=_camera(table.get("view", posture.get("view", "side")), slug),
        start=_pose(start, slug),
        end=_pose(end, slug),
        muscles=_muscles(_needed(table, "muscles", slug), slug),
        arrows=_arrows(_needed(table, "arrow", slug), slug),
        words=_alt(table, slug),
        props=tuple(_prop(item, slug) for item in standing + own),
        nearer={_painted(k, slug): float(v) for k, v in table.get("nearer", {}).items()},
        crop=table.get("crop"),
        crop_ahead=table.get("crop_ahead"),
        layout=_one_of(table["layout"], LAYOUTS, "layout", slug) if "layout" in table else None,
        loose=tuple(_one_of(joint, LOOSE, "loose joint", slug) for joint in table.get("loose", [])),
    )


def _painted(name: str, slug: str) -> str:
    """A part of the body that may be painted earlier or later: `forearm_r`, or both as `forearm`."""
    sided = [f"{limb}_{side}" for limb in LIMBS for side in SIDES]
    return _one_of(name, ["head", "neck", "trunk", *LIMBS, *sided], "body part", slug)


def _parsed(slug: str, text: str) -> Table:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PoseMistake(f"{slug}: this is not TOML: {error}.") from error


def _only(table: Table, known: Iterable[str], where: str) -> None:
    known = set(known)
    for key in table:
        if key not in known:
            raise PoseMistake(
                f"{where} has '{key}', which nobody knows; it may hold {', '.join(sorted(known))}."
            )


def _one_of(value: Any, known: Iterable[str], what: str, slug: str) -> str:
    known = sorted(known)
    if value not in known:
        raise PoseMistake(f"{slug}: {what} '{value}' is unknown; choose from {', '.join(known)}.")
    return str(value)


def _needed(table: Table, key: str, slug: str) -> Any:
    if key not in table:
        raise PoseMistake(f"{slug}: '{key}' is missing.")
    return table[key]


def _posture(slug: str, table: Table, postures: Table) -> Table:
    found: Table = postures[_one_of(_needed(table, "posture", slug), postures, "posture", slug)]
    return found


def _camera(view: Any, slug: str) -> Camera:
    if isinstance(view, dict):
        _only(view, ("yaw", "pitch"), f"{slug}: view")
        return Camera(float(view.get("yaw", 0)), float(view.get("pitch", 0)))
    return Camera(*VIEWS[_one_of(view, VIEWS, "view", slug)])


def _vec(value: Any, slug: str) -> Vec:
    if not isinstance(value, list) or len(value) != 3 or not all(isinstance(v, int | float) for v in value):
        raise PoseMistake(f"{slug}: {value!r} should be three numbers: forward, up, right.")
    return (float(value[0]), float(value[1]), float(value[2]))


def _expanded(table: Table, slug: str, where: str) -> Table:
    """`knee = 90` says both knees; what is said of one side alone wins."""
    _only(table, POSE_KEYS, f"{slug}: {where}")
    both = {
        f"{key}_{side}": _for_side(value, side)
        for key, value in table.items()
        if key in SIDED
        for side in SIDES
    }
    return {**both, **{key: value for key, value in table.items() if key not in SIDED}}


def _for_side(value: Any, side: str) -> Any:
    """A contact given for both hands is mirrored for the left one."""
    if side == "r" or not isinstance(value, dict):
        return value
    turned = dict(value)
    for key in ("at", "side", "pole", "point", "face"):
        if key in turned:
            turned[key] = [*turned[key][:2], -turned[key][2]]
    if "on" in turned:
        turned["on"] = [_other_side(name) if isinstance(name, str) else name for name in turned["on"]]
    return turned


def _other_side(name: str) -> str:
    return name[:-2] + {"_r": "_l", "_l": "_r"}.get(name[-2:], name[-2:])


def _pose(table: Table, slug: str) -> Pose:
    pin = table.get("pin")
    return Pose(
        root=_one_of(table.get("root", "upright"), ROOTS, "root", slug),
        turn=float(table.get("turn", 0)),
        tilt=float(table.get("tilt", 0)),
        lean=float(table.get("lean", 0)),
        spin=float(table.get("spin", 0)),
        pelvis=_vec(table["pelvis"], slug) if table.get("pelvis", FREE) != FREE else None,
        pin=(_one_of(pin[0], POINTS, "point", slug), _vec(pin[1], slug)) if pin else None,
        balls=_each(table, BALLS, lambda value: _bend(value, slug)),
        spine={name: _bend(table[name], slug) for name in SPINE if name in table},
        hinges=_each(table, HINGES, float),
        blades={key[-1]: (float(v[0]), float(v[1])) for key, v in table.items() if key.startswith("blade_")},
        glide=float(table.get("glide", 0)),
        contacts={
            **_each(
                table, ("foot",), lambda value: _contact({"part": "sole", **value}, slug), leave_out=FREE
            ),
            **_each(table, ("hand",), lambda value: _contact(value, slug), leave_out=FREE),
        },
    )


def _each(
    table: Table, names: tuple[str, ...], read: Callable[[Any], T], leave_out: object = None
) -> dict[str, T]:
    keys = [f"{name}_{side}" for name in names for side in SIDES]
    return {key: read(table[key]) for key in keys if key in table and table[key] != leave_out}


def _bend(value: Any, slug: str) -> Bend:
    if isinstance(value, int | float):
        return Bend(float(value))
    _only(value, BEND_KEYS, f"{slug}: a joint")
    return Bend(**{BEND_KEYS[key]: float(number) for key, number in value.items()})


def _contact(value: Table, slug: str) -> Contact:
    _only(value, CONTACT_KEYS, f"{slug}: a contact")
    given: Table = {
        k: _vec(v, slug) for k, v in value.items() if k in ("at", "side", "pole", "point", "face")
    }
    given |= {k: float(v) for k, v in value.items() if k in ("gap", "heel_up")}
    if "on" in value:
        first, second, share = value["on"]
        for name in (first, second):
            _one_of(name, POINTS, "point", slug)
        given["on"] = (first, second, float(share))
    if "part" in value:
        given["part"] = _one_of(value["part"], ("palm", "wrist", "sole", "ankle"), "part", slug)
    if "at" not in value and "on" not in value:
        raise PoseMistake(f"{slug}: a contact needs 'at' (a point) or 'on' (two points and a share).")
    return Contact(**given)


def _prop(item: Table, slug: str) -> props.Prop:
    _only(item, ("kind", "at", "size", "turn", "radius", "path", "nearer"), f"{slug}: a prop")
    kind = _one_of(item.get("kind"), props.KINDS, "prop", slug)
    given: Table = {k: _vec(v, slug) for k, v in item.items() if k in ("at", "size")}
    given |= {k: float(v) for k, v in item.items() if k in ("turn", "radius", "nearer")}
    path = tuple(
        _one_of(p, POINTS, "point", slug) if isinstance(p, str) else _vec(p, slug)
        for p in item.get("path", [])
    )
    return props.Prop(kind=kind, path=path, **given)


def _muscles(names: list[str], slug: str) -> tuple[str, ...]:
    known = {f"{strip}_{side}" for strip in STRIPS for side in SIDES}
    return tuple(_one_of(name, known, "muscle", slug) for name in names)


def _arrows(given: Any, slug: str) -> tuple[Arrow, ...]:
    """One arrow, or a list of them."""
    return tuple(_arrow(table, slug) for table in (given if isinstance(given, list) else [given]))


def _arrow(table: Table, slug: str) -> Arrow:
    _only(table, ("of", "shift", "bend", "way", "size", "both"), f"{slug}: [arrow]")
    given: Table = {k: (float(v[0]), float(v[1])) for k, v in table.items() if k in ("shift", "way")}
    given |= {k: float(v) for k, v in table.items() if k in ("bend", "size")}
    return Arrow(
        of=_one_of(table.get("of"), POINTS, "point", slug), both=bool(table.get("both", False)), **given
    )


def _alt(table: Table, slug: str) -> str:
    words = _needed(table, "alt", slug)
    if not isinstance(words, str) or not words.strip():
        raise PoseMistake(f"{slug}: alt is empty: the picture in words.")
    return words
