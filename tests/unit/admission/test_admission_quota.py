"""What objects cost, which quotas they are charged to, and how many pods a quota leaves room for."""

from __future__ import annotations

import attrs
import pytest

from kverify.api.quantity import NANO, Quantity
from kverify.api.registry import resource_name
from kverify.api.types.quota import ResourceQuota
from kverify.cluster import key_of
from kverify.cluster.admission import one_more, tightest
from kverify.cluster.admission.usage import charge, covers, matching, spell, used_by
from tests.unit.admission.admission_helpers import admission, answer, objects, one, pod, refusals

QUOTA = """
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: q}
spec: {hard: {%s}%s}
"""


def quota(hard: str, rest: str = "") -> ResourceQuota:
    item = one(QUOTA % (hard, rest))
    assert isinstance(item, ResourceQuota)
    return item


def costs(text: str) -> dict[str, str]:
    return {name: spell(nano) for name, nano in charge(one(text)).items()}


@pytest.mark.parametrize(
    ("api_version", "kind", "name"),
    [
        ("v1", "Pod", "pods"),
        ("v1", "Endpoints", "endpoints"),
        ("networking.k8s.io/v1", "Ingress", "ingresses.networking.k8s.io"),
        ("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies.networking.k8s.io"),
        ("apps/v1", "Deployment", "deployments.apps"),
        ("gateway.networking.k8s.io/v1", "Gateway", "gateways.gateway.networking.k8s.io"),
    ],
)
def test_resources_are_the_plurals_of_kinds(api_version: str, kind: str, name: str) -> None:
    assert resource_name(api_version, kind) == name


def test_what_a_pod_costs() -> None:
    item = pod(
        "  initContainers: [{name: i, image: 'i:1', resources: {requests: {cpu: 2}}}]",
        ", resources: {requests: {cpu: 500m, memory: 1Gi, example.org/gpu: 1}, "
        "limits: {cpu: 1, memory: 2Gi, example.org/gpu: 1}}",
    )
    assert {name: spell(nano) for name, nano in charge(item).items()} == {
        **{"count/pods": "1", "pods": "1"},
        **{"cpu": "2", "requests.cpu": "2", "limits.cpu": "1"},
        **{"memory": "1073741824", "requests.memory": "1073741824", "limits.memory": "2147483648"},
        "requests.example.org/gpu": "1",
    }


def test_a_pod_that_has_ended_costs_its_count() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: 'i:1'}]}\n"
    assert costs(text + "status: {phase: Succeeded}\n") == {"count/pods": "1"}
    going = text.replace("{name: p}", "{name: p, deletionTimestamp: 2026-01-01T00:00:00Z}")
    assert costs(going)["pods"] == "1"


SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: s}
spec: {type: %s, ports: [{name: a, port: 1}, {name: b, port: 2%s}]%s}
"""


@pytest.mark.parametrize(
    ("kind", "port", "rest", "ports", "balancers"),
    [
        ("ClusterIP", "", "", "0", "0"),
        ("NodePort", "", "", "2", "0"),
        ("LoadBalancer", "", "", "2", "1"),
        ("LoadBalancer", ", nodePort: 30000", ", allocateLoadBalancerNodePorts: false", "1", "1"),
    ],
)
def test_what_a_service_costs(kind: str, port: str, rest: str, ports: str, balancers: str) -> None:
    assert costs(SERVICE % (kind, port, rest)) == {
        "count/services": "1",
        "services": "1",
        "services.nodeports": ports,
        "services.loadbalancers": balancers,
    }


CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: c}
spec: {accessModes: [ReadWriteOnce], %sresources: {requests: {storage: %s}}}
"""


def test_what_a_claim_costs() -> None:
    assert costs(CLAIM % ("storageClassName: fast, ", "1500m")) == {
        "count/persistentvolumeclaims": "1",
        "persistentvolumeclaims": "1",
        "requests.storage": "2",
        "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
        "fast.storageclass.storage.k8s.io/requests.storage": "2",
    }


def test_what_other_objects_cost() -> None:
    assert costs("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n") == {"count/secrets": "1", "secrets": "1"}
    custom = "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w, namespace: default}\n"
    assert costs(custom) == {"count/widgets.example.org": "1"}


