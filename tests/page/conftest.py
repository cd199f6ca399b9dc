"""A headless Chromium for the tests of what a page does. Without one they are skipped; ``make browser`` installs one.

``KVERIFY_CHROMIUM`` names one that is not found by itself. Every test gets a fresh profile, and what the page prints to
the console, throws or asks the network for is collected: all of it has to be empty at the end.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kverify.report.html import page as rendered

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page, Request

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """The program, if there is one."""
    named = os.environ.get("KVERIFY_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip("no Chromium is installed: make browser installs one, KVERIFY_CHROMIUM names one")
    from playwright.sync_api import expect, sync_playwright

    # Long enough for a machine that is busy: nothing is asked about time.
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


Opened = Callable[..., "Page"]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Opens the page of a document from disk: ``opened(document, width=1280, scheme="light", scripts=True)``."""
    trouble: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith("file:"):
            trouble.append(f"asks for {request.url}")

    def dismissed(dialog: Dialog) -> None:
        trouble.append(f"opens a dialog: {dialog.message}")
        dialog.dismiss()

    def open_(
        document: Any, *, width: int = 1280, scheme: Any = "light", scripts: bool = True, still: bool = True
    ) -> Page:
        file = tmp_path / "report.html"
        file.write_text(rendered(document), "utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
            reduced_motion="reduce" if still else "no-preference",
            offline=True,
        )
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: trouble.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: trouble.append(f"throws {error}"))
        page.on("dialog", dismissed)
        page.on("request", asked)
        page.goto(file.as_uri())
        return page

    yield open_
    assert trouble == []
