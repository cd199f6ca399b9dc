"""Names, ports, selectors and routes that do not go together."""

from __future__ import annotations

import textwrap

import pytest

from kverify.api.decode import decode_all
from kverify.cluster import Bundle
from kverify.cluster.findings import Boundary, cross_object
from kverify.cluster.references import External
from kverify.cluster.references.existence import OPEN
from kverify.manifest import Diagnostic, Severity, read_text
from tests.unit.cluster.cluster_helpers import budget, bundle, deployment, pod, replica_set, service, stateful_set

SHOP = "namespace: shop"


def an(kind: str, name: str, body: str = "", api: str = "v1", namespace: str = SHOP) -> str:
    inner = textwrap.dedent(body).strip()
    return f"---\napiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}, {namespace}}}\n{inner}\n"


def found(wanted: str, existing: str = "", boundary: Boundary = OPEN) -> list[tuple[str, str, str]]:
    return [(d.id, d.path, d.mend) for d in cross_object(bundle(wanted, existing), (), boundary).diagnostics]


def only(wanted: str, existing: str = "", boundary: Boundary = OPEN) -> Diagnostic:
    (diagnostic,) = cross_object(bundle(wanted, existing), (), boundary).diagnostics
    return diagnostic


READS = "volumes: [{name: v, configMap: {name: settings}}]"


def config(name: str, namespace: str = SHOP) -> str:
    return an("ConfigMap", name, "data: {a: b}", namespace=namespace)


HPA = """
    spec:
      maxReplicas: 3
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %s}
    """
INGRESS = """
    spec:
      rules:
        - host: shop.example
          http:
            paths:
              - {path: /, pathType: Prefix, backend: {service: {name: %s, port: {number: %d}}}}
    """
NETWORKING = "networking.k8s.io/v1"
RBAC = "rbac.authorization.k8s.io/v1"


def test_an_absent_name_with_nothing_against_it_is_assumed() -> None:
    crossed = cross_object(bundle(deployment(extra=READS)))
    assert crossed.diagnostics == ()
    assert crossed.assumed == ("assumed to exist: ConfigMap shop/settings, mounted by Deployment shop/web",)


def test_a_name_that_is_nearly_right_points_at_both() -> None:
    warning = only(deployment(extra=READS) + config("setings"))
    assert (warning.id, warning.severity, warning.mend) == ("KV2004", Severity.WARNING, "did you mean setings?")
    assert warning.path == "spec.template.spec.volumes[0].configMap.name"
    (other,) = warning.related
    assert (other.path, other.span.file) == ("metadata.name", "wanted.yaml")
    assert other.span.line > warning.span.line


def test_among_many_names_one_letter_is_still_found() -> None:
    many = "".join(config(f"unrelated-{number}") for number in range(60))
    assert only(deployment(extra=READS) + many + config("settins")).mend == "did you mean settins?"


def test_the_name_in_another_namespace_is_named() -> None:
    warning = only(deployment(extra=READS) + config("settings", "namespace: other"))
    assert warning.mend.startswith("ConfigMap other/settings is in another namespace")


def test_a_dump_of_the_cluster_that_has_others_speaks_against_it() -> None:
    assert only(deployment(extra=READS), config("completely-different")).id == "KV2004"
    assert found(deployment(extra=READS), config("completely-different", "namespace: other")) == []


def test_a_closed_world_has_no_assumptions() -> None:
    closed = Boundary(closed=True)
    assert only(deployment(extra=READS), boundary=closed).severity is Severity.ERROR
    declared = Boundary(closed=True, externals=(External(kind="ConfigMap", name="set*", reason="made elsewhere"),))
    crossed = cross_object(bundle(deployment(extra=READS)), (), declared)
    assert crossed == type(crossed)((), ())


@pytest.mark.parametrize(
    ("text", "id", "path"),
    [
        (an("HorizontalPodAutoscaler", "h", HPA % "api", "autoscaling/v2"), "KV2004", "spec.scaleTargetRef.name"),
        (
            an("Ingress", "i", INGRESS % ("nowhere", 80), NETWORKING),
            "KV2004",
            "spec.rules[0].http.paths[0].backend.service.name",
        ),
        (
            an("Ingress", "i", INGRESS % ("web", 81), NETWORKING) + service() + deployment(),
            "KV2005",
            "spec.rules[0].http.paths[0].backend.service.port.number",
        ),
        (
            an("RoleBinding", "b", f"roleRef: {{apiGroup: {RBAC[:-3]}, kind: Role, name: reader}}", RBAC),
            "KV2004",
            "roleRef.name",
        ),
        (
            an(
                "StatefulSet",
                "db",
                """
                spec:
                  serviceName: db
                  selector: {matchLabels: {app: db}}
                  template:
                    metadata: {labels: {app: db}}
                    spec: {containers: [{name: c, image: i}]}
                """,
                "apps/v1",
            ),
            "KV2004",
            "spec.serviceName",
        ),
        (
            an("NetworkPolicy", "np", "spec: {podSelector: {matchLabels: {app: wbe}}}", NETWORKING) + deployment(),
            "KV2007",
            "spec.podSelector.matchLabels.app",
        ),
    ],
)
def test_what_is_delivered_together_is_there_together(text: str, id: str, path: str) -> None:
    warning = only(text)
    assert (warning.id, warning.path) == (id, path)


