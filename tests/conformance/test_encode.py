"""What a real API server (v1.36.2) stores is printed again exactly as it printed it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kverify.api.decode import structure
from kverify.api.encode import to_plain
from kverify.manifest import read_text

TRACES = Path(__file__).parents[3] / "shared/traces"
pytestmark = pytest.mark.skipif(not TRACES.is_dir(), reason="the recordings are not here")


def _stored(file: str, key: str) -> list[dict[str, Any]]:
    path = TRACES / file
    if not path.is_file():
        return []
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [row[key] for row in rows if row.get(key)]


@pytest.mark.parametrize("key", [("defaults.jsonl", "stored"), ("apply.jsonl", "result")], ids=lambda key: key[0])
def test_printed_as_the_server_prints(key: tuple[str, str]) -> None:
    """Zeros, nulls, empty objects, quantities. The recorder left the status out where nothing had happened yet."""
    stored = _stored(*key)
    assert stored
    for recorded in stored:
        decoded = structure(read_text(json.dumps(recorded), "stored.json").documents[0])
        assert decoded.object is not None, decoded.diagnostics
        assert to_plain(decoded.object, status="status" in recorded) == recorded
