"""KV4002: the Deployment controller never takes a step that breaks what the strategy promises.

Proved once for every size; a Deployment's own numbers are one of those sizes.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from kverify.checks.deciding.theorems import EVERY_SIZE, promise, promises_theorem, rollout
from kverify.checks.finding import Answer, Proof
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.checks.names import PROMISES_KEPT
from kverify.cluster.objects import key_of
from kverify.engines import portfolio
from kverify.engines.verdict import Verdict
from kverify.model.workload import RollingUpdate
from kverify.spec.property import Always, Property

TITLE = "a rollout keeps replicas - maxUnavailable available and wants at most replicas + maxSurge pods"
ASSUMPTIONS = ("no pod fails by itself (what fails by itself is nobody's step)", "status may lag behind the pods")


def check(ctx: Context, subject: Subject) -> Iterator[Answer]:
    """One proof for every Deployment that rolls."""
    if isinstance(subject.strategy, RollingUpdate):
        r = rollout(min_ready=subject.min_ready, stale=True)
        asked = standard.question(
            PROMISES_KEPT, TITLE, ctx, r.world, {"d": subject.object}, {key_of(subject.object): r.workload}
        )
        theorem = decided(asked, subject.min_ready, ctx.options.engine)
        verdict = evolve(theorem, assumptions=(*ASSUMPTIONS, *theorem.assumptions))
        yield Proof(id="KV4002", object=subject.title, property=PROMISES_KEPT, message=TITLE, verdict=verdict)


def decided(asked: Property, min_ready: bool, engine: str = "") -> Verdict:
    """The theorem, if that is what is asked; any other question is put to the engines, for every size as well."""
    r = rollout(min_ready=min_ready, stale=True)
    if engine in ("", "induction") and isinstance(asked, Always) and asked.condition is promise(r).condition:
        return promises_theorem(min_ready)
    found = portfolio.decide(r.system, asked, engine=engine)
    return evolve(found, scope=EVERY_SIZE)
