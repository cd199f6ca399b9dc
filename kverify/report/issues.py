"""What the formats for other programs have in common: every finding and every problem of the input as an ``Issue``.

An issue has one place, a fingerprint that does not change when its lines move, and its text in paragraphs.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from kverify.checks.finding import Cause, Certainty, Finding, Fix, Report, Suppressed
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.manifest.files import path_of
from kverify.manifest.span import Span
from kverify.manifest.streams import is_remote
from kverify.report.source import Sources
from kverify.words import listing, repeats

if TYPE_CHECKING:
    from kverify.spec.language.syntax import Declaration

STDIN = "-"
CERTAINTY = {Certainty.CERTAIN: "every run goes wrong", Certainty.POSSIBLE: "some runs go wrong"}


@frozen(kw_only=True)
class View:
    """A report and what is needed to show it.

    ``exit_code`` is the one of the run, ``fail_on`` the least severity that makes it 1. ``declaration`` finds the text
    of an id in the property language (None for one that has none). ``manifests`` are the names that the run was given.
    ``document`` is the JSON form that the report was read from, if it was.
    """

    report: Report
    exit_code: int
    fail_on: Severity = Severity.ERROR
    sources: Sources = field(factory=Sources)
    declaration: Callable[[str], Declaration | None] = lambda _: None
    manifests: tuple[str, ...] = ()
    verbose: bool = False
    quiet: bool = False
    summary: bool = False
    document: Mapping[str, Any] | None = field(default=None, repr=False)
    show_suppressed: bool = False

    def fails(self, severity: Severity) -> bool:
        """Something as bad as this makes the exit code 1, or more."""
        return severity >= self.fail_on


@frozen(kw_only=True)
class Step:
    """One step of a run in words; ``last`` for what it comes to."""

    text: str
    last: bool = False


@frozen(kw_only=True)
class Issue:
    """A finding or a problem of the input. ``asked`` is the property, empty for the latter.

    ``causes`` are the places, the first is the one to show. ``steps`` are the run that shows it; ``paragraphs`` say the
    rest: how certain it is, details, why, fixes, repairs. ``fingerprint`` is 64 hexadecimal digits, different for every
    issue of a report, the same when its lines have only moved. ``suppressed`` says by whom and why, if it is.
    """

    id: str
    severity: Severity
    object: str
    asked: str
    message: str
    causes: tuple[Cause, ...]
    fingerprint: str
    steps: tuple[Step, ...] = ()
    paragraphs: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    finding: Finding | None = None
    diagnostic: Diagnostic | None = None
    suppressed: Suppressed | None = None

    @property
    def sentence(self) -> str:
        """``Deployment shop/web: the rollout stops``."""
        return f"{self.object}: {self.message}" if self.object else self.message

    @property
    def span(self) -> Span | None:
        """The place to show."""
        return self.causes[0].span if self.causes else None

    @property
    def refused(self) -> bool:
        """A problem because of which the input cannot be used."""
        return self.diagnostic is not None and self.diagnostic.refuses


def issues(view: View, *, suppressed: bool = False) -> tuple[Issue, ...]:
    """Every issue of a report, the worst first, and after them, if asked for, those that are suppressed."""
    report = view.report
    hidden = report.suppressed
    items = (*sorted(report.diagnostics, key=lambda d: d.span), *report.findings, *(one.item for one in hidden))
    # Suppressed or not, all take part: nobody's fingerprint changes because somebody else's finding is suppressed.
    found = [
        _of_diagnostic(item, digits, report.fixes_of(item))
        if isinstance(item, Diagnostic)
        else _of_finding(item, digits)
        for item, digits in zip(items, fingerprints(items, view.sources), strict=True)
    ]
    told = found[: len(found) - len(hidden)]
    rest = [evolve(issue, suppressed=one) for issue, one in zip(found[len(told) :], hidden, strict=True)]
    rows = (told, rest) if suppressed else (told,)
    return tuple(issue for row in rows for issue in sorted(row, key=lambda issue: -issue.severity))


def fingerprints(items: Sequence[Finding | Diagnostic], sources: Sources) -> list[str]:
    """The fingerprint of each finding and problem of a report.

    Those of which all is alike that a fingerprint is made from are counted in the order of their places.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    found = [""] * len(items)
    for number in sorted(range(len(items)), key=lambda number: _order(items[number])):
        parts = _parts(items[number], sources)
        seen[parts] += 1
        text = "\0".join((*parts, str(seen[parts])))
        found[number] = sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
    return found


