"""What the API server fills into workloads, where the recordings do not look."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.encode import to_plain
from tests.unit.api.workload_cases import SPECS, decoded, manifest, merged, stored, warned

CLAIM = "{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 0.1m}}}}"


def spec(kind: str, snippet: str = "", version: str = "1.36", api_version: str = "") -> dict[str, Any]:
    found: dict[str, Any] = to_plain(stored(manifest(kind, snippet, api_version=api_version), version))["spec"]
    return found


def picked(found: Any, wanted: Any) -> Any:
    """The part of ``found`` that has the keys of ``wanted``."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return {key: picked(found.get(key), value) for key, value in wanted.items()}
    return found


@pytest.mark.parametrize(
    ("kind", "snippet", "expected"),
    [
        ("ReplicationController", "", {"replicas": 1, "selector": {"app": "x"}}),
        ("ReplicationController", "selector: null", {"selector": {"app": "x"}}),
        ("DaemonSet", "", {"revisionHistoryLimit": 10, "updateStrategy": {"type": "RollingUpdate"}}),
        ("DaemonSet", "", {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}}),
        (
            "DaemonSet",
            "updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 10%}}",
            {"updateStrategy": {"rollingUpdate": {"maxUnavailable": "10%", "maxSurge": 0}}},
        ),
        (
            "DaemonSet",
            "updateStrategy: {type: OnDelete}",
            {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}},
        ),
        ("StatefulSet", "", {"replicas": 1, "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10}),
        ("StatefulSet", "", {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}}),
        ("StatefulSet", "updateStrategy: {rollingUpdate: {}}", {"updateStrategy": {"rollingUpdate": {"partition": 0}}}),
        (
            "StatefulSet",
            "updateStrategy: {type: RollingUpdate}",
            {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": None}},
        ),
        (
            "StatefulSet",
            "persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}",
            {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Retain"}},
        ),
        ("Job", "", {"parallelism": 1, "completions": 1, "backoffLimit": 6, "completionMode": "NonIndexed"}),
        ("Job", "", {"suspend": False, "manualSelector": False, "podReplacementPolicy": "TerminatingOrFailed"}),
        ("Job", "parallelism: 3", {"parallelism": 3, "completions": None}),
        ("Job", "completions: 3", {"parallelism": 1, "completions": 3}),
        (
            "Job",
            "{completionMode: Indexed, completions: 3, backoffLimitPerIndex: 1}",
            {"backoffLimit": 2147483647},
        ),
        (
            "Job",
            "podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: a}, {type: b, status: 'False'}]}]}",
            {"podReplacementPolicy": "Failed"},
        ),
        (
            "CronJob",
            "",
            {
                "concurrencyPolicy": "Allow",
                "suspend": False,
                "successfulJobsHistoryLimit": 3,
                "failedJobsHistoryLimit": 1,
            },
        ),
        # The job inside gets its own defaults when it is created.
        ("CronJob", "", {"jobTemplate": {"spec": {"parallelism": None, "backoffLimit": None, "suspend": None}}}),
        ("CronJob", "", {"jobTemplate": {"spec": {"template": {"spec": {"dnsPolicy": "ClusterFirst"}}}}}),
        ("HorizontalPodAutoscaler", "", {"minReplicas": 1, "behavior": None}),
    ],
)
def test_filled_in(kind: str, snippet: str, expected: dict[str, Any]) -> None:
    assert picked(spec(kind, snippet), expected) == expected


def test_a_replication_controller_takes_the_labels_of_its_template() -> None:
    assert stored(manifest("ReplicationController")).metadata.labels == {"app": "x"}
    labelled = manifest("ReplicationController", top="metadata: {labels: {a: b}}")
    assert stored(labelled).metadata.labels == {"a": "b"}


def test_the_condition_of_a_failure_policy_is_to_be_true() -> None:
    rules = "podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: a}, {type: b, status: 'False'}]}]}"
    for found in (spec("Job", rules), spec("CronJob", f"jobTemplate: {{spec: {{{rules}}}}}")["jobTemplate"]["spec"]):
        (rule,) = found["podFailurePolicy"]["rules"]
        assert [pattern["status"] for pattern in rule["onPodConditions"]] == ["True", "False"]


def test_a_claim_of_a_stateful_set_is_a_whole_claim() -> None:
    (claim,) = spec("StatefulSet", f"volumeClaimTemplates: [{CLAIM}]")["volumeClaimTemplates"]
    assert (claim["apiVersion"], claim["kind"], claim["status"]) == (
        "v1",
        "PersistentVolumeClaim",
        {"phase": "Pending"},
    )
    assert (claim["spec"]["volumeMode"], claim["spec"]["resources"]) == ("Filesystem", {"requests": {"storage": "1m"}})
    assert "namespace" not in claim["metadata"]


def test_pods_of_a_stateful_set_that_may_be_unavailable() -> None:
    strategy = "updateStrategy: {rollingUpdate: {maxUnavailable: 2}}"
    assert spec("StatefulSet", strategy)["updateStrategy"]["rollingUpdate"] == {"partition": 0}
    assert warned(manifest("StatefulSet", strategy)) == ["spec.updateStrategy.rollingUpdate.maxUnavailable"]
    later = spec("StatefulSet", strategy, "1.37")["updateStrategy"]["rollingUpdate"]
    assert later == {"partition": 0, "maxUnavailable": 2}
    assert spec("StatefulSet", "", "1.37")["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 1


@pytest.mark.parametrize(("given_", "expected"), [(None, "1"), ("0", "1"), ("-4", "1"), ("7", "7")])
def test_the_generation_of_a_daemon_template(given_: str | None, expected: str) -> None:
    key = "deprecated.daemonset.template.generation"
    top = {} if given_ is None else {"metadata": {"annotations": {key: given_}}}
    assert stored(manifest("DaemonSet", top=json.dumps(top))).metadata.annotations == {key: expected}


def test_selector_and_labels_of_a_job_come_from_its_name_and_uid() -> None:
    uid, name = "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"
    found = stored(manifest("Job", top="metadata: {uid: u}"))
    labels = {"controller-uid": "u", uid: "u", "job-name": "x", name: "x"}
    assert found.spec.template.metadata.labels == found.metadata.labels == labels
    assert found.spec.selector.match_labels == {uid: "u"}
    unknown = stored(manifest("Job", "template: {metadata: {labels: {app: x}}}"))
    assert unknown.spec.selector is None
    assert unknown.metadata.labels == {"app": "x", "job-name": "x", name: "x"}
    own = stored(manifest("Job", top="metadata: {labels: {a: b}}"))
    assert own.metadata.labels == {"a": "b"}
    manual = "{manualSelector: true, selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}}}"
    by_hand = stored(manifest("Job", manual, top="metadata: {uid: u}"))
    assert by_hand.spec.template.metadata.labels == by_hand.metadata.labels == {"app": "x"}


CPU = [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]
UP = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
DOWN = {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}


@pytest.mark.parametrize(
    ("behavior", "up", "down"),
    [
        ("{}", UP, DOWN),
        ("{scaleDown: {}}", UP, DOWN),
        ("{scaleDown: {stabilizationWindowSeconds: 5}}", UP, {**DOWN, "stabilizationWindowSeconds": 5}),
        ("{scaleUp: {selectPolicy: Min}}", {**UP, "selectPolicy": "Min"}, DOWN),
        ("{scaleUp: {tolerance: '0.05'}}", {**UP, "tolerance": "50m"}, DOWN),
        (
            "{scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}}",
            {**UP, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]},
            DOWN,
        ),
    ],
)
def test_a_behavior_is_completed_on_both_sides(behavior: str, up: dict[str, Any], down: dict[str, Any]) -> None:
    found = spec("HorizontalPodAutoscaler", f"behavior: {behavior}")
    assert (found["behavior"], found["metrics"]) == ({"scaleUp": up, "scaleDown": down}, CPU)


def test_autoscalers_of_version_1() -> None:
    kind, version = "HorizontalPodAutoscaler", "autoscaling/v1"
    found = spec(kind, api_version=version)
    assert (found["minReplicas"], found["targetCPUUtilizationPercentage"]) == (1, 80)
    assert spec(kind, "targetCPUUtilizationPercentage: 50", api_version=version)["targetCPUUtilizationPercentage"] == 50


@given(st.sampled_from(sorted(SPECS)), st.booleans(), st.sampled_from(["1.32", "1.36", "1.37"]))
def test_a_stored_object_is_stored_as_it_is(kind: str, live: bool, version: str) -> None:
    """Defaults change nothing that has been defaulted, so what a cluster prints can be applied again."""
    top = "metadata: {uid: u}" if live else ""
    once = stored(manifest(kind, top=top), version)
    again = decoded(merged(to_plain(once), {}), version).object
    assert again == once