def test_which_resources_concern_a_pod() -> None:
    names = (
        "pods", "count/pods", "cpu", "requests.memory", "limits.cpu", "requests.example.org/gpu", "hugepages-2Mi",
        "example.org/gpu", "services", "requests.storage", "count/deployments.apps", "limits.example.org/gpu",
    )  # fmt: skip
    assert matching(pod(), names) == names[:7]


@pytest.mark.parametrize(
    ("rest", "spec", "container", "covered"),
    [
        ("", "", "", True),
        (", scopes: [Terminating]", "  activeDeadlineSeconds: 10", "", True),
        (", scopes: [Terminating]", "", "", False),
        (", scopes: [NotTerminating]", "", "", True),
        (", scopes: [BestEffort]", "", "", True),
        (", scopes: [BestEffort]", "", ", resources: {requests: {cpu: 1m}}", False),
        (", scopes: [NotBestEffort, NotTerminating]", "", ", resources: {requests: {cpu: 1m}}", True),
        (", scopes: [PriorityClass]", "  priorityClassName: high", "", True),
        (", scopes: [PriorityClass]", "", "", False),
        (
            ", scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [low, high]}]}",
            "  priorityClassName: high",
            "",
            True,
        ),
        (
            ", scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: [high]}]}",
            "  priorityClassName: high",
            "",
            False,
        ),
        (
            ", scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: [high]}]}",
            "",
            "",
            True,
        ),
        (
            ", scopes: [CrossNamespacePodAffinity]",
            "  affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
            "[{topologyKey: k, namespaces: [other]}]}}",
            "",
            True,
        ),
        (", scopes: [CrossNamespacePodAffinity]", "", "", False),
    ],
)
def test_scopes(rest: str, spec: str, container: str, covered: bool) -> None:
    assert covers(quota("pods: 1", rest), pod(spec, container)) is covered


def test_scopes_are_for_pods_alone() -> None:
    secret = one("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n")
    assert covers(quota("secrets: 1"), secret)
    scoped = quota("pods: 1", ", scopes: [NotTerminating]")
    both = attrs.evolve(scoped, spec=attrs.evolve(scoped.spec, hard={"secrets": Quantity.of(1)}))
    assert not covers(both, secret)


def test_use_is_counted_by_quota() -> None:
    items = objects(
        QUOTA % ("pods: 5, requests.cpu: 5", ", scopes: [NotBestEffort]")
        + "".join(
            f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}}}\n"
            f"spec: {{containers: [{{name: c, image: 'i:1', resources: {{requests: {{cpu: {cpu}}}}}}}]}}\n"
            for number, cpu in enumerate(("100m", "200m", "0"))
        )
    )
    quotas = [item for item in items if isinstance(item, ResourceQuota)]
    assert used_by(items, quotas) == {key_of(quotas[0]): {"pods": 2 * NANO, "requests.cpu": 3 * NANO // 10}}


# -- the answer to one object ----------------------------------------------------------------------------------------


def test_what_a_quota_counts_has_to_be_set() -> None:
    cluster = QUOTA % ("limits.memory: 1Gi, requests.cpu: 1", "")
    assert refusals(answer(pod(), cluster)) == [
        ("ResourceQuota", 403, "spec.containers[0].resources.limits"),
        ("ResourceQuota", 403, "spec.containers[0].resources.requests"),
    ]
    whole = answer(pod("  resources: {limits: {cpu: 500m, memory: 512Mi}}"), cluster)
    assert whole.refused is None
    assert answer(pod(), QUOTA % ("requests.ephemeral-storage: 1Gi", "")).refused is None


def test_what_is_not_left_is_refused_with_the_numbers() -> None:
    running = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: r}\nspec: {containers: [{name: c, image: 'i:1'}]}\n"
    found = answer(pod(), QUOTA % ("pods: 1", "") + running)
    assert [problem.message for problem in found.refusals] == [
        "ResourceQuota default/q allows 1 pods; 1 are used, and this needs 1 more."
    ]
    assert [(other.object.kind, other.path) for other in found.refusals[0].because] == [
        ("ResourceQuota", "spec.hard[pods]")
    ]


def test_an_update_costs_the_difference() -> None:
    cluster = QUOTA % ("services: 1, services.nodeports: 2", "") + "---" + SERVICE % ("ClusterIP", "", "")
    old, new = one(SERVICE % ("ClusterIP", "", "")), one(SERVICE % ("NodePort", "", ""))
    assert answer(new, cluster, old=old).refused is None
    tight = cluster.replace("services.nodeports: 2", "services.nodeports: 1")
    assert refusals(answer(new, tight, old=old)) == [("ResourceQuota", 403, "spec.ports")]
    assert answer(one("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"), tight).refused is None


# -- all objects, one after the other --------------------------------------------------------------------------------


def test_wanted_objects_are_charged_in_their_order() -> None:
    secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: %s}\n"
    found = admission(QUOTA % ("secrets: 2", "") + secret % "a" + secret % "b" + secret % "c", secret % "b")
    assert [(d.id, d.object) for d in found.diagnostics()] == [("KV1316", "Secret default/c")]
    (diagnostic,) = found.diagnostics()
    assert [(str(other.span), other.path) for other in diagnostic.related] == [
        ("wanted.yaml:6:24", "spec.hard[secrets]")
    ]


