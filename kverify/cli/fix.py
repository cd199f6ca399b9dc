"""``kverify check --fix`` and ``--diff``: fixes of the findings, written to the manifests or shown."""

from __future__ import annotations

import argparse
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kverify.checks.finding import FileChange, Report
    from kverify.checks.options import Options
    from kverify.cli.arguments import OptionGroup
    from kverify.cluster.bundle import Bundle
    from kverify.manifest.diagnostics import Diagnostic

BOM = "\ufeff"


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


def refusal(file: str, bundle: Bundle, manifests: Sequence[str]) -> str:
    """Why a file with manifests is not written; empty where it may be."""
    documents = (item.source.document for item in bundle.wanted if item.source.file == file)
    origin = next((document.origin for document in documents if document is not None and document.origin), "")
    if file == "-":
        made = f"; change {origin}, from which it is rendered" if origin else ""
        return f"standard input cannot be written{made}"
    if origin:
        return f"it is rendered from {origin}: change that, or it comes back"
    if Path(file).is_symlink():
        return "it is a link; name the file itself"
    named = [Path(name).resolve() for name in manifests if name != "-"]
    if not any(Path(file).resolve().is_relative_to(name) for name in named):
        return "it lies outside of what was named"
    return ""


def write(changes: Sequence[FileChange]) -> list[str]:
    """Write the files, all or, if one is not as it was read, none. What is wrong, one line for each file."""
    problems = [f"{change.file}: {reason}" for change in changes if (reason := _changed(change))]
    if problems:
        return problems
    for change in changes:
        try:
            _write(Path(change.file), change.after)
        except OSError as error:
            problems.append(f"{change.file}: {error.strerror or error}")
    return problems


def _changed(change: FileChange) -> str:
    """Why a file cannot be written over what was read; empty if it can."""
    try:
        data = Path(change.file).read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        return str(error.strerror or error)
    except UnicodeDecodeError:
        return "it is not UTF-8; save it as that first"
    return "" if text.removeprefix(BOM) == change.before else "it has changed since it was read; run kverify again"


def _write(path: Path, text: str) -> None:
    """In one step, with the mode that the file has: nobody ever reads half of it."""
    mark = BOM if path.read_bytes().startswith(BOM.encode()) else ""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write((mark + text).encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(stat.S_IMODE(path.stat().st_mode))
        Path(name).replace(path)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise


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
    ``clear`` makes room for lines on the terminal. Exits with an error for files that cannot be written.
    """
    if arguments.no_fixes or report.interrupted:
        return report
    from attrs import evolve

    from kverify.checks.fixes import Interrupted, apply_fixes, with_fixes

    if not arguments.fix and not arguments.diff:
        return with_fixes(report, bundle, diagnostics, options, before=before, weighed=arguments.suggest)
    refused: dict[str, str] = {}

    def writable(file: str) -> bool:
        refused[file] = refusal(file, bundle, arguments.manifests)
        return arguments.diff or not refused[file]

    try:
        applied = apply_fixes(
            report, bundle, diagnostics, options, before=before, weighed=arguments.suggest, writable=writable
        )
    except Interrupted as reason:
        clear()
        print(f"nothing is fixed: {reason}", file=sys.stderr)
        return evolve(report, interrupted=str(reason))
    lines = [
        f"{'fixed' if arguments.fix else 'would fix'} {problem.id} {problem.object}: {fix.text}"
        + (f" (what it costs: {fix.cost})" if fix.cost else "")
        for problem, fix in applied.fixes
    ]
    lines += [f"{file} is not written: {reason}" for file, reason in sorted(refused.items()) if reason]
    if arguments.diff:
        arguments.patch = "".join(change.patch for change in applied.changes)
    elif applied.changes:
        problems = write(applied.changes)
        if problems:
            clear()
            arguments.parser.error("nothing is fixed: " + "; ".join(problems))
        lines += [f"wrote {change.file}" for change in applied.changes]
    clear()
    for line in lines or ["no finding has a fix that could be verified"]:
        print(line, file=sys.stderr)
    return again() if arguments.fix and applied.changes else report
