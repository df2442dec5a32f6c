"""The small pictures of a list: days keep their place, no answer is no zero, and nothing leaves its paper."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.small_charts import HEIGHT, WIDTH, day_strip, sparkline

SUNDAY = date(2026, 11, 22)
TODAY = SUNDAY.toordinal()


def dots(svg: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', svg)]


def corners(svg: str) -> list[tuple[float, float]]:
    lines = re.findall(r'points="([^"]+)"', svg)
    return [tuple(map(float, corner.split(","))) for line in lines for corner in line.split()]


def test_a_client_without_ratings_has_an_empty_sparkline() -> None:
    svg = sparkline([], SUNDAY)

    assert dots(svg) == corners(svg) == []


def test_sparklines_of_two_clients_share_the_scale_and_the_days() -> None:
    one = sparkline([(TODAY - 5, 8), (TODAY - 1, 3)], SUNDAY)
    other = sparkline([(TODAY - 30, 5), (TODAY - 1, 3)], SUNDAY)

    assert dots(one)[-1] == dots(other)[-1]


def test_a_line_never_spans_more_than_a_week_without_a_rating() -> None:
    apart = sparkline([(TODAY - 20, 5), (TODAY - 12, 3)], SUNDAY)
    close = sparkline([(TODAY - 20, 5), (TODAY - 13, 3)], SUNDAY)

    assert "polyline" not in apart
    assert len(dots(apart)) == 3
    assert len(corners(close)) == 2


def test_two_ratings_of_a_day_stand_beside_each_other_and_zero_at_the_bottom() -> None:
    first, second = corners(sparkline([(TODAY, 0), (TODAY, 10)], SUNDAY))

    assert first[0] < second[0]
    assert first[1] > second[1]


@given(st.lists(st.tuples(st.integers(TODAY - 90, TODAY + 3), st.floats(0, 10)), max_size=20))
def test_a_sparkline_stays_on_its_paper(ratings: list[tuple[int, float]]) -> None:
    svg = sparkline(sorted(ratings), SUNDAY)

    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in dots(svg) + corners(svg))


@pytest.mark.parametrize(
    ("counts", "kind", "words"),
    [
        ((3, 0, 0, 0, 0, 0, 0), "done", "done"),
        ((1, 0, 0, 2, 0, 0, 0), "partial", "partly done, 1 of 3"),
        ((1, 0, 0, 0, 2, 0, 0), "partial", "partly done, 1 of 3"),
        ((0, 0, 2, 0, 0, 0, 0), "skipped", "skipped"),
        ((0, 0, 2, 1, 0, 0, 0), "unknown", "no answer"),
        ((0, 0, 0, 0, 0, 0, 2), "paper", "on paper, not entered yet"),
    ],
)
def test_a_day_gets_one_sign_with_its_words(counts: tuple[int, ...], kind: str, words: str) -> None:
    svg = day_strip([(TODAY, *counts)], SUNDAY)

    assert re.findall(r'class="strip-(?!base)(\w+)"', svg) == [kind]
    assert f"<title>22 Nov: {words}</title>" in svg


@pytest.mark.parametrize("counts", [(0, 0, 0, 0, 2, 0, 0), (0, 0, 0, 0, 0, 2, 0)])
def test_what_is_open_or_never_arrived_leaves_its_day_empty(counts: tuple[int, ...]) -> None:
    assert "<title>" not in day_strip([(TODAY, *counts)], SUNDAY)


def test_the_strip_ends_today_and_counts_all_of_its_days() -> None:
    days = [(TODAY - ago, 1, 0, 0, 1, 0, 0, 0) for ago in (27, 3, 0)]

    svg = day_strip(days, SUNDAY)

    assert 'aria-label="28 days: 3 of 6 done"' in svg
    first, last = SUNDAY - timedelta(days=27), SUNDAY
    assert f"<title>{first.day} {first:%b}: " in svg
    assert [float(x) for x in re.findall(r' x="([\d.]+)"', svg)] == [1, 24 * 7 + 1, 27 * 7 + 1]
    assert f"<title>{last.day} {last:%b}: " in svg
