"""Mends of problems of the input: names that are nearly right, and what the existing object does not allow."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from kverify.api.encode import to_plain
from kverify.api.types.scheduling import PriorityClass
from kverify.checks.finding import Finding
from kverify.checks.fixes.candidate import Candidate, change
from kverify.checks.fixes.validation import candidate, for_refusal, served
from kverify.checks.fixes.workspace import Workspace
from kverify.checks.given.context import Context
from kverify.cluster.bundle import describe
from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.edit import CannotEdit, Edit, Put, Rename
from kverify.manifest.nodes import Document, FieldPath, Plain, Scalar, format_path, parse_path
from kverify.manifest.nodes import Mapping as MappingNode

_MEANT = re.compile(r"did you mean (.+?)\?")
_PAIR = re.compile(r"(\S+): (.*)")


def for_diagnostic(work: Workspace, diagnostic: Diagnostic) -> Iterator[Candidate]:
    """The mend of a problem, where there is only one."""
    document = work.document_of(diagnostic)
    path = _path(diagnostic)
    if document is None or not path:
        return
    meant = _MEANT.search(diagnostic.mend)
    if meant is not None:
        yield from _meant(document, path, diagnostic, meant[1])
    elif diagnostic.id == "KV1217":
        yield from _as_it_is(work, document, path, diagnostic)
    elif diagnostic.id == "KV1301":
        # The object that is checked is already what came after the removed API version.
        try:
            written = work.as_written(document)
        except CannotEdit:
            return
        yield from served(document, written, work.version)
    else:
        yield from for_refusal(document, path, diagnostic)


def _path(diagnostic: Diagnostic) -> FieldPath:
    try:
        return parse_path(diagnostic.path)
    except ValueError:
        return ()


def _meant(document: Document, path: FieldPath, diagnostic: Diagnostic, meant: str) -> Iterator[Candidate]:
    key, node, parent = path[-1], document.node(path), document.node(path[:-1])
    pair = _PAIR.fullmatch(meant)
    if diagnostic.id == "KV1109":
        # The field itself is misspelt.
        if node is not None and isinstance(parent, MappingNode) and meant not in parent.value:
            yield candidate(document, f"write {meant} in place of {key}", Rename(path, meant))
    elif diagnostic.id == "KV1302":
        kind, _, version = meant.partition(" of ")
        if " or " not in version:
            there = document.plain if isinstance(document.plain, Mapping) else {}
            said = {"apiVersion": version, "kind": kind}
            puts = [Put((field,), text) for field, text in said.items() if there.get(field) != text]
            yield candidate(document, f"write {kind} of {version}", *puts)
    elif pair is not None and isinstance(parent, MappingNode):
        # A label: key and value.
        name, value = pair[1], pair[2]
        edits: tuple[Edit, ...] = () if name == key else (Rename(path, name),)
        edits += (Put((*path[:-1], name), value),)
        yield candidate(document, f"write {meant} in {format_path(path[:-1])}", *edits)
    elif isinstance(node, Scalar) and isinstance(node.value, str):
        text = f"write {meant} in place of {node.value} in {format_path(path)}"
        yield candidate(document, text, Put(path, meant))


def _as_it_is(work: Workspace, document: Document, path: FieldPath, diagnostic: Diagnostic) -> Iterator[Candidate]:
    """What the existing object has; for a selector the template's labels with it."""
    there = next((o for o in (*work.bundle.existing, *work.bundle.previous) if describe(o) == diagnostic.object), None)
    if there is None:
        return
    value = _at(to_plain(there), path)
    if value is None:
        return
    edits: list[Edit] = [Put(path, value)]
    labels = value.get("matchLabels") if isinstance(value, dict) else None
    if path == ("spec", "selector") and isinstance(labels, dict):
        edits += [Put(("spec", "template", "metadata", "labels", key), label) for key, label in labels.items()]
    yield candidate(
        document,
        f"leave {format_path(path)} as it is in the cluster",
        *edits,
        cost="the change of it is given up; for it the object must be made anew",
    )


def _at(plain: Plain | Mapping[str, Plain], path: FieldPath) -> Plain:
    value: Plain = dict(plain) if isinstance(plain, Mapping) else plain
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def names(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """A class whose name is nearly the one that a refused pod asks for."""
    known = [item.metadata.name for item in ctx.bundle.of_kind(PriorityClass)]
    owner = next((item for item in ctx.bundle.wanted if describe(item) == finding.object), None)
    for cause in finding.causes:
        if owner is None or owner.source.document is None or not cause.path.endswith("priorityClassName"):
            continue
        path = parse_path(cause.path)
        node = owner.source.document.node(path)
        near = difflib.get_close_matches(str(node.value), known, 1, 0.75) if isinstance(node, Scalar) else []
        if near:
            text = f"write {near[0]} in place of {node.value if node else ''} in {cause.path}"
            yield Candidate(text=text, changes=change(owner, Put(path, near[0])))
