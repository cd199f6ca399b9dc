"""When a report lets a test pass, and what the test says when it does not.

A test passes because something was proved. What was not decided fails it, and so does a question whose premise never
becomes true, because nothing was learnt of it. Questions that have no subject (a rollout of no replicas) say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from fnmatch import fnmatchcase
from os import PathLike
from typing import TypeAlias
from unittest import SkipTest

from attrs import evolve, frozen

from kverify.checks.api import check
from kverify.checks.finding import Finding, Proof, Report
from kverify.cluster.bundle import Bundle
from kverify.engines.verdict import NOT_ASKED, Outcome
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.report.source import Sources
from kverify.report.style import Style
from kverify.report.text import problem_lines
from kverify.spec.python import Asked
from kverify.words import listing

Paths: TypeAlias = "str | PathLike[str] | Sequence[str | PathLike[str]]"
Wanted: TypeAlias = "Report | Bundle | Paths"

ANYTHING = "*"


class NotVerified(AssertionError):
    """Something is violated, was not decided, or was not proved. ``report`` is the part of the report that says so."""

    def __init__(self, text: str, report: Report) -> None:
        super().__init__(text)
        self.report = report


class KverifyWarning(UserWarning):
    """Something is violated that is not bad enough to fail a test."""


class Result(Enum):
    """What becomes of a test."""

    PASSED = "passed"
    FAILED = "failed"
    NOTHING = "nothing"
    """There was nothing to decide, or it is suppressed: skipped, with the reason."""


@frozen
class Judgement:
    """``text`` says why a test does not pass; ``warnings`` are what is violated and not bad enough to fail it."""

    result: Result
    text: str = ""
    warnings: tuple[Finding | Diagnostic, ...] = ()
    report: Report = Report()  # noqa: RUF009 - frozen, so all instances may share it


def judge(report: Report, fail_on: Severity = Severity.ERROR, sources: Sources | None = None) -> Judgement:
    """What becomes of a test that has this report. The text is that of ``kverify check``."""
    failing = evolve(
        report,
        diagnostics=tuple(d for d in report.diagnostics if d.severity >= fail_on or d.severity is Severity.ERROR),
        findings=tuple(f for f in report.findings if f.severity >= fail_on),
        proofs=tuple(filter(says_nothing, report.proofs)),
    )
    found: list[Finding | Diagnostic] = [*report.findings, *report.diagnostics]
    warnings = tuple(f for f in found if Severity.WARNING <= f.severity < fail_on)
    if failing.diagnostics or failing.findings or failing.proofs or report.interrupted:
        lines = [*problem_lines(failing, sources or Sources(), Style()), report.interrupted]
        return Judgement(Result.FAILED, "\n".join(lines).rstrip(), warnings, failing)
    if report.suppressed:
        reasons = dict.fromkeys(f"{one.item.id} is suppressed: {one.reason}" for one in report.suppressed)
        return Judgement(Result.NOTHING, "; ".join(reasons), warnings, report)
    if warnings or any(p.verdict.outcome is Outcome.HOLDS for p in report.proofs):
        return Judgement(Result.PASSED, "", warnings, report)
    reasons = dict.fromkeys(p.verdict.reason or p.message for p in report.proofs)
    return Judgement(Result.NOTHING, "; ".join(reasons) or "there is nothing to decide", (), report)


def conclude(judged: Judgement) -> None:
    """End a test as judged. Raises ``NotVerified``, or ``unittest.SkipTest``, which every runner knows."""
    __tracebackhide__ = True
    if judged.result is Result.FAILED:
        raise NotVerified(judged.text, judged.report)
    if judged.result is Result.NOTHING:
        raise SkipTest(judged.text)


def warnings_of(judged: Judgement) -> Iterator[KverifyWarning]:
    """What is violated and not bad enough to fail the test, in a line each."""
    for one in judged.warnings:
        yield KverifyWarning(f"{one.id} {one.object}: {one.message}" if one.object else f"{one.id} {one.message}")


def says_nothing(proof: Proof) -> bool:
    """It was asked and nothing was learnt: it is undecided, or its premise never becomes true. A property of one's own
    that speaks of nothing at all is a mistake as well."""
    verdict = proof.verdict
    if verdict.outcome is Outcome.VACUOUS:
        return verdict.method != NOT_ASKED or not proof.id.startswith("KV")
    return verdict.outcome is not Outcome.HOLDS


def only(report: Report, object: str) -> Report:
    """The part of a report that is about these objects (a glob); problems of the input stay."""
    return evolve(
        report,
        findings=tuple(f for f in report.findings if fnmatchcase(f.object, object)),
        proofs=tuple(p for p in report.proofs if fnmatchcase(p.object, object)),
    )


def assert_verified(
    wanted: Wanted,
    properties: Sequence[str | Asked] = (),
    *,
    object: str = ANYTHING,
    scenario: str | None = None,
    cluster: Paths = (),
    previous: Paths = (),
    fail_on: str = "error",
) -> Report:
    """Assert that everything that is asked of ``wanted`` is proved; the report.

    ``wanted`` is a report of ``kverify.check``, a bundle, or paths of manifests, which are checked as ``kverify.check``
    does. ``object`` narrows what is looked at (a glob over titles: ``"Deployment shop/*"``); ``fail_on`` is ``"error"``
    or ``"warning"``. Raises ``NotVerified`` with the text of the findings, also for what was not decided, and if
    nothing at all was proved::

        assert_verified("deploy/", ["rollout-completes", "drain-ends"], cluster="nodes.yaml")
    """
    __tracebackhide__ = True
    if isinstance(wanted, Report):
        report = wanted
    else:
        given = wanted if isinstance(wanted, Bundle) else paths_of(wanted)
        report = check(given, properties, scenario=scenario, cluster=paths_of(cluster), previous=paths_of(previous))
    return require(only(report, object), fail_on, about=object)


def require(report: Report, fail_on: str = "error", about: str = ANYTHING) -> Report:
    """``report``, unless it would fail a test. Raises ``NotVerified``, ``ValueError`` for another ``fail_on``."""
    __tracebackhide__ = True
    if fail_on not in ("error", "warning"):
        raise ValueError(f'fail_on is "error" or "warning", not {fail_on!r}')
    judged = judge(report, Severity[fail_on.upper()])
    if judged.result is Result.FAILED:
        raise NotVerified(judged.text, judged.report)
    if not any(p.verdict.outcome is Outcome.HOLDS for p in report.proofs):
        of = "" if about == ANYTHING else f" of {about}"
        reasons = dict.fromkeys(p.verdict.reason for p in report.proofs if p.verdict.reason)
        why = f": {judged.text or '; '.join(reasons)}" if judged.text or reasons else ""
        names = listing(sorted({p.object for p in report.proofs}), most=8)
        raise NotVerified(f"nothing{of} was proved{why}" + (f" ({names})" if names and not of else ""), report)
    return report


def paths_of(paths: Paths) -> Sequence[str | PathLike[str]]:
    """One path, or several, as several."""
    return [paths] if isinstance(paths, str | PathLike) else paths
