"""What is said beyond the scheduler's own words: the smallest thing that would change the answer."""

from __future__ import annotations

from typing import Any

import pytest

from kverify.api.quantity import parse_quantity
from kverify.api.types.affinity import NodeSelectorTerm, Toleration
from kverify.api.types.container import Container, ContainerPort, ResourceRequirements
from kverify.api.types.node import Taint
from kverify.model.scheduling import NodeInfo, PodInfo, Requirement, Snapshot, reject, requirements
from kverify.model.scheduling.explain import amount, distance, nearest
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
    symbolic,
    term,
)

GPU = Taint(key="dedicated", value="gpu", effect="NoSchedule")


def only(incoming: PodInfo, where: NodeInfo | Snapshot) -> Requirement:
    """The one requirement that fails on the (first) node."""
    (requirement,) = reject(incoming, 0, where if isinstance(where, Snapshot) else cluster((where,)))
    return requirement


@pytest.mark.parametrize(
    ("asked", "labels", "detail"),
    [
        (
            {"diskType": "ssd"},
            {"disktype": "ssd"},
            "nodeSelector asks for diskType=ssd; the node has disktype=ssd: label keys are case-sensitive",
        ),
        (
            {"disktype": "ssd"},
            {"dsiktype": "ssd"},
            "nodeSelector asks for disktype=ssd; the node has dsiktype=ssd: is that a typing error?",
        ),
        (
            {"disktype": "ssd"},
            {"disktype": "SSD"},
            "nodeSelector asks for disktype=ssd; the node has disktype=SSD: label values are case-sensitive",
        ),
        ({"disktype": "ssd"}, {"disktype": "hdd"}, "nodeSelector asks for disktype=ssd; the node has disktype=hdd"),
        ({"disktype": "ssd"}, {}, "nodeSelector asks for disktype=ssd; the node has no label disktype"),
    ],
)
def test_d01_a_node_selector_names_the_nearest_label(
    asked: dict[str, str], labels: dict[str, str], detail: str
) -> None:
    requirement = only(pod(node_selector=asked), node(labels=labels))
    assert requirement.reason == "node(s) didn't match Pod's node affinity/selector"
    assert requirement.path == f"nodeSelector[{next(iter(asked))}]"
    assert requirement.detail == detail


@pytest.mark.parametrize(
    ("tolerations", "path", "detail"),
    [
        (
            [{"key": "gpu", "operator": "Equal", "value": "dedicated", "effect": "NoSchedule"}],
            "tolerations[0]",
            "toleration 0 has key gpu and value dedicated, the taint dedicated=gpu:NoSchedule has key dedicated and "
            "value gpu: key and value look swapped",
        ),
        (
            [
                {"operator": "Exists", "effect": "NoExecute"},
                {"key": "dedicated", "value": "gpu", "effect": "NoExecute"},
            ],
            "tolerations[0]",
            "toleration 0 has effect NoExecute, the taint dedicated=gpu:NoSchedule has effect NoSchedule: it has to "
            "name NoSchedule, or no effect, which tolerates all",
        ),
        (
            [{"key": "other", "operator": "Exists"}, {"key": "dedicated"}],
            "tolerations[1]",
            'toleration 1 has value "", the taint dedicated=gpu:NoSchedule has value gpu: without a value and an '
            "operator, only the empty value is tolerated (operator Exists takes any)",
        ),
        (
            [{"key": "dedicated", "value": "GPU"}],
            "tolerations[0]",
            "toleration 0 has value GPU, the taint dedicated=gpu:NoSchedule has value gpu: values are case-sensitive",
        ),
        (
            [{"key": "Dedicated", "operator": "Exists"}],
            "tolerations[0]",
            "toleration 0 has key Dedicated, the taint dedicated=gpu:NoSchedule has key dedicated: "
            "keys are case-sensitive",
        ),
        (
            [{"key": "other", "operator": "Exists"}],
            "tolerations",
            "the pod has no toleration with that key; the taint dedicated=gpu:NoSchedule takes one with key "
            "dedicated, value gpu and effect NoSchedule",
        ),
        (
            [],
            "tolerations",
            "the pod has no toleration; the taint dedicated=gpu:NoSchedule takes one with key dedicated, value gpu "
            "and effect NoSchedule",
        ),
    ],
)
def test_d02_a_taint_names_the_component_that_differs(
    tolerations: list[dict[str, Any]], path: str, detail: str
) -> None:
    requirement = only(pod(tolerations=tuple(Toleration(**one) for one in tolerations)), node(taints=(GPU,)))
    assert requirement.reason == "node(s) had untolerated taint {dedicated: gpu}"
    assert (requirement.path, requirement.detail) == (path, detail)


