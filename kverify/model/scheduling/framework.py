"""What a scheduler filter sees and what it answers.

A filter takes a pod, a node and a :class:`Snapshot`, and yields what it requires. The snapshot says how many pods of
each group are on each node, and such a count is an ``int`` or an ``Expr``. The same rule therefore answers "does this
pod fit here now" with a truth value, and "when does it fit" with a condition over the counts.

Everything else (node labels, taints, pod templates) is fixed, so all label matching happens while a requirement is
built. Sums run over nodes, then groups, in the order of the snapshot: the same input always builds the same tree.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any, TypeVar, cast

from attrs import evolve, field, frozen

from kverify.api.base import EMPTY, freeze
from kverify.api.defaults.label_keys import merge_affinity_keys
from kverify.api.types.affinity import PodAffinity, PodAffinityTerm, PodAntiAffinity
from kverify.api.types.meta import LabelSelector
from kverify.api.types.node import Node, Taint
from kverify.api.types.pod import Pod, PodSpec, PodTemplateSpec
from kverify.model.expr import Condition, Number, times, total
from kverify.model.scheduling.requests import node_allocatable, pod_requests
from kverify.model.scheduling.storage import Storage

T = TypeVar("T")

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label the API server puts on every namespace (``SetDefaults_Namespace``)."""

INCOMING_SELECTOR_SEES_NO_LABELS = True
"""A flaw seen in the verdicts of 1.34: a namespace selector that an unlabelled namespace satisfies, such as
``team DoesNotExist``, in a term of the incoming pod selects every namespace. Terms of existing pods do not suffer."""


@frozen
class HostPort:
    """A port of the node that a pod binds. ``path`` is the field that asks for it."""

    ip: str
    protocol: str
    port: int
    path: str = field(eq=False)

    def conflicts_with(self, other: HostPort) -> bool:
        """``0.0.0.0`` stands for every address (``HostPortInfo.CheckConflict``, pkg/scheduler/framework/types.go)."""
        if (self.protocol, self.port) != (other.protocol, other.port):
            return False
        return self.ip == other.ip or "0.0.0.0" in (self.ip, other.ip)

    def __str__(self) -> str:
        return f"{self.ip}:{self.port}/{self.protocol}"


@frozen
class AffinityTerm:
    """A required term of pod affinity or anti-affinity, its namespaces resolved as ``newAffinityTerm`` does."""

    namespaces: tuple[str, ...]
    namespace_selector: LabelSelector | None
    selector: LabelSelector | None
    topology_key: str
    path: str

    @classmethod
    def of(cls, term: PodAffinityTerm, namespace: str, path: str) -> AffinityTerm:
        """Without ``namespaces`` and ``namespaceSelector`` a term means the namespace of the pod that has it."""
        own = not term.namespaces and term.namespace_selector is None
        return cls(
            namespaces=(namespace,) if own else tuple(term.namespaces),
            namespace_selector=term.namespace_selector,
            selector=term.label_selector,
            topology_key=term.topology_key,
            path=path,
        )

    def matches(self, pod: PodInfo, snapshot: Snapshot, *, incoming: bool) -> bool:
        """Whether the term selects ``pod``, wherever it runs. An absent selector selects nothing.

        ``incoming`` says that the pod which has the term is the one being scheduled. PreFilter then turns the namespace
        selector into names, but forgets to drop the selector, which goes on to match any namespace as if it had no
        labels (see :data:`INCOMING_SELECTOR_SEES_NO_LABELS`).
        """
        if self.selector is None or not self.selector.matches(pod.labels):
            return False
        if pod.namespace in self.namespaces:
            return True
        if self.namespace_selector is None:
            return False
        return self.namespace_selector.matches(snapshot.namespace_labels(pod.namespace)) or (
            incoming and INCOMING_SELECTOR_SEES_NO_LABELS and self.namespace_selector.matches(EMPTY)
        )


