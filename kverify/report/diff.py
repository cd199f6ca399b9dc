"""What applying manifests would change, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kverify import __version__
from kverify.api.apply.managers import write_managers
from kverify.api.apply.structured import ABSENT
from kverify.cluster.changes import Changes, ObjectChange
from kverify.cluster.difference import FieldChange, Reason
from kverify.report.json import diagnostic_json, span_json
from kverify.report.source import Sources, escape
from kverify.report.style import Style
from kverify.report.text import diagnostic_lines

SCHEMA = "kverify.diff/1"
_LONGEST = 160
"""A value of more characters is cut in text output; JSON has all of it."""

_NOTES = {
    Reason.REMOVED: "not in the manifest, removed",
    Reason.DEFAULT: "not in the manifest, so the default",
    Reason.REPLACED: "replaced as a whole",
    Reason.KEPT: "not in the manifest, stays",
}
_GUESSED = (
    "it is not known how this object was last applied, so what is missing in the manifest is not removed"
    " (no last-applied annotation, no --from)"
)
_GUESSED_MANAGERS = (
    "managedFields are not known, so conflicts with other managers cannot be foreseen"
    " (dump with kubectl get --show-managed-fields)"
)


def render(changes: Changes, sources: Sources, style: Style) -> Iterator[str]:
    """The lines of the text form: problems, then each object with its fields, then one line."""
    for diagnostic in changes.diagnostics:
        yield from diagnostic_lines(diagnostic, sources, style)
        yield ""
    for item in changes.objects:
        if item.action == "unchanged" and not item.change.outcome.diagnostics and not item.kept:
            continue
        yield style.bold(f"{escape(item.name)}: {item.action}")
        for diagnostic in item.change.outcome.diagnostics:
            yield from diagnostic_lines(diagnostic, sources, style)
        for change in item.changed if item.action != "created" else ():
            yield from _field(change, style)
        for change in item.kept:
            yield from _field(change, style)
        if item.change.guessed:
            note = _GUESSED_MANAGERS if changes.mode.server_side else _GUESSED
            yield from style.wrap(note, "note: ", indent=2, hang=8)
        yield ""
    yield style.bold(summary(changes))


def summary(changes: Changes) -> str:
    """``3 objects: 1 configured, 2 unchanged``."""
    actions = [item.action for item in changes.objects]
    parts = [
        f"{actions.count(action)} {action}"
        for action in ("created", "configured", "unchanged", "refused")
        if action in actions
    ]
    noun = "object" if len(actions) == 1 else "objects"
    return f"{len(actions)} {noun}{': ' if parts else ''}{', '.join(parts)}"


def _field(change: FieldChange, style: Style) -> Iterator[str]:
    before, after = _value(change.before), _value(change.after)
    if change.reason is Reason.KEPT:
        sign, values = " ", after
    elif change.before is ABSENT:
        sign, values = "+", after
    elif change.after is ABSENT:
        sign, values = "-", before
    else:
        sign, values = "~", f"{before} → {after}"
    note = f"  ({_NOTES[change.reason]})" if change.reason in _NOTES else ""
    place = f"  {change.span.file}:{change.span.line}:{change.span.column}" if change.reason is not Reason.KEPT else ""
    yield f"  {sign} {escape(change.path)}: {values}{style.dim(escape(place))}{style.dim(note)}"


def _value(value: Any) -> str:
    if value is ABSENT:
        return ""
    text = escape(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def render_json(changes: Changes, version: str) -> str:
    """The complete form, as indented JSON text."""
    return json.dumps(to_json(changes, version), indent=2, ensure_ascii=True) + "\n"


def to_json(changes: Changes, version: str) -> dict[str, Any]:
    """Plain values. A value that is not there is missing; ``null`` is a null."""
    return {
        "schema": SCHEMA,
        "kverify": __version__,
        "kubernetesVersion": version,
        "exitCode": changes.exit_code,
        "serverSide": changes.mode.server_side,
        "objects": [_object(item) for item in changes.objects],
        "diagnostics": [diagnostic_json(item) for item in changes.diagnostics],
    }


def _object(item: ObjectChange) -> dict[str, Any]:
    outcome = item.change.outcome
    return {
        "object": item.name,
        "file": item.change.manifest.file,
        "action": item.action,
        "historyKnown": not item.change.guessed,
        "changes": [_change(change) for change in item.changed],
        "kept": [_change(change) for change in item.kept],
        "conflicts": [
            {
                "manager": conflict.manager.name,
                "operation": conflict.manager.operation,
                "subresource": conflict.manager.subresource or None,
                "fields": list(conflict.paths),
            }
            for conflict in outcome.conflicts
        ],
        "diagnostics": [diagnostic_json(diagnostic) for diagnostic in outcome.diagnostics],
        "patch": outcome.patch,
        "result": outcome.stored.plain if outcome.stored is not None else None,
        "managedFields": write_managers(outcome.stored.managers) if outcome.stored is not None else [],
    }


def _change(change: FieldChange) -> dict[str, Any]:
    row: dict[str, Any] = {"path": change.path, "reason": change.reason.value, "span": span_json(change.span)}
    if change.before is not ABSENT:
        row["before"] = change.before
    if change.after is not ABSENT:
        row["after"] = change.after
    return row
