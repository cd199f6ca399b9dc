"""What the text forms of ``kverify fit`` and of its search for a cluster have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kverify.cluster.admission import Refused
from kverify.cluster.objects import describe
from kverify.manifest.diagnostics import Diagnostic
from kverify.report.source import Sources, escape
from kverify.report.style import Style
from kverify.report.text import diagnostic_lines


def problem_lines(diagnostics: Iterable[Diagnostic], sources: Sources, style: Style) -> Iterator[str]:
    """What is wrong with the input."""
    for diagnostic in diagnostics:
        yield from diagnostic_lines(diagnostic, sources, style)
        yield ""


def refused_lines(refused: Iterable[Refused], style: Style) -> Iterator[str]:
    """Whose pods are not admitted, and the first reason."""
    for one in refused:
        yield style.bold(f"{escape(describe(one.owner))}: not admitted")
        yield from style.wrap(one.problems[0].message, indent=2)
        yield ""


def assumption_lines(assumptions: Iterable[str], style: Style) -> Iterator[str]:
    """What is assumed, each said to be."""
    for assumption in assumptions:
        label = "" if assumption.startswith("assumed ") else "assumed: "
        yield from style.wrap(assumption, label, hang=2, paint=style.dim)
