"""What an update of a workload may not change: snippets of the old and the new spec, then the paths refused."""

from __future__ import annotations

import attrs
import pytest

from kverify.api.types.batch import JobStatus
from tests.unit.api.workload_cases import decoded, manifest, merged, refused, stored

IMAGE = "template: {spec: {containers: [{name: c, image: i:2}]}}"
CLAIMS = (
    "volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce],"
    " resources: {requests: {storage: %s}}}}]"
)
SELECTOR = "{selector: {matchLabels: {app: y}}, template: {metadata: {labels: {app: y}}}}"


def changed(kind: str, old: str, new: str, version: str = "1.36", top: str = "") -> list[str]:
    return refused(manifest(kind, new, top=top), version, stored(manifest(kind, old, top=top), version))


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "DaemonSet"])
def test_selectors_stay(kind: str) -> None:
    assert changed(kind, "", SELECTOR) == ["spec.selector"]
    assert changed(kind, "", f"{{minReadySeconds: 3, {IMAGE}}}") == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", f"{{replicas: 3, {IMAGE}}}", []),
        ("", "{ordinals: {start: 3}, minReadySeconds: 3, updateStrategy: {type: OnDelete}}", []),
        ("", "persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}", []),
        ("", "revisionHistoryLimit: 3", []),
        ("", "serviceName: y", ["spec"]),
        ("", "podManagementPolicy: Parallel", ["spec"]),
        ("", SELECTOR, ["spec"]),
        ("", CLAIMS % "1Gi", ["spec"]),
        (CLAIMS % "1Gi", CLAIMS % "2Gi", ["spec"]),
        (CLAIMS % "1Gi", CLAIMS % "1024Mi", []),
        ("", "{serviceName: y, replicas: -1}", ["spec", "spec.replicas"]),
    ],
)
def test_stateful_sets(old: str, new: str, expected: list[str]) -> None:
    assert changed("StatefulSet", old, new) == expected


def test_the_history_limit_of_older_stateful_sets_stays() -> None:
    assert changed("StatefulSet", "", "revisionHistoryLimit: 3", "1.32") == ["spec"]
    assert changed("StatefulSet", "", "revisionHistoryLimit: 3", "1.33") == []


def test_the_place_of_a_refused_change_is_the_field() -> None:
    old = stored(manifest("StatefulSet", "serviceName: x"))
    (found,) = decoded(manifest("StatefulSet", "serviceName: yonder"), old=old).diagnostics
    assert (found.path, found.span.end_column - found.span.column) == ("spec", len('"yonder"'))


INDEXED = "completionMode: Indexed, completions: 3, parallelism: 3"
POLICY = "podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: a}]}]}"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "parallelism: 2, completions: 1", []),
        ("", "suspend: true", []),
        ("", "backoffLimit: 3", []),
        ("", "completions: 3", ["spec.completions"]),
        (INDEXED, INDEXED.replace("3", "4"), []),
        (INDEXED, INDEXED.replace("completions: 3", "completions: 4"), ["spec.completions"]),
        (INDEXED, INDEXED.replace("parallelism: 3", "parallelism: 2"), []),
        ("", INDEXED.replace("3", "1"), ["spec.completionMode"]),
        ("", POLICY, ["spec.podFailurePolicy"]),
        ("", "managedBy: a.b/c", ["spec.managedBy"]),
        (INDEXED, f"{INDEXED}, successPolicy: {{rules: [{{succeededCount: 1}}]}}", ["spec.successPolicy"]),
        (INDEXED, f"{INDEXED}, backoffLimitPerIndex: 1", ["spec.backoffLimitPerIndex"]),
        ("", IMAGE, ["spec.template"]),
        ("", "template: {metadata: {labels: {a: b}}}", ["spec.template"]),
        ("suspend: true", f"suspend: true, {IMAGE}", ["spec.template.spec"]),
    ],
)
def test_jobs(old: str, new: str, expected: list[str]) -> None:
    assert changed("Job", f"{{{old}}}", f"{{{new}}}", top="metadata: {uid: u, labels: {a: b}}") == expected


def test_the_selector_of_a_job_stays() -> None:
    labels = "template: {metadata: {labels: {a: b, c: d}}}"
    old = f"{{manualSelector: true, selector: {{matchLabels: {{a: b}}}}, {labels}}}"
    new = f"{{manualSelector: true, selector: {{matchLabels: {{c: d}}}}, {labels}}}"
    assert changed("Job", old, new) == ["spec.selector"]


