"""``defaults.jsonl``: objects as they were sent, and as the server stores them."""

from __future__ import annotations

import json
from typing import Any

from benchmarks._recordings.allocation import without_choices
from benchmarks._recordings.cluster import SERVER
from benchmarks._recordings.rows import Comparison, Disagreement, Row, differences
from kverify.cluster.admission.service_account import TOKEN_VOLUME
from kverify.manifest import read_text

DROPPED = ("uid", "creationTimestamp", "generation", "managedFields", "namespace")
"""What depends on the moment, and the namespace that the recorder used."""


def compare(row: Row) -> Comparison:
    """The same stored object, field by field."""
    kind = row["kind"]
    outcome = SERVER.create(read_text(json.dumps(row["sent"]), "sent.json").documents[0])
    said = tuple(f"{item.id} {item.path}: {item.message}" for item in outcome.errors)
    if outcome.stored is None:
        return Comparison(kind, kind, (Disagreement("accepted", True, False),), answer=said)
    found = differences(_kept(row["stored"], row["sent"]), _kept(outcome.stored.plain, row["sent"]))
    return Comparison(kind, kind, tuple(found), answer=said)


def _kept(obj: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in obj["metadata"].items() if key not in DROPPED}
    kept = {**obj, "metadata": metadata}
    if obj["kind"] == "PersistentVolume":
        kept["status"] = {key: value for key, value in obj["status"].items() if key != "lastPhaseTransitionTime"}
    if obj["kind"] == "Pod":
        kept = _without_suffix(kept)
    return without_choices(kept, sent)


def _without_suffix(pod: dict[str, Any]) -> dict[str, Any]:
    """The volume of the token has a name that ends at random; the recording server's distribution adds a source."""
    text = json.loads(json.dumps(pod))
    spec = text["spec"]
    mounts = [m for c in (*spec["containers"], *spec.get("initContainers", [])) for m in c.get("volumeMounts", [])]
    for named in (*spec.get("volumes", []), *mounts):
        if named["name"].startswith(TOKEN_VOLUME):
            named["name"] = TOKEN_VOLUME
    for volume in spec.get("volumes", []):
        sources = volume.get("projected", {}).get("sources", [])
        sources[:] = [s for s in sources if s.get("configMap", {}).get("name") != "openshift-service-ca.crt"]
    result: dict[str, Any] = text
    return result
