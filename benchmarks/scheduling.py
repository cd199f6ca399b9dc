"""How many pod × node verdicts of all filters a CPU second gives, on 5,000 nodes, and the ratio to the plain filters.

A verdict counts only if it is computed from the counts as they are. Two ways of asking: *scan* asks all nodes about a
pod, binds it to one of those it fits on, and goes on with the next pod; *one by one* asks about one node at a time and
binds wherever the pod fits. Nothing is remembered between two questions but sums and what filters said of node labels.
The time includes asking the filters, compiling (``first``) and binding.

The plain filters answer a sample of the same questions, in the same states, with a snapshot that keeps what it knows of
nodes and labels (``Snapshot.with_counts``). Both must say the same.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from time import process_time
from typing import Any

from attrs import field, frozen

from kverify.api.quantity import parse_quantity
from kverify.api.types.affinity import (
    Affinity,
    NodeSelector,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    PodAffinity,
    PodAffinityTerm,
    PodAntiAffinity,
    Toleration,
    TopologySpreadConstraint,
)
from kverify.api.types.claim import PersistentVolumeClaim, PersistentVolumeClaimSpec
from kverify.api.types.container import Container, ResourceRequirements
from kverify.api.types.meta import LabelSelector, ObjectMeta
from kverify.api.types.node import Taint
from kverify.api.types.persistent_volume import (
    CSIPersistentVolumeSource,
    PersistentVolume,
    PersistentVolumeSpec,
    VolumeNodeAffinity,
)
from kverify.api.types.pod import PodSpec, PodTemplateSpec
from kverify.api.types.storage import CSINode, CSINodeDriver, CSINodeSpec, VolumeNodeResources
from kverify.api.types.volume import PersistentVolumeClaimVolumeSource, Volume
from kverify.model.scheduling import ClusterState, NodeInfo, PodGroup, PodInfo, Snapshot, reject
from kverify.model.scheduling.storage import BIND_COMPLETED, Storage

ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
NODES = 5_000
ZONES, POOLS, RACKS = 3, 10, 100
BOUND = 20_000
"""Pods that are there when a measurement begins."""

SCANS, SINGLES = 300, 200_000
SAMPLED, STEP = 40, 100
"""Plain verdicts after a bind, and after every how many binds."""

HOMOGENEOUS, HETEROGENEOUS = 100_000, 20_000
"""Verdicts per CPU second that are promised."""


def nodes(number: int) -> list[NodeInfo]:
    """Nodes with a host name, a zone, a rack and a pool each; every tenth is tainted, every fiftieth cordoned."""
    return [
        NodeInfo(
            name=f"node-{n}",
            labels={HOST: f"node-{n}", ZONE: f"zone-{n % ZONES}", "rack": f"r{n % RACKS}", "pool": f"p{n % POOLS}"},
            taints=(Taint(key="dedicated", value="batch", effect="NoSchedule"),) if n % 10 == 9 else (),
            unschedulable=n % 50 == 7,
            allocatable={"cpu": 16_000 + 10 * (n % 7), "memory": (64 << 30) - n * 4096, "pods": 110},
        )
        for n in range(number)
    ]


def pod(app: str, cpu: str = "100m", **spec: Any) -> PodInfo:
    """A pod of one container."""
    requests = {"cpu": parse_quantity(cpu), "memory": parse_quantity("128Mi")}
    container = Container(name="app", resources=ResourceRequirements(requests=requests))
    whole = PodSpec(**{"containers": (container,), **spec})
    return PodInfo.of(PodTemplateSpec(metadata=ObjectMeta(name=app, labels={"app": app}), spec=whole))


def _selects(app: str) -> LabelSelector:
    return LabelSelector(match_labels={"app": app})


def _spread(key: str, app: str, skew: int) -> dict[str, Any]:
    constraint = TopologySpreadConstraint(
        topology_key=key, label_selector=_selects(app), max_skew=skew, when_unsatisfiable="DoNotSchedule"
    )
    return {"topology_spread_constraints": (constraint,)}


def _apart(key: str, app: str) -> dict[str, Any]:
    term = PodAffinityTerm(topology_key=key, label_selector=_selects(app))
    return {
        "affinity": Affinity(
            pod_anti_affinity=PodAntiAffinity(required_during_scheduling_ignored_during_execution=(term,))
        )
    }


def _near(key: str, app: str) -> dict[str, Any]:
    term = PodAffinityTerm(topology_key=key, label_selector=_selects(app))
    return {"affinity": Affinity(pod_affinity=PodAffinity(required_during_scheduling_ignored_during_execution=(term,)))}


def mixture(number: int) -> list[PodInfo]:
    """Kinds of pods with selectors, tolerations, spread over zones and hosts, affinity and anti-affinity."""
    found = []
    for k in range(number):
        app = f"app-{k}"
        variants: tuple[dict[str, Any], ...] = (
            {},
            {"node_selector": {"pool": f"p{k % POOLS}"}},
            {"tolerations": (Toleration(key="dedicated", operator="Exists"),)},
            _spread(ZONE, app, 1),
            _spread(HOST, app, 1),
            _apart(HOST, app),
            _apart("rack", app),
            _near(ZONE, app),
            {**_spread(ZONE, app, 2), **_apart(HOST, f"app-{k - 1}")},
            {"node_selector": {HOST: f"node-{37 * k % NODES}"}},
        )
        found.append(pod(app, f"{50 + k}m", **variants[k % len(variants)]))
    return found


def with_claims(number: int) -> tuple[list[PodInfo], Storage]:
    """Kinds of pods with a claim each, bound to a volume of one zone, on nodes that attach 24 volumes each."""
    driver = "csi.example.com"
    objects: list[object] = []
    found = []
    for k in range(number):
        zone = NodeSelectorRequirement(key=ZONE, operator="In", values=(f"zone-{k % ZONES}",))
        terms = NodeSelector(node_selector_terms=(NodeSelectorTerm(match_expressions=(zone,)),))
        spec = PersistentVolumeSpec(
            csi=CSIPersistentVolumeSource(driver=driver, volume_handle=f"h{k}"),
            node_affinity=VolumeNodeAffinity(required=terms),
        )
        objects.append(PersistentVolume(metadata=ObjectMeta(name=f"pv-{k}"), spec=spec))
        metadata = ObjectMeta(name=f"data-{k}", namespace="default", annotations={BIND_COMPLETED: "yes"})
        objects.append(PersistentVolumeClaim(metadata=metadata, spec=PersistentVolumeClaimSpec(volume_name=f"pv-{k}")))
        source = PersistentVolumeClaimVolumeSource(claim_name=f"data-{k}")
        found.append(pod(f"db-{k}", volumes=(Volume(name="data", persistent_volume_claim=source),)))
    limit = CSINodeDriver(name=driver, node_id="x", allocatable=VolumeNodeResources(count=24))
    objects += [
        CSINode(metadata=ObjectMeta(name=f"node-{n}"), spec=CSINodeSpec(drivers=(limit,))) for n in range(NODES)
    ]
    return found, Storage.of(objects, complete=True)


@frozen
class Case:
    """Kinds of pods to schedule in turn, and how many verdicts per CPU second are promised."""

    name: str
    pods: tuple[PodInfo, ...]
    least: int
    storage: Storage = field(factory=Storage)


def cases() -> list[Case]:
    """What is measured."""
    web = "web"
    alike = {
        "equal pods": {},
        "equal pods, host anti-affinity": _apart(HOST, web),
        "equal pods, zone spread": _spread(ZONE, web, 1),
        "equal pods, host spread": _spread(HOST, web, 1),
    }
    found = [Case(name, (pod(web, **spec),), HOMOGENEOUS) for name, spec in alike.items()]
    claiming, storage = with_claims(20)
    return [
        *found,
        Case("100 kinds of pods", tuple(mixture(100)), HETEROGENEOUS),
        Case("20 kinds of pods with claims", tuple(claiming), HETEROGENEOUS, storage),
    ]


@frozen
class Figures:
    """What one way of asking took."""

    verdicts: int
    first: float
    seconds: float
    plain_verdicts: int
    plain_seconds: float
    differing: int

    @property
    def rate(self) -> float:
        return self.verdicts / self.seconds

    @property
    def plain_rate(self) -> float:
        return self.plain_verdicts / self.plain_seconds


class Plain:
    """The same cluster for the plain filters."""

    def __init__(self, members: tuple[NodeInfo, ...], case: Case) -> None:
        self.counts: dict[tuple[int, int], int] = {}
        self._kinds = case.pods
        self._base = Snapshot(members, tuple(map(PodGroup, case.pods)), storage=case.storage)
        self.verdicts, self.seconds, self.differing = 0, 0.0, 0

    def bind(self, kind: int, node: int) -> None:
        self.counts[kind, node] = self.counts.get((kind, node), 0) + 1

    def compare(self, kind: int, asked: list[int], ours: Callable[[int], bool]) -> None:
        """Ask for nodes, and count what we say differently."""
        snapshot = self._base.with_counts(dict(self.counts))
        begin = process_time()
        theirs = [not reject(self._kinds[kind], node, snapshot) for node in asked]
        self.seconds += process_time() - begin
        self.verdicts += len(asked)
        self.differing += sum(fits is not ours(node) for fits, node in zip(theirs, asked, strict=True))
        self._base = snapshot


def scattered(number: int) -> Iterator[int]:
    """Indices of nodes, all over the cluster, the same in every run."""
    at = 0
    while True:
        at = (at * 1_103_515_245 + 12_345) % (1 << 31)
        yield (at >> 8) % number


def prepared(case: Case, members: list[NodeInfo]) -> tuple[ClusterState, Plain]:
    """A cluster that runs pods already, spread evenly over what is not cordoned."""
    state = ClusterState(members, pods=case.pods, storage=case.storage)
    plain = Plain(tuple(members), case)
    ready = [n for n, node in enumerate(members) if not node.unschedulable]
    for i in range(BOUND if len(case.pods) > 1 else len(ready) // 4):
        kind, node = i % len(case.pods), ready[(7 * i) % len(ready)]
        state.bind(case.pods[kind], node)
        plain.bind(kind, node)
    return state, plain


def scan(case: Case, members: list[NodeInfo]) -> Figures:
    """Every pod is compared with all nodes."""
    state, plain = prepared(case, members)
    begin = process_time()
    for info in case.pods:
        state.feasible_nodes(info)
    first = seconds = process_time() - begin
    places = scattered(1 << 20)
    for i in range(SCANS):
        kind = i % len(case.pods)
        info = case.pods[kind]
        begin = process_time()
        fitting = state.feasible_nodes(info)
        node = fitting[next(places) % len(fitting)] if fitting else None
        if node is not None:
            state.bind(info, node)
        seconds += process_time() - begin
        if node is not None:
            plain.bind(kind, node)
        # Not always the same kind of pod is compared.
        if i % STEP == STEP - 1 - (i // STEP) % len(case.pods):
            again = set(state.feasible_nodes(info))
            plain.compare(kind, [next(places) % len(members) for _ in range(SAMPLED)], again.__contains__)
    asked = len(case.pods) + SCANS
    return Figures(asked * len(members), first, seconds, plain.verdicts, plain.seconds, plain.differing)


def one_by_one(case: Case, members: list[NodeInfo]) -> Figures:
    """Every pod is compared with one node after the other; where it fits it is bound, and the next kind comes."""
    state, plain = prepared(case, members)
    places = scattered(len(members))
    asked = [(i % len(case.pods), next(places)) for i in range(SINGLES)]
    pods, fits, bind = case.pods, state.fits, state.bind
    bound: list[tuple[int, int]] = []
    begin = process_time()
    for kind, node in asked:
        info = pods[kind]
        if fits(info, node):
            bind(info, node)
            bound.append((kind, node))
    seconds = process_time() - begin
    for kind, node in bound:
        plain.bind(kind, node)
    for kind in range(0, len(pods), max(1, len(pods) // 10)):
        plain.compare(kind, [next(places) for _ in range(SAMPLED)], lambda node, k=kind: fits(pods[k], node))  # type: ignore[misc]
    return Figures(len(asked), 0.0, seconds, plain.verdicts, plain.seconds, plain.differing)


def main(number: int = NODES) -> int:
    """Print one line per case and way of asking; 1 if a promise is broken or the plain filters differ."""
    members = nodes(number)
    print(
        f"{'on ' + format(number, ',') + ' nodes':<44}{'verdicts':>10}{'first s':>9}{'CPU s':>8}{'per s':>12}"
        f"{'plain per s':>12}{'ratio':>8}{'at least':>10}"
    )
    failed = False
    for case in cases():
        for way in (scan, one_by_one):
            found = way(case, members)
            slow = found.rate < case.least
            failed = failed or slow or found.differing > 0
            print(
                f"{case.name + ', ' + way.__name__.replace('_', ' '):<44}{found.verdicts:>10,}{found.first:>9.2f}"
                f"{found.seconds:>8.2f}{found.rate:>12,.0f}{found.plain_rate:>12,.0f}"
                f"{found.rate / found.plain_rate:>8,.0f}{case.least:>10,}"
                f"{'  TOO SLOW' if slow else ''}{f'  {found.differing} verdicts differ' if found.differing else ''}",
                flush=True,
            )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
