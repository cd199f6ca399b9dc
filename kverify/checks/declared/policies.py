"""Policies of the user: what every object has to be. They ask nothing that changes, so they are simply evaluated.

A policy that asks ``node`` is asked for every node that the rules which look at pod and node alone (nodeName, cordon,
taints, node affinity) let the pod be bound to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve

from kverify.api.types.node import Node
from kverify.api.types.pod import Pod
from kverify.checks.deciding.stuck import STATIC
from kverify.checks.declared.specs import (
    Specs,
    chosen,
    instances,
    lowered,
    names,
    place,
    proof,
    severity,
    title,
    vacuous,
    why,
)
from kverify.checks.finding import Answer, Cause, Certainty, Finding, Repair
from kverify.checks.given.context import Context
from kverify.cluster.objects import describe
from kverify.engines.verdict import Outcome, Verdict, not_asked
from kverify.model.scheduling.framework import PodInfo, Snapshot
from kverify.model.scheduling.profile import DEFAULT_PROFILE, reject
from kverify.spec.language import syntax
from kverify.spec.language.blame import blame
from kverify.spec.language.checker import walk
from kverify.spec.language.evaluate import Environment, condition
from kverify.spec.language.syntax import Declaration, Expr, Quantifier, Requirement
from kverify.spec.language.values import Item, NotModelled

METHOD = "evaluated on the objects"


def check(ctx: Context, specs: Specs, declaration: Declaration) -> Iterator[Answer]:
    """One finding for every object that a policy refuses; one proof when it refuses none."""
    asks_nodes = any(
        isinstance(part, syntax.Call) and part.function == "node"
        for expr in _conditions(declaration)
        for part in walk(expr)
    )
    if asks_nodes and ctx.open:
        reason = "it asks to which nodes pods are bound, and no nodes were given"
        yield proof(declaration, "every object", title(declaration), not_asked(reason, Outcome.UNKNOWN))
        return
    env = specs.environment(ctx)
    asked = 0
    refused = False
    try:
        for instance in _instances(ctx, declaration, env) if asks_nodes else instances(declaration.quantifiers, env):
            items = chosen(declaration, instance)
            if not any(ctx.speaks_of(item.root) for item in items):
                continue
            asked += 1
            for requirement in declaration.requirements:
                if condition(requirement.condition, instance) is requirement.forbidden:
                    refused = True
                    yield _finding(declaration, requirement, items, instance)
    except NotModelled as error:
        unknown = Verdict(outcome=Outcome.UNKNOWN, method=METHOD, reason=str(error))
        yield proof(declaration, "every object", title(declaration), unknown)
        return
    if refused or (not asked and ctx.options.touched is not None):
        return
    if not asked:
        yield vacuous(declaration)
        return
    kinds = " and ".join(q.kind for q in declaration.quantifiers)
    scope = _plural(asked, declaration) + (", each with every node its pods may be bound to" if asks_nodes else "")
    holds = Verdict(outcome=Outcome.HOLDS, method=METHOD, scope=scope)
    yield proof(declaration, f"every {kinds}", title(declaration), holds)


def _conditions(declaration: Declaration) -> Iterator[Expr]:
    yield from (q.where for q in declaration.quantifiers if q.where is not None)
    yield from (r.condition for r in declaration.requirements)


def _finding(declaration: Declaration, requirement: Requirement, items: Sequence[Item], env: Environment) -> Finding:
    found = dict.fromkeys(map(place, blame(requirement.condition, env, not requirement.forbidden)))
    causes = [*found] or [Cause(items[0].root.source.span("metadata.name"), "metadata.name")]
    bound = [f"on {node.value.metadata.name}" for node in env.nodes.values()]
    said = f"it breaks the policy {declaration.name}"
    said += f": {lowered(title(declaration))}" if declaration.title else ""
    fix = declaration.meta("fix")
    return Finding(
        id=declaration.meta("id") or declaration.name,
        severity=severity(declaration),
        object=names([item for item in items if item.root is items[0].root]),
        message=said + (f" ({', '.join(bound)})" if bound else ""),
        property=declaration.name,
        causes=(*causes, Cause(requirement.span, declaration.name, "the policy")),
        certainty=Certainty.POSSIBLE if bound else None,
        details=tuple(f"together with {describe(item.root)}" for item in items[1:] if item.root is not items[0].root),
        why=why(declaration) or declaration.meta("explanation"),
        repairs=(Repair(text=fix),) if fix else (),
        verdict=Verdict(
            outcome=Outcome.VIOLATED,
            method=METHOD,
            scope="any node that taints, node affinity and nodeName leave" if bound else "one object",
            certain=not bound,
        ),
    )


def _plural(number: int, declaration: Declaration) -> str:
    """``3 Pods``; for several variables ``3 choices of Service and Deployment``."""
    kinds = [q.kind for q in declaration.quantifiers]
    if len(kinds) > 1:
        return f"{number} choice{'s' * (number != 1)} of {' and '.join(kinds)}"
    plural = f"{kinds[0][:-1]}ies" if kinds[0].endswith("y") else f"{kinds[0]}s" if kinds[0][-1] != "s" else kinds[0]
    return f"{number} {kinds[0] if number == 1 else plural}"


# -- nodes that pods may be bound to -----------------------------------------------------------------------------


def _instances(ctx: Context, declaration: Declaration, env: Environment) -> Iterator[Environment]:
    """Every choice of objects and of nodes for those that ``node`` is asked of."""
    bare = [evolve(q, where=None) for q in declaration.quantifiers]
    asked = {
        part.arguments[0].name
        for expr in _conditions(declaration)
        for part in walk(expr)
        if isinstance(part, syntax.Call) and part.function == "node" and isinstance(part.arguments[0], syntax.Name)
    }
    for instance in instances(bare, env):
        for placed in _placed(ctx, [q for q in bare if q.variable in asked], instance):
            if all(q.where is None or condition(q.where, placed) for q in declaration.quantifiers):
                yield placed


def _placed(ctx: Context, quantifiers: Sequence[Quantifier], env: Environment) -> Iterator[Environment]:
    if not quantifiers:
        yield env
        return
    first, *rest = quantifiers
    for node in possible_nodes(ctx, env.variables[first.variable]):
        here = Item(node, node)
        yield from _placed(ctx, rest, evolve(env, nodes={**env.nodes, first.variable: here}))


def possible_nodes(ctx: Context, item: Item) -> tuple[Node, ...]:
    """The nodes that a pod may be bound to, by the filters that look at pod and node alone."""
    pod = _pod_of(ctx, item)
    if pod is None:
        return ()
    info = PodInfo.of(pod, namespace=pod.metadata.namespace or "default", name=pod.metadata.name)
    profile = tuple(plugin for plugin in DEFAULT_PROFILE if plugin.name in STATIC)
    snapshot = Snapshot(nodes=ctx.nodes, counts={}, groups=(), namespaces=ctx.namespaces)
    return tuple(node for index, node in enumerate(ctx.bundle.nodes) if not reject(info, index, snapshot, profile))


def _pod_of(ctx: Context, item: Item) -> Pod | None:
    if isinstance(item.value, Pod):
        return item.value
    admitted = ctx.admission.pod(item.value)
    return admitted.object if admitted is not None and isinstance(admitted.object, Pod) else None
