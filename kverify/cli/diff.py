"""``kverify diff``: what applying manifests would change, field by field."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from kverify.cli import arguments as shared
from kverify.cli import outputs, streams

_DESCRIPTION = """\
Show what applying NEW over what is there would result in, without a cluster: which fields
change and why, which stay from the live object, which fall back to a default, which lists
are replaced as a whole, and what the API server refuses."""

_EPILOG = """\
Without --cluster the objects are as --from made them. With it, --from says what was last
applied to them; without --from that is in their last-applied annotation.

examples:
  kverify diff new/ --from old/
  kverify diff new/ --cluster live.yaml
  kverify diff new/ --cluster live.yaml --server-side --field-manager ci

exit codes:
  0  nothing differs
  1  something differs
  2  bad input or usage, or an object that the API server refuses
"""


def add_parser(commands: Any) -> None:
    """Add ``diff`` to the commands of the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "diff",
        help="show what applying manifests changes, field by field",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    shared.add_manifests(parser, "NEW", "the objects about to be applied")
    shared.add_files(parser, "--from", "OLD", "the manifests that were applied before", "previous")
    live = "live objects (the output of kubectl get -o yaml --show-managed-fields will do)"
    shared.add_files(parser, "--cluster", "FILE", live)
    parser.add_argument("--server-side", action="store_true", help="apply as kubectl apply --server-side does")
    parser.add_argument(
        "--force-conflicts", action="store_true", help="take fields of other managers (with --server-side)"
    )
    parser.add_argument(
        "--field-manager", metavar="NAME", help="who applies (with --server-side; default: kubectl, as kubectl does)"
    )
    shared.add_config(parser)
    outputs.add_output(parser)
    shared.add_version(parser)
    parser.add_argument("-v", "--verbose", action="store_true", help="tracebacks")
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Apply, report, and return the exit code."""
    configuration = shared.configured(arguments)
    shared.settle(arguments, configuration)
    shared.require_sound(arguments, *arguments.manifests, *arguments.cluster, *arguments.previous)
    if not arguments.server_side and (arguments.force_conflicts or arguments.field_manager):
        option = "--force-conflicts" if arguments.force_conflicts else "--field-manager"
        arguments.parser.error(f"{option} is about server-side apply; add --server-side")
    files = (*arguments.manifests, *arguments.cluster, *arguments.previous)
    wanted = outputs.requested(arguments, files)
    from kverify.cluster.apply import Mode
    from kverify.cluster.changes import read_changes
    from kverify.report import diff
    from kverify.report.source import Sources
    from kverify.report.style import Style, line_width, wants_colour

    mode = Mode(arguments.server_side, arguments.force_conflicts, arguments.field_manager or Mode().manager)
    sources = Sources()
    changes = read_changes(
        arguments.manifests,
        arguments.cluster,
        arguments.previous,
        arguments.kubernetes_version,
        streams.standard_input(files, sources),
        mode,
        configuration.boundary,
    )

    def text(output: outputs.Output) -> str:
        printed = output.file == outputs.STDOUT
        style = Style(wants_colour(sys.stdout), line_width(sys.stdout)) if printed else Style()
        return "".join(f"{line}\n" for line in diff.render(changes, sources, style))

    forms = {"text": text, "json": lambda _: diff.render_json(changes, arguments.kubernetes_version)}
    outputs.write(arguments, wanted, forms)
    return changes.exit_code
