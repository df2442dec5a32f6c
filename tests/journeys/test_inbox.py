"""The inbox by keyboard alone: read, correct, answer, put off; the next one opens by itself."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Product
from tests.journeys.test_the_loop import sign_in

pytestmark = pytest.mark.browser

MOST_TABS = 60


def focused(page: Page) -> str:
    """What the focus is on, as it is read out."""
    words: str = page.evaluate("document.activeElement.innerText || document.activeElement.name || ''")
    return words.replace("\n", " ").strip()


def press(page: Page, *words: str) -> None:
    """Go on with Tab until the focus is on what begins so, and press Enter."""
    for wanted in words:
        for _ in range(MOST_TABS):
            if focused(page).startswith(wanted):
                break
            page.keyboard.press("Tab")
        assert focused(page).startswith(wanted), f"no {wanted!r} within {MOST_TABS} tabs"
        page.keyboard.press("Enter")


def open_first(page: Page, name: str) -> None:
    """Which of the sample's replies is the oldest hangs on the hour it was made."""
    if name not in page.locator("#opened").inner_text():
        press(page, name)
    expect(page.locator("#opened")).to_contain_text(name)


def test_one_reply_after_the_other_by_keyboard_alone(page: Page, sample: Product) -> None:
    sign_in(page, sample, "admin@sample.example")
    page.goto(f"{sample.url}/inbox?kind=replies")
    page.evaluate("window.isSamePage = true")
    open_first(page, "Ali Reza")

    # Read otherwise: it is dealt with, the next one opens, and the focus is on its name.
    press(page, "Correct the reading", "Pain 2")
    expect(page.locator("#opened")).to_contain_text("Ruth Meyer")
    expect(page.locator("#opened")).to_be_focused()
    expect(page.locator("#flashes")).to_contain_text("Read as rating 2. Done.")
    expect(page).to_have_url(re.compile(r"item=\d+&kind=replies"))

    # Our reading is right: one tap.
    press(page, "Right: ")
    expect(page.locator("#inbox .facts")).to_contain_text("by Admin")

    # Write back; a word about health takes a second look.
    for _ in range(MOST_TABS):
        if focused(page) == "body":
            break
        page.keyboard.press("Tab")
    page.keyboard.type("Rest the knee first.")
    press(page, "Send and close")
    expect(page.locator("#second-look")).to_contain_text("This names a body part: 'knee'.")
    press(page, "Send it anyway")
    expect(page.locator("#flashes")).to_contain_text("Your message to Ruth goes out")
    expect(page.locator("#inbox")).to_contain_text("Nothing of this kind waits.")

    # Nothing of it loaded the page anew.
    assert page.evaluate("window.isSamePage") is True


def test_what_is_put_off_by_keyboard_leaves_the_list_and_its_count(page: Page, sample: Product) -> None:
    sign_in(page, sample, "admin@sample.example")
    page.goto(f"{sample.url}/inbox?kind=replies")
    open_first(page, "Ali Reza")
    before = int(page.locator("#inbox-count .count").evaluate("one => one.firstChild.data"))

    press(page, "Hand on or put off", "Tomorrow 9:00am")

    expect(page.locator("#opened")).to_contain_text("Ruth Meyer")
    expect(page.locator("#inbox-count .count")).to_contain_text(str(before - 1))
    page.get_by_role("link", name="Put off (1)").press("Enter")
    expect(page.locator("#inbox")).to_contain_text("Ali Reza")


def test_the_wording_page_follows_what_is_typed(page: Page, sample: Product) -> None:
    sign_in(page, sample, "admin@sample.example")
    page.goto(f"{sample.url}/settings/wording/en/reminder")

    words = page.get_by_label("Words", exact=True)
    words.fill("{practice}: {first}, a quiet quarter of an hour. Reply YES")

    expect(page.locator("#preview")).to_contain_text("Maria, a quiet quarter of an hour.")
    expect(page.locator("#preview")).to_contain_text("Take out YES")
    expect(words).to_be_focused()
    words.fill("{practice}: {first}, a quiet quarter of an hour. Reply DONE")
    expect(page.locator("#preview")).to_contain_text("Fits one text")
    page.get_by_role("button", name="Save words").click()
    expect(page.locator("#main")).to_contain_text("Your words")
