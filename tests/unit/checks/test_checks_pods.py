"""Every pod that the input can want at once, and what stays on the nodes."""

from __future__ import annotations

from kverify.api.decode import decode_all
from kverify.checks.fit.fit import run
from kverify.checks.fit.question import without
from kverify.checks.given.pods import makers_of, standing
from kverify.checks.options import Options
from kverify.cluster.admission import Admission
from kverify.cluster.bundle import Bundle
from kverify.engines.schedulability import Room
from kverify.manifest import read_text

SPEC = "{containers: [{name: c, image: i, resources: {requests: {cpu: '1'}}}]}"
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 4\n"
    f"  selector: {{matchLabels: {{app: web}}}}\n  template: {{metadata: {{labels: {{app: web}}}}, spec: {SPEC}}}\n"
)
SCALER = (
    "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n"
    "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 8}\n"
)


def bundle(wanted: str, existing: str = "") -> Bundle:
    def objects(text: str) -> tuple[object, ...]:
        decoded = decode_all(read_text(text, "case.yaml").documents)
        assert not decoded.diagnostics, decoded.diagnostics
        return decoded.objects

    return Bundle(objects(wanted), objects(existing) if existing else ())  # type: ignore[arg-type]


def node(name: str, cpu: int = 8, more: str = "") -> str:
    return (
        f"---\napiVersion: v1\nkind: Node\nmetadata: {{name: {name}, labels: {{kubernetes.io/hostname: {name}}}}}\n"
        f"spec: {{{more}}}\nstatus: {{allocatable: {{cpu: '{cpu}', pods: '20'}}}}\n"
    )


def pod(name: str, place: str, owner: str = "") -> str:
    owned = (
        f", ownerReferences: [{{apiVersion: apps/v1, kind: ReplicaSet, name: {owner}, uid: u, controller: true}}]"
        if owner
        else ""
    )
    spec = SPEC.replace("{containers", f"{{nodeName: {place}, containers", 1)
    return f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{app: web}}{owned}}}\nspec: {spec}\n"


def wanted(text: str, existing: str = "") -> dict[str, int]:
    return {maker.title: maker.most for maker in makers_of(Admission(bundle(text, existing)))}


def test_a_rollout_has_its_surge_on_top() -> None:
    assert wanted(DEPLOYMENT) == {"Deployment default/web": 5}


def test_an_autoscaler_decides_instead_of_replicas() -> None:
    assert wanted(DEPLOYMENT + SCALER) == {"Deployment default/web": 10}


def test_an_autoscaler_leaves_alone_what_is_scaled_to_zero() -> None:
    assert wanted(DEPLOYMENT.replace("replicas: 4", "replicas: 0") + SCALER) == {}


def test_a_pod_that_names_its_node_stays_there() -> None:
    case = bundle(pod("fixed", "n1"), node("n1"))
    assert makers_of(Admission(case)) == ()
    cluster, _ = standing(Admission(case))
    assert [dict(on) for _, on in cluster.others] == [{0: 1}]


def test_pods_of_nobody_stay_and_those_of_the_manifests_come_again() -> None:
    replica_set = DEPLOYMENT.replace("Deployment", "ReplicaSet")
    case = bundle(replica_set, node("n1") + pod("mine", "n1", "web") + pod("other", "n1", "gone"))
    cluster, _ = standing(Admission(case))
    assert [group.pod.name for group, _ in cluster.others] == ["other"]


def test_workloads_of_the_cluster_want_what_they_do_not_have_yet() -> None:
    replica_set = DEPLOYMENT.replace("Deployment", "ReplicaSet").replace("name: web", "name: there", 1)
    found = wanted(pod("new", "").replace("nodeName: , ", ""), replica_set + node("n1") + pod("p", "n1", "there"))
    assert found == {"Pod default/new": 1, "ReplicaSet default/there": 3}


def test_a_daemon_set_is_where_its_pods_may_be_even_on_a_cordoned_node() -> None:
    daemon = (
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec:\n"
        "  selector: {matchLabels: {app: agent}}\n"
        f"  template: {{metadata: {{labels: {{app: agent}}}}, spec: {SPEC}}}\n"
    )
    cordoned = "unschedulable: true, taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule}]"
    tainted = "taints: [{key: own, effect: NoSchedule}]"
    nodes = node("n1") + node("n2", more=cordoned) + node("n3", more=tainted) + node("n4", cpu=0)
    cluster, (row,) = standing(Admission(bundle(daemon, nodes)))
    assert [dict(on) for _, on in cluster.others] == [{0: 1, 1: 1}]
    assert [(lack.node, lack.reason, bool(lack.lasting)) for lack in row.lacking] == [("n4", "Insufficient cpu", True)]


def test_a_lost_node_takes_what_stood_on_it_along() -> None:
    case = bundle(DEPLOYMENT, node("n1") + node("n2") + pod("a", "n1", "x") + pod("b", "n2", "x"))
    cluster, _ = standing(Admission(case))
    left = without(cluster, (0,))
    assert [n.name for n in left.nodes] == ["n2"]
    assert sum(sum(on.values()) for _, on in left.others) == 1


def test_the_loss_of_a_node_is_asked_once_for_each_class() -> None:
    case = bundle(DEPLOYMENT, node("n1", 5) + node("n2", 5) + node("n3", 3))
    report = run(case, (), Options(), "1")
    assert [row.answer.room for row in report.rows] == [Room.ALWAYS]
    assert (report.evaluated, report.losses, report.exit_code) == (2, (), 0)
