"""``admission.jsonl``: manifests posted with dryRun and strict validation; the verdict and the paths of causes."""

from __future__ import annotations

import json
from typing import Any

import yaml

from benchmarks._recordings.cluster import SERVER
from benchmarks._recordings.rows import Comparison, Disagreement, Row
from kverify.api.apply.server import Action
from kverify.manifest import Severity, read_text


def compare(row: Row) -> Comparison:
    """Accepted by the server if and only if by kverify, and refused for the same fields."""
    # The recorder kept its manifests with PyYAML and posted them as JSON, so a plain ``y`` was posted as text.
    manifest: Any = yaml.safe_load(row["manifest"])
    read = read_text(json.dumps(manifest), "case.json")
    outcome = SERVER.create(read.documents[0])
    errors = [item for item in (*read.diagnostics, *outcome.diagnostics) if item.severity is Severity.ERROR]
    paths = {item.path for item in errors}
    accepted = outcome.action is not Action.REFUSED
    answer = [f"{item.id} {item.path}: {item.message}" for item in errors]
    found = []
    if accepted != row["accepted"]:
        found.append(Disagreement("accepted", row["accepted"], accepted))
    causes = {cause["field"] for cause in row.get("causes") or ()}
    if causes and causes != paths:
        found.append(Disagreement("fields", sorted(causes), sorted(paths)))
    return Comparison(row["id"], str(manifest.get("kind")), tuple(found), str(row.get("message") or ""), tuple(answer))
