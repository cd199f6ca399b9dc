"""KV4002: the Deployment controller never takes a step that breaks what the strategy promises.

Proved once for every size; a Deployment's own numbers are one of those sizes.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from kverify.checks.context import Context
from kverify.checks.finding import Answer, Proof
from kverify.checks.theorems import promises_theorem
from kverify.model.workload import RollingUpdate

PROPERTY = "promises-kept"
TITLE = "a rollout keeps replicas - maxUnavailable available and wants at most replicas + maxSurge pods"
ASSUMPTIONS = ("no pod fails by itself (what fails by itself is nobody's step)", "status may lag behind the pods")


def check(ctx: Context) -> Iterator[Answer]:
    """One proof for every Deployment that rolls."""
    for subject in ctx.checked:
        if isinstance(subject.strategy, RollingUpdate):
            theorem = promises_theorem(subject.min_ready)
            verdict = evolve(theorem, assumptions=(*ASSUMPTIONS, *theorem.assumptions))
            yield Proof(id="KV4002", object=subject.title, property=PROPERTY, message=TITLE, verdict=verdict)
