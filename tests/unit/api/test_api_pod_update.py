"""What an update may change of a pod (``ValidatePodUpdate``)."""

from __future__ import annotations

import pytest

from kverify.api import validate_update
from tests.unit.api.api_cases import POD, in_container, in_spec, pod

GATED = in_spec("schedulingGates: [{name: a}, {name: b}]\nnodeSelector: {c: d}")


def changed(old: str, new: str) -> list[str]:
    return sorted(item.path for item in validate_update(pod(old), pod(new)))


def annotated(text: str, annotation: str) -> str:
    return text.replace("name: web\n", f"name: web\n  annotations: {{{annotation}}}\n", 1)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ("", "nodeName: a", ["spec"]),
        ("", "restartPolicy: Never", ["spec"]),
        ("", "initContainers: [{name: i, image: a}]", ["spec.initContainers"]),
        ("initContainers: [{name: i, image: a}]", "initContainers: [{name: i, image: b}]", []),
        ("initContainers: [{name: i, image: a}]", "initContainers: [{name: j, image: a}]", ["spec"]),
        ("", "- {name: d, image: a}", ["spec.containers"]),
        ("", "- {name: d, image: a}\nnodeName: a", ["spec.containers"]),
        # Deadlines
        ("", "activeDeadlineSeconds: 5", []),
        ("activeDeadlineSeconds: 5", "activeDeadlineSeconds: 4", []),
        ("activeDeadlineSeconds: 5", "activeDeadlineSeconds: 6", ["spec.activeDeadlineSeconds"]),
        ("activeDeadlineSeconds: 5", "activeDeadlineSeconds: 6\nnodeName: a", ["spec.activeDeadlineSeconds"]),
        ("activeDeadlineSeconds: 5", "", ["spec.activeDeadlineSeconds"]),
        ("activeDeadlineSeconds: 5", "nodeName: a", ["spec", "spec.activeDeadlineSeconds"]),
        ("terminationGracePeriodSeconds: 5", "terminationGracePeriodSeconds: 4", ["spec"]),
        # Tolerations
        ("", "tolerations: [{key: a}]", []),
        ("tolerations: [{key: a}]", "tolerations: [{key: b}, {key: a}]", []),
        ("tolerations: [{key: a}]", "tolerations: [{key: b}]", ["spec.tolerations"]),
        ("tolerations: [{key: a}]", "", ["spec.tolerations"]),
        (
            "tolerations: [{key: a, effect: NoExecute, tolerationSeconds: 3}]",
            "tolerations: [{key: a, effect: NoExecute, tolerationSeconds: 4}]",
            [],
        ),
        # Gates
        ("schedulingGates: [{name: a}, {name: b}]", "schedulingGates: [{name: b}]", []),
        ("schedulingGates: [{name: a}]", "", []),
        ("schedulingGates: [{name: a}]", "schedulingGates: [{name: a}, {name: b}]", ["spec.schedulingGates[1].name"]),
        ("", "nodeSelector: {a: b}", ["spec"]),
    ],
)
def test_fields(old: str, new: str, expected: list[str]) -> None:
    assert changed(in_spec(old), in_spec(new)) == expected


def test_containers() -> None:
    assert changed(POD, POD.replace("1.27", "1.28")) == []
    assert changed(POD, in_container("tty: true")) == ["spec"]
    assert changed(POD, in_container("resources: {limits: {cpu: 1}}")) == ["spec"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "kubernetes.io/other: a", []),
        (
            "container.apparmor.security.beta.kubernetes.io/c: unconfined",
            "container.apparmor.security.beta.kubernetes.io/c: runtime/default",
            ["metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]", "spec"],
        ),
    ],
)
def test_annotations(old: str, new: str, expected: list[str]) -> None:
    assert changed(annotated(POD, old), annotated(POD, new)) == expected


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ("nodeSelector: {c: d, e: f}", []),
        ("nodeSelector: {c: e}", ["spec.nodeSelector"]),
        ("nodeSelector: {}", ["spec.nodeSelector"]),
        ("nodeSelector: {c: d}\naffinity: {podAffinity: {}}", ["spec"]),
        ("nodeSelector: {c: d}\naffinity: {}", ["spec"]),
    ],
)
def test_gated_pods_can_be_narrowed(new: str, expected: list[str]) -> None:
    assert changed(GATED, in_spec(f"schedulingGates: [{{name: a}}]\n{new}")) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "[{matchExpressions: [A]}]", []),
        ("[{matchExpressions: [A]}]", "[{matchExpressions: [A, B]}]", []),
        ("[{matchExpressions: [A]}]", "[{matchExpressions: [B, A]}]", [".nodeSelectorTerms[0]"]),
        ("[{matchExpressions: [A]}]", "[{matchExpressions: [A], matchFields: [F]}]", []),
        ("[{matchExpressions: [A]}]", "[{matchExpressions: [A]}, {matchExpressions: [B]}]", [".nodeSelectorTerms"]),
        ("[{matchExpressions: [A]}]", "", [".nodeSelectorTerms"]),
        ("[{}]", "[{matchExpressions: [A]}]", [".nodeSelectorTerms[0]"]),
    ],
)
def test_node_affinity_of_gated_pods(old: str, new: str, expected: list[str]) -> None:
    rules = "requiredDuringSchedulingIgnoredDuringExecution"

    def gated(terms: str) -> str:
        for name in "AB":
            terms = terms.replace(name, f"{{key: {name.lower()}, operator: Exists}}")
        terms = terms.replace("[F]", "[{key: metadata.name, operator: In, values: [node]}]")
        affinity = f"\naffinity: {{nodeAffinity: {{{rules}: {{nodeSelectorTerms: {terms}}}}}}}" if terms else ""
        return in_spec(f"schedulingGates: [{{name: a}}]{affinity}")

    prefix = f"spec.affinity.nodeAffinity.{rules}"
    assert changed(gated(old), gated(new)) == [prefix + path for path in expected]
