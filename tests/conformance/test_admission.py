"""Agreement with a real API server (v1.36.2) on manifests posted with dryRun and strict field validation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kverify.api.decode import decode
from kverify.api.validation import CHECKS
from kverify.cluster import Bundle
from kverify.cluster.admission import BundleView, admit
from kverify.cluster.references.existence import Boundary
from kverify.manifest import Diagnostic, Severity, read_text

RECORDED = Path(__file__).parents[3] / "shared/traces/admission.jsonl"
pytestmark = pytest.mark.skipif(not RECORDED.is_file(), reason="the recordings are not here")

KINDS = {kind for _, kind in CHECKS}

CLUSTER_DEPENDENT = {
    "service-dual-required": "whether the cluster is dual-stack is not in the manifest",
}
"""Refused for what the recording cluster was, not for what the manifest says."""

CLUSTER = BundleView(Bundle(), Boundary(closed=True))
"""A cluster with nothing but what every cluster has."""


def _cases() -> list[dict[str, Any]]:
    if not RECORDED.is_file():
        return []
    cases = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]
    return [case for case in cases if _kind(case["manifest"]) in KINDS]


def _kind(manifest: str) -> str:
    for line in manifest.splitlines():
        if line.startswith("kind:"):
            return line.partition(":")[2].strip()
    return ""


def _decode(manifest: str) -> tuple[bool, tuple[Diagnostic, ...]]:
    """The recorder kept its manifests with PyYAML and posted them as JSON, so a plain ``y`` was posted as text."""
    read = read_text(json.dumps(yaml.safe_load(manifest)), "case.json")
    assert len(read.documents) == 1
    decoded = decode(read.documents[0])
    found = (*read.diagnostics, *decoded.diagnostics)
    errors = tuple(d for d in found if d.severity is Severity.ERROR)
    accepted = decoded.accepted and decoded.object is not None and admit(decoded.object, CLUSTER).refused is None
    return accepted, errors


CASES = _cases()


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_same_answer(case: dict[str, Any]) -> None:
    """Accepted by the server if and only if accepted here."""
    if case["id"] in CLUSTER_DEPENDENT:
        pytest.skip(CLUSTER_DEPENDENT[case["id"]])
    accepted, errors = _decode(case["manifest"])
    assert accepted == case["accepted"], (case.get("message"), [str(error) for error in errors])


@pytest.mark.parametrize("case", [c for c in CASES if c.get("causes")], ids=[c["id"] for c in CASES if c.get("causes")])
def test_same_fields(case: dict[str, Any]) -> None:
    """The paths of the causes are the paths of our diagnostics."""
    if case["id"] in CLUSTER_DEPENDENT:
        pytest.skip(CLUSTER_DEPENDENT[case["id"]])
    _, errors = _decode(case["manifest"])
    assert {error.path for error in errors} == {cause["field"] for cause in case["causes"]}
