"""The pictures of docs/screens.md, from the sample practice. Anew: `python -m tests.journeys.pictures`."""

import argparse
import io
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import ROOT, live_the_sample
from tests.journeys.conftest import CHROMIUM, CHROMIUM_FLAGS
from tests.journeys.looking import Eyes, Look
from tests.journeys.screens import Screen, Screens, serving

FOLDER = ROOT / "docs" / "pictures"
# What each is named, and how it is seen: on a tablet held upright, and on a phone in the dark.
DEVICES: dict[str, tuple[Look, int]] = {"tablet": (("light", 820), 1100), "phone": (("dark", 390), 844)}
QUALITY = 72


def shown(screens: Screens) -> dict[str, Screen]:
    """The main screens by the name of their pictures."""
    return {
        "today": Screen("/today", "therapist"),
        "after-visit": Screen("/clients/1/visit", "therapist"),
        "client": Screen("/clients/1", "therapist"),
        "assessment": Screen("/clients/1/assessment", "therapist"),
        "inbox": Screen("/inbox", "therapist"),
        "adherence": Screen("/adherence", "admin"),
        "own-page": Screen(f"/c/{screens.things.link}", "client"),
        "handout": Screen("/clients/1/handout", "therapist"),
        "simulated-phone": Screen("/demo/phone?client=1", "therapist"),
    }


def take(browser: Browser, screens: Screens) -> Iterator[tuple[str, bytes]]:
    """Each picture's name, with what stands in the window as WebP."""
    eyes = Eyes(browser, screens)
    for name, screen in shown(screens).items():
        for device, ((theme, width), height) in DEVICES.items():
            page = eyes.page_of(screen.who)
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": height})
            eyes.open(screen)
            yield f"{name}-{device}.webp", _picture(page)
    eyes.close()


def _picture(page: Page) -> bytes:
    page.wait_for_load_state("networkidle")
    small = io.BytesIO()
    with Image.open(io.BytesIO(page.screenshot())) as taken:
        taken.convert("RGB").save(small, "WEBP", quality=QUALITY, method=6)
    return small.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, help="a sample practice that is there already")
    given = parser.parse_args()
    total = 0
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        sample = given.data_dir or Path(folder) / "sample"
        if given.data_dir is None:
            live_the_sample(sample)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_FLAGS))
        with serving(sample, Path(folder) / "served") as screens:
            for name, picture in take(browser, screens):
                (FOLDER / name).write_bytes(picture)
                total += len(picture)
        browser.close()
    print(f"{total // 1024} kB in {FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
