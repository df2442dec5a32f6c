"""Figures in the text format Prometheus reads (version 0.0.4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Samples = Iterable[tuple[Mapping[str, str], float]]


@dataclass(frozen=True)
class Family:
    """One figure with its samples. Where there is one without labels, `value` makes it."""

    name: str
    help: str
    samples: Samples
    type: str = "gauge"

    def lines(self) -> Iterable[str]:
        yield f"# HELP {self.name} {_escaped(self.help)}"
        yield f"# TYPE {self.name} {self.type}"
        for labels, value in self.samples:
            yield f"{self.name}{_braced(labels)} {value:.15g}"


def value(number: float | None) -> Samples:
    """A sample without labels; none where there is nothing to tell."""
    return [] if number is None else [({}, number)]


def labelled(label: str, counts: Mapping[str, float]) -> Samples:
    """A sample for each value of one label."""
    return [({label: name}, count) for name, count in sorted(counts.items())]


def exposition(families: Iterable[Family]) -> str:
    return "".join(f"{line}\n" for family in families for line in family.lines())


def _braced(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{_escaped(text, quotes=True)}"' for name, text in labels.items())
    return "{" + ",".join(pairs) + "}"


def _escaped(text: str, *, quotes: bool = False) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quotes else text
