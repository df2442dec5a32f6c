"""Every staff page in a real browser: no accessibility finding, nothing sideways, nothing from elsewhere."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from homestretch.sample import SAMPLE_PASSWORD
from tests.journeys.conftest import Product

pytestmark = pytest.mark.browser

WIDTHS = (320, 390, 820, 1280)
PAGES = (
    "/today",
    "/inbox",
    "/clients",
    "/clients/new",
    "/clients/1",
    "/clients/1/edit",
    "/clients/1/alerts",
    "/clients/1/consent",
    "/clients/1/follow-ups/new",
    "/clients/1/handout",
    "/clients/1/paper",
    "/clients/1/plan",
    "/clients/1/visit",
    "/clients/1/texts",
    "/clients/1/page",
    "/clients/1/assessment",
    "/clients/1/outcome",
    "/clients/1/sharing",
    "/clients/999999",
    "/exercises",
    "/exercises/new",
    "/exercises/1",
    "/templates",
    "/templates/1/edit",
    "/templates/new",
    "/adherence",
    "/messages",
    "/delivery",
    "/settings",
    "/settings/alerts",
    "/settings/users",
    "/settings/users/1/alerts",
    "/settings/wording",
    "/settings/wording/en/reminder",
    "/inbox?kind=replies",
    "/settings/help-lines",
    "/settings/thresholds",
    "/demo/phone?client=1",
)


LOOKS = (("light", 1280), ("dark", 390))


def signed_in(browser: Browser, product: Product) -> tuple[Page, list[str]]:
    """An admin's page, and a list that fills with whatever it should not do."""
    page = browser.new_context(reduced_motion="reduce").new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on(
        "request",
        lambda request: None if request.url.startswith(product.url) else wrong.append(request.url),
    )
    page.goto(product.url)
    page.get_by_label("Email").fill("admin@sample.example")
    page.get_by_label("Password").fill(SAMPLE_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{product.url}/today")
    return page, wrong


def barriers(page: Page) -> Iterator[str]:
    """What axe finds on the page in each look. Nothing moves, so each stands as soon as it is asked for."""
    for theme, width in LOOKS:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 900})
        for one in Axe().run(page).response["violations"]:
            yield f"{one['id']} in {theme} at {width} px: {one['nodes'][0]['html']}"


def too_wide(page: Page) -> Iterator[str]:
    """The widths at which the page can be scrolled sideways."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            yield f"scrolls sideways at {width} px"


@pytest.mark.parametrize("half", [0, 1])
def test_every_page_is_sound(browser: Browser, sample: Product, half: int) -> None:
    page, wrong = signed_in(browser, sample)
    findings: list[str] = []

    for path in PAGES[half::2]:
        page.goto(f"{sample.url}{path}")
        findings += [f"{path}: {finding}" for look in (barriers, too_wide) for finding in look(page)]

    missing = "Failed to load resource: the server responded with a status of 404"
    assert findings == []
    assert [one for one in wrong if not one.startswith(missing)] == []
