"""The examples of a specification: do they fail and pass as they say?"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from kverify.api.custom.kinds import NO_DEFINITIONS
from kverify.api.decode import decode_all
from kverify.checks.declared.specs import Specs
from kverify.checks.finding import Report
from kverify.checks.options import Options
from kverify.checks.runs.run import run
from kverify.cluster.apply import Live
from kverify.cluster.bundle import Bundle, decode_over, without_doubles
from kverify.manifest.diagnostics import Severity
from kverify.manifest.reader import read_text
from kverify.spec.language.syntax import Declaration, Example

FILE, CLUSTER = "example.yaml", "cluster.yaml"


@frozen
class Tried:
    """One example: whether its declaration found something in it, and what is wrong with that (empty: nothing)."""

    declaration: Declaration
    example: Example
    number: int
    wrong: str


def report_of(text: str, options: Options, cluster: str = "") -> Report:
    """What ``kverify check`` says of one file with this text, and of ``cluster`` as ``--cluster``; nodes of either are
    nodes of the cluster."""
    version = options.kubernetes_version
    read, there = read_text(text, FILE), read_text(cluster, CLUSTER)
    exists = decode_all(there.documents, version)
    existing, twice = without_doubles(exists.objects, Severity.WARNING)
    live, known = Live.of(existing, version=version), NO_DEFINITIONS.extended(existing)
    decoded = decode_over(read.documents, live, version, known)
    wanted, doubles = without_doubles(decoded.objects, Severity.ERROR)
    diagnostics = [*read.diagnostics, *decoded.diagnostics, *doubles]
    if cluster:
        diagnostics += [*there.diagnostics, *exists.diagnostics, *twice]
    return run(Bundle(wanted, existing), diagnostics, options)


def tried(specs: Specs) -> Iterator[Tried]:
    """Every example of the files that were asked for."""
    for declaration in specs.checked.library.asked():
        for number in range(1, len(declaration.examples) + 1):
            yield try_one(specs, declaration, number)


def try_one(specs: Specs, declaration: Declaration, number: int) -> Tried:
    """The example of a declaration with this number; the first is 1."""
    options = Options(properties=(declaration.name,), specs=specs)
    example = declaration.examples[number - 1]
    return Tried(
        declaration, example, number, _wrong(declaration, example, report_of(example.text, options, example.cluster))
    )


def _wrong(declaration: Declaration, example: Example, report: Report) -> str:
    errors = [d for d in report.diagnostics if d.severity is Severity.ERROR]
    if errors:
        where = f"line {errors[0].span.line}{' of its cluster' * (errors[0].span.file == CLUSTER)}"
        return f"it is no sound input: {where}: {errors[0].message}"
    found = any(f.property == declaration.name for f in report.findings)
    if found == (example.outcome == "failing"):
        reasons = [p.verdict.reason for p in report.proofs if p.property == declaration.name and p.verdict.reason]
        return f"nothing was decided: {reasons[0]}" if not found and reasons else ""
    return "nothing is found in it" if example.outcome == "failing" else "something is found in it"