def _order(item: Finding | Diagnostic) -> tuple[tuple[Span, ...], str]:
    spans = (item.span,) if isinstance(item, Diagnostic) else tuple(cause.span for cause in item.causes)
    return tuple(evolve(span, origin=span.origin or "") for span in spans), item.message


def _parts(item: Finding | Diagnostic, sources: Sources) -> tuple[str, ...]:
    """What makes an issue the same one as before."""
    if isinstance(item, Finding):
        scenario = (item.scenario,) if item.scenario else ()
        return (item.id, item.property, *scenario, item.object, *(cause.path for cause in item.causes))
    # The object and the field say what is meant; where there is none, the text of the line does.
    span = item.span
    line = "" if item.object and item.path else sources.line(span.file, span.line).strip()
    if line or item.object or item.path:
        return (item.id, item.object, item.path, line)
    return (item.id, name_of(span), item.message)


def _of_diagnostic(d: Diagnostic, fingerprint: str, fixes: tuple[Fix, ...]) -> Issue:
    return Issue(
        id=d.id,
        severity=d.severity,
        object=d.object,
        asked="",
        message=d.message,
        causes=(Cause(d.span, d.path), *(Cause(other.span, other.path, other.note) for other in d.related)),
        fingerprint=fingerprint,
        paragraphs=((f"Help: {d.mend}",) if d.mend else ()) + tuple(_fixes(fixes)),
        fixes=fixes,
        diagnostic=d,
    )


def _of_finding(f: Finding, fingerprint: str) -> Issue:
    return Issue(
        id=f.id,
        severity=f.severity,
        object=f.object,
        asked=f.property,
        message=f.message,
        causes=f.causes,
        fingerprint=fingerprint,
        steps=tuple(_steps(f)),
        paragraphs=tuple(_paragraphs(f)),
        fixes=f.fixes,
        finding=f,
    )


def _steps(f: Finding) -> Iterator[Step]:
    loop = f.verdict.trace.loop if f.verdict is not None and f.verdict.trace is not None else None
    said = [f.opening] if f.opening else []
    said += f.steps
    if loop is not None:
        said.append(repeats(loop))
    if f.outcome:
        said.append(f.outcome)
    for number, text in enumerate(said, 1):
        yield Step(text=text, last=number == len(said))


def _paragraphs(f: Finding) -> Iterator[str]:
    if f.certainty is not None:
        yield f"{f.certainty.value.capitalize()}: {CERTAINTY[f.certainty]}."
    yield from f.details
    yield from (f"Sizes: {size}" for size in f.sizes)
    if f.why:
        yield f"Why: {f.why}"
    yield from _fixes(f.fixes)
    for repair in f.repairs:
        checked = f" (checked: with it {f.property} holds)" if repair.verified else ""
        yield f"{'Repair' if repair.verified else 'Suggestion'}: {repair.text}{checked}"


def _fixes(fixes: Iterable[Fix]) -> Iterator[str]:
    yield from (f"Fix: {fix_text(fix)}" for fix in fixes)


def fix_text(fix: Fix) -> str:
    """A fix in a sentence, without its patch."""
    again = f" for {listing(fix.again)}" if fix.again else ""
    cost = f"; what it costs: {fix.cost}" if fix.cost else ""
    return f"{fix.text} (verified: checked again{again}, this is gone and nothing as bad is new{cost})"


def name_of(span: Span) -> str:
    """The file of a place as other programs name it: relative to the working directory where it lies in it, with
    slashes. What came through standard input is named by the file it was rendered from, or ``-``: above the directory
    that kustomize was given, ``../../base/web.yaml`` is taken for ``base/web.yaml``, because nothing else is known."""
    if span.file == STDIN:
        if span.origin is None or is_remote(span.origin):
            return STDIN
        return path_of(re.sub(r"^(\.\./)+", "", posixpath.normpath(span.origin)))
    return path_of(span.file)


def has_lines(span: Span) -> bool:
    """Whether the lines of a place are those of the file that ``name_of`` names. False for a template, of which they
    are not, and for a problem that is nowhere in its file."""
    nowhere = (span.line, span.column, span.end_line, span.end_column) == (1, 1, 1, 1)
    rendered = span.file == STDIN and span.origin is not None and not is_remote(span.origin)
    return not rendered and not nowhere


def last_line(span: Span) -> int:
    """The last line that has a character of the place."""
    return span.end_line - 1 if span.end_column == 1 and span.end_line > span.line else span.end_line


def rendered_place(span: Span | None) -> str:
    """Where in standard input it is, as a sentence; empty for files."""
    if span is None or span.file != STDIN:
        return ""
    return f"In line {span.line}, column {span.column} of standard input."
