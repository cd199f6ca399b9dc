"""Smallest accepted manifests of workloads, and changes to them written as YAML snippets."""

from __future__ import annotations

import json
from typing import Any

import yaml

from kverify.api import AnyObject, Decoded, decode
from kverify.manifest import Severity, read_text

POD = {"containers": [{"name": "c", "image": "i:1"}]}
TEMPLATE = {"metadata": {"labels": {"app": "x"}}, "spec": POD}
SELECTOR = {"matchLabels": {"app": "x"}}
JOB = {"template": {"spec": {**POD, "restartPolicy": "Never"}}}
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}

SPECS: dict[str, tuple[str, dict[str, Any]]] = {
    "Deployment": ("apps/v1", {"selector": SELECTOR, "template": TEMPLATE}),
    "ReplicaSet": ("apps/v1", {"selector": SELECTOR, "template": TEMPLATE}),
    "DaemonSet": ("apps/v1", {"selector": SELECTOR, "template": TEMPLATE}),
    "StatefulSet": ("apps/v1", {"selector": SELECTOR, "template": TEMPLATE}),
    "ReplicationController": ("v1", {"selector": {"app": "x"}, "template": TEMPLATE}),
    "Job": ("batch/v1", JOB),
    "CronJob": ("batch/v1", {"schedule": "@daily", "jobTemplate": {"spec": JOB}}),
    "HorizontalPodAutoscaler": ("autoscaling/v2", {"scaleTargetRef": TARGET, "maxReplicas": 3}),
    "PodDisruptionBudget": ("policy/v1", {"selector": SELECTOR, "minAvailable": 1}),
}
VERSIONS = {"1.32", "1.33", "1.34", "1.35", "1.36", "1.37"}


def merged(base: Any, change: Any) -> Any:
    """``base`` with the mappings of ``change`` merged into it; ``null`` removes a key, anything else replaces."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    result = {key: value for key, value in base.items() if key not in change}
    for key, value in change.items():
        if value is not None:
            result[key] = merged(base.get(key, {}), value)
    return result


def manifest(kind: str, snippet: str = "", *, top: str = "", api_version: str = "") -> dict[str, Any]:
    """The smallest object of a kind; ``snippet`` changes its spec and ``top`` the object."""
    group_version, spec = SPECS[kind]
    obj = {
        "apiVersion": api_version or group_version,
        "kind": kind,
        "metadata": {"name": "x"},
        "spec": merged(spec, yaml.safe_load(snippet) or {}),
    }
    result: dict[str, Any] = merged(obj, yaml.safe_load(top) or {})
    return result


def decoded(obj: dict[str, Any], version: str = "1.36", old: AnyObject | None = None) -> Decoded:
    read = read_text(json.dumps(obj), "case.json")
    assert not read.diagnostics
    return decode(read.documents[0], version, old)


def stored(obj: dict[str, Any], version: str = "1.36") -> Any:
    """The object as it is stored; it must be accepted."""
    found = decoded(obj, version)
    assert found.object is not None, found.diagnostics
    return found.object


def refused(obj: dict[str, Any], version: str = "1.36", old: AnyObject | None = None) -> list[str]:
    """The paths of the errors, each once, in order."""
    found = decoded(obj, version, old).diagnostics
    return sorted({item.path for item in found if item.severity is Severity.ERROR})


def warned(obj: dict[str, Any], version: str = "1.36") -> list[str]:
    """The paths of the warnings of an object that is accepted."""
    found = decoded(obj, version)
    assert found.object is not None, found.diagnostics
    return sorted({item.path for item in found.diagnostics if item.severity is Severity.WARNING})
