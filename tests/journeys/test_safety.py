"""A sign of danger in a real browser: answered, told, handed on, taken care of, let go on, and closed."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Product
from tests.journeys.test_the_loop import add_client, assign_three_exercises, phone_of, sign_in

pytestmark = pytest.mark.browser


def a_client_in_danger(page: Page, sample: Product) -> str:
    """Nora has exercises and texts that she is numb where nobody should be. Returns her page's address."""
    sign_in(page, sample)
    address = add_client(page, sample)
    assign_three_exercises(page, address)
    phone_of(page, sample, address)
    page.get_by_role("button", name="numb when I wipe").click()
    expect(page.get_by_role("log")).to_contain_text("numb when I wipe")
    return address


def look_again_until(page: Page, sample: Product, words: str) -> None:
    def look() -> bool:
        page.reload()
        return words in page.locator("body").inner_text()

    sample.wait_for(look)


def test_danger_is_told_at_once_and_handed_on_when_nobody_looks(
    page: Page, browser: Browser, sample: Product
) -> None:
    address = a_client_in_danger(page, sample)
    look_again_until(page, sample, "To Sam’s phone")
    expect(page.get_by_role("log")).to_contain_text("Do not wait for a text back")
    expect(page.locator("#staff-side")).to_contain_text("A client needs you.")
    page.get_by_role("button", name="1 hour").click()
    expect(page.locator("#staff-side")).to_contain_text("To Kim’s phone", timeout=20_000)
    page.goto(f"{sample.url}/today")
    look_again_until(page, sample, "Nobody had looked for 15 minutes, so Kim was told too")

    kim = browser.new_page()
    sign_in(kim, sample, "kim@sample.example")
    flagged = kim.locator("li.row--danger", has_text="Nora Quist")
    flagged.get_by_role("button", name="I am on it").click()
    expect(kim.locator("main")).to_contain_text("Seen by Kim")
    kim.goto(address)
    expect(kim.locator("body")).to_contain_text("Exercise texts are held")
    kim.close()


def test_a_red_flag_is_closed_with_a_reason_and_texts_go_on_when_somebody_says_so(
    page: Page, sample: Product
) -> None:
    address = a_client_in_danger(page, sample)
    page.goto(f"{sample.url}/today")
    page.locator("li.row--danger", has_text="Nora Quist").get_by_role("link", name="I called").click()

    page.get_by_role("button", name=re.compile("^Close")).click()
    expect(page.locator("main")).to_contain_text("Say what was done about the red flag")
    page.get_by_label("What was done").fill("Called. She is on her way to the ER")
    page.get_by_role("button", name=re.compile("^Close")).click()
    expect(page.locator("body")).to_contain_text("Exercise texts to Nora stay held")

    page.goto(f"{sample.url}/today")
    held = page.locator("section", has=page.get_by_role("heading", name="Exercise texts held"))
    expect(held).to_contain_text("Nora Quist")
    page.goto(f"{address}/texts")
    expect(page.locator("main")).not_to_contain_text("home stretches")
    page.goto(address)
    page.get_by_label("Why (optional)").fill("ER gave the all clear")
    page.get_by_role("button", name="Start exercise texts again").click()
    timeline = page.locator("#timeline")
    expect(timeline).to_contain_text("Exercise texts start again by Sam")
    expect(timeline).to_contain_text("ER gave the all clear")
    expect(timeline).to_contain_text("Called. She is on her way to the ER")
    expect(page.locator("main")).not_to_contain_text("No texts planned")


def test_a_user_sets_up_alerts_and_a_colleague_stands_in(page: Page, sample: Product) -> None:
    sign_in(page, sample, "admin@sample.example")
    page.goto(f"{sample.url}/settings")
    page.get_by_role("link", name="Alerts to you").click()
    expect(page.locator("main")).to_contain_text("No alert reaches you")

    page.get_by_label("Mobile phone").fill("(202) 555-0193")
    page.get_by_role("button", name="Get alerts by text").click()
    expect(page.locator("main")).to_contain_text("Tick the box if you agree")
    page.get_by_label("I agree to these words").check()
    page.get_by_role("button", name="Get alerts by text").click()
    expect(page.locator("#flashes")).to_contain_text("Alerts now go to your phone")

    page.get_by_text("Sunday", exact=True).click()
    page.get_by_label("From", exact=True).fill("18:00")
    page.get_by_label("Until", exact=True).fill("07:00")
    page.get_by_label("Who stands in").select_option("Kim")
    page.get_by_role("button", name="Save on-call hours").click()
    expect(page.locator("#flashes")).to_contain_text("On-call hours saved")
    expect(page.get_by_label("Who stands in").locator("option:checked")).to_have_text("Kim")


# One of each degree; tests/web/test_safety.py texts every group of signs through the webhook.
TEXTS = {
    "numb when I wipe": "Do not wait for a text back",
    "my left calf is swollen red and hot": "go to urgent care today",
    "I want to kill myself": "If you are in danger call",
}


def send_as_client(page: Page, words: str) -> None:
    page.get_by_label(re.compile("^Answer as")).fill(words)
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_role("log")).to_contain_text(f"From the client: {words}")


def test_each_degree_of_danger_gets_its_text_and_reaches_the_inbox(page: Page, sample: Product) -> None:
    sign_in(page, sample)
    page.goto(f"{sample.url}/demo/phone")
    page.get_by_label("Client", exact=True).select_option(label="Maria Lopez")
    page.get_by_role("button", name="Show phone").click()
    for words in TEXTS:
        send_as_client(page, words)
    for text in TEXTS.values():
        look_again_until(page, sample, text)

    send_as_client(page, "my husband hits me and I am afraid at home")
    page.goto(f"{sample.url}/inbox")
    flagged = page.locator("li.row--danger", has_text="Maria Lopez")
    expect(flagged).to_have_count(1)
    expect(flagged).to_contain_text("my husband hits me")
