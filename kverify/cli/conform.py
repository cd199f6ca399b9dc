"""``kverify conform``: is a recorded run of a real control plane a run of the model?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kverify.checks.runs.conform import Answer, Bounds
    from kverify.engines.conform import Refusal

EXIT_CONFORMS, EXIT_DIFFERS, EXIT_INPUT, EXIT_UNDECIDED = range(4)

_DESCRIPTION = """\
Follow recordings of a real control plane in the model. Every write to a Deployment, its
ReplicaSets and its pods must be a step the model can take, after what came before it;
pods that the driver deleted and templates that it changed are taken as given."""

_EPILOG = """\
A recording has one JSON object a line: watch events with t, ev, kind, name and rv, or with
the whole object, and ACTION lines of whoever drove it. It may be compressed with gzip.
NAME.yaml beside NAME.jsonl.gz tells minReadySeconds where the events do not.

exit codes:
  0  every recording is a run of the model
  1  some recording is not
  2  bad input, or a recording of something that is not modelled
  3  some recording could not be decided

example:
  kverify conform traces/a_rollout_25_25.jsonl.gz
"""


def add_parser(commands: Any) -> None:
    """Add ``conform`` to the commands of the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "conform",
        help="check recordings of a real control plane against the model",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "traces", metavar="TRACE", nargs="+", type=Path, help="a recording: NAME.jsonl or NAME.jsonl.gz"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="tracebacks of internal errors")
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Follow each recording, say what came of it, and return the exit code."""
    codes = {EXIT_CONFORMS}
    for path in arguments.traces:
        codes.add(_follow(path))
        sys.stdout.flush()
    return next(c for c in (EXIT_INPUT, EXIT_DIFFERS, EXIT_UNDECIDED, EXIT_CONFORMS) if c in codes)


def _follow(path: Path) -> int:
    from kverify.checks.runs.conform import NotModelled, check_recording
    from kverify.cluster.recording import RecordingError
    from kverify.engines.conform import TooManyStates

    try:
        answers = check_recording(path)
    except RecordingError as error:
        _complain(str(error))
        return EXIT_INPUT
    except NotModelled as reason:
        _complain(f"{path}: not modelled: {reason}")
        return EXIT_INPUT
    except TooManyStates as error:
        _complain(f"{path}: undecided: {error}")
        return EXIT_UNDECIDED
    for answer in answers:
        _print(_lines(answer))
    return EXIT_CONFORMS if all(answer.conforms for answer in answers) else EXIT_DIFFERS


def _complain(message: str) -> None:
    from kverify.report.source import escape

    print(f"kverify conform: {escape(message)}", file=sys.stderr)


def _print(lines: Iterator[str]) -> None:
    from kverify.report.source import escape

    for line in lines:
        print(escape(line))


def _lines(answer: Answer) -> Iterator[str]:
    result = answer.conformance
    verdict = "conforms" if answer.conforms else "does not conform"
    yield (
        f"{answer.recording}: Deployment {answer.case.deployment} {verdict}: "
        f"{result.matched} of {result.total} events matched"
    )
    yield from _bounds(answer.case.bounds)
    for assumption in answer.case.assumptions:
        yield f"  assumed: {assumption}"
    if result.refusal is not None:
        yield from _refusal(result.refusal)
    elif not answer.case.bounds.kept:
        yield "  the recording leaves the model's bounds"


def _bounds(bounds: Bounds) -> Iterator[str]:
    least = "never all ready" if bounds.least_ready is None else f"{bounds.least_ready} recorded"
    removed = f" (the driver deleted {bounds.removed})" if bounds.removed else ""
    yield f"  least ready pods: {least}, at least {bounds.floor} by the model{removed}"
    yield f"  largest sum of spec.replicas: {bounds.largest_sum} recorded, at most {bounds.ceiling} by the model"


def _refusal(refusal: Refusal) -> Iterator[str]:
    yield f"  the model cannot follow at {refusal.observation.label}"
    for name, before, after in refusal.changes:
        yield f"    {name}: {before} -> {after}"
    if refusal.blocked:
        yield "  what would have been needed:"
        yield from (f"    {text}" for text in refusal.blocked)
    else:
        yield "  no action of the model that is not possible anyway changes this"
    if refusal.instead:
        yield "  what the model can do instead:"
        yield from (f"    {text}" for text in refusal.instead)
