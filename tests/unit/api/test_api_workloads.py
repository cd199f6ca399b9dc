"""Rules of workloads that run for ever, one row per rule: snippet of the spec, then the paths that are refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api import decode
from kverify.api.base import atoi
from kverify.api.decode import structure
from kverify.api.object import KubeObject
from kverify.api.validation import validate
from kverify.api.validation.templates import rounded_amount
from kverify.manifest import read_text
from tests.unit.api.workload_cases import decoded, manifest, refused, warned

SELECTED = ("Deployment", "ReplicaSet", "StatefulSet")
LONG = "a" * 64
LABELS = "spec.template.metadata.labels"


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "ReplicationController"])
@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("", []),
        ("minReadySeconds: -1", ["spec.minReadySeconds"]),
        ("template: {metadata: {labels: {app: y}}}", [LABELS]),
        ("template: {metadata: {labels: {app: x, b: 'a b'}}}", ["spec.template.labels"]),
        ("template: {metadata: {annotations: {'a b': c}}}", ["spec.template.annotations"]),
        ("template: {spec: {containers: []}}", ["spec.template.spec.containers"]),
        ("template: {spec: {restartPolicy: Never}}", ["spec.template.spec.restartPolicy"]),
        ("template: {spec: {restartPolicy: Sometimes}}", ["spec.template.spec.restartPolicy"]),
        ("template: {spec: {activeDeadlineSeconds: 5}}", ["spec.template.spec.activeDeadlineSeconds"]),
        (
            "template: {spec: {ephemeralContainers: [{name: e, image: i:1}]}}",
            ["spec.template.spec.ephemeralContainers"],
        ),
    ],
)
def test_all_of_them(kind: str, snippet: str, expected: list[str]) -> None:
    if snippet == "template: {metadata: {labels: {app: x, b: 'a b'}}}" and kind == "ReplicationController":
        # The labels of the template become those of the controller too.
        expected = ["metadata.labels", *expected]
    assert refused(manifest(kind, snippet)) == expected


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "StatefulSet", "ReplicationController"])
def test_replicas_are_not_negative(kind: str) -> None:
    assert refused(manifest(kind, "replicas: -1")) == ["spec.replicas"]
    assert refused(manifest(kind, "replicas: 0")) == []


@pytest.mark.parametrize("kind", SELECTED)
@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("selector: null", ["spec.selector", LABELS]),
        ("selector: {matchLabels: null}", ["spec.selector"]),
        ("selector: {matchLabels: {app: y}}", [LABELS]),
        ("selector: {matchLabels: {app: 'a b'}}", ["spec.selector", "spec.selector.matchLabels"]),
        (
            "selector: {matchExpressions: [{key: app, operator: In}]}",
            ["spec.selector", "spec.selector.matchExpressions[0].values"],
        ),
        (
            "selector: {matchExpressions: [{key: app, operator: Exists, values: [x]}]}",
            ["spec.selector", "spec.selector.matchExpressions[0].values"],
        ),
        (
            "selector: {matchExpressions: [{key: app, operator: Gt, values: ['1']}]}",
            ["spec.selector", "spec.selector.matchExpressions[0].operator"],
        ),
        (
            "selector: {matchExpressions: [{key: 'a b', operator: Exists}]}",
            ["spec.selector", "spec.selector.matchExpressions[0].key"],
        ),
        (
            "selector: {matchExpressions: [{key: app, operator: In, values: ['a b']}]}",
            ["spec.selector", "spec.selector.matchExpressions[0].values[0]"],
        ),
        ("selector: {matchExpressions: [{key: app, operator: In, values: [x, y]}]}", []),
    ],
)
def test_selectors(kind: str, snippet: str, expected: list[str]) -> None:
    assert refused(manifest(kind, snippet)) == expected


@pytest.mark.parametrize("kind", SELECTED)
def test_nobody_looks_at_the_template_behind_an_unusable_selector(kind: str) -> None:
    snippet = "{selector: {matchLabels: {app: 'a b'}}, template: {spec: {containers: []}}}"
    assert refused(manifest(kind, snippet)) == ["spec.selector", "spec.selector.matchLabels"]


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("selector: null", [LABELS]),
        ("selector: {matchLabels: null}", ["spec.selector"]),
        ("selector: {matchLabels: {app: 'a b'}}", ["spec.selector.matchLabels"]),
        (
            "{selector: {matchLabels: {app: 'a b'}}, template: {spec: {containers: []}}}",
            ["spec.selector.matchLabels", "spec.template.spec.containers"],
        ),
        ("revisionHistoryLimit: -1", ["spec.revisionHistoryLimit"]),
        ("updateStrategy: {type: OnDelete}", []),
        ("updateStrategy: {type: OnDelete, rollingUpdate: {maxUnavailable: bad}}", []),
        ("updateStrategy: {type: Recreate}", ["spec.updateStrategy"]),
        (
            "updateStrategy: {rollingUpdate: {maxUnavailable: 101%}}",
            ["spec.updateStrategy.rollingUpdate.maxUnavailable"],
        ),
        (
            "updateStrategy: {rollingUpdate: {maxSurge: 101%, maxUnavailable: 0}}",
            ["spec.updateStrategy.rollingUpdate.maxSurge"],
        ),
        ("updateStrategy: {rollingUpdate: {maxSurge: 1}}", ["spec.updateStrategy.rollingUpdate.maxSurge"]),
        ("updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0%}}", []),
        ("updateStrategy: {rollingUpdate: {maxUnavailable: 0}}", ["spec.updateStrategy.rollingUpdate.maxUnavailable"]),
        ("updateStrategy: {rollingUpdate: {maxUnavailable: -1}}", ["spec.updateStrategy.rollingUpdate.maxUnavailable"]),
        (
            "updateStrategy: {rollingUpdate: {maxUnavailable: '2'}}",
            ["spec.updateStrategy.rollingUpdate.maxUnavailable"],
        ),
        (
            "updateStrategy: {rollingUpdate: {maxSurge: half, maxUnavailable: 0}}",
            ["spec.updateStrategy.rollingUpdate.maxSurge", "spec.updateStrategy.rollingUpdate.maxUnavailable"],
        ),
    ],
)
def test_daemon_sets(snippet: str, expected: list[str]) -> None:
    assert refused(manifest("DaemonSet", snippet)) == expected


def test_the_generation_of_a_daemon_template_is_a_number() -> None:
    key = "metadata: {annotations: {deprecated.daemonset.template.generation: %s}}"
    assert refused(manifest("DaemonSet", top=key % "'7'")) == []
    assert refused(manifest("DaemonSet", top=key % "seven")) == [
        "metadata.annotations[deprecated.daemonset.template.generation]"
    ]


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("revisionHistoryLimit: -1", ["spec.revisionHistoryLimit"]),
        ("progressDeadlineSeconds: -1", ["spec.progressDeadlineSeconds"]),
        (
            "{progressDeadlineSeconds: -1, minReadySeconds: -5}",
            ["spec.minReadySeconds", "spec.progressDeadlineSeconds"],
        ),
        ("{progressDeadlineSeconds: 5, minReadySeconds: 5}", ["spec.progressDeadlineSeconds"]),
        ("{progressDeadlineSeconds: 6, minReadySeconds: 5}", []),
        ("strategy: {type: BlueGreen}", ["spec.strategy"]),
        ("strategy: {type: Recreate}", []),
        ("strategy: {type: Recreate, rollingUpdate: {}}", ["spec.strategy.rollingUpdate"]),
        (
            "strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}",
            ["spec.strategy.rollingUpdate.maxUnavailable"],
        ),
        ("strategy: {rollingUpdate: {maxSurge: 200%}}", []),
        ("strategy: {rollingUpdate: {maxUnavailable: 101%}}", ["spec.strategy.rollingUpdate.maxUnavailable"]),
        ("strategy: {rollingUpdate: {maxUnavailable: -1}}", ["spec.strategy.rollingUpdate.maxUnavailable"]),
        ("strategy: {rollingUpdate: {maxSurge: -1}}", ["spec.strategy.rollingUpdate.maxSurge"]),
        ("strategy: {rollingUpdate: {maxSurge: 2.5%}}", ["spec.strategy.rollingUpdate.maxSurge"]),
        # A text without a percent sign is no percentage, and still counts as its number.
        ("strategy: {rollingUpdate: {maxSurge: '+2', maxUnavailable: 0}}", ["spec.strategy.rollingUpdate.maxSurge"]),
    ],
)
def test_deployments(snippet: str, expected: list[str]) -> None:
    assert refused(manifest("Deployment", snippet)) == expected


def test_the_revision_to_roll_back_to_is_a_number() -> None:
    key = "metadata: {annotations: {deprecated.deployment.rollback.to: '%s'}}"
    assert refused(manifest("Deployment", top=key % "3")) == []
    assert refused(manifest("Deployment", top=key % "0")) == []
    assert refused(manifest("Deployment", top=key % "-3")) == ["spec.rollback.version"]
    assert refused(manifest("Deployment", top=key % "last")) == ["spec.rollback.version"]


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("selector: {app: y}", [LABELS]),
        # The template labels of an empty selector become the selector.
        ("selector: null", []),
        ("{selector: null, template: {metadata: null}}", ["spec.selector"]),
        ("template: null", ["spec.template"]),
        ("{selector: null, template: null}", ["spec.selector", "spec.template"]),
    ],
)
def test_replication_controllers(snippet: str, expected: list[str]) -> None:
    assert refused(manifest("ReplicationController", snippet)) == expected


CLAIM = "{metadata: {name: %s}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}"


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("podManagementPolicy: Serial", ["spec.podManagementPolicy"]),
        ("podManagementPolicy: Parallel", []),
        ("serviceName: A_", ["spec.serviceName"]),
        ("serviceName: a.b", ["spec.serviceName"]),
        ("serviceName: ''", []),
        ("ordinals: {start: -1}", ["spec.ordinals.start"]),
        ("updateStrategy: {type: Recreate}", ["spec.updateStrategy"]),
        ("updateStrategy: {type: OnDelete, rollingUpdate: {partition: 1}}", ["spec.updateStrategy.rollingUpdate"]),
        ("updateStrategy: {rollingUpdate: {partition: -1}}", ["spec.updateStrategy.rollingUpdate.partition"]),
        (
            "persistentVolumeClaimRetentionPolicy: {whenDeleted: Keep}",
            ["spec.persistentVolumeClaimRetentionPolicy.whenDeleted"],
        ),
        (
            "persistentVolumeClaimRetentionPolicy: {whenScaled: Keep}",
            ["spec.persistentVolumeClaimRetentionPolicy.whenScaled"],
        ),
        (f"volumeClaimTemplates: [{CLAIM}]" % "d", []),
        (
            "volumeClaimTemplates: [{metadata: {name: d}, spec: {resources: {requests: {storage: 1Gi}}}}]",
            ["spec.volumeClaimTemplates[0].spec.accessModes"],
        ),
        (
            "volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce]}}]",
            ["spec.volumeClaimTemplates[0].spec.resources[storage]"],
        ),
        ("volumeClaimTemplates: [{}, {}]".format(CLAIM % "d", CLAIM % "d"), []),
        # A claim's name is a volume's name.
        (f"volumeClaimTemplates: [{CLAIM}]" % "a.b", ["spec.template.spec.volumes[0].name"]),
        # The controller writes its own host name and subdomain.
        ("template: {spec: {hostname: A_, subdomain: B_}}", []),
        ("revisionHistoryLimit: -1", []),
    ],
)
def test_stateful_sets(snippet: str, expected: list[str]) -> None:
    assert refused(manifest("StatefulSet", snippet)) == expected


MOUNT = "containers: [{name: c, image: i:1, volumeMounts: [{name: d, mountPath: /d}]}]"


def test_claims_are_volumes_of_the_template() -> None:
    mounted = f"template: {{spec: {{{MOUNT}}}}}"
    assert refused(manifest("StatefulSet", mounted)) == ["spec.template.spec.containers[0].volumeMounts[0].name"]
    assert refused(manifest("StatefulSet", f"{{{mounted}, volumeClaimTemplates: [{CLAIM % 'd'}]}}")) == []


def test_volumes_of_the_template_count_behind_the_claims() -> None:
    """The API server numbers the claims first; the place is the volume's own."""
    obj = manifest(
        "StatefulSet",
        "{template: {spec: {volumes: [{name: e}, {name: d}, {name: f, hostPath: {path: ''}}]}},"
        f" volumeClaimTemplates: [{CLAIM % 'd'}]}}",
    )
    (found,) = decoded(obj).diagnostics
    assert found.path == "spec.template.spec.volumes[2].hostPath.path"
    text = json.dumps(obj)
    assert text[found.span.column - 1 : found.span.end_column - 1] == '""'