RESOURCES = "template: {spec: {containers: [{name: c, image: i:1, resources: {requests: {cpu: 2}}}]}}"
DIRECTIVES = (
    "template: {metadata: {labels: {a: b}, annotations: {a: b}}, spec: {nodeSelector: {a: b},"
    " tolerations: [{operator: Exists}], schedulingGates: [{name: a.b/c}],"
    " affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
    " {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}}}}}"
)
PODS = (
    "template: {spec: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a}]}}}}"
)

NEVER_RAN = JobStatus()
SUSPENDED = JobStatus(start_time="2026-01-01T00:00:00Z")
RUNNING = JobStatus(start_time="2026-01-01T00:00:00Z", active=1)


@pytest.mark.parametrize(
    ("status", "suspend", "template", "version", "expected"),
    [
        (NEVER_RAN, True, RESOURCES, "1.36", []),
        (NEVER_RAN, True, RESOURCES, "1.35", ["spec.template"]),
        (NEVER_RAN, False, RESOURCES, "1.36", ["spec.template"]),
        (SUSPENDED, True, RESOURCES, "1.36", []),
        (RUNNING, True, RESOURCES, "1.36", ["spec.template"]),
        (NEVER_RAN, True, DIRECTIVES, "1.36", []),
        (NEVER_RAN, True, DIRECTIVES, "1.35", []),
        (NEVER_RAN, False, DIRECTIVES, "1.36", ["spec.template"]),
        (SUSPENDED, True, DIRECTIVES, "1.36", []),
        (SUSPENDED, True, DIRECTIVES, "1.35", ["spec.template"]),
        (NEVER_RAN, True, PODS, "1.36", ["spec.template.spec"]),
    ],
)
def test_the_template_of_a_suspended_job_gives_way(
    status: JobStatus, suspend: bool, template: str, version: str, expected: list[str]
) -> None:
    flag = str(suspend).lower()
    old = attrs.evolve(stored(manifest("Job", f"suspend: {flag}"), version), status=status)
    assert refused(manifest("Job", f"{{suspend: {flag}, {template}}}"), version, old) == expected
    # And back again: node affinity can be taken away, other affinities cannot.
    back = attrs.evolve(stored(manifest("Job", f"{{suspend: {flag}, {template}}}"), version), status=status)
    assert refused(manifest("Job", f"suspend: {flag}"), version, back) == expected


def test_revisions_and_priority_classes_stay() -> None:
    revision = {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "x"}, "data": {"a": 1}}
    old = stored(revision)
    assert refused(merged(revision, {"data": {"a": 2}}), old=old) == ["data"]
    assert refused(merged(revision, {"revision": 7}), old=old) == []
    priority = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "x"}, "value": 5}
    old = stored(priority)
    changes = {"value": 6, "preemptionPolicy": "Never", "description": "a", "globalDefault": True}
    assert refused(merged(priority, changes), old=old) == ["preemptionPolicy", "value"]


@pytest.mark.parametrize(
    ("kind", "snippet"),
    [
        (
            "ReplicationController",
            f"{{replicas: 3, selector: {{app: x, a: b}}, {IMAGE[:-1]}, metadata: {{labels: {{a: b}}}}}}}}",
        ),
        ("CronJob", "{schedule: '@hourly', timeZone: Etc/UTC, concurrencyPolicy: Forbid}"),
        ("HorizontalPodAutoscaler", "{maxReplicas: 9, scaleTargetRef: {name: y}}"),
        ("PodDisruptionBudget", "{minAvailable: null, maxUnavailable: 1, selector: {matchLabels: {app: y}}}"),
    ],
)
def test_kinds_that_can_be_changed_at_will(kind: str, snippet: str) -> None:
    assert changed(kind, "", snippet) == []


def test_a_daemon_set_counts_the_changes_of_its_template() -> None:
    key = "deprecated.daemonset.template.generation"
    old = stored(manifest("DaemonSet"))
    same = decoded(
        manifest("DaemonSet", "minReadySeconds: 3", top=f"metadata: {{annotations: {{{key}: '9'}}}}"), old=old
    )
    other = decoded(manifest("DaemonSet", IMAGE), old=old)
    assert same.object is not None
    assert other.object is not None
    assert (same.object.metadata.annotations[key], other.object.metadata.annotations[key]) == ("1", "2")
