"""Every property that a run asks: the built-in ones, then those of the user's specifications."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

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
from kverify.checks.finding import Answer
from kverify.checks.options import Options, UnknownProperty, UnknownScenario
from kverify.checks.properties import Asked
from kverify.checks.question import Check, once, wanted, workloads
from kverify.checks.specs import Specs, title
from kverify.spec.language.functions import Stage
from kverify.spec.language.syntax import Declaration

_BUILT_IN = (
    Check(admitted.PROPERTY, "KV3003", "every pod is admitted", admitted.check, wanted),
    Check(gates.PROPERTY, "KV3006", "nothing holds pods back", once(gates.check)),
    Check(schedulable.PROPERTY, "KV3001", "every pod finds a node", schedulable.check, workloads, schedulable.together),
    Check(bursts.PROPERTY, "KV3009", "what autoscalers ask for finds a node", bursts.check, workloads),
    Check(volumes.PROPERTY, "KV3005", "pods can follow their volumes", volumes.check, wanted),
    Check(gangs.PROPERTY, "KV3008", "gangs are placed whole", once(gangs.check)),
    Check(preempted.PROPERTY, "KV3007", "nobody is preempted", once(preempted.check)),
    Check(quiescence.PROPERTY, "KV4012", "controllers come to rest", quiescence.check, workloads),
    Check(rollout.PROPERTY, "KV4001", "rollouts complete", rollout.check, workloads),
    Check(promises.PROPERTY, "KV4002", "rollouts keep their promises", promises.check, workloads),
    Check(bad_revision.PROPERTY, "KV4007", "bad revisions are contained", bad_revision.check, workloads),
    Check(spread.PROPERTY, "KV4006", "rollouts keep the spread", spread.check, workloads),
    Check(drain.PROPERTY, "KV4003", "drains end", drain.check, workloads),
    Check(
        node_loss.PROPERTY,
        "KV4004",
        "the loss of a node is survived",
        node_loss.check,
        workloads,
        node_loss.together,
    ),
    Check(autoscaling.PROPERTY, "KV4010", "applies leave autoscalers alone", autoscaling.check, workloads),
    Check(service.PROPERTY, "KV4005", "Services keep an endpoint", service.check, service.services),
)

CHECKS: dict[str, Check] = {check.name: check for check in _BUILT_IN}
"""The built-in properties by name, in the order in which they are asked."""


def property_names(specs: Specs | None) -> tuple[str, ...]:
    """The names of all properties that can be asked for."""
    return (*CHECKS, *(() if specs is None else (d.name for d in specs.checked.library.asked())))


def scenario_names(specs: Specs | None) -> tuple[str, ...]:
    """The names of all scenarios under which something can be asked."""
    return tuple((standard.library() if specs is None else specs.checked.library).scenarios)


def asked(options: Options) -> tuple[Check, ...]:
    """The properties of a run, in the order in which they are asked: all, or those that ``options`` name, unless they
    are about other scenarios than those that ``options`` name.

    Raises ``UnknownProperty`` for a name that is not a property that is there, or a scenario.
    """
    specs = options.specs
    for names, known, error, what in (
        (options.properties, property_names(specs), UnknownProperty, "property"),
        (options.scenarios, scenario_names(specs), UnknownScenario, "scenario"),
    ):
        unknown = [name for name in names if name not in known]
        if unknown:
            raise error(f"no {what} is called {', '.join(unknown)}; there are: {', '.join(known)}")
    own = () if specs is None else tuple(_declared(specs, d) for d in specs.checked.library.asked())
    return tuple(
        check
        for check in (*CHECKS.values(), *own)
        if not options.properties or check.name in options.properties
        if not (under := _scenarios_of(check.name, specs)) or any(map(options.under, under))
    )


def _scenarios_of(name: str, specs: Specs | None) -> tuple[str, ...]:
    """Those under which a property is always asked; none for what has nothing to do with them, or asks under any."""
    library = standard.library() if name in CHECKS or specs is None else specs.checked.library
    declaration = library.checks.get(name)
    return () if declaration is None else tuple(scenario.name for scenario in declaration.scenarios)


def _declared(specs: Specs, declaration: Declaration) -> Check:
    """One policy or property of the user."""
    id, words = declaration.meta("id") or declaration.name, title(declaration)
    if declaration.kind != "property" and specs.checked.stages[declaration.name] < Stage.STATE:
        return Check(declaration.name, id, words, partial(_policy, specs, declaration))
    return Check(
        declaration.name,
        id,
        words,
        _property,
        lambda ctx: properties.asked(ctx, specs, declaration),
        partial(_vacuous, declaration),
    )


def _policy(specs: Specs, declaration: Declaration, ctx: Context, _: object) -> Iterator[Answer]:
    yield from policies.check(ctx, specs, declaration)


def _property(_: Context, asked: Asked) -> Iterator[Answer]:
    yield from asked.answers()


def _vacuous(declaration: Declaration, ctx: Context, answers: Sequence[Answer]) -> Iterator[Answer]:
    if not answers and ctx.options.touched is None:
        yield properties.vacuous(declaration)
