"""Small clusters for the tests of the scheduler's filters, by hand and by Hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve
from hypothesis import strategies as st

from kverify.api.quantity import parse_quantity
from kverify.api.types.affinity import (
    Affinity,
    NodeAffinity,
    NodeSelector,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    PodAffinity,
    PodAffinityTerm,
    PodAntiAffinity,
    Toleration,
    TopologySpreadConstraint,
)
from kverify.api.types.container import Container, ContainerPort, ResourceRequirements
from kverify.api.types.meta import LabelSelector, LabelSelectorRequirement, ObjectMeta
from kverify.api.types.node import Taint
from kverify.api.types.pod import PodSpec, PodTemplateSpec
from kverify.model.expr import integer
from kverify.model.scheduling import NodeInfo, PodGroup, PodInfo, Snapshot

ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"


def node(name: str = "n0", *, cpu: int = 4000, pods: int = 110, **given: Any) -> NodeInfo:
    """A node with its hostname label; ``labels`` come on top."""
    labels = {HOST: name, **given.pop("labels", {})}
    allocatable = {"cpu": cpu, "memory": 8 << 30, "pods": pods, **given.pop("allocatable", {})}
    return NodeInfo(name=name, labels=labels, allocatable=allocatable, **given)


def pod(
    name: str = "web",
    *,
    labels: Mapping[str, str] | None = None,
    namespace: str = "default",
    requests: Mapping[str, str] | None = None,
    ports: tuple[ContainerPort, ...] = (),
    priority: int | None = None,
    **spec: Any,
) -> PodInfo:
    """A pod of one container."""
    quantities = {resource: parse_quantity(text) for resource, text in (requests or {}).items()}
    container = Container(name="app", ports=ports, resources=ResourceRequirements(requests=quantities))
    template = PodTemplateSpec(
        metadata=ObjectMeta(name=name, labels=labels or {}),
        spec=PodSpec(**{"containers": (container,), **spec}),
    )
    return PodInfo.of(template, namespace=namespace, priority=priority)


def selector(**labels: str) -> LabelSelector:
    return LabelSelector(match_labels=labels)


def term(key: str, chosen: LabelSelector | None, **given: Any) -> PodAffinityTerm:
    return PodAffinityTerm(topology_key=key, label_selector=chosen, **given)


def affinity(*terms: PodAffinityTerm) -> Affinity:
    return Affinity(pod_affinity=PodAffinity(required_during_scheduling_ignored_during_execution=terms))


def anti_affinity(*terms: PodAffinityTerm) -> Affinity:
    return Affinity(pod_anti_affinity=PodAntiAffinity(required_during_scheduling_ignored_during_execution=terms))


def node_affinity(*terms: NodeSelectorTerm) -> Affinity:
    required = NodeSelector(node_selector_terms=terms)
    return Affinity(node_affinity=NodeAffinity(required_during_scheduling_ignored_during_execution=required))


def expression(key: str, operator: str, *values: str) -> NodeSelectorTerm:
    return NodeSelectorTerm(match_expressions=(NodeSelectorRequirement(key=key, operator=operator, values=values),))


def spread(key: str, chosen: LabelSelector | None, max_skew: int = 1, **given: Any) -> TopologySpreadConstraint:
    return TopologySpreadConstraint(
        topology_key=key,
        label_selector=chosen,
        max_skew=max_skew,
        **{"when_unsatisfiable": "DoNotSchedule", **given},
    )


def cluster(nodes: tuple[NodeInfo, ...], *bound: tuple[PodInfo, Mapping[int, int]], **given: Any) -> Snapshot:
    """A snapshot with, for each pod, how many of it are on which node."""
    return Snapshot(
        nodes=nodes,
        groups=tuple(PodGroup(info) for info, _ in bound),
        counts={(g, n): number for g, (_, where) in enumerate(bound) for n, number in where.items()},
        **given,
    )


def variable(group: int, node_index: int) -> str:
    return f"pods[{group},{node_index}]"


def symbolic(snapshot: Snapshot) -> Snapshot:
    """The same cluster with an unknown number of pods of every group on every node."""
    return snapshot.with_counts(
        {(g, n): integer(variable(g, n)) for g in range(len(snapshot.groups)) for n in range(len(snapshot.nodes))}
    )


def state(snapshot: Snapshot) -> dict[str, int | bool]:
    """The values of the variables of :func:`symbolic` in a concrete snapshot."""
    values: dict[str, int | bool] = {}
    for g in range(len(snapshot.groups)):
        for n in range(len(snapshot.nodes)):
            number = snapshot.counts.get((g, n), 0)
            assert isinstance(number, int)
            values[variable(g, n)] = number
    return values


# -- random clusters -----------------------------------------------------------------------------------------------

_APPS, _TIERS, _NAMESPACES = ("web", "db"), ("front", "back"), ("default", "team-a")
_KEYS = st.sampled_from((ZONE, HOST, "rack"))
_SELECTORS = st.one_of(
    st.none(),
    st.just(LabelSelector()),
    st.sampled_from(_APPS).map(lambda app: selector(app=app)),
    st.sampled_from(("In", "NotIn")).map(
        lambda operator: LabelSelector(
            match_expressions=(LabelSelectorRequirement(key="tier", operator=operator, values=("front",)),)
        )
    ),
    st.just(LabelSelector(match_expressions=(LabelSelectorRequirement(key="tier", operator="DoesNotExist"),))),
)
_NAMESPACE_SELECTORS = st.sampled_from(
    (
        None,
        LabelSelector(),
        selector(team="a"),
        LabelSelector(match_expressions=(LabelSelectorRequirement(key="team", operator="DoesNotExist"),)),
    )
)
_TERMS = st.builds(
    term,
    _KEYS,
    _SELECTORS,
    namespaces=st.sampled_from(((), ("team-a",))),
    namespace_selector=_NAMESPACE_SELECTORS,
    match_label_keys=st.sampled_from(((), ("app",))),
)
_SPREADS = st.builds(
    spread,
    _KEYS,
    _SELECTORS,
    max_skew=st.integers(1, 2),
    min_domains=st.sampled_from((None, 2, 3)),
    node_taints_policy=st.sampled_from((None, "Honor")),
    match_label_keys=st.sampled_from(((), ("tier",))),
)
_TAINTS = st.sampled_from(((), (Taint(key="dedicated", value="gpu", effect="NoSchedule"),)))
_TOLERATIONS = st.sampled_from(((), (Toleration(key="dedicated", operator="Exists"),)))
_PORTS = st.sampled_from(((), (ContainerPort(container_port=80, host_port=80),)))


@st.composite
def pods(draw: st.DrawFn) -> PodInfo:
    labels = {
        key: value
        for key, value in (
            ("app", draw(st.sampled_from(_APPS))),
            ("tier", draw(st.sampled_from((*_TIERS, "")))),
        )
        if value
    }
    together, apart = draw(st.lists(_TERMS, max_size=2)), draw(st.lists(_TERMS, max_size=1))
    return pod(
        name=draw(st.sampled_from("abc")),
        labels=labels,
        namespace=draw(st.sampled_from(_NAMESPACES)),
        requests=draw(st.sampled_from(({}, {"cpu": "1"}, {"cpu": "1500m", "memory": "3Gi"}))),
        ports=draw(_PORTS),
        tolerations=draw(_TOLERATIONS),
        topology_spread_constraints=tuple(draw(st.lists(_SPREADS, max_size=2))),
        affinity=evolve(
            affinity(*together),
            pod_anti_affinity=anti_affinity(*apart).pod_anti_affinity,
            node_affinity=draw(st.sampled_from((None, node_affinity(expression(ZONE, "Exists")).node_affinity))),
        ),
    )


@st.composite
def nodes(draw: st.DrawFn, name: str) -> NodeInfo:
    labels = {ZONE: draw(st.sampled_from(("a", "b", ""))), "rack": draw(st.sampled_from(("r1", "")))}
    return node(
        name,
        cpu=draw(st.sampled_from((1000, 4000))),
        pods=draw(st.integers(0, 4)),
        labels={key: value for key, value in labels.items() if value},
        taints=draw(_TAINTS),
    )


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Up to three nodes and three groups with up to two pods of each group on each node."""
    members = tuple(draw(nodes(f"n{index}")) for index in range(draw(st.integers(1, 3))))
    groups = tuple(PodGroup(info, draw(st.booleans())) for info in draw(st.lists(pods(), max_size=3)))
    counts = {(g, n): draw(st.integers(0, 2)) for g in range(len(groups)) for n in range(len(members))}
    return Snapshot(members, groups, counts, {"team-a": {"team": "a"}})
