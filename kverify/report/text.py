"""A report as plain text: what is wrong first, each with its lines of source, then what was proved, then one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from attrs import frozen

from kverify.checks.finding import Cause, Finding, Fix, Proof, Report, Suppressed
from kverify.engines.verdict import NOT_ASKED, Outcome, Verdict
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.manifest.span import Span
from kverify.model.expr import to_text
from kverify.report.issues import CERTAINTY, fix_text
from kverify.report.source import Sources, escape, underlined
from kverify.report.style import Style
from kverify.words import count, listing, repeats

_LONG = 120
"""A scope of more characters than this is cut unless the report is verbose."""

_INVARIANT = "invariant: "
"""How evidence begins that only a verbose report shows."""

_SLOW = 2.0
"""An engine that takes more CPU seconds than this is shown with its time."""

_IDLE = 6
"""How many steps that never happen are shown."""


def render(
    report: Report,
    sources: Sources | None = None,
    style: Style | None = None,
    *,
    verbose: bool = False,
    show_suppressed: bool = False,
    quiet: bool = False,
) -> Iterator[str]:
    """The lines of a report. ``verbose`` shows every proof with its evidence instead of groups of them,
    ``show_suppressed`` lists what is suppressed, and why; ``quiet`` leaves out what holds and under what."""
    text = _Text(sources or Sources(), style or Style(), verbose)
    yield from text.problems(report)
    if not quiet:
        yield from text.grounds(report)
    yield from text.end(report, show_suppressed)


def end_lines(report: Report, style: Style, *, show_suppressed: bool = False) -> Iterator[str]:
    """What no report may leave out: that it was cut short, and the counts of everything."""
    yield from _Text(Sources(), style, False).end(report, show_suppressed)


def problem_lines(report: Report, sources: Sources, style: Style) -> Iterator[str]:
    """What is wrong, and what was not decided, and nothing else of a report."""
    yield from _Text(sources, style, False).problems(report)


def diagnostic_lines(diagnostic: Diagnostic, sources: Sources, style: Style) -> Iterator[str]:
    """One problem of the input with its lines of source and its mend."""
    yield from _Text(sources, style, False).diagnostic(diagnostic)


@frozen(eq=False)
class _Text:
    sources: Sources
    style: Style
    verbose: bool

    def problems(self, report: Report) -> Iterator[str]:
        """What is wrong, and what was not decided."""
        for severity in sorted(Severity, reverse=True):
            for diagnostic in sorted((d for d in report.diagnostics if d.severity is severity), key=_by_place):
                yield from self.diagnostic(diagnostic)
                yield from self.fixes(report.fixes_of(diagnostic))
                yield ""
            for finding in (f for f in report.findings if f.severity is severity):
                yield from self.finding(finding)
                yield ""
        open_ends = [p for p in report.proofs if p.verdict.outcome is not Outcome.HOLDS]
        for proof in sorted(open_ends, key=lambda p: -p.verdict.outcome):
            if not _is_not_asked(proof):
                yield from self.open_end(proof)
                yield ""
        for rows in _by_reason(open_ends):
            yield from self.not_asked(rows)
            yield ""

    def grounds(self, report: Report) -> Iterator[str]:
        """What holds, and under what."""
        holds = [p for p in report.proofs if p.verdict.outcome is Outcome.HOLDS]
        yield from self.section("proved:" if self.verbose else "proved (-v has the evidence):", self.proofs(holds))
        yield from self.section("assumed:", self.assumed(report))
        yield from self.section("not modelled:", self.items(report.not_modelled))

    def end(self, report: Report, show_suppressed: bool) -> Iterator[str]:
        if show_suppressed:
            yield from self.section("suppressed:", self.suppressed(report.suppressed))
        if report.interrupted:
            yield from self.style.wrap(report.interrupted, "interrupted: ", hang=2)
        hint = " (--show-suppressed lists them)" if report.suppressed and not show_suppressed else ""
        yield self.style.bold(summary(report) + hint)

    # -- one problem ---------------------------------------------------------------------------------------------

    def heading(self, severity: Severity, kind: str, id: str, subject: str, message: str) -> list[str]:
        """``error[KV4001] Deployment shop/web: message``, wrapped."""
        body = f"{subject}: {message}" if subject else message
        return self.style.wrap(body, f"{kind}[{id}] ", hang=4, paint=partial(self.style.severity, severity))

    def diagnostic(self, d: Diagnostic) -> Iterator[str]:
        yield from self.heading(d.severity, str(d.severity), d.id, d.object, d.message)
        others = [Cause(other.span, other.path, other.note) for other in d.related]
        yield from self.places([Cause(d.span, d.path), *others], d.severity)
        if d.mend:
            yield from self.style.wrap(d.mend, "help: ", indent=2, hang=8)

    def finding(self, f: Finding) -> Iterator[str]:
        yield from self.heading(f.severity, str(f.severity), f.id, f.object, f.message)
        yield from self.places(f.causes, f.severity)
        wrap = self.style.wrap
        if f.certainty is not None:
            example = ", for example this one:" if f.steps else "."
            yield from wrap(f"{CERTAINTY[f.certainty]}{example}", f"{f.certainty.value}: ", indent=2, hang=4)
        if f.opening:
            yield from wrap(f.opening, indent=4)
        yield from self.steps(f)
        if f.verdict is not None and f.verdict.trace is not None and f.verdict.trace.loop is not None:
            yield from wrap(repeats(f.verdict.trace.loop), indent=4)
        if f.outcome:
            yield from wrap(_without_reasons(f.outcome, f.message), indent=4, label="=> ")
        for detail in f.details:
            yield from wrap(detail, indent=4, label="- ")
        for size in f.sizes:
            yield from wrap(size, "sizes: ", indent=2, hang=4)
        if f.why:
            yield from wrap(f.why, "why: ", indent=2, hang=4)
        yield from self.fixes(f.fixes)
        for repair in f.repairs:
            checked = f" (checked: {_relief(f)})" if repair.verified else ""
            label = "repair: " if repair.verified else "suggestion: "
            yield from wrap(repair.text + checked, label, indent=2, hang=4)
        if f.verdict is not None:
            yield from wrap(self.standing(f.verdict), "found by: ", indent=2, hang=4, paint=self.style.dim)
            yield from self.asked(f.verdict, 2)

    def steps(self, f: Finding) -> Iterator[str]:
        """The steps of the run, each with the numbers of pods that it changes: behind it where there is room."""
        changes = f.changes or ("",) * len(f.steps)
        label_width = len(str(len(f.steps))) + 2
        for number, (step, change) in enumerate(zip(f.steps, changes, strict=True), 1):
            lines = self.style.wrap(step, indent=4, label=f"{f'{number}. ':>{label_width}}")
            told = f"[{escape(change)}]"
            if not change:
                yield from lines
            elif len(lines) == 1 and 4 + label_width + len(escape(step)) + 2 + len(told) <= self.style.width:
                yield f"{lines[0]}  {self.style.dim(told)}"
            else:
                yield from lines
                yield from map(self.style.dim, self.style.wrap(told, indent=4 + label_width))

    def fixes(self, fixes: Iterable[Fix]) -> Iterator[str]:
        """Each fix with the lines that it changes."""
        for fix in fixes:
            yield from self.style.wrap(fix_text(fix), "fix: ", indent=2, hang=4)
            for change in fix.changes:
                for line in change.patch.split("\n")[:-1]:
                    yield f"    {self.style.patch(escape(line.rstrip()))}".rstrip()

    def open_end(self, proof: Proof) -> Iterator[str]:
        """Vacuous and unknown: as loud as a warning, because nothing was proved."""
        verdict = proof.verdict
        says = "was not decided" if verdict.outcome is Outcome.UNKNOWN else "says nothing here"
        reason = f" ({verdict.reason})" if verdict.reason and verdict.reason not in proof.message else ""
        message = f"{proof.property} {says}: {proof.message}{reason}"
        yield from self.heading(Severity.WARNING, str(verdict.outcome), proof.id, proof.object, message)
        yield from self.style.wrap(self.standing(verdict), "tried: ", indent=2, hang=4, paint=self.style.dim)
        yield from self.asked(verdict, 2)

    def not_asked(self, proofs: Sequence[Proof]) -> Iterator[str]:
        """Questions that were not asked, all for one reason: that reason once."""
        ids, names = (list(dict.fromkeys(row)) for row in zip(*((p.id, p.property) for p in proofs), strict=True))
        says = f"{listing(names, most=len(names))} say{'s' * (len(names) == 1)} nothing here"
        message = f"{says}: {proofs[0].verdict.reason}"
        subjects = _names([proof.object for proof in proofs])
        yield from self.heading(Severity.WARNING, str(Outcome.VACUOUS), ", ".join(ids), subjects, message)

    def places(self, causes: Sequence[Cause], severity: Severity) -> Iterator[str]:
        """Every cause as ``--> file:line:column  path``, its line and its note under the span."""
        gutter = max((len(str(cause.span.line)) for cause in causes), default=1)
        for cause in causes:
            line = self.sources.line(cause.span.file, cause.span.line)
            yield from self.place(cause, bool(line), gutter)
            if line:
                yield from self.excerpt(line, cause.span, cause.note, gutter, severity)
            elif cause.note:
                yield from self.style.wrap(cause.note, indent=gutter + 4)

    def place(self, cause: Cause, exact: bool, gutter: int) -> Iterator[str]:
        """The file position, with the field's path beside it, or below where the line would be too long."""
        place = place_of(cause.span, exact)
        origin = f"  (from {escape(cause.span.origin)})" if cause.span.origin else ""
        path = escape(cause.path)
        arrow = self.style.gutter(f"{' ' * gutter}-->")
        beside = f"  {path}" if path and gutter + 6 + len(place + path + origin) <= self.style.width else ""
        yield f"{arrow} {place}{beside}{self.style.dim(origin)}"
        if path and not beside:
            yield f"{' ' * (gutter + 4)}{path}"

    def excerpt(self, line: str, span: Span, note: str, gutter: int, severity: Severity) -> Iterator[str]:
        shown, blanks, carets = underlined(line, span, self.style.width - gutter - 3)
        edge = self.style.gutter(f"{' ' * gutter} |")
        yield f"{self.style.gutter(f'{span.line:>{gutter}} |')} {shown}"
        mark = self.style.severity(severity, carets)
        if not note:
            yield f"{edge} {blanks}{mark}"
            return
        room = self.style.width - gutter - 4 - len(blanks) - len(carets)
        if len(escape(note)) <= room:
            yield f"{edge} {blanks}{mark} {escape(note)}"
            return
        yield f"{edge} {blanks}{mark}"
        narrow = Style(False, self.style.width - gutter - 3)
        indent = len(blanks) if narrow.width - len(blanks) >= 40 else 4
        for row in narrow.wrap(note, indent=indent):
            yield f"{edge} {row}"

    # -- what holds, and under what ------------------------------------------------------------------------------

    def section(self, title: str, lines: Iterable[str]) -> Iterator[str]:
        """A titled block and an empty line; nothing when there are no lines."""
        body = list(lines)
        if body:
            yield self.style.bold(title)
            yield from body
            yield ""

    def items(self, texts: Iterable[str]) -> Iterator[str]:
        for text in texts:
            yield from self.style.wrap(text, indent=2, hang=4)

    def suppressed(self, rows: Sequence[Suppressed]) -> Iterator[str]:
        """Each in one sentence, with its place, and below it the reason with the place where that is said."""
        for row in rows:
            item = row.item
            spans = [item.span] if isinstance(item, Diagnostic) else [cause.span for cause in item.causes[:1]]
            at = "".join(f" ({span})" for span in spans)
            subject = f"{item.object}: " if item.object else ""
            yield from self.style.wrap(f"{subject}{item.message}{at}", f"{item.severity}[{item.id}] ", 2, 6)
            where = "" if row.span is None else f" ({row.span})"
            yield from self.style.wrap(f"{row.reason}{where}", f"{row.by.value}: ", 6, 8)

    def proofs(self, proofs: Iterable[Proof]) -> Iterator[str]:
        """Proofs in groups: what is said alike of several objects once, and below one heading what was proved of a
        property by one method. Verbose: every proof by itself."""
        alike: dict[tuple[str, ...], list[Proof]] = {}
        for proof in proofs:
            single = (proof.object, proof.verdict.scope) if self.verbose else ()
            alike.setdefault((proof.property, proof.verdict.method, proof.message, *single), []).append(proof)
        groups: dict[tuple[str, ...], list[list[Proof]]] = {}
        for key, rows in alike.items():
            groups.setdefault(key if self.verbose else key[:2], []).append(rows)
        for parts in groups.values():
            yield from self.proof_group(parts)

    def proof_group(self, parts: Sequence[Sequence[Proof]]) -> Iterator[str]:
        wrap = self.style.wrap
        rows = [row for part in parts for row in part]
        label = f"{rows[0].property}: "
        if len(parts) == 1:
            said = ": ".join(part for part in (_names([row.object for row in rows]), rows[0].message) if part)
            yield from wrap(said, label, indent=2, hang=6)
        else:
            yield f"  {self.style.bold(label.rstrip())}"
            for part in parts:
                yield from wrap(f"{_names([row.object for row in part])}: {part[0].message}", indent=6, hang=8)
        for row in rows:
            for size in row.sizes:
                yield from wrap(size, "sizes: " if len(rows) == 1 else f"sizes of {row.object}: ", indent=6, hang=8)
        for line in wrap(self.basis([row.verdict for row in rows]), indent=6):
            yield self.style.dim(line)
        for row in rows if self.verbose else ():
            yield from self.asked(row.verdict, 6)
            for line in _idle(row.verdict):
                yield from wrap(line, indent=6, hang=8, paint=self.style.dim)

    def basis(self, verdicts: Sequence[Verdict]) -> str:
        """Method, scope and evidence of proofs by one method in one line."""
        scopes = list(dict.fromkeys(verdict.scope for verdict in verdicts))
        evidence = list(dict.fromkeys(verdict.evidence for verdict in verdicts))
        states = sum(verdict.states for verdict in verdicts)
        parts = [
            f"by {verdicts[0].method}",
            self.cut(scopes[0]) if len(scopes) == 1 else "each in its own scope",
            self.cut(evidence[0]) if len(evidence) == 1 else "",
            f"{states:,} states" if states and (len(evidence) > 1 or "state" not in evidence[0]) else "",
        ]
        return "; ".join(part for part in parts if part)

    def asked(self, verdict: Verdict, indent: int) -> Iterator[str]:
        """Verbose: what each engine said that was asked, in order."""
        for said in verdict.rungs if self.verbose else ():
            parts = [str(said.outcome), f"{said.states:,} states" if said.states else "", said.reason]
            if said.seconds >= _SLOW:
                parts.append(f"{said.seconds:.0f} s")
            about = f" ({said.about})" if said.about else ""
            told = "; ".join(part for part in parts if part)
            yield from self.style.wrap(told, f"asked {said.engine}{about}: ", indent=indent, hang=indent + 2)

    def standing(self, verdict: Verdict) -> str:
        """Method, scope and evidence of a verdict in one line. What it assumes is said once for the whole report, and
        here when verbose."""
        parts = [verdict.method, verdict.scope, self.cut(verdict.evidence)]
        if self.verbose and verdict.assumptions:
            parts.append(f"assuming {', '.join(verdict.assumptions)}")
        return "; ".join(part for part in parts if part)

    def assumed(self, report: Report) -> Iterator[str]:
        """What was taken for granted: about this input line by line, and by the checks in one paragraph for each
        group of properties."""
        yield from self.items(report.assumptions)
        by_text: dict[str, dict[str, None]] = {}
        told = [(p.property, p.verdict) for p in report.proofs]
        told += [(f.property, f.verdict) for f in report.findings if f.verdict is not None]
        for name, verdict in told:
            for text in verdict.assumptions:
                # What is exact leaves nothing out: how it was proved, not what was taken for granted.
                if text not in report.assumptions and (self.verbose or not text.endswith("(exact)")):
                    by_text.setdefault(text, {})[name] = None
        by_names: dict[tuple[str, ...], list[str]] = {}
        for text, names in by_text.items():
            by_names.setdefault(tuple(names), []).append(text)
        for properties, texts in by_names.items():
            yield from self.style.wrap("; ".join(texts), f"{', '.join(properties)}: ", indent=2, hang=4)

    def cut(self, text: str) -> str:
        """The beginning of a long scope, and nothing of an invariant; all of it when verbose."""
        if self.verbose:
            return text
        if text.startswith(_INVARIANT):
            return ""
        return text if len(text) <= _LONG else f"{text[:_LONG].rpartition(' ')[0]} … (-v shows all of it)"


