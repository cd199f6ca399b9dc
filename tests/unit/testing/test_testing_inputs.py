"""Strategies for whole inputs: all of it is valid, the simplest is plain, and what is worth finding is found."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import evolve
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from kverify.checks import Options
from kverify.checks.given.context import Context
from kverify.cluster.bundle import Bundle
from kverify.engines import explicit
from kverify.engines.verdict import Outcome
from kverify.model.components.deployment import promises
from kverify.model.expr import all_of
from kverify.model.workload import RollingUpdate
from kverify.spec.property import Always, EventuallyAlways, Reaches
from kverify.testing import (
    Manifests,
    Situation,
    Violation,
    bundles,
    clusters,
    deployments,
    rollout_manifests,
    rollout_of,
    rollouts,
    state_machine,
)

SOME = settings(max_examples=max(settings().max_examples // 2, 1))
SAME = settings(max_examples=200, derandomize=True, database=None, deadline=None)
"""Always the same examples."""


def simplest(strategy: st.SearchStrategy[Any]) -> Any:
    return find(strategy, lambda _: True, settings=SAME)


def outcome(situation: Situation) -> Outcome:
    goal = situation.properties[0].prop
    assert isinstance(goal, EventuallyAlways)
    return explicit.check(situation.system, Reaches(name=goal.name, goal=goal.goal)).outcome


@SOME
@given(bundles(), st.data())
def test_what_is_drawn_is_valid_and_can_be_written(manifests: Manifests, data: st.DataObject) -> None:
    bundle = manifests.bundle()
    assert len(bundle.wanted) == len(manifests.wanted)
    assert len(bundle.nodes) == len(manifests.existing) >= 1
    assert data.draw(deployments())["kind"] == "Deployment"


def test_files_say_the_same(tmp_path: Path) -> None:
    manifests = find(bundles(), lambda m: len(m.wanted) > 3, settings=SAME)
    paths = manifests.write(tmp_path)
    bundle, diagnostics = Bundle.read([str(paths[0])], [str(paths[1])])
    assert diagnostics == ()
    assert bundle.wanted == manifests.bundle().wanted
    assert "&id" not in paths[0].read_text("utf-8")


def test_the_simplest_is_plain() -> None:
    (node,) = simplest(clusters())
    assert node["metadata"]["labels"] == {
        "kubernetes.io/hostname": "node-1",
        "pool": "general",
        "topology.kubernetes.io/zone": "zone-1",
    }
    assert "spec" not in node
    deployment = simplest(deployments())
    assert deployment["spec"].keys() == {"replicas", "selector", "template"}
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["template"]["spec"].keys() == {"containers"}
    assert len(simplest(bundles()).wanted) == 1


def test_an_example_is_shown_as_yaml() -> None:
    from hypothesis.vendor.pretty import pretty

    shown = pretty(simplest(bundles()))
    wanted, node = yaml.safe_load_all(shown)
    assert (wanted["kind"], node["kind"]) == ("Deployment", "Node")


@SOME
@given(rollouts())
def test_every_rollout_begins_settled(situation: Situation) -> None:
    assert situation.system.starts
    assert situation.scene is not None
    (workload,) = situation.scene.world.workloads
    old = workload.revisions[0]
    for start in situation.system.starts:
        view = situation.system.view(start)
        assert view[situation.scene.world.spec(old)] == workload.replicas
        assert view[situation.scene.world.pending(old)] == 0


def test_rollouts_get_stuck_now_and_then() -> None:
    seen: Counter[Outcome] = Counter()

    @settings(SAME, max_examples=100)
    @given(rollouts())
    def look(situation: Situation) -> None:
        seen[outcome(situation)] += 1

    look()
    assert seen[Outcome.VIOLATED] >= 4
    assert seen[Outcome.HOLDS] >= 50
    assert seen.keys() == {Outcome.VIOLATED, Outcome.HOLDS}


def test_the_smallest_rollout_that_gets_stuck_is_one_replica_on_one_node() -> None:
    manifests = find(
        rollout_manifests(), lambda m: outcome(rollout_of(m.bundle(), "web")[0]) is Outcome.VIOLATED, settings=SAME
    )
    assert len(manifests.existing) == 1
    (deployment,) = manifests.wanted
    assert deployment["spec"]["replicas"] == 1
    assert "strategy" not in deployment["spec"]


def with_promises(situation: Situation) -> Situation:
    assert situation.scene is not None
    (workload,) = situation.scene.world.workloads
    if not isinstance(workload.strategy, RollingUpdate):
        return evolve(situation, properties=())
    kept = Always(name="promises are kept", condition=all_of(promises(situation.scene.world, workload)))
    return evolve(situation, properties=(kept,))


@pytest.mark.parametrize("placed", [False, True])
def test_promises_are_kept_on_every_walk_of_every_rollout(placed: bool) -> None:
    drawn = rollouts(max_replicas=3, max_spare=1, placed=placed).map(with_promises)
    machine = state_machine(drawn)
    run_state_machine_as_test(machine, settings=settings(SAME, max_examples=30))
    assert machine.walked().rested >= 10


def failure(*phases: Phase) -> Violation:
    """What a machine finds that draws rollouts."""
    machine = state_machine(rollouts(max_replicas=2, max_spare=1), name="Rollouts")
    with pytest.raises(Violation) as caught:
        run_state_machine_as_test(machine, settings=settings(SAME, phases=phases, stateful_step_count=30))
    return caught.value


def test_what_was_drawn_is_shown() -> None:
    violation = failure(Phase.generate)
    assert violation.notes == {}
    (begin,) = [note for note in violation.__notes__ if note.startswith("state.begin(start=0, of\n# wanted\n---\n")]
    assert "kind: Deployment" in begin
    assert isinstance(violation.situation.origin, Manifests)


@pytest.mark.slow
def test_manifests_shrink_together_with_the_run() -> None:
    violation = failure(Phase.generate, Phase.shrink)
    (deployment,) = violation.situation.origin.wanted
    assert (deployment["spec"]["replicas"], len(violation.situation.origin.existing)) == (1, 1)
    assert len(violation.trace.steps) == 2


@SOME
@given(clusters(min_nodes=2, max_nodes=3, zones=0, pools=()))
def test_clusters_are_as_asked_for(nodes: tuple[dict[str, Any], ...]) -> None:
    context = Context(Manifests((), nodes).bundle(), Options())
    assert 2 <= len(context.nodes) <= 3
    assert all(not node.taints and node.labels.keys() == {"kubernetes.io/hostname"} for node in context.nodes)
