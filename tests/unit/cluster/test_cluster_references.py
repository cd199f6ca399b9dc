"""What objects need by name, what is assumed, and selectors and keys that lead nowhere."""

from __future__ import annotations

import pytest

from kverify.cluster import Bundle
from kverify.cluster.findings import Boundary, cross_object
from kverify.cluster.objects import Key, key
from kverify.cluster.references import graph, references
from kverify.manifest import Diagnostic, Severity, Span
from tests.unit.cluster.cluster_helpers import (
    budget,
    bundle,
    deployment,
    objects,
    pod,
    replica_set,
    service,
    stateful_set,
)

POD = """serviceAccountName: robot
      priorityClassName: high
      imagePullSecrets: [{name: registry}]
      initContainers:
        - name: init
          image: example.org/init:1
          envFrom: [{secretRef: {name: init}}, {configMapRef: {name: maybe, optional: true}}]
      volumes:
        - {name: a, persistentVolumeClaim: {claimName: data}}
        - {name: b, configMap: {name: files, items: [{key: one, path: one}]}}
        - {name: c, secret: {secretName: tls}}
        - {name: d, projected: {sources: [{configMap: {name: files}}, {serviceAccountToken: {path: token}}]}}"""

ENV = "env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: %s}}}]"


def dangling(b: Bundle, diagnostics: tuple[Diagnostic, ...] | list[Diagnostic] = ()) -> tuple[Diagnostic, ...]:
    return cross_object(b, diagnostics).diagnostics


def assumed(b: Bundle) -> tuple[str, ...]:
    return cross_object(b).assumed


def reading(key: str, settings: str = "{colour: red, size: big}") -> Bundle:
    config = f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: shop}}\ndata: {settings}\n"
    web = deployment().replace("image: example.org/web:1", f"image: example.org/web:1, {ENV % key}")
    return bundle(web + config)


def test_every_reference_has_its_field() -> None:
    found = [(r.target[0], r.target[2], r.item, r.optional, r.path) for r in references(bundle(deployment(extra=POD)))]
    spec = "spec.template.spec"
    assert found == [
        ("PriorityClass", "high", "", False, f"{spec}.priorityClassName"),
        ("ServiceAccount", "robot", "", False, f"{spec}.serviceAccountName"),
        ("Secret", "registry", "", True, f"{spec}.imagePullSecrets[0].name"),
        ("Secret", "init", "", False, f"{spec}.initContainers[0].envFrom[0].secretRef.name"),
        ("ConfigMap", "maybe", "", True, f"{spec}.initContainers[0].envFrom[1].configMapRef.name"),
        ("PersistentVolumeClaim", "data", "", False, f"{spec}.volumes[0].persistentVolumeClaim.claimName"),
        ("ConfigMap", "files", "one", False, f"{spec}.volumes[1].configMap.items[0].key"),
        ("Secret", "tls", "", False, f"{spec}.volumes[2].secret.secretName"),
        ("ConfigMap", "files", "", False, f"{spec}.volumes[3].projected.sources[0].configMap.name"),
    ]


def test_the_graph_has_owners_selectors_and_missing_objects() -> None:
    b = bundle(
        deployment(extra=POD) + service() + budget(),
        replica_set("web-1", "web/d-1") + pod("web-1-a", "web-1/rs-1"),
    )
    g = graph(b)
    web = key("Deployment", "shop", "web")
    assert g.nodes[web]["object"] is b.wanted[0]
    assert g.nodes[key("ConfigMap", "shop", "files")]["object"] is None
    assert set(g.predecessors(web)) == {
        Key("Service", "shop", "web"),
        key("PodDisruptionBudget", "shop", "web"),
        key("ReplicaSet", "shop", "web-1"),
    }
    assert set(g.successors(key("Pod", "shop", "web-1-a"))) == {key("ReplicaSet", "shop", "web-1")}
    assert [r.item for r in g.edges[web, key("ConfigMap", "shop", "files")]["references"]] == ["one", ""]


