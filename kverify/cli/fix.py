"""``kverify check --fix`` and ``--diff``: fixes of the findings, written to the manifests or shown."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kverify.textfile import BOM, beside, real, reason

if TYPE_CHECKING:
    from kverify.checks.finding import FileChange, Report
    from kverify.checks.options import Options
    from kverify.cli.arguments import OptionGroup
    from kverify.cluster.bundle import Bundle
    from kverify.manifest.diagnostics import Diagnostic
    from kverify.manifest.nodes import Document


def add_options(parser: OptionGroup) -> None:
    """``--fix``, ``--diff``, ``--suggest`` and ``--no-fixes``."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--fix",
        action="store_true",
        help="write the first verified fix of each finding to the manifests, and check again (docs/fixes.md)",
    )
    group.add_argument("--diff", action="store_true", help="print what --fix would write as a patch, and write nothing")
    group.add_argument("--no-fixes", action="store_true", help="look for no fixes")
    parser.add_argument(
        "--suggest",
        action="store_true",
        help="look for a fix of every finding, also of warnings that only go away for something else",
    )


def refusal(document: Document, bundle: Bundle, manifests: Sequence[str]) -> str:
    """Why the file of a document is not written; empty if it is."""
    from kverify.words import listing

    file = document.file
    # Where one document is rendered, all are.
    beside = (item.source.document for item in bundle.wanted if item.source.file == file)
    origins = dict.fromkeys(one.origin for one in (document, *beside) if one is not None and one.origin)
    if file == "-":
        made = f"; change {listing(list(origins))}, from which it is rendered" if origins else ""
        return f"standard input cannot be written{made}"
    if origins:
        return f"it is rendered from {next(iter(origins))}: change that, or it comes back"
    if Path(file).is_symlink():
        return "it is a link; name the file itself"
    named = (real(name) for name in manifests if name != "-")
    if not any(real(file).is_relative_to(name) for name in named):
        return "it lies outside of what was named"
    return ""


def write(changes: Sequence[FileChange]) -> list[str]:
    """Write the files, or none if one is not as it was read, or cannot be written. What is wrong, one line for each."""
    problems = [f"{change.file}: {why}" for change in changes if (why := _changed(change))]
    ready: list[tuple[Path, Path]] = []
    try:
        for change in () if problems else changes:
            path = Path(change.file)
            try:
                mark = BOM if path.read_bytes().startswith(BOM.encode()) else ""
                ready.append((beside(path, (mark + change.after).encode("utf-8")), path))
            except OSError as error:
                problems.append(f"{change.file}: {reason(error)}")
        # Each in one step: nobody ever reads half of it.
        for number, (new, path) in enumerate(() if problems else ready):
            try:
                new.replace(path)
            except OSError as error:
                written = ", ".join(str(other) for _, other in ready[:number])
                already = f"; {written} is written already" if written else ""
                problems.append(f"{path}: {reason(error)}{already}")
                break
    finally:
        for new, _ in ready:
            new.unlink(missing_ok=True)
    return problems


def _changed(change: FileChange) -> str:
    """Why a file cannot be written over what was read; empty if it can."""
    try:
        data = Path(change.file).read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        return reason(error)
    except UnicodeDecodeError as error:
        return f"{reason(error)}; save it as that first"
    return "" if text.removeprefix(BOM) == change.before else "it has changed since it was read; run kverify again"


def fixed(
    arguments: argparse.Namespace,
    report: Report,
    bundle: Bundle,
    diagnostics: Sequence[Diagnostic],
    options: Options,
    *,
    before: Report,
    again: Callable[[], Report],
    clear: Callable[[], None],
) -> Report:
    """The report to show: with fixes beside the findings; or of ``again``, once the fixes are written (``--fix``).

    ``before`` is the report with what is in a baseline. With ``--diff`` the patch is kept in ``arguments.patch``.
    ``clear`` makes room for lines on the terminal. What cannot be written is told in
    ``arguments.unfixed``, to be said after the report.
    """
    nothing = not (arguments.fix or arguments.diff or report.findings or report.diagnostics)
    if arguments.no_fixes or report.interrupted or nothing:
        return report
    from attrs import evolve

    from kverify.checks.fixes import Interrupted, apply_fixes, with_fixes
    from kverify.checks.runs.asking import FROM_THE_KEYBOARD

    wanted = arguments.fix or arguments.diff
    refused: dict[str, str] = {}

    def writable(document: Document) -> bool:
        reason = refusal(document, bundle, arguments.manifests)
        if reason:
            refused.setdefault(document.file, reason)
        return arguments.diff or not reason

    try:
        if not wanted:
            return with_fixes(report, bundle, diagnostics, options, before=before, weighed=arguments.suggest)
        applied = apply_fixes(
            report, bundle, diagnostics, options, before=before, weighed=arguments.suggest, writable=writable
        )
    except (Interrupted, KeyboardInterrupt) as stop:
        reason = str(stop) or FROM_THE_KEYBOARD
        clear()
        if wanted:
            print(f"nothing is fixed: {reason}", file=sys.stderr)
        return evolve(report, interrupted=reason)
    lines = [
        f"{'fixed' if arguments.fix else 'would fix'} {problem.id} {problem.object}: {fix.text}"
        + (f" (what it costs: {fix.cost})" if fix.cost else "")
        for problem, fix in applied.fixes
    ]
    lines += [f"{file} is not written: {reason}" for file, reason in sorted(refused.items())]
    if arguments.diff:
        arguments.patch = "".join(change.patch for change in applied.changes)
    elif applied.changes:
        problems = write(applied.changes)
        if problems:
            arguments.unfixed = "the fixes are not all written: " + "; ".join(problems)
        lines = [] if problems else [*lines, *(f"wrote {change.file}" for change in applied.changes)]
    clear()
    for line in lines or ([] if arguments.unfixed else ["no finding has a fix that could be verified"]):
        print(line, file=sys.stderr)
    return again() if arguments.fix and applied.changes else report
