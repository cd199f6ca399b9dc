"""Every property that a run asks: the built-in ones, then those of the user's specifications."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from kverify.checks import names
from kverify.checks.options import Options, UnknownProperty, UnknownScenario
from kverify.checks.runs.question import Check, all_pods, makers, services, with_other_kinds, workloads

if TYPE_CHECKING:
    from kverify.checks.declared.properties import Asked
    from kverify.checks.declared.specs import Specs
    from kverify.checks.finding import Answer
    from kverify.checks.given.context import Context
    from kverify.spec.language.library import Library
    from kverify.spec.language.syntax import Declaration


def _in(module: str, function: str = "check") -> Callable[[Context, Any], Iterator[Answer]]:
    """A function of a built-in property. The module, and the engines behind it, is imported when the first
    question of its is asked: nobody waits for what the input does not ask for."""

    def answer(ctx: Context, about: Any) -> Iterator[Answer]:
        found: Iterator[Answer] = getattr(import_module(f"kverify.checks.builtin.{module}"), function)(ctx, about)
        return found

    return answer


_BUILT_IN = (
    Check(names.ADMITTED, "KV3003", "every pod is admitted", _in("admitted"), makers),
    Check(names.RELEASED, "KV3006", "nothing holds pods back", _in("gates"), all_pods),
    Check(
        names.SCHEDULABLE,
        "KV3001",
        "every pod finds a node",
        _in("other_kinds", "schedulable_of"),
        with_other_kinds,
        _in("schedulable", "together"),
    ),
    Check(names.BURSTS_FIT, "KV3009", "what autoscalers ask for finds a node", _in("bursts"), workloads),
    Check(names.VOLUMES_REACHABLE, "KV3005", "pods can follow their volumes", _in("volumes"), makers),
    Check(names.GANGS, "KV3008", "gangs are placed whole", _in("gangs"), all_pods),
    Check(names.NOBODY_PREEMPTED, "KV3007", "nobody is preempted", _in("preempted"), all_pods),
    Check(names.COMES_TO_REST, "KV4012", "controllers come to rest", _in("quiescence"), workloads),
    Check(names.ROLLOUT_COMPLETES, "KV4001", "rollouts complete", _in("rollout"), workloads),
    Check(names.PROMISES_KEPT, "KV4002", "rollouts keep their promises", _in("promises"), workloads),
    Check(names.BAD_REVISION_CONTAINED, "KV4007", "bad revisions are contained", _in("bad_revision"), workloads),
    Check(names.SPREAD_KEPT, "KV4006", "rollouts keep the spread", _in("spread"), workloads),
    Check(names.DRAIN_ENDS, "KV4003", "drains end", _in("other_kinds", "drain_of"), with_other_kinds),
    Check(
        names.NODE_LOSS_SURVIVED,
        "KV4004",
        "the loss of a node is survived",
        _in("node_loss"),
        workloads,
        _in("node_loss", "together"),
    ),
    Check(names.AUTOSCALER_KEPT, "KV4010", "applies leave autoscalers alone", _in("autoscaling"), workloads),
    Check(names.ENDPOINTS_KEPT, "KV4005", "Services keep an endpoint", _in("service"), services),
)

CHECKS: dict[str, Check] = {check.name: check for check in _BUILT_IN}
"""The built-in properties by name, in the order in which they are asked."""


def property_names(specs: Specs | None) -> tuple[str, ...]:
    """The names of all properties that can be asked for."""
    return (*CHECKS, *(() if specs is None else (d.name for d in specs.checked.library.asked())))


def scenario_names(specs: Specs | None) -> tuple[str, ...]:
    """The names of all scenarios under which something can be asked."""
    return tuple(_library(specs).scenarios)


def asked(options: Options) -> tuple[Check, ...]:
    """The properties of a run, in the order in which they are asked: all, or those that ``options`` name, unless they
    are about other scenarios than those that ``options`` name.

    Raises ``UnknownProperty`` for a name that is not a property that is there, or a scenario.
    """
    specs = options.specs
    for asked_for, known, error, what in (
        (options.properties, property_names, UnknownProperty, "property"),
        (options.scenarios, scenario_names, UnknownScenario, "scenario"),
    ):
        there = known(specs) if asked_for else ()
        unknown = [name for name in asked_for if name not in there]
        if unknown:
            raise error(f"no {what} is called {', '.join(unknown)}; there are: {', '.join(there)}")
    own = () if specs is None else tuple(_declared(specs, d) for d in specs.checked.library.asked())
    return tuple(
        check
        for check in (*CHECKS.values(), *own)
        if not options.properties or check.name in options.properties
        if not options.scenarios or _is_under(check.name, options)
    )


def _is_under(name: str, options: Options) -> bool:
    """A property is asked under one of the scenarios that ``options`` name, or has nothing to do with any."""
    declaration = _library(None if name in CHECKS else options.specs).checks.get(name)
    under = () if declaration is None else declaration.scenarios
    return not under or any(options.under(scenario.name) for scenario in under)


def _library(specs: Specs | None) -> Library:
    """What declares the properties: the user's specifications, or the standard library that the checks need."""
    from kverify.checks.given import standard

    return standard.library() if specs is None else specs.checked.library


def _declared(specs: Specs, declaration: Declaration) -> Check:
    """One policy or property of the user."""
    from kverify.checks.declared import policies, properties
    from kverify.checks.declared.specs import title
    from kverify.spec.language.functions import Stage

    id, words = declaration.meta("id") or declaration.name, title(declaration)
    if declaration.kind != "property" and specs.checked.stages[declaration.name] < Stage.STATE:

        def policy(ctx: Context, _: Any) -> Iterator[Answer]:
            return policies.check(ctx, specs, declaration)

        return Check(declaration.name, id, words, policy)
    return Check(
        declaration.name,
        id,
        words,
        _property,
        lambda ctx: properties.asked(ctx, specs, declaration),
        partial(_vacuous, declaration),
        of_none=True,
    )


def _property(_: Context, asked: Asked) -> Iterator[Answer]:
    yield from asked.answers()


def _vacuous(declaration: Declaration, ctx: Context, answers: Sequence[Answer]) -> Iterator[Answer]:
    from kverify.checks.declared.specs import vacuous

    if not answers and ctx.options.touched is None:
        yield vacuous(declaration)