def test_what_is_not_in_the_input_is_assumed_unless_optional() -> None:
    assert assumed(bundle(deployment(extra=POD))) == (
        "assumed to exist: PriorityClass high, the priority of Deployment shop/web",
        "assumed to exist: ServiceAccount shop/robot, the identity of Deployment shop/web",
        "assumed to exist: Secret shop/init, read by Deployment shop/web",
        "assumed to exist: PersistentVolumeClaim shop/data, mounted by Deployment shop/web",
        "assumed to exist: ConfigMap shop/files, mounted by Deployment shop/web",
        "assumed to exist: Secret shop/tls, mounted by Deployment shop/web",
    )


def test_many_readers_take_one_line_and_what_exists_takes_none() -> None:
    extra = "serviceAccountName: default\n      volumes: [{name: v, secret: {secretName: tls}}]"
    three = "".join(deployment(name, f"{{app: {name}}}", extra) for name in "abc")
    assert assumed(bundle(three)) == ("assumed to exist: Secret shop/tls, mounted by Deployment shop/a and 2 more",)
    secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: tls, namespace: shop}\n"
    assert assumed(bundle(three, secret)) == ()
    assert assumed(bundle("", three)) == ()


@pytest.mark.parametrize(
    ("selector", "path", "mend"),
    [
        ("{app: wbe}", "spec.selector.app", "did you mean app: web?"),
        ("{App: web}", "spec.selector.App", "did you mean app: web?"),
        ("{app: web, tier: frnt}", "spec.selector.tier", "did you mean tier: front?"),
        ("{app: web, speed: high}", "spec.selector.speed", "drop speed here, or label the pods speed: high"),
        ("{quite: different}", "spec.selector", ""),
        ("{app: database}", "spec.selector.app", ""),
        ("{app: web, tier: back}", "spec.selector.tier", ""),
    ],
)
def test_a_service_without_pods_names_the_nearest_label(selector: str, path: str, mend: str) -> None:
    b = bundle(deployment(labels="{app: web, tier: front}") + service(selector=selector))
    (warning,) = dangling(b)
    assert (warning.id, warning.severity, warning.path, warning.mend) == ("KV2001", Severity.WARNING, path, mend)
    assert warning.object == "Service shop/web"


def test_pods_with_the_labels_in_another_namespace_are_named() -> None:
    (warning,) = dangling(bundle(deployment() + service().replace("namespace: shop", "namespace: front")))
    assert warning.mend == "pods with these labels are in namespace shop"


@pytest.mark.parametrize(
    "wanted",
    [
        deployment() + service() + budget(),
        deployment() + service(selector="{}"),
        deployment() + budget(selector="selector: {}, "),
        stateful_set(labels="{app: web}") + service() + budget(),
    ],
)
def test_selectors_that_find_pods_or_want_none_are_silent(wanted: str) -> None:
    assert dangling(bundle(wanted)) == ()


def test_live_pods_count_unless_their_template_is_about_to_change() -> None:
    assert dangling(bundle(service(), pod("alone"))) == ()
    assert dangling(bundle(service(), pod("operated", "db/u-1", "Postgres"))) == ()
    existing = deployment() + replica_set("web-1", "web/d-1") + pod("web-1-a", "web-1/rs-1")
    changed = deployment(labels="{app: web2}")
    assert [d.id for d in dangling(bundle(changed + service(), existing))] == ["KV2001"]


def test_a_budget_without_pods_and_one_without_a_selector() -> None:
    b = bundle(deployment() + budget("a", "selector: {matchLabels: {app: api}}, ") + budget("b", ""))
    first, second = dangling(b)
    assert (first.id, first.path, first.mend) == ("KV2002", "spec.selector.matchLabels.app", "")
    assert (second.id, second.path) == ("KV2002", "spec.selector")


OPERATED = (
    "---\napiVersion: example.org/v1\nkind: Postgres\nmetadata: {name: u, namespace: shop}\nspec: {instances: 3}\n"
)


@pytest.mark.parametrize(
    ("wanted", "existing"),
    [
        (service(), ""),
        (service(selector="{quite: different}") + deployment() + OPERATED, ""),
        (service(selector="{app: database}") + deployment() + OPERATED, ""),
    ],
)
def test_pods_that_others_bring_are_assumed(wanted: str, existing: str) -> None:
    found = cross_object(bundle(wanted, existing))
    assert found.diagnostics == ()
    assert "assumed to exist: pods that Service shop/web selects" in found.assumed
    closed = cross_object(bundle(wanted, existing), boundary=Boundary(closed=True))
    assert "KV2001" in [d.id for d in closed.diagnostics]


