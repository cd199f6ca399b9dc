"""Every pod that the input can want at once: who makes it, how many there are, and what is on the nodes already."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, frozen

from kverify.api.registry import AnyObject
from kverify.api.types.affinity import Toleration
from kverify.api.types.apps import DaemonSet, Deployment, ReplicaSet, StatefulSet
from kverify.api.types.batch import CronJob, Job
from kverify.api.types.pod import Pod, PodTemplateSpec
from kverify.checks.finding import Cause
from kverify.checks.given.claims import part_name
from kverify.checks.given.storage import Volumes
from kverify.checks.given.subject import surge_of
from kverify.cluster.admission import Admission
from kverify.cluster.admission.created import pods_wanted, template_at
from kverify.cluster.objects import Key, describe, key_of, namespace_of
from kverify.cluster.scaling import Scale
from kverify.engines.schedulability import Cluster
from kverify.manifest.nodes import parse_path
from kverify.model.scheduling import node_affinity, node_name, taint_toleration
from kverify.model.scheduling.framework import NodeInfo, PodGroup, PodInfo, Requirement, Snapshot
from kverify.model.scheduling.profile import reject, reported
from kverify.model.scheduling.storage import Storage
from kverify.words import count

DAEMON_TOLERATIONS = tuple(
    Toleration(key=f"node.kubernetes.io/{key}", operator="Exists", effect=effect)
    for key, effect in (
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    )
)
"""What the DaemonSet controller adds to its pods (``AddOrUpdateDaemonPodTolerations`` in
pkg/controller/daemon/util/daemonset_util.go); with the host's network also the one below."""
NETWORK = Toleration(key="node.kubernetes.io/network-unavailable", operator="Exists", effect="NoSchedule")


@frozen(eq=False)
class Maker:
    """An object that makes pods (a Pod makes itself): ``most`` at once, ``counted`` says how that came about.
    ``scaled`` are the fewest and the most replicas that an autoscaler asks for."""

    object: AnyObject
    pod: PodInfo
    most: int
    counted: str
    scaled: tuple[int, int] | None = None
    part: str = ""
    """Which of the object's pods these are, where their claims tell them apart."""

    @property
    def title(self) -> str:
        return f"{describe(self.object)} ({self.part})" if self.part else describe(self.object)

    def cause(self, path: str, note: str = "") -> Cause:
        """A field of the pod spec as a place in the manifest; where it is a default, the key it would stand under."""
        return at(self.object, pod_field(self.object, self.pod, path), note)

    def count_cause(self) -> Cause:
        """The field that says how many pods there are."""
        field = {"Job": "spec.parallelism", "CronJob": "spec.jobTemplate.spec.parallelism", "Pod": "spec"}
        return at(self.object, field.get(self.object.kind, "spec.replicas"), self.counted)


def pod_field(owner: AnyObject, pod: PodInfo, path: str) -> str:
    """The field of ``owner`` that a field of the spec of its pods comes from. The volumes of a StatefulSet are those of
    its template and those of its claim templates."""
    placed = template_at(owner)
    start = "spec" if placed is None else f"{placed[0]}.spec"
    if isinstance(owner, StatefulSet) and path.startswith("volumes["):
        number, _, rest = path.removeprefix("volumes[").partition("]")
        name = pod.spec.volumes[int(number)].name
        templates = [template.metadata.name for template in owner.spec.volume_claim_templates]
        if name in templates:
            return f"spec.volumeClaimTemplates[{templates.index(name)}]"
        written = [volume.name for volume in owner.spec.template.spec.volumes]
        path = f"volumes[{written.index(name)}]{rest}"
    return f"{start}.{path}" if path else start


def at(item: AnyObject, path: str, note: str = "") -> Cause:
    """A field of an object as a cause."""
    source = item.source
    written = source.document is not None and source.document.node(parse_path(path)) is not None
    return Cause(source.span(path) if written else source.key_span(path), path, note)


