"""A verified fix for each finding, if one of the candidates is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from attrs import evolve

from kverify.checks.finding import Finding, Fix, Repair, Report
from kverify.checks.fixes.candidate import Candidate
from kverify.checks.fixes.families import WEIGHED, for_finding
from kverify.checks.fixes.inputs import for_diagnostic
from kverify.checks.fixes.verify import Interrupted, Verifier
from kverify.checks.fixes.workspace import Workspace
from kverify.checks.given.context import Context
from kverify.checks.options import Options
from kverify.cluster.bundle import Bundle
from kverify.engines.budget import were_late
from kverify.manifest.diagnostics import Diagnostic, Severity

MOST_FINDINGS = 5
"""For so many findings a fix is looked for, if nobody says otherwise."""

MOST_TRIES = 8
"""So many candidates are tried for one finding."""


def with_fixes(
    report: Report,
    bundle: Bundle,
    diagnostics: Sequence[Diagnostic],
    options: Options,
    *,
    before: Report | None = None,
    most: int = MOST_FINDINGS,
    weighed: bool = False,
) -> Report:
    """The report with fixes of the first ``most`` findings that have a candidate, the worst first.

    ``diagnostics`` are what reading said; ``before`` is everything that was found, if the report is only a part of it
    (what is not in a baseline). Every fix stands by itself: ``apply.py`` puts several together. ``weighed``:
    also where a warning can only be had rid of by giving up something else. Ctrl-C and the end of the time end the
    search, and the report has what was found by then.
    """
    problems = ordered(report, weighed)
    if not problems:
        return report
    work = Workspace(bundle, tuple(diagnostics), options.kubernetes_version)
    verifier = Verifier(work, before or report, options)
    ctx = Context(bundle, evolve(options, progress=None))
    left = most
    fixes: dict[int, tuple[Fix, ...]] = {}
    stopped = ""
    for problem in problems:
        try:
            tries = list(islice(candidates(ctx, verifier.work, problem), MOST_TRIES))
            if not tries:
                continue
            if left == 0:
                break
            left -= 1
            if options.progress is not None:
                options.progress(f"a fix for {problem.id} of {problem.object}")
            found = first(verifier, tries, problem)
        except (Interrupted, KeyboardInterrupt) as stop:
            # With more time there might be more fixes, so nobody may take this for all there is to say.
            were_late()
            stopped = _by_hand(stop)
            break
        if found is not None:
            fixes[id(problem)] = (found[1],)
    return evolve(
        report,
        interrupted=report.interrupted or stopped,
        findings=tuple(_with(f, fixes.get(id(f), ())) for f in report.findings),
        mended=tuple((d, fixes[id(d)]) for d in report.diagnostics if id(d) in fixes),
    )


def _by_hand(stop: BaseException) -> str:
    """What the report says of a search that somebody stopped; nothing where the time was over, for which it is not
    undecided."""
    from kverify.checks.runs.asking import FROM_THE_KEYBOARD

    stopped = isinstance(stop, KeyboardInterrupt) or str(stop).startswith(FROM_THE_KEYBOARD)
    return FROM_THE_KEYBOARD if stopped else ""


def ordered(report: Report, weighed: bool) -> list[Finding | Diagnostic]:
    """What a fix is looked for, the worst first: what is wrong with the input before what follows from it."""
    problems: list[Finding | Diagnostic] = [*report.diagnostics, *report.findings]
    chosen = (p for p in problems if p.severity > Severity.INFO and (weighed or p.id not in WEIGHED))
    return sorted(chosen, key=lambda p: -p.severity)


def candidates(ctx: Context, work: Workspace, problem: Finding | Diagnostic) -> Iterator[Candidate]:
    """What may be tried for a problem, the least and safest change first."""
    found = for_finding(ctx, problem) if isinstance(problem, Finding) else for_diagnostic(work, problem)
    return (candidate for candidate in found if candidate.changes)


def first(verifier: Verifier, tries: list[Candidate], problem: Finding | Diagnostic) -> tuple[Workspace, Fix] | None:
    """The first candidate that is a fix, and the input with it applied."""
    for candidate in tries:
        held = verifier.holds(candidate, problem)
        if held is not None:
            changed, again = held
            before = verifier.work
            fix = Fix(text=candidate.text, cost=candidate.cost, again=again, changes=changed.since(before))
            return changed, fix
    return None


def _with(finding: Finding, fixes: tuple[Fix, ...]) -> Finding:
    """Without the repairs that say the same as its fix."""
    if not fixes:
        return finding
    said = {fix.text for fix in fixes}
    kept: tuple[Repair, ...] = tuple(r for r in finding.repairs if r.text not in said)
    return evolve(finding, fixes=fixes, repairs=kept)
