"""Pictures of the page for the documentation: ``python -m tools.page_screenshots`` writes them to docs/images.

Each is looked at before it is committed, and made smaller with fewer colours:
``convert A.png +dither -colors 200 PNG8:A.png``. Needs the Chromium of the tests of the page (``make browser``).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from attrs import frozen
from playwright.sync_api import Browser, Page, sync_playwright

from tests.page.conftest import FLAGS, chromium

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
LASSO = "tests/scenarios/c13_toleration_that_ends"


@frozen
class Picture:
    """A part of a page (a selector), with its first player at a step."""

    name: str
    arguments: tuple[str, ...]
    part: str
    step: int = 0
    scheme: Literal["light", "dark"] = "light"


PICTURES = (
    Picture("page-player", ("examples/shop",), "#finding-0 .run", step=2),
    Picture("page-verdicts", ("examples/shop",), "#objects"),
    Picture(
        "page-lasso", (f"{LASSO}/fails.yaml", "--cluster", f"{LASSO}/cluster_3.yaml"), "#finding-0 .run", 2, "dark"
    ),
)


def main() -> None:
    """Write all pictures."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for picture in PICTURES:
            file = Path(folder) / f"{picture.name}.html"
            command = [sys.executable, "-m", "kverify.cli.main", "check", *picture.arguments, "-o", f"html={file}"]
            subprocess.run(command, cwd=ROOT, check=False)
            _take(browser, picture, file)


def _take(browser: Browser, picture: Picture, file: Path) -> None:
    page: Page = browser.new_page(
        viewport={"width": 1180, "height": 2000}, color_scheme=picture.scheme, reduced_motion="reduce"
    )
    page.goto(file.as_uri())
    # Every player is there before anything is measured, so that nothing moves any more.
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    page.locator("#verdicts details").evaluate_all("all => all.forEach(details => details.open = false)")
    page.locator(".standing").evaluate_all("all => all.forEach(details => details.open = false)")
    if picture.step:
        page.locator(".steps button").nth(picture.step - 1).click()
        page.evaluate("() => document.activeElement.blur()")
    page.locator("nav").evaluate("nav => nav.style.position = 'static'")
    page.locator(picture.part).screenshot(path=IMAGES / f"{picture.name}.png")
    page.close()


if __name__ == "__main__":
    main()
