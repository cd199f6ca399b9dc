"""``kverify``: which subcommand is meant, and what becomes of errors nobody expected.

Only what the help text needs is imported here. Each subcommand imports its own work when it runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from kverify import __version__
from kverify.cli import check, completion, conform, diff, explain, export, fit, init, replay, report, spec, streams
from kverify.collector import leave, relax
from kverify.textfile import reason

EXIT_USAGE = 2
EXIT_INTERRUPTED = 3

_DESCRIPTION = """\
A formal model checker for Kubernetes. kverify reads manifests and a description of the
cluster, explores everything the control plane may do with them, and either proves that
nothing ends badly or shows step by step how it does."""

_EPILOG = """\
exit codes:
  0  nothing found at or above --fail-on
  1  something was found
  2  bad input or usage
  3  not everything could be decided

Example: kverify check shop/ --cluster nodes.yaml
Help on a command: kverify check --help"""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence; the whole usage would bury it."""

    def error(self, message: str) -> NoReturn:
        # Python 3.12 stopped quoting choices; without quotes the sentence is the same everywhere.
        head, chosen, choices = message.partition("(choose from ")
        message = f"{head}{chosen}{choices.replace(chr(39), '')}"
        if message == "the following arguments are required: COMMAND":
            message = "name a command, for example kverify check MANIFEST"
        if message == "the following arguments are required: ACTION":
            message = "name an action: check, format, test, list or show"
        self.refuse(f"{message} (see {self.prog} --help)")

    def refuse(self, message: str) -> NoReturn:
        """End with a usage error. Names in it come from files, and may not move the cursor."""
        if not message.replace("\n", "").isprintable():
            from kverify.report.source import escape

            message = "\n".join(map(escape, message.split("\n")))
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = Parser(
        prog="kverify",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"kverify {__version__}")
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for module in (check, completion, conform, diff, explain, export, fit, init, replay, report, spec):
        module.add_parser(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (see ``--help``); never raises but ``SystemExit`` for usage."""
    relax()
    streams.prepare()
    verbose = False
    try:
        arguments = parser().parse_args(argv)
        verbose = arguments.verbose
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        streams.abandon(sys.stdout)
        return EXIT_INTERRUPTED
    except streams.Unprintable as why:
        print(f"kverify: standard output: {why}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("kverify: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:
        lost = _lost() if isinstance(error, OSError) else ""
        if not lost:
            return internal_error(error, verbose=verbose)
        print(f"kverify: the current directory: {lost}", file=sys.stderr)
        return EXIT_USAGE
    return code


def _lost() -> str:
    """Why the current directory is none; empty if it is one."""
    try:
        Path.cwd()
    except OSError as error:
        return reason(error)
    return ""


def script() -> int:
    """``main`` in a process of its own, which ends then."""
    try:
        return main()
    finally:
        leave()


def internal_error(error: Exception, *, verbose: bool) -> int:
    """A fault of ours is never a pass: it is said, and the exit code is 2."""
    if verbose:
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    hint = "" if verbose else "; run it again with -v for the traceback"
    print(f"kverify: internal error: {type(error).__name__}: {error} (please report it{hint})", file=sys.stderr)
    return EXIT_USAGE


if __name__ == "__main__":
    sys.exit(script())