def _idle(verdict: Verdict) -> Iterator[str]:
    """The steps that the search has shown never to happen, with what keeps them from happening."""
    if verdict.coverage is not None and verdict.coverage.idle:
        seen = sum(1 for number in verdict.coverage.fired.values() if number)
        idle = verdict.coverage.idle
        yield f"{seen} of {len(verdict.coverage.fired)} kinds of steps happen; what is never true of the others:"
        yield from (f"- {entry.action.name}: {to_text(entry.blocked_by)}" for entry in idle[:_IDLE])
        if len(idle) > _IDLE:
            yield f"- and {len(idle) - _IDLE} more (-v -o json has all)"


def summary(report: Report) -> str:
    """``5 objects wanted, 1 error, 2 warnings, 14 proofs``; what is undecided is never left out."""
    severities = [d.severity for d in report.diagnostics] + [f.severity for f in report.findings]
    outcomes = [p.verdict.outcome for p in report.proofs]
    parts = [
        f"{count(report.objects, 'object')} wanted",
        count(severities.count(Severity.ERROR), "error") if Severity.ERROR in severities else "no errors",
    ]
    for severity, noun in ((Severity.WARNING, "warning"), (Severity.INFO, "note")):
        if severity in severities:
            parts.append(count(severities.count(severity), noun))
    parts.append(count(outcomes.count(Outcome.HOLDS), "proof") if Outcome.HOLDS in outcomes else "no proofs")
    if Outcome.VACUOUS in outcomes:
        parts.append(f"{outcomes.count(Outcome.VACUOUS)} vacuous")
    if Outcome.UNKNOWN in outcomes:
        parts.append(f"{outcomes.count(Outcome.UNKNOWN)} undecided")
    if report.suppressed:
        parts.append(f"{len(report.suppressed)} suppressed")
    return ", ".join(parts)


