"""Agreement with a real API server (v1.36.2) on the schedules and time zones of CronJobs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kverify.api.decode import decode
from kverify.manifest import Severity, read_text

RECORDED = Path(__file__).parents[3] / "shared/traces/cron.jsonl"
pytestmark = pytest.mark.skipif(not RECORDED.is_file(), reason="the recordings are not here")


def _cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()] if RECORDED.is_file() else []


def _refused_fields(case: dict[str, Any]) -> set[str]:
    """The paths of the errors of a cron job that is right but for its schedule and zone."""
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}
    spec = {"schedule": case["schedule"], "jobTemplate": {"spec": {"template": {"spec": pod}}}}
    if case["timeZone"] is not None:
        spec["timeZone"] = case["timeZone"]
    manifest = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "x"}, "spec": spec}
    found = decode(read_text(json.dumps(manifest), "case.json").documents[0])
    return {each.path for each in found.diagnostics if each.severity is Severity.ERROR}


def test_there_are_recordings() -> None:
    assert len(_cases()) > 100


def test_same_acceptance_for_the_same_field() -> None:
    wrong = []
    for case in _cases():
        refused = _refused_fields(case)
        if refused != {cause["field"] for cause in case.get("causes", ())} or (not refused) != case["accepted"]:
            wrong.append((case["schedule"], case["timeZone"], case["message"], refused))
    assert wrong == []