def pod_info(admission: Admission, owner: AnyObject) -> PodInfo | None:
    """The pods of ``owner`` as they are once they are admitted; None for what makes no pods."""
    answer = admission.pod(owner)
    if answer is None or not isinstance(answer.object, Pod):
        return None
    pod, placed = answer.object, template_at(owner)
    # The hash only has to be there; matchLabelKeys then works as it does in a cluster.
    hashed = {"pod-template-hash": owner.metadata.name} if isinstance(owner, Deployment | ReplicaSet) else {}
    return PodInfo.of(
        PodTemplateSpec(metadata=pod.metadata if placed is None else placed[1].metadata, spec=pod.spec),
        namespace=namespace_of(owner),
        name=owner.metadata.name,
        labels=hashed,
    )


def most_of(admission: Admission) -> Mapping[Key, int]:
    """How many pods there can be of each StatefulSet."""
    scaled = admission.scales
    return {key_of(item): _most(item, scaled.get(key_of(item)))[0] for item in admission.bundle.of_kind(StatefulSet)}


def makers_of(admission: Admission, volumes: Volumes | None = None) -> tuple[Maker, ...]:
    """What the manifests want, and what the cluster's own workloads want beyond the pods that have a node."""
    found = []
    makers = {key_of(item) for row in admission.owners.values() for item in row}
    refused = {key_of(row.owner) for row in admission.refused}
    placed = placed_pods(admission)
    scaled = admission.scales
    for item in admission.bundle.objects:
        bare = isinstance(item, Pod) and key_of(item) not in makers and admission.top_owner(item) is None
        if key_of(item) not in makers and not bare:
            continue
        if isinstance(item, Pod) and (item.spec.node_name or item.status.phase in ("Succeeded", "Failed")):
            continue
        pod = None if key_of(item) in refused else pod_info(admission, item)
        if pod is None:
            continue
        scale = scaled.get(key_of(item))
        bounds = None if scale is None else (scale.low, scale.high)
        most, counted = _most(item, scale)
        rows = () if volumes is None else volumes.parts.get(key_of(item), ())
        if isinstance(item, StatefulSet) and item.spec.volume_claim_templates and volumes is not None:
            for part in rows:
                told = part_name(item, part) if len(rows) > 1 else ""
                number = counted if len(rows) == 1 else f"{part.pods} of {counted}"
                found.append(Maker(item, part.pod(pod, item), part.pods, number, bounds, told))
            continue
        if not admission.bundle.is_wanted(item):
            most = max(0, most - placed.get(key_of(item), 0))
        if most:
            found.append(Maker(item, pod, most, counted, bounds))
    return tuple(found)


def placed_pods(admission: Admission) -> dict[Key, int]:
    """How many pods of each workload have a node."""
    numbers: dict[Key, int] = {}
    for pod in admission.bundle.live_pods:
        if pod.spec.node_name and pod.metadata.deletion_timestamp is None:
            top = admission.top_owner(pod)
            if top is not None:
                numbers[top] = numbers.get(top, 0) + 1
    return numbers


def _most(item: AnyObject, scale: Scale | None) -> tuple[int, str]:
    wanted = pods_wanted(item) or 0
    told = count(wanted, "pod")
    if scale is not None and wanted and not isinstance(item, Pod | Job | CronJob):
        # An autoscaler leaves what is scaled to zero alone.
        wanted, told = scale.high, f"{count(scale.high, 'pod')}, the maxReplicas of its HorizontalPodAutoscaler"
    if isinstance(item, Deployment) and wanted:
        surge = surge_of(item, wanted)
        if surge:
            return wanted + surge, f"{told}, and {surge} of the surge of a rollout"
    if isinstance(item, CronJob):
        return wanted, f"{told} of one run"
    return wanted, told


# -- what is there already -------------------------------------------------------------------------------------------


@frozen(eq=False)
class Lacking:
    """A node that a DaemonSet means and that does not take its pod: what the scheduler ``said`` of it, and what it
    would say if the pods of other DaemonSets, those that go anyway and those that could be preempted were not there
    (``lasting``; empty if it would take it then)."""

    node: str
    said: tuple[Requirement, ...]
    lasting: tuple[Requirement, ...]

    @property
    def reason(self) -> str:
        """What the scheduler says of the node."""
        return "; ".join(requirement.reason for requirement in self.said)


@frozen(eq=False)
class Daemon:
    """A DaemonSet: on how many nodes its pods run, and the nodes that have no room for one."""

    object: DaemonSet
    pod: PodInfo
    nodes: int
    lacking: tuple[Lacking, ...]


