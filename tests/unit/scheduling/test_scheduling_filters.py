"""The rules of the filters that the recorded verdicts touch seldom or not at all, and the profile around them."""

from __future__ import annotations

import pytest

from kverify.api.labels import parse_int64
from kverify.api.quantity import parse_quantity
from kverify.api.types.affinity import NodeSelectorRequirement, NodeSelectorTerm, Toleration
from kverify.api.types.container import Container, ContainerPort
from kverify.api.types.meta import LabelSelector, ObjectMeta
from kverify.api.types.node import Node, NodeStatus, Taint
from kverify.api.types.pod import Pod, PodSpec, PodTemplateSpec
from kverify.model.expr import integer
from kverify.model.scheduling import (
    NodeInfo,
    PodGroup,
    PodInfo,
    Snapshot,
    feasible,
    feasible_nodes,
    message,
    reject,
    reported,
    with_nominated,
)
from kverify.model.scheduling.taint_toleration import tolerates
from tests.unit.scheduling.scheduling_cases import (
    HOST,
    ZONE,
    affinity,
    anti_affinity,
    cluster,
    expression,
    node,
    node_affinity,
    pod,
    selector,
    spread,
    term,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), ("007", 7), ("+7", 7), ("-7", -7), (str((1 << 63) - 1), (1 << 63) - 1), (str(-(1 << 63)), -(1 << 63))],
)
def test_integers_are_read_as_go_reads_them(text: str, number: int) -> None:
    assert parse_int64(text) == number


@pytest.mark.parametrize("text", ["", "+", "1_0", " 1", "1 ", "1.0", "0x1", "٣", str(1 << 63), str(-(1 << 63) - 1)])
def test_what_go_does_not_read_as_an_integer(text: str) -> None:
    assert parse_int64(text) is None


def test_a_term_that_cannot_be_read_leaves_the_others() -> None:
    broken, fine = expression("gen", "Gt", "x"), expression(HOST, "Exists")
    assert feasible(pod(affinity=node_affinity(broken, fine)), 0, cluster((node(),))) is True
    assert feasible(pod(affinity=node_affinity(broken)), 0, cluster((node(),))) is False


def test_nodes_that_no_term_names_are_left_out_first() -> None:
    names = NodeSelectorRequirement(key="metadata.name", operator="In", values=("n1",))
    picky = pod(affinity=node_affinity(NodeSelectorTerm(match_fields=(names,))), requests={"cpu": "9"})
    (first,) = reported(picky, 0, cluster((node(unschedulable=True), node("n1"))))
    assert first.reason == "node(s) didn't satisfy plugin(s) [NodeAffinity]"
    assert [r.plugin for r in reported(picky, 1, cluster((node(), node("n1"))))] == ["NodeResourcesFit"]


@pytest.mark.parametrize(
    ("toleration", "covered"),
    [
        (Toleration(operator="Exists"), True),
        (Toleration(key="k"), False),
        (Toleration(key="k", value="v"), True),
        (Toleration(key="k", operator="Exists", effect="NoExecute"), False),
        (Toleration(key="k", operator="Equal", value="v", effect="NoSchedule"), True),
        (Toleration(key="k", operator="Lt", value="v"), False),
    ],
)
def test_tolerations(toleration: Toleration, covered: bool) -> None:
    assert tolerates(toleration, Taint(key="k", value="v", effect="NoSchedule")) is covered


def test_prefer_no_schedule_does_not_filter() -> None:
    assert reject(pod(), 0, cluster((node(taints=(Taint(key="k", effect="PreferNoSchedule"),)),))) == ()


def test_ports_of_sidecars_count_and_those_of_init_containers_do_not() -> None:
    port = (ContainerPort(container_port=80, host_port=80),)
    init, sidecar = Container(ports=port), Container(ports=port, restart_policy="Always")
    assert pod(init_containers=(init,)).host_ports == ()
    assert [p.path for p in pod(init_containers=(init, sidecar)).host_ports] == ["initContainers[1].ports[0].hostPort"]


def test_host_network_binds_the_container_ports() -> None:
    (port,) = pod(ports=(ContainerPort(container_port=80),), host_network=True).host_ports
    assert (str(port), port.path) == ("0.0.0.0:80/TCP", "containers[0].ports[0].containerPort")


