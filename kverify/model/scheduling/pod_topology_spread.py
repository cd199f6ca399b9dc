"""PodTopologySpread: the ``DoNotSchedule`` constraints of ``topologySpreadConstraints``.

Source: pkg/scheduler/framework/plugins/podtopologyspread/{common,filtering}.go. For each constraint::

    matching pods in the node's domain + (does the pod match itself) - fewest matching pods in a domain <= maxSkew

Domains are made of the nodes that have the keys of *all* DoNotSchedule constraints and pass the constraint's own
policies (``nodeAffinityPolicy`` defaults to Honor, ``nodeTaintsPolicy`` to Ignore). With fewer domains than
``minDomains`` the fewest counts as 0. Only pods of the same namespace count; terminating ones do not, and an empty
selector counts none at all.

The rule is checked when a pod is placed and never again: a later deletion elsewhere may break it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from attrs import frozen

from kverify.api.base import EMPTY
from kverify.api.types.affinity import TopologySpreadConstraint
from kverify.model.expr import Number, all_of
from kverify.model.scheduling import node_affinity
from kverify.model.scheduling.explain import count, label_mismatch, listing
from kverify.model.scheduling.framework import Plugin, PodInfo, Requirement, Snapshot
from kverify.model.scheduling.taint_toleration import untolerated

NAME = "PodTopologySpread"
REASON = "node(s) didn't match pod topology spread constraints"


@frozen
class Constraint:
    """A constraint with what it counts: which groups, on which nodes, and whether the pod counts itself.

    ``domains`` has the nodes that take part, by their value of the topology key. ``uncounted`` are groups that the
    selector matches and that are not counted all the same.
    """

    index: int
    spec: TopologySpreadConstraint
    self_match: int
    groups: tuple[int, ...]
    uncounted: tuple[int, ...]
    domains: Mapping[str, tuple[int, ...]]

    def matching(self, snapshot: Snapshot) -> Mapping[str, Number]:
        """The matching pods of each domain."""
        return snapshot.by_domain(self.groups, self.domains, self.uncounted)

    @property
    def path(self) -> str:
        return f"topologySpreadConstraints[{self.index}]"

    @property
    def floor_is_zero(self) -> bool:
        """Whether there are too few domains for the fewest to be taken over them."""
        return len(self.domains) < (self.spec.min_domains if self.spec.min_domains is not None else 1)


def is_hard(constraint: TopologySpreadConstraint) -> bool:
    """It keeps pods from nodes; the others only count as scores."""
    return constraint.when_unsatisfiable == "DoNotSchedule"


def hard(pod: PodInfo) -> Iterator[TopologySpreadConstraint]:
    """The constraints of ``pod`` that keep it from nodes."""
    return filter(is_hard, pod.spec.topology_spread_constraints)


def selects(constraint: TopologySpreadConstraint, pod: PodInfo, other: Mapping[str, str]) -> bool:
    """Whether ``constraint`` of ``pod`` counts a pod with labels ``other``.

    ``matchLabelKeys`` ask for the values ``pod`` has; keys it has no label for are skipped. An absent selector matches
    nothing by itself, but is dropped where match label keys take its place (``mergeLabelSetWithSelector``). For an
    empty selector, which matches every pod, see :func:`matching_groups`.
    """
    keys = [key for key in constraint.match_label_keys if key in pod.labels]
    if any(other.get(key) != pod.labels[key] for key in keys):
        return False
    if constraint.label_selector is None:
        return bool(keys)
    return constraint.label_selector.matches(other)


def requirements(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """One requirement for each DoNotSchedule constraint."""
    node = snapshot.nodes[node_index]
    for constraint in snapshot.memo((NAME, pod), lambda: tuple(_constraints(pod, snapshot))):
        key = constraint.spec.topology_key
        if not snapshot.domain(key, node_index):
            yield Requirement(
                plugin=NAME,
                holds=False,
                reason=f"{REASON} (missing required label)",
                path=f"{constraint.path}.topologyKey",
                stable=False,
                resolvable=False,
                explain=partial(_explain_key, key, node.labels),
            )
            continue
        matching, others = snapshot.here_and_elsewhere(
            node_index, key, constraint.groups, constraint.domains, constraint.uncounted
        )
        here = (0 if matching is None else matching) + constraint.self_match - constraint.spec.max_skew
        floors = (0,) if constraint.floor_is_zero else others
        own = [] if matching is None else [constraint.self_match <= constraint.spec.max_skew]
        yield Requirement(
            plugin=NAME,
            holds=all_of([*own, *(here <= floor for floor in floors)]),
            reason=REASON,
            path=constraint.path,
            stable=False,
            resolvable=True,
            explain=partial(_explain_skew, constraint, node_index, snapshot),
        )


def _constraints(pod: PodInfo, snapshot: Snapshot) -> Iterator[Constraint]:
    """The DoNotSchedule constraints of ``pod`` (``calPreFilterState``)."""
    hard = [
        (index, constraint)
        for index, constraint in enumerate(pod.spec.topology_spread_constraints)
        if is_hard(constraint)
    ]
    keys = [constraint.topology_key for _, constraint in hard]
    complete = {n for n, node in enumerate(snapshot.nodes) if all(key in node.labels for key in keys)}
    for index, constraint in hard:
        domains = {
            value: tuple(n for n in nodes if n in complete and takes_part(constraint, pod, n, snapshot))
            for value, nodes in snapshot.domains(constraint.topology_key).items()
        }
        counted, uncounted = matching_groups(constraint, pod, snapshot)
        yield Constraint(
            index=index,
            spec=constraint,
            self_match=int(selects(constraint, pod, pod.labels)),
            groups=counted,
            uncounted=uncounted,
            domains={value: nodes for value, nodes in domains.items() if nodes},
        )


def constraint(pod: PodInfo, index: int, snapshot: Snapshot) -> Constraint:
    """The ``index``-th constraint of ``pod``, with what it counts. Raises ``StopIteration`` if it is no hard one."""
    known: tuple[Constraint, ...] = snapshot.memo((NAME, pod), lambda: tuple(_constraints(pod, snapshot)))
    return next(c for c in known if c.index == index)


def matching_groups(
    constraint: TopologySpreadConstraint, pod: PodInfo, snapshot: Snapshot
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The groups that match and count, and those that match and do not (``countPodsMatchSelector``).

    Terminating pods do not count, and an empty selector counts no bound pod, although it matches the pod itself.
    Nominated pods are counted elsewhere (``updateWithPod``), without these exceptions.
    """
    selector = constraint.label_selector
    empty = selector is not None and selector.is_empty and not pod.labels.keys() & set(constraint.match_label_keys)
    counted: list[int] = []
    uncounted: list[int] = []
    for index in snapshot.holding(selector.match_labels if selector is not None else EMPTY):
        group = snapshot.groups[index]
        if group.pod.namespace == pod.namespace and selects(constraint, pod, group.pod.labels):
            counts = group.nominated or not (group.terminating or empty)
            (counted if counts else uncounted).append(index)
    return tuple(counted), tuple(uncounted)


