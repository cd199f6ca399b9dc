"""A stable requirement that held when its pod was bound holds for as long as the pod is there."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kverify.api.types.container import ContainerPort
from kverify.api.types.meta import LabelSelector, LabelSelectorRequirement
from kverify.model.scheduling import PodGroup, PodInfo, Requirement, Snapshot, feasible, requirements
from tests.unit.scheduling.scheduling_cases import (
    ZONE,
    affinity,
    anti_affinity,
    cluster,
    node,
    pod,
    pods,
    selector,
    snapshots,
    spread,
    term,
)

Bound = list[tuple[PodInfo, int]]

NO_TEAM = LabelSelector(match_expressions=(LabelSelectorRequirement(key="team", operator="DoesNotExist"),))
CLUSTER = cluster(
    (node("n0", cpu=3000, labels={ZONE: "a"}), node("n1", cpu=3000, labels={ZONE: "b"})),
    namespaces={"team-a": {"team": "a"}},
)
WEB = pod("web", labels={"app": "web"})
FAR_WEB = pod("far-web", labels={"app": "web"}, namespace="team-a")
NEAR_WEB = pod("near-web", affinity=affinity(term(ZONE, selector(app="web"))))
NO_WEB = pod("no-web", affinity=anti_affinity(term(ZONE, selector(app="web"))))
NO_WEB_BY_TEAM = pod(
    "no-web-by-team", affinity=anti_affinity(term(ZONE, selector(app="web"), namespace_selector=NO_TEAM))
)
SPREAD_WEB = pod("spread-web", labels={"app": "web"}, topology_spread_constraints=(spread(ZONE, selector(app="web")),))
PORT = pod("port", ports=(ContainerPort(container_port=80, host_port=80),))
LARGE = pod("large", requests={"cpu": "2"})
TEMPLATES = (WEB, FAR_WEB, NEAR_WEB, NO_WEB, NO_WEB_BY_TEAM, SPREAD_WEB, PORT, LARGE)


def snapshot_of(empty: Snapshot, bound: Bound) -> Snapshot:
    """``bound`` pods, each a group of its own, on the nodes of ``empty``."""
    return Snapshot(
        empty.nodes,
        tuple(PodGroup(info) for info, _ in bound),
        {(g, n): 1 for g, (_, n) in enumerate(bound)},
        empty.namespaces,
    )


def broken(empty: Snapshot, bound: Bound) -> list[Requirement]:
    """The requirements of bound pods that do not hold any more, the pod itself not counted."""
    failing = []
    for position, (info, where) in enumerate(bound):
        others = snapshot_of(empty, bound[:position] + bound[position + 1 :])
        failing += [requirement for requirement in requirements(info, where, others) if not requirement.holds]
    return failing


def run(empty: Snapshot, steps: list[tuple[int | PodInfo, int]]) -> Bound:
    """Schedule pods where they fit, and delete the pod at a position where a step has a number."""
    bound: Bound = []
    for what, where in steps:
        if isinstance(what, int):
            del bound[what : what + 1]
        elif feasible(what, where, snapshot_of(empty, bound)):
            bound.append((what, where))
    return bound


@given(st.lists(st.tuples(st.sampled_from(TEMPLATES) | st.integers(0, 2), st.integers(0, 1)), max_size=10))
@settings(max_examples=500, deadline=None)
def test_what_is_stable_stays(steps: list[tuple[int | PodInfo, int]]) -> None:
    assert [requirement for requirement in broken(CLUSTER, run(CLUSTER, steps)) if requirement.stable] == []


@given(snapshots(), st.lists(pods(), min_size=1, max_size=3), st.data())
@settings(max_examples=100, deadline=None)
def test_what_is_stable_stays_in_any_cluster(empty: Snapshot, templates: list[PodInfo], data: st.DataObject) -> None:
    where = st.integers(0, len(empty.nodes) - 1)
    steps = data.draw(st.lists(st.tuples(st.sampled_from(templates) | st.integers(0, 2), where), max_size=8))
    assert [requirement for requirement in broken(empty, run(empty, steps)) if requirement.stable] == []


def test_affinity_breaks_when_its_partner_goes() -> None:
    (requirement,) = broken(CLUSTER, run(CLUSTER, [(WEB, 0), (NEAR_WEB, 0), (0, 0)]))
    assert (requirement.plugin, requirement.stable) == ("InterPodAffinity", False)


def test_spread_breaks_when_others_go() -> None:
    steps: list[tuple[int | PodInfo, int]] = [(SPREAD_WEB, 0), (SPREAD_WEB, 1), (SPREAD_WEB, 0), (1, 0)]
    unsettled = broken(CLUSTER, run(CLUSTER, steps))
    assert {(requirement.plugin, requirement.stable) for requirement in unsettled} == {("PodTopologySpread", False)}


def test_a_term_that_reaches_too_far_when_incoming_is_not_stable() -> None:
    """The term of a bound pod does not keep out all that it asked for (``INCOMING_SELECTOR_SEES_NO_LABELS``)."""
    (requirement,) = broken(CLUSTER, run(CLUSTER, [(NO_WEB_BY_TEAM, 0), (FAR_WEB, 0)]))
    assert (requirement.plugin, requirement.stable) == ("InterPodAffinity", False)
