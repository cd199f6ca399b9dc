"""The same question under other names: systems that are equal but for what their variables and actions are called.

A search goes through positions and never looks at names, so the answer for one system is the answer for every other of
its shape. The shape has everything that an answer depends on: ranges, guards, updates, fairness, starts, symmetry and
what is asked, with variables by position. Two systems of one shape are equal up to renaming, and only those are.
"""

from __future__ import annotations

from collections.abc import Hashable

from attrs import evolve

from kverify.engines import walk
from kverify.engines.replay import replay
from kverify.engines.verdict import Coverage, Outcome, Step, Trace, Verdict
from kverify.model.expr import Condition, Expr, Number, lift
from kverify.model.expr import walk as subexpressions
from kverify.model.system import TransitionSystem
from kverify.spec.property import Property, conditions


def shape(system: TransitionSystem, prop: Property, *beside: Number | Condition) -> Hashable:
    """Equal for two questions exactly when renaming variables, actions and components makes them the same, with what is
    asked ``beside``. Lemmas, which are hints for proofs, do not count."""
    trees = _Trees(system)
    variables = tuple((v.low, v.high, v.initial, v.values, v.truth) for v in (*system.variables, *system.parameters))
    actions = tuple(
        (
            trees.of(action.guard),
            tuple(sorted((trees.position[name], trees.of(update)) for name, update in action.updates.items())),
            action.fairness.value,
            action.environment,
        )
        for action in system.actions
    )
    blocks = tuple(tuple(tuple(map(trees.position.__getitem__, block)) for block in group) for group in system.symmetry)
    begin = trees.of(system.initial), system.starts, trees.of(system.assume)
    asked = type(prop).__name__, tuple(map(trees.of, (*conditions(prop), *beside)))
    return len(system.parameters), variables, actions, blocks, begin, asked, tuple(trees.rows)


class _Trees:
    """Numbers for expressions, in the order in which they are met: equal systems give equal numbers and rows."""

    def __init__(self, system: TransitionSystem) -> None:
        self.position = {v.name: i for i, v in enumerate((*system.variables, *system.parameters))}
        self.rows: list[Hashable] = []
        self._known: dict[Expr, int] = {}

    def of(self, root: Number | Condition) -> int:
        tree = lift(root)
        if tree in self._known:
            return self._known[tree]
        for expr in subexpressions(tree):
            if expr not in self._known:
                self._known[expr] = len(self.rows)
                name = None if expr.name is None else self.position[expr.name]
                op = None if expr.op is None else expr.op.value
                self.rows.append((op, name, expr.boolean, expr.value, tuple(self._known[arg] for arg in expr.args)))
        return self._known[tree]


def transferable(verdict: Verdict, system: TransitionSystem, prop: Property) -> bool:
    """The verdict on ``prop`` says nothing that is about names, but for its trace: a proof by search, or a violation of
    the very question that a search found. What random walks find depends on the name of the system."""
    if verdict.outcome not in (Outcome.HOLDS, Outcome.VIOLATED) or verdict.witness is not None:
        return False
    if verdict.outcome is Outcome.VIOLATED and (verdict.trace is None or verdict.question is not prop):
        return False
    if verdict.trace is not None and verdict.trace.system is not system:
        return False
    if len({action.name for action in system.actions}) < len(system.actions):
        # Which of several is meant is not known from its name.
        return False
    if verdict.method == walk.METHOD or (verdict.coverage is not None and verdict.coverage.idle is not None):
        return False
    texts = (verdict.method, verdict.evidence, verdict.reason, *verdict.assumptions)
    return not any(v.name in text for v in (*system.variables, *system.parameters) for text in texts)


def transferred(verdict: Verdict, source: TransitionSystem, target: TransitionSystem, prop: Property) -> Verdict:
    """A ``transferable`` verdict on ``source`` as the verdict on ``target``, which has its shape, about ``prop``.

    A trace takes the same actions by position, and is replayed. Raises ``ReplayError`` if it is no run.
    """
    counterparts = dict(zip((a.name for a in source.actions), target.actions, strict=True))
    seen = verdict.coverage
    trace = verdict.trace and Trace(
        target,
        verdict.trace.start,
        tuple(Step(counterparts[step.action.name], step.state) for step in verdict.trace.steps),
        verdict.trace.loop,
    )
    return evolve(
        verdict,
        scope=target.name if verdict.scope == source.name else verdict.scope,
        coverage=seen and Coverage({counterparts[name].name: number for name, number in seen.fired.items()}),
        trace=trace and replay(trace, prop, verdict.fair),
        question=verdict.question and prop,
    )
