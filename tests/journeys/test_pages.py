"""Every screen in a real browser: no accessibility finding, nothing sideways, nothing from elsewhere.

The URL map says which there are, so a new page is looked at without being named here, and so are its forms,
sent as nobody would fill them in. Axe sees each page once per theme, and what only varies it once; `make
audit` has it look at everything in every width.
"""

from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.looking import AXE_AT, AXE_AT_ONE, CLIENT_TARGET, STAFF_TARGET, Eyes, Look, findings
from tests.journeys.screens import NO_MISTAKE, Screen, Screens

pytestmark = pytest.mark.browser

SHARES = 2


@pytest.fixture
def eyes(browser: Browser, screens: Screens) -> Iterator[Eyes]:
    eyes = Eyes(browser, screens, paint=False)
    yield eyes
    eyes.close()


def wrong_with(eyes: Eyes, screen: Screen, axe_at: Sequence[Look] = AXE_AT) -> Iterator[str]:
    page, found = eyes.open(screen)
    found += findings(page, CLIENT_TARGET if screen.is_of_client else STAFF_TARGET, axe_at=axe_at)
    found += eyes.complaints(screen.status)
    yield from (f"{screen}: {one}" for one in found)


def wrong_with_forms(eyes: Eyes, screen: Screen, page: Page, seen: set[str]) -> Iterator[str]:
    """Of the screen that is open: each form that was not met before, as it comes back with its mistakes."""
    for at, endpoint in eyes.typed_forms(page):
        if endpoint not in seen:
            seen.add(endpoint)
            found = eyes.send_badly(screen, page, at)
            found += findings(page, STAFF_TARGET, axe_at=AXE_AT_ONE)
            yield from (f"{screen}, {endpoint} sent badly: {one}" for one in found)


@pytest.mark.parametrize("share", range(SHARES))
def test_every_page_and_every_form_sent_badly_is_sound(eyes: Eyes, screens: Screens, share: int) -> None:
    found: list[str] = []
    seen = set(NO_MISTAKE)
    for screen in screens.full()[share::SHARES]:
        found += wrong_with(eyes, screen)
        found += wrong_with_forms(eyes, screen, eyes.page_of(screen.who), seen)

    assert found == []


@pytest.mark.parametrize("share", range(2))
def test_every_page_of_a_new_practice_is_sound(eyes: Eyes, screens: Screens, share: int) -> None:
    found = [one for screen in screens.empty()[share::2] for one in wrong_with(eyes, screen, AXE_AT_ONE)]

    assert found == []


def test_pages_of_clients_the_front_desk_and_who_is_signed_out_are_sound(
    eyes: Eyes, screens: Screens
) -> None:
    found: list[str] = []
    seen = set(NO_MISTAKE)
    for screen in screens.others():
        found += wrong_with(eyes, screen)
        if screen.is_signed_out and screen.status == 200:
            found += wrong_with_forms(eyes, screen, eyes.page_of(screen.who), seen)

    assert found == []


def test_a_file_that_is_too_large_is_told_of_until_another_is_chosen(eyes: Eyes, screens: Screens) -> None:
    page, _ = eyes.open(Screen("/exercises/import", "admin"))
    told = "Error: This file is larger than 8 MB. Import a part of it at a time."
    field, error = page.get_by_label("File"), page.locator("#file-error")

    field.set_input_files(
        {"name": "all.json", "mimeType": "application/json", "buffer": b" " * 9 * 1024 * 1024}
    )
    page.get_by_role("button", name="Import exercises").click()

    expect(error).to_have_text(told)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-describedby", "file-hint file-error")
    assert page.get_by_text("Choose the file first.").count() == 0

    field.set_input_files({"name": "part.json", "mimeType": "application/json", "buffer": b"[]"})

    expect(error).to_have_count(0)
    expect(field).not_to_have_attribute("aria-invalid", "true")
