"""Mends of what the API server would refuse: where there is one way to write it, or one that everybody means."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kverify.api.decode import as_served
from kverify.checks.fixes.candidate import Candidate, Change
from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.edit import Edit, Put, Remove
from kverify.manifest.nodes import Document, FieldPath, Mapping, Plain, Scalar, format_path

_UNDER = re.compile(r"(\w+) belongs under (\w+)")
_SET = re.compile(r"set (\w+): (\w+)")
_DEADLINE = 600
"""``progressDeadlineSeconds`` where nothing is said: how long a rollout may make no progress."""


def for_refusal(document: Document, path: FieldPath, diagnostic: Diagnostic) -> Iterator[Candidate]:
    """The mend of what one object says, by itself."""
    if diagnostic.id in ("KV1102", "KV1103"):
        yield from _retyped(document, path, diagnostic)
    elif diagnostic.id == "KV1109":
        yield from _misplaced(document, path, diagnostic)
    elif diagnostic.id in ("KV1201", "KV1212") and path[:1] == ("spec",):
        yield from _selector(document, path)
        yield from _missing(document, path, diagnostic)
    elif diagnostic.id == "KV1202" and path[-1] == "progressDeadlineSeconds":
        yield from _longer(document, path)
    elif diagnostic.id == "KV1216":
        yield from _toleration(document, path)


def candidate(document: Document, text: str, *edits: Edit, cost: str = "") -> Candidate:
    """A change of one object."""
    return Candidate(text=text, changes=(Change(document, edits),), cost=cost)


def _retyped(document: Document, path: FieldPath, diagnostic: Diagnostic) -> Iterator[Candidate]:
    """Quotes around a number that is to be a text, or none around a text that is to be a number."""
    node = document.node(path)
    if not isinstance(node, Scalar):
        return
    if diagnostic.id == "KV1102":
        yield candidate(document, f"quote {format_path(path)}", Put(path, node.raw))
    elif isinstance(node.value, str):
        value = _number(node.value)
        if value is not None:
            yield candidate(document, f"remove the quotes in {format_path(path)}", Put(path, value))


def _number(text: str) -> int | bool | None:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None


def _misplaced(document: Document, path: FieldPath, diagnostic: Diagnostic) -> Iterator[Candidate]:
    """A field of the mapping beside it, or of a backend as Ingresses had it before."""
    node, parent = document.node(path), document.node(path[:-1])
    under = _UNDER.fullmatch(diagnostic.mend)
    if under is not None and node is not None:
        there = (*path[:-1], under[2], under[1])
        if document.node(there) is None:
            text = f"write {under[1]} under {under[2]}"
            yield candidate(document, text, Put(there, node.value, (str(path[-1]),)), Remove(path))
    elif path[-1] in ("serviceName", "servicePort") and isinstance(parent, Mapping):
        name, port = parent.value.get("serviceName"), parent.value.get("servicePort")
        if isinstance(name, str) and isinstance(port, str | int):
            service: Plain = {"name": name, "port": {"name" if isinstance(port, str) else "number": port}}
            others = {key: value for key, value in parent.value.items() if key not in ("serviceName", "servicePort")}
            text = f"write {format_path(path[:-1])} as service: {{name: …, port: …}}"
            yield candidate(document, text, Put(path[:-1], {**others, "service": service}))


def _selector(document: Document, path: FieldPath) -> Iterator[Candidate]:
    """The selector and the labels of the pods, where one of them says what the other has to be."""
    there: FieldPath = ("spec", "template", "metadata", "labels")
    if path not in (("spec", "selector"), there):
        return
    labels, selector = document.node(there), document.node(("spec", "selector", "matchLabels"))
    pods: dict[str, Plain] = labels.value if isinstance(labels, Mapping) else {}
    asked: dict[str, Plain] = selector.value if isinstance(selector, Mapping) else {}
    if not asked and pods and document.node(("spec", "selector")) is None:
        edit = Put(("spec", "selector", "matchLabels"), dict(pods), ("replicas",))
        yield candidate(document, "set spec.selector.matchLabels to the labels of the pod template", edit)
    elif asked:
        edits = (Put((*there, key), value) for key, value in asked.items() if pods.get(key) != value)
        yield candidate(document, "give the pod template the labels that the selector asks for", *edits)


def _missing(document: Document, path: FieldPath, diagnostic: Diagnostic) -> Iterator[Candidate]:
    """A field that has to be there, with the value that it had before it had to be."""
    given = _SET.fullmatch(diagnostic.mend)
    if given is not None and given[1] == path[-1] and document.node(path) is None:
        yield candidate(document, f"set {format_path(path)} to {given[2]}", Put(path, given[2]))


def _longer(document: Document, path: FieldPath) -> Iterator[Candidate]:
    ready = document.node((*path[:-1], "minReadySeconds"))
    if isinstance(ready, Scalar) and isinstance(ready.value, int):
        value = ready.value + _DEADLINE
        text = f"set {format_path(path)} to {value}: minReadySeconds and the default of {_DEADLINE}"
        yield candidate(document, text, Put(path, value, ("minReadySeconds",)))


def _toleration(document: Document, path: FieldPath) -> Iterator[Candidate]:
    """What contradicts the operator or the effect goes."""
    rows = [i for i, step in enumerate(path) if step == "tolerations"]
    if not rows or len(path) < rows[0] + 2:
        return
    here = path[: rows[0] + 2]
    node = document.node(here)
    row = node.value if isinstance(node, Mapping) else {}
    if row.get("operator") == "Exists" and "value" in row:
        text = f"take out {format_path((*here, 'value'))}: with operator Exists any value is tolerated"
        yield candidate(document, text, Remove((*here, "value")))
    if "tolerationSeconds" in row and row.get("effect") != "NoExecute":
        text = f"take out {format_path((*here, 'tolerationSeconds'))}: only NoExecute makes pods leave"
        yield candidate(document, text, Remove((*here, "tolerationSeconds")))


def served(document: Document, written: Document, version: str) -> Iterator[Candidate]:
    """The object as the API version that came after, with the selector that was the default before. ``written`` is what
    its file has."""
    after = as_served(written, version)[0].plain
    before = written.plain
    if not isinstance(after, dict) or not isinstance(before, dict) or after == before:
        return
    text = f"write it as {after.get('apiVersion')}"
    yield candidate(document, text, Put((), after))
    for more in _selector(document, ("spec", "selector")):
        yield candidate(document, f"{text}, and {more.text}", Put((), after), *more.changes[0].edits)