def test_a_claim_that_is_no_volume_is_pointed_at_where_it_is_named() -> None:
    obj = manifest("StatefulSet", f"volumeClaimTemplates: [{CLAIM % 'ok'}, {CLAIM % 'a.b'}]")
    (found,) = decoded(obj).diagnostics
    text = json.dumps(obj)
    assert text[found.span.column - 1 : found.span.end_column - 1] == '"a.b"'


def test_stateful_sets_of_older_versions() -> None:
    bad_template = manifest("StatefulSet", "template: {spec: {containers: []}}")
    bad_claim = manifest("StatefulSet", "volumeClaimTemplates: [{metadata: {name: d}}]")
    bad_label = manifest("StatefulSet", "template: {metadata: {labels: {app: x, b: 'a b'}}}")
    bad_service = manifest("StatefulSet", "serviceName: A_")
    assert [refused(obj, "1.33") for obj in (bad_template, bad_claim, bad_label, bad_service)] == [
        [],
        [],
        ["spec.template.labels"],
        ["spec.serviceName"],
    ]
    bad_annotation = manifest("StatefulSet", "template: {metadata: {annotations: {'a b': c}}}")
    bad_profile = manifest(
        "StatefulSet",
        "template: {metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/c: open}}}",
    )
    assert refused(bad_annotation, "1.33") == ["spec.template.annotations"]
    assert refused(bad_profile, "1.33") == [
        "spec.template.annotations[container.apparmor.security.beta.kubernetes.io/c]"
    ]
    assert refused(bad_service, "1.32") == []
    assert refused(bad_claim, "1.34") != []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1", []),
        ("101%", ["spec.updateStrategy.rollingUpdate.maxUnavailable"]),
        ("0%", ["spec.updateStrategy.rollingUpdate.maxUnavailable"]),
        ("0", ["spec.updateStrategy.rollingUpdate.maxUnavailable"]),
        ("-1", ["spec.updateStrategy.rollingUpdate.maxUnavailable"]),
        ("few", ["spec.updateStrategy.rollingUpdate.maxUnavailable"]),
    ],
)
def test_max_unavailable_counts_where_its_gate_is_on(value: str, expected: list[str]) -> None:
    obj = manifest("StatefulSet", f"updateStrategy: {{rollingUpdate: {{maxUnavailable: {value}}}}}")
    assert refused(obj, "1.37") == expected
    assert refused(obj, "1.36") == []


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("Deployment", LONG, []),
        ("Deployment", "A", ["metadata.name"]),
        ("StatefulSet", LONG, ["metadata.name"]),
        ("StatefulSet", "a.b", ["metadata.name"]),
        ("ReplicaSet", "A", ["metadata.name"]),
        ("DaemonSet", "a.b", []),
        ("DaemonSet", "A", ["metadata.name"]),
        ("ReplicationController", "A", ["metadata.name"]),
        ("ReplicationController", "a.b", []),
    ],
)
def test_names(kind: str, name: str, expected: list[str]) -> None:
    assert refused(manifest(kind, top=f"metadata: {{name: {name}}}")) == expected