@frozen(cache_hash=True)
class PodInfo:
    """What filters need of a pod, or of every pod made from a template.

    ``requests`` are integers as the scheduler counts them: milli-cores for ``cpu``, the rounded-up value otherwise.
    """

    name: str
    namespace: str
    labels: Mapping[str, str] = field(converter=freeze)
    spec: PodSpec
    requests: Mapping[str, int] = field(converter=freeze)
    priority: int
    host_ports: tuple[HostPort, ...]
    affinity: tuple[AffinityTerm, ...]
    anti_affinity: tuple[AffinityTerm, ...]
    uid: str = field(default="", eq=False)
    kin: LabelSelector | None = field(default=None, eq=False)
    """The pods that the pod is spread from when it has no constraints of its own and nodes are scored: what its
    Services and its controller select (``scoring.pod_topology_spread.default_selector``)."""

    @classmethod
    def of(
        cls,
        pod: Pod | PodTemplateSpec,
        *,
        namespace: str | None = None,
        name: str | None = None,
        labels: Mapping[str, str] = EMPTY,
        priority: int | None = None,
        created_by_api_server: bool = True,
    ) -> PodInfo:
        """What filters see of ``pod``.

        Parameters
        ----------
        namespace
            Where the pod is created; needed for templates. Default: its own, else ``default``.
        name
            How explanations call it. Default: its own name.
        labels
            Added to its own labels, such as the ``pod-template-hash`` a controller adds.
        priority
            The value admission resolved. Default: ``spec.priority``, else 0.
        created_by_api_server
            ``False`` leaves ``matchLabelKeys`` of a template's pod affinity unmerged, as if its pods bypassed the API
            server. A pod was merged, or was not, when it was decoded.
        """
        metadata = pod.metadata
        where = namespace or metadata.namespace or "default"
        every_label = {**metadata.labels, **labels}
        merged = created_by_api_server and isinstance(pod, PodTemplateSpec)
        spec = merge_affinity_keys(pod.spec, every_label) if merged else pod.spec
        affinity = spec.affinity
        return cls(
            name=name or metadata.name,
            namespace=where,
            labels=every_label,
            spec=spec,
            requests=pod_requests(spec),
            priority=priority if priority is not None else spec.priority or 0,
            host_ports=_host_ports(spec),
            affinity=_terms(affinity.pod_affinity, where, "affinity.podAffinity") if affinity else (),
            anti_affinity=_terms(affinity.pod_anti_affinity, where, "affinity.podAntiAffinity") if affinity else (),
            uid=metadata.uid or "",
        )

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.name else f"a pod of namespace {self.namespace}"


def _terms(group: PodAffinity | PodAntiAffinity | None, namespace: str, path: str) -> tuple[AffinityTerm, ...]:
    if group is None:
        return ()
    terms = group.required_during_scheduling_ignored_during_execution
    return tuple(AffinityTerm.of(term, namespace, f"{path}.{REQUIRED}[{i}]") for i, term in enumerate(terms))


def _host_ports(spec: PodSpec) -> tuple[HostPort, ...]:
    """``GetHostPorts`` in pkg/scheduler/util/utils.go: sidecars first, then containers; init containers do not count.

    With ``hostNetwork`` the API server defaults ``hostPort`` to ``containerPort``
    (``defaultHostNetworkPorts`` in pkg/apis/core/v1/defaults.go).
    """
    ports: list[HostPort] = []
    for kind, containers in (("initContainers", spec.init_containers), ("containers", spec.containers)):
        for i, container in enumerate(containers):
            if kind == "initContainers" and not container.is_sidecar:
                continue
            for j, port in enumerate(container.ports):
                number = port.host_port or (port.container_port if spec.host_network else 0)
                if number:
                    field_name = "hostPort" if port.host_port else "containerPort"
                    path = f"{kind}[{i}].ports[{j}].{field_name}"
                    ports.append(HostPort(port.host_ip or "0.0.0.0", port.protocol or "TCP", number, path))
    return tuple(ports)


@frozen(cache_hash=True)
class NodeInfo:
    """What filters need of a node. ``allocatable`` is in the units of :attr:`PodInfo.requests`, with ``pods``."""

    name: str
    labels: Mapping[str, str] = field(default=EMPTY, converter=freeze)
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False
    allocatable: Mapping[str, int] = field(default=EMPTY, converter=freeze)
    images: Mapping[str, int] = field(default=EMPTY, converter=freeze, eq=False)
    """The images on the node by every name they have, in bytes. No filter looks at them."""

    @classmethod
    def of(cls, node: Node) -> NodeInfo:
        """Capacity stands in for allocatable where that is absent (``SetDefaults_NodeStatus``)."""
        return cls(
            name=node.metadata.name,
            labels=node.metadata.labels,
            taints=node.spec.taints,
            unschedulable=bool(node.spec.unschedulable),
            allocatable=node_allocatable(node.status),
            images={name: image.size_bytes or 0 for image in reversed(node.status.images) for name in image.names},
        )


