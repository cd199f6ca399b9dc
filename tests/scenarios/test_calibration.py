"""Exact numbers: how many pods a broken rollout leaves (A08), and which skews a rollout can end with (A11)."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from kverify.checks import Options
from kverify.checks.deciding.scenes import rollout_scene
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.cluster.bundle import Bundle
from kverify.engines import explicit
from kverify.engines.verdict import Outcome
from kverify.model.build import build, settled_states
from kverify.model.expr import any_of, evaluate, negate, total
from kverify.model.system import TransitionSystem
from kverify.model.workload import RollingUpdate, Workload
from kverify.model.world import LIVE, Phase, World
from kverify.spec.property import Always, Reaches

HERE = Path(__file__).parent


def subject_of(folder: str, manifest: str, cluster: str) -> tuple[Context, Subject]:
    bundle, _ = Bundle.read([str(HERE / folder / manifest)], [str(HERE / folder / cluster)])
    ctx = Context(bundle, Options())
    return ctx, ctx.checked[0]


def rollout(
    ctx: Context, subject: Subject, *, ready: bool, merge: bool = True
) -> tuple[World, Workload, TransitionSystem]:
    scene = rollout_scene(ctx, subject, ready=ready, merge=merge)
    workload = scene.workload(subject)
    starts = settled_states(scene.world, scene.placements, [workload.revisions[0]])
    return scene.world, workload, build("rollout", scene.world, starts=starts)


@pytest.mark.parametrize(
    ("replicas", "strategy", "old", "new"),
    [(4, RollingUpdate(1, 1), 3, 2), (3, RollingUpdate(1, 0), 3, 1), (10, RollingUpdate(3, 2), 8, 5)],
)
def test_a_broken_image_stops_at_exact_counts(replicas: int, strategy: RollingUpdate, old: int, new: int) -> None:
    """A08, rolling.go's worked example: the old pods that stay and the broken new ones beside them."""
    ctx, subject = subject_of("a08_bad_image_partial_availability", "fails.yaml", "cluster_4.yaml")
    subject = evolve(subject, replicas=replicas, strategy=strategy)
    world, workload, system = rollout(ctx.variant(ctx.checked[0], subject), subject, ready=False)
    first, second = workload.revisions
    available = total(world.available(r) for r in workload.revisions)

    kept = explicit.check(system, Always(name="promise", condition=available >= old))
    assert kept.outcome is Outcome.HOLDS
    more = explicit.check(system, Always(name="more than promised", condition=available >= old + 1))
    assert more.outcome is Outcome.VIOLATED

    ends = explicit.check(system, Reaches(name="completes", goal=world.complete(workload)))
    assert ends.outcome is Outcome.VIOLATED
    assert ends.certain
    search = explicit.explore(system)
    rest = search.select(negate(any_of(a.guard for a in system.actions)))
    counts = {
        (evaluate(world.available(first), view), evaluate(world.count(second, (Phase.STARTING,)), view))
        for view in (system.view(search.states[i]) for i in rest)
    }
    assert counts == {(old, new)}


def test_the_good_image_completes_and_keeps_the_promise() -> None:
    ctx, subject = subject_of("a08_bad_image_partial_availability", "pair_good_image.yaml", "cluster_4.yaml")
    world, workload, system = rollout(ctx, subject, ready=True)
    available = total(world.available(r) for r in workload.revisions)
    assert explicit.check(system, Always(name="promise", condition=available >= 3)).outcome is Outcome.HOLDS
    goal = Reaches(name="completes", goal=world.complete(workload))
    assert explicit.check(system, goal).outcome is Outcome.HOLDS


@pytest.mark.parametrize(
    ("manifest", "strategy", "skews"),
    [
        ("fails_three_replicas.yaml", RollingUpdate(1, 0), {0, 2}),
        # A skew of 3 needs an old pod to go before its successor is ready: unavailable 1, the default for 4 replicas.
        ("fails_four_replicas.yaml", RollingUpdate(1, 0), {1, 2}),
        ("fails_four_replicas.yaml", RollingUpdate(1, 1), {1, 2, 3}),
        ("pair_match_label_keys_three.yaml", RollingUpdate(1, 0), {0}),
        ("pair_match_label_keys_four.yaml", RollingUpdate(1, 0), {1}),
        ("pair_match_label_keys_four.yaml", RollingUpdate(1, 1), {1}),
    ],
)
def test_final_skews_of_a_rollout(manifest: str, strategy: RollingUpdate, skews: set[int]) -> None:
    """A11: the skews between three nodes that a rollout can come to rest with."""
    ctx, written = subject_of("a11_spread_broken_by_rollout", manifest, "cluster_3.yaml")
    subject = evolve(written, strategy=strategy)
    ctx = ctx.variant(written, subject)
    world, workload, system = rollout(ctx, subject, ready=True, merge=False)
    new = workload.revisions[1]
    search = explicit.explore(system)
    assert search.complete
    found = set()
    for index in search.select(world.complete(workload)):
        view = system.view(search.states[index])
        counts = [evaluate(world.count(new, LIVE, (place,)), view) for place in world.places]
        found.add(max(counts) - min(counts))
    assert found == skews