@pytest.mark.parametrize(
    ("terms", "path", "detail"),
    [
        (
            [expression("Gen", "In", "1", "2")],
            ".nodeSelectorTerms[0].matchExpressions[0]",
            "the term asks for Gen In [1, 2]; the node has gen=3: label keys are case-sensitive",
        ),
        (
            [expression("nothing", "Exists"), expression("gen", "Gt", "3")],
            ".nodeSelectorTerms[0].matchExpressions[0]",
            "of 2 terms the nearest, term 0, asks for nothing Exists; the node has no label nothing",
        ),
        (
            [expression("gen", "Lt", "three")],
            ".nodeSelectorTerms[0].matchExpressions[0]",
            "the term asks for gen Lt [three], which the scheduler cannot read and so matches nothing",
        ),
        (
            [expression("version", "Gt", "3")],
            ".nodeSelectorTerms[0].matchExpressions[0]",
            "the term asks for version Gt [3]; the node has version=v4, which is not an integer",
        ),
        (
            [expression("gen", "DoesNotExist")],
            ".nodeSelectorTerms[0].matchExpressions[0]",
            "the term asks for gen DoesNotExist; the node has gen=3",
        ),
        ([NodeSelectorTerm()], ".nodeSelectorTerms[0]", "term 0 is empty, and an empty term matches no node"),
        ([], "", "a required node affinity without terms matches no node"),
    ],
)
def test_node_affinity_names_the_nearest_term(terms: list[NodeSelectorTerm], path: str, detail: str) -> None:
    requirement = only(pod(affinity=node_affinity(*terms)), node(labels={"gen": "3", "version": "v4"}))
    assert requirement.path == f"affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution{path}"
    assert requirement.detail == detail


def test_a_shortage_is_counted() -> None:
    state = cluster((node(cpu=4000),), (pod("a", requests={"cpu": "1800m"}), {0: 2}))
    requirement = only(pod(requests={"cpu": "500m"}), state)
    assert (requirement.reason, requirement.path) == ("Insufficient cpu", "containers[0].resources.requests[cpu]")
    assert requirement.detail == (
        "the pod requests 500m cpu; of the node's 4 other pods request 3600m, so 100m is missing"
    )
    assert requirement.resolvable


def test_a_request_beyond_the_node_is_not_resolvable() -> None:
    requirement = only(pod(requests={"memory": "9Gi"}), node())
    assert not requirement.resolvable
    assert requirement.detail == "the pod requests 9Gi memory; the whole node allocates 8Gi, 1Gi too little"
    requirement = only(pod(requests={"example.com/gpu": "1"}), node())
    assert requirement.detail == "the pod requests 1 example.com/gpu; the node has none"


def test_a_symbolic_shortage_is_told_without_counts() -> None:
    state = symbolic(cluster((node(cpu=4000),), (pod("a", requests={"cpu": "1"}), {})))
    details = [r.detail for r in requirements(pod(requests={"cpu": "500m"}), 0, state)]
    assert details == ["the node takes 110 pods", "the pod requests 500m of the 4 cpu the node allocates"]


def test_the_request_that_matters_is_the_largest() -> None:
    def container(cpu: str) -> Container:
        return Container(resources=ResourceRequirements(requests={"cpu": parse_quantity(cpu)}))

    several = pod(containers=(container("1"), container("5")), init_containers=(container("2"),))
    assert only(several, node()).path == "containers[1].resources.requests[cpu]"
    init = pod(containers=(container("1"),), init_containers=(container("9"),))
    assert only(init, node()).path == "initContainers[0].resources.requests[cpu]"
    limit = pod(containers=(Container(resources=ResourceRequirements(limits={"cpu": parse_quantity("9")})),))
    assert only(limit, node()).path == "containers[0].resources.limits[cpu]"
    whole = pod(resources=ResourceRequirements(requests={"cpu": parse_quantity("9")}))
    assert only(whole, node()).path == "resources.requests[cpu]"
    overhead = pod(overhead={"cpu": parse_quantity("9")})
    assert only(overhead, node()).path == "overhead[cpu]"


def test_too_many_pods() -> None:
    assert only(pod(), cluster((node(pods=2),), (pod("a"), {0: 2}))).detail == "the node takes 2 pods and has 2"


