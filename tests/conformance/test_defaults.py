"""Defaults agree with what a real API server (v1.36.2) stores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from kverify.api.base import json_name, model_fields
from kverify.api.decode import decode, structure
from kverify.api.object import KubeObject
from kverify.api.quantity import Quantity
from kverify.api.validation import CHECKS
from kverify.cluster import Bundle
from kverify.cluster.admission import BundleView, admit
from kverify.cluster.admission.service_account import TOKEN_VOLUME
from kverify.cluster.references.existence import Boundary
from kverify.manifest import read_text

RECORDED = Path(__file__).parents[3] / "shared/traces/defaults.jsonl"
pytestmark = pytest.mark.skipif(not RECORDED.is_file(), reason="the recordings are not here")

KINDS = {kind for _, kind in CHECKS}

ALLOCATED = {
    "metadata": {"uid", "generation", "creationTimestamp", "namespace", "managedFields"},
    "spec": {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"},
}
"""Set by the server from the cluster's state, not from the manifest."""

CLUSTER = BundleView(Bundle(), Boundary(closed=True))
"""A cluster with nothing but what every cluster has."""


def _cases() -> list[dict[str, Any]]:
    if not RECORDED.is_file():
        return []
    cases = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]
    return [case for case in cases if case["kind"] in KINDS]


CASES = _cases()


@pytest.mark.parametrize("case", CASES, ids=[f"{case['kind']}-{number}" for number, case in enumerate(CASES)])
def test_same_stored_object(case: dict[str, Any]) -> None:
    ours = decode(read_text(json.dumps(_with_uid(case)), "sent.json").documents[0]).object
    assert ours is not None
    answer = admit(ours, CLUSTER)
    assert answer.refused is None
    ours = answer.object
    stored = structure(read_text(json.dumps(case["stored"]), "stored.json").documents[0])
    assert not stored.diagnostics
    assert isinstance(stored.object, KubeObject)
    assert isinstance(ours, KubeObject)
    assert _comparable(ours) == _comparable(stored.object)


def _with_uid(case: dict[str, Any]) -> dict[str, Any]:
    """What was sent; a Job has the uid that the server made up, which its selector is generated from."""
    sent: dict[str, Any] = case["sent"]
    if case["kind"] == "Job" and not sent["spec"].get("manualSelector"):
        uid = case["stored"]["spec"]["selector"]["matchLabels"]["batch.kubernetes.io/controller-uid"]
        return {**sent, "metadata": {**sent["metadata"], "uid": uid}}
    return sent


def _comparable(obj: KubeObject) -> dict[str, Any]:
    plain = _plain(obj)
    assert isinstance(plain, dict)
    plain.pop("status", None)
    for part, names in ALLOCATED.items():
        for name in names:
            plain.get(part, {}).pop(name, None)
    spec = plain.get("spec", {})
    if obj.kind == "Pod":
        _without_suffix(spec)
    for port in spec.get("ports", ()) if obj.kind == "Service" else ():
        port.pop("nodePort", None)
    return plain


def _without_suffix(spec: dict[str, Any]) -> None:
    """The volume of the token has a name that ends at random; the recording server's distribution adds a source."""
    mounts = [m for c in (*spec["containers"], *spec.get("initContainers", [])) for m in c.get("volumeMounts", [])]
    for named in (*spec.get("volumes", []), *mounts):
        if named["name"].startswith(TOKEN_VOLUME):
            named["name"] = TOKEN_VOLUME
    for volume in spec.get("volumes", []):
        sources = volume.get("projected", {}).get("sources", [])
        sources[:] = [s for s in sources if s.get("configMap", {}).get("name") != "openshift-service-ca.crt"]


def _plain(value: Any) -> Any:
    """JSON as Kubernetes prints it: empty values are left out."""
    if isinstance(value, Quantity):
        return value.stored().text
    if attrs.has(type(value)):
        items = ((json_name(field), _plain(getattr(value, field.name))) for field in model_fields(type(value)))
        return {name: item for name, item in items if item not in (None, (), [], 0, "", False)}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
