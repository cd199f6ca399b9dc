"""Objects of removed API versions become those of their successor, at the places where they are written."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kverify.api import KubeObject, decode, registry
from kverify.api.conversion import CONVERSIONS, convert, successor
from kverify.api.dispatch import rule
from kverify.api.versions import REMOVED
from kverify.manifest import Severity, read_text
from kverify.manifest.nodes import Document
from tests.unit.api.api_cases import decode_text

TEMPLATE = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}"
SELECTED = "selector: {matchLabels: {a: b}}"
PODS = f"spec: {{{TEMPLATE}}}"


def document(api_version: str, kind: str, rest: str, metadata: str = "name: x") -> Document:
    text = f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{{metadata}}}\n{rest}\n"
    return read_text(text, "old.yaml").documents[0]


def converted(api_version: str, kind: str, rest: str) -> tuple[dict[str, Any], list[str]]:
    found = convert(document(api_version, kind, rest), api_version, kind)
    assert found is not None
    assert isinstance(found.document.plain, dict)
    assert found.document.plain["apiVersion"] == REMOVED[api_version, kind].use
    return found.document.plain, [note.path for note in found.notes]


WORKLOADS: list[tuple[str, str, str, dict[str, Any]]] = [
    (
        "extensions/v1beta1",
        "Deployment",
        PODS,
        {
            "selector": {"matchLabels": {"a": "b"}},
            "strategy": {"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 1}},
            "revisionHistoryLimit": 2147483647,
            "progressDeadlineSeconds": 2147483647,
        },
    ),
    (
        "extensions/v1beta1",
        "Deployment",
        f"spec: {{strategy: {{type: Recreate}}, revisionHistoryLimit: 3, {SELECTED}, {TEMPLATE}}}",
        {
            "strategy": {"type": "Recreate"},
            "revisionHistoryLimit": 3,
            "progressDeadlineSeconds": 2147483647,
            "selector": {"matchLabels": {"a": "b"}},
        },
    ),
    ("apps/v1beta1", "Deployment", PODS, {"selector": {"matchLabels": {"a": "b"}}, "revisionHistoryLimit": 2}),
    ("apps/v1beta2", "Deployment", f"spec: {{{SELECTED}, {TEMPLATE}}}", {"selector": {"matchLabels": {"a": "b"}}}),
    ("extensions/v1beta1", "ReplicaSet", PODS, {"selector": {"matchLabels": {"a": "b"}}}),
    (
        "extensions/v1beta1",
        "DaemonSet",
        PODS,
        {"selector": {"matchLabels": {"a": "b"}}, "updateStrategy": {"type": "OnDelete"}},
    ),
    (
        "apps/v1beta1",
        "StatefulSet",
        PODS,
        {"selector": {"matchLabels": {"a": "b"}}, "updateStrategy": {"type": "OnDelete"}},
    ),
    (
        "apps/v1beta1",
        "StatefulSet",
        f"spec: {{updateStrategy: {{type: RollingUpdate}}, {TEMPLATE}}}",
        {"selector": {"matchLabels": {"a": "b"}}, "updateStrategy": {"type": "RollingUpdate"}},
    ),
]


@pytest.mark.parametrize(("api_version", "kind", "rest", "expected"), WORKLOADS)
def test_workloads_keep_what_they_meant(api_version: str, kind: str, rest: str, expected: dict[str, Any]) -> None:
    plain, _ = converted(api_version, kind, rest)
    spec = dict(plain["spec"])
    assert spec.pop("template")["spec"]["containers"] == [{"name": "c", "image": "i"}]
    assert spec == expected


SERVICE = {"service": {"name": "s", "port": {"number": 80}}}
HTTP = "- http: {paths: [{path: /a, backend: {serviceName: s, servicePort: web}}]}"


@pytest.mark.parametrize(
    ("api_version", "kind", "rest", "expected"),
    [
        (
            "networking.k8s.io/v1beta1",
            "Ingress",
            "spec: {backend: {serviceName: s, servicePort: 80}}",
            {"spec": {"defaultBackend": SERVICE}},
        ),
        (
            "extensions/v1beta1",
            "Ingress",
            f"spec:\n  rules:\n  {HTTP}",
            {
                "spec": {
                    "rules": [
                        {
                            "http": {
                                "paths": [
                                    {
                                        "path": "/a",
                                        "backend": {"service": {"name": "s", "port": {"name": "web"}}},
                                        "pathType": "ImplementationSpecific",
                                    }
                                ]
                            }
                        }
                    ]
                }
            },
        ),
        (
            "networking.k8s.io/v1beta1",
            "Ingress",
            "spec: {backend: {resource: {kind: a, name: b}}}",
            {"spec": {"defaultBackend": {"resource": {"kind": "a", "name": "b"}}}},
        ),
        (
            "discovery.k8s.io/v1beta1",
            "EndpointSlice",
            "endpoints: [{addresses: [10.0.0.1], "
            "topology: {kubernetes.io/hostname: h, topology.kubernetes.io/zone: z}}]",
            {"endpoints": [{"addresses": ["10.0.0.1"], "zone": "z", "nodeName": "h"}]},
        ),
        (
            "policy/v1beta1",
            "PodDisruptionBudget",
            "spec: {minAvailable: 1, selector: {matchLabels: {a: b}}}",
            {"spec": {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}}},
        ),
        (
            "autoscaling/v2beta1",
            "HorizontalPodAutoscaler",
            "spec: {metrics: [{type: Resource, resource: {name: cpu, targetAverageUtilization: 60}}]}",
            {
                "spec": {
                    "metrics": [
                        {
                            "type": "Resource",
                            "resource": {
                                "name": "cpu",
                                "target": {"type": "Utilization", "averageUtilization": 60},
                            },
                        }
                    ]
                }
            },
        ),
        (
            "autoscaling/v2beta1",
            "HorizontalPodAutoscaler",
            "spec: {metrics: [{pods: {metricName: m, targetAverageValue: 5, selector: {matchLabels: {a: b}}}}]}\n"
            "status: {currentReplicas: 3}",
            {
                "spec": {
                    "metrics": [
                        {
                            "pods": {
                                "metric": {"name": "m", "selector": {"matchLabels": {"a": "b"}}},
                                "target": {"type": "AverageValue", "averageValue": 5},
                            }
                        }
                    ]
                }
            },
        ),
        (
            "autoscaling/v2beta1",
            "HorizontalPodAutoscaler",
            "spec: {metrics: [{object: {target: {kind: Service, name: s}, metricName: m, targetValue: 5}}]}",
            {
                "spec": {
                    "metrics": [
                        {
                            "object": {
                                "describedObject": {"kind": "Service", "name": "s"},
                                "metric": {"name": "m"},
                                "target": {"type": "Value", "value": 5},
                            }
                        }
                    ]
                }
            },
        ),
        (
            "autoscaling/v2beta1",
            "HorizontalPodAutoscaler",
            "spec: {metrics: [{external: {metricName: m, metricSelector: {}, targetValue: 5}}]}",
            {
                "spec": {
                    "metrics": [
                        {
                            "external": {
                                "metric": {"name": "m", "selector": {}},
                                "target": {"type": "Value", "value": 5},
                            }
                        }
                    ]
                }
            },
        ),
        (
            "rbac.authorization.k8s.io/v1alpha1",
            "ClusterRoleBinding",
            "subjects: [{kind: User, name: '*', apiVersion: rbac/v1alpha1}, {kind: User, name: u}]",
            {"subjects": [{"kind": "Group", "name": "system:authenticated"}, {"kind": "User", "name": "u"}]},
        ),
        (
            "admissionregistration.k8s.io/v1beta1",
            "ValidatingWebhookConfiguration",
            "webhooks: [{name: a.b.c, failurePolicy: Fail}]",
            {
                "webhooks": [
                    {
                        "name": "a.b.c",
                        "failurePolicy": "Fail",
                        "matchPolicy": "Exact",
                        "timeoutSeconds": 30,
                        "admissionReviewVersions": ["v1beta1"],
                    }
                ]
            },
        ),
        (
            "apiextensions.k8s.io/v1beta1",
            "CustomResourceDefinition",
            "spec:\n"
            "  version: v1\n"
            "  preserveUnknownFields: false\n"
            "  subresources: {status: {}}\n"
            "  validation: {openAPIV3Schema: {type: object}}\n"
            "  additionalPrinterColumns: [{name: Age, JSONPath: .a}]\n"
            "  conversion: {strategy: Webhook, webhookClientConfig: {url: u}, conversionReviewVersions: [v1]}\n",
            {
                "spec": {
                    "versions": [
                        {
                            "name": "v1",
                            "served": True,
                            "storage": True,
                            "schema": {"openAPIV3Schema": {"type": "object"}},
                            "subresources": {"status": {}},
                            "additionalPrinterColumns": [{"name": "Age", "jsonPath": ".a"}],
                        }
                    ],
                    "conversion": {
                        "strategy": "Webhook",
                        "webhook": {"clientConfig": {"url": "u"}, "conversionReviewVersions": ["v1"]},
                    },
                }
            },
        ),
        (
            "apiextensions.k8s.io/v1beta1",
            "CustomResourceDefinition",
            "spec: {version: v1, versions: [{name: v1, served: true, storage: true}]}",
            {
                "spec": {
                    "versions": [
                        {
                            "name": "v1",
                            "served": True,
                            "storage": True,
                            "schema": {
                                "openAPIV3Schema": {
                                    "type": "object",
                                    "x-kubernetes-preserve-unknown-fields": True,
                                }
                            },
                        }
                    ]
                }
            },
        ),
        (
            "flowcontrol.apiserver.k8s.io/v1beta2",
            "PriorityLevelConfiguration",
            "spec: {limited: {assuredConcurrencyShares: 5}}",
            {"spec": {"limited": {"nominalConcurrencyShares": 5}}},
        ),
    ],
)
def test_fields_move(api_version: str, kind: str, rest: str, expected: dict[str, Any]) -> None:
    plain, notes = converted(api_version, kind, rest)
    assert {key: plain[key] for key in plain if key not in ("apiVersion", "kind", "metadata")} == expected
    assert notes == []


@pytest.mark.parametrize(
    ("api_version", "kind", "rest", "expected"),
    [
        ("extensions/v1beta1", "Deployment", f"spec: {{rollbackTo: {{revision: 0}}, {TEMPLATE}}}", "spec.rollbackTo"),
        ("apps/v1beta1", "Deployment", f"spec: {{rollbackTo: {{revision: 0}}, {TEMPLATE}}}", "spec.rollbackTo"),
        ("extensions/v1beta1", "DaemonSet", f"spec: {{templateGeneration: 3, {TEMPLATE}}}", "spec.templateGeneration"),
        (
            "discovery.k8s.io/v1beta1",
            "EndpointSlice",
            "endpoints: [{addresses: [10.0.0.1], topology: {a/b: c}}]",
            "endpoints[0].topology[a/b]",
        ),
        (
            "apiextensions.k8s.io/v1beta1",
            "CustomResourceDefinition",
            "spec: {version: v2, versions: [{name: v1}]}",
            "spec.version",
        ),
        ("policy/v1beta1", "PodDisruptionBudget", "spec: {selector: {}}", "spec.selector"),
    ],
)
def test_what_does_not_go_over_is_named(api_version: str, kind: str, rest: str, expected: str) -> None:
    assert converted(api_version, kind, rest)[1] == [expected]


def test_an_empty_selector_of_an_old_budget_selects_nothing() -> None:
    plain, _ = converted("policy/v1beta1", "PodDisruptionBudget", "spec: {minAvailable: 1, selector: {}}")
    (requirement,) = plain["spec"]["selector"]["matchExpressions"]
    assert requirement["operator"] == "Exists"


def test_labels_of_the_template_become_those_of_the_object() -> None:
    plain, _ = converted("extensions/v1beta1", "Deployment", PODS)
    assert plain["metadata"]["labels"] == {"a": "b"}
    plain, _ = converted("apps/v1beta2", "Deployment", PODS)
    assert "labels" not in plain["metadata"]


BROKEN = [
    "spec: 3",
    "spec: null",
    "spec: []",
    "spec: {backend: 3, rules: {}, metrics: 3, template: [], versions: {}, selector: a, limited: []}",
    "spec: {backend: {serviceName: {}, servicePort: []}, rules: [{http: {paths: [null, {backend: []}]}}]}",
    "spec: {metrics: [{resource: [], pods: {metricName: {}}, object: {target: 3}}], versions: [3], version: []}",
    "spec: {template: {metadata: {labels: []}}, strategy: 3, updateStrategy: [], conversion: {strategy: {}}}",
    "subjects: [3, {kind: [], name: {}}]\nwebhooks: {}\nendpoints: [{topology: 3}]\nmetadata: 3",
    "",
]


@pytest.mark.parametrize("rest", BROKEN)
@pytest.mark.parametrize(("api_version", "kind"), sorted(CONVERSIONS))
def test_broken_objects_are_left_to_the_decoder(api_version: str, kind: str, rest: str) -> None:
    text = f"apiVersion: {api_version}\nkind: {kind}\n{rest}\n"
    decoded = decode(read_text(text, "old.yaml").documents[0])
    assert "KV1301" in [item.id for item in decoded.diagnostics]


def test_every_removed_version_has_a_successor_or_says_what_took_its_place() -> None:
    for (api_version, kind), removed in REMOVED.items():
        target = successor(api_version, kind)
        assert (target is None) == (kind == "PodSecurityPolicy"), (api_version, kind)
        assert target in (None, removed.use)
        assert (api_version, kind) not in registry.NAMESPACED
    assert set(CONVERSIONS) <= set(REMOVED)
    for name in CONVERSIONS.values():
        assert callable(rule("kverify.api.conversion", name))


INGRESS = """\
apiVersion: extensions/v1beta1
kind: Ingress
metadata:
  name: web
