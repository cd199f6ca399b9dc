"""What a check means, for people: from its text in the property language."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from kverify.manifest.diagnostics import Severity
from kverify.report.examples import with_clusters
from kverify.report.style import Style
from kverify.spec.language.formatter import format_clause
from kverify.spec.language.syntax import Clause, Declaration


def explanation(declaration: Declaration, style: Style) -> Iterator[str]:
    """Id and title, what it means, what is asked, the rule, the mend, examples."""
    written = declaration.meta("severity")
    severity = Severity[written.upper()] if written else Severity.ERROR
    name = declaration.meta("id") or declaration.name
    head = f"{severity}[{name}] "
    paint = partial(style.severity, severity)
    yield from style.wrap(declaration.title or declaration.name, head, hang=4, paint=paint)
    if declaration.kind == "property":
        yield style.dim(f"property {declaration.name}, reported where it does not hold")
    text = declaration.meta("explanation")
    if text:
        yield ""
        for paragraph in text.split("\n\n"):
            yield from style.wrap(" ".join(paragraph.split()))
    asked: tuple[Clause, ...] = (*declaration.quantifiers, *declaration.formulas, *declaration.requirements)
    if asked:
        yield ""
        yield style.bold("what is asked:")
        scenarios = ", ".join(reference.name for reference in declaration.scenarios)
        if scenarios:
            yield f"  under {scenarios}"
        for clause in asked:
            yield from (f"  {line}" for line in format_clause(clause).split("\n"))
    for label, key in (("rule: ", "rule"), ("source: ", "source"), ("fix: ", "fix")):
        if declaration.meta(key):
            yield ""
            yield from style.wrap(declaration.meta(key), label, hang=len(label))
    for example, introduced, cluster in with_clusters(declaration.examples):
        yield ""
        found = "is found in" if example.outcome == "failing" else "is not found in"
        yield style.bold(f"{name} {found}:")
        yield from _indented(example.text)
        if introduced:
            yield style.bold(introduced)
        if cluster:
            yield from _indented(cluster)


def _indented(text: str) -> Iterator[str]:
    return (f"  {line}".rstrip() for line in text.split("\n"))
