"""A client taps through their own page on a phone: no script, no login, 56 px targets, no finding of axe."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Locator, Page, expect

from homestretch.sample import SAMPLE_PASSWORD
from tests.journeys.conftest import Product

pytestmark = pytest.mark.browser

TALL_ENOUGH = 56


@pytest.fixture
def link(browser: Browser, sample: Product) -> str:
    """Made by staff for the sample's first client."""
    page = browser.new_page()
    page.goto(sample.url)
    page.get_by_label("Email").fill("admin@sample.example")
    page.get_by_label("Password").fill(SAMPLE_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{sample.url}/today")
    page.goto(f"{sample.url}/clients/1/page")
    page.get_by_role("button", name="Make a link").click()
    address = page.get_by_label("Link for").input_value()
    page.close()
    return address


@pytest.fixture(params=["light", "dark"])
def phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(
        color_scheme=request.param, viewport={"width": 390, "height": 844}, java_script_enabled=True
    )
    yield context.new_page()
    context.close()


def findings(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]


def low_targets(page: Page) -> list[str]:
    """What can be tapped and is lower than a client's button should be."""
    return page.evaluate(
        """(least) => [...document.querySelectorAll("button, .chip, summary, .choice--row")]
            .filter((one) => one.offsetParent && one.getBoundingClientRect().height < least)
            .map((one) => one.outerHTML.slice(0, 80))""",
        TALL_ENOUGH,
    )


def test_a_client_taps_through_the_day(link: str, phone: Page) -> None:
    phone.goto(link)
    first = phone.locator(".exercise").first

    assert findings(phone) == []
    assert low_targets(phone) == []
    assert phone.evaluate("getComputedStyle(document.body).fontSize") == "19px"

    first.get_by_role("button", name="I did this one").click()
    expect(first.get_by_text("You did this one.")).to_be_visible()
    assert findings(phone) == []

    first.get_by_role("button", name="Change this").click()
    first.get_by_text("This did not work for me").click()
    first.get_by_text("Not sure how").click()
    first.get_by_label("Tell us more").fill("Which leg?")
    assert low_targets(phone) == []
    first.get_by_role("button", name="Send this").click()
    expect(phone.get_by_text("Your therapist will see it.")).to_be_visible()

    phone.locator("#pain label", has_text="3").first.click()
    phone.get_by_role("button", name="Send my answer").click()
    expect(phone.get_by_text("You told us: 3 out of 10.")).to_be_visible()
    phone.get_by_text("Change my answer").click()
    phone.locator("#pain label", has_text="2").first.click()
    phone.get_by_role("button", name="Send my answer").click()
    expect(phone.get_by_text("You told us: 2 out of 10.")).to_be_visible()

    phone.get_by_text("Stop the texts").first.click()
    phone.get_by_role("button", name="Stop the texts now").click()
    expect(phone.get_by_text("To get them again, text START to us.")).to_be_visible()
    assert findings(phone) == []


@pytest.mark.parametrize("has_script", [True, False])
def test_after_each_tap_what_became_of_it_is_in_view(link: str, browser: Browser, has_script: bool) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=has_script, reduced_motion="reduce"
    )
    phone = context.new_page()
    phone.goto(link)
    card = phone.locator(".exercise").nth(1)

    def sees(*shown: Locator) -> None:
        for one in shown:
            expect(one).to_be_in_viewport(ratio=1)

    card.get_by_role("button", name="I did this one").click()
    sees(card.get_by_text("You did this one."), card.get_by_role("status"))
    expect(card.get_by_role("status")).to_have_text("Saved. Thank you.")

    card.get_by_role("button", name="Change this").click()
    sees(card.get_by_role("button", name="I did this one"), card.get_by_text("Taken back."))

    card.get_by_text("This did not work for me").click()
    card.get_by_label("Tell us more").fill("Which leg?")
    phone.evaluate("document.querySelectorAll('[required]').forEach((one) => (one.required = false))")
    card.get_by_role("button", name="Send this").click()
    sees(card.get_by_role("alert"), card.get_by_label("Too painful"))
    expect(card.get_by_label("Tell us more")).to_have_value("Which leg?")
    assert phone.title().startswith("Error: ")

    card.get_by_text("Not sure how").click()
    card.get_by_role("button", name="Send this").click()
    sees(
        card.get_by_text("You told us: this one did not work."),
        card.get_by_text("Your therapist will see it."),
    )

    phone.locator("#pain label", has_text="3").first.click()
    phone.get_by_role("button", name="Send my answer").click()
    sees(phone.get_by_text("You told us: 3 out of 10."), phone.locator("#pain").get_by_role("status"))
    context.close()


def test_pages_behind_a_link_fit_a_narrow_phone_and_a_dead_one_helps(link: str, phone: Page) -> None:
    phone.set_viewport_size({"width": 320, "height": 700})
    phone.goto(link)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320

    phone.get_by_text("Not Maria? Tell us").click()
    phone.get_by_role("button", name="I am not Maria").click()

    expect(phone.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    assert findings(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_hold_is_timed_without_a_sound_nobody_asked_for(link: str, browser: Browser) -> None:
    phone = browser.new_page()
    phone.add_init_script("window.AudioContext = class { constructor() { window.heard = true } }")
    phone.clock.install()
    phone.goto(link)
    timer = phone.get_by_role("button", name="Timer:").first
    words = timer.text_content() or ""

    timer.click()
    counting = phone.locator("[data-timer]").first
    expect(counting).not_to_have_text(words)
    phone.clock.run_for(300_000)

    expect(counting).to_have_text(words)
    expect(phone.locator("#status")).to_have_text("Time. Let go slowly.")
    assert phone.evaluate("window.heard") is None


def test_todays_plan_is_read_without_internet_once_it_is_saved_and_gone_with_its_day_or_with_not_me(
    link: str, browser: Browser
) -> None:
    phone = browser.new_page()
    kept = "async () => [await caches.keys(), (await navigator.serviceWorker.getRegistrations()).length]"
    phone.goto(link)
    assert phone.evaluate(kept) == [[], 0]
    assert low_targets(phone) == []
    exercise = phone.locator(".exercise-name").first.text_content() or ""

    def save() -> None:
        phone.get_by_role("button", name="Save today's plan").click()
        expect(phone.get_by_role("button", name="Remove the saved plan")).to_be_visible()
        phone.evaluate("navigator.serviceWorker.ready.then(() => true)")

    save()
    phone.context.set_offline(True)
    phone.reload()
    expect(phone.get_by_role("heading", name="Your plan for")).to_be_visible()
    expect(phone.locator(".exercise-name").first).to_have_text(exercise)
    assert phone.locator("form").count() == 0

    phone.context.service_workers[0].evaluate("Date.now = () => 4102444800000")
    with pytest.raises(Error):
        phone.reload()

    phone.context.set_offline(False)
    phone.goto(link)
    assert phone.evaluate(kept) == [[], 0]
    save()
    phone.reload()
    phone.get_by_text("Not Maria? Tell us").click()
    phone.get_by_role("button", name="I am not Maria").click()
    expect(phone.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    assert phone.evaluate("caches.keys()") == []
