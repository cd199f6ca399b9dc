"""From an object that may break every rule to one the API server accepts: what is refused is taken out again."""

from __future__ import annotations

import json
from typing import Any

from kverify.api.decode import Decoded, decode
from kverify.api.encode import to_plain
from kverify.api.object import KubeObject
from kverify.manifest import read_text
from kverify.manifest.diagnostics import Severity

_ROUNDS = 20


def accepted(smallest: dict[str, Any], extra: KubeObject, version: str) -> KubeObject:
    """``smallest``, which is valid, with as much of ``extra`` as keeps it valid; decoded and defaulted."""
    plain = _merged(smallest, to_plain(extra, status=False))
    for _ in range(_ROUNDS):
        decoded = _decode(plain, version)
        wrong = [d.path for d in decoded.diagnostics if d.severity is Severity.ERROR]
        if not wrong:
            assert isinstance(decoded.object, KubeObject)
            return decoded.object
        for path in wrong:
            _reset(plain, smallest, path)
    decoded = _decode(smallest, version)
    assert isinstance(decoded.object, KubeObject), [d.message for d in decoded.diagnostics]
    return decoded.object


def _decode(plain: dict[str, Any], version: str) -> Decoded:
    return decode(read_text(json.dumps(plain), "generated.json").documents[0], version)


def _merged(base: Any, extra: Any) -> Any:
    """``base`` wins; maps are merged, and the first items of lists one by one."""
    if isinstance(base, dict) and isinstance(extra, dict):
        return {key: _merged(base.get(key), extra.get(key)) for key in (*extra, *base)}
    if isinstance(base, list) and isinstance(extra, list):
        return [_merged(one, other) for one, other in zip(base, extra, strict=False)] + base[len(extra) :]
    return extra if base is None else base


def _reset(plain: dict[str, Any], smallest: dict[str, Any], path: str) -> None:
    """Take the top-level part of ``path`` back to what ``smallest`` has: below it anything may be the reason."""
    steps = path.replace("[", ".").split(".")
    depth = 2 if steps[0] in ("spec", "metadata") and len(steps) > 1 else 1
    node, base = plain, smallest
    for step in steps[: depth - 1]:
        node, base = node.get(step, {}), base.get(step, {})
    key = steps[depth - 1]
    if key in base:
        node[key] = json.loads(json.dumps(base[key]))
    elif isinstance(node, dict) and key in node:
        del node[key]
    else:
        plain.clear()
        plain.update(json.loads(json.dumps(smallest)))