def test_a_port_names_its_owner() -> None:
    taken = pod("proxy", ports=(ContainerPort(container_port=8080, host_port=80),))
    wanted = pod(ports=(ContainerPort(container_port=80, host_port=80, host_ip="10.0.0.1"),))
    requirement = only(wanted, cluster((node(),), (taken, {0: 1})))
    assert requirement.path == "containers[0].ports[0].hostPort"
    assert requirement.detail == (
        "the pod binds 10.0.0.1:80/TCP on the node, where 1 pod of default/proxy (0.0.0.0:80/TCP) is in the way"
    )


def test_a_skew_names_the_domains() -> None:
    web = pod(labels={"app": "web"}, topology_spread_constraints=(spread(ZONE, selector(app="web")),))
    zones = tuple(node(f"n{i}", labels={ZONE: zone}) for i, zone in enumerate("ab"))
    requirement = only(web, cluster(zones, (web, {0: 1})))
    assert requirement.reason == "node(s) didn't match pod topology spread constraints"
    assert requirement.path == "topologySpreadConstraints[0]"
    assert requirement.detail == (
        "topology.kubernetes.io/zone=a would have 2 matching pods, b 0: more than maxSkew 1 apart"
    )


def test_too_few_domains_are_named() -> None:
    constraint = spread(ZONE, selector(app="web"), min_domains=3)
    web = pod(labels={"app": "web"}, topology_spread_constraints=(constraint,))
    zones = tuple(node(f"n{i}", labels={ZONE: zone}) for i, zone in enumerate("ab"))
    assert only(web, cluster(zones, (web, {0: 1, 1: 1}))).detail == (
        "topology.kubernetes.io/zone=a would have 2 matching pods, with 2 domains of minDomains 3 the fewest counts "
        "as 0: more than maxSkew 1 apart"
    )


def test_a_missing_topology_key_is_named() -> None:
    web = pod(labels={"app": "web"}, topology_spread_constraints=(spread(ZONE, selector(app="web")),))
    requirement = only(web, node(labels={"topology.kubernetes.io/Zone": "a"}))
    assert requirement.reason.endswith("(missing required label)")
    assert requirement.detail == (
        "the constraint spreads over topology.kubernetes.io/zone; the node has topology.kubernetes.io/Zone=a: label "
        "keys are case-sensitive"
    )


def test_affinity_says_where_partners_are() -> None:
    web = pod(affinity=affinity(term(HOST, selector(app="db"))))
    db = pod("db", labels={"app": "db"})
    path = "affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]"
    elsewhere = only(web, cluster((node(), node("n1")), (db, {1: 2})))
    assert (elsewhere.path, elsewhere.detail) == (
        path,
        "no pod in kubernetes.io/hostname=n0 matches; elsewhere there are 2 pods of default/db",
    )
    nowhere = only(web, cluster((node(), node("n1"))))
    assert nowhere.detail == "no pod matches the term, and the pod does not match itself, so it cannot be the first"


def test_anti_affinity_says_who_is_in_the_way() -> None:
    web = pod(labels={"app": "web"}, affinity=anti_affinity(term(HOST, selector(app="web"))))
    mine, theirs = reject(web, 0, cluster((node(),), (web, {0: 1})))
    path = "affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]"
    assert mine.path == path
    assert mine.detail == (
        "kubernetes.io/hostname=n0 must have no pod that the term selects, such as 1 pod of default/web"
    )
    assert theirs.reason == "node(s) didn't satisfy existing pods anti-affinity rules"
    assert theirs.detail == (
        f"{path} of default/web (1 pod there) matches this pod's labels and keeps it out of kubernetes.io/hostname=n0"
    )


def test_a_cordoned_node_says_so() -> None:
    assert only(pod(), node(unschedulable=True)).detail.startswith("node n0 is cordoned (spec.unschedulable)")


def test_a_misspelt_node_name_is_told() -> None:
    assert only(pod(node_name="n9"), node("N9")).detail == (
        "the pod asks for node n9, which does not exist; there is N9: node names are case-sensitive"
    )
    assert only(pod(node_name="n1"), cluster((node(), node("n1")))).detail == "the pod asks for node n1; this is n0"


def test_words() -> None:
    assert distance("disktype", "disktpye") == 1
    assert distance("", "abc") == 3
    assert nearest("zone", ["region", "Zone", "zones"]) == "Zone"
    assert nearest("zone", ["region"]) is None
    assert nearest("zone", []) is None
    assert [amount("memory", n) for n in (0, 1000, 1 << 20, 3 << 30)] == ["0", "1000", "1Mi", "3Gi"]
    assert [amount("cpu", n) for n in (1, 1000, 1500)] == ["1m", "1", "1500m"]
    assert amount("example.com/gpu", 2048) == "2048"
