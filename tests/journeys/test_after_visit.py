"""After visit, counted: by keyboard alone, by touch alone, and without script.

An interaction is a tap, a choice, or one word typed with its Enter.
"""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from homestretch.sample import SAMPLE_PASSWORD
from tests.journeys.conftest import Product

pytestmark = pytest.mark.browser

FAR = 120
WORDS = ("hamstring strap", "heel raise", "sit to stand")


@dataclass
class Keyboard:
    """Somebody whose only tool is the keyboard. Moving the focus is part of what it is moved for."""

    page: Page
    interactions: int = 0

    def press(self, target: Locator, key: str = "Enter") -> None:
        self.reach(target)
        self.keys(key)

    def keys(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.interactions += 1

    def word(self, word: str) -> None:
        """Typed wherever the focus is."""
        self.page.keyboard.type(word)
        self.keys("Enter")

    def reach(self, target: Locator) -> None:
        for _ in range(FAR):
            if target.evaluate("it => it === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never comes to {target}.")


@dataclass
class Finger:
    """Somebody who taps, and types on the glass."""

    page: Page
    interactions: int = 0

    def tap(self, target: Locator) -> None:
        target.tap()
        self.interactions += 1

    def word(self, word: str) -> None:
        """Typed wherever the focus is."""
        self.page.keyboard.type(word)
        self.page.keyboard.press("Enter")
        self.interactions += 1


def open_client(browser: Browser, product: Product, client_id: int, **context: object) -> Page:
    """The page of one of Sam's clients, in a browser of its own."""
    page = browser.new_context(base_url=product.url, **context).new_page()  # type: ignore[arg-type]  # its options come by name
    page.goto("/")
    page.get_by_label("Email").fill("sam@sample.example")
    page.get_by_label("Password").fill(SAMPLE_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/today")
    page.goto(f"/clients/{client_id}")
    return page


def after_visit(page: Page) -> Locator:
    return page.get_by_role("link", name="After visit").first


def rows(page: Page) -> Locator:
    return page.locator(".dose-name")


def expect_saved(page: Page, words: str) -> None:
    expect(page.locator("#flashes")).to_contain_text(words)


def test_the_keyboard_alone_gives_out_exercises_in_few_interactions(
    browser: Browser, sample: Product
) -> None:
    page = open_client(browser, sample, 1)

    hands = Keyboard(page)
    hands.press(after_visit(page))
    hands.press(page.get_by_role("button", name="Empty"))
    expect(rows(page)).to_have_count(0)
    page.evaluate("document.documentElement.dataset.mark = 'never left'")
    # As fast as somebody types: the next word does not wait for the answer to the one before.
    for word in WORDS:
        hands.word(word)
    expect(rows(page)).to_have_text(
        ["Lying hamstring strap stretch", "Heel raise", "Sit to stand"], use_inner_text=True
    )
    expect(page.locator("html[data-mark]")).to_have_count(1)
    hands.reach(page.get_by_role("radio", name="3 days"))
    hands.keys("ArrowLeft")
    expect(page.get_by_role("radio", name="2 days")).to_be_checked()
    hands.keys("Control+Enter")
    expect_saved(page, "Saved: 3 exercises")
    expect(page.locator("main")).to_contain_text("Pain question 2 days after the visit")
    assert hands.interactions <= 12

    hands = Keyboard(page)
    hands.press(after_visit(page))
    hands.press(page.get_by_role("button", name="Hip and glute, 3"))
    expect(rows(page)).to_have_count(3)
    hands.keys("Control+Enter")
    expect_saved(page, "Saved: 3 exercises")
    assert hands.interactions <= 5

    hands = Keyboard(page)
    hands.press(after_visit(page))
    expect(page.get_by_label("Add exercise")).to_be_focused()
    expect(page.locator("#preview")).to_contain_text("Maria gets this text")
    expect(page.get_by_label("Add exercise")).to_be_focused()
    hands.keys("Control+Enter")
    expect_saved(page, "Saved: 3 exercises")
    assert hands.interactions <= 3


def test_taps_alone_give_out_exercises_in_few_interactions(browser: Browser, sample: Product) -> None:
    tablet = {"has_touch": True, "is_mobile": True, "viewport": {"width": 820, "height": 1180}}
    page = open_client(browser, sample, 1, **tablet)

    finger = Finger(page)
    finger.tap(after_visit(page))
    finger.tap(page.get_by_role("button", name="Empty"))
    expect(rows(page)).to_have_count(0)
    for word in WORDS:
        finger.word(word)
    expect(rows(page)).to_have_count(3)
    finger.tap(page.locator("label", has_text="2 days"))
    finger.tap(page.get_by_role("button", name="In 1 week"))
    finger.tap(page.get_by_role("button", name="Assign and send"))
    expect_saved(page, "Saved: 3 exercises")
    assert finger.interactions <= 12

    # Undo stands where the eye is, and brings back the form as it was sent.
    page.get_by_role("button", name="Undo").tap()
    expect(rows(page)).to_have_count(3)
    expect(page.get_by_role("radio", name="2 days")).to_be_checked()
    page.get_by_role("button", name="Start fresh").tap()
    expect(page.get_by_role("button", name="Start fresh")).to_have_count(0)
    page.get_by_role("link", name="Maria Lopez").tap()

    finger = Finger(page)
    finger.tap(after_visit(page))
    finger.tap(page.get_by_role("button", name="Hip and glute, 3"))
    expect(rows(page)).to_have_count(3)
    finger.tap(page.get_by_role("button", name="Assign and send"))
    expect_saved(page, "Saved: 3 exercises")
    assert finger.interactions <= 5

    finger = Finger(page)
    finger.tap(after_visit(page))
    finger.tap(page.get_by_role("button", name="Assign and send"))
    expect_saved(page, "Saved: 3 exercises")
    assert finger.interactions <= 3


def test_without_script_every_step_is_a_page_of_its_own(browser: Browser, sample: Product) -> None:
    page = open_client(browser, sample, 1, java_script_enabled=False)

    after_visit(page).click()
    page.get_by_role("button", name="Empty").click()
    for number, word in enumerate(WORDS, start=1):
        page.get_by_label("Add exercise").fill(word)
        page.keyboard.press("Enter")
        expect(rows(page)).to_have_count(number)
    page.get_by_role("button", name="Show the texts").click()
    expect(page.locator("#preview")).to_contain_text("Maria gets this text")
    page.get_by_role("button", name="Assign and send").click()

    expect_saved(page, "Saved: 3 exercises")


def test_what_happened_stands_in_view_after_sending_and_after_undo(browser: Browser, sample: Product) -> None:
    page = open_client(browser, sample, 1)
    after_visit(page).click()
    for width in (390, 820, 1280):
        page.set_viewport_size({"width": width, "height": 780})
        expect(page.locator("#preview")).to_contain_text("Maria gets this text")
        page.get_by_label("Visit note").scroll_into_view_if_needed()

        page.get_by_role("button", name="Assign and send").click()
        expect_saved(page, "Saved: 3 exercises")
        expect(page.locator("#main")).to_be_focused()
        expect(page.locator("#flashes p")).to_be_in_viewport(ratio=1)

        page.get_by_role("button", name="Undo").click()
        expect_saved(page, "Taken back.")
        expect(page.locator("#flashes p")).to_be_in_viewport(ratio=1)


def test_a_draft_saved_while_it_is_typed_does_not_follow_to_the_next_page(
    browser: Browser, sample: Product
) -> None:
    """Sent before the pause after the last change is over, the page that comes next stays."""
    page = open_client(browser, sample, 1)
    after_visit(page).click()
    expect(page.locator("#preview")).to_contain_text("Maria gets this text")

    page.clock.install()
    page.get_by_label("Visit note").press_sequentially("Easier")
    page.keyboard.press("Control+Enter")
    expect_saved(page, "Saved: 3 exercises")
    page.clock.run_for(2_000)
    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_label("Visit note")).to_have_value("Easier")


def test_on_a_phone_the_bar_leaves_room_and_the_status_stands_above_it(
    browser: Browser, sample: Product
) -> None:
    page = open_client(browser, sample, 1)
    after_visit(page).click()
    bar, status = page.locator(".send-bar"), page.locator("#status")
    for width, height, text, most in ((320, 568, "100%", 0.2), (390, 844, "200%", 0.25)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("size => document.documentElement.style.fontSize = size", text)
        page.get_by_label("Add exercise").fill("heel raise")
        page.keyboard.press("Enter")
        expect(status).to_contain_text("Heel raise")

        send = page.get_by_role("button", name="Assign and send").bounding_box() or {}
        said, whole = status.bounding_box() or {}, bar.bounding_box() or {}
        assert whole["height"] <= most * height
        assert send["y"] + send["height"] <= height
        assert said["y"] + said["height"] <= send["y"]
