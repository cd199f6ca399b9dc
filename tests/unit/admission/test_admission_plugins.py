"""One plugin after the other: what it changes, what it refuses, what it takes for granted."""

from __future__ import annotations

import pytest

from kverify.api.types.affinity import Toleration
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.networking import Ingress
from kverify.api.types.node import Node
from kverify.api.types.pod import Pod, PodSpec
from kverify.cluster.admission import CHAIN, Admitted, Missing
from kverify.cluster.admission.runtime_class import includes, merged
from kverify.cluster.admission.service_account import TOKEN_PATH
from tests.unit.admission.admission_helpers import answer, one, pod, refusals


def spec_of(found: Admitted) -> PodSpec:
    assert isinstance(found.object, Pod)
    return found.object.spec


def test_the_order_is_that_of_the_api_server() -> None:
    assert [plugin.name for plugin in CHAIN] == [
        *("NamespaceLifecycle", "LimitRanger", "ServiceAccount", "TaintNodesByCondition", "PodSecurity", "Priority"),
        *("DefaultTolerationSeconds", "DefaultStorageClass", "StorageObjectInUseProtection"),
        *("PersistentVolumeClaimResize", "RuntimeClass", "DefaultIngressClass", "ResourceQuota"),
    ]


# -- NamespaceLifecycle ----------------------------------------------------------------------------------------------

SHOP = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
DEFAULT = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n---\n"
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: %s}\n"


def test_a_namespace_that_nobody_lists_is_assumed() -> None:
    found = answer(one(SETTINGS % "shop"))
    assert found.refused is None
    assert found.assumed == (Missing(kind="Namespace", namespace="", name="shop"),)


def test_a_namespace_that_the_cluster_lacks_is_refused() -> None:
    assert answer(one(SETTINGS % "shopp"), SHOP).assumed, "SHOP is not all of a cluster"
    found = answer(one(SETTINGS % "shopp"), DEFAULT + SHOP)
    assert refusals(found) == [("NamespaceLifecycle", 404, "metadata.namespace")]
    assert found.refusals[0].mend == "did you mean shop?"
    assert answer(one(SETTINGS % "shop"), DEFAULT + SHOP).problems == ()
    assert answer(one(SETTINGS % "kube-system"), DEFAULT + SHOP).refused is None


def test_nothing_new_comes_into_a_namespace_that_goes() -> None:
    going = SHOP + "status: {phase: Terminating}\n"
    assert refusals(answer(one(SETTINGS % "shop"), going)) == [("NamespaceLifecycle", 403, "metadata.namespace")]
    old = one(SETTINGS % "shop")
    assert answer(old, going, old=old).refused is None


# -- LimitRanger -----------------------------------------------------------------------------------------------------

LIMITS = """
apiVersion: v1
kind: LimitRange
metadata: {name: limits}
spec:
  limits:
    - %s
"""


def limits(text: str) -> str:
    return LIMITS % text


def test_containers_get_what_they_leave_out() -> None:
    cluster = limits("{type: Container, default: {cpu: 500m, memory: 1Gi}, defaultRequest: {cpu: 100m, memory: 1Gi}}")
    found = answer(pod("  initContainers: [{name: i, image: 'i:1'}]", ", resources: {limits: {cpu: 200m}}"), cluster)
    (main,), (init,) = spec_of(found).containers, spec_of(found).init_containers
    # The limit of 200m became the request before, in the defaults of pods.
    assert {name: str(q) for name, q in main.resources.requests.items()} == {"cpu": "200m", "memory": "1Gi"}
    assert {name: str(q) for name, q in main.resources.limits.items()} == {"cpu": "200m", "memory": "1Gi"}
    assert {name: str(q) for name, q in init.resources.requests.items()} == {"cpu": "100m", "memory": "1Gi"}
    assert found.object.metadata.annotations == {
        "kubernetes.io/limit-ranger": "LimitRanger plugin set: memory request for container c; memory limit for "
        "container c; cpu, memory request for init container i; cpu, memory limit for init container i"
    }


