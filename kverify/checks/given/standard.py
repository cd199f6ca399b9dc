"""The built-in checks' own text: what they ask, and how bad a violation is, from ``specs/``.

A behaviour check takes its question from the formula of its property there and decides that, so the text is what is
decided, not a copy of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import evolve

from kverify.checks.given.context import Context
from kverify.cluster.objects import Key, key_of
from kverify.manifest.diagnostics import Severity
from kverify.model.workload import Workload
from kverify.model.world import World
from kverify.spec import compile as compiled
from kverify.spec.facts import BundleFacts
from kverify.spec.language.evaluate import Environment, condition
from kverify.spec.language.library import Library, standard
from kverify.spec.language.syntax import Declaration
from kverify.spec.language.values import Item
from kverify.spec.property import Property
from kverify.spec.state import WorldState

_NONE: Mapping[Key, int] = {}

FILES = ("behaviour", "scheduling")


def library() -> Library:
    """The files of the standard library that the checks need."""
    return standard(FILES)


def declaration(name: str) -> Declaration:
    """The text of a built-in property."""
    return library().checks[name]


def severity(id: str) -> Severity:
    """How bad a finding with this id is, where nothing makes it better."""
    found = library().by_id(id)
    assert found is not None, id
    return Severity[found.meta("severity").upper()]


def question(
    name: str,
    title: str,
    ctx: Context,
    world: World,
    objects: Mapping[str, Any],
    workloads: Mapping[Key, Workload],
    behind: Callable[[Any], Iterable[Any]] = lambda _: (),
    autoscaled: Mapping[Key, int] = _NONE,
) -> Property:
    """What the property ``name`` asks of ``world`` for these ``objects`` (by the variables of its ``for`` clauses).

    Raises ``NotModelled`` for what the world does not hold.
    """
    asked = declaration(name)
    state = WorldState(world=world, workloads=workloads, behind=behind, autoscaled=autoscaled)
    (formula,) = asked.formulas
    return compiled.question(title, formula, evolve(_environment(ctx, objects), state=state))


def refuses(name: str, ctx: Context, objects: Mapping[str, Any]) -> bool:
    """Whether the policy ``name`` refuses these ``objects``, if its ``for`` clauses speak of them."""
    asked, env = declaration(name), _environment(ctx, objects)
    if not all(q.where is None or condition(q.where, env) is True for q in asked.quantifiers):
        return False
    return any(condition(r.condition, env) is r.forbidden for r in asked.requirements)


def _environment(ctx: Context, objects: Mapping[str, Any]) -> Environment:
    return Environment(
        facts=ctx.memo("facts", lambda: BundleFacts(ctx.admission)),
        definitions=library().definitions,
        variables={variable: Item(item, item) for variable, item in objects.items()},
    )


def by_key(ctx: Context, world: World) -> dict[Key, Workload]:
    """The workloads of a world by the keys of their objects."""
    named = {workload.name: workload for workload in world.workloads}
    return {key_of(s.object): named[s.title] for s in ctx.named(named)}
