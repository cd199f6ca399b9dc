"""Validation rules that the recordings of the real API server do not cover."""

from __future__ import annotations

import attrs
import pytest

from kverify.api import validate_update
from kverify.api.types.config import ConfigMap
from kverify.api.types.meta import LabelSelector
from kverify.manifest import Severity
from tests.unit.api.api_cases import (
    DEPLOYMENT,
    POD,
    accepted,
    decode_text,
    deployment,
    error,
    errors,
    in_spec,
    paths,
    pod,
)


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("tolerations: [{key: a, operator: Lt, value: '1'}]", ["spec.tolerations[0].operator"]),
        ("tolerations: [{key: a, effect: NoSchedule, tolerationSeconds: 3}]", ["spec.tolerations[0].effect"]),
        ("tolerations: [{operator: Exists}]", []),
        ("topologySpreadConstraints: [{maxSkew: 1, whenUnsatisfiable: DoNotSchedule}]", ["topologyKey"]),
        (
            "topologySpreadConstraints:\n"
            "- {maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule}\n"
            "- {maxSkew: 2, topologyKey: a, whenUnsatisfiable: DoNotSchedule}",
            ["spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}"],
        ),
        (
            "topologySpreadConstraints:\n"
            "- {maxSkew: 1, topologyKey: a, whenUnsatisfiable: ScheduleAnyway, minDomains: 2}",
            ["minDomains"],
        ),
        (
            "topologySpreadConstraints:\n"
            "- {maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, matchLabelKeys: [x]}",
            ["matchLabelKeys"],
        ),
        (
            "topologySpreadConstraints:\n"
            "- maxSkew: 1\n  topologyKey: a\n  whenUnsatisfiable: DoNotSchedule\n  matchLabelKeys: [x]\n"
            "  labelSelector: {matchLabels: {x: z}}",
            [],
        ),
        (
            "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {}}]}}",
            ["spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey"],
        ),
        ("schedulerName: Mine", []),
        ("activeDeadlineSeconds: 0", ["spec.activeDeadlineSeconds"]),
        ("dnsPolicy: None", ["spec.dnsConfig"]),
        ("volumes: [{name: v, emptyDir: {}, hostPath: {path: /a}}]", ["spec.volumes[0].hostPath"]),
        ("volumes: [{name: v, configMap: {name: a, defaultMode: 1000}}]", ["spec.volumes[0].configMap.defaultMode"]),
    ],
)
def test_pod_spec(extra: str, expected: list[str]) -> None:
    found = paths(in_spec(extra))
    assert len(found) == len(expected)
    assert all(path.endswith(end) for path, end in zip(found, expected, strict=True)), found


@pytest.mark.parametrize(
    ("operator", "values", "ok"),
    [
        ("In", "[a]", True),
        ("In", "[]", False),
        ("Exists", "[]", True),
        ("Exists", "[a]", False),
        ("Gt", "['5']", True),
        ("Gt", "['5', '6']", False),
        ("Near", "[a]", False),
    ],
)
def test_node_affinity_operators(operator: str, values: str, ok: bool) -> None:
    extra = (
        "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
        f"[{{matchExpressions: [{{key: a, operator: {operator}, values: {values}}}]}}]}}}}}}"
    )
    assert (errors(in_spec(extra)) == []) == ok


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("resources: {requests: {cpu: -1}}", ["spec.containers[0].resources.requests[cpu]"]),
        ("resources: {requests: {example.com/gpu: 500m}, limits: {example.com/gpu: 500m}}", ["gpu]", "gpu]"]),
        ("resources: {requests: {example.com/gpu: 1}, limits: {example.com/gpu: 2}}", ["resources.requests"]),
        ("readinessProbe: {tcpSocket: {port: 0}}", ["spec.containers[0].readinessProbe.tcpSocket.port"]),
        ("readinessProbe: {tcpSocket: {port: 1}, terminationGracePeriodSeconds: 1}", ["terminationGracePeriodSeconds"]),
        ("lifecycle: {preStop: {}}", ["spec.containers[0].lifecycle.preStop"]),
        ("ports: [{containerPort: 70000}]", ["spec.containers[0].ports[0].containerPort"]),
        ("ports: [{name: a, containerPort: 1}, {name: a, containerPort: 2}]", ["spec.containers[0].ports[1].name"]),
        ("env: [{name: 'a=b'}]", ["spec.containers[0].env[0].name"]),
        ("env: [{name: A, valueFrom: {}}]", ["spec.containers[0].env[0].valueFrom"]),
        ("env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.phase}}}]", ["fieldPath"]),
        ("env: [{name: A, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['a']\"}}}]", []),
        ("envFrom: [{prefix: A}]", ["spec.containers[0].envFrom"]),
        ("volumeDevices: [{name: v, devicePath: /dev/a}]", ["spec.containers[0].volumeDevices[0].name"]),
        ("imagePullPolicy: always", ["spec.containers[0].imagePullPolicy"]),
        ("securityContext: {seccompProfile: {type: Localhost}}", ["seccompProfile.localhostProfile"]),
    ],
)
def test_container(extra: str, expected: list[str]) -> None:
    found = paths(POD + f"    {extra}\n")
    assert len(found) == len(expected)
    assert all(path.endswith(end) for path, end in zip(found, expected, strict=True)), found


