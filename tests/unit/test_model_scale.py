"""What the Deployment controller makes of a new number of replicas: in a rollout in proportion, otherwise at once."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest

from kverify.engines import explicit
from kverify.engines.compiled import compile_system
from kverify.model.build import build, settled_states
from kverify.model.components import deployment
from kverify.model.components.horizontal_autoscaler import Bounds
from kverify.model.environment import pause, scale
from kverify.model.environment.limited import Limited, left
from kverify.model.environment.self_heal import SelfHeals
from kverify.model.expr import Number, evaluate, integer, lift
from kverify.model.system import Action
from kverify.model.workload import Recreate, Revision, RollingUpdate, Strategy, Workload, resolve_fenceposts
from kverify.model.world import Place, World

OLD, NEW, HERE = Revision("old", "old"), Revision("new", "new"), Place("a node")


def world_of(surge: int | str = 3, unavailable: int | str = 2, *, recreate: bool = False) -> World:
    def strategy(replicas: Number) -> Strategy:
        return Recreate() if recreate else resolve_fenceposts(surge, unavailable, replicas)

    workload = Workload("web", 10, (OLD, NEW), target=1)
    return World(workloads=(scale.resizable(workload, strategy),), places=(HERE,))


def scaled(world: World, before: int, after: int, old: int, new: int) -> tuple[int, int] | None:
    """What the two ReplicaSets want after the sync that sees the change; None if nothing is written."""
    view: dict[str, Any] = {"web.replicas": after, "web.annotated": before, "old.spec": old, "new.spec": new}
    done: list[Action] = []
    for action in deployment.actions(world):
        if evaluate(action.guard, {**dict.fromkeys(_names(action), 0), **view}):
            done.append(action)
    if not done:
        return None
    (action,) = done
    assert evaluate(action.updates["web.annotated"], view) == after
    return tuple(evaluate(action.updates.get(name, integer(name)), view) for name in ("old.spec", "new.spec"))


def _names(action: Action) -> frozenset[str]:
    return lift(action.guard).variables()


@pytest.mark.parametrize(
    ("surge", "before", "after", "specs", "expected"),
    [
        # Recorded of a real control plane: 10 to 20 in a rollout that is stuck at 8 and 5.
        (3, 10, 20, (8, 5), (14, 9)),
        # Worked out by the rules of scale in pkg/controller/deployment/sync.go. Of equal ones the newer gets more.
        (0, 10, 12, (5, 5), (6, 6)),
        (0, 10, 9, (5, 5), (4, 5)),
        (0, 10, 6, (5, 5), (3, 3)),
        (0, 10, 11, (5, 5), (5, 6)),
        # Half is rounded up, and the larger one takes what is left over.
        (2, 10, 5, (9, 3), (5, 2)),
        (1, 4, 9, (4, 1), (8, 2)),
        (1, 10, 11, (5, 5), (5, 7)),
        # To nothing.
        (3, 10, 0, (8, 5), (0, 0)),
        # One active ReplicaSet gets everything; of none the newest.
        (3, 10, 6, (10, 0), (6, 0)),
        (3, 10, 6, (0, 10), (0, 6)),
        (3, 0, 4, (0, 0), (0, 4)),
        # It has as many already: nothing is written, and so the change is never over (kubernetes/kubernetes#138036).
        (0, 3, 2, (2, 0), None),
    ],
)
def test_a_change_of_replicas(
    surge: int, before: int, after: int, specs: tuple[int, int], expected: tuple[int, int] | None
) -> None:
    assert scaled(world_of(surge, 1 if surge == 0 else 0), before, after, *specs) == expected


def shared_out(surge: int, before: int, after: int, specs: tuple[int, int]) -> tuple[int, int]:
    """``scale`` in sync.go for two active ReplicaSets, older and newer, in its own order of steps."""
    allowed = after + surge if after else 0
    to_add, added, sizes = allowed - sum(specs), 0, list(specs)
    # ReplicaSetsBySizeNewer or ReplicaSetsBySizeOlder.
    order = sorted((0, 1), key=lambda i: (-specs[i], -i if to_add > 0 else i))
    for i in order:
        if to_add in (0, added):
            continue
        size = math.floor(specs[i] * allowed / (before + surge) + 0.5) if after else 0
        share, left_over = size - specs[i], to_add - added
        proportion = min(share, left_over) if to_add > 0 else max(share, left_over)
        sizes[i] += proportion
        added += proportion
    if to_add:
        sizes[order[0]] = max(0, sizes[order[0]] + to_add - added)
    return sizes[0], sizes[1]


@pytest.mark.parametrize("surge", [0, 1, 3])
def test_every_small_change_is_shared_out_as_the_controller_does_it(surge: int) -> None:
    world = world_of(surge, 1)
    for before, after, old, new in product(range(1, 5), range(6), range(1, 6), range(1, 6)):
        if before != after:
            case = surge, before, after, (old, new)
            assert scaled(world, before, after, old, new) == shared_out(*case), case


def test_recreate_waits_for_old_pods_also_after_a_change_of_replicas() -> None:
    """No ReplicaSet is active then, which is no scaling event: the rollout goes on as it would have."""
    world = world_of(recreate=True)
    view = {"web.replicas": 2, "web.annotated": 3, "old.spec": 0, "new.spec": 0}
    for action in deployment.actions(world):
        old_pod = {**dict.fromkeys(_names(action), 0), **view, f"old.terminating@{HERE.name}": 1}
        assert not evaluate(action.guard, old_pod), action.name
    assert scaled(world, 3, 2, 0, 0) == (0, 2)


def test_a_percentage_is_of_the_number_at_each_time() -> None:
    """25% of 8 are 2, of 16 are 4: what may be there grows from 10 to 20."""
    assert scaled(world_of("25%", "25%"), 8, 16, 7, 3) == (14, 6)


def test_nothing_else_happens_before_the_change_is_carried_out() -> None:
    world = world_of()
    (workload,) = world.workloads
    start = {**next(settled_states(world, [{("old", HERE.name): 3}], [OLD])), **scale.settled(world, workload, 3)}
    start["web.replicas"] = 5
    system = build("scaled", world, starts=[start], beside=(scale.Scales(()),))
    assert system.starts is not None
    compiled = compile_system(system)
    assert [system.actions[i].name for i, _ in compiled.successors(system.starts[0])] == ["resize old for new"]


def test_recreate_and_bare_replica_sets_are_scaled_at_once() -> None:
    assert scaled(world_of(recreate=True), 3, 5, 3, 0) == (5, 0)
    bare = World(workloads=(scale.resizable(Workload("web", 3, (OLD,)), lambda _: None),), places=(HERE,))
    (workload,) = bare.workloads
    assert scale.resized(bare, workload, 5) == {"web.replicas": 5, "old.spec": 5}
    starts = [{**s, **scale.settled(bare, workload, 3)} for s in settled_states(bare, [{("old", HERE.name): 3}], [OLD])]
    once = Limited("scale", 1, scale.Scales((1, 4)).actions, scale.variables)
    system = build("bare", bare, starts=[{**start, left("scale"): 1} for start in starts], beside=(once,))
    search = explicit.explore(system, limit=1000)
    assert search.complete
    assert {system.view(state)["old.spec"] for state in search.states} == {1, 3, 4}


def test_a_strategy_stays_one() -> None:
    (workload,) = world_of().workloads
    assert isinstance(workload.strategy, RollingUpdate)
    assert (workload.strategy.surge, workload.annotated_surge) == (3, 3)


@pytest.mark.parametrize("before", range(8))
def test_who_brings_replicas_where(before: int) -> None:
    """An autoscaler keeps 3 to 5 and leaves nothing alone; a GitOps tool writes 2 whatever there is."""
    workload = scale.resizable(Workload("web", 3, (OLD,)), lambda _: None)
    world = World(workloads=(workload,), places=(HERE,))

    def written(component: Bounds | SelfHeals) -> list[int]:
        return [
            evaluate(action.updates["web.replicas"], {"web.replicas": before})
            for action in component.actions(world)
            if not action.environment and evaluate(action.guard, {"web.replicas": before})
        ]

    assert written(Bounds({"web": (3, 5)})) == {1: [3], 2: [3], 6: [5], 7: [5]}.get(before, [])
    assert written(SelfHeals({"web": 2})) == ([] if before == 2 else [2])
    assert written(SelfHeals({})) == []


def test_a_paused_rollout_is_held_at_its_size() -> None:
    """``sync`` in sync.go: what one active ReplicaSet lacks it gets, two are filled up to replicas + surge."""
    workload = pause.pausable(Workload("web", 3, (OLD, NEW), RollingUpdate(0, 1), target=1))
    world = World(workloads=(workload,), places=(HERE,))

    def written(paused: bool, old: int, new: int) -> dict[str, int]:
        view: dict[str, Any] = {"web.paused": paused, "old.spec": old, "new.spec": new}
        for action in deployment.actions(world):
            values = {**dict.fromkeys(_names(action), 3), **view}
            if evaluate(action.guard, values):
                return {name: evaluate(update, values) for name, update in action.updates.items()}
        return {}

    assert written(True, 2, 0) == {"old.spec": 3}
    assert written(True, 3, 0) == {}
    assert written(True, 1, 1) == {"old.spec": 1, "new.spec": 2}
    assert written(True, 2, 1) == {}
    # IsSaturated: all new pods are wanted and (as everything here is 3) available.
    assert written(True, 1, 3) == {"old.spec": 0}
    assert written(False, 2, 0) == {"new.spec": 1}
