"""Agreement with a real API server (v1.36.2) on quantities: as CPU of a quota, as a count of objects, as a limit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kverify.api.quantity import Quantity, QuantityError, parse_quantity

RECORDED = Path(__file__).parents[3] / "shared/traces/quantities.jsonl"
pytestmark = pytest.mark.skipif(not RECORDED.is_file(), reason="the recordings are not here")


def _stored(quantity: Quantity, column: str) -> str | None:
    """What the field of ``column`` stores: amounts of a quota are not negative, and objects are counted in ones."""
    if column != "limitrange_max_cpu" and quantity.nano < 0:
        return None
    return None if column == "count" and not quantity.is_integer else quantity.stored().text


def _cases() -> list[dict[str, Any]]:
    if not RECORDED.is_file():
        return []
    cases = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]
    # "null" is there twice: the JSON null, which never reaches the parser of quantities, and the text.
    return [case for case in cases if not (case["text"] == "null" and case["accepted"])]


def test_there_are_recordings() -> None:
    assert len(_cases()) > 300


@pytest.mark.parametrize("column", ["stored", "count", "limitrange_max_cpu"])
def test_same_acceptance_and_stored_value(column: str) -> None:
    wrong = []
    for case in _cases():
        answer = case if column == "stored" else case[column]
        try:
            stored = _stored(parse_quantity(case["text"]), column)
        except QuantityError:
            stored = None
        if stored != answer["stored"]:
            wrong.append((case["text"], answer["stored"], stored))
    assert wrong == []
