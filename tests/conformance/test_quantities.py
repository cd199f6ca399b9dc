"""Agreement with a real API server (v1.36.2) on quantities: as CPU of a quota, as a count of objects, as a limit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kverify.api.decode import decode
from kverify.api.encode import to_plain
from kverify.manifest import read_text

RECORDED = Path(__file__).parents[3] / "shared/traces/quantities.jsonl"
pytestmark = pytest.mark.skipif(not RECORDED.is_file(), reason="the recordings are not here")


def _quota(resource: str, text: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "q"},
        "spec": {"hard": {resource: text}},
    }


def _limit(text: str) -> dict[str, Any]:
    limits = [{"type": "Container", "max": {"cpu": text}}]
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l"}, "spec": {"limits": limits}}


OBJECTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "stored": lambda text: _quota("requests.cpu", text),
    "count": lambda text: _quota("count/pods", text),
    "limitrange_max_cpu": _limit,
}
"""The object of each column of the recording, with the text in it."""


def _stored(manifest: dict[str, Any]) -> str | None:
    """The quantity as the accepted object prints it."""
    found = decode(read_text(json.dumps(manifest), "case.json").documents[0]).object
    if found is None:
        return None
    spec = to_plain(found)["spec"]
    amounts = spec["hard"] if "hard" in spec else spec["limits"][0]["max"]
    (text,) = amounts.values()
    return str(text)


def _cases() -> list[dict[str, Any]]:
    if not RECORDED.is_file():
        return []
    cases = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]
    # "null" is there twice: the JSON null, which never reaches the parser of quantities, and the text.
    return [case for case in cases if not (case["text"] == "null" and case["accepted"])]


def test_there_are_recordings() -> None:
    assert len(_cases()) > 300


@pytest.mark.parametrize("column", OBJECTS)
def test_same_acceptance_and_stored_value(column: str) -> None:
    wrong = []
    for case in _cases():
        answer = case if column == "stored" else case[column]
        stored = _stored(OBJECTS[column](case["text"]))
        if stored != answer["stored"]:
            wrong.append((case["text"], answer["stored"], stored))
    assert wrong == []