def test_a_default_can_make_a_pod_invalid() -> None:
    cluster = limits("{type: Container, default: {cpu: 200m}, defaultRequest: {cpu: 200m}}")
    found = answer(pod(container=", resources: {requests: {cpu: 300m}}"), cluster)
    assert refusals(found) == [("validation", 422, "spec.containers[0].resources.requests")]


RESOURCES = "spec.containers[0].resources"


@pytest.mark.parametrize(
    ("item", "container", "field"),
    [
        ("min: {cpu: 100m}", "", None),  # the least is the default request
        ("min: {cpu: 100m}", "requests: {cpu: 50m}", f"{RESOURCES}.requests[cpu]"),
        ("min: {cpu: 100m}", "requests: {cpu: 100m}", None),
        ("max: {cpu: 100m}", "requests: {cpu: 50m}", None),  # the most is the default limit
        ("max: {cpu: 100m}", "limits: {cpu: 200m}, requests: {cpu: 50m}", f"{RESOURCES}.limits[cpu]"),
        ("max: {cpu: 100m}", "limits: {cpu: 100m}", None),
        ("maxLimitRequestRatio: {cpu: 2}", "limits: {cpu: 100m}, requests: {cpu: 50m}", None),
        ("maxLimitRequestRatio: {cpu: 2}", "limits: {cpu: 101m}, requests: {cpu: 50m}", f"{RESOURCES}.limits[cpu]"),
        ("maxLimitRequestRatio: {cpu: 2}", "requests: {cpu: 50m}", f"{RESOURCES}.limits"),
    ],
)
def test_containers_are_bounded(item: str, container: str, field: str | None) -> None:
    found = answer(pod(container=f", resources: {{{container}}}"), limits(f"{{type: Container, {item}}}"))
    assert refusals(found) == ([("LimitRanger", 403, field)] if field else [])
    for problem in found.refusals:
        assert problem.because[0].path.startswith("spec.limits[0].")


def test_pods_are_bounded_by_the_sum_of_their_containers() -> None:
    spec = "  initContainers: [{name: i, image: 'i:1', resources: {limits: {memory: 3Gi}}}]"
    item = pod(spec, ", resources: {limits: {memory: 1Gi}}")
    assert refusals(answer(item, limits("{type: Pod, max: {memory: 2Gi}}"))) == [("LimitRanger", 403, "spec")]
    assert answer(item, limits("{type: Pod, max: {memory: 3Gi}}")).refused is None
    for bound in ("min: {cpu: 1}", "max: {cpu: 1}"):
        assert refusals(answer(item, limits(f"{{type: Pod, {bound}}}"))) == [("LimitRanger", 403, "spec")]


CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], %sresources: {requests: {storage: %s}}}
%s
"""


def claim(size: str = "5Gi", extra: str = "", status: str = "") -> PersistentVolumeClaim:
    item = one(CLAIM % (extra, size, status))
    assert isinstance(item, PersistentVolumeClaim)
    return item


def test_claims_are_bounded() -> None:
    cluster = limits("{type: PersistentVolumeClaim, min: {storage: 2Gi}, max: {storage: 10Gi}}")
    field = "spec.resources.requests[storage]"
    assert refusals(answer(claim("1Gi"), cluster)) == [("LimitRanger", 403, field)]
    assert refusals(answer(claim("11Gi"), cluster)) == [("LimitRanger", 403, field)]
    assert answer(claim("10Gi"), cluster).refused is None


def test_limits_of_other_namespaces_do_not_count() -> None:
    cluster = limits("{type: Container, min: {cpu: 1}}").replace("{name: limits}", "{name: limits, namespace: shop}")
    assert answer(pod(), cluster).refused is None


# -- ServiceAccount --------------------------------------------------------------------------------------------------

ACCOUNT = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: %s%s}
imagePullSecrets: [{name: registry}]
%s
"""


def test_an_account_is_named_and_its_token_mounted() -> None:
    spec = spec_of(answer(pod()))
    assert (spec.service_account_name, spec.service_account) == ("default", "default")
    assert [mount.mount_path for mount in spec.containers[0].volume_mounts] == [TOKEN_PATH]
    assert [volume.name.startswith("kube-api-access-") for volume in spec.volumes] == [True]


