"""``kverify export``: what a check explores, in the language of another model checker."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kverify.cli import arguments as shared
from kverify.cli import streams

if TYPE_CHECKING:
    from kverify.checks.runs.systems import Question

_DESCRIPTION = """\
Print the transition system behind a question (does a rollout complete, does a drain end, does
everything come back after the loss of a node) as TLA+ for TLC and Apalache, as Promela for SPIN,
or as SMT-LIB. Symmetry is not exported: the other tool sees every state by itself."""

_EPILOG = """\
examples:
  kverify export shop/ --cluster nodes.yaml                      lists the questions
  kverify export shop/ --cluster nodes.yaml --question "Deployment shop/web: rollout" --as tla
  kverify export web.yaml --cluster nodes.yaml --question rollout --as promela > web.pml
      spin -a web.pml && gcc -O2 -DSAFETY -DNOCLAIM -DNOREDUCE -o pan pan.c && ./pan -E -m1000000

SMT-LIB knows no fairness: it asks whether no state is stuck (nothing can move, and the goal is
not reached), which "the goal stays reachable" implies.

exit codes:
  0  printed
  2  bad input or usage
"""

LANGUAGES = ("tla", "tlc", "promela", "smt2")


def add_parser(commands: Any) -> None:
    """Add ``export`` to the commands of the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "export",
        help="print what a check explores for TLC, Apalache, SPIN or an SMT solver",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    shared.add_manifests(parser, "MANIFEST", "what is asked about")
    shared.add_files(parser, "--cluster", "FILE", "what exists: nodes, and any live objects")
    shared.add_files(parser, "--from", "FILE", "the manifests that run now", dest="previous")
    parser.add_argument("--question", metavar="NAME", help="which one: its whole name, or a part that only one has")
    parser.add_argument(
        "--as", dest="language", choices=LANGUAGES, default="tla", help="default: tla; tlc prints the configuration"
    )
    shared.add_config(parser)
    shared.add_version(parser)
    parser.add_argument("-v", "--verbose", action="store_true", help="tracebacks")
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """List the questions, or print one; return the exit code."""
    shared.settle(arguments, shared.configured(arguments))
    files = (*arguments.manifests, *arguments.cluster, *arguments.previous)
    shared.require_sound(arguments, *files)
    from kverify.checks.deciding.scenes import TooManyPlacements
    from kverify.checks.given.context import Context
    from kverify.checks.options import Options
    from kverify.checks.runs.systems import questions
    from kverify.cluster.bundle import Bundle
    from kverify.manifest.diagnostics import Severity
    from kverify.report.source import Sources, escape
    from kverify.report.style import Style, line_width
    from kverify.report.text import diagnostic_lines

    sources = Sources()
    stdin = streams.standard_input(files, sources)
    bundle, diagnostics = Bundle.read(
        arguments.manifests, arguments.cluster, arguments.previous, arguments.kubernetes_version, stdin
    )
    errors = [d for d in diagnostics if d.severity is Severity.ERROR]
    for diagnostic in errors:
        for line in diagnostic_lines(diagnostic, sources, Style(False, line_width(sys.stderr))):
            print(line, file=sys.stderr)
    if errors:
        return 2
    try:
        found = list(questions(Context(bundle, Options(kubernetes_version=arguments.kubernetes_version))))
    except TooManyPlacements as error:
        arguments.parser.error(str(error))
    if not arguments.question:
        for question in found:
            print(f"{escape(full_name(question))}  ({len(question.system.variables)} variables)")
        return 0
    chosen = choose(found, arguments.question)
    if len(chosen) != 1:
        known = "; ".join(full_name(question) for question in (chosen or found)) or "there are none"
        which = "is not one of the questions" if not chosen else "is a part of several questions"
        arguments.parser.error(f"{arguments.question!r} {which}: {known}")
    sys.stdout.write(exported(chosen[0], arguments.language))
    return 0


def full_name(question: Question) -> str:
    """``Deployment default/web: rollout``."""
    return f"{question.object}: {question.name}"


def choose(found: Sequence[Question], name: str) -> list[Question]:
    """The questions with that name, or else with that part of a name."""
    exact = [question for question in found if full_name(question) == name]
    return exact or [question for question in found if name in full_name(question)]


def exported(question: Question, language: str) -> str:
    """The question in a language, with what it assumes as comments."""
    from kverify.engines.export import promela, smtlib, tla, tlc_configuration
    from kverify.engines.progress import not_stuck

    system, prop = question.system, question.prop
    if language == "tlc":
        return tlc_configuration(system, prop)
    mark = {"tla": "\\*", "promela": "//", "smt2": ";"}[language]
    heading = "".join(f"{mark} assumed: {text}\n" for text in question.assumptions)
    if language == "tla":
        # TLC wants the module to begin the file; comments before it are allowed.
        return heading + tla(system, prop)
    if language == "promela":
        return heading + promela(system, prop)
    return heading + smtlib(system, not_stuck(system, prop))
