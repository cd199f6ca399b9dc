"""``kverify replay``: look at a trace again, without searching."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kverify.cli import arguments as shared
from kverify.cli import streams
from kverify.textfile import read_file, reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kverify.engines.verdict import Trace
    from kverify.report.evidence import TraceFile
    from kverify.spec.property import Property

_DESCRIPTION = """\
Look at a trace that `kverify check --traces` has written. The inputs are read again and the
model is built, but nothing is searched: the trace's own steps are taken one by one, and what
it is said to violate is looked at in its states. A trace that somebody changed, or whose
inputs have changed, is refused."""

_EPILOG = """\
Paths are those that the check was given: run it in the same directory.

examples:
  kverify check shop/ --cluster nodes.yaml --traces traces/
  kverify replay traces/KV4001-Deployment-shop-web.itf.json

exit codes:
  0  the trace is what it says
  1  it is refused
  2  bad input or usage
"""


def add_parser(commands: Any) -> None:
    """Add ``replay`` to the commands of the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "replay",
        help="look at a trace again, without searching",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("trace", metavar="TRACE", help="a file that kverify check --traces has written")
    parser.add_argument("-v", "--verbose", action="store_true", help="every state whole; tracebacks")
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Read, compare, replay, and return the exit code."""
    from kverify.report.evidence import read
    from kverify.report.itf import TraceFileError

    name = arguments.trace
    try:
        text = read_file(Path(name))
    except (OSError, UnicodeDecodeError) as error:
        arguments.parser.error(f"{name}: {reason(error)}")
    try:
        file = read(text)
    except TraceFileError as error:
        arguments.parser.error(f"{name}: {error}")
    refusal = _refusal(arguments, file)
    if refusal:
        print(f"refused: {name}: {refusal}")
        return 1
    return 0


def _refusal(arguments: argparse.Namespace, file: TraceFile) -> str:
    """Why the trace is refused; empty, after printing it, if it is what it says."""
    from attrs import evolve

    from kverify.checks.options import Options, UnknownProperty
    from kverify.checks.runs.confirm import Claim, NotThisModel, confirm
    from kverify.cli.check import read_specs
    from kverify.cli.configuration import Configuration
    from kverify.cluster.bundle import Bundle
    from kverify.engines.errors import ReplayError
    from kverify.report.itf import TraceFileError, from_itf
    from kverify.report.source import Sources

    inputs, sources, progress = file.inputs, Sources(), streams.Progress()
    checked = argparse.Namespace(parser=arguments.parser, kubernetes_version=inputs.kubernetes_version)
    named = (*inputs.manifests, *inputs.cluster, *inputs.previous)
    shared.require_sound(checked, *named)
    stdin = streams.standard_input(named, sources)
    changes = list(file.changes(evolve(inputs, stdin=sources.texts.get("-", ""))))
    if changes:
        return "; ".join(changes)
    configuration = Configuration()
    if inputs.config:
        checked.config, checked.no_config = inputs.config[0], False
        configuration = shared.configured(checked)
    # Those that the configuration names are among them already.
    checked.specs, checked.parameters = list(inputs.specs), list(inputs.parameters)
    specs, problems = read_specs(checked, evolve(configuration, specs=()))
    if problems:
        return f"the specifications cannot be read: {problems[0].message}"
    try:
        progress("reading")
        bundle, diagnostics = Bundle.read(
            inputs.manifests, inputs.cluster, inputs.previous, inputs.kubernetes_version, stdin
        )
        options = Options(
            kubernetes_version=inputs.kubernetes_version,
            max_states=inputs.max_states,
            boundary=configuration.boundary,
            specs=specs,
            severities=configuration.severities,
            progress=progress,
        )
        claim = Claim(
            check=file.property,
            fingerprint=file.fingerprint,
            trace=lambda system: from_itf(system, file.data),
            fair=file.fair,
        )
        trace, prop = confirm(bundle, diagnostics, options, claim)
    except (NotThisModel, ReplayError, TraceFileError, UnknownProperty) as error:
        return str(error)
    finally:
        progress.clear()
    _print(trace, prop, verbose=arguments.verbose)
    return ""


def _print(trace: Trace, prop: Property, *, verbose: bool) -> None:
    """What has been confirmed, in the words of the model: those of the file are only claims."""
    from kverify.report.style import Style, line_width, wants_colour
    from kverify.words import repeats

    style = Style(wants_colour(sys.stdout), line_width(sys.stdout))
    for line in style.wrap(f"{trace.system.name}: {prop.name!r} is violated by this run:", "confirmed: ", hang=4):
        print(line)
    width = len(str(len(trace.steps)))
    states = [trace.system.view(state) for state in trace.states()]
    if verbose:
        print(f"    start: {_values(states[0], {})}")
    for number, says in enumerate(trace.sentences(), 1):
        for line in style.wrap(says, indent=4, label=f"{number:>{width}}. "):
            print(line)
        if verbose:
            print(f"      {_values(states[number], states[number - 1])}")
    if trace.loop is not None:
        print(f"    {repeats(trace.loop)}")
    taken = "1 step was" if len(trace.steps) == 1 else f"{len(trace.steps)} steps were"
    print(f"{taken} taken again in the model of the inputs; nothing was searched.")


def _values(state: Mapping[str, int], before: Mapping[str, int]) -> str:
    """What is not as it was ``before``; at the start, what is not zero."""
    changed = {name: value for name, value in state.items() if value != before.get(name, 0)}
    return ", ".join(f"{name} = {value}" for name, value in changed.items()) or "nothing changes"
