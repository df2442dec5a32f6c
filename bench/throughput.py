"""Throughput over the number of reminders that are due at once, as a table and as a picture.

`python -m bench.throughput --most 50000 --picture docs/pictures/throughput.svg`; `--most 200000` goes on.
"""

import argparse
from math import log10
from pathlib import Path

from bench._baselines import ACCOUNT_SID, TOKEN, post_through_twilio
from bench._provider import providing
from bench.sending import FreeGateway, engine, jobs
from homestretch.garbage import collect_seldom
from reminders.dispatch import AT_ONCE
from reminders.twilio_gateway import TwilioGateway

SIZES = (1_000, 5_000, 20_000, 50_000, 100_000, 200_000)
MOST_JOBS = 5_000
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 400, 70, 175, 50, 50
LOWEST, HIGHEST = 10, 10_000

Line = list[tuple[int, float]]


def measure(sizes: list[int], most_over_http: int) -> dict[str, Line]:
    lines: dict[str, Line] = {"gateway free": [], "HTTP, 20 ms": [], "one job each": []}
    for due in sizes:
        lines["gateway free"].append((due, engine(due, FreeGateway())[0]))
        if due <= most_over_http:
            with providing():
                rate = engine(due, TwilioGateway(ACCOUNT_SID, TOKEN, concurrency=AT_ONCE))[0]
            lines["HTTP, 20 ms"].append((due, rate))
        if due <= MOST_JOBS:
            with providing():
                lines["one job each"].append((due, jobs(due, post_through_twilio())))
        shown = ", ".join(
            f"{name} {points[-1][1]:.0f}/s" for name, points in lines.items() if points[-1][0] == due
        )
        print(f"     {due} due: {shown}", flush=True)
    return lines


def picture(lines: dict[str, Line]) -> str:
    """Both axes in steps of ten. Lines differ in dash and are named at their end, so no colour is needed."""
    largest = max(due for points in lines.values() for due, _ in points)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13">',
        "<title>Messages a second over the number of reminders due at once</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="26" font-size="15" font-weight="600" fill="#1d2b2a">Messages a second</text>',
    ]
    for rate in (10, 100, 1_000, 10_000):
        y = _y(rate)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#d5dcda"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#4a5a58">{rate:,}</text>')
    for due in SIZES:
        if due <= largest:
            x = _x(due, largest)
            parts.append(
                f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle" fill="#4a5a58">'
                f"{due // 1000}k</text>"
            )
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 10}" fill="#4a5a58">reminders due at once</text>')
    styles = (("#0b6e69", ""), ("#1d4e89", "7 4"), ("#8a4b08", "2 4"))
    for (name, points), (colour, dash) in zip(lines.items(), styles, strict=True):
        parts += _line(name, points, largest, colour, dash)
    return "\n".join([*parts, "</svg>", ""])


def _line(name: str, points: Line, largest: int, colour: str, dash: str) -> list[str]:
    places = [(_x(due, largest), _y(rate)) for due, rate in points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
    x, y = places[-1]
    label = f"{name}: {points[-1][1]:,.0f}/s"
    return [
        f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dash}"/>',
        *dots,
        f'<text x="{x + 10:.1f}" y="{y + 4:.1f}" fill="{colour}" font-weight="600">{label}</text>',
    ]


def _x(due: int, largest: int) -> float:
    return LEFT + 15 + (WIDTH - LEFT - RIGHT - 15) * _share(due, SIZES[0], largest)


def _y(rate: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * _share(rate, LOWEST, HIGHEST)


def _share(value: float, low: float, high: float) -> float:
    return log10(value / low) / log10(high / low)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=50_000)
    parser.add_argument("--most-over-http", type=int, default=5_000)
    parser.add_argument("--picture", type=Path)
    chosen = parser.parse_known_args()[0]
    collect_seldom()
    lines = measure([due for due in SIZES if due <= chosen.most], chosen.most_over_http)
    if chosen.picture is not None:
        chosen.picture.parent.mkdir(parents=True, exist_ok=True)
        chosen.picture.write_text(picture(lines), "utf-8")


if __name__ == "__main__":
    main()