def test_no_token_is_mounted_where_pod_or_account_say_so() -> None:
    assert spec_of(answer(pod("  automountServiceAccountToken: false"))).volumes == ()
    silent = ACCOUNT % ("default", "", "automountServiceAccountToken: false")
    assert spec_of(answer(pod(), silent)).volumes == ()
    assert len(spec_of(answer(pod("  automountServiceAccountToken: true"), silent)).volumes) == 1
    mount = f", volumeMounts: [{{name: v, mountPath: {TOKEN_PATH}}}]"
    assert len(spec_of(answer(pod("  volumes: [{name: v}]", mount))).volumes) == 1


def test_pull_secrets_come_from_the_account_unless_the_pod_has_its_own() -> None:
    cluster = ACCOUNT % ("default", "", "")
    assert [secret.name for secret in spec_of(answer(pod(), cluster)).image_pull_secrets] == ["registry"]
    own = answer(pod("  imagePullSecrets: [{name: mine}]"), cluster)
    assert [secret.name for secret in spec_of(own).image_pull_secrets] == ["mine"]


def test_a_missing_account_is_assumed_or_refused() -> None:
    item = pod("  serviceAccountName: robot")
    assert answer(item).assumed == (Missing(kind="ServiceAccount", namespace="default", name="robot"),)
    robots = ACCOUNT % ("robots", "", "")
    assert answer(item, robots).refused is None
    found = answer(item, robots + "---" + ACCOUNT % ("default", "", ""))
    assert refusals(found) == [("ServiceAccount", 403, "spec.serviceAccountName")]
    assert found.refusals[0].mend == "did you mean robots?"


def test_an_account_may_restrict_its_pods_to_its_secrets() -> None:
    strict = ', annotations: {kubernetes.io/enforce-mountable-secrets: "true"}'
    cluster = ACCOUNT % ("default", strict, "secrets: [{name: listed}]")
    volumes = "  volumes: [{name: a, secret: {secretName: listed}}, {name: b, secret: {secretName: other}}]"
    container = ", envFrom: [{secretRef: {name: other}}]"
    assert refusals(answer(pod(volumes, container), cluster)) == [
        ("ServiceAccount", 403, "spec.volumes[1].secret.secretName"),
        ("ServiceAccount", 403, "spec.containers[0].envFrom[0].secretRef.name"),
    ]


def test_mirror_pods_have_nothing_of_the_cluster() -> None:
    mirror = ", annotations: {kubernetes.io/config.mirror: x}"
    assert spec_of(answer(pod("  nodeName: n1", meta=mirror))).service_account_name is None
    found = answer(pod("  nodeName: n1\n  serviceAccountName: robot", meta=mirror))
    assert refusals(found) == [("ServiceAccount", 403, "spec.serviceAccountName")]


# -- Priority --------------------------------------------------------------------------------------------------------

CLASS = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: %s}\nvalue: %s\n%s\n"


def test_priorities_are_resolved() -> None:
    high = CLASS % ("high", 1000, "preemptionPolicy: Never")
    spec = spec_of(answer(pod("  priorityClassName: high"), high))
    assert (spec.priority, spec.preemption_policy) == (1000, "Never")
    assert spec_of(answer(pod(), high)).priority == 0
    critical = spec_of(answer(pod("  priorityClassName: system-node-critical"), closed=True))
    assert (critical.priority, critical.preemption_policy) == (2000001000, "PreemptLowerPriority")


def test_the_global_default_is_for_pods_without_a_class() -> None:
    spec = spec_of(answer(pod(), CLASS % ("usual", 7, "globalDefault: true")))
    assert (spec.priority, spec.priority_class_name) == (7, "usual")


def test_what_the_class_decides_cannot_be_said_otherwise() -> None:
    item = pod("  priorityClassName: high\n  priority: 5\n  preemptionPolicy: Never")
    found = answer(item, CLASS % ("high", 1000, ""))
    assert [field for _, _, field in refusals(found)] == ["spec.priority", "spec.preemptionPolicy"]


