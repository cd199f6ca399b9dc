"""A ReadWriteOnce claim stays attached to a node whose pods are only not Ready because the node was lost."""

from __future__ import annotations

from kverify.api.types.container import Container, Probe
from kverify.engines.explicit import explore
from kverify.model.build import build, settled_states
from kverify.model.components.kubelet import volumes_attach
from kverify.model.expr import evaluate
from kverify.model.scheduling.framework import NodeInfo
from kverify.model.system import State, TransitionSystem
from kverify.model.workload import Revision, Workload
from kverify.model.world import NodeStatus, Phase, Place, World
from tests.unit.scheduling.scheduling_cases import pod

PROBED = pod("first", containers=(Container(name="app", readiness_probe=Probe()),))
FIRST, SECOND = Revision("first", "ReplicaSet first", PROBED), Revision("second", "ReplicaSet second", pod("second"))
LOST, OTHER = Place("lost", 0), Place("other", 1)


def system(*, returns: bool) -> tuple[World, TransitionSystem]:
    """Two workloads share a claim: a pod of the first is Ready on a node that has just stopped answering, and one of
    the second waits for the claim on another."""
    world = World(
        workloads=(
            Workload("one", 1, (FIRST,), claims=("shop/data",)),
            Workload("two", 1, (SECOND,), claims=("shop/data",)),
        ),
        places=(LOST, OTHER),
        nodes=(NodeInfo(name="lost"), NodeInfo(name="other")),
        disturbed=(LOST, NodeStatus.SILENT),
        returns=returns,
        forgetful=returns,
    )
    (start,) = settled_states(world, [{("first", "lost"): 1, ("second", "other"): 1}], [FIRST, SECOND])
    start[world.at(Phase.AVAILABLE, SECOND, OTHER)] = 0
    start[world.at(Phase.STARTING, SECOND, OTHER)] = 1
    return world, build("shared", world, starts=[start])


def taken(asked: TransitionSystem, state: State, name: str) -> State:
    (action,) = [a for a in asked.enabled(state) if name in a.name]
    return asked.step(state, action)


def test_the_claim_stays_on_an_unreachable_node_until_its_pods_are_gone() -> None:
    world, asked = system(returns=False)
    assert asked.starts is not None
    state = asked.starts[0]
    for name in ("mark", "taint-evict first", "remove lost"):
        assert not evaluate(volumes_attach(world, world.workloads[1], OTHER), asked.view(state)), name
        state = taken(asked, state, name)
    assert evaluate(volumes_attach(world, world.workloads[1], OTHER), asked.view(state))


def test_the_claim_stays_on_a_node_that_is_back_and_asks_its_probes() -> None:
    world, asked = system(returns=True)
    assert asked.starts is not None
    state = taken(asked, asked.starts[0], "asks its probes")
    view = asked.view(state)
    assert view[world.at(Phase.STARTING, FIRST, LOST)] == 1
    assert not evaluate(volumes_attach(world, world.workloads[1], OTHER), view)
    # Its own pods may be Ready again: the claim is there.
    assert evaluate(volumes_attach(world, world.workloads[0], LOST), view)


def test_nobody_else_has_the_claim_while_a_pod_that_had_it_is_there() -> None:
    for returns in (False, True):
        world, asked = system(returns=returns)
        found = explore(asked)
        assert found.complete
        for view in map(asked.view, found.states):
            held = view["one.attached@lost"] and view[world.at(Phase.STARTING, FIRST, LOST)]
            assert not (held and view[world.at(Phase.AVAILABLE, SECOND, OTHER)])
        assert any(view["one.attached@lost"] for view in map(asked.view, found.states))
        away = [asked.view(s)[world.at(Phase.AVAILABLE, SECOND, OTHER)] for s in found.states]
        # Where nobody deletes the first pod, nobody takes its claim.
        assert any(away) is not returns
