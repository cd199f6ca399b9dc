"""``kverify check``: the main job."""

from __future__ import annotations

import argparse
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn

from kverify.cli import arguments as shared
from kverify.cli import baseline, changed, check_options, fix, outputs, remembered, streams
from kverify.textfile import real, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kverify.checks.declared.specs import Specs
    from kverify.checks.finding import Report
    from kverify.cli.configuration import Configuration
    from kverify.manifest.diagnostics import Diagnostic
    from kverify.report.source import Sources
    from kverify.spec.language.syntax import Declaration


def add_parser(commands: Any) -> None:
    """Add ``check`` to the commands of the command line."""
    parser = check_options.add_parser(commands)
    parser.set_defaults(run=run, parser=parser, patch="", unfixed="")


def run(arguments: argparse.Namespace) -> int:
    """Check, report, and return the exit code."""
    remembered.refuse_foreign(arguments)
    past = remembered.Remembered.of(arguments)
    code = None if past is None else past.again(arguments)
    if code is not None:
        return code
    from kverify.report.source import Sources

    configuration = shared.configured(arguments)
    _settle(arguments, configuration)
    inputs = _inputs(arguments, configuration)
    if past is not None:
        past.begin(inputs)
    shared.require_sound(arguments, *arguments.manifests, *arguments.cluster, *arguments.previous)
    _require_engine(arguments)
    wanted = _outputs(arguments, configuration)
    if arguments.traces:
        _require_apart(arguments)
    known = baseline.read(arguments, configuration)
    sources = Sources()
    specs, problems = read_specs(arguments, configuration)
    if not problems:
        _require_known(configuration, specs, arguments)
    if problems:
        from kverify.checks.finding import Report

        report, whole = Report(diagnostics=problems, kubernetes_version=arguments.kubernetes_version), False
    else:
        report, whole = _check(
            arguments,
            sources,
            configuration,
            specs,
            lambda found: baseline.settle(arguments, found, sources, known),
            past,
        )
    if arguments.diff:
        outputs.to_stdout(arguments.patch)
        wanted = tuple(output for output in wanted if output.file != outputs.STDOUT)
    texts = _write(report, sources, arguments, wanted, specs)
    if arguments.traces:
        _write_traces(report, sources, arguments, configuration)
    if arguments.unfixed:
        _usage(arguments, arguments.unfixed)
    code = _exit_code(report, arguments)
    if past is not None and whole:
        files = () if specs is None else specs.checked.library.files
        past.keep(inputs, [file.name for file in files if Path(file.name).is_file()], texts, code)
    remembered.trim(arguments)
    return code


def _inputs(arguments: argparse.Namespace, configuration: Configuration) -> dict[str, list[str]]:
    """The paths of everything that is read, for ``remembered``."""
    known = None if arguments.write_baseline else arguments.baseline or configuration.baseline
    return {
        **{role: list(getattr(arguments, role)) for role in remembered.ROLES},
        "specs": [*configuration.specs, *arguments.specs],
        "files": [name for name in (known, configuration.file) if name],
    }


def _settle(arguments: argparse.Namespace, configuration: Configuration) -> None:
    """The command line overrules the configuration, and both overrule what is usual."""
    from kverify.manifest.diagnostics import Severity

    shared.settle(arguments, configuration)
    arguments.fail_on = arguments.fail_on or str(configuration.fail_on or Severity.ERROR)
    arguments.max_states = arguments.max_states or configuration.max_states or check_options.MAX_STATES
    arguments.max_memory = arguments.max_memory or configuration.max_memory


def _require_engine(arguments: argparse.Namespace) -> None:
    """Exit with a usage error for an engine that does not exist."""
    if arguments.engine:
        from kverify.engines.portfolio import ENGINES
        from kverify.spec.language.problems import meant

        if arguments.engine not in ENGINES:
            mend = meant(arguments.engine, ENGINES, f"there are: {', '.join(ENGINES)}")
            _usage(arguments, f"--engine {arguments.engine}: there is no such engine; {mend}")


