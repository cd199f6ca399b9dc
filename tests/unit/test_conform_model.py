"""The parts of the model that recordings need: templates that change, pods that somebody deletes, deletions at once."""

from __future__ import annotations

import pytest

from kverify.checks.runs.conform import system_of
from kverify.model.environment import apply, pod_deletion
from kverify.model.system import State, TransitionSystem
from kverify.model.workload import Revision, RollingUpdate, Workload
from kverify.model.world import Phase, Place, World

OLD, NEW = Revision("old", "ReplicaSet old"), Revision("new", "ReplicaSet new")
HERE = Place("a node")


def world_of(*, stale: bool = True) -> World:
    workload = Workload(
        name="web", replicas=2, revisions=(OLD, NEW), strategy=RollingUpdate(1, 0), target=apply.target("web")
    )
    return World(workloads=(workload,), places=(HERE,), stale=stale)


def state_of(system: TransitionSystem, **values: int) -> State:
    names = {name.replace("@a node", "").replace(".", "_"): name for name in (v.name for v in system.variables)}
    given = {names[name]: value for name, value in values.items()}
    return tuple(given.get(v.name, v.initial or 0) for v in system.variables)


def enabled(system: TransitionSystem, state: State) -> set[str]:
    return {action.name.removesuffix("@a node") for action in system.enabled(state)}


def test_nobody_is_asked_for_at_first() -> None:
    system = system_of(world_of())
    assert enabled(system, state_of(system)) == {"apply web old", "apply web new"}


def test_the_controller_acts_on_the_template_it_has_read() -> None:
    system = system_of(world_of())
    state = state_of(system, web_template=1, web_target=0)
    assert {"scale up old", "read web"} <= enabled(system, state)
    assert "scale up new" not in enabled(system, state)


def test_without_lag_what_is_applied_is_what_is_read() -> None:
    system = system_of(world_of(stale=False))
    assert enabled(system, state_of(system, web_target=1)) == {"scale up new", "apply web old", "apply web nobody"}


def test_disturbances_are_marked_as_such() -> None:
    world = world_of()
    system = system_of(world)
    (workload,) = world.workloads
    by_hand = {a.name for a in system.actions if a.environment}
    deletions = {name for revision in (OLD, NEW) for name in pod_deletion.names(world, revision)}
    assert by_hand == deletions | {apply.apply_name(workload, choice) for choice in apply.choices(workload)}


def test_a_pod_without_a_node_is_gone_at_once() -> None:
    system = system_of(world_of())
    state = state_of(system, old_spec=1, old_pending=1)
    (action,) = [a for a in system.enabled(state) if a.name == "remove old pending"]
    assert system.step(state, action) == state_of(system, old_spec=1)


def test_a_pod_on_a_node_terminates() -> None:
    world = world_of()
    system = system_of(world)
    state = state_of(system, old_spec=1, old_available=1)
    (action,) = [a for a in system.enabled(state) if a.name.startswith("remove old available")]
    after = system.view(system.step(state, action))
    assert after[world.at(Phase.TERMINATING, OLD, HERE)] == 1


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (3, set()),
        (2, {"delete pending old"}),
        (1, {"delete pending old", "delete starting old"}),
        (0, {"delete pending old", "delete starting old", "delete available old"}),
    ],
)
def test_one_sync_deletes_by_rank_in_any_order(spec: int, expected: set[str]) -> None:
    """Of a pod without a node, one starting and one Ready, the first that are too many go, whichever first."""
    system = system_of(world_of())
    state = state_of(system, old_spec=spec, old_pending=1, old_starting=1, old_available=1, old_seen=1)
    assert {name for name in enabled(system, state) if name.startswith("delete ")} == expected
