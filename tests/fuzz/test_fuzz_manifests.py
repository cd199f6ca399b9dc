"""No input makes the reader or the decoder raise: arbitrary bytes, and manifests that somebody damaged.

``make fuzz`` looks for more, guided by coverage; what it found once is in ``found`` and stays mended.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.registry import TYPED
from kverify.testing.smallest import minimal
from tests.fuzz.target import look, seeds
from tests.unit.manifest.strategies import pieces

FOUND = sorted(path for path in (Path(__file__).parent / "found").glob("*") if path.is_file())
SEEDS = dict(seeds())

kinds = st.sampled_from(sorted(TYPED))
strange = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["", "0", "-1", "100m", "1e9Gi", "25%", "*/5 * * * *", "a/b/c", "10.0.0.0/8", "::1", "true"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    look(data)


@given(st.sampled_from(sorted(SEEDS)), st.data())
def test_damaged_texts(name: str, data: st.DataObject) -> None:
    text = SEEDS[name].decode("utf-8", "replace")
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 30)))
        text = text[:start] + data.draw(pieces | st.just(text[end : end + 40])) + text[end:]
    look(text.encode("utf-8", "surrogatepass"))


@given(kinds, st.data())
def test_objects_with_strange_values(key: tuple[str, str], data: st.DataObject) -> None:
    plain = minimal(*key)
    for _ in range(data.draw(st.integers(1, 3))):
        damage(plain, data)
    text = json.dumps(plain) if data.draw(st.booleans()) else yaml.safe_dump(plain)
    look(text.encode("utf-8", "surrogatepass"))


def damage(plain: dict[str, Any], data: st.DataObject) -> None:
    """Puts something strange in the place of a value, at any depth, or beside one."""
    inside: Any = plain
    while True:
        keys = sorted(inside) if isinstance(inside, dict) else list(range(len(inside)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if isinstance(inside[key], (dict, list)) and inside[key] and data.draw(st.booleans()):
            inside = inside[key]
            continue
        if isinstance(inside, dict) and data.draw(st.booleans()):
            key = data.draw(st.text(max_size=6))
        inside[key] = data.draw(strange)
        return


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_was_found_before(path: Path) -> None:
    look(path.read_bytes())
