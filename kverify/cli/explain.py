"""``kverify explain``: what an id means, the rule behind it, how to mend it, with examples."""

from __future__ import annotations

import argparse
import sys
from typing import Any

_DESCRIPTION = """\
Explain an id of a finding, or a built-in property: what it asks, the Kubernetes rule behind it,
how to mend a violation, and small examples that fail and pass."""

_EPILOG = """\
examples:
  kverify explain KV4001
  kverify explain rollout-completes
  kverify explain ACME-1 --spec policies.kv
"""


def add_parser(commands: Any) -> None:
    """Add ``explain`` to the commands of the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "explain",
        help="say what an id means and how to mend it",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("names", metavar="ID", nargs="+", help="an id such as KV4001, or the name of a property")
    files = "specifications of your own"
    parser.add_argument("--spec", metavar="FILE", nargs="+", action="extend", default=[], dest="files", help=files)
    parser.add_argument("-v", "--verbose", action="store_true", help="tracebacks")
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Explain, and return the exit code."""
    from kverify.cli.spec import print_problems
    from kverify.report.explain import explanation
    from kverify.report.source import Sources
    from kverify.report.style import Style, line_width, wants_colour
    from kverify.spec.language.library import read_files, standard
    from kverify.spec.language.problems import meant
    from kverify.spec.language.syntax import Declaration

    known: dict[str, Declaration] = {}
    libraries = [standard()]
    if arguments.files:
        library, problems = read_files(arguments.files)
        if problems:
            print_problems(list(problems), Sources())
            return 2
        libraries.append(library)
    for library in libraries:
        for declaration in library.checks.values():
            known[declaration.name] = declaration
            if declaration.meta("id"):
                known[declaration.meta("id")] = declaration
    style = Style(wants_colour(sys.stdout), line_width(sys.stdout))
    for number, name in enumerate(arguments.names):
        found = known.get(name) or known.get(name.upper())
        if found is None:
            hint = meant(name, tuple(known), "kverify spec list names them all")
            arguments.parser.error(f"nothing is called {name}; {hint}")
            raise AssertionError("argparse exits")
        if number:
            print()
        for line in explanation(found, style):
            print(line)
    return 0
