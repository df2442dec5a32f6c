"""Every screen and state in every theme and width, with text twice as large, by keyboard alone, and on paper.

Long, so it is part of `make audit`; docs/accessibility.md says what it found. Each look is a test of its own.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.looking import CLIENT_TARGET, HEIGHT, STAFF_TARGET, Eyes, Look, findings
from tests.journeys.screens import NO_MISTAKE, PRINTED, Screen, Screens

pytestmark = [pytest.mark.browser, pytest.mark.audit]

LOOKS: list[Look] = [("light", width) for width in (1280, 820, 390, 320)]
LOOKS += [("dark", width) for width in (1280, 820, 390, 320)]
# Twice the zoom on a desk is half the width.
ZOOMED = 640
MOST_TABS = 600
PAPER = 700


@pytest.fixture
def eyes(browser: Browser, screens: Screens) -> Iterator[Eyes]:
    eyes = Eyes(browser, screens)
    yield eyes
    eyes.close()


def all_of(screens: Screens) -> list[Screen]:
    return [*screens.full(), *screens.empty(), *screens.others()]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def test_everything_is_sound_in(look: Look, eyes: Eyes, screens: Screens) -> None:
    found: list[str] = []
    seen = set(NO_MISTAKE)
    for screen in all_of(screens):
        page, wrong = eyes.open(screen)
        least = CLIENT_TARGET if screen.is_of_client else STAFF_TARGET
        wrong += findings(page, least, [look], [look], thrifty=False)
        for at, endpoint in eyes.typed_forms(page) if screen.status == 200 else []:
            if endpoint not in seen:
                seen.add(endpoint)
                wrong += eyes.send_badly(screen, page, at)
                wrong += findings(page, least, [look], [look], thrifty=False)
        found += [f"{screen}: {one}" for one in wrong + eyes.complaints(screen.status)]

    assert found == []


def test_text_twice_as_large_and_twice_the_zoom_fit(eyes: Eyes, screens: Screens) -> None:
    found: list[str] = []
    for screen in all_of(screens):
        page, _ = eyes.open(screen)
        _at_width(page, ZOOMED)
        found += [f"{screen}: {one} zoomed" for one in page.evaluate("looking.byOverflow()")]
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        for width in (1280, 820, 390):
            _at_width(page, width)
            found += [
                f"{screen}: {one} at {width} px, text doubled"
                for one in page.evaluate("looking.byOverflow()")
            ]

    assert found == []


@pytest.mark.parametrize("width", [1280, 390])
def test_tab_comes_to_everything_shows_where_it_is_and_leaves_again(
    width: int, eyes: Eyes, screens: Screens
) -> None:
    found: list[str] = []
    for screen in [*screens.full(), *screens.others()]:
        page, _ = eyes.open(screen)
        _at_width(page, width)
        found += [f"{screen}: {one} at {width} px" for one in _tabbed_through(page)]

    assert found == []


def test_what_is_printed_is_black_on_white_and_fits_the_paper(eyes: Eyes, screens: Screens) -> None:
    found: list[str] = []
    for screen in screens.full():
        if not PRINTED.search(screen.address):
            continue
        page, _ = eyes.open(screen)
        page.emulate_media(media="print", color_scheme="dark")
        _at_width(page, PAPER)
        found += [f"{screen}: {one}" for one in page.evaluate("looking.byPrint()")]
        page.emulate_media(media="screen")

    assert found == []


def _at_width(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": HEIGHT})


def _tabbed_through(page: Page) -> Iterator[str]:
    """From the top of the page until the focus has left it, and what was not come to on the way."""
    page.evaluate("looking.beginTabbing()")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        here = page.evaluate("looking.whereTabbed()")
        if here is None:
            break
        yield from here
    else:
        yield f"the focus stays after {MOST_TABS} steps"
    yield from page.evaluate("looking.notTabbedTo()")
