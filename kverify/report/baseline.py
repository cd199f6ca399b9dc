"""A baseline: what was found before, so that only what is new is reported.

A JSON file with an entry for each finding: its fingerprint, and what a person needs to review it. The fingerprint is
that of the other formats (``issues.fingerprints``): lines may move, and files may be sorted anew. An entry hides what
it has written down and nothing worse: a finding that is more severe now, or certain where it was possible, is reported.
What was not decided, and what the API server refuses, is never in a baseline.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from attrs import evolve, frozen

from kverify.checks.finding import Certainty, Finding, Report, Suppressed
from kverify.checks.runs.suppress import suppressible, undecided
from kverify.cluster.codes import OUTDATED
from kverify.cluster.suppressions import By
from kverify.manifest.diagnostics import Diagnostic, Related, Severity
from kverify.manifest.span import Span
from kverify.report.issues import fingerprints
from kverify.report.source import Sources
from kverify.words import listing

SCHEMA = "kverify.baseline/1"
_TEXTS = ("fingerprint", "id", "severity", "object", "message")

E = TypeVar("E", bound=Enum)


class BaselineError(ValueError):
    """A file is no baseline. The message is one sentence that says where and why."""


@frozen(kw_only=True)
class Entry:
    """A finding that was there, as bad and as certain as it was (None: nothing was asked). ``line`` is its place."""

    fingerprint: str
    id: str
    severity: Severity
    certainty: Certainty | None
    object: str
    message: str
    line: int = 1

    def hides(self, item: Finding | Diagnostic) -> bool:
        """Whether the finding with its fingerprint is no worse than it was."""
        certain = isinstance(item, Finding) and item.certainty is Certainty.CERTAIN
        return item.severity <= self.severity and (not certain or self.certainty is Certainty.CERTAIN)

    def place(self, file: str) -> Span:
        """Where ``file`` has it."""
        return Span(file, self.line, 1, self.line, 1)

    def __str__(self) -> str:
        return f"{self.id} {self.object}".rstrip()


@frozen
class Baseline:
    """The entries of a file by their fingerprints."""

    file: str
    entries: Mapping[str, Entry]


def render(report: Report, sources: Sources) -> str:
    """The baseline of what a report has, as JSON text: sorted, so that a change of it shows what has changed."""
    entries = sorted(_written(report, sources).values(), key=lambda e: (e.id, e.object, e.message, e.fingerprint))
    rows = [
        {
            "fingerprint": entry.fingerprint,
            "id": entry.id,
            "severity": str(entry.severity),
            "certainty": None if entry.certainty is None else entry.certainty.value,
            "object": entry.object,
            "message": entry.message,
        }
        for entry in entries
    ]
    return json.dumps({"schema": SCHEMA, "findings": rows}, indent=1, ensure_ascii=True) + "\n"


def read(file: str, text: str) -> Baseline:
    """The baseline with ``text``. Raises ``BaselineError`` for what ``render`` would not have written."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise BaselineError(f"{file}:{error.lineno}:{error.colno}: this is not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"{file}: this is no baseline: {error}") from error
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != SCHEMA:
        found = "no schema" if schema is None else f"the schema {schema!r}"
        raise BaselineError(f"{file}: this is not what --write-baseline writes: it has {found}, not {SCHEMA!r}")
    rows = content.get("findings")
    if not isinstance(rows, list):
        raise BaselineError(f"{file}: findings is not a list")
    lines = {word: number for number, line in enumerate(text.split("\n"), 1) for word in line.split('"')}
    entries = (_entry(row, f"{file}: findings[{number}]", lines) for number, row in enumerate(rows))
    return Baseline(file, {entry.fingerprint: entry for entry in entries})


def apply(report: Report, sources: Sources, baseline: Baseline, *, whole: bool) -> Report:
    """The report without what the baseline has, which is listed as suppressed.

    ``whole``: everything was asked of everything, so that an entry that does not occur is told.
    """
    items = (*report.diagnostics, *report.findings, *(one.item for one in report.suppressed))
    new: list[Finding | Diagnostic] = []
    hidden: list[Suppressed] = []
    left = dict(baseline.entries)
    for number, digits in enumerate(fingerprints(items, sources)):
        item, entry = items[number], left.pop(digits, None)
        if number >= len(items) - len(report.suppressed):
            continue
        if entry is None or not suppressible(item):
            new.append(item)
        elif entry.hides(item):
            place = entry.place(baseline.file)
            hidden.append(Suppressed(item=item, by=By.BASELINE, reason="known when it was written", span=place))
        else:
            new.append(_worse(item, entry, baseline.file))
    open_ends = set(undecided(report))
    gone = [entry for entry in left.values() if (entry.id, entry.object) not in open_ends]
    if gone and whole and not (report.interrupted or report.bad_input):
        new.append(_outdated(baseline, gone))
    return evolve(
        report,
        diagnostics=tuple(item for item in new if isinstance(item, Diagnostic)),
        findings=tuple(item for item in new if isinstance(item, Finding)),
        suppressed=(*report.suppressed, *hidden),
    )


def _written(report: Report, sources: Sources) -> dict[str, Entry]:
    # What is suppressed takes part: it is counted among what looks the same when the baseline is applied.
    items = (*report.diagnostics, *report.findings, *(one.item for one in report.suppressed))
    reported = len(items) - len(report.suppressed)
    return {
        digits: Entry(
            fingerprint=digits,
            id=item.id,
            severity=item.severity,
            certainty=item.certainty if isinstance(item, Finding) else None,
            object=item.object,
            message=item.message,
        )
        for number, (item, digits) in enumerate(zip(items, fingerprints(items, sources), strict=True))
        if number < reported and suppressible(item)
    }


def _entry(row: Any, where: str, lines: Mapping[str, int]) -> Entry:
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in _TEXTS):
        raise BaselineError(f"{where} needs {', '.join(_TEXTS)}, each a text")
    certainty = row.get("certainty")
    return Entry(
        fingerprint=row["fingerprint"],
        id=row["id"],
        severity=_member(Severity, row["severity"], f"{where}.severity"),
        certainty=None if certainty is None else _member(Certainty, certainty, f"{where}.certainty"),
        object=row["object"],
        message=row["message"],
        line=lines.get(row["fingerprint"], 1),
    )


def _member(kind: type[E], name: Any, where: str) -> E:
    known = {member.name.lower(): member for member in kind}
    if name not in known:
        raise BaselineError(f"{where} is not one of {', '.join(known)}")
    return known[name]


def _worse(item: Finding | Diagnostic, entry: Entry, file: str) -> Finding | Diagnostic:
    """Told again, and why although it is in the baseline."""
    known = f"{entry.certainty.value}, " if entry.certainty is not None else ""
    reason = f"the baseline has it as {known}{entry.severity}: it has become worse"
    if isinstance(item, Diagnostic):
        return evolve(item, related=(*item.related, Related(entry.place(file), reason)))
    return evolve(item, details=(*item.details, reason))


def _outdated(baseline: Baseline, gone: list[Entry]) -> Diagnostic:
    line = min(entry.line for entry in gone)
    number = "1 entry" if len(gone) == 1 else f"{len(gone)} entries"
    return Diagnostic(
        id=OUTDATED,
        severity=Severity.INFO,
        message=f"{number} of the baseline {'occurs' if len(gone) == 1 else 'occur'} no longer: "
        f"{listing([str(entry) for entry in gone])}.",
        span=Span(baseline.file, line, 1, line, 1),
        mend=f"write it again: --write-baseline {baseline.file}",
    )
