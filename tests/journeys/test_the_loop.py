"""The whole loop in a real browser: visit, texts, replies, next assessment."""

import re
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from homestretch.sample import SAMPLE_PASSWORD
from tests.journeys.conftest import Product

pytestmark = pytest.mark.browser


def sign_in(page: Page, product: Product, email: str = "sam@sample.example") -> None:
    page.goto(product.url)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(SAMPLE_PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{product.url}/today")


def add_client(page: Page, product: Product) -> str:
    """A new client with a phone, a goal, and consent on paper. Returns their page's address."""
    page.goto(f"{product.url}/clients/new")
    page.get_by_label("First name").fill("Nora")
    page.get_by_label("Last name").fill("Quist")
    page.get_by_label("Mobile phone").fill("(202) 555-0177")
    page.get_by_label("Complaint").fill("Left knee")
    page.get_by_label("Goal").fill("Kneel in the garden")
    page.get_by_role("button", name="Add client").click()
    page.get_by_label("Signed on paper").check()
    page.locator("[name=agreed]").check()
    page.get_by_role("button", name="Record agreement and text").click()
    expect(page.get_by_role("heading", name="Nora Quist")).to_be_visible()
    return re.sub(r"[?#].*", "", page.url)


def assign_three_exercises(page: Page, address: str) -> None:
    """By keyboard alone: the focus begins in the search, and Enter adds the first match."""
    page.goto(f"{address}/visit")
    for words in ("hamstring strap", "heel raise", "sit to stand"):
        page.keyboard.type(words)
        page.keyboard.press("Enter")
        expect(page.locator("[name=exercise]")).to_have_count(
            ("hamstring strap", "heel raise", "sit to stand").index(words) + 1
        )
    page.get_by_label("Complaint").fill("Knee after the stairs")
    page.get_by_label("Pain now", exact=False).fill("6")
    page.get_by_text("2 days", exact=True).click()
    page.get_by_role("button", name="Assign and send").click()
    expect(page.locator("#flashes")).to_contain_text("3 exercises")


def move_to_the_first_reminder(page: Page, product: Product) -> None:
    """At some hours the sign-up text waits for the morning: then the first reminder is the second text."""
    texts = page.get_by_role("log").get_by_text("From the practice:")

    def has_more_than(count: int) -> bool:
        page.get_by_role("button", name="Look again").click()
        return texts.count() > count

    for _ in range(3):
        before = texts.count()
        page.get_by_role("button", name="To the next text").click()
        expect(page.locator("body")).to_contain_text("The clock has moved")
        product.wait_for(partial(has_more_than, before), seconds=40)
        if "your home exercises are ready" in page.get_by_role("log").inner_text():
            return
    raise AssertionError("Three texts, and none of them was the reminder.")


def phone_of(page: Page, product: Product, address: str) -> None:
    page.goto(f"{product.url}/demo/phone?client={address.rsplit('/', 1)[1]}")


def test_the_whole_loop_from_a_visit_to_the_next_assessment(page: Page, sample: Product) -> None:
    sign_in(page, sample)
    address = add_client(page, sample)
    assign_three_exercises(page, address)

    phone_of(page, sample, address)
    move_to_the_first_reminder(page, sample)
    expect(page.get_by_role("log")).to_contain_text("you are signed up for home-care texts")

    [link] = re.findall(r"http://\S+/c/[\w-]{22}", page.get_by_role("log").inner_text())
    own_page = page.context.browser.new_page()
    own_page.goto(link)
    expect(own_page.get_by_role("heading", level=1)).to_contain_text("Hello Nora, 3 exercises")

    page.get_by_label("Answer as Nora").fill("done 4")
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_role("log")).to_contain_text("From the client: done 4")
    page.get_by_role("button", name="1 hour").click()
    expect(page.locator("body")).to_contain_text("we saved 4 out of 10")

    page.goto(address)
    expect(page.locator("body")).to_contain_text("Pain started at 6, now 4")
    expect(page.locator("body")).to_contain_text("3 of 3")
    page.goto(f"{sample.url}/today")
    page.get_by_text(re.compile("^Quiet")).click()
    expect(page.locator("body")).to_contain_text("done 4")

    page.goto(f"{address}/assessment")
    expect(page.locator("body")).to_contain_text("6")
    expect(page.locator("#pain")).to_have_value("4")

    # What was typed a moment before the screen was locked is there afterwards.
    page.get_by_label("Therapist impression").fill("Better load tolerance")
    page.get_by_role("button", name="Lock").click()
    page.get_by_label("Email").fill("sam@sample.example")
    page.get_by_label("Password").fill(SAMPLE_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Therapist impression")).to_have_value("Better load tolerance")

    # A mark goes with the first touch, a mistake is told, and completing at once is the end of the draft.
    page.wait_for_load_state()  # the script listens by then
    expect(page.locator("[data-prefilled=pain]")).to_have_count(1)
    page.locator("#pain").fill("eleven")
    expect(page.locator("[data-prefilled=pain]")).to_have_count(0)
    page.get_by_role("button", name="Complete assessment").click()
    expect(page.locator(".error-summary")).to_contain_text("Pain must be a number from 0 to 10")
    page.locator("#pain").fill("5")
    page.get_by_role("button", name="Complete assessment").click()
    expect(page.locator("body")).to_contain_text("Completed", ignore_case=True)


def test_a_sign_of_danger_is_answered_at_once_and_waits_for_a_named_person(
    page: Page, sample: Product
) -> None:
    sign_in(page, sample)
    address = add_client(page, sample)
    phone_of(page, sample, address)
    page.get_by_role("button", name="numb when I wipe").click()
    sample.wait_for(
        lambda: [m for m in sample.records("message") if "Do not wait for a text back" in m["body"]]
    )

    page.goto(f"{sample.url}/today")

    expect(page.locator("body")).to_contain_text("numb when I wipe")
    page.goto(f"{sample.url}/inbox")
    expect(page.locator("body")).to_contain_text("Nora Quist")


def test_a_text_back_with_stop_is_the_last_word(page: Page, sample: Product) -> None:
    sign_in(page, sample)
    address = add_client(page, sample)
    assign_three_exercises(page, address)
    phone_of(page, sample, address)
    page.get_by_role("button", name="STOP").click()
    sample.wait_for(
        lambda: [m for m in sample.records("message") if "you will get no more texts" in m["body"]]
    )

    page.get_by_role("button", name="1 week").click()

    expect(page.locator("body")).to_contain_text("The clock has moved")
    expect(page.locator("body")).not_to_contain_text(re.compile("home (exercises are ready|stretches)"))
    page.goto(address)
    expect(page.locator("body")).to_contain_text("STOP")