def test_a_missing_class_is_assumed_or_refused() -> None:
    item = pod("  priorityClassName: shop-hihg")
    assert answer(item).assumed == (Missing(kind="PriorityClass", namespace="", name="shop-hihg"),)
    high = CLASS % ("shop-high", 1000, "")
    assert answer(item, high).refused is None
    found = answer(item, high + "---\n" + CLASS % ("system-node-critical", 2000001000, ""))
    assert refusals(found) == [("Priority", 403, "spec.priorityClassName")]
    assert found.refusals[0].mend == "did you mean shop-high?"


def test_there_is_one_global_default() -> None:
    usual, other = (CLASS % (name, 7, "globalDefault: true") for name in ("usual", "other"))
    assert refusals(answer(one(other), usual)) == [("Priority", 403, "globalDefault")]
    assert answer(one(usual), usual, old=one(usual)).refused is None


# -- tolerations and taints ------------------------------------------------------------------------------------------


def test_pods_outlive_five_minutes_of_silence() -> None:
    spec = spec_of(answer(pod()))
    assert [(t.key, t.effect, t.toleration_seconds) for t in spec.tolerations] == [
        ("node.kubernetes.io/not-ready", "NoExecute", 300),
        ("node.kubernetes.io/unreachable", "NoExecute", 300),
    ]
    everything = spec_of(answer(pod("  tolerations: [{operator: Exists}]")))
    assert everything.tolerations == (Toleration(operator="Exists"),)
    seconds = "operator: Exists, tolerationSeconds: 5, effect: NoExecute"
    own = f"  tolerations: [{{key: node.kubernetes.io/unreachable, {seconds}}}]"
    assert [t.toleration_seconds for t in spec_of(answer(pod(own))).tolerations] == [5, 300]


def test_a_new_node_takes_no_pods_yet() -> None:
    node = one("apiVersion: v1\nkind: Node\nmetadata: {name: a}\n")
    found = answer(node).object
    assert isinstance(found, Node)
    assert [(taint.key, taint.effect) for taint in found.spec.taints] == [
        ("node.kubernetes.io/not-ready", "NoSchedule")
    ]
    assert answer(found).object == found
    assert answer(node, old=node).object == node


# -- classes of storage and of ingresses -----------------------------------------------------------------------------

STORAGE = """
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: %s
  creationTimestamp: "%s"
  annotations: {storageclass.kubernetes.io/is-default-class: "%s"}
provisioner: example.org/disk
allowVolumeExpansion: %s
"""


def test_a_claim_without_a_class_gets_the_newest_default() -> None:
    cluster = (
        STORAGE % ("old", "2024-01-01T00:00:00Z", "true", "false")
        + STORAGE % ("new", "2025-01-01T00:00:00Z", "true", "false")
        + STORAGE % ("newest", "2026-01-01T00:00:00Z", "false", "false")
    )
    found = answer(claim(), cluster).object
    assert isinstance(found, PersistentVolumeClaim)
    assert found.spec.storage_class_name == "new"
    assert found.metadata.finalizers == ("kubernetes.io/pvc-protection",)
    for given in ('storageClassName: "", ', "storageClassName: old, "):
        item = claim(extra=given)
        stored = answer(item, cluster).object
        assert isinstance(stored, PersistentVolumeClaim)
        assert stored.spec.storage_class_name == item.spec.storage_class_name
    nothing = answer(claim()).object
    assert isinstance(nothing, PersistentVolumeClaim)
    assert nothing.spec.storage_class_name is None


@pytest.mark.parametrize(
    ("cluster", "status", "refused"),
    [
        (STORAGE % ("fast", "2024-01-01T00:00:00Z", "true", "true"), "status: {phase: Bound}", False),
        (STORAGE % ("fast", "2024-01-01T00:00:00Z", "true", "true"), "", True),
        (STORAGE % ("fast", "2024-01-01T00:00:00Z", "true", "false"), "status: {phase: Bound}", True),
        (STORAGE % ("slow", "2024-01-01T00:00:00Z", "true", "true"), "status: {phase: Bound}", True),
        ("", "status: {phase: Bound}", False),
    ],
)
def test_a_claim_grows_if_its_class_lets_it(cluster: str, status: str, refused: bool) -> None:
    named = "storageClassName: fast, "
    found = answer(claim("6Gi", named, status), cluster, old=claim("5Gi", named, status))
    fields = [("PersistentVolumeClaimResize", 403, "spec.resources.requests[storage]")]
    assert refusals(found) == (fields if refused else [])
    assert answer(claim("5Gi", named, status), cluster, old=claim("5Gi", named, status)).refused is None


