"""``kverify fit``: does everything find a node, in every order in which the scheduler may take the pods?"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from kverify.cli import arguments as shared
from kverify.cli import streams

_DESCRIPTION = """\
Decide for all pods that the manifests can ever want at once (replicas and surge, the maximum
of an autoscaler, the parallelism of Jobs) whether they find a node in every order in which
the scheduler may take them, in some order, or in none. Nodes that nothing tells apart are
counted, not listed, so large clusters are no harder than small ones of as many kinds."""

_EPILOG = """\
examples:
  kverify fit shop/ --cluster nodes.yaml
  kverify fit shop/ --cluster nodes.yaml --lose 1
  kverify fit shop/ --cluster nodes.yaml --counts --lose zone
  kverify fit shop/ --cluster nodes.yaml --choice best
  kverify fit shop/ --cluster live.yaml --lose zone -o json

exit codes:
  0  everything always fits
  1  some pods may wait for ever
  2  bad input or usage
  3  not everything could be decided
"""


def add_parser(commands: Any) -> None:
    """Add ``fit`` to the commands of the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "fit",
        help="decide whether all pods find a node, in every order",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    shared.add_manifests(parser, "MANIFEST", "what is to find a node")
    live = "what exists: nodes, and any live objects (the output of kubectl get -o yaml will do)"
    shared.add_files(parser, "--cluster", "FILE", live)
    parser.add_argument(
        "--lose", choices=("1", "zone"), default="", help="ask again after the loss of any one node, or any one zone"
    )
    parser.add_argument(
        "--choice",
        choices=("free", "best"),
        default="free",
        help="whether the scheduler may take any node that fits (free, the default), or only those with the highest "
        "score (best)",
    )
    parser.add_argument(
        "--counts",
        action="store_true",
        help="find for every workload the most replicas that always fit and the first number that cannot fit "
        "(default: only for autoscaled workloads that do not always fit)",
    )
    shared.add_output(parser)
    parser.add_argument("-v", "--verbose", action="store_true", help="tracebacks")
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Decide, report, and return the exit code."""
    files = (*arguments.manifests, *arguments.cluster)
    shared.require_sound(arguments, *files)
    from kverify.cluster.bundle import Bundle
    from kverify.report.source import Sources

    sources = Sources()
    progress = streams.Progress()
    try:
        progress("reading")
        stdin = streams.standard_input(files, sources)
        bundle, diagnostics = Bundle.read(
            arguments.manifests, arguments.cluster, (), arguments.kubernetes_version, stdin
        )
        from kverify.checks import fit
        from kverify.checks.options import Options

        options = Options(kubernetes_version=arguments.kubernetes_version, progress=progress)
        if not bundle.nodes and not diagnostics:
            arguments.parser.error("no node is known; name a file that has them with --cluster")
        scoring = None
        if arguments.choice == "best":
            from kverify.model.scheduling.scoring.configuration import DEFAULT

            scoring = DEFAULT
        report = fit.run(bundle, diagnostics, options, arguments.lose, counting=arguments.counts, scoring=scoring)
    finally:
        progress.clear()
    from kverify.report import fit as shown
    from kverify.report.style import Style, line_width, wants_colour

    try:
        if arguments.output == "json":
            sys.stdout.write(shown.render_json(report))
        else:
            style = Style(wants_colour(sys.stdout), line_width(sys.stdout))
            for line in shown.render(report, sources, style):
                print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        streams.abandon_stdout()
    return report.exit_code