def takes_part(constraint: TopologySpreadConstraint, pod: PodInfo, node_index: int, snapshot: Snapshot) -> bool:
    """``matchNodeInclusionPolicies``."""
    node = snapshot.nodes[node_index]
    if (constraint.node_affinity_policy or "Honor") == "Honor" and not node_affinity.matches(pod, node):
        return False
    return constraint.node_taints_policy != "Honor" or not any(untolerated(pod, node.taints))


PLUGIN = Plugin(NAME, requirements)


def _explain_key(key: str, labels: Mapping[str, str]) -> str:
    return f"the constraint spreads over {key}; {label_mismatch(key, (), labels)}"


def _explain_skew(constraint: Constraint, node_index: int, snapshot: Snapshot) -> str:
    spec, counts = constraint.spec, constraint.matching(snapshot)
    value = snapshot.nodes[node_index].labels[spec.topology_key]
    numbers = {domain: number for domain, number in counts.items() if isinstance(number, int)}
    if len(numbers) < len(counts):
        return f"the constraint lets {spec.topology_key}={value} be at most {spec.max_skew} ahead of any other domain"
    if constraint.floor_is_zero:
        least = f"with {count(len(counts), 'domain')} of minDomains {spec.min_domains or 1} the fewest counts as 0"
    else:
        fewest = min(numbers.values())
        least = f"{listing(d for d, number in numbers.items() if number == fewest)} {fewest}"
    after = numbers.get(value, 0) + constraint.self_match
    text = (
        f"{spec.topology_key}={value} would have {count(after, 'matching pod')}, {least}: "
        f"more than maxSkew {spec.max_skew} apart"
    )
    return text if constraint.self_match else f"{text} (the selector does not match the pod itself)"
