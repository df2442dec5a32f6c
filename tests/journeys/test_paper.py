"""A sheet of fourteen days, entered in a real browser: by keyboard alone, then by taps."""

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import Product, signed_in

pytestmark = pytest.mark.browser

SOFIA = 7
HEAD = "[document.documentElement.lang, ...[...document.styleSheets].map((one) => one.href)]"


def test_a_sheet_is_entered_by_keyboard_and_put_right_by_taps(browser: Browser, sample: Product) -> None:
    page, wrong = signed_in(browser, sample)
    page.goto(f"{sample.url}/adherence")
    page.get_by_role("row").filter(has_text="Paper to enter").get_by_role("link").click()
    page.get_by_role("link", name="Enter a sheet").last.click()
    page.wait_for_url("**/paper")  # with its script: a key pressed before that marks nothing
    boxes = page.locator("[data-tick]")
    first_sheet = boxes.count()

    boxes.first.focus()
    page.keyboard.press("v")
    page.keyboard.press("/")
    page.keyboard.press("0")
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    marks = [box.text_content() for box in boxes.all()]
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Sheet entered")).to_be_visible()

    assert marks[:3] == ["\N{CHECK MARK}", "/", "0"]
    assert marks.count("\N{CHECK MARK}") == 2
    entered = page.locator(".timeline-item").filter(has_text="Sheet entered")
    expect(entered).to_contain_text(f"2 done, 1 partly done, 1 left out, {first_sheet - 4} without a mark")

    page.get_by_role("link", name="Enter a sheet").last.click()
    page.get_by_role("link", name="14 days earlier").click()
    page.get_by_role("button", name="All done").first.click()
    page.get_by_role("button", name="Write down").click()
    expect(page.get_by_text("without a mark to done")).to_be_visible()
    assert wrong == []


@pytest.mark.parametrize("leads", ["by itself", "by script"])
def test_print_handout_opens_the_sheet_as_its_own_address_does(
    browser: Browser, sample: Product, leads: str
) -> None:
    page, wrong = signed_in(browser, sample)
    page.set_viewport_size({"width": 820, "height": 1180})
    page.goto(f"{sample.url}/clients/{SOFIA}/visit")
    page.get_by_label("And at (optional)").fill("12:00")
    if leads == "by script":  # as any other form would that ends on a page with a head of its own
        page.locator("[data-full][value=print]").evaluate("it => it.removeAttribute('data-full')")

    page.get_by_role("button", name="Print handout").click()
    page.wait_for_url("**/handout")

    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator(".paper-box").last).to_have_css("border-top-style", "solid")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    by_script = page.evaluate(HEAD)
    page.emulate_media(media="print")
    expect(page.get_by_label("Plan on paper")).to_be_hidden()
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()
    expect(page.locator(".paper-grid").first).to_be_visible()
    page.reload()
    assert page.evaluate(HEAD) == by_script
    assert wrong == []