def test_what_speaks_for_a_mistake_is_reported_whoever_brings_pods() -> None:
    wanted = service(selector="{app: wbe}") + deployment() + OPERATED
    assert [d.mend for d in dangling(bundle(wanted))] == ["did you mean app: web?"]
    others = deployment().replace("namespace: shop", "namespace: other")
    assert [d.id for d in dangling(bundle(service(selector="{app: api}"), others))] == ["KV2001"]


@pytest.mark.parametrize(
    ("refused", "silent"),
    [
        ("Deployment shop/api", True),
        ("StatefulSet shop/api", True),
        ("", True),
        ("Deployment other/api", False),
        ("Service shop/api", False),
    ],
)
def test_no_pods_are_missed_that_a_refused_object_may_have_made(refused: str, silent: bool) -> None:
    problem = Diagnostic(id="KV1109", severity=Severity.ERROR, message="", span=Span("f", 1, 1, 1, 1), object=refused)
    b = bundle(deployment() + service(selector="{app: api}"))
    assert (dangling(b, [problem]) == ()) is silent


@pytest.mark.parametrize(("key", "mend"), [("color", "did you mean colour?"), ("x", "it has colour, size")])
def test_a_key_that_is_not_there_names_those_that_are(key: str, mend: str) -> None:
    (warning,) = dangling(reading(key))
    assert (warning.id, warning.mend) == ("KV2003", mend)
    assert warning.path == "spec.template.spec.containers[0].env[0].valueFrom.configMapKeyRef.key"


def test_keys_that_are_there_or_whose_object_is_not_given_are_silent() -> None:
    assert dangling(reading("size")) == ()
    secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\nstringData: {k: v}\n"
    volume = "volumes: [{name: v, secret: {secretName: s, items: [{key: k, path: k}]}}]"
    assert dangling(bundle(deployment(extra=volume) + secret)) == ()
    assert dangling(bundle(deployment(extra=volume))) == ()
    assert objects(secret)[0].kind == "Secret"


HPA = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  maxReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
"""


ROLE = """
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: %s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: %s}
subjects: [{kind: ServiceAccount, name: default, namespace: shop}]
"""


@pytest.mark.parametrize(
    ("namespace", "name", "missing"),
    [
        ("kube-system", "extension-apiserver-authentication-reader", False),
        ("kube-system", "system::leader-locking-kube-scheduler", False),
        ("kube-public", "system:controller:bootstrap-signer", False),
        ("shop", "extension-apiserver-authentication-reader", True),
        ("shop", "system:mine", True),
    ],
)
def test_the_roles_that_the_api_server_makes_are_there(namespace: str, name: str, missing: bool) -> None:
    """bootstrappolicy/namespace_policy.go"""
    assert [d.id for d in dangling(bundle(ROLE % (namespace, name)))] == (["KV2004"] if missing else [])


def test_a_claim_template_takes_the_place_of_a_volume_of_its_name() -> None:
    """``updateStorage`` in stateful_set_utils.go; what the other volumes mount is needed."""
    volumes = "".join(f"{{name: {n}, persistentVolumeClaim: {{claimName: {n}}}}}, " for n in ("data", "logs"))
    claim = "{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}"
    wanted = stateful_set().replace("spec: {containers", f"spec: {{volumes: [{volumes}], containers")
    wanted = wanted.replace("  template:", f"  volumeClaimTemplates: [{claim}]\n  template:")
    assert assumed(bundle(wanted)) == (
        "assumed to exist: PersistentVolumeClaim shop/logs, mounted by StatefulSet shop/db",
    )


@pytest.mark.parametrize(("refused", "reported"), [("", False), ("Service shop/api", True)])
def test_what_may_stand_in_a_document_that_was_not_read_is_not_missed(refused: str, reported: bool) -> None:
    problem = Diagnostic(id="KV1004", severity=Severity.ERROR, message="", span=Span("f", 1, 1, 1, 1), object=refused)
    found = cross_object(bundle(HPA), [problem])
    assert [d.id for d in found.diagnostics] == (["KV2004"] if reported else [])
    assert any("Deployment shop/web" in text for text in found.assumed) is not reported
