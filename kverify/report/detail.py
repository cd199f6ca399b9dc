"""How much of a report is printed: all of it, only what is wrong (``--quiet``), or a line for each problem
(``--summary``)."""

from __future__ import annotations

from collections.abc import Iterator

from kverify.checks.finding import Report
from kverify.engines.verdict import Outcome
from kverify.manifest.diagnostics import Severity
from kverify.manifest.span import Span
from kverify.report.issues import View
from kverify.report.source import escape
from kverify.report.style import Style
from kverify.report.text import end_lines, place_of, render


def lines(view: View, style: Style | None = None) -> Iterator[str]:
    """The lines of a report, as much of it as is asked for."""
    if view.summary:
        return one_by_one(view.report, style or Style(), show_suppressed=view.show_suppressed)
    return render(
        view.report,
        view.sources,
        style,
        verbose=view.verbose,
        show_suppressed=view.show_suppressed,
        quiet=view.quiet,
    )


def one_by_one(report: Report, style: Style, *, show_suppressed: bool = False) -> Iterator[str]:
    """A line for each problem, its place first, as compilers have it, and the end of the whole report."""
    rows: list[tuple[Severity, str, str, str, str, str]] = []
    for d in report.diagnostics:
        rows.append((d.severity, _where(d.span), str(d.severity), d.id, d.object, d.message))
    for f in report.findings:
        place = _where(f.causes[0].span) if f.causes else ""
        rows.append((f.severity, place, str(f.severity), f.id, f.object, f.message))
    for p in report.proofs:
        if p.verdict.outcome is not Outcome.HOLDS:
            says = f"{p.property}: {p.verdict.reason or p.message}"
            rows.append((Severity.WARNING, "", str(p.verdict.outcome), p.id, p.object, says))
    for severity, place, kind, id, subject, message in sorted(rows, key=lambda row: -row[0]):
        words = ": ".join(part for part in (subject, message) if part)
        marked = style.severity(severity, f"{kind}[{id}]")
        yield f"{escape(place)}: {marked} {escape(words)}" if place else f"{marked} {escape(words)}"
    yield from end_lines(report, style, show_suppressed=show_suppressed)


def _where(span: Span) -> str:
    return f"{place_of(span, True)} (from {span.origin})" if span.origin else place_of(span, True)
