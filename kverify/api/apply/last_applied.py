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
    return _text({**manifest, "metadata": {**metadata, "annotations": kept}})


def annotated(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with the annotation: what client-side apply sends and compares."""
    return _with(manifest, annotation(manifest))


def updated(merged: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, Any]:
    """An object whose annotation the server brings up to date when ``kubectl`` applies ``manifest`` server-side
    (``lastappliedupdater.go``). Here ``annotations`` that are not there are not added."""
    metadata = {key: value for key, value in (manifest.get("metadata") or {}).items() if key != "annotations"}
    given = (manifest.get("metadata") or {}).get("annotations")
    if given is not None:
        metadata["annotations"] = {key: value for key, value in given.items() if key != LAST_APPLIED}
    return _with(merged, _text({**manifest, "metadata": metadata}))


def remembered(live: Mapping[str, Any]) -> dict[str, Any] | None:
    """The manifest that the annotation of a live object holds; None without a readable one."""
    try:
        found = json.loads(remembered_text(live) or "")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def remembered_text(live: Mapping[str, Any]) -> str | None:
    """The annotation of a live object, None when it has none."""
    annotations = (live.get("metadata") or {}).get("annotations") or {}
    found = annotations.get(LAST_APPLIED)
    return found if isinstance(found, str) else None


def _with(obj: Mapping[str, Any], text: str) -> dict[str, Any]:
    metadata = obj.get("metadata") or {}
    return {**obj, "metadata": {**metadata, "annotations": {**(metadata.get("annotations") or {}), LAST_APPLIED: text}}}


def _text(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for character, escape in _ESCAPED.items():
        text = text.replace(character, escape)
    return f"{text}\n"