def test_other_protocols_and_addresses_do_not_conflict() -> None:
    def binds(**given: str) -> PodInfo:
        return pod(ports=(ContainerPort(container_port=1, host_port=80, **given),))

    state = cluster((node(),), (binds(host_ip="10.0.0.1"), {0: 1}))
    assert [
        feasible(binds(**given), 0, state)
        for given in ({"host_ip": "10.0.0.2"}, {"protocol": "UDP"}, {"host_ip": "10.0.0.1"}, {})
    ] == [True, True, False, False]


def test_a_pod_that_asks_for_nothing_fits_an_overcommitted_node() -> None:
    state = cluster((node(cpu=1000),), (pod("big", requests={"cpu": "8"}), {0: 1}))
    assert reject(pod(), 0, state) == ()
    assert reject(pod(requests={"cpu": "0"}), 0, state) == ()


def test_capacity_stands_in_for_allocatable() -> None:
    capacity = {"cpu": parse_quantity("1500m"), "pods": parse_quantity("3"), "unknown": parse_quantity("1")}
    info = NodeInfo.of(Node(metadata=ObjectMeta(name="n"), status=NodeStatus(capacity=capacity)))
    assert info.allocatable == {"cpu": 1500, "pods": 3}


def test_a_pod_without_its_own_label_is_not_counted_by_its_spread() -> None:
    web = pod(topology_spread_constraints=(spread(ZONE, selector(app="web")),))
    zones = tuple(node(f"n{i}", labels={ZONE: zone}) for i, zone in enumerate("ab"))
    assert feasible_nodes(web, cluster(zones, (web, {0: 5}))) == (0, 1)


def test_an_empty_spread_selector_counts_nobody() -> None:
    web = pod(topology_spread_constraints=(spread(ZONE, LabelSelector()),))
    zones = tuple(node(f"n{i}", labels={ZONE: zone}) for i, zone in enumerate("ab"))
    assert feasible_nodes(web, cluster(zones, (web, {0: 5}))) == (0, 1)


def test_schedule_anyway_does_not_filter() -> None:
    lenient = spread(ZONE, selector(app="web"), when_unsatisfiable="ScheduleAnyway")
    assert feasible(pod(labels={"app": "web"}, topology_spread_constraints=(lenient,)), 0, cluster((node(),))) is True


def test_terminating_pods_hold_resources_but_do_not_count_for_spread() -> None:
    web = pod(
        labels={"app": "web"}, requests={"cpu": "3"}, topology_spread_constraints=(spread(HOST, selector(app="web")),)
    )
    both = (node("n0"), node("n1"))
    leaving = Snapshot(both, (PodGroup(web, terminating=True),), {(0, 0): 1})
    assert {r.plugin for r in reject(web, 0, leaving)} == {"NodeResourcesFit"}
    assert {r.plugin for r in reject(web, 0, cluster(both, (web, {0: 1})))} == {
        "NodeResourcesFit",
        "PodTopologySpread",
    }


def test_the_first_pod_of_a_series_may_start_it() -> None:
    web = pod(labels={"app": "web"}, affinity=affinity(term(ZONE, selector(app="web"))))
    zones = tuple(node(f"n{i}", labels={ZONE: zone}) for i, zone in enumerate("ab"))
    assert feasible_nodes(web, cluster((*zones, node("bare")))) == (0, 1)
    assert feasible_nodes(web, cluster(zones, (web, {1: 1}))) == (1,)


def test_a_matching_pod_outside_every_domain_does_not_end_the_first_pod_rule() -> None:
    web = pod(labels={"app": "web"}, affinity=affinity(term(ZONE, selector(app="web"))))
    assert feasible_nodes(web, cluster((node(labels={ZONE: "a"}), node("bare")), (web, {1: 1}))) == (0,)