@pytest.mark.parametrize(
    "text",
    [
        an("HorizontalPodAutoscaler", "h", HPA % "web", "autoscaling/v2") + deployment(),
        an("Ingress", "i", INGRESS % ("web", 80), NETWORKING) + service() + deployment(),
        an("RoleBinding", "b", f"roleRef: {{apiGroup: {RBAC[:-3]}, kind: ClusterRole, name: view}}", RBAC),
        an("RoleBinding", "b", f"roleRef: {{apiGroup: {RBAC[:-3]}, kind: ClusterRole, name: 'system:x'}}", RBAC),
        an("NetworkPolicy", "np", "spec: {podSelector: {}}", NETWORKING),
    ],
)
def test_what_leads_somewhere_is_silent(text: str) -> None:
    assert found(text) == []


def test_a_named_target_port_that_the_pods_lack() -> None:
    named = service().replace("{port: 80}", "{port: 80, targetPort: http}")
    warning = only(deployment() + named)
    assert (warning.id, warning.path) == ("KV2005", "spec.ports[0].targetPort")
    assert [other.path for other in warning.related] == ["spec.template.spec.containers"]
    ports = "image: example.org/web:1, ports: [{containerPort: 8080, name: http}]"
    assert found(deployment().replace("image: example.org/web:1", ports) + named) == []
    udp = ports.replace("name: http", "name: http, protocol: UDP")
    assert [row[0] for row in found(deployment().replace("image: example.org/web:1", udp) + named)] == ["KV2005"]


@pytest.mark.parametrize(
    ("asks", "field"),
    [
        ("livenessProbe: {httpGet: {port: %s}}", "livenessProbe.httpGet.port"),
        ("readinessProbe: {tcpSocket: {port: %s}}", "readinessProbe.tcpSocket.port"),
        ("startupProbe: {httpGet: {port: %s}}", "startupProbe.httpGet.port"),
        ("lifecycle: {preStop: {httpGet: {port: %s}}}", "lifecycle.preStop.httpGet.port"),
        ("lifecycle: {postStart: {httpGet: {port: %s}}}", "lifecycle.postStart.httpGet.port"),
    ],
)
def test_probes_and_hooks_ask_at_a_port_of_their_own_container(asks: str, field: str) -> None:
    ports = "ports: [{containerPort: 8080, name: http}]"

    def pods(first: str, second: str) -> str:
        spec = f"{{containers: [{{name: a, image: i, {first}}}, {{name: b, image: i, {second}}}]}}"
        return an("Pod", "p", f"spec: {spec}")

    place = f"spec.containers[1].{field}"
    assert found(pods("tty: true", f"{asks % 'htpp'}, {ports}")) == [("KV2005", place, "its ports are called http")]
    assert found(pods(ports, asks % "http")) == [("KV2005", place, "name a containerPort http")]
    assert found(pods("tty: true", f"{asks % 'http'}, {ports}")) == []
    assert found(pods("tty: true", asks % 8081)) == []


def test_selectors_that_overlap_are_told_once_with_the_other_labels() -> None:
    two = deployment("a", "{app: web}") + deployment("b", "{app: web}")
    warning = only(two)
    assert (warning.id, warning.object, warning.path) == ("KV2006", "Deployment shop/a", "spec.selector")
    assert [other.path for other in warning.related] == ["spec.template.metadata.labels"]
    assert "both count" not in warning.message
    assert "pods that lose their owner are adopted by the other one" in warning.message
    assert found(deployment("a", "{app: a}") + deployment("b", "{app: b}")) == []


@pytest.mark.parametrize(
    ("controller", "name", "says"),
    [
        (replica_set("rs"), "alone", "ReplicaSet shop/rs may adopt it"),
        (stateful_set("db", "{app: web}"), "db-7", "StatefulSet shop/db may adopt it"),
        # Its pods are called db-0, db-1, ...
        (stateful_set("db", "{app: web}"), "alone", "an autoscaler that counts by it counts it too"),
        # Its ReplicaSets also select by the hash of the template.
        (deployment(), "alone", "an autoscaler that counts by it counts it too"),
    ],
)
def test_a_pod_that_nobody_owns_is_adopted_by_whom_it_fits(controller: str, name: str, says: str) -> None:
    """pkg/controller/controller_ref_manager.go"""
    warning = only(controller + pod(name))
    assert (warning.id, warning.mend) == ("KV2006", "give the Pod other labels")
    assert f"The selector also matches Pod shop/{name}" in warning.message
    assert says in warning.message


