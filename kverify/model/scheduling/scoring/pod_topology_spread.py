"""PodTopologySpread: the ``ScheduleAnyway`` constraints; for a pod without any constraints those that everybody has.

Source: pkg/scheduler/framework/plugins/podtopologyspread/{scoring,common,plugin}.go and ``DefaultSelector`` in
pkg/scheduler/framework/plugins/helper/spread.go. For each constraint the matching pods in the node's domain count
``log(domains + 2)`` each, and ``maxSkew - 1`` comes on top. Fewer is better. Domains are those of the nodes the pod
fits on; their pods are counted on all nodes. Nodes without one of the topology keys get 0, but not under the default
constraints of the system: there each constraint counts for the nodes that have its key.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from attrs import evolve, frozen

from kverify.api.labels import HOSTNAME, ZONE
from kverify.api.types.affinity import TopologySpreadConstraint
from kverify.api.types.meta import LabelSelector, LabelSelectorRequirement
from kverify.model.scheduling.framework import PodInfo, Snapshot
from kverify.model.scheduling.pod_topology_spread import NAME, matching_groups, takes_part
from kverify.model.scheduling.scoring.framework import MAX_SCORE, ScorePlugin, known, rounded

ANYWAY = "ScheduleAnyway"
SYSTEM = (
    TopologySpreadConstraint(max_skew=3, topology_key=HOSTNAME, when_unsatisfiable=ANYWAY),
    TopologySpreadConstraint(max_skew=5, topology_key=ZONE, when_unsatisfiable=ANYWAY),
)
"""``systemDefaultConstraints``."""


def default_selector(services: Iterable[Mapping[str, str]], controller: LabelSelector | None) -> LabelSelector | None:
    """What the default constraints of a pod count: ``services`` are the selectors of the Services of its namespace that
    select it, ``controller`` that of its ReplicaSet, StatefulSet or ReplicationController. ``None`` where nothing is
    asked for, which means that the default constraints do not apply."""
    labels: dict[str, str] = {}
    for selector in services:
        labels.update(selector)
    expressions: tuple[LabelSelectorRequirement, ...] = ()
    if controller is not None:
        # Added, not merged: both have to hold where they disagree.
        expressions = tuple(
            LabelSelectorRequirement(key=key, operator="In", values=(value,))
            for key, value in controller.match_labels.items()
        )
        expressions += controller.match_expressions
    if not labels and not expressions:
        return None
    return LabelSelector(match_labels=labels, match_expressions=expressions)


@frozen(eq=False)
class _Counting:
    """A constraint with the pods it counts: by value of its topology key, or by node for the host name."""

    key: str
    skew: int
    groups: tuple[int, ...]
    nodes: Mapping[str, tuple[int, ...]]
    """The nodes whose pods count, by value; only those that take part. Not used for the host name."""

    def count(self, value: str, node: int, snapshot: Snapshot) -> int:
        if self.key == HOSTNAME:
            return known(snapshot.pods(self.groups, (node,)))
        return known(snapshot.pods(self.groups, self.nodes.get(value, ())))


def _score(
    defaults: tuple[TopologySpreadConstraint, ...],
    system: bool,
    pod: PodInfo,
    nodes: Sequence[int],
    snapshot: Snapshot,
) -> list[int] | None:
    own = bool(pod.spec.topology_spread_constraints)
    constraints: tuple[TopologySpreadConstraint, ...] = pod.spec.topology_spread_constraints
    if not own:
        kin = pod.kin
        constraints = () if kin is None else tuple(evolve(constraint, label_selector=kin) for constraint in defaults)
    soft = tuple(constraint for constraint in constraints if constraint.when_unsatisfiable == ANYWAY)
    if not soft:
        return None
    need_all = own or not system
    counting = snapshot.memo((NAME, "soft", pod, soft, need_all), partial(_counting, pod, soft, need_all, snapshot))
    complete = [node for node in nodes if not need_all or _has_all(soft, node, snapshot)]
    sizes = [
        len(complete)
        if constraint.key == HOSTNAME
        else len({snapshot.nodes[node].labels.get(constraint.key, "") for node in complete})
        for constraint in counting
    ]
    raw = {node: _raw(counting, [math.log(size + 2) for size in sizes], node, snapshot) for node in complete}
    lowest, highest = min(raw.values(), default=0), max(raw.values(), default=0)
    scores = []
    for node in nodes:
        if node not in raw:
            scores.append(0)
        elif highest == 0:
            scores.append(MAX_SCORE)
        else:
            scores.append(MAX_SCORE * (highest + lowest - raw[node]) // highest)
    return scores


def _counting(
    pod: PodInfo, constraints: Sequence[TopologySpreadConstraint], need_all: bool, snapshot: Snapshot
) -> tuple[_Counting, ...]:
    found = []
    for constraint in constraints:
        nodes: dict[str, list[int]] = {}
        for index, node in enumerate(snapshot.nodes):
            if need_all and not _has_all(constraints, index, snapshot):
                continue
            if takes_part(constraint, pod, index, snapshot):
                nodes.setdefault(node.labels.get(constraint.topology_key, ""), []).append(index)
        found.append(
            _Counting(
                key=constraint.topology_key,
                skew=constraint.max_skew,
                groups=matching_groups(constraint, pod, snapshot)[0],
                nodes={value: tuple(members) for value, members in nodes.items()},
            )
        )
    return tuple(found)


def _has_all(constraints: Iterable[TopologySpreadConstraint], node: int, snapshot: Snapshot) -> bool:
    return all(constraint.topology_key in snapshot.nodes[node].labels for constraint in constraints)


def _raw(counting: Sequence[_Counting], weights: Sequence[float], node: int, snapshot: Snapshot) -> int:
    labels = snapshot.nodes[node].labels
    score = 0.0
    for constraint, weight in zip(counting, weights, strict=True):
        if constraint.key in labels:
            number = constraint.count(labels[constraint.key], node, snapshot)
            score += float(number) * weight + float(constraint.skew - 1)
    return rounded(score)


def plugin(defaults: tuple[TopologySpreadConstraint, ...] | None = None, weight: int = 2) -> ScorePlugin:
    """The plugin with the ``defaultConstraints`` of a configuration; without them it has those of the system."""
    chosen = SYSTEM if defaults is None else defaults
    return ScorePlugin(NAME, partial(_score, chosen, defaults is None), weight)


PLUGIN = plugin()