@frozen
class PodGroup:
    """Pods the filters cannot tell apart: the same template, all of them terminating or none.

    ``nominated`` pods are not bound: preemption promised them room (see :func:`profile.with_nominated`).
    """

    pod: PodInfo
    terminating: bool = False
    nominated: bool = False


@frozen(eq=False, slots=False)
class Snapshot:
    """Who is where. ``counts[group, node]`` says how many pods of a group are bound to a node; absent means none.

    A snapshot remembers what it was asked, so building the guards of all nodes matches each selector once.
    """

    nodes: tuple[NodeInfo, ...]
    groups: tuple[PodGroup, ...] = ()
    counts: Mapping[tuple[int, int], Number] = EMPTY
    namespaces: Mapping[str, Mapping[str, str]] = EMPTY
    storage: Storage = field(factory=Storage)
    removed: frozenset[tuple[int, int]] = frozenset()
    """Where a dry run took pods away, by group and node. The spread filter takes off what it never counted, too."""
    _structure: dict[Hashable, Any] = field(factory=dict, init=False, repr=False)
    _sums: dict[Hashable, Number] = field(factory=dict, init=False, repr=False)

    def with_counts(
        self, counts: Mapping[tuple[int, int], Number], removed: frozenset[tuple[int, int]] = frozenset()
    ) -> Snapshot:
        """The same cluster in another state; what is known of its structure is kept."""
        other = evolve(self, counts=counts, removed=removed)
        other._structure.update(self._structure)
        return other

    def memo(self, key: Hashable, build: Callable[[], T]) -> T:
        """``build()``, called once for each ``key``. It may depend on nodes, groups and namespaces, not on counts."""
        if key not in self._structure:
            self._structure[key] = build()
        return cast(T, self._structure[key])

    def look(self, node_index: int, key: Hashable, read: Callable[[NodeInfo], T]) -> T:
        """``read`` of a node: something hashable that other objects say about it, called ``key``, once per node."""
        return self.memo((key, node_index), lambda: read(self.nodes[node_index]))

    def holding(self, labels: Mapping[str, str]) -> Sequence[int]:
        """Few groups, in order, with all among them whose pods have all of ``labels``: whoever selects pods need not
        look at the others."""
        if not labels:
            return range(len(self.groups))
        found = self.memo(("groups by label",), self._groups_by_label)
        return min((found.get(pair, ()) for pair in labels.items()), key=len)

    def _groups_by_label(self) -> dict[tuple[str, str], list[int]]:
        found: dict[tuple[str, str], list[int]] = {}
        for index, group in enumerate(self.groups):
            for pair in group.pod.labels.items():
                found.setdefault(pair, []).append(index)
        return found

    def namespace_labels(self, namespace: str) -> Mapping[str, str]:
        """The labels of a namespace with its name label; a namespace nobody described exists and has only that."""
        return self.memo(
            ("namespace", namespace), lambda: {NAMESPACE_NAME: namespace, **self.namespaces.get(namespace, EMPTY)}
        )

    def domains(self, key: str) -> Mapping[str, tuple[int, ...]]:
        """Nodes by their value of the label ``key``; nodes without it are in no domain."""

        def build() -> dict[str, tuple[int, ...]]:
            found: dict[str, list[int]] = {}
            for index, node in enumerate(self.nodes):
                if key in node.labels:
                    found.setdefault(node.labels[key], []).append(index)
            return {value: tuple(indices) for value, indices in found.items()}

        return self.memo(("domains", key), build)

    def domain(self, key: str, node_index: int) -> tuple[int, ...]:
        """The nodes in the same domain as a node; empty when it lacks the label."""
        value = self.nodes[node_index].labels.get(key)
        return () if value is None else self.domains(key)[value]

    def pods(self, groups: tuple[int, ...], nodes: tuple[int, ...]) -> Number:
        """How many pods of ``groups`` are on ``nodes``."""
        key = (groups, nodes)
        if key not in self._sums:
            if len(groups) == len(self.groups):
                self._sums[key] = total(number for n in nodes for _, number in self._present.get(n, ()))
            else:
                self._sums[key] = total(self.counts.get((g, n), 0) for n in nodes for g in groups)
        return self._sums[key]

    def by_domain(
        self, groups: tuple[int, ...], domains: Mapping[str, tuple[int, ...]], uncounted: tuple[int, ...] = ()
    ) -> Mapping[str, Number]:
        """How many pods of ``groups`` are in each of ``domains``, which have nodes.

        A dry run takes off every pod that it removed, those of the ``uncounted`` groups too (``updateWithPod``).
        """
        return {
            value: self.pods(groups, nodes)
            - (sum((group, node) in self.removed for node in nodes for group in uncounted) if self.removed else 0)
            for value, nodes in domains.items()
        }

    def here_and_elsewhere(
        self,
        node_index: int,
        key: str,
        groups: tuple[int, ...],
        domains: Mapping[str, tuple[int, ...]],
        uncounted: tuple[int, ...] = (),
    ) -> tuple[Number | None, tuple[Number, ...]]:
        """:meth:`by_domain` as a node sees it, which is in the domain that its label ``key`` names.

        The first is the number in that domain, ``None`` where it is not among ``domains``. The others are for asking
        whether something is at most as large as the number in every other domain. That of its own domain, or the least
        of all, may be among them or stand for them: ask about the own domain first.
        """
        numbers = dict(self.by_domain(groups, domains, uncounted))
        here = numbers.pop(self.nodes[node_index].labels[key], None)
        return here, tuple(numbers.values())

    def requested(self, node_index: int, resource: str) -> Number:
        """The requests of all pods on a node. Terminating pods hold their resources until they are gone."""
        key = (node_index, resource)
        if key not in self._sums:
            self._sums[key] = total(
                times(number, self.groups[g].pod.requests[resource])
                for g, number in self._present.get(node_index, ())
                if resource in self.groups[g].pod.requests
            )
        return self._sums[key]

    @cached_property
    def _present(self) -> Mapping[int, Sequence[tuple[int, Number]]]:
        """The groups on each node, in order, with their counts."""
        found: dict[int, list[tuple[int, Number]]] = {}
        for (group, node), number in sorted(self.counts.items(), key=itemgetter(0)):
            found.setdefault(node, []).append((group, number))
        return found

    @property
    def every_group(self) -> tuple[int, ...]:
        return tuple(range(len(self.groups)))


