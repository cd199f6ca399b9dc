"""Where a real API server (v1.36.2) warns, kverify warns, at the same field."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kverify.api import decode
from kverify.manifest import read_text

RECORDED = Path(__file__).parents[3] / "shared/traces/admission.jsonl"
pytestmark = pytest.mark.skipif(not RECORDED.is_file(), reason="the recordings are not here")

_FIELD = re.compile(r'299 - "([a-z][A-Za-z0-9]*[.\[][^ :]+)')
UNNAMED = {"tls: failed to find any PEM data in certificate input": "data[tls.crt]"}
"""Warnings that name no field, and the one that they are about."""


def _cases() -> list[dict[str, Any]]:
    if not RECORDED.is_file():
        return []
    rows = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]
    return [row for row in rows if row.get("warnings")]


def _field(warning: str) -> str:
    found = _FIELD.match(warning)
    if found:
        return found[1]
    return next(path for text, path in UNNAMED.items() if text in warning)


CASES = _cases()


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_same_field_is_warned_about(case: dict[str, Any]) -> None:
    text = json.dumps(yaml.safe_load(case["manifest"]))
    decoded = decode(read_text(text, "case.json").documents[0])
    assert decoded.accepted == case["accepted"]
    assert _field(case["warnings"]) in {item.path for item in decoded.diagnostics if not item.refuses}
