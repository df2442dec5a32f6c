"""What can be seen to be wrong with a screen: by axe, by measuring, and by what the browser complains of."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Literal

import axe_playwright_python
from playwright.sync_api import Browser, Page

from tests.journeys.screens import Screen, Screens

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
OURS = Path(__file__).parent / "looking.js"
Look = tuple[Literal["light", "dark"], int]
# Every width, in an order that sets each theme and each width once; axe takes its time, so it looks at two.
USUAL_LOOKS: Sequence[Look] = (("light", 1280), ("light", 820), ("dark", 390), ("dark", 320))
AXE_AT: Sequence[Look] = (("light", 1280), ("dark", 390))
AXE_AT_ONE: Sequence[Look] = AXE_AT[-1:]
HEIGHT = 900
STAFF_TARGET, CLIENT_TARGET = 44, 56
LEAST_CONTRAST = 3
REFUSED = 422
NAMES_MISTAKE = "[role=alert], [aria-invalid=true]"


class Eyes:
    """One page for each who looks, and what the browser complained of since it was last asked.

    With `paint` off the windows are minimized: all is styled and laid out, and no picture of it is made.
    """

    def __init__(self, browser: Browser, screens: Screens, *, paint: bool = True) -> None:
        self._browser = browser
        self._screens = screens
        self._paint = paint
        self._pages: dict[str, Page] = {}
        self._complaints: list[str] = []

    def open(self, screen: Screen) -> tuple[Page, list[str]]:
        """The page with the screen on it, and what was wrong on the way there."""
        page = self.page_of(screen.who)
        self._complaints.clear()
        answer = page.goto(self._screens.url + screen.address)
        found = []
        if answer is None or answer.status != screen.status:
            found.append(f"answers {answer.status if answer else 'nothing'}")
        if page.url.removeprefix(self._screens.url) != screen.address:
            found.append(f"leads to {page.url}")
        return page, found + self.complaints(screen.status)

    def typed_forms(self, page: Page) -> list[tuple[int, str]]:
        """Those into which something is typed: place on the page, and the endpoint they post to."""
        found = page.evaluate("looking.typedForms()")
        return [(at, self._screens.endpoint_of(path)) for at, path in found]

    def send_badly(self, screen: Screen, page: Page, at: int) -> list[str]:
        """Sends a form of a screen; the page then shows what came back. What is wrong with how it says so."""
        found = [] if page.url == self._screens.url + screen.address else self.open(screen)[1]
        with page.expect_navigation() as going:
            page.evaluate("(at) => looking.sendBadly(at)", at)
        answer = going.value
        if answer is None or answer.status != REFUSED:
            found.append(f"answers {answer.status if answer else 'nothing'}")
        if not page.title().startswith("Error:") or page.locator(NAMES_MISTAKE).count() == 0:
            found.append(f"does not say that there is a mistake: {page.title()}")
        return found + self.complaints(REFUSED)

    def complaints(self, status: int = 200) -> list[str]:
        """A browser notes every answer from 400 on; the one that was meant is no complaint."""
        meant = f"Failed to load resource: the server responded with a status of {status}"
        found = [one for one in self._complaints if not one.startswith(meant)]
        self._complaints.clear()
        return found

    def page_of(self, who: str) -> Page:
        """Theirs, signed in; open at whatever it last showed."""
        if who not in self._pages:
            # Playwright sizes the window with the viewport, which a minimized one refuses.
            context = self._browser.new_context(reduced_motion="reduce", no_viewport=not self._paint)
            context.add_init_script(path=AXE)
            context.add_init_script(path=OURS)
            cookie = self._screens.things.cookies.get(who)
            if cookie is not None:
                context.add_cookies([{"name": "session", "value": cookie, "url": self._screens.url}])
            self._pages[who] = self._listened_to(context.new_page())
            if not self._paint:
                _minimize(self._pages[who])
        return self._pages[who]

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()

    def _listened_to(self, page: Page) -> Page:
        url, complain = self._screens.url, self._complaints.append
        page.on("console", lambda said: complain(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complain(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(url) else complain(asked.url))
        return page


def _minimize(page: Page) -> None:
    browser = page.context.new_cdp_session(page)
    window = browser.send("Browser.getWindowForTarget")["windowId"]
    browser.send("Browser.setWindowBounds", {"windowId": window, "bounds": {"windowState": "minimized"}})
    browser.detach()


def findings(
    page: Page,
    least: int,
    looks: Sequence[Look] = USUAL_LOOKS,
    axe_at: Collection[Look] = AXE_AT,
    *,
    thrifty: bool = True,
) -> Iterator[str]:
    """What is wrong in each theme and width. `least` is how high a target must be, in px.

    Nothing moves, so each look stands as soon as it is asked for. It begins with the look the page has
    already, if that is the last of them: to change it costs more than to measure.
    """
    if page.viewport_size is not None and page.viewport_size["width"] == looks[-1][1]:
        looks = looks[::-1]
    for theme, width in looks:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": HEIGHT})
        axe = ("thrifty" if thrifty else "thorough") if (theme, width) in axe_at else "closed"
        found = page.evaluate(f"looking.at({least}, {LEAST_CONTRAST}, '{axe}')")
        yield from (f"{one} in {theme} at {width} px" for one in found)
