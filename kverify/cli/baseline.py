"""``--baseline`` and ``--write-baseline``: report only what is new."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kverify.cli import outputs
from kverify.textfile import read_file, reason, write_file

if TYPE_CHECKING:
    from kverify.checks.finding import Report
    from kverify.cli.arguments import OptionGroup
    from kverify.cli.configuration import Configuration
    from kverify.report.baseline import Baseline
    from kverify.report.source import Sources


def add_options(parser: OptionGroup) -> None:
    """The options, for :func:`read` and :func:`settle`."""
    parser.add_argument(
        "--baseline",
        metavar="FILE",
        help="report only what is not in FILE, or worse than there; the rest is suppressed",
    )
    parser.add_argument(
        "--write-baseline", metavar="FILE", help="write what is found to FILE, for --baseline, and take it for known"
    )


def read(arguments: argparse.Namespace, configuration: Configuration) -> Baseline | None:
    """The baseline that counts; exits with a usage error for one that cannot be read, or should not be written."""
    _require_sound(arguments, configuration)
    name = arguments.baseline or configuration.baseline
    # One that is about to be written need not be there.
    if name is None or arguments.write_baseline:
        return None
    from kverify.report import baseline

    try:
        return baseline.read(name, read_file(Path(name)))
    except (OSError, UnicodeDecodeError) as error:
        mend = f"; --write-baseline {name} writes it" if isinstance(error, FileNotFoundError) else ""
        arguments.parser.error(f"--baseline {name}: {reason(error)}{mend}")
    except baseline.BaselineError as error:
        arguments.parser.error(f"--baseline {error}")
    raise AssertionError("argparse exits")


def settle(arguments: argparse.Namespace, report: Report, sources: Sources, known: Baseline | None) -> Report:
    """Write the baseline, if that was asked for, and take out of the report what is in the one that counts.

    Nothing is written of a run that saw only a part: it would forget the rest.
    """
    from kverify.report import baseline
    from kverify.report.source import escape

    if arguments.write_baseline:
        name = arguments.write_baseline
        if report.interrupted or report.bad_input:
            why = "the run was interrupted" if report.interrupted else "some of the input cannot be used"
            print(f"kverify: {escape(name)} was not written, because {why}", file=sys.stderr)
            return report
        text = baseline.render(report, sources)
        try:
            write_file(Path(name), text)
        except OSError as error:
            arguments.parser.error(f"--write-baseline {name}: {reason(error)}")
        known = baseline.read(name, text)
        number = len(known.entries)
        print(f"kverify: {escape(name)} has {number} finding{'s' * (number != 1)} now", file=sys.stderr)
    if known is None:
        return report
    return baseline.apply(report, sources, known, whole=not arguments.part)


def _require_sound(arguments: argparse.Namespace, configuration: Configuration) -> None:
    name = arguments.write_baseline
    if not name:
        return
    if name == outputs.STDOUT:
        arguments.parser.error("--write-baseline takes the name of a file: standard output has the report")
    if arguments.narrowed:
        arguments.parser.error(
            f"--write-baseline writes everything that is found, and {arguments.narrowed} asks only for a part"
        )
    outputs.require_apart(arguments, f"--write-baseline {name}", name, outputs.inputs(arguments, configuration))
