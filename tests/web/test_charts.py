from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.charts import (
    NARROW,
    WIDE,
    DayMark,
    Drawing,
    RatingPoint,
    adherence_calendar,
    band_of,
    pain_trend,
)

SUNDAY = date(2026, 11, 22)
FIRST_MONDAY = date(2026, 9, 28)
WIDEST_LABEL = 30  # "8.5", bold, in the widest of the system fonts


def make_point(day: date, score: float, *, is_visit: bool = False, hour: int = 9) -> RatingPoint:
    return RatingPoint(day, datetime.combine(day, time(hour), UTC), score, is_visit)


def points_on(*days_and_scores: tuple[int, float]) -> list[RatingPoint]:
    """Ratings given as (days before SUNDAY, score)."""
    return [make_point(SUNDAY - timedelta(days=days), score) for days, score in days_and_scores]


def corners(line: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (corner.split(",") for corner in line.split())]


rating_lists = st.lists(
    st.builds(
        lambda days, minute, score: RatingPoint(
            SUNDAY - timedelta(days=days),
            datetime.combine(SUNDAY - timedelta(days=days), time(minute // 60, minute % 60), UTC),
            score,
            is_visit=False,
        ),
        st.integers(0, 70),
        st.integers(0, 24 * 60 - 1),
        st.one_of(st.integers(0, 10), st.floats(0, 10)),
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    ("score", "band"),
    [(0, "none"), (0.9, "none"), (1, "mild"), (3.9, "mild"), (4, "moderate"), (7, "severe"), (10, "severe")],
)
def test_a_score_on_a_cut_off_belongs_to_the_band_that_begins_there(score: float, band: str) -> None:
    assert band_of(score) == band


def test_cut_offs_of_the_practice_move_the_bands() -> None:
    trend = pain_trend([], [], SUNDAY, cutoffs=(1, 5, 8))

    assert band_of(4, (1, 5, 8)) == "mild"
    assert trend.bands == (("none", "0"), ("mild", "1 to 4"), ("moderate", "5 to 7"), ("severe", "8 to 10"))
    assert [tick.text for tick in trend.wide.y_ticks] == ["0", "5", "8", "10"]


def test_the_bands_fill_the_plot_without_a_seam() -> None:
    bands = pain_trend([], [], SUNDAY).wide.bands

    assert bands[-1].y == WIDE.top
    assert bands[0].y + bands[0].height == WIDE.bottom
    assert all(above.y + above.height == pytest.approx(below.y) for below, above in pairwise(bands))


def test_no_ratings_leave_an_empty_chart() -> None:
    trend = pain_trend([], [], SUNDAY)

    assert (trend.count, trend.headline) == (0, "")
    assert (trend.wide.dots, trend.wide.lines, trend.wide.first, trend.wide.last) == ((), (), None, None)


def test_one_rating_is_one_dot_with_its_value_written_once() -> None:
    trend = pain_trend(points_on((2, 4.5)), [], SUNDAY)

    assert trend.headline == "Pain now 4.5"
    assert trend.note == "1 rating, too few for a trend"
    assert trend.wide.first is None
    assert trend.wide.last is not None
    assert trend.wide.last.text == "4.5"


def test_two_ratings_are_dots_alone_and_too_few_for_a_trend() -> None:
    trend = pain_trend(points_on((3, 6), (1, 5)), [], SUNDAY)

    assert len(trend.wide.dots) == 2
    assert trend.wide.lines == ()
    assert trend.note == "2 ratings, too few for a trend"


def test_three_ratings_are_joined_by_a_line() -> None:
    trend = pain_trend(points_on((5, 6), (3, 5), (1, 4)), [], SUNDAY)

    assert [len(corners(line)) for line in trend.wide.lines] == [3]
    assert trend.note == "3 ratings"


def test_no_pain_is_a_dot_at_the_bottom_and_is_written_as_0() -> None:
    trend = pain_trend(points_on((4, 10), (2, 5), (0, 0)), [], SUNDAY)

    assert [dot.y for dot in trend.wide.dots] == [WIDE.top, (WIDE.top + WIDE.bottom) / 2, WIDE.bottom]
    assert trend.wide.last is not None
    assert trend.wide.last.text == "0"
    assert trend.headline == "Pain started at 10, now 0"


def test_a_week_between_ratings_is_joined_and_a_day_more_is_a_gap() -> None:
    joined = pain_trend(points_on((20, 6), (13, 5), (6, 4)), [], SUNDAY)
    parted = pain_trend(points_on((22, 7), (21, 6), (13, 5), (12, 4)), [], SUNDAY)

    assert len(joined.wide.lines) == 1
    assert [len(corners(line)) for line in parted.wide.lines] == [2, 2]


def test_a_rating_older_than_a_week_is_not_called_now() -> None:
    trend = pain_trend(points_on((30, 6), (20, 3)), [], SUNDAY)

    assert trend.headline == "Pain started at 6, last 3 on 2 Nov"


def test_ratings_before_the_window_are_left_out_and_the_words_do_not_claim_a_start() -> None:
    trend = pain_trend(points_on((200, 9), (40, 6), (1, 3)), [], SUNDAY)

    assert trend.count == 2
    assert trend.headline == "Pain was 6 on 13 Oct, now 3"


def test_the_numbers_under_the_chart_begin_with_the_newest() -> None:
    points = [make_point(date(2026, 11, 19), 3.5), make_point(date(2026, 11, 10), 8, is_visit=True)]

    rows = pain_trend(points, [], SUNDAY).rows

    assert [(row.when, row.score, row.band, row.source) for row in rows] == [
        ("Thu 19 Nov", "3.5", "mild", "Reply"),
        ("Tue 10 Nov", "8", "severe", "Visit"),
    ]


def test_two_ratings_of_one_day_stand_side_by_side_in_the_order_they_came() -> None:
    morning, evening = make_point(SUNDAY, 2, hour=8), make_point(SUNDAY, 6, hour=20)

    dots = pain_trend([evening, morning], [], SUNDAY).wide.dots

    assert dots[0].x < dots[1].x
    assert dots[0].y > dots[1].y


def test_a_plan_change_is_drawn_once_and_only_inside_the_window() -> None:
    changed = SUNDAY - timedelta(days=10)

    trend = pain_trend([], [changed, changed, SUNDAY - timedelta(days=90)], SUNDAY)

    assert len(trend.wide.changes) == 1
    assert WIDE.left < trend.wide.changes[0] < WIDE.right


def test_the_narrow_chart_writes_fewer_days_so_that_they_do_not_touch() -> None:
    trend = pain_trend([], [], SUNDAY)

    assert [tick.text for tick in trend.wide.x_ticks] == ["28 Sep", "12 Oct", "26 Oct", "9 Nov"]
    assert [tick.text for tick in trend.narrow.x_ticks] == ["28 Sep", "26 Oct"]


@given(rating_lists)
def test_every_dot_lies_inside_the_plot_and_labels_stay_on_the_paper(points: list[RatingPoint]) -> None:
    trend = pain_trend(points, [], SUNDAY)

    for drawing in (trend.wide, trend.narrow):
        frame = drawing.frame
        assert all(frame.left < dot.x < frame.right for dot in drawing.dots)
        assert all(frame.top <= dot.y <= frame.bottom for dot in drawing.dots)
        assert drawing.first is None or drawing.first.x - WIDEST_LABEL >= frame.left
        assert drawing.last is None or drawing.last.x + WIDEST_LABEL <= frame.right


@given(rating_lists)
def test_dots_keep_the_order_of_the_ratings(points: list[RatingPoint]) -> None:
    trend = pain_trend(points, [], SUNDAY)

    places = [dot.x for dot in trend.wide.dots]
    assert places == sorted(places)
    assert len(places) == trend.count


@given(rating_lists)
def test_a_line_never_bridges_more_than_a_week(points: list[RatingPoint]) -> None:
    trend = pain_trend(points, [], SUNDAY)

    assert longest_bridge(trend.wide) < 8.5 * day_width(trend.wide)


def longest_bridge(drawing: Drawing) -> float:
    steps = [after[0] - before[0] for line in drawing.lines for before, after in pairwise(corners(line))]
    return max(steps, default=0)


def day_width(drawing: Drawing) -> float:
    weeks = 2
    return (drawing.x_ticks[1].x - drawing.x_ticks[0].x) / (7 * weeks)


@given(st.floats(0, 10), st.floats(0, 10))
def test_more_pain_is_never_drawn_lower(one: float, other: float) -> None:
    low, high = sorted((one, other))

    dots = pain_trend(points_on((3, low), (1, high)), [], SUNDAY).narrow.dots

    assert dots[1].y <= dots[0].y
    assert dots[0].y <= NARROW.bottom


@pytest.mark.parametrize(
    ("mark", "sign", "words"),
    [
        (DayMark(done=3, due=3), "v", "done"),
        (DayMark(done=1, unknown=2, due=3), "/", "partly done, 1 of 3"),
        (DayMark(partial=1, due=1), "/", "partly done, 0 of 1"),
        (DayMark(skipped=2, due=2), "x", "skipped"),
        (DayMark(skipped=2, unknown=1, due=3), "?", "no answer"),
        (DayMark(unknown=3, due=3), "?", "no answer"),
        (DayMark(due=2), ".", "not answered yet"),
        (DayMark(), ".", "nothing due"),
    ],
)
def test_a_day_gets_one_sign_and_no_answer_is_never_called_skipped(
    mark: DayMark, sign: str, words: str
) -> None:
    cell = adherence_calendar({SUNDAY: mark}, SUNDAY, weeks=1).rows[0].cells[-1]

    assert cell.sign == sign
    assert cell.words == f"22 Nov: {words}"


def test_the_calendar_has_a_row_a_week_from_monday_with_its_counts() -> None:
    days = {FIRST_MONDAY + timedelta(days=number): DayMark(done=1, due=1) for number in range(6)}

    calendar = adherence_calendar(days, SUNDAY)

    assert [week.label for week in calendar.rows][:2] == ["28 Sep", "5 Oct"]
    assert len(calendar.rows) == 8
    assert "".join(cell.sign for cell in calendar.rows[0].cells) == "vvvvvv."
    assert calendar.rows[0].counts == "6 of 6"
    assert calendar.rows[1].counts == ""


def test_days_to_come_are_empty_and_counted_nowhere() -> None:
    wednesday = date(2026, 11, 18)
    days = {wednesday: DayMark(unknown=1, due=1), wednesday + timedelta(days=1): DayMark(due=4)}

    last_week = adherence_calendar(days, wednesday).rows[-1]

    assert [cell.sign for cell in last_week.cells] == [".", ".", "?", "", "", "", ""]
    assert last_week.counts == "0 of 1"


def test_the_totals_keep_done_partial_unknown_and_due_apart() -> None:
    days = {
        SUNDAY: DayMark(done=1, partial=1, unknown=1, due=3),
        SUNDAY - timedelta(days=7): DayMark(skipped=2, due=2),
        SUNDAY - timedelta(weeks=20): DayMark(done=9, due=9),
    }

    assert adherence_calendar(days, SUNDAY).total == DayMark(1, 1, 2, 1, 5)
