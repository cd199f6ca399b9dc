"""Disruption budgets that let a drain end."""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.types.policy import PodDisruptionBudget
from kverify.checks.finding import Finding
from kverify.checks.fixes.candidate import Candidate, change, subject_of
from kverify.checks.given.context import Context
from kverify.cluster.bundle import describe
from kverify.manifest.edit import Add, Edit, Put, Rename
from kverify.manifest.nodes import Plain


def relaxed(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """A budget that always lets one pod go."""
    subject = subject_of(ctx, finding)
    budgets = () if subject is None else ctx.guards.budgets(subject)
    if len(budgets) != 1:
        return
    (budget,) = budgets
    edits: tuple[Edit, ...] = (Put(("spec", "maxUnavailable"), 1),)
    if budget.spec.min_available is not None:
        edits = (Rename(("spec", "minAvailable"), "maxUnavailable"), *edits)
    cost = "one pod less may serve while a node is drained"
    if subject is not None and subject.replicas == 1:
        cost = "no pod serves while its node is drained"
    yield Candidate(text=f"let {describe(budget)} say maxUnavailable: 1", changes=change(budget, *edits), cost=cost)


def one(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """Of several budgets for the same pods, the wider ones leave them to the narrowest."""
    subject = subject_of(ctx, finding)
    if subject is None or len(ctx.guards.budgets(subject)) < 2:
        return
    for kept in sorted(ctx.guards.budgets(subject), key=lambda b: len(_covered(ctx, b))):
        others = [b for b in ctx.guards.budgets(subject) if b is not kept]
        pairs = kept.spec.selector.match_labels if kept.spec.selector is not None else {}
        for key, value in pairs.items():
            term: Plain = {"key": key, "operator": "NotIn", "values": [value]}
            yield Candidate(
                text=f"let {' and '.join(map(describe, others))} leave out the pods of {describe(kept)} "
                f"({key} NotIn {value})",
                changes=tuple(
                    c for b in others for c in change(b, Add(("spec", "selector", "matchExpressions"), term))
                ),
                cost=f"{describe(kept)} alone protects {subject.title}",
            )


def _covered(ctx: Context, budget: PodDisruptionBudget) -> list[str]:
    return [s.title for s in ctx.subjects if budget in ctx.guards.budgets(s)]
