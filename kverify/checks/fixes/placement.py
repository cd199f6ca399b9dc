"""Where pods may go: selectors, tolerations, affinity, spreading, requests."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from kverify.api.encode import plain_value
from kverify.api.types.node import Taint
from kverify.checks.deciding import repairs
from kverify.checks.finding import Finding
from kverify.checks.fixes.candidate import Candidate, change, pod_path, subject_of, written
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.manifest.edit import Add, Edit, Put, Remove, Rename
from kverify.manifest.nodes import FieldPath, Plain, format_path
from kverify.model.components.taint_eviction import seconds_left
from kverify.model.scheduling.taint_toleration import taint_text, toleration_of, untolerated

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_OWN = ("node.kubernetes.io/", "node-role.kubernetes.io/", "node.cloudprovider.kubernetes.io/")
"""Taints of the control plane and of nodes that are not well: nothing is to tolerate those just to find room."""


def selectors(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """The label that nodes have in place of one that none has."""
    subject = subject_of(ctx, finding)
    if subject is None:
        return
    path = (*pod_path(subject), "nodeSelector")
    own = written(subject.object, path)
    for key, value in own.items() if isinstance(own, dict) else ():
        meant = _meant(key, str(value), [node.labels for node in ctx.nodes])
        if meant is not None:
            edits: tuple[Edit, ...] = () if meant[0] == key else (Rename((*path, key), meant[0]),)
            edits += (Put((*path, meant[0]), meant[1]),)
            yield Candidate(
                text=f"write {meant[0]}: {meant[1]} in place of {key}: {value} in nodeSelector",
                changes=change(subject.object, *edits),
            )
    yield from _terms(ctx, subject)


def _terms(ctx: Context, subject: Subject) -> Iterator[Candidate]:
    """The same of a required node affinity."""
    start = (*pod_path(subject), "affinity", "nodeAffinity", REQUIRED, "nodeSelectorTerms")
    terms = written(subject.object, start)
    labels = [node.labels for node in ctx.nodes]
    for i, term in enumerate(terms if isinstance(terms, list) else ()):
        expressions = term.get("matchExpressions") if isinstance(term, dict) else None
        for j, row in enumerate(expressions if isinstance(expressions, list) else ()):
            values = row.get("values") if isinstance(row, dict) else None
            if not isinstance(row, dict) or row.get("operator") != "In" or not isinstance(values, list):
                continue
            for k, value in enumerate(values):
                key = str(row.get("key"))
                meant = _meant(key, str(value), labels)
                if meant is not None:
                    path = (*start, i, "matchExpressions", j)
                    edits = (Put((*path, "key"), meant[0]), Put((*path, "values", k), meant[1]))
                    yield Candidate(
                        text=f"write {meant[0]} In {meant[1]} in place of {key} In {value} in nodeAffinity",
                        changes=change(subject.object, *edits),
                    )


def _meant(key: str, value: str, nodes: list[Mapping[str, str]]) -> tuple[str, str] | None:
    """The pair that some node has and that is nearest to one that none has; None where nothing is near."""
    pairs = {pair for labels in nodes for pair in labels.items()}
    if (key, value) in pairs:
        return None
    folded = {f"{k}={v}".lower(): (k, v) for k, v in sorted(pairs)}
    near = difflib.get_close_matches(f"{key}={value}".lower(), folded, 1, 0.75)
    return folded[near[0]] if near else None


def tolerations(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """A toleration that nearly is the one that is missing, made right; else the missing one."""
    subject = subject_of(ctx, finding)
    if subject is None:
        return
    taints = _foreign(ctx, subject)
    path = (*pod_path(subject), "tolerations")
    own = written(subject.object, path)
    for taint in taints:
        for i, row in enumerate(own if isinstance(own, list) else ()):
            if isinstance(row, dict) and _nearly(row, taint):
                yield Candidate(
                    text=f"let {format_path((*path, i))} tolerate {taint_text(taint)}",
                    changes=change(subject.object, Put((*path, i), _toleration(taint))),
                )
    for taint in taints:
        yield Candidate(
            text=f"tolerate {taint_text(taint)}",
            changes=change(subject.object, Add(path, _toleration(taint))),
            cost=f"its pods may run on nodes that {taint_text(taint)} keeps for others",
        )


def _foreign(ctx: Context, subject: Subject) -> list[Taint]:
    """The taints that keep its pods out, without those that are not to be tolerated."""
    found = {taint_text(t): t for node in ctx.nodes for t in untolerated(subject.new, node.taints)}
    return [taint for taint in found.values() if not taint.key.startswith(_OWN)]


def _nearly(row: Mapping[str, Plain], taint: Taint) -> bool:
    """They have a word in common, in whatever place, or nearly: key and value changed over, another effect."""
    ours = [str(row[name]).lower() for name in ("key", "value") if row.get(name)]
    theirs = [word.lower() for word in (taint.key, taint.value) if word]
    return any(difflib.get_close_matches(word, theirs, 1, 0.8) for word in ours)


def _toleration(taint: Taint) -> dict[str, Plain]:
    plain: dict[str, Plain] = plain_value(toleration_of(taint))
    return {name: plain[name] for name in ("key", "operator", "value", "effect") if name in plain}


def without_end(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """A toleration that ends, for ever."""
    subject = subject_of(ctx, finding)
    if subject is None:
        return
    path = (*pod_path(subject), "tolerations")
    own = written(subject.object, path)
    for i, row in enumerate(own if isinstance(own, list) else ()):
        if isinstance(row, dict) and "tolerationSeconds" in row:
            where = (*path, i, "tolerationSeconds")
            yield Candidate(
                text=f"take out {format_path(where)}",
                changes=change(subject.object, Remove(where)),
                cost="its pods stay on nodes with the taint",
            )


def tolerated(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """A toleration without an end, before all others: the first that matches counts."""
    subject = subject_of(ctx, finding)
    if subject is None:
        return
    path = (*pod_path(subject), "tolerations")
    own = written(subject.object, path)
    taints = {taint_text(t): t for node in ctx.nodes for t in node.taints}
    for taint in taints.values():
        if taint.key.startswith(_OWN) or seconds_left(subject.new, (taint,)) is None:
            continue
        rows = own if isinstance(own, list) else []
        edit: Edit = Put(path, [_toleration(taint), *rows]) if rows else Add(path, _toleration(taint))
        yield Candidate(
            text=repairs.tolerating(taint),
            changes=change(subject.object, edit),
            cost=f"its pods stay on nodes with {taint_text(taint)}",
        )


def affinity(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """Pods that should be apart, but need not be."""
    subject = subject_of(ctx, finding)
    if subject is None:
        return
    path = (*pod_path(subject), "affinity", "podAntiAffinity")
    own = written(subject.object, path)
    terms = own.get(REQUIRED) if isinstance(own, dict) else None
    if not isinstance(own, dict) or not isinstance(terms, list) or not terms:
        return
    wishes = own.get(PREFERRED)
    already = wishes if isinstance(wishes, list) else []
    asked: list[Plain] = [{"weight": 100, "podAffinityTerm": term} for term in terms]
    edits: tuple[Edit, ...] = (Put((*path, PREFERRED), [*already, *asked], (REQUIRED,)), Remove((*path, REQUIRED)))
    yield Candidate(
        text="make its podAntiAffinity preferred in place of required",
        changes=change(subject.object, *edits),
        cost="two of its pods may share a node where there is no other room",
    )


def spread(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """Pods that should be spread, but need not be."""
    subject = subject_of(ctx, finding)
    for path, row in _constraints(subject):
        if subject is not None and row.get("whenUnsatisfiable") == "DoNotSchedule":
            where = (*path, "whenUnsatisfiable")
            yield Candidate(
                text=f"set {format_path(where)} to ScheduleAnyway",
                changes=change(subject.object, Put(where, "ScheduleAnyway")),
                cost=f"its pods may be spread worse over {row.get('topologyKey')}",
            )


def per_revision(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """Each revision is spread by itself, so that the old one's pods do not count for the new one."""
    subject = subject_of(ctx, finding)
    edits: list[Edit] = []
    for path, row in _constraints(subject):
        if "matchLabelKeys" not in row:
            edits.append(Add((*path, "matchLabelKeys"), "pod-template-hash"))
    if subject is not None and edits:
        yield Candidate(
            text="set matchLabelKeys: [pod-template-hash] in topologySpreadConstraints",
            changes=change(subject.object, *edits),
        )


def _constraints(subject: Subject | None) -> Iterator[tuple[FieldPath, Mapping[str, Plain]]]:
    if subject is None:
        return
    path = (*pod_path(subject), "topologySpreadConstraints")
    own = written(subject.object, path)
    for i, row in enumerate(own if isinstance(own, list) else ()):
        if isinstance(row, dict):
            yield (*path, i), row