def _require_apart(arguments: argparse.Namespace) -> None:
    """Traces are JSON: below a directory that is read they would be taken for manifests the next time."""
    folder = real(arguments.traces)
    for name in (*arguments.manifests, *arguments.cluster, *arguments.previous):
        if Path(name).is_dir() and folder.is_relative_to(real(name)):
            _usage(
                arguments, f"--traces {arguments.traces} lies in {name}, where the traces would be read as manifests"
            )


def _write_traces(
    report: Report, sources: Sources, arguments: argparse.Namespace, configuration: Configuration
) -> None:
    from kverify.report import evidence

    inputs = evidence.Inputs(
        manifests=tuple(arguments.manifests),
        cluster=tuple(arguments.cluster),
        previous=tuple(arguments.previous),
        config=(configuration.file,) if configuration.file else (),
        specs=(*configuration.specs, *arguments.specs),
        parameters=tuple(arguments.parameters),
        kubernetes_version=arguments.kubernetes_version,
        max_states=arguments.max_states,
        stdin=sources.texts.get("-", ""),
    )
    try:
        evidence.write(report, inputs, Path(arguments.traces))
    except OSError as error:
        _usage(arguments, f"--traces {arguments.traces}: {reason(error)}")


def _usage(arguments: argparse.Namespace, message: str) -> NoReturn:
    arguments.parser.error(message)
    raise AssertionError("argparse exits")


def _exit_code(report: Report, arguments: argparse.Namespace) -> int:
    from kverify.manifest.diagnostics import Severity

    return report.exit_code(Severity[arguments.fail_on.upper()])


def _require_known(configuration: Configuration, specs: Specs | None, arguments: argparse.Namespace) -> None:
    """Exit with a usage error for names in the configuration of what does not exist, or cannot be overruled."""
    from kverify.cli.configuration.known import unknown

    problems = list(unknown(configuration, specs))
    if problems:
        shared.refuse_configuration(arguments, "\n".join(problems))


def read_specs(
    arguments: argparse.Namespace, configuration: Configuration
) -> tuple[Specs | None, tuple[Diagnostic, ...]]:
    """The specifications of a run, or what is wrong with them; then nothing is checked at all.

    Exits with a usage error for a parameter that no specification has, or cannot have that value.
    """
    paths = [*configuration.specs, *arguments.specs]
    given = dict(configuration.parameters)
    for text in arguments.parameters:
        name, sign, value = text.partition("=")
        if not sign:
            _usage(arguments, f"--set takes NAME=VALUE, not {text!r}")
        given[name.strip()] = value
    if not paths:
        if arguments.parameters:
            _usage(arguments, "--set gives values to parameters of specifications, and there is no --spec")
        return None, ()
    from kverify.checks.declared import specs

    try:
        return specs.read_specs(paths, given)
    except specs.NoSuchParameter as error:
        _usage(arguments, str(error))