def standing(admission: Admission, volumes: Volumes | None = None) -> tuple[Cluster, tuple[Daemon, ...]]:
    """The nodes with the pods that stay: those of nobody in the manifests, those that name their node, and a pod of
    every DaemonSet on every node it may use."""
    bundle = admission.bundle
    nodes = tuple(NodeInfo.of(node) for node in bundle.nodes)
    position = {node.name: index for index, node in enumerate(nodes)}
    daemons = bundle.of_kind(DaemonSet)
    moved = {key_of(item) for item in bundle.wanted} | {key_of(item) for item in daemons}
    others = []
    for pod in (*bundle.live_pods, *(p for p in bundle.of_kind(Pod) if bundle.is_wanted(p) and p.spec.node_name)):
        mine = key_of(pod) in moved and not (bundle.is_wanted(pod) and pod.spec.node_name)
        if pod.spec.node_name in position and not mine and admission.top_owner(pod) not in moved:
            group = PodGroup(PodInfo.of(pod), pod.metadata.deletion_timestamp is not None)
            others.append((group, {position[pod.spec.node_name]: 1}))
    distinct = {(key, *group_nodes): (group, on) for group, on in others for key, group_nodes in [(group, tuple(on))]}
    storage = Storage() if volumes is None else volumes.storage
    cluster = Cluster(nodes=nodes, others=tuple(distinct.values()), namespaces=bundle.namespaces, storage=storage)
    return with_daemons(admission, cluster)


def with_daemons(admission: Admission, cluster: Cluster) -> tuple[Cluster, tuple[Daemon, ...]]:
    """A pod of every DaemonSet on every node it may use."""
    rows, bare = [], cluster
    for daemon in admission.bundle.of_kind(DaemonSet):
        found = pod_info(admission, daemon)
        if found is not None and key_of(daemon) not in {key_of(row.owner) for row in admission.refused}:
            cluster, row = _with_daemon(cluster, bare, daemon, found)
            rows.append(row)
    return cluster, tuple(rows)


def _with_daemon(cluster: Cluster, bare: Cluster, daemon: DaemonSet, pod: PodInfo) -> tuple[Cluster, Daemon]:
    """``bare`` is the cluster without the pods of any DaemonSet."""
    extra = (*DAEMON_TOLERATIONS, NETWORK) if pod.spec.host_network else DAEMON_TOLERATIONS
    pod = evolve(pod, spec=evolve(pod.spec, tolerations=(*pod.spec.tolerations, *extra)))
    snapshot = _seen(cluster)
    lasting = _seen(with_lasting(bare, pod))
    # NodesShouldRunDaemonPod in pkg/controller/daemon/daemon_controller.go: no filter over what is on the node.
    meant = (node_name.PLUGIN, node_affinity.PLUGIN, taint_toleration.PLUGIN)
    on: dict[int, int] = {}
    lacking = []
    for index, node in enumerate(cluster.nodes):
        if reject(pod, index, snapshot, meant):
            continue
        if reject(pod, index, snapshot, cluster.profile):
            said = tuple(reported(pod, index, snapshot, cluster.profile))
            lacking.append(Lacking(node.name, said, tuple(reported(pod, index, lasting, cluster.profile))))
        else:
            on[index] = 1
    others = (*cluster.others, (PodGroup(pod), on)) if on else cluster.others
    return evolve(cluster, others=others), Daemon(daemon, pod, len(on), tuple(lacking))


def with_lasting(cluster: Cluster, pod: PodInfo) -> Cluster:
    """Without the pods that are on their way out, and those that ``pod`` could preempt."""
    stay = tuple((group, on) for group, on in cluster.others if not (group.terminating or _gives_way(group.pod, pod)))
    return cluster if len(stay) == len(cluster.others) else evolve(cluster, others=stay)


def _gives_way(there: PodInfo, pod: PodInfo) -> bool:
    return pod.spec.preemption_policy != "Never" and there.priority < pod.priority


def _seen(cluster: Cluster) -> Snapshot:
    groups = tuple(group for group, _ in cluster.others)
    counts = {(g, n): number for g, (_, on) in enumerate(cluster.others) for n, number in on.items()}
    return Snapshot(cluster.nodes, groups, counts, cluster.namespaces, cluster.storage)
