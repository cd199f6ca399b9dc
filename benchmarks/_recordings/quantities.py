"""``quantities.jsonl``: quantities as CPU of a quota, as a count of objects, and as a maximum of a LimitRange."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from benchmarks._recordings.rows import Comparison, Disagreement, Row
from kverify.api.decode import decode
from kverify.api.encode import to_plain
from kverify.manifest import read_text


def _quota(resource: str, text: str) -> dict[str, Any]:
    spec = {"hard": {resource: text}}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": spec}


def _limit(text: str) -> dict[str, Any]:
    limits = [{"type": "Container", "max": {"cpu": text}}]
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l"}, "spec": {"limits": limits}}


OBJECTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "stored": lambda text: _quota("requests.cpu", text),
    "count": lambda text: _quota("count/pods", text),
    "limitrange_max_cpu": _limit,
}
"""The object of each column of the recording, with the text in it."""


def is_comparable(row: Row) -> bool:
    """``null`` is there twice: the JSON null, which never reaches the parser of quantities, and the text."""
    return not (row["text"] == "null" and row["accepted"])


def compare(row: Row) -> Comparison:
    """Stored as the same text in all three places, or refused (``null``)."""
    found = []
    for column, make in OBJECTS.items():
        answer = row if column == "stored" else row[column]
        ours = _stored(make(row["text"]))
        if ours != answer["stored"]:
            found.append(Disagreement(column, answer["stored"], ours))
    return Comparison(repr(row["text"]), "quantity", tuple(found), str(row.get("message") or ""))


def _stored(manifest: dict[str, Any]) -> str | None:
    """The quantity as the accepted object prints it."""
    found = decode(read_text(json.dumps(manifest), "case.json").documents[0]).object
    if found is None:
        return None
    spec = to_plain(found)["spec"]
    amounts = spec["hard"] if "hard" in spec else spec["limits"][0]["max"]
    (text,) = amounts.values()
    return str(text)
