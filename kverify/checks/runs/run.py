"""All checks of one run, in order, into one report."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from kverify.checks.finding import Answer, Assumed, Finding, Proof, Report
from kverify.checks.given.context import CLUSTER_IS_OPEN, Context
from kverify.checks.options import Options
from kverify.checks.runs.asking import ask_all
from kverify.checks.runs.registry import asked
from kverify.checks.runs.suppress import suppress
from kverify.cluster.bundle import Bundle
from kverify.cluster.findings import cross_object
from kverify.cluster.unmodelled import not_modelled
from kverify.engines.budget import unbounded
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.words import listing


def run(bundle: Bundle, diagnostics: Sequence[Diagnostic], options: Options) -> Report:
    """Ask every property (or those in ``options``) of every workload, and report what was found and proved.

    Ctrl-C and the end of the time (``kverify.engines.budget.until``) end the run early; the report then holds what is
    known so far and says so.
    Raises ``UnknownProperty`` for a name that is not a property that is there, or a scenario.
    """
    checks = asked(options)
    ctx = Context(bundle, options)
    answers, interrupted = ask_all(ctx, checks)
    with unbounded():
        return _report(ctx, diagnostics, answers, interrupted)


def _report(ctx: Context, diagnostics: Sequence[Diagnostic], answers: Sequence[Answer], interrupted: str) -> Report:
    bundle, options = ctx.bundle, ctx.options
    findings = [overruled(answer, options) for answer in answers if isinstance(answer, Finding)]
    proofs = [answer for answer in answers if isinstance(answer, Proof)]
    assumed = [answer for answer in answers if isinstance(answer, Assumed)]
    assumptions = [CLUSTER_IS_OPEN] if ctx.open and ctx.checked else []
    if options.scenarios:
        assumptions.append(f"only {listing(options.scenarios)} was asked about, and nothing else that may happen")
    assumptions += options.unasked
    assumptions += [f"{s.title} has {s.range}; {s.replicas} at first" for s in ctx.checked if s.scaled]
    said, crossed = of_input(ctx, diagnostics)
    report = Report(
        diagnostics=said,
        findings=tuple(sorted(findings, key=lambda f: -f.severity)),
        proofs=tuple(proofs),
        assumptions=(
            *assumptions,
            *(ctx.rooms.volume_assumptions if ctx.checked else ()),
            *map(str, assumed),
            *crossed,
            *ctx.admission.assumed(),
        ),
        not_modelled=not_modelled(bundle),
        objects=len(bundle.wanted),
        interrupted=interrupted,
        kubernetes_version=options.kubernetes_version,
    )
    return suppress(report, bundle, options)


def overruled(finding: Finding, options: Options) -> Finding:
    """With the severity that the user gave it, and what each step of its run changes."""
    from kverify.checks.deciding.differences import changes

    severity = options.severities.get(finding.id, finding.severity)
    return evolve(finding, severity=severity, changes=changes(finding))


def _is_about(diagnostic: Diagnostic, options: Options) -> bool:
    """It is about an object that is asked about, or an error: what cannot be used is missing everywhere."""
    told = options.touched is None or diagnostic.object in options.touched
    return told or not diagnostic.object or diagnostic.severity >= Severity.ERROR


def of_input(ctx: Context, diagnostics: Sequence[Diagnostic]) -> tuple[tuple[Diagnostic, ...], tuple[str, ...]]:
    """What is wrong with the input as a whole, and what was assumed of it; ``diagnostics`` are those of reading it."""
    options = ctx.options
    crossed = cross_object(ctx.bundle, diagnostics, options.boundary)
    told = ctx.admission.missing_names()
    untold = (d for d in crossed.diagnostics if (d.object, d.path) not in told)
    said = [d for d in (*diagnostics, *ctx.admission.diagnostics(), *untold) if _is_about(d, options)]
    return tuple(evolve(d, severity=options.severities.get(d.id, d.severity)) for d in said), crossed.assumed