def _by_place(diagnostic: Diagnostic) -> tuple[str, int, int]:
    return diagnostic.span.file, diagnostic.span.line, diagnostic.span.column


def place_of(span: Span, exact: bool) -> str:
    """``file:line:column``, and the file alone for a problem that is nowhere in its text."""
    nowhere = (span.line, span.column, span.end_line, span.end_column) == (1, 1, 1, 1) and not exact
    return escape(span.file if nowhere else str(span))


def _relief(finding: Finding) -> str:
    """What a verified repair was seen to do."""
    return f"with it {finding.property} holds"


def _without_reasons(outcome: str, message: str) -> str:
    """The outcome without the reasons that the heading has given already.

    >>> _without_reasons("1 pod waits: no node fits. Nothing moves.", "it gets stuck: 1 pod waits: no node fits")
    '1 pod waits. Nothing moves.'
    """
    told = message.partition(": ")[2].removesuffix(".")
    if not told or not outcome.lower().startswith(told.lower()):
        return outcome
    event, sign, _ = told.partition(": ")
    return outcome[: len(event)] + outcome[len(told) :] if sign else outcome


def _is_not_asked(proof: Proof) -> bool:
    return proof.verdict.outcome is Outcome.VACUOUS and proof.verdict.method == NOT_ASKED


def _by_reason(proofs: Iterable[Proof]) -> Iterable[Sequence[Proof]]:
    """Those that were not asked: first what was not asked of each object and why, then objects of which it is alike."""
    reasons: dict[tuple[str, str], list[Proof]] = {}
    for proof in filter(_is_not_asked, proofs):
        reasons.setdefault((proof.object, proof.verdict.reason), []).append(proof)
    alike: dict[tuple[str, ...], list[Proof]] = {}
    for (_, reason), rows in reasons.items():
        alike.setdefault((reason, *(row.id for row in rows)), []).extend(rows)
    return alike.values()


def _names(objects: Sequence[str]) -> str:
    """``Deployment shop/web, shop/api; Node n1``: objects with their kind said once."""
    by_kind: dict[str, list[str]] = {}
    for name in dict.fromkeys(objects):
        kind, _, rest = name.partition(" ")
        by_kind.setdefault(kind, []).append(rest)
    return "; ".join(f"{kind} {', '.join(rest)}".rstrip() for kind, rest in by_kind.items())