@pytest.mark.parametrize(
    ("kind", "path"),
    [("Deployment", "spec.strategy.rollingUpdate"), ("DaemonSet", "spec.updateStrategy.rollingUpdate")],
)
def test_objects_that_were_not_defaulted_lack_something(kind: str, path: str) -> None:
    strategy = path.split(".")[1]
    raw = structure(
        read_text(json.dumps(manifest(kind, f"{strategy}: {{type: RollingUpdate}}")), "a.json").documents[0]
    )
    assert isinstance(raw.object, KubeObject)
    assert path in {problem.text for problem in validate(raw.object)}


def test_what_is_accepted_and_worth_a_word() -> None:
    for kind in ("Deployment", "ReplicaSet", "ReplicationController"):
        assert warned(manifest(kind, top=f"metadata: {{name: {LONG}}}")) == ["metadata.name"]
    assert warned(manifest("DaemonSet", top=f"metadata: {{name: {LONG}}}")) == []
    assert warned(manifest("StatefulSet", "revisionHistoryLimit: -1")) == ["spec.revisionHistoryLimit"]
    assert warned(manifest("StatefulSet", "revisionHistoryLimit: 0")) == []


@pytest.mark.parametrize(
    ("data", "expected"), [('{"a": 1}', []), ("{}", []), ("null", ["data"]), ("[]", ["data"]), ("5", ["data"])]
)
def test_controller_revisions(data: str, expected: list[str]) -> None:
    head = '"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "x"}'
    text = f'{{{head}, "revision": 1, "data": {data}}}'
    found = decode(read_text(text, "a.json").documents[0])
    assert [item.path for item in found.diagnostics] == expected
    misnamed = decode(read_text(text.replace('"x"', '"A"'), "a.json").documents[0])
    assert [item.path for item in misnamed.diagnostics] == ["metadata.name", *expected]
    negative = decode(read_text(text.replace('"revision": 1', '"revision": -1'), "a.json").documents[0])
    assert [item.path for item in negative.diagnostics] == ["revision", *expected]


