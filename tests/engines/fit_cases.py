"""Small clusters with everything that divides nodes and pods, and what trying every order says of them."""

from __future__ import annotations

from typing import TypeAlias

from attrs import evolve
from hypothesis import strategies as st

from benchmarks._fit import decoded
from kverify.api.types.node import Node
from kverify.api.types.pod import Pod
from kverify.engines.explicit import explore
from kverify.engines.fit import orders
from kverify.engines.schedulability import Cluster, Demand, Question
from kverify.model.scheduling.framework import NodeInfo, PodGroup, PodInfo

HOST, ZONE = "kubernetes.io/hostname", "zone"


def node(index: int, cpu: int, pods: int, zone: str | None, kind: str, taint: bool) -> NodeInfo:
    labels = f"{HOST}: n{index}, kind: {kind}" + (f", {ZONE}: {zone}" if zone else "")
    taints = "taints: [{key: only, value: x, effect: NoSchedule}]" if taint else ""
    made = decoded(
        f"apiVersion: v1\nkind: Node\nmetadata: {{name: n{index}, labels: {{{labels}}}}}\nspec: {{{taints}}}\n"
        f"status: {{allocatable: {{cpu: '{cpu}', pods: '{pods}'}}}}\n"
    )
    assert isinstance(made, Node)
    return NodeInfo.of(made)


def pod(name: str, app: str, cpu: int, extra: str) -> PodInfo:
    made = decoded(
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{app: {app}}}}}\nspec:\n"
        f"  containers: [{{name: c, image: i, ports: [{{containerPort: 80}}], "
        f"resources: {{requests: {{cpu: '{cpu}'}}}}}}]\n{extra}"
    )
    assert isinstance(made, Pod)
    return PodInfo.of(made)


def anti(key: str, app: str) -> str:
    return (
        "  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
        f"[{{topologyKey: {key}, labelSelector: {{matchLabels: {{app: {app}}}}}}}]}}}}\n"
    )


def near(key: str, app: str) -> str:
    return anti(key, app).replace("podAntiAffinity", "podAffinity")


def spread(key: str, app: str, skew: int) -> str:
    return (
        f"  topologySpreadConstraints: [{{maxSkew: {skew}, topologyKey: {key}, whenUnsatisfiable: DoNotSchedule, "
        f"labelSelector: {{matchLabels: {{app: {app}}}}}}}]\n"
    )


SELECT = "  nodeSelector: {kind: big}\n"
TOLERATE = "  tolerations: [{key: only, operator: Exists}]\n"

APPS = st.sampled_from(["a", "b"])
EXTRAS = st.lists(
    st.one_of(
        st.sampled_from([SELECT, TOLERATE]),
        st.builds(anti, st.sampled_from([HOST, ZONE]), APPS),
        st.builds(spread, st.sampled_from([HOST, ZONE]), APPS, st.integers(1, 2)),
        st.builds(near, st.sampled_from([HOST, ZONE]), APPS),
    ),
    max_size=2,
).map(lambda parts: "".join({part.split(":")[0]: part for part in parts}.values()))
PODS = st.builds(pod, st.just("p"), APPS, st.integers(1, 3), EXTRAS)
NODES = st.tuples(
    st.integers(2, 5),
    st.integers(1, 4),
    st.sampled_from([None, "z0", "z1"]),
    st.sampled_from(["big", "big", "small"]),
    st.sampled_from([False, False, True]),
)


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[Demand], Cluster]:
    nodes = tuple(node(n, *draw(NODES)) for n in range(draw(st.integers(1, 3))))
    demands = [Demand(draw(PODS), draw(st.integers(1, 4)), f"d{d}") for d in range(draw(st.integers(1, 2)))]
    others = tuple(
        (PodGroup(draw(PODS)), {draw(st.integers(0, len(nodes) - 1)): 1}) for _ in range(draw(st.integers(0, 2)))
    )
    return demands, Cluster(nodes=nodes, others=others)


PORT = "  hostNetwork: true\n"
"""With the containers' port 80, taken on every address of the node."""

WIDE_EXTRAS = st.lists(
    st.one_of(
        st.sampled_from([SELECT, TOLERATE, PORT]),
        st.builds(anti, st.sampled_from([HOST, ZONE]), APPS),
        st.builds(spread, st.sampled_from([HOST, ZONE, ZONE]), APPS, st.integers(1, 2)),
        st.builds(near, st.sampled_from([HOST, ZONE, ZONE]), APPS),
    ),
    max_size=2,
).map(lambda parts: "".join({part.split(":")[0]: part for part in parts}.values()))
WIDE_PODS = st.builds(pod, st.just("p"), APPS, st.sampled_from([0, 1, 1, 2, 2, 3]), WIDE_EXTRAS)
WIDE_NODES = st.tuples(
    st.integers(2, 6),
    st.integers(1, 5),
    st.sampled_from([None, "z0", "z0", "z0", "z1", "z1", "z1", "z2"]),
    st.sampled_from(["big", "big", "big", "small"]),
    st.sampled_from([False, False, False, False, False, True]),
)


Limits: TypeAlias = "list[tuple[list[int], int]]"


@st.composite
def wide_questions(draw: st.DrawFn) -> tuple[list[Demand], Cluster, Limits]:
    """A few demands, some of them alike, on a few nodes, some of them alike, and sometimes a limit on their sum."""
    models = [draw(WIDE_NODES) for _ in range(draw(st.integers(1, 2)))]
    nodes = tuple(
        node(n, *(draw(st.sampled_from(models)) if n >= len(models) else models[n]))
        for n in range(draw(st.integers(len(models), 4)))
    )
    pods = [draw(WIDE_PODS) for _ in range(draw(st.integers(1, 2)))]
    if draw(st.booleans()):
        twin = draw(st.sampled_from(pods))
        pods.append(evolve(twin, name="twin", labels={**twin.labels, "own": "twin"}))
    demands = [Demand(made, draw(st.integers(1, 4 if len(pods) < 3 else 2)), f"d{d}") for d, made in enumerate(pods)]
    others = tuple(
        (PodGroup(draw(WIDE_PODS)), {draw(st.integers(0, len(nodes) - 1)): 1}) for _ in range(draw(st.integers(0, 2)))
    )
    limits: Limits = []
    if len(demands) > 1 and draw(st.integers(0, 3)) == 0:
        limits = [([0, 1], draw(st.integers(1, 5)))]
    return demands, Cluster(nodes=nodes, others=others), limits


def brute_force(demands: list[Demand], cluster: Cluster, limits: Limits | None = None) -> tuple[set[int], bool]:
    """The demands of which some order leaves a pod waiting for ever, and whether some order places everything.

    For ever: in a state in which no pod can be bound any more. With ``limits``, a pod that waits is one of them.
    """
    question = Question(demands, cluster, limits or ())
    blocked: set[int] = set()
    complete = orders.completes(question, question.system(), 300_000)
    assert complete is not None
    for waiting in range(len(demands)) if limits else (None,):
        system = question.system(waiting)
        exploration = explore(system, limit=300_000)
        assert exploration.complete
        for view in map(system.view, exploration.states):
            left = {d for d in range(len(demands)) if view[f"waiting{d}"]}
            asked = left if waiting is None else left & {waiting}
            if not asked <= blocked and all(question.at_an_end(system, d, view) for d in asked):
                blocked |= asked
    return blocked, complete
