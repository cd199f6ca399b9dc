"""What is taken with a warning (``pkg/api/pod/warnings.go``)."""

from __future__ import annotations

import pytest

from tests.unit.api.api_cases import DEPLOYMENT, POD, decode_text, in_container, in_spec, warnings


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("topologySpreadConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]", ["L"]),
        ("hostAliases: [{ip: 10.0.0.1}, {ip: 10.0.0.2}, {ip: 10.0.0.1}]", ["spec.hostAliases[2].ip"]),
        ("imagePullSecrets: [{name: a}, {name: a}]", ["spec.imagePullSecrets[1].name"]),
        ("imagePullSecrets: [{}]", ["spec.imagePullSecrets[0].name"]),
        ("runtimeClassName: a\noverhead: {memory: 100m}", ["spec.overhead[memory]"]),
        ("volumes: [{name: v, gitRepo: {repository: a}}]", ["spec.volumes[0].gitRepo"]),
        ("volumes: [{name: v, storageos: {volumeName: a}}]", ["spec.volumes[0].storageOS"]),
        ("volumes: [{name: v, glusterfs: {endpoints: a, path: b}}]", ["spec.volumes[0].glusterfs"]),
        ("volumes: [{name: v, projected: {sources: [{}]}}]", ["spec.volumes[0].projected.sources[0]"]),
        (
            "volumes: [{name: v, configMap: {name: a, items: [{key: b, path: c}, {key: d, path: c/d}]}}]",
            ["spec.volumes[0].configMap.items[1].path"],
        ),
        (
            "volumes: [{name: v, secret: {secretName: a, items: [{key: b, path: c}, {key: d, path: c}]}}]",
            ["spec.volumes[0].secret.items[1].path"],
        ),
        ("volumes: [{name: v, configMap: {name: a, items: [{key: b, path: c}, {key: d, path: cd}]}}]", []),
        (
            "volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: a}},"
            " {downwardAPI: {items: [{path: a/b, fieldRef: {fieldPath: metadata.name}}]}}]}}]",
            ["spec.volumes[0].projected.sources[1].downwardAPI.items[0].path"],
        ),
    ],
)
def test_pods(extra: str, expected: list[str]) -> None:
    selector = "spec.topologySpreadConstraints[0].labelSelector"
    assert warnings(in_spec(extra)) == [selector if path == "L" else path for path in expected]


@pytest.mark.parametrize("kind", ["podAffinity", "podAntiAffinity"])
def test_terms_without_selectors(kind: str) -> None:
    required, preferred = (f"{rules}DuringSchedulingIgnoredDuringExecution" for rules in ("required", "preferred"))
    text = in_spec(
        f"affinity:\n  {kind}:\n    {required}: [{{topologyKey: a}}]\n"
        f"    {preferred}: [{{weight: 1, podAffinityTerm: {{topologyKey: a}}}}]"
    )
    assert warnings(text) == [
        f"spec.affinity.{kind}.{required}[0].labelSelector",
        f"spec.affinity.{kind}.{preferred}[0].podAffinityTerm.labelSelector",
    ]


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("env: [{name: A, value: a}, {name: A, value: b}]", ["env[1]"]),
        ("env: [{name: A, value: a}, {name: A, value: '$(A)'}]", ["env[1]"]),
        ("env: [{name: A, value: a}, {name: A, value: '$(A):b'}]", []),
        ("env: [{name: A, value: a}, {name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]", ["env[1]"]),
        ("resources: {limits: {memory: 1500m}, requests: {memory: 1}}", ["resources.limits[memory]"]),
        (
            "resources: {requests: {ephemeral-storage: 1500m}, limits: {ephemeral-storage: 2}}",
            ["resources.requests[ephemeral-storage]"],
        ),
        ("ports: [{containerPort: 1, hostIP: 10.0.0.1}]", ["ports[0]"]),
        ("ports: [{containerPort: 1}, {containerPort: 1}]", ["ports[1]"]),
        ("ports: [{containerPort: 1}, {containerPort: 1, protocol: UDP}]", []),
        ("ports: [{containerPort: 1}, {containerPort: 1, hostPort: 2}]", ["ports[1]"]),
        ("ports: [{containerPort: 1, hostPort: 3}, {containerPort: 1, hostPort: 2}]", []),
        ("ports: [{containerPort: 1, hostPort: 2}, {containerPort: 1, hostPort: 2, hostIP: 10.0.0.1}]", ["ports[1]"]),
    ],
)
def test_containers(extra: str, expected: list[str]) -> None:
    found = warnings(in_container(extra))
    assert [path.removeprefix("spec.containers[0].") for path in found] == expected


def test_a_port_of_two_containers() -> None:
    text = in_spec("- {name: d, image: a, ports: [{containerPort: 1}]}", in_container("ports: [{containerPort: 1}]"))
    assert warnings(text) == ["spec.containers[1].ports[0]"]


def test_names_are_host_names() -> None:
    assert warnings(POD.replace("name: web\n", "name: web.a\n", 1)) == ["metadata.name"]


def test_templates() -> None:
    text = DEPLOYMENT + "      hostAliases: [{ip: 10.0.0.1}, {ip: 10.0.0.1}]\n"
    assert warnings(text) == ["spec.template.spec.hostAliases[1].ip"]


@pytest.mark.parametrize(
    ("source", "gone"),
    [
        ("gitRepo: {repository: a}", "1.36"),
        ("glusterfs: {endpoints: a, path: b}", "1.26"),
        ("rbd: {monitors: [a], image: b}", "1.31"),
    ],
)
def test_a_volume_without_a_plugin_never_lets_its_pod_start(source: str, gone: str) -> None:
    (warning,) = decode_text(in_spec(f"volumes: [{{name: v, {source}}}]")).diagnostics
    assert warning.message.startswith(f"No kubelet since {gone} has a plugin for volumes of the kind")
    assert warning.message.endswith("so a pod with one never starts.")


@pytest.mark.parametrize(
    ("pod", "container", "expected"),
    [
        ("runAsNonRoot: true, runAsUser: 0", "", ["spec.securityContext.runAsUser"]),
        ("runAsNonRoot: true", "runAsUser: 0", ["spec.containers[0].securityContext.runAsUser"]),
        ("runAsUser: 0", "runAsNonRoot: true", ["spec.securityContext.runAsUser"]),
        # What the container says itself counts more.
        ("runAsNonRoot: true, runAsUser: 0", "runAsUser: 7", []),
        ("runAsNonRoot: true, runAsUser: 0", "runAsNonRoot: false", []),
        ("runAsNonRoot: true", "", []),
        ("runAsUser: 0", "", []),
    ],
)
def test_root_where_it_must_not_be_never_starts(pod: str, container: str, expected: list[str]) -> None:
    """``verifyRunAsNonRoot`` in pkg/kubelet/kuberuntime/security_context_others.go"""
    text = in_spec(f"securityContext: {{{pod}}}", in_container(f"securityContext: {{{container}}}"))
    assert warnings(text) == expected
