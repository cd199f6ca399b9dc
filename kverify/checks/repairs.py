"""Small changes worth trying against a rollout that gets stuck. Whether one helps is decided by checking again."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from kverify.checks.context import Context
from kverify.checks.subject import Subject
from kverify.model.build import HOSTNAME
from kverify.model.scheduling.framework import NodeInfo
from kverify.model.workload import Recreate, RollingUpdate


def candidates(ctx: Context, subject: Subject) -> Iterator[tuple[str, Context, Subject]]:
    """What to change in words, the run with it changed, and the workload in that run. Least costly first."""
    for text, strategy in (
        ("set spec.strategy.rollingUpdate to {maxSurge: 0, maxUnavailable: 1}", RollingUpdate(0, 1)),
        ("set spec.strategy.type to Recreate (no pod serves during a rollout)", Recreate()),
    ):
        changed = evolve(subject, strategy=strategy)
        yield text, ctx.variant(subject, changed), changed
    for node in ctx.nodes:
        if _is_used(ctx, subject, node):
            twin = evolve(node, name=f"{node.name}-twin", labels=_twin_labels(node))
            yield f"add one more node like {node.name}", ctx.variant(node=twin), subject
            return


def _twin_labels(node: NodeInfo) -> dict[str, str]:
    labels = dict(node.labels)
    if HOSTNAME in labels:
        labels[HOSTNAME] = f"{labels[HOSTNAME]}-twin"
    return labels


def _is_used(ctx: Context, subject: Subject, node: NodeInfo) -> bool:
    return ctx.nodes.index(node) in ctx.rooms.home(subject)
