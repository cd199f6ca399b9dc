"""``kverify fit``: does everything find a node, in every order in which the scheduler may take the pods?"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from kverify.cli import arguments as shared
from kverify.cli import outputs, streams

if TYPE_CHECKING:
    from kverify.checks.options import Options
    from kverify.cluster.bundle import Bundle
    from kverify.manifest.diagnostics import Diagnostic
    from kverify.model.scheduling.scoring.configuration import Scoring
    from kverify.report.source import Sources
    from kverify.report.style import Style

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
  kverify fit shop/ --cluster nodes.yaml --scheduler-config scheduler.yaml
  kverify fit shop/ --cluster live.yaml --lose zone -o json
  kverify fit shop/ --synthesize --node-class small.yaml large.yaml -o yaml

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
        default="",
        help="whether the scheduler may take any node that fits (free, the default), or only those with the highest "
        "score (best)",
    )
    parser.add_argument(
        "--scheduler-config",
        metavar="FILE",
        help="a KubeSchedulerConfiguration whose plugins, weights and arguments give the scores (means --choice best)",
    )
    parser.add_argument(
        "--counts",
        action="store_true",
        help="find for every workload the most replicas that always fit and the first number that cannot fit "
        "(default: only for autoscaled workloads that do not always fit)",
    )
    parser.add_argument(
        "--synthesize",
        action="store_true",
        help="print the smallest cluster on which everything always fits (with --lose also after any such loss)",
    )
    templates = "nodes that can be had, each a template for any number (default: those of --cluster)"
    shared.add_files(parser, "--node-class", "FILE", templates, dest="node_class")
    outputs.add_output(parser, ("text", "json", "yaml"))
    shared.add_config(parser)
    shared.add_version(parser)
    parser.add_argument("-v", "--verbose", action="store_true", help="tracebacks")
    parser.set_defaults(run=run, parser=parser)


def _scoring(arguments: argparse.Namespace) -> Scoring | None:
    """How nodes are scored, where scores decide."""
    if arguments.scheduler_config is not None:
        if arguments.choice == "free":
            arguments.parser.error("--scheduler-config is about scores, and with --choice free they never decide")
        from kverify.checks.fit import scheduler_configuration

        try:
            return scheduler_configuration.read(arguments.scheduler_config)
        except scheduler_configuration.SchedulerConfigurationError as error:
            arguments.parser.error(str(error))
    if arguments.choice != "best":
        return None
    from kverify.model.scheduling.scoring.configuration import DEFAULT

    return DEFAULT


def run(arguments: argparse.Namespace) -> int:
    """Decide, report, and return the exit code."""
    from attrs import evolve

    configuration = shared.configured(arguments)
    # Whoever looks for a cluster does not mean the one that is there.
    shared.settle(arguments, evolve(configuration, cluster=()) if arguments.synthesize else configuration)
    files = (*arguments.manifests, *arguments.cluster, *arguments.node_class)
    shared.require_sound(arguments, *files)
    scores = arguments.choice == "best" or arguments.scheduler_config is not None
    if arguments.synthesize and (arguments.counts or scores):
        arguments.parser.error(
            "--counts, --choice and --scheduler-config ask about a given cluster; --synthesize looks for one"
        )
    wanted = outputs.requested(arguments, files)
    asks_yaml = any(output.form == "yaml" for output in wanted)
    if not arguments.synthesize and (arguments.node_class or asks_yaml):
        arguments.parser.error("--node-class and -o yaml belong to --synthesize")
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
        from kverify.checks.options import Options

        options = Options(kubernetes_version=arguments.kubernetes_version, progress=progress)
        if arguments.synthesize:
            return _synthesize(arguments, wanted, bundle, diagnostics, options, sources, stdin, progress)
        from kverify.checks.fit import fit

        if not bundle.nodes and not diagnostics:
            arguments.parser.error("no node is known; name a file that has them with --cluster")
        scoring = _scoring(arguments)
        report = fit.run(bundle, diagnostics, options, arguments.lose, counting=arguments.counts, scoring=scoring)
    finally:
        progress.clear()
    from kverify.report import fit as shown

    forms = {"text": lambda output: _lines(shown.render(report, sources, _style(output)))}
    outputs.write(arguments, wanted, {**forms, "json": lambda _: shown.render_json(report)})
    return report.exit_code


def _synthesize(
    arguments: argparse.Namespace,
    wanted: Sequence[outputs.Output],
    bundle: Bundle,
    diagnostics: Sequence[Diagnostic],
    options: Options,
    sources: Sources,
    stdin: io.BytesIO | None,
    progress: streams.Progress,
) -> int:
    from kverify.checks.fit import synthesis as fit_synthesis
    from kverify.cluster.bundle import Bundle
    from kverify.report import fit_synthesis as shown

    templates = bundle.nodes
    if arguments.node_class:
        classes, problems = Bundle.read((), arguments.node_class, (), arguments.kubernetes_version, stdin)
        templates, diagnostics = classes.nodes, (*diagnostics, *problems)
    if not templates and not diagnostics:
        arguments.parser.error("no kind of node is known; name a file that has some with --node-class or --cluster")
    report = fit_synthesis.run(bundle, diagnostics, options, templates, arguments.lose)
    progress.clear()

    def yaml(output: outputs.Output) -> str:
        if report.exit_code == 0:
            return shown.render_yaml(report)
        # There is no cluster to print; why is said where nobody takes it for one.
        sys.stderr.write(_lines(shown.render(report, sources, _style(output))))
        return ""

    forms = {
        "text": lambda output: _lines(shown.render(report, sources, _style(output))),
        "json": lambda _: shown.render_json(report),
        "yaml": yaml,
    }
    outputs.write(arguments, wanted, forms)
    return report.exit_code


def _style(output: outputs.Output) -> Style:
    from kverify.report.style import Style, line_width, wants_colour

    printed = output.file == outputs.STDOUT
    return Style(wants_colour(sys.stdout), line_width(sys.stdout)) if printed else Style()


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