spec:
  rules:
  - http:
      paths:
      - path: a
        backend:
          serviceName: Web
          servicePort: 80
"""


def test_findings_point_at_what_the_author_wrote() -> None:
    decoded = decode_text(INGRESS)
    assert decoded.object is None
    found = {item.path: (item.id, item.span.line, item.span.column) for item in decoded.diagnostics}
    assert found == {
        "apiVersion": ("KV1301", 1, 13),
        "spec.rules[0].http.paths[0].path": ("KV1202", 9, 15),
        "spec.rules[0].http.paths[0].backend.service.name": ("KV1202", 11, 24),
    }


def test_the_object_goes_on_as_its_successor_and_is_still_refused() -> None:
    decoded = decode_text(INGRESS.replace("path: a", "path: /a").replace("Web", "web"))
    assert isinstance(decoded.object, KubeObject)
    assert decoded.object.api_version == "networking.k8s.io/v1"
    assert decoded.object.metadata.namespace == "default"
    (removed,) = decoded.diagnostics
    assert (removed.id, removed.severity, removed.object) == ("KV1301", Severity.ERROR, "Ingress default/web")
    assert not decoded.accepted


def test_a_policy_of_pod_security_has_no_successor() -> None:
    decoded = decode_text("apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: a}\n")
    assert decoded.object is None
    assert [item.id for item in decoded.diagnostics] == ["KV1301"]


def test_yaml_of_a_conversion_is_that_of_the_successor() -> None:
    """Reading the plain data of a converted document gives the same object as the document itself."""
    found = convert(document("extensions/v1beta1", "Deployment", PODS), "extensions/v1beta1", "Deployment")
    assert found is not None
    again = read_text(yaml.safe_dump(found.document.plain), "new.yaml").documents[0]
    assert decode(again).object == decode(found.document).object
