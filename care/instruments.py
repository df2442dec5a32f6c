"""What a change in a scored measure means, each number with its source: `data/instruments.toml`."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Measure:
    """A scored measure. `maxima` are the ends of the scales it is given on; the rest belongs to each of them.

    A change of `error` points may be measurement error alone (MDC); one of `important` points, or of
    `important_percent` of the first score, matters to most people (MCID).
    """

    code: str
    name: str
    maxima: tuple[int, ...]
    is_high_better: bool
    source: str
    error: dict[int, float]
    important: dict[int, float]
    important_percent: int | None = None
    error_source: str = ""


def _measure(row: dict[str, Any]) -> Measure:
    return Measure(
        code=row["code"],
        name=row["name"],
        maxima=tuple(row["maxima"]),
        is_high_better=row["better"] == "high",
        source=row["source"],
        error={int(scale): points for scale, points in row.get("error", {}).items()},
        important={int(scale): points for scale, points in row.get("important", {}).items()},
        important_percent=row.get("important_percent"),
        error_source=row.get("error_source", ""),
    )


_FILE = tomllib.loads((files("care") / "data" / "instruments.toml").read_text("utf-8"))
MEASURES = {row["code"]: _measure(row) for row in _FILE["scored"]}
_ACTIVITIES, _CHANGE = _FILE["activities"], _FILE["change"]
ACTIVITY_MEAN_ERROR: int = _ACTIVITIES["mean_error"]
ACTIVITY_ERROR: int = _ACTIVITIES["single_error"]
# The least mean change that people call large, medium and small, in that order.
ACTIVITY_SIZES: tuple[tuple[float, str], ...] = tuple((least, name) for least, name in _ACTIVITIES["sizes"])
CHANGE_IMPORTANT: float = _CHANGE["important"]
CHANGE_RECALL_DAYS: int = _CHANGE["recall_days"]


@dataclass(frozen=True)
class Said:
    """One measure as a page tells it: its scale, and the two numbers with where they come from."""

    name: str
    scale: str
    error: str
    important: str


def instruments_in_words() -> list[Said]:
    """Every scored measure; empty where nothing is known."""
    scored = [
        Said(
            one.name,
            f"0 to {' or '.join(map(str, one.maxima))}, {'high' if one.is_high_better else 'low'} is better",
            _points(one.error, None, one.error_source),
            _points(one.important, one.important_percent, one.source),
        )
        for one in MEASURES.values()
    ]
    sizes = ", ".join(f"{name} {least:g}" for least, name in reversed(ACTIVITY_SIZES))
    error = f"mean {ACTIVITY_MEAN_ERROR}, one activity {ACTIVITY_ERROR} ({_ACTIVITIES['error_source']})"
    return [
        *scored,
        Said("PSFS", "0 to 10, high is better", error, f"{sizes} ({_ACTIVITIES['source']})"),
        Said("GROC", "-5 to 5, high is better", "", f"{CHANGE_IMPORTANT:g} ({_CHANGE['source']})"),
    ]


def _points(points: dict[int, float], percent: int | None, source: str) -> str:
    many = len(points) > 1
    said = [f"{least:g} of {scale}" if many else f"{least:g}" for scale, least in points.items()]
    if percent is not None:
        said.append(f"{percent} % of the first score")
    return f"{', or '.join(said)} ({source})" if said else ""
