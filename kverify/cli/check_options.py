"""The options of ``kverify check``, grouped as its help shows them."""

from __future__ import annotations

import argparse
from typing import Any

from kverify.cli import arguments as shared
from kverify.cli import baseline, changed, fix, outputs, remembered

_DESCRIPTION = """\
Check what happens when the manifests are applied: can every pod be scheduled, does the
rollout complete, is the promised availability kept, does every drain end, is the loss of
any one node survived, does every Service keep an endpoint."""

_EPILOG = """\
Without --cluster nothing is known of the nodes: questions of capacity and of node labels
are answered under assumptions, which the report lists. Without --from every workload is
taken to run already in the given form and to be rolled out again with a new image.

examples:
  kverify check shop/ --cluster nodes.yaml
  kubectl get nodes,deploy,rs,po,svc,pdb -A -o yaml > live.yaml
  kverify check new/ --from old/ --cluster live.yaml
  helm template shop charts/shop | kverify check -
  kverify check shop/ -o sarif=kverify.sarif -o junit=kverify.xml -o text
  kverify check shop/ -o html=report.html
  kverify check shop/ --diff | git apply
"""

MAX_STATES = 300_000

FORMS = ("text", "json", "sarif", "junit", "github", "gitlab", "html")
"""The names of kverify/report/formats.py, which need not be imported to say what can be asked for."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add ``check`` to the commands of the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "check",
        help="prove that applying manifests is safe, or show how it goes wrong",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    shared.add_manifests(parser, "MANIFEST", "the objects about to be applied")
    _add_input(parser.add_argument_group("what is read"))
    _add_questions(parser.add_argument_group("what is asked"))
    _add_bounds(parser.add_argument_group("how much it may take"))
    _add_report(parser.add_argument_group("what is reported"))
    fix.add_options(parser.add_argument_group("what is mended"))
    return parser


def _add_input(group: shared.OptionGroup) -> None:
    live = "what exists: nodes, and any live objects (the output of kubectl get -o yaml will do)"
    shared.add_files(group, "--cluster", "FILE", live)
    shared.add_files(group, "--from", "MANIFEST", "the revision that runs now", "previous")
    group.add_argument(
        "--spec",
        metavar="FILE",
        nargs="+",
        action="extend",
        default=[],
        dest="specs",
        help="properties and policies of your own (docs/properties.md), beside those that kverify.toml names",
    )
    group.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        dest="parameters",
        help="the value of a parameter of a specification; may be given several times",
    )
    group.add_argument(
        "--rendered-from",
        metavar="DIR",
        default="",
        help="where - was rendered from: the directory given to kustomize build, or the one in which Helm's chart lies",
    )
    shared.add_config(group)
    shared.add_version(group)


def _add_questions(group: shared.OptionGroup) -> None:
    group.add_argument(
        "--property",
        metavar="NAME",
        action="append",
        default=[],
        dest="properties",
        help="check only this property; may be given several times (default: all)",
    )
    group.add_argument(
        "--scenario",
        metavar="NAME",
        action="append",
        default=[],
        dest="scenarios",
        help="ask what is asked under scenarios (rollout, drain, node-loss, ...) only under this one; may be given "
        "several times (default: all)",
    )
    changed.add_option(group)
    group.add_argument(
        "--engine",
        metavar="NAME",
        default="",
        help="ask only this engine about runs: explicit, ranking, induction, walk, houdini, spacer or bounded; "
        "what it cannot decide is 'unknown' (default: the cheapest that can; -v shows what each said)",
    )


def _add_bounds(group: shared.OptionGroup) -> None:
    group.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        help="end the run after so many seconds, with the answers found by then (default: no bound)",
    )
    group.add_argument(
        "--timeout-per-property",
        metavar="SECONDS",
        type=_seconds,
        help="give up a property of an object after so many seconds; the answer is then 'unknown' (default: no bound)",
    )
    group.add_argument(
        "--max-states",
        metavar="N",
        type=_positive,
        help=f"give up a search after N states; the answer is then 'unknown' (default: {MAX_STATES:,})",
    )
    group.add_argument(
        "--max-memory",
        metavar="MB",
        type=_positive,
        help="give up a search that takes more than MB megabytes; the answer is then 'unknown' (default: no bound)",
    )
    group.add_argument(
        "--jobs",
        metavar="N",
        type=_positive,
        help="answer with N processes (default: one, and one for each processor once a run takes longer)",
    )
    remembered.add_options(group)


def _add_report(group: shared.OptionGroup) -> None:
    outputs.add_output(group, FORMS)
    detail = group.add_mutually_exclusive_group()
    detail.add_argument("-v", "--verbose", action="store_true", help="every proof with its evidence; tracebacks")
    detail.add_argument("-q", "--quiet", action="store_true", help="only what is wrong, not what holds and under what")
    detail.add_argument("--summary", action="store_true", help="a line for each problem, with its place first")
    group.add_argument(
        "--fail-on",
        choices=("error", "warning"),
        help="the least severity that makes the exit code 1 (default: error)",
    )
    baseline.add_options(group)
    group.add_argument(
        "--show-suppressed", action="store_true", help="list what is suppressed, and why (docs/configuration.md)"
    )
    group.add_argument(
        "--traces",
        metavar="DIR",
        help="write the run behind each finding, where it has one, to a file in DIR (ITF); see kverify replay",
    )


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return number


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of seconds")
    return number
