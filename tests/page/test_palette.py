"""Colours of the page: enough contrast in light and in dark, computed from the styles themselves (WCAG 2.1)."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

import kverify.report.html

ASSETS = Path(kverify.report.html.__file__).parent / "assets"
TEXT, SHAPE = 4.5, 3.0
"""The least contrast of text, and of what is no text but has to be seen."""
SEVERITIES = ("error", "warning", "info", "holds", "vacuous", "unknown")
REVISIONS = tuple(f"rev{number}" for number in range(6))
CURVES = tuple(f"curve-{name}" for name in ("wanted", "existing", "ready", "available", "answering"))


def palettes() -> dict[str, dict[str, str]]:
    """The colours by name, light and dark. Dark is light with some of them changed."""
    style = "".join((ASSETS / name).read_text("utf-8") for name in ("page.css", "player.css"))
    blocks = re.findall(r"(@media screen and \(prefers-color-scheme: dark\) \{\s*)?:root \{(.*?)\}", style, re.S)
    light = {name: colour for dark, body in blocks if not dark for name, colour in colours(body)}
    dark = {name: colour for dark, body in blocks if dark for name, colour in colours(body)}
    return {"light": light, "dark": {**light, **dark}}


def colours(body: str) -> list[tuple[str, str]]:
    return re.findall(r"--([\w-]+): (#[0-9a-f]{6});", body)


def luminance(colour: str) -> float:
    def linear(channel: float) -> float:
        return float(channel / 12.92 if channel <= 0.03928 else ((channel + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


PAIRS = [
    *((text, ground, TEXT) for text in ("text", "quiet", "link") for ground in ("ground", "card", "inset")),
    *((name, f"{name}-soft", TEXT) for name in SEVERITIES),
    *((name, ground, TEXT) for name in SEVERITIES for ground in ("card", "inset")),
    *((text, f"{name}-soft", TEXT) for text in ("text",) for name in SEVERITIES),
    *((mark, ground, SHAPE) for mark in (*REVISIONS, *CURVES) for ground in ("card", "inset")),
    ("card", "link", TEXT),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("mark", "ground", "least"), PAIRS)
def test_contrast_is_enough(scheme: str, mark: str, ground: str, least: float) -> None:
    palette = palettes()[scheme]
    assert contrast(palette[mark], palette[ground]) >= least


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_has_a_value_in_both(scheme: str) -> None:
    assert {name for pair in PAIRS for name in pair[:2]} <= palettes()[scheme].keys()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_two_revisions_differ_for_the_colour_blind(scheme: str) -> None:
    """Old and new are the pair that matters: they differ in blue against red and green, which nearly all people see."""
    old, new = (palettes()[scheme][name] for name in REVISIONS[:2])
    assert int(old[5:7], 16) - int(new[5:7], 16) > 80


def test_dark_is_not_light() -> None:
    light, dark = palettes().values()
    assert all(light[name] != dark[name] for name in (*SEVERITIES, *REVISIONS, *CURVES))
    assert luminance(light["card"]) > 0.9
    assert luminance(dark["card"]) < 0.05


def test_no_two_curves_have_one_colour() -> None:
    for palette in palettes().values():
        assert all(palette[a] != palette[b] for a, b in itertools.combinations(CURVES, 2))
