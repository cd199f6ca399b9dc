"""A report as JUnit XML, in the form that Jenkins' xUnit plugin publishes a schema for (``junit-10.xsd``).

One suite for each property, in it one case for each object: a failure where the property is violated, skipped where
nothing was decided (vacuous, unknown), where a finding is suppressed and where the severity is below ``--fail-on``, so
that tests fail when the exit code says so. The suite ``manifests`` has the problems of the input: an error for what
cannot be used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from xml.etree import ElementTree

from attrs import frozen

from kverify.checks.finding import Proof, Suppressed
from kverify.engines.verdict import Outcome
from kverify.manifest.span import Span
from kverify.report.issues import STDIN, Issue, View, issues, name_of
from kverify.report.source import escape

MANIFESTS = "manifests"


@frozen
class _Result:
    """``kind``: ``failure``, ``error``, ``skipped`` or, for what passes, empty."""

    kind: str
    type: str
    message: str
    text: str


@frozen
class _Case:
    suite: str
    name: str
    results: tuple[_Result, ...]

    @property
    def kind(self) -> str:
        """The worst of its results: a case has one outcome."""
        kinds = {result.kind for result in self.results}
        return next((kind for kind in ("error", "failure", "skipped") if kind in kinds), "")


def render(view: View) -> str:
    """The document, ended by a line end."""
    root = ElementTree.Element("testsuites", name="kverify")
    cases = list(_cases(view))
    totals = {"tests": len(cases), "failures": 0, "errors": 0}
    for name in dict.fromkeys(case.suite for case in cases):
        rows = [case for case in cases if case.suite == name]
        kinds = [case.kind for case in rows]
        counts = {"tests": len(rows), "failures": kinds.count("failure"), "errors": kinds.count("error")}
        totals["failures"] += counts["failures"]
        totals["errors"] += counts["errors"]
        suite = ElementTree.SubElement(root, "testsuite", name=_shown(name))
        for key, number in (*counts.items(), ("skipped", kinds.count("skipped"))):
            suite.set(key, str(number))
        for case in rows:
            _add(suite, case)
    for key, number in totals.items():
        root.set(key, str(number))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _add(suite: ElementTree.Element, case: _Case) -> None:
    element = ElementTree.SubElement(suite, "testcase", classname=_shown(case.suite), name=_shown(case.name))
    worst = [result for result in case.results if result.kind == case.kind]
    if case.kind:
        child = ElementTree.SubElement(element, case.kind, type=worst[0].type, message=_shown(worst[0].message))
        child.text = _text(result.text for result in worst)
    rest = [result.text for result in case.results if result not in worst or not case.kind]
    if rest:
        ElementTree.SubElement(element, "system-out").text = _text(rest)


def _cases(view: View) -> Iterator[_Case]:
    found = issues(view, suppressed=True)
    yield from _input(view, [issue for issue in found if issue.diagnostic is not None])
    rows: dict[tuple[str, str], list[_Result]] = {}
    for issue in found:
        if issue.finding is not None:
            rows.setdefault((issue.asked, issue.object), []).append(_violated(view, issue))
    for proof in view.report.proofs:
        rows.setdefault((proof.property, proof.object), []).append(_decided(proof))
    for (suite, name), results in sorted(rows.items()):
        yield _Case(suite, name, tuple(results))


def _input(view: View, found: Sequence[Issue]) -> Iterator[_Case]:
    """The problems of each object, or of each file where no object is known."""
    rows: dict[str, list[_Result]] = {}
    for issue in found:
        where = issue.object or (name_of(issue.span) if issue.span is not None else "")
        rows.setdefault(where, []).append(_violated(view, issue))
    if not view.report.bad_input:
        number = view.report.objects
        says = f"{number} {'object was' if number == 1 else 'objects were'} read"
        yield _Case(MANIFESTS, "can be used", (_Result("", "", says, says),))
    if view.report.interrupted:
        reason = view.report.interrupted
        yield _Case(MANIFESTS, "run", (_Result("error", "interrupted", reason, reason),))
    for name, results in sorted(rows.items()):
        yield _Case(MANIFESTS, name, tuple(results))


def _violated(view: View, issue: Issue) -> _Result:
    if issue.suppressed is not None:
        return _hidden(issue, issue.suppressed)
    kind = "error" if issue.refused else "failure" if view.fails(issue.severity) else "skipped"
    head = f"{issue.severity}[{issue.id}] {issue.message}"
    return _Result(
        kind, issue.id, head, "\n".join(chain((f"{issue.severity}[{issue.id}] {issue.sentence}",), _body(issue)))
    )


def _hidden(issue: Issue, one: Suppressed) -> _Result:
    head = f"suppressed by {one.by.value}: {one.reason}"
    return _Result("skipped", issue.id, head, f"{head}\n  {issue.severity}[{issue.id}] {issue.sentence}")


def _body(issue: Issue) -> Iterator[str]:
    for cause in issue.causes:
        note = f": {cause.note}" if cause.note else ""
        yield f"  at {_place(cause.span)}{f' {cause.path}' if cause.path else ''}{note}"
    for number, step in enumerate(issue.steps, 1):
        yield f"  {number}. {step.text}"
    yield from (f"  {paragraph}" for paragraph in issue.paragraphs)


def _place(span: Span) -> str:
    """The line counts in what was read, which is not the template that it was rendered from."""
    name = name_of(span) if span.file != STDIN else span.file
    origin = f" (from {span.origin})" if span.origin else ""
    return f"{name}:{span.line}:{span.column}{origin}"


def _decided(proof: Proof) -> _Result:
    verdict = proof.verdict
    standing = "; ".join(part for part in (verdict.method, verdict.scope) if part)
    taken = f"\n  assuming {', '.join(verdict.assumptions)}" if verdict.assumptions else ""
    reason = f": {verdict.reason}" if verdict.reason else ""
    kind = "" if verdict.outcome is Outcome.HOLDS else "skipped"
    head = f"{verdict.outcome}: {proof.message}{reason}"
    return _Result(kind, str(verdict.outcome), head, f"{head}\n  by {standing}{taken}")


def _text(texts: Iterable[str]) -> str:
    return "\n".join(_shown(line) for text in texts for line in text.split("\n"))


def _shown(text: str) -> str:
    """Control characters written out: XML has no way to say most of them."""
    return escape(text)
