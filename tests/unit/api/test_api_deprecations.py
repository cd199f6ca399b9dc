"""Labels and annotations that the API server warns about: one row per place where they can stand."""

from __future__ import annotations

import pytest

from kverify.api.labels import DEPRECATED_NODE_LABELS
from kverify.manifest import Severity
from tests.unit.api.api_cases import DEPLOYMENT, POD, decode_text

OLD = "beta.kubernetes.io/os"
TERM = f"{{matchExpressions: [{{key: {OLD}, operator: Exists}}]}}"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def warned(text: str) -> list[str]:
    decoded = decode_text(text)
    assert decoded.object is not None, decoded.diagnostics
    assert all(item.severity is Severity.WARNING for item in decoded.diagnostics)
    return [item.path for item in decoded.diagnostics]


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (f"nodeSelector: {{{OLD}: linux}}", [f"nodeSelector[{OLD}]"]),
        ("nodeSelector: {kubernetes.io/os: linux}", []),
        (
            f"affinity: {{nodeAffinity: {{{REQUIRED}: {{nodeSelectorTerms: [{TERM}]}}}}}}",
            [f"affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms[0].matchExpressions[0].key"],
        ),
        (
            f"affinity: {{nodeAffinity: {{{PREFERRED}: [{{weight: 1, preference: {TERM}}}]}}}}",
            [f"affinity.nodeAffinity.{PREFERRED}[0].preference.matchExpressions[0].key"],
        ),
        (
            "topologySpreadConstraints: [{maxSkew: 1, topologyKey: failure-domain.beta.kubernetes.io/zone, "
            "whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]",
            ["topologySpreadConstraints[0].topologyKey"],
        ),
    ],
)
def test_labels_of_nodes(extra: str, expected: list[str]) -> None:
    assert warned(f"{POD}  {extra}\n") == [f"spec.{path}" for path in expected]
    assert warned(f"{DEPLOYMENT}      {extra}\n") == [f"spec.template.spec.{path}" for path in expected]


@pytest.mark.parametrize("label", sorted(DEPRECATED_NODE_LABELS))
def test_every_deprecated_label(label: str) -> None:
    assert warned(f"{POD}  nodeSelector: {{{label}: a}}\n") == [f"spec.nodeSelector[{label}]"]


APPARMOR = "container.apparmor.security.beta.kubernetes.io/c"


@pytest.mark.parametrize(
    ("annotation", "extra", "pod", "template"),
    [
        ("scheduler.alpha.kubernetes.io/critical-pod: ''", "", True, True),
        ("security.alpha.kubernetes.io/sysctls: a", "", True, True),
        ("security.alpha.kubernetes.io/unsafe-sysctls: a", "", True, True),
        ("seccomp.security.alpha.kubernetes.io/pod: runtime/default", "", True, True),
        (
            "seccomp.security.alpha.kubernetes.io/pod: runtime/default",
            "securityContext: {seccompProfile: {type: RuntimeDefault}}",
            False,
            False,
        ),
        ("container.seccomp.security.alpha.kubernetes.io/c: runtime/default", "", True, True),
        ("container.seccomp.security.alpha.kubernetes.io/other: runtime/default", "", False, False),
        (f"{APPARMOR}: runtime/default", "", True, True),
        (
            f"{APPARMOR}: runtime/default",
            "securityContext: {appArmorProfile: {type: RuntimeDefault}}",
            True,
            False,
        ),
    ],
)
def test_annotations_of_pods(annotation: str, extra: str, pod: bool, template: bool) -> None:
    key = annotation.partition(": ")[0]
    text = POD.replace("  name: web\n", f"  name: web\n  annotations: {{{annotation}}}\n", 1)
    found = warned(f"{text}  {extra}\n")
    assert found == ([f"metadata.annotations[{key}]"] if pod else [])
    text = DEPLOYMENT.replace("      labels:", f"      annotations: {{{annotation}}}\n      labels:", 1)
    found = warned(f"{text}      {extra}\n")
    assert found == ([f"spec.template.metadata.annotations[{key}]"] if template else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: a}\nprovisioner: a/b\n"
            f"allowedTopologies: [{{matchLabelExpressions: [{{key: {OLD}, values: [a]}}]}}]\n",
            "allowedTopologies[0].matchLabelExpressions[0].key",
        ),
        (
            "apiVersion: storage.k8s.io/v1\nkind: CSIStorageCapacity\nmetadata: {name: a}\nstorageClassName: a\n"
            f"nodeTopology: {{matchLabels: {{{OLD}: a}}}}\n",
            f"nodeTopology.matchLabels.{OLD}",
        ),
        (
            "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: a}\n"
            "spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], csi: {driver: a.b, volumeHandle: h}, "
            f"nodeAffinity: {{required: {{nodeSelectorTerms: [{TERM}]}}}}}}\n",
            "spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key",
        ),
    ],
)
def test_labels_of_nodes_in_storage(text: str, expected: str) -> None:
    assert warned(text) == [expected]
