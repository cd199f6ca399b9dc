"""``apply.jsonl``: two applies of a manifest and an edit between them, and what the object is then.

The recorder kept of the result what does not depend on the moment: no uid, resourceVersion, times, managedFields and
status, and no namespace (``rec`` everywhere).
"""

from __future__ import annotations

import json
from typing import Any

from benchmarks._recordings.allocation import without_choices
from benchmarks._recordings.cluster import SERVER
from benchmarks._recordings.rows import Comparison, Disagreement, Row, differences
from kverify.api.apply.managers import Manager
from kverify.api.apply.server import Action, Outcome, Stored
from kverify.manifest import Document, read_text

DROPPED = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "namespace")


def compare(row: Row) -> Comparison:
    """Same object, same refusal (the paths of the causes), same conflicts (managers and fields)."""
    found: list[Disagreement] = []
    first = _apply(row, None, "first", 0)
    if first.stored is None:
        found.append(Disagreement("first apply", "accepted", [str(item) for item in first.diagnostics]))
        return Comparison(row["id"], row["first"]["kind"], tuple(found))
    stored = _edited(first.stored, row.get("live_edit"))
    outcome = _apply(row, stored, "second", 1)
    found += _same_refusal(row, outcome)
    assert outcome.stored is not None
    found += differences(_kept(row["result"], row["second"]), _kept(outcome.stored.plain, row["second"]))
    return Comparison(
        row["id"],
        row["second"]["kind"],
        tuple(found),
        said=str((row.get("error") or {}).get("message", row["output"])),
        answer=tuple(f"{item.id} {item.path}: {item.message}" for item in outcome.errors),
    )


def _apply(row: Row, live: Stored | None, which: str, index: int) -> Outcome:
    manifest = _document(row[which])
    if row["mode"] == "client":
        return SERVER.apply_client_side(live, manifest)
    force = row["mode"] == "server-force" and index == 1
    return SERVER.apply_server_side(live, manifest, row["managers"][index], force=force)


def _edited(live: Stored, edit: Any) -> Stored:
    """What somebody else does between the two applies."""
    if not edit:
        return live
    manager = Manager(edit["manager"], "Update", "", edit.get("sub", ""))
    outcome = SERVER.patch(live, edit["patch"], edit["type"], manager)
    assert outcome.stored is not None
    return outcome.stored


def _same_refusal(row: Row, outcome: Outcome) -> list[Disagreement]:
    refused = outcome.action is Action.REFUSED
    error = row.get("error")
    if refused != bool(error):
        said = error["message"] if error else "accepted"
        ours = [f"{item.path}: {item.message}" for item in outcome.errors] or outcome.action.value
        return [Disagreement("answer", said, ours)]
    found: list[Disagreement] = []
    causes = sorted({cause["field"] for cause in (error or {}).get("causes", ())})
    if causes and causes != sorted({item.path for item in outcome.errors}):
        found.append(Disagreement("causes", causes, sorted({item.path for item in outcome.errors})))
    theirs = sorted((item["manager"], sorted(item["fields"])) for item in row.get("conflicts", ()))
    conflicts = sorted((item.manager.name, list(item.paths)) for item in outcome.conflicts)
    if theirs != conflicts:
        found.append(Disagreement("conflicts", theirs, conflicts))
    if not refused and row["mode"] == "client":
        unchanged = outcome.action is Action.UNCHANGED and not outcome.patch
        if (row["output"] == "unchanged") != unchanged:
            found.append(Disagreement("kubectl says", row["output"], outcome.action.value))
    return found


def _kept(obj: dict[str, Any], manifest: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in obj["metadata"].items() if key not in DROPPED}
    kept = {**{key: value for key, value in obj.items() if key != "status"}, "metadata": metadata}
    return without_choices(kept, manifest)


def _document(manifest: Any) -> Document:
    read = read_text(json.dumps(manifest), "manifest.json")
    return read.documents[0]
