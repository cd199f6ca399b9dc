"""Fixes of several findings together, each verified on top of those before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from attrs import evolve, frozen

from kverify.checks.finding import FileChange, Finding, Fix, Report
from kverify.checks.fixes.candidate import Candidate
from kverify.checks.fixes.search import MOST_TRIES, candidates, first, ordered
from kverify.checks.fixes.verify import Verifier, also_asked, checked, same, unused, worse
from kverify.checks.fixes.workspace import Workspace
from kverify.checks.given.context import Context
from kverify.checks.options import Options
from kverify.cluster.bundle import Bundle
from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.nodes import Document


@frozen(eq=False, kw_only=True)
class Applied:
    """Fixes that go together: of which problem each is, and the files with all of them made."""

    fixes: tuple[tuple[Finding | Diagnostic, Fix], ...] = ()
    changes: tuple[FileChange, ...] = ()


def apply_fixes(
    report: Report,
    bundle: Bundle,
    diagnostics: Sequence[Diagnostic],
    options: Options,
    *,
    before: Report | None = None,
    weighed: bool = False,
    writable: Callable[[Document], bool] = lambda _: True,
) -> Applied:
    """The first fix of every finding of ``report`` that has one, the worst first. One that is gone because of a fix
    before it needs none. Fixes that change a document which is not ``writable`` are left out.

    ``before`` is everything that was found, if the report is only a part of it. Nothing is written. All together are
    checked as a whole in the end; while something is worse then than it was, the last fix is dropped. Raises
    ``Interrupted`` where there is no time to verify everything.
    """
    work = Workspace(bundle, tuple(diagnostics), options.kubernetes_version)
    whole = before or report
    verifier = Verifier(work, whole, options)
    steps: list[tuple[Finding | Diagnostic, Fix, Workspace]] = []
    for problem in ordered(report, weighed):
        if options.progress is not None:
            options.progress(f"a fix for {problem.id} of {problem.object}")
        if steps and verifier.is_gone(problem):
            continue
        ctx = Context(verifier.work.bundle, options)
        tries = list(islice(candidates(ctx, verifier.work, problem), MOST_TRIES))
        found = first(verifier, [c for c in tries if all(map(writable, _documents(c)))], problem)
        if found is not None:
            changed, fix = found
            steps.append((problem, fix, changed))
            verifier = evolve(verifier, work=changed, report=_without(verifier.report, problem))
    while steps and not _holds(steps[-1][2], bundle, whole, [step[:2] for step in steps], options):
        steps.pop()
    return Applied(
        fixes=tuple((problem, fix) for problem, fix, _ in steps), changes=steps[-1][2].changes if steps else ()
    )


def _documents(candidate: Candidate) -> list[Document]:
    return [change.document for change in candidate.changes]


def _without(report: Report, problem: Finding | Diagnostic) -> Report:
    """What is to be compared with once ``problem`` is gone: it must not come back."""
    if isinstance(problem, Diagnostic):
        number = next((n for n, d in enumerate(report.diagnostics) if same(d, problem)), len(report.diagnostics))
        return evolve(report, diagnostics=(*report.diagnostics[:number], *report.diagnostics[number + 1 :]))
    number = next((n for n, f in enumerate(report.findings) if same(f, problem)), len(report.findings))
    return evolve(report, findings=(*report.findings[:number], *report.findings[number + 1 :]))


def _holds(
    work: Workspace, bundle: Bundle, before: Report, fixed: Sequence[tuple[Finding | Diagnostic, Fix]], options: Options
) -> bool:
    """All checks on everything: nothing as bad as the worst of what was fixed is new, and all of that is gone."""
    touched = options.touched
    for _, fix in fixed:
        touched = also_asked(touched, frozenset(fix.again) if fix.again else None)
    again = checked(work, evolve(options, touched=touched, explain=False, cover=False, progress=None))
    gone = [problem for problem, _ in fixed]
    left = before
    for problem in gone:
        left = _without(left, problem)
    severity = max(problem.severity for problem in gone)
    return not worse([again], left, severity, but=unused(bundle, gone))