def test_label_keys_are_merged_when_the_pod_is_created() -> None:
    terms = term(HOST, selector(app="web"), match_label_keys=("rev", "absent"), mismatch_label_keys=("team",))
    apart = anti_affinity(terms)
    template = PodTemplateSpec(metadata=ObjectMeta(labels={"app": "web", "team": "a"}), spec=PodSpec(affinity=apart))
    new = PodInfo.of(template, namespace="default", labels={"rev": "2"})
    assert new.anti_affinity[0].selector is not None
    assert [(e.key, e.operator, e.values) for e in new.anti_affinity[0].selector.match_expressions] == [
        ("rev", "In", ("2",)),
        ("team", "NotIn", ("a",)),
    ]
    raw = PodInfo.of(template, namespace="default", created_by_api_server=False)
    assert raw.spec is template.spec


def test_the_namespace_of_a_pod_is_default() -> None:
    info = PodInfo.of(Pod(metadata=ObjectMeta(name="p"), spec=PodSpec(priority=7)))
    assert (str(info), info.namespace, info.priority) == ("default/p", "default", 7)
    assert PodInfo.of(Pod(metadata=ObjectMeta(name="p", namespace="shop")), priority=3).namespace == "shop"


def test_existing_terms_are_read_with_the_labels_of_the_namespace() -> None:
    apart = anti_affinity(term(HOST, selector(app="web"), namespace_selector=selector(team="a")))
    guard = pod("guard", affinity=apart)
    for namespace, fits in (("team-a", False), ("team-b", True)):
        web = pod(labels={"app": "web"}, namespace=namespace)
        state = cluster((node(),), (guard, {0: 1}), namespaces={"team-a": {"team": "a"}})
        assert feasible(web, 0, state) is fits


def test_every_namespace_has_its_name_as_a_label() -> None:
    named = selector(**{"kubernetes.io/metadata.name": "team-a"})
    guard = pod("guard", affinity=anti_affinity(term(HOST, selector(app="web"), namespace_selector=named)))
    web = pod(labels={"app": "web"}, namespace="team-a")
    assert feasible(web, 0, cluster((node(),), (guard, {0: 1}))) is False


# -- the profile ---------------------------------------------------------------------------------------------------


def test_the_message_counts_reasons_in_the_scheduler_s_order() -> None:
    state = cluster((node("n0", unschedulable=True), node("n1", unschedulable=True), node("n2", cpu=100, pods=0)))
    assert message(pod(requests={"cpu": "1"}), state) == (
        "0/3 nodes are available: 1 Insufficient cpu, 1 Too many pods, 2 node(s) were unschedulable."
    )
    assert message(pod(), cluster((node(),))) is None
    assert message(pod(), cluster(())) == "no nodes available to schedule pods"


def test_a_constant_refusal_needs_no_counts() -> None:
    state = Snapshot((node(unschedulable=True),), (PodGroup(pod()),), {(0, 0): integer("n")})
    assert feasible(pod(), 0, state) is False


def test_room_promised_to_another_pod_is_not_free() -> None:
    web, rival = pod(requests={"cpu": "3"}), pod("rival", requests={"cpu": "2"})
    state = cluster((node(), node("n1")))
    assert [r.reason for r in reject(web, 0, with_nominated(state, 0, [rival]))] == ["Insufficient cpu"]
    assert reject(web, 1, with_nominated(state, 0, [rival])) == ()


def test_the_terms_of_nominated_pods_are_overlooked_unless_a_bound_pod_has_some_too() -> None:
    """InterPodAffinity's PreFilter skips the filter when no *bound* pod objects; nominated pods come later."""
    guard = pod("guard", affinity=anti_affinity(term(HOST, selector(app="web"))))
    web, both = pod(labels={"app": "web"}), (node(), node("n1"))
    assert reject(web, 0, with_nominated(cluster(both), 0, [guard])) == ()
    elsewhere = cluster(both, (guard, {1: 1}))
    assert [r.plugin for r in reject(web, 0, with_nominated(elsewhere, 0, [guard]))] == ["InterPodAffinity"]


def test_another_state_keeps_the_structure() -> None:
    web = pod(labels={"app": "web"}, affinity=anti_affinity(term(HOST, selector(app="web"))))
    before = cluster((node(),), (web, {0: 1}))
    assert feasible(web, 0, before) is False
    assert feasible(web, 0, before.with_counts({})) is True
    assert feasible(web, 0, before) is False
