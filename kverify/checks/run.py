"""All checks of one run, in order, into one report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from attrs import evolve

from kverify.checks import (
    admitted,
    autoscaling,
    bad_revision,
    bursts,
    drain,
    gangs,
    gates,
    node_loss,
    policies,
    preempted,
    promises,
    properties,
    quiescence,
    rollout,
    schedulable,
    service,
    spread,
    standard,
    volumes,
)
from kverify.checks.context import Context
from kverify.checks.differences import changes
from kverify.checks.finding import Answer, Assumed, Finding, Proof, Report
from kverify.checks.options import Options, UnknownProperty, UnknownScenario
from kverify.checks.scaled import range_text
from kverify.checks.scenes import CLUSTER_IS_OPEN
from kverify.checks.specs import Specs, title
from kverify.checks.suppress import suppress
from kverify.checks.words import listing
from kverify.cluster.bundle import Bundle
from kverify.cluster.findings import cross_object
from kverify.cluster.unmodelled import not_modelled
from kverify.manifest.diagnostics import Diagnostic
from kverify.spec.language.functions import Stage
from kverify.spec.language.syntax import Declaration

Check = Callable[[Context], Iterator[Answer]]

CHECKS: dict[str, tuple[str, Check]] = {
    admitted.PROPERTY: ("every pod is admitted", admitted.check),
    gates.PROPERTY: ("nothing holds pods back", gates.check),
    schedulable.PROPERTY: ("every pod finds a node", schedulable.check),
    bursts.PROPERTY: ("what autoscalers ask for finds a node", bursts.check),
    volumes.PROPERTY: ("pods can follow their volumes", volumes.check),
    gangs.PROPERTY: ("gangs are placed whole", gangs.check),
    preempted.PROPERTY: ("nobody is preempted", preempted.check),
    quiescence.PROPERTY: ("controllers come to rest", quiescence.check),
    rollout.PROPERTY: ("rollouts complete", rollout.check),
    promises.PROPERTY: ("rollouts keep their promises", promises.check),
    bad_revision.PROPERTY: ("bad revisions are contained", bad_revision.check),
    spread.PROPERTY: ("rollouts keep the spread", spread.check),
    drain.PROPERTY: ("drains end", drain.check),
    node_loss.PROPERTY: ("the loss of a node is survived", node_loss.check),
    autoscaling.PROPERTY: ("applies leave autoscalers alone", autoscaling.check),
    service.PROPERTY: ("Services keep an endpoint", service.check),
}
"""The built-in properties by name, in the order in which they are asked."""


def _asked(options: Options) -> Iterator[tuple[str, str, Check]]:
    """Every question of a run: the built-in ones, then those of the user's specifications."""
    yield from ((name, words, check) for name, (words, check) in CHECKS.items())
    specs = options.specs
    if specs is not None:
        for declaration in specs.checked.library.asked():
            yield declaration.name, title(declaration), partial(_declared, specs=specs, declaration=declaration)


def property_names(specs: Specs | None) -> tuple[str, ...]:
    """The names of all properties that can be asked for."""
    return (*CHECKS, *(() if specs is None else (d.name for d in specs.checked.library.asked())))


def scenario_names(specs: Specs | None) -> tuple[str, ...]:
    """The names of all scenarios under which something can be asked."""
    return tuple((standard.library() if specs is None else specs.checked.library).scenarios)


def _scenarios_of(name: str, specs: Specs | None) -> tuple[str, ...]:
    """Those under which a property is always asked; none for what has nothing to do with them, or asks under any."""
    if name == bad_revision.PROPERTY:
        return (bad_revision.SCENARIO,)
    library = standard.library() if name in CHECKS or specs is None else specs.checked.library
    declaration = library.checks.get(name)
    return () if declaration is None else tuple(scenario.name for scenario in declaration.scenarios)


def _require_known(options: Options) -> None:
    for asked, known, error, what in (
        (options.properties, property_names(options.specs), UnknownProperty, "property"),
        (options.scenarios, scenario_names(options.specs), UnknownScenario, "scenario"),
    ):
        unknown = [name for name in asked if name not in known]
        if unknown:
            raise error(f"no {what} is called {', '.join(unknown)}; there are: {', '.join(known)}")


def _declared(ctx: Context, specs: Specs, declaration: Declaration) -> Iterator[Answer]:
    """The answers to one policy or property of the user."""
    over_states = declaration.kind == "property" or specs.checked.stages[declaration.name] >= Stage.STATE
    yield from (properties if over_states else policies).check(ctx, specs, declaration)


def run(bundle: Bundle, diagnostics: Sequence[Diagnostic], options: Options) -> Report:
    """Ask every property (or those in ``options``) of every workload, and report what was found and proved.

    Ctrl-C ends the run early; the report then holds what is known so far and says so.
    Raises ``UnknownProperty`` for a name that is not a property that is there, or a scenario.
    """
    _require_known(options)
    findings: list[Finding] = []
    proofs: list[Proof] = []
    assumed: list[Assumed] = []
    interrupted = ""
    ctx = Context(bundle, options)
    try:
        for name, words, check in _asked(options):
            if options.properties and name not in options.properties:
                continue
            under = _scenarios_of(name, options.specs)
            if under and not any(map(options.under, under)):
                continue
            if options.progress is not None:
                options.progress(words)
            for answer in check(ctx):
                if isinstance(answer, Finding):
                    findings.append(answer)
                elif isinstance(answer, Proof):
                    proofs.append(answer)
                else:
                    assumed.append(answer)
    except KeyboardInterrupt:
        interrupted = "interrupted from the keyboard"
    assumptions = [CLUSTER_IS_OPEN] if ctx.open and ctx.checked else []
    if options.scenarios:
        assumptions.append(f"only {listing(options.scenarios)} was asked about, and nothing else that may happen")
    assumptions += [f"{s.title} has {range_text(s)}; {s.replicas} at first" for s in ctx.checked if s.scaled]
    crossed = cross_object(bundle, diagnostics, options.boundary)
    told = ctx.admission.missing_names()
    untold = (d for d in crossed.diagnostics if (d.object, d.path) not in told)
    said = (*diagnostics, *ctx.admission.diagnostics(), *untold)
    overruled = [evolve(f, severity=options.severities.get(f.id, f.severity), changes=changes(f)) for f in findings]
    report = Report(
        diagnostics=tuple(evolve(d, severity=options.severities.get(d.id, d.severity)) for d in said),
        findings=tuple(sorted(overruled, key=lambda f: -f.severity)),
        proofs=tuple(proofs),
        assumptions=(
            *assumptions,
            *ctx.volume_assumptions,
            *map(str, assumed),
            *crossed.assumed,
            *ctx.admission.assumed(),
        ),
        not_modelled=not_modelled(bundle),
        objects=len(bundle.wanted),
        interrupted=interrupted,
        kubernetes_version=options.kubernetes_version,
    )
    return suppress(report, bundle, options)