def test_mount_paths_are_unique() -> None:
    extra = "    volumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /a}]\n  volumes: [{name: v}]\n"
    found = error(POD + extra)
    assert (found.id, found.path) == ("KV1204", "spec.containers[0].volumeMounts[1].mountPath")


def test_a_mount_of_a_misspelt_volume_is_mended() -> None:
    found = error(POD + "    volumeMounts: [{name: dta, mountPath: /a}]\n  volumes: [{name: data}]\n")
    assert (found.id, found.mend) == ("KV1206", "did you mean data?")


def test_the_span_of_a_label_is_the_label() -> None:
    """The API server prints the map; the place is the entry."""
    found = error(POD.replace("name: web\n", "name: web\n  labels:\n    good: yes-it-is\n    bad: not good\n", 1))
    assert (found.path, found.span.line, found.span.column) == ("metadata.labels", 7, 10)


@pytest.mark.parametrize(
    ("strategy", "ok"),
    [
        ("{rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}", True),
        ("{rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}", False),
        ("{rollingUpdate: {maxSurge: '0%', maxUnavailable: 0}}", False),
        ("{rollingUpdate: {maxSurge: 1%, maxUnavailable: 0%}}", True),
        ("{type: Recreate}", True),
        ("{type: Recreate, rollingUpdate: {maxSurge: 1}}", False),
        ("{type: recreate}", False),
    ],
)
def test_strategy(strategy: str, ok: bool) -> None:
    assert (errors(DEPLOYMENT.replace("spec:\n  sel", f"spec:\n  strategy: {strategy}\n  sel")) == []) == ok


def test_pod_level_resources_hold_their_containers() -> None:
    text = POD + "    resources: {requests: {cpu: 2}, limits: {cpu: 4}}\n"
    found = paths(text + "  resources: {requests: {cpu: 1}, limits: {cpu: 3}}\n")
    assert sorted(found) == ["spec.resources.containers[0][cpu].limits", "spec.resources.requests[cpu]"]


def test_service_names_depend_on_the_version() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: 1a}\nspec: {ports: [{port: 80}]}\n"
    assert errors(text, "1.36") == []
    assert [item.id for item in errors(text, "1.35")] == ["KV1210"]


def test_namespaces_of_cluster_objects() -> None:
    """The API server clears it."""
    assert accepted("apiVersion: v1\nkind: Node\nmetadata: {name: a, namespace: b}\n").metadata.namespace is None


def test_quantities_too_large_to_store() -> None:
    decoded = decode_text(POD + "    resources: {requests: {memory: 1000E}}\n")
    assert [(item.id, item.severity) for item in decoded.diagnostics] == [("KV1251", Severity.WARNING)]


def test_selectors_cannot_change() -> None:
    old = deployment()
    new = attrs.evolve(
        old, spec=attrs.evolve(old.spec, selector=LabelSelector(match_labels={"app": "web", "version": "2"}))
    )
    assert validate_update(old, old) == ()
    (found,) = validate_update(old, new)
    assert (found.id, found.path, found.object) == ("KV1217", "spec.selector", "Deployment default/web")
    assert found.span.line == 7


def test_immutable_config_maps() -> None:
    old = accepted("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\nimmutable: true\n")
    assert isinstance(old, ConfigMap)
    new = attrs.evolve(old, data={"a": "c"}, immutable=None)
    assert [item.path for item in validate_update(old, new)] == ["immutable", "data"]


def test_updates_are_of_one_object() -> None:
    with pytest.raises(ValueError, match="are not one object"):
        validate_update(pod(), deployment())
