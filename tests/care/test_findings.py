"""Findings: what may be written down, and what each says against the other side, last time and the norm."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.assessments import AssessmentFields, complete, open_draft
from care.brief import brief_for
from care.comparing import (
    activities_in_words,
    change_in_words,
    change_of_score,
    compared,
    norm_of,
    sacroiliac_in_words,
    size_of_range,
)
from care.errors import Refused
from care.finding_catalog import CATALOG
from care.findings import (
    Given,
    add_addendum,
    earlier_findings,
    keep_findings,
    list_addenda,
    list_findings,
    newest_by_key,
)
from care.instruments import MEASURES
from care.models import Assessment, Client, Finding, FindingKind, User
from care.thresholds import Thresholds
from tests.making import MONDAY_8AM, NEW_YORK, make_client, make_practice, make_user

RANGE, ACTIVITY, SCORE = FindingKind.RANGE, FindingKind.ACTIVITY, FindingKind.SCORE
WEEK = timedelta(weeks=1)
LIMITS = Thresholds()


@pytest.fixture
def sam(session: Session) -> User:
    return make_user(session, make_practice(session))


@pytest.fixture
def maria(session: Session, sam: User) -> Client:
    practice = make_practice(session)
    return make_client(session, practice)


def assessed(session: Session, client: Client, user: User, at, *given: Given) -> Assessment:
    draft = open_draft(session, client, user, at)
    keep_findings(session, draft, given)
    complete(session, draft, AssessmentFields(), user, at, brief_for(session, client, at))
    return draft


def flexion(value: float | None, side: str = "left", method: str = "goniometer") -> Given:
    return Given(RANGE, "shoulder_flexion", side, "active", method, value)


def words_of(session: Session, client: Client, *given: Given) -> list[list[str]]:
    newest = newest_by_key(earlier_findings(session, client))
    here = {one.key: one for one in given}
    return [compared(one, here, newest.get(one.key), NEW_YORK, LIMITS) for one in given]


def test_a_range_is_set_against_the_other_side_last_time_and_the_norm(session, maria, sam):
    assessed(session, maria, sam, MONDAY_8AM, flexion(130), flexion(168, "right"))

    left, right = words_of(session, maria, flexion(150), flexion(170, "right"))

    assert left == [
        "20° less than right, likely real",
        "+20° since 2 Mar, likely real",
        "norm 180°",
    ]
    assert right[1] == "+2° since 2 Mar, no clear difference"


@pytest.mark.parametrize(
    ("degrees", "words"),
    [
        (0, "no clear difference"),
        (4, "no clear difference"),
        (5, "possibly real"),
        (-9, "possibly real"),
        (10, "likely real"),
        (-10, "likely real"),
    ],
)
def test_a_difference_no_larger_than_the_measurement_error_is_no_difference(degrees, words):
    assert size_of_range(degrees, LIMITS) == words


def test_a_range_measured_in_another_way_is_not_compared(session, maria, sam):
    assessed(session, maria, sam, MONDAY_8AM, flexion(130, method="visual"))

    [words] = words_of(session, maria, flexion(150))

    assert words[0] == "130° since 2 Mar by another method, not compared"


def test_norms_say_both_academies_where_they_differ():
    assert norm_of("shoulder_abduction") == "180° (AMA 170°)"
    assert norm_of("knee_extension") == "0°"
    assert norm_of("jaw_opening") == "35 to 50 mm"


def test_every_code_of_the_catalog_is_there_once_and_fits_its_column():
    keys = [(one.kind, one.code) for one in CATALOG.entries]

    assert len(keys) == len(set(keys))
    assert all(len(code) <= 120 for _kind, code in keys)
    assert not any("homans" in code for _kind, code in keys)


def test_activities_are_compared_over_the_same_ones_alone(session, maria, sam):
    stairs, sleep, lift = (Given(ACTIVITY, name) for name in ("Stairs", "Sleep", "Lift my son"))
    first = [Given(ACTIVITY, "Stairs", value=2), Given(ACTIVITY, "Sleep", value=4)]
    assessed(session, maria, sam, MONDAY_8AM, *first)
    now = [
        Given(ACTIVITY, stairs.code, value=5),
        Given(ACTIVITY, sleep.code, value=6),
        Given(ACTIVITY, lift.code, value=1),
    ]

    words = activities_in_words(now, newest_by_key(earlier_findings(session, maria)), NEW_YORK)

    assert words == (
        "PSFS mean 4 of 10, 3 rated; +2.5 since 2 Mar over the same 2, a medium change for the better"
    )


def test_a_change_of_the_mean_below_measurement_error_is_not_called_one(session, maria, sam):
    assessed(session, maria, sam, MONDAY_8AM, Given(ACTIVITY, "Stairs", value=2))

    words = activities_in_words(
        [Given(ACTIVITY, "Stairs", value=3.5)], newest_by_key(earlier_findings(session, maria)), NEW_YORK
    )

    assert words.endswith("within measurement error (2)")


@pytest.mark.parametrize(
    ("code", "maximum", "first", "last", "expected"),
    [
        ("odi", 100, 40, 30, (True, None, True)),
        ("odi", 100, 20, 14, (True, None, True)),
        ("odi", 100, 40, 31, (True, None, False)),
        ("ndi", 50, 20, 16, (True, False, False)),
        ("ndi", 100, 40, 25, (True, True, True)),
        ("lefs", 80, 40, 49, (True, True, True)),
        ("lefs", 80, 49, 40, (False, True, True)),
        ("peg", 10, 6, 4.2, (True, None, True)),
        ("peg", 10, 0, 0, (None, None, None)),
    ],
)
def test_a_score_changes_by_the_rules_of_its_own_scale(code, maximum, first, last, expected):
    change = change_of_score(MEASURES[code], maximum, first, last)

    assert (change.is_better, change.is_beyond_error, change.is_important) == expected


def test_scores_of_two_scales_are_never_mixed(session, maria, sam):
    assessed(session, maria, sam, MONDAY_8AM, Given(SCORE, "ndi", value=15, maximum=50))

    [words] = words_of(session, maria, Given(SCORE, "ndi", value=20, maximum=100))

    assert words == ["15 of 50 since 2 Mar, another scale, not compared"]


def test_a_rating_of_change_says_whether_it_usually_matters():
    assert change_in_words(0) == "about the same"
    assert change_in_words(3) == "better, enough to matter (2.5)"
    assert change_in_words(-2) == "worse, less than what usually matters (2.5)"


def test_sacroiliac_tests_count_together_and_never_alone():
    tests = ("distraction", "compression", "sacral_thrust", "thigh_thrust")
    done = [Given(FindingKind.SPECIAL, f"sacroiliac_{name}", result="positive") for name in tests]

    assert sacroiliac_in_words([]) == ""
    assert sacroiliac_in_words(done[:2]) == "2 of 2 sacroiliac tests positive; 3 count"
    assert sacroiliac_in_words(done) == "4 of 4 sacroiliac tests positive; together they count"


@pytest.mark.parametrize(
    "given",
    [
        flexion(201),
        flexion(150.5),
        flexion(150, side=""),
        flexion(150, method="guess"),
        Given(RANGE, "shoulder_flexion", "left", "asleep", value=1),
        Given(RANGE, "nonsense", "left", "active", value=1),
        Given(ACTIVITY, "Stairs", value=11),
        Given(ACTIVITY, " "),
        Given(SCORE, "ndi", value=51, maximum=50),
        Given(SCORE, "ndi", value=5),
        Given(SCORE, "odi", value=5, maximum=50),
        Given(FindingKind.RESISTED, "shoulder_flexion", "left", value=6),
        Given(FindingKind.SPECIAL, "shoulder_neer", "left", value=1),
        Given(FindingKind.SPECIAL, "shoulder_neer", "left", result="diagnosis"),
        Given(FindingKind.CHANGE, "groc", value=-6),
        Given(FindingKind.PALPATION, "neck", "left", traits=("painful",)),
        Given(RANGE, "shoulder_flexion", "left", "active", value=1, pain=11),
    ],
)
def test_what_cannot_be_is_refused(session, maria, sam, given):
    draft = open_draft(session, maria, sam, MONDAY_8AM)

    with pytest.raises(Refused):
        keep_findings(session, draft, [given])


def test_zero_is_a_value_and_an_empty_line_is_not_part_of_a_completed_assessment(session, maria, sam):
    row = assessed(session, maria, sam, MONDAY_8AM, flexion(0), flexion(None, "right"))

    assert [(one.side, one.value) for one in list_findings(session, row)] == [("left", 0)]


def test_a_completed_assessment_takes_no_finding_and_an_addendum_is_a_row_of_its_own(session, maria, sam):
    row = assessed(session, maria, sam, MONDAY_8AM, flexion(130))

    with pytest.raises(Refused):
        keep_findings(session, row, [flexion(170)])
    add_addendum(session, row, sam, "Slept badly before.", MONDAY_8AM + WEEK)

    assert [one.value for one in session.scalars(select(Finding))] == [130]
    assert [(one.text, name) for one, name in list_addenda(session, row)] == [
        ("Slept badly before.", sam.name)
    ]


def test_an_addendum_needs_words_and_a_completed_assessment(session, maria, sam):
    draft = open_draft(session, maria, sam, MONDAY_8AM)

    with pytest.raises(Refused):
        add_addendum(session, draft, sam, "Too early", MONDAY_8AM)
    complete(session, draft, AssessmentFields(), sam, MONDAY_8AM, brief_for(session, maria, MONDAY_8AM))
    with pytest.raises(Refused):
        add_addendum(session, draft, sam, "  ", MONDAY_8AM)


def test_last_time_is_the_last_time_it_was_measured(session, maria, sam):
    assessed(session, maria, sam, MONDAY_8AM, flexion(130))
    assessed(session, maria, sam, MONDAY_8AM + WEEK, Given(ACTIVITY, "Stairs", value=2))

    [words] = words_of(session, maria, flexion(140))

    assert words[0] == "+10° since 2 Mar, likely real"