def _check(
    arguments: argparse.Namespace,
    sources: Sources,
    configuration: Configuration,
    specs: Specs | None,
    settle: Callable[[Report], Report],
    past: remembered.Remembered | None,
) -> tuple[Report, bool]:
    """The report, and whether it is all that there is to say, whoever asks. ``settle`` takes out of a report what is
    known; ``past`` knows what standard input held, if it was read."""
    from kverify.cluster.bundle import Bundle
    from kverify.engines.budget import until
    from kverify.manifest.codes import UNREADABLE
    from kverify.manifest.files import Rendered

    progress = streams.Progress()
    diagnostics: tuple[Diagnostic, ...] = ()
    objects = 0
    began = monotonic()
    over = f"the {arguments.timeout:g} seconds of --timeout are over" if arguments.timeout else ""

    def settled(report: Report) -> Report:
        # It says on the terminal what it has written.
        progress.clear()
        return settle(report)

    try:
        progress("reading")
        files = (*arguments.manifests, *arguments.cluster, *arguments.previous)
        given = streams.standard_input(files, sources, None if past is None else past.stdin)
        stdin = None if given is None else Rendered(given, arguments.rendered_from)
        bundle, diagnostics = Bundle.read(
            arguments.manifests, arguments.cluster, arguments.previous, arguments.kubernetes_version, stdin
        )
        objects = len(bundle.wanted)
        # z3 and the engines: not needed for a typing error in the command line, and slow to import.
        from kverify.checks.options import Options, UnknownProperty
        from kverify.checks.runs.run import run as run_checks

        options = Options(
            kubernetes_version=arguments.kubernetes_version,
            properties=tuple(arguments.properties),
            scenarios=tuple(arguments.scenarios),
            max_states=arguments.max_states,
            boundary=configuration.boundary,
            specs=specs,
            severities=configuration.severities,
            suppressions=configuration.suppressions,
            part=arguments.part,
            cover=arguments.verbose,
            engine=arguments.engine,
            progress=progress,
            timeout_per_property=arguments.timeout_per_property,
            max_bytes=None if arguments.max_memory is None else arguments.max_memory * 1_000_000,
            cache=remembered.folder(arguments),
            jobs=arguments.jobs,
        )
        options = changed.narrowed(arguments, configuration, options, bundle)

        def again() -> Report:
            if given is not None:
                given.seek(0)
            mended, problems = Bundle.read(
                arguments.manifests, arguments.cluster, arguments.previous, arguments.kubernetes_version, stdin
            )
            return settled(run_checks(mended, problems, options))

        try:
            with until(arguments.timeout and arguments.timeout - (monotonic() - began), over) as budget:
                found = run_checks(bundle, diagnostics, options)
                report = fix.fixed(
                    arguments,
                    settled(found),
                    bundle,
                    diagnostics,
                    options,
                    before=found,
                    again=again,
                    clear=progress.clear,
                )
            unread = any(d.id == UNREADABLE.id for d in diagnostics)
            cut_short = report.interrupted or _hurried(report)
            return report, not (cut_short or budget.late or unread)
        except UnknownProperty as error:
            progress.clear()
            _usage(arguments, str(error))
    except KeyboardInterrupt:
        from kverify.checks.finding import Report

        stopped = Report(
            diagnostics=diagnostics,
            objects=objects,
            interrupted="stopped from the keyboard before anything was decided",
            kubernetes_version=arguments.kubernetes_version,
        )
        return settled(stopped), False
    finally:
        progress.clear()


def _hurried(report: Report) -> bool:
    """Something was left open for want of time."""
    if not report.proofs:
        return False
    from kverify.engines.kept import hurried

    return any(hurried(proof.verdict) for proof in report.proofs)


def _outputs(arguments: argparse.Namespace, configuration: Configuration) -> tuple[outputs.Output, ...]:
    from kverify.report.formats import FORMATS

    known = arguments.baseline or configuration.baseline
    read = (*outputs.inputs(arguments, configuration), *((known,) if known else ()))
    beside = frozenset(name for name, entry in FORMATS.items() if entry.beside_text)
    return outputs.requested(arguments, read, beside)


def _write(
    report: Report,
    sources: Sources,
    arguments: argparse.Namespace,
    wanted: Sequence[outputs.Output],
    specs: Specs | None,
) -> list[tuple[outputs.Output, str]]:
    from kverify.manifest.diagnostics import Severity
    from kverify.report.issues import View

    view = View(
        report=report,
        exit_code=_exit_code(report, arguments),
        fail_on=Severity[arguments.fail_on.upper()],
        sources=sources,
        declaration=lambda id: _declaration(id, specs),
        manifests=tuple(arguments.manifests),
        verbose=arguments.verbose,
        quiet=arguments.quiet,
        summary=arguments.summary,
        show_suppressed=arguments.show_suppressed,
    )
    return outputs.write_report(arguments, wanted, view)


def _declaration(id: str, specs: Specs | None) -> Declaration | None:
    """The text of an id: of the user's specifications, where an id is a name if none is given, or of kverify's own."""
    from kverify.spec.language.library import standard

    if specs is not None:
        own = specs.checked.library
        found = own.by_id(id) or own.checks.get(id)
        if found is not None:
            return found
    return standard().by_id(id)