def test_pod_templates() -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "PodTemplate",
        "metadata": {"name": "x"},
        "template": {"metadata": {"labels": {"a": "b c"}}, "spec": {"containers": []}},
    }
    assert refused(obj) == ["template.labels", "template.spec.containers"]


AMOUNTS = st.integers(-3, 300) | st.integers(0, 300).map("{}%".format) | st.sampled_from(["0", "+1", "half", "", "%"])


@given(AMOUNTS, AMOUNTS)
def test_daemon_sets_never_surge_and_wait(surge: int | str, unavailable: int | str) -> None:
    """Exactly one of the two is not zero in a strategy that is accepted, and both are in their range."""
    strategy = {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
    accepted = refused(manifest("DaemonSet", json.dumps({"updateStrategy": strategy}))) == []
    sound = all(
        value >= 0
        if isinstance(value, int)
        else value[-1:] == "%" and value[:-1].isdecimal() and int(value[:-1]) <= 100
        for value in (surge, unavailable)
    )
    assert accepted == (sound and (rounded_amount(surge) == 0) != (rounded_amount(unavailable) == 0))


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("selector: {matchLabels: {app: true}}", ["spec.selector.matchLabels.app"]),
        ("template: {metadata: {labels: {app: 1}}}", ["spec.template.metadata.labels.app"]),
    ],
)
def test_a_label_that_cannot_be_read_is_the_one_thing_to_mend(snippet: str, expected: list[str]) -> None:
    """Nothing is said about a selector that is empty, or does not match, only because a label could not be read."""
    for kind in SELECTED:
        assert refused(manifest(kind, snippet)) == expected


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("+7", 7),
        ("-7", -7),
        ("007", 7),
        ("0" * 5000 + "1", 1),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), None),
    ]
    + [(text, None) for text in ("", "+", " 1", "1 ", "1_0", "1.0", "٣", "9" * 5000)],
)
def test_numbers_as_go_reads_them(text: str, number: int | None) -> None:
    assert atoi(text) == number
