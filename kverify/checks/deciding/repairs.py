"""Small changes worth trying against a rollout that gets stuck. Whether one helps is decided by checking again.

Where a change of the manifests (``fixes/``) is the same change, it has the same words: it is then shown once.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from kverify.api.labels import HOSTNAME
from kverify.api.types.node import Taint
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.model.scheduling.framework import NodeInfo
from kverify.model.scheduling.taint_toleration import taint_text
from kverify.model.workload import Recreate, RollingUpdate

RECREATE = "set spec.strategy.type to Recreate (no pod serves during a rollout)"


def rolling(surge: int | str, unavailable: int | str) -> str:
    """To roll out in another way, in words."""
    return f"set spec.strategy.rollingUpdate to {{maxSurge: {surge}, maxUnavailable: {unavailable}}}"


def tolerating(taint: Taint) -> str:
    """To tolerate a taint for ever, in words."""
    how = "without tolerationSeconds, before any other toleration that matches it"
    return f"tolerate {taint_text(taint)} for ever: {how}"


def candidates(ctx: Context, subject: Subject) -> Iterator[tuple[str, Context, Subject]]:
    """What to change in words, the run with it changed, and the workload in that run. Least costly first."""
    for text, strategy in (
        (rolling(0, 1), RollingUpdate(0, 1)),
        (RECREATE, Recreate()),
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
