"""What kubectl remembers of an apply: the annotation with the manifest as it was applied.

Sources: ``k8s.io/kubectl/pkg/util/apply.go`` (``GetModifiedConfiguration``) and Go's ``encoding/json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kverify.api.apply.managers import LAST_APPLIED

_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def annotation(manifest: Mapping[str, Any]) -> str:
    """The exact text of the annotation: compact JSON, keys sorted, ``annotations`` always there, a line end."""
    metadata = manifest.get("metadata") or {}
    kept = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != LAST_APPLIED}
    remembered = {**manifest, "metadata": {**metadata, "annotations": kept}}
    text = json.dumps(remembered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for character, escape in _ESCAPED.items():
        text = text.replace(character, escape)
    return f"{text}\n"


def annotated(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with the annotation: what client-side apply sends and compares."""
    metadata = manifest.get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), LAST_APPLIED: annotation(manifest)}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def remembered(live: Mapping[str, Any]) -> dict[str, Any] | None:
    """The manifest that the annotation of a live object holds; None without a readable one."""
    annotations = (live.get("metadata") or {}).get("annotations") or {}
    try:
        found = json.loads(annotations.get(LAST_APPLIED, ""))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
