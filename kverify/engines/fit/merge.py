"""Pods that no filter tells apart are one demand, whatever they are called and whatever runs in them.

Two pods are alike when they are in one namespace, request the same, ask the same of nodes and of other pods, and every
label selector that some pod of the question uses says the same of both.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

from attrs import evolve, frozen

from kverify.api.types.meta import LabelSelector
from kverify.api.types.volume import Volume
from kverify.engines.schedulability import Cluster, Demand
from kverify.model.scheduling.framework import PodGroup, PodInfo
from kverify.model.scheduling.requests import request_path

_NOT_SCHEDULED = ("config_map", "secret", "empty_dir", "downward_api", "projected", "host_path", "git_repo", "image")
"""Volumes that no filter looks at."""


@frozen(eq=False)
class Selectors:
    """Every label selector of the pods of a question, and the label keys whose very values count."""

    selectors: tuple[LabelSelector, ...]
    keys: tuple[str, ...]

    @classmethod
    def of(cls, pods: Iterable[PodInfo]) -> Selectors:
        """Those that ``pods`` use."""
        selectors: dict[LabelSelector, None] = {}
        keys: set[str] = set()
        for pod in pods:
            for term in (*pod.affinity, *pod.anti_affinity):
                if term.selector is not None:
                    selectors[term.selector] = None
            for constraint in pod.spec.topology_spread_constraints:
                keys.update(constraint.match_label_keys)
                if constraint.label_selector is not None:
                    selectors[constraint.label_selector] = None
        return cls(tuple(selectors), tuple(sorted(keys)))

    def see(self, labels: Mapping[str, str]) -> Hashable:
        """What all of them say of a pod with ``labels``."""
        said = tuple(index for index, selector in enumerate(self.selectors) if selector.matches(labels))
        return said, tuple(labels.get(key) for key in self.keys)


def form(pod: PodInfo, selectors: Selectors) -> Hashable:
    """What filters see of a pod, and the fields that explanations name: equal for pods that are alike."""
    spec = pod.spec
    return (
        # The claims of ephemeral volumes have the name of the pod.
        pod.name if any(volume.ephemeral is not None for volume in spec.volumes) else "",
        pod.namespace,
        selectors.see(pod.labels),
        pod.requests,
        tuple(request_path(spec, resource) for resource in pod.requests),
        tuple((port, port.path) for port in pod.host_ports),
        pod.affinity,
        pod.anti_affinity,
        spec.node_name,
        spec.node_selector,
        spec.affinity,
        spec.tolerations,
        spec.topology_spread_constraints,
        tuple(volume for volume in spec.volumes if not _unseen(volume)),
        spec.scheduling_gates,
        spec.resource_claims,
        spec.scheduler_name,
        pod.priority,
    )


def _unseen(volume: Volume) -> bool:
    return any(getattr(volume, name) is not None for name in _NOT_SCHEDULED)


def merged(cluster: Cluster, pods: Sequence[PodInfo]) -> Cluster:
    """For ``pods`` that come, the same cluster with pods that stay and that are alike in one group."""
    selectors = Selectors.of((*pods, *(group.pod for group, _ in cluster.others)))
    groups: dict[Hashable, dict[int, int]] = {}
    kept: dict[Hashable, PodGroup] = {}
    for group, by_node in cluster.others:
        key = form(group.pod, selectors), group.terminating, group.nominated
        counts = groups.setdefault(key, {})
        kept.setdefault(key, group)
        for node, number in by_node.items():
            counts[node] = counts.get(node, 0) + number
    return evolve(cluster, others=tuple((kept[key], counts) for key, counts in groups.items()))


def parted(
    demands: Sequence[Demand], cluster: Cluster, limits: Sequence[tuple[Sequence[int], int]]
) -> tuple[tuple[int, ...], ...]:
    """The indices of demands that are alike, in the order of their first members.

    A demand that some limit names, or that wants no pods, is by itself.
    """
    selectors = Selectors.of((*(demand.pod for demand in demands), *(group.pod for group, _ in cluster.others)))
    limited = {d for members, _ in limits for d in members}
    found: dict[Hashable, list[int]] = {}
    for d, demand in enumerate(demands):
        alone = d in limited or not demand.count
        found.setdefault(d if alone else form(demand.pod, selectors), []).append(d)
    return tuple(tuple(members) for members in found.values())


def together(demands: Sequence[Demand], members: Sequence[int]) -> Demand:
    """The demands that are alike as one."""
    return evolve(demands[members[0]], count=sum(demands[d].count for d in members))


def shares(counts: Sequence[int], number: int, waiting: int | None) -> list[int]:
    """``number`` pods dealt out to demands that are alike and want ``counts``; who waits comes last."""
    found = [0 for _ in counts]
    order = sorted(range(len(counts)), key=lambda index: index == waiting)
    for index in order:
        found[index] = min(counts[index] - (index == waiting), number)
        number -= found[index]
    return found