def test_an_ingress_without_a_class_gets_the_default() -> None:
    cluster = """
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: edge, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
spec: {controller: example.org/edge}
"""
    text = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop%s}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
"""
    found = answer(one(text % ""), cluster).object
    assert isinstance(found, Ingress)
    assert found.spec.ingress_class_name == "edge"
    old = answer(one(text % ", annotations: {kubernetes.io/ingress.class: other}"), cluster).object
    assert isinstance(old, Ingress)
    assert old.spec.ingress_class_name is None


# -- RuntimeClass ----------------------------------------------------------------------------------------------------

RUNTIME = "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: box}\nhandler: box\n%s\n"
BOX = "  runtimeClassName: box"


def test_overhead_and_scheduling_are_added() -> None:
    cluster = RUNTIME % (
        "overhead: {podFixed: {cpu: 250m}}\n"
        "scheduling: {nodeSelector: {box: 'true'}, tolerations: [{key: box, operator: Exists, effect: NoSchedule}]}"
    )
    spec = spec_of(answer(pod(BOX + "\n  nodeSelector: {zone: a}"), cluster))
    assert {name: str(amount) for name, amount in spec.overhead.items()} == {"cpu": "250m"}
    assert spec.node_selector == {"zone": "a", "box": "true"}
    assert [toleration.key for toleration in spec.tolerations][-1] == "box"


def test_overhead_is_the_class_s_to_set() -> None:
    own = "\n  overhead: {cpu: 250m}"
    with_overhead = RUNTIME % "overhead: {podFixed: {cpu: 250m}}"
    assert answer(pod(BOX + own), with_overhead).refused is None
    for item, cluster in (
        (pod("  overhead: {cpu: 250m}"), ""),
        (pod(BOX + own), RUNTIME % ""),
        (pod(BOX + "\n  overhead: {cpu: 300m}"), with_overhead),
    ):
        assert refusals(answer(item, cluster)) == [("RuntimeClass", 403, "spec.overhead")]


def test_contradicting_node_selectors_are_refused() -> None:
    found = answer(pod(BOX + "\n  nodeSelector: {box: 'no'}"), RUNTIME % "scheduling: {nodeSelector: {box: 'true'}}")
    assert refusals(found) == [("RuntimeClass", 403, "spec.nodeSelector[box]")]


def test_a_missing_runtime_is_assumed_or_refused() -> None:
    assert answer(pod(BOX)).assumed == (Missing(kind="RuntimeClass", namespace="", name="box"),)
    assert refusals(answer(pod(BOX), closed=True)) == [("RuntimeClass", 403, "spec.runtimeClassName")]


def toleration(**fields: str | int) -> Toleration:
    return Toleration(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        (toleration(operator="Exists"), toleration(key="a", operator="Equal", value="b", effect="NoSchedule"), True),
        (toleration(key="a", operator="Exists"), toleration(key="a", operator="Equal", value="b"), True),
        (toleration(key="a", operator="Equal", value="b"), toleration(key="a", operator="Exists"), False),
        (toleration(key="a", operator="Exists", effect="NoSchedule"), toleration(key="a", operator="Exists"), False),
        (
            toleration(key="a", operator="Exists", effect="NoExecute", toleration_seconds=10),
            toleration(key="a", operator="Exists", effect="NoExecute", toleration_seconds=5),
            True,
        ),
        (
            toleration(key="a", operator="Exists", effect="NoExecute", toleration_seconds=10),
            toleration(key="a", operator="Exists", effect="NoExecute"),
            False,
        ),
    ],
)
def test_tolerations_that_another_includes_are_dropped(wide: Toleration, narrow: Toleration, expected: bool) -> None:
    assert includes(wide, narrow) is expected
    assert (narrow not in merged((narrow,), (wide,))) is expected