@frozen(eq=False)
class Requirement:
    """One thing a filter asks for. The pod passes the filter when all its requirements hold.

    Attributes
    ----------
    plugin
        The filter, by the scheduler's name.
    holds
        ``True``, ``False`` or a condition over the counts of the snapshot.
    reason
        The scheduler's own words when it does not hold.
    path
        The field responsible, relative to the pod spec; empty when no single field is.
    stable
        Once it held for a pod that was then bound, it keeps holding whatever else is scheduled or deleted later,
        because every later pod meets the same filters. Pods that bypass the scheduler (``spec.nodeName``) and changes
        to nodes are outside this promise.
    resolvable
        ``False`` when removing pods from this node cannot help (``UnschedulableAndUnresolvable``): preemption skips it.
    before_filters
        The scheduler leaves the node out before it runs any filter (PreFilter), and reports this and nothing else.
    gives_up
        PreFilter gives the pod up for all nodes alike; whatever else is wrong with one of them is not said.
    explain
        Says what the reason does not: the smallest thing that would change the answer. Called only when shown.
    """

    plugin: str
    holds: Condition
    reason: str
    path: str
    stable: bool
    resolvable: bool
    explain: Callable[[], str] = field(repr=False)
    before_filters: bool = False
    gives_up: bool = False

    @property
    def detail(self) -> str:
        return self.explain()


@frozen(eq=False)
class Plugin:
    """A filter plugin: its name and its rule. Requirements that hold by construction may be left out.

    ``reports_all`` says whether the scheduler reports every failing requirement or only the first.
    """

    name: str
    requirements: Callable[[PodInfo, int, Snapshot], Iterator[Requirement]]
    reports_all: bool = False