DEPLOYMENT = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: %s}
spec:
  replicas: %d
  selector: {matchLabels: {app: %s}}
  template:
    metadata: {labels: {app: %s}}
    spec: {containers: [{name: c, image: "i:1", resources: {requests: {cpu: 100m}}}]}
"""


def deployment(name: str, replicas: int) -> str:
    return DEPLOYMENT % (name, replicas, name, name)


def test_how_many_pods_fit() -> None:
    found = admission(QUOTA % ("pods: 10, requests.cpu: 350m", "") + deployment("web", 5))
    owner = found.bundle.wanted[1]
    short = found.shortage(owner)
    assert short is not None
    assert (short.admitted, short.wanted, short.limit.resource) == (3, 5, "requests.cpu")
    limits, key = found.limits("default"), key_of(owner)
    assert tightest(limits, key, {key: 2})[0] == 1
    assert one_more(limits, key, {key: 2}) == ""
    assert one_more(limits, key, {key: 3}) == (
        "ResourceQuota default/q allows 350m requests.cpu; 300m are used, and one more pod needs 100m"
    )


def test_workloads_share_a_quota() -> None:
    found = admission(QUOTA % ("pods: 5", "") + deployment("web", 3) + deployment("api", 3))
    web, api = found.bundle.wanted[1:]
    for owner, other in ((web, api), (api, web)):
        short = found.shortage(owner)
        assert short is not None
        assert (short.admitted, short.alone, short.others) == (2, False, 3 * NANO)
        assert key_of(other) in short.limit.cost
    assert found.unadmitted == {key_of(web), key_of(api)}


POD = """
---
apiVersion: v1
kind: Pod
metadata:
  name: %s
  labels: {app: web}
  ownerReferences: [{apiVersion: apps/v1, kind: %s, name: %s, uid: u, controller: true}]
spec: {containers: [{name: c, image: "i:1", resources: {requests: {cpu: 100m}}}]}
"""
REPLICA_SET = """
---
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: web-1
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: d, controller: true}]
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: "i:1"}]}
"""


def test_live_pods_are_counted_by_their_owner() -> None:
    """Two of the three live pods are the Deployment's own, the third is somebody's who is not in the input."""
    live = REPLICA_SET + POD % ("a", "ReplicaSet", "web-1") + POD % ("b", "ReplicaSet", "web-1")
    live += POD % ("c", "StatefulSet", "gone")
    found = admission(QUOTA % ("pods: 4", "") + deployment("web", 3), live)
    assert found.shortage(found.bundle.wanted[1]) is None
    (limit,) = found.limits("default")
    assert limit.left == 3 * NANO
    more = admission(QUOTA % ("pods: 4", "") + deployment("web", 4), live)
    short = more.shortage(more.bundle.wanted[1])
    assert short is not None
    assert short.admitted == 3


def test_the_status_of_a_quota_counts_where_no_pods_are_listed() -> None:
    status = "status: {hard: {pods: 5}, used: {pods: 4}}\n"
    found = admission(deployment("web", 3), QUOTA % ("pods: 5", "") + status)
    short = found.shortage(found.bundle.wanted[0])
    assert short is not None
    assert short.admitted == 1
    running = admission(deployment("web", 3), QUOTA % ("pods: 5", "") + status + deployment("web", 3))
    assert running.shortage(running.bundle.wanted[0]) is None