def test_a_selector_that_is_not_written_is_shown_where_it_comes_from() -> None:
    labels = "metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}"
    controller = an("ReplicationController", "rc", f"spec: {{replicas: 2, template: {{{labels}}}}}")
    assert only(controller + pod("alone")).path == "spec.template.metadata.labels"


HPAS = [an("HorizontalPodAutoscaler", name, HPA % name, "autoscaling/v2") for name in ("web", "canary")]


@pytest.mark.parametrize("order", [HPAS, HPAS[::-1]])
def test_two_autoscalers_of_the_same_pods_are_ambiguous(order: list[str]) -> None:
    """``hpasControllingPodsUnderSelector`` in pkg/controller/podautoscaler/horizontal.go"""
    two = deployment(labels="{app: web}") + deployment("canary", "{app: web, track: canary}")
    (ambiguous,) = [d for d in cross_object(bundle(two + "".join(order))).diagnostics if d.id == "KV2008"]
    assert "measures the pods of Deployment shop/canary too, so neither of the two follows" in ambiguous.message
    apart = deployment(labels="{app: web, track: stable}") + deployment("canary", "{app: web, track: canary}")
    assert found(apart + "".join(order)) == []


def test_a_canary_and_another_class_share_a_route() -> None:
    route = INGRESS % ("web", 80)
    first = an("Ingress", "a", route, NETWORKING) + service() + deployment()

    def second(annotation: str) -> str:
        return an("Ingress", "b", route, NETWORKING, f"{SHOP}, annotations: {{{annotation}}}")

    assert [id for id, _, _ in found(first + second("team: shop"))] == ["KV2008"]
    assert found(first + second("nginx.ingress.kubernetes.io/canary: 'true'")) == []
    internal = decode_all(read_text(first + second("kubernetes.io/ingress.class: internal"), "a.yaml").documents)
    assert [d.path for d in internal.diagnostics] == ["metadata.annotations[kubernetes.io/ingress.class]"]
    assert cross_object(Bundle(internal.objects)).diagnostics == ()


@pytest.mark.parametrize(
    "text",
    [
        deployment() + budget("a") + budget("b"),
        an("HorizontalPodAutoscaler", "a", HPA % "web", "autoscaling/v2")
        + an("HorizontalPodAutoscaler", "b", HPA % "web", "autoscaling/v1")
        + deployment().replace("image:", "resources: {requests: {cpu: 1}}, image:"),
        an("Ingress", "a", INGRESS % ("web", 80), NETWORKING)
        + an("Ingress", "b", INGRESS % ("web", 80), NETWORKING)
        + service()
        + deployment(),
    ],
)
def test_two_of_what_there_can_be_one(text: str) -> None:
    warning = only(text)
    assert (warning.id, len(warning.related)) == ("KV2008", 1)
    assert warning.object.endswith("/b")
    assert warning.related[0].note.endswith("/a")


def test_what_controllers_make_is_there() -> None:
    sts = an(
        "StatefulSet",
        "db",
        """
        spec:
          replicas: 1000000000
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec: {containers: [{name: c, image: i}]}
          volumeClaimTemplates:
            - metadata: {name: data}
              spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """,
        "apps/v1",
    )
    certificate = an("Certificate", "c", "spec: {secretName: tls}", "cert-manager.io/v1")
    claim = "volumes: [{name: a, persistentVolumeClaim: {claimName: data-db-%s}}, {name: b, secret: {secretName: tls}}]"
    crossed = cross_object(bundle(sts + certificate + deployment(extra=claim % "7")))
    assert crossed.assumed == ()
    assert cross_object(bundle(sts + certificate + deployment(extra=claim % "x"))).assumed != ()


def test_custom_kinds_of_the_same_name_are_not_the_built_in_ones() -> None:
    knative = an("Service", "web", "spec: {}", "serving.knative.dev/v1")
    ingress = an("Ingress", "i", INGRESS % ("web", 80), NETWORKING)
    assert [row[0] for row in found(knative + ingress)] == ["KV2004"]
    b = bundle(knative)
    assert b.find("Service", "shop", "web") is None
    assert b.find("Service", "shop", "web", "serving.knative.dev") is b.wanted[0]


@pytest.mark.parametrize("other", ["settings-old", "settings2", "set"])
def test_names_that_only_belong_together_are_no_misspellings(other: str) -> None:
    assert found(deployment(extra=READS) + config(other)) == []


@pytest.mark.parametrize(("namespace", "told"), [(SHOP, False), ("namespace: other", True)])
def test_what_is_of_no_known_kind_may_be_what_is_named(namespace: str, told: bool) -> None:
    """A kind that is misspelt is told of; that nobody answers to its name would only say so again."""
    text = an("Ingress", "web", INGRESS % ("api", 80), NETWORKING) + an("Servce", "api", namespace=namespace)
    decoded = decode_all(read_text(text, "m.yaml").documents)
    assert [d.id for d in decoded.diagnostics] == ["KV1302"]
    crossed = cross_object(Bundle(decoded.objects), decoded.diagnostics, OPEN)
    assert bool(crossed.diagnostics) is told
