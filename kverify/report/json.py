"""A report as JSON, complete and deterministic. The form is versioned: a field is never renamed within a version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kverify import __version__
from kverify.checks.finding import Cause, Finding, Fix, Proof, Report, Suppressed
from kverify.engines.verdict import Coverage, Outcome, Said, Trace, Verdict
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.manifest.span import Span
from kverify.model.expr import Expr, evaluate, to_text
from kverify.model.legend import Changing, Legend, PlaceLegend, RevisionLegend, WorkloadLegend
from kverify.report.excerpts import Excerpt, excerpts
from kverify.report.guards import held_up
from kverify.report.source import Sources

SCHEMA = "kverify.report/1"


def render(report: Report, exit_code: int, sources: Sources | None = None) -> str:
    """The report as indented JSON text, ended by a line end."""
    return json.dumps(to_json(report, exit_code, sources), indent=2, ensure_ascii=True) + "\n"


def to_json(report: Report, exit_code: int, sources: Sources | None = None) -> dict[str, Any]:
    """The report as plain values. Keys are in a fixed order; absent things are null or empty, never missing.

    ``sources`` gives the lines that the report points at; without it there are none.
    """
    severities = [d.severity for d in report.diagnostics] + [f.severity for f in report.findings]
    outcomes = [p.verdict.outcome for p in report.proofs]
    return {
        "schema": SCHEMA,
        "kverify": __version__,
        "kubernetesVersion": report.kubernetes_version,
        "exitCode": exit_code,
        "interrupted": report.interrupted or None,
        "summary": {
            "objects": report.objects,
            "errors": severities.count(Severity.ERROR),
            "warnings": severities.count(Severity.WARNING),
            "infos": severities.count(Severity.INFO),
            "holds": outcomes.count(Outcome.HOLDS),
            "vacuous": outcomes.count(Outcome.VACUOUS),
            "unknown": outcomes.count(Outcome.UNKNOWN),
            "suppressed": len(report.suppressed),
        },
        "diagnostics": [diagnostic_json(diagnostic) for diagnostic in report.diagnostics],
        "mended": [
            {"diagnostic": number, "fixes": [_fix(fix) for fix in report.fixes_of(diagnostic)]}
            for number, diagnostic in enumerate(report.diagnostics)
            if report.fixes_of(diagnostic)
        ],
        "findings": [_finding(finding) for finding in report.findings],
        "suppressed": [_suppressed(one) for one in report.suppressed],
        "proofs": [_proof(proof) for proof in report.proofs],
        "assumptions": list(report.assumptions),
        "notModelled": list(report.not_modelled),
        "sources": [] if sources is None else [_excerpt(excerpt) for excerpt in excerpts(report, sources)],
    }


def span_json(span: Span) -> dict[str, Any]:
    """A place: lines and columns count from 1, the end is exclusive."""
    return {
        "file": _text(span.file),
        "line": span.line,
        "column": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
        "origin": None if span.origin is None else _text(span.origin),
    }


def _text(name: str) -> str:
    """File names of any bytes as text that every JSON reader takes (a lone surrogate is none)."""
    return name.encode("utf-8", "backslashreplace").decode()


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """A problem of the input as plain values."""
    return {
        "id": diagnostic.id,
        "severity": str(diagnostic.severity),
        "object": diagnostic.object or None,
        "message": _text(diagnostic.message),
        "path": diagnostic.path or None,
        "span": span_json(diagnostic.span),
        "mend": diagnostic.mend or None,
        "related": [
            {"path": other.path or None, "note": other.note or None, "span": span_json(other.span)}
            for other in diagnostic.related
        ],
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {"path": cause.path, "note": cause.note or None, "span": span_json(cause.span)}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "severity": str(finding.severity),
        "object": finding.object,
        "property": finding.property,
        "scenario": finding.scenario or None,
        "message": finding.message,
        "certainty": None if finding.certainty is None else finding.certainty.value,
        "causes": [_cause(cause) for cause in finding.causes],
        "opening": finding.opening or None,
        "steps": list(finding.steps),
        "changes": list(finding.changes),
        "outcome": finding.outcome or None,
        "details": list(finding.details),
        "refusals": [
            {"pods": refusal.pods, "node": refusal.node, "reasons": list(refusal.reasons)}
            for refusal in finding.refusals
        ],
        "sizes": list(finding.sizes),
        "why": finding.why or None,
        "repairs": [{"text": repair.text, "verified": repair.verified} for repair in finding.repairs],
        "fixes": [_fix(fix) for fix in finding.fixes],
        "verdict": None if finding.verdict is None else _verdict(finding.verdict),
    }


def _suppressed(one: Suppressed) -> dict[str, Any]:
    diagnostic = one.item if isinstance(one.item, Diagnostic) else None
    finding = one.item if isinstance(one.item, Finding) else None
    return {
        "by": one.by.value,
        "reason": _text(one.reason),
        "span": None if one.span is None else span_json(one.span),
        "diagnostic": None if diagnostic is None else diagnostic_json(diagnostic),
        "finding": None if finding is None else _finding(finding),
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "text": fix.text,
        "cost": fix.cost or None,
        "checkedAgain": list(fix.again),
        "changes": [
            {
                "file": _text(change.file),
                "patch": _text(change.patch),
                "lines": [
                    {"start": lines.start, "end": lines.end, "text": _text(lines.text)} for lines in change.lines
                ],
            }
            for change in fix.changes
        ],
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {
        "id": proof.id,
        "object": proof.object,
        "property": proof.property,
        "message": proof.message,
        "verdict": _verdict(proof.verdict),
        "sizes": list(proof.sizes),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "outcome": str(verdict.outcome),
        "certain": verdict.certain,
        "method": verdict.method,
        "scope": verdict.scope or None,
        "evidence": verdict.evidence or None,
        "states": verdict.states,
        "reason": verdict.reason or None,
        "assumptions": list(verdict.assumptions),
        "rungs": [_said(said) for said in verdict.rungs],
        "coverage": None if verdict.coverage is None else _coverage(verdict.coverage),
        "trace": None if verdict.trace is None else trace_to_json(verdict.trace),
    }


def _said(said: Said) -> dict[str, Any]:
    """What one engine answered. Its time is left out: a report is the same on every machine."""
    return {
        "engine": said.engine,
        "about": said.about or None,
        "outcome": str(said.outcome),
        "reason": said.reason or None,
        "states": said.states,
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    """Steps found by action (up to symmetry), and the actions that never happen; null where that was not looked for."""
    idle = coverage.idle
    return {
        "fired": dict(coverage.fired),
        "idle": None
        if idle is None
        else [{"action": entry.action.name, "blockedBy": to_text(entry.blocked_by)} for entry in idle],
    }


def trace_to_json(trace: Trace) -> dict[str, Any]:
    """A trace with every state whole, so that a reader needs no arithmetic.

    ``loop`` is the index of the step from which on the steps repeat for ever, null for a run that ends.
    """
    return {
        "system": trace.system.name,
        "start": _state(trace, trace.start),
        "steps": [
            {
                "action": step.action.name,
                "component": step.action.component,
                "environment": step.action.environment,
                "says": says,
                "state": _state(trace, step.state),
            }
            for step, says in zip(trace.steps, trace.sentences(), strict=True)
        ],
        "loop": trace.loop,
        "legend": None if trace.system.legend is None else _legend(trace.system.legend, trace),
        "blocked": [
            {
                "component": held.component,
                "actions": list(held.actions),
                "unmet": [{"text": part.text, "left": part.left, "right": part.right} for part in held.unmet],
            }
            for held in held_up(trace)
        ],
    }


def _excerpt(excerpt: Excerpt) -> dict[str, Any]:
    return {"file": _text(excerpt.file), "line": excerpt.line, "texts": [_text(line) for line in excerpt.texts]}


def _legend(legend: Legend, trace: Trace) -> dict[str, Any]:
    return {
        "workloads": [_workload(workload, trace) for workload in legend.workloads],
        "places": [_place(place) for place in legend.places],
        "budgets": [
            {"name": budget.name, "desired": _by_state(budget.desired, trace), "revisions": list(budget.revisions)}
            for budget in legend.budgets
        ],
    }


def _workload(workload: WorkloadLegend, trace: Trace) -> dict[str, Any]:
    return {
        "name": workload.name,
        "strategy": workload.strategy or None,
        "replicas": _by_state(workload.replicas, trace),
        "least": _by_state(workload.least, trace),
        "most": _by_state(workload.most, trace),
        "revisions": [_revision(revision, trace) for revision in workload.revisions],
    }


def _revision(revision: RevisionLegend, trace: Trace) -> dict[str, Any]:
    known = {variable.name for variable in trace.system.variables}
    return {
        "key": revision.key,
        "title": revision.title,
        "ready": revision.ready,
        "wanted": revision.wanted if revision.wanted in known else None,
        "pods": [
            {"variable": pods.variable, "phase": pods.phase, "place": pods.place or None}
            for pods in revision.pods
            if pods.variable in known
        ],
    }


def _place(place: PlaceLegend) -> dict[str, Any]:
    return {
        "name": place.name,
        "several": place.several,
        "zone": place.zone or None,
        "taints": list(place.taints),
        "cordoned": place.cordoned,
        "others": [{"pods": name, "number": number} for name, number in place.others],
        "status": place.status or None,
    }


def _by_state(number: Changing, trace: Trace) -> list[int] | None:
    """What ``number`` is worth in every state of ``trace``, the start first; None where it is left open."""
    if number is None or isinstance(number, tuple):
        return None if number is None else list(number)
    if isinstance(number, Expr) and not number.variables() <= {variable.name for variable in trace.system.variables}:
        return None
    return [int(evaluate(number, trace.system.view(state))) for state in trace.states()]


def _state(trace: Trace, state: tuple[int, ...]) -> Mapping[str, int | bool | str]:
    """Values by variable: numbers, truth values, and choices by their name."""
    return {v.name: v.named(value) for v, value in zip(trace.system.variables, state, strict=True)}
