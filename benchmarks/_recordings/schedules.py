"""``cron.jsonl``: schedules and time zones of CronJobs."""

from __future__ import annotations

import json
from typing import Any

from benchmarks._recordings.rows import Comparison, Disagreement, Row
from kverify.api.decode import decode
from kverify.manifest import Severity, read_text


def compare(row: Row) -> Comparison:
    """The same acceptance, and refused for the same fields."""
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}
    spec: dict[str, Any] = {"schedule": row["schedule"], "jobTemplate": {"spec": {"template": {"spec": pod}}}}
    if row["timeZone"] is not None:
        spec["timeZone"] = row["timeZone"]
    manifest = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "x"}, "spec": spec}
    decoded = decode(read_text(json.dumps(manifest), "case.json").documents[0])
    errors = [item for item in decoded.diagnostics if item.severity is Severity.ERROR]
    found = []
    if row["accepted"] != (not errors):
        found.append(Disagreement("accepted", row["accepted"], not errors))
    causes = sorted({cause["field"] for cause in row.get("causes") or ()})
    paths = sorted({item.path for item in errors})
    if causes != paths:
        found.append(Disagreement("fields", causes, paths))
    answer = tuple(f"{item.id} {item.path}: {item.message}" for item in errors)
    zone = "" if row["timeZone"] is None else f" {row['timeZone']}"
    return Comparison(f"{row['schedule']!r}{zone}", "CronJob", tuple(found), str(row["message"] or ""), answer)
