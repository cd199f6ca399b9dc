"""Claims and volumes of the input decide, in ``kverify check`` and in ``kverify fit``; what is not known is named."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kverify.api.decode import decode_all
from kverify.checks import Finding, Options, Report
from kverify.checks import run as run_checks
from kverify.checks.fit.fit import FitReport
from kverify.checks.fit.fit import run as run_fit
from kverify.cluster.bundle import Bundle
from kverify.cluster.references.existence import Boundary, External
from kverify.engines.schedulability import Room
from kverify.engines.verdict import Outcome
from kverify.manifest import read_text

ZONE = "topology.kubernetes.io/zone"
HOST = "kubernetes.io/hostname"
DRIVER = "disk.csi.example.org"
Yaml = dict[str, Any]


def node(name: str, zone: str = "a", cpu: str = "8") -> Yaml:
    labels = {HOST: name, ZONE: zone}
    status = {"allocatable": {"cpu": cpu, "memory": "16Gi", "pods": "20"}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "status": status}


def claim(name: str = "data", **spec: Any) -> Yaml:
    given = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}, **spec}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": given}


def bound(to: str, name: str = "data", **spec: Any) -> Yaml:
    found = claim(name, volumeName=to, **spec)
    found["metadata"]["annotations"] = {"pv.kubernetes.io/bind-completed": "yes"}
    return {**found, "status": {"phase": "Bound"}}


def volume(name: str, *, on: dict[str, str] | None = None, **spec: Any) -> Yaml:
    """A volume that is reachable from the nodes with the labels ``on``."""
    rows = [{"key": key, "operator": "In", "values": [value]} for key, value in (on or {}).items()]
    reach = {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": rows}]}}} if rows else {}
    given: Yaml = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce", "ReadWriteMany"],
        "csi": {"driver": DRIVER, "volumeHandle": name},
        "storageClassName": "",
        **reach,
        **spec,
    }
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": given}


def storage_class(name: str = "disk", mode: str = "WaitForFirstConsumer", *, by: str = DRIVER, **more: Any) -> Yaml:
    found = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}}
    return {**found, "provisioner": by, "volumeBindingMode": mode, **more}


def csi_node(name: str, keys: list[str] | None = None, most: int | None = None) -> Yaml:
    driver: Yaml = {"name": DRIVER, "nodeID": name, "topologyKeys": [ZONE] if keys is None else keys}
    if most is not None:
        driver["allocatable"] = {"count": most}
    found = {"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": name}}
    return {**found, "spec": {"drivers": [driver]}}


def pod_spec(volumes: list[Yaml], **more: Any) -> Yaml:
    container = {"name": "c", "image": "example.org/c:1", "resources": {"requests": {"cpu": "1"}}}
    return {"containers": [container], "volumes": volumes, **more}


def using(*claims: str) -> list[Yaml]:
    return [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims]


def deployment(*claims: str, replicas: int = 1, volumes: list[Yaml] | None = None, **more: Any) -> Yaml:
    spec = pod_spec(using(*claims) if volumes is None else volumes, **more)
    labels = {"app": "web"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def stateful_set(replicas: int = 1, kind: str = "disk", **more: Any) -> Yaml:
    labels = {"app": "db"}
    template = claim("data", storageClassName=kind, accessModes=["ReadWriteOnce"])
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db"},
        "spec": {
            "replicas": replicas,
            "serviceName": "db",
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod_spec([], **more)},
            "volumeClaimTemplates": [{"metadata": template["metadata"], "spec": template["spec"]}],
        },
    }


def bundle(wanted: list[Yaml], existing: list[Yaml]) -> Bundle:
    def objects(items: list[Yaml]) -> tuple[Any, ...]:
        decoded = decode_all(read_text(yaml.safe_dump_all(items), "case.yaml").documents)
        assert not decoded.diagnostics, decoded.diagnostics
        return decoded.objects

    return Bundle(objects(wanted), objects(existing))


def check(wanted: list[Yaml], existing: list[Yaml], boundary: Boundary | None = None) -> Report:
    properties = ("schedulable", "volumes-reachable", "released", "node-loss-survived")
    options = Options(properties=properties, boundary=boundary or Boundary())
    return run_checks(bundle(wanted, existing), (), options)


def fit(wanted: list[Yaml], existing: list[Yaml], lose: str = "", boundary: Boundary | None = None) -> FitReport:
    return run_fit(bundle(wanted, existing), (), Options(boundary=boundary or Boundary()), lose)


def the(report: Report, number: str) -> Finding:
    (found,) = [finding for finding in report.findings if finding.id == number]
    return found


def room(report: FitReport) -> Room:
    (row,) = report.rows
    return row.answer.room


def said(report: FitReport) -> str:
    return "\n".join(f"{row.answer.message} {row.answer.reason}" for row in report.rows)


def outcome(report: Report, number: str) -> Outcome:
    (proof,) = [proof for proof in report.proofs if proof.id == number]
    return proof.verdict.outcome


TWO = [node("n1", "a"), node("n2", "b")]
DRIVERS = [csi_node("n1"), csi_node("n2")]

# Each case: what is wanted, what exists, and the scheduler's words if the pod has no node (else "").
CASES: dict[str, tuple[list[Yaml], list[Yaml], str]] = {
    "a claim that nobody knows is assumed to exist": ([deployment("data")], TWO, ""),
    "a claim that a dump of claims lacks does not exist": (
        [deployment("data")],
        [*TWO, claim("date")],
        'persistentvolumeclaim "data" not found',
    ),
    "a claim that lost its volume": (
        [deployment("data")],
        [*TWO, {**bound("gone"), "status": {"phase": "Lost"}}],
        'persistentvolumeclaim "data" bound to non-existent persistentvolume "gone"',
    ),
    "a volume that nobody knows is assumed to be reachable": ([deployment("data")], [*TWO, bound("v")], ""),
    "a volume that a dump of volumes lacks does not exist": (
        [deployment("data")],
        [*TWO, bound("v"), volume("other")],
        'persistentvolume "v" not found',
    ),
    "a volume of another zone than the pod's": (
        [deployment("data", nodeSelector={ZONE: "b"})],
        [*TWO, bound("v"), volume("v", on={ZONE: "a"})],
        "1 node(s) didn't match PersistentVolume's node affinity",
    ),
    "a volume of the pod's zone": (
        [deployment("data", nodeSelector={ZONE: "a"})],
        [*TWO, bound("v"), volume("v", on={ZONE: "a"})],
        "",
    ),
    "a class that provisions nothing, binds at once and has no volume": (
        [
            deployment("data"),
            claim(storageClassName="hand"),
            storage_class("hand", "Immediate", by="kubernetes.io/no-provisioner"),
        ],
        [*TWO, volume("other")],
        "pod has unbound immediate PersistentVolumeClaims",
    ),
    "a claim that gets the default class, beside a volume that is too small": (
        [deployment("data"), claim()],
        [*TWO, volume("small", capacity={"storage": "1Mi"})],
        "",
    ),
    "a claim for which there is no default class, beside a volume that is too small": (
        [deployment("data"), claim()],
        [*TWO, volume("small", capacity={"storage": "1Mi"}), storage_class("disk")],
        "pod has unbound immediate PersistentVolumeClaims",
    ),
    "a claim that names a volume, of no class where there is no default one": (
        [deployment("data"), claim(volumeName="v")],
        [*TWO, volume("v")],
        "",
    ),
    "a claim that names a volume and gets the default class": (
        [deployment("data"), claim(volumeName="v")],
        [
            *TWO,
            volume("v"),
            {
                **storage_class("disk"),
                "metadata": {
                    "name": "disk",
                    "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
                },
            },
        ],
        "pod has unbound immediate PersistentVolumeClaims",
    ),
    "a claim that names a volume that is too small": (
        [deployment("data"), claim(volumeName="v", storageClassName="")],
        [*TWO, volume("v", capacity={"storage": "1Mi"})],
        "pod has unbound immediate PersistentVolumeClaims",
    ),
    "a claim that names a volume which is reserved for it": (
        [deployment("data"), claim(volumeName="v", storageClassName="")],
        [*TWO, volume("v", capacity={"storage": "1Mi"}, claimRef={"namespace": "default", "name": "data"})],
        "",
    ),
    "a volume of another class that names the claim": (
        [deployment("data"), claim(storageClassName="disk")],
        [
            *TWO,
            storage_class("disk", "Immediate", by="kubernetes.io/no-provisioner"),
            volume("v", claimRef={"namespace": "default", "name": "data"}),
        ],
        "",
    ),
    "a volume that names the claim, whatever the claim selects": (
        [deployment("data"), claim(storageClassName="", selector={"matchLabels": {"tier": "gold"}})],
        [*TWO, volume("v", claimRef={"namespace": "default", "name": "data"})],
        "",
    ),
    "a volume that names the claim and is too small": (
        [deployment("data"), claim(storageClassName="")],
        [*TWO, volume("v", capacity={"storage": "1Mi"}, claimRef={"namespace": "default", "name": "data"})],
        "pod has unbound immediate PersistentVolumeClaims",
    ),
    "a class that does not exist": (
        [deployment("data"), claim(storageClassName="dsik")],
        [*TWO, storage_class("disk")],
        "pod has unbound immediate PersistentVolumeClaims",
    ),
    "a class that binds at once and provisions": (
        [deployment("data"), claim(storageClassName="disk")],
        [*TWO, storage_class(mode="Immediate")],
        "",
    ),
    "a volume that is bound at once, in another zone": (
        [deployment("data", nodeSelector={ZONE: "b"}), claim(storageClassName="hand")],
        [*TWO, volume("v", on={ZONE: "a"}, storageClassName="hand")],
        "1 node(s) didn't match PersistentVolume's node affinity",
    ),
    "a class that makes volumes in one zone only": (
        [deployment("data", nodeSelector={ZONE: "b"}), claim(storageClassName="disk")],
        [*TWO, storage_class(allowedTopologies=[{"matchLabelExpressions": [{"key": ZONE, "values": ["a"]}]}])],
        "1 node(s) didn't ",
    ),
    "two pods for a claim of one pod": (
        [deployment("data", replicas=2), claim(accessModes=["ReadWriteOncePod"])],
        TWO,
        "ReadWriteOncePod access mode already in-use by another pod",
    ),
    "two volumes where a node attaches one": (
        [deployment("data", "more"), claim(storageClassName="disk"), claim("more", storageClassName="disk")],
        [node("n1"), csi_node("n1", most=1), storage_class()],
        "1 node(s) exceed max volume count",
    ),
    "two volumes where a node attaches two": (
        [deployment("data", "more"), claim(storageClassName="disk"), claim("more", storageClassName="disk")],
        [node("n1"), csi_node("n1", most=2), storage_class()],
        "",
    ),
    "a class that provisions nothing, and nobody knows of a volume": (
        [
            deployment("data"),
            claim(storageClassName="local"),
            storage_class("local", by="kubernetes.io/no-provisioner"),
        ],
        TWO,
        "",
    ),
    "an ephemeral volume of which nobody knows": (
        [
            deployment(
                volumes=[
                    {
                        "name": "t",
                        "ephemeral": {"volumeClaimTemplate": {"spec": claim(storageClassName="local")["spec"]}},
                    }
                ]
            ),
            storage_class("local", by="kubernetes.io/no-provisioner"),
        ],
        TWO,
        "",
    ),
    "an ephemeral volume of a class that does not exist": (
        [
            deployment(
                volumes=[
                    {"name": "tmp", "ephemeral": {"volumeClaimTemplate": {"spec": claim(storageClassName="x")["spec"]}}}
                ]
            )
        ],
        [*TWO, storage_class("disk")],
        "pod has unbound immediate PersistentVolumeClaims",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_both_commands_say_what_the_filters_say_of_claims(name: str) -> None:
    wanted, existing, reason = CASES[name]
    checked, fitted = check(wanted, existing), fit(wanted, existing)
    if not reason:
        assert outcome(checked, "KV3001") is Outcome.HOLDS
        assert room(fitted) is Room.ALWAYS
        return
    finding = the(checked, "KV3001")
    assert reason in finding.message
    assert any(cause.path.startswith("spec.template.spec.volumes[0]") for cause in finding.causes)
    assert room(fitted) is Room.IMPOSSIBLE
    assert reason in said(fitted)


def test_why_a_claim_does_not_get_the_volume_that_it_names() -> None:
    other = [*TWO, volume("v", storageClassName="slow")]
    found = the(check([deployment("data"), claim(volumeName="v", storageClassName="")], other), "KV3001")
    assert "volume v, which is of storage class slow and not (none)" in found.details[0]
    small = [*TWO, volume("v", capacity={"storage": "1Mi"})]
    found = the(check([deployment("data"), claim(volumeName="v", storageClassName="")], small), "KV3001")
    assert "volume v, which does not do for it" in found.details[0]


def test_what_is_assumed_of_a_claim_is_named() -> None:
    wanted = [deployment("data"), claim(storageClassName="disk")]
    for report in (check(wanted, TWO), fit(wanted, TWO)):
        assert (
            "PersistentVolumeClaim default/data has a volume that every node reaches: StorageClass disk is not in the "
            "input" in report.assumptions
        )
    for report in (check(wanted, [*TWO, storage_class()]), fit(wanted, [*TWO, storage_class()])):
        assert any("nothing says how far volumes of disk.csi.example.org reach" in line for line in report.assumptions)


def test_a_claim_that_is_declared_external_exists() -> None:
    boundary = Boundary(externals=(External(kind="PersistentVolumeClaim", name="data", reason="made by hand"),))
    wanted, existing = [deployment("data")], [*TWO, claim("date")]
    assert outcome(check(wanted, existing, boundary), "KV3001") is Outcome.HOLDS
    assert room(fit(wanted, existing, boundary=boundary)) is Room.ALWAYS


def test_in_a_closed_world_a_missing_claim_does_not_exist() -> None:
    report = check([deployment("data")], TWO, Boundary(closed=True))
    assert 'persistentvolumeclaim "data" not found' in the(report, "KV3001").message


# -- StatefulSets -----------------------------------------------------------------------------------------------------

LOCAL = storage_class("local", by="kubernetes.io/no-provisioner")


def local(name: str, host: str) -> Yaml:
    return volume(name, on={HOST: host}, storageClassName="local")


def test_local_volumes_are_counted_node_by_node() -> None:
    disks = [LOCAL, local("d1", "n1"), local("d2", "n2")]
    assert room(fit([stateful_set(2, "local")], [*TWO, *disks])) is Room.ALWAYS
    short = fit([stateful_set(3, "local")], [*TWO, *disks])
    assert room(short) is Room.IMPOSSIBLE
    assert "didn't find available persistent volumes to bind" in said(short)


def test_a_local_volume_goes_with_its_node() -> None:
    """B08, for a StatefulSet whose claim is not bound yet and for one whose claim is."""
    disks = [LOCAL, local("d1", "n1"), local("d2", "n2")]
    fresh = fit([stateful_set(1, "local")], [*TWO, *disks], "1")
    assert room(fresh) is Room.ALWAYS
    assert [loss.rows[0].answer.room for loss in fresh.losses] == [Room.FRAGILE, Room.FRAGILE]
    assert "bound to volume d1, which is lost" in fresh.losses[0].rows[0].answer.message
    placed = fit([stateful_set(1, "local")], [*TWO, *disks, bound("d1", "data-db-0", storageClassName="local")], "1")
    assert [(loss.lost, loss.rows[0].answer.room) for loss in placed.losses] == [("node n1", Room.IMPOSSIBLE)]


def apart(*names: str) -> list[Yaml]:
    """Deployments of one pod, each with a claim of its own."""
    found = []
    for name in names:
        item = deployment(name)
        item["metadata"]["name"] = name
        item["spec"]["selector"]["matchLabels"] = {"app": name}
        item["spec"]["template"]["metadata"]["labels"] = {"app": name}
        found += [item, claim(name, storageClassName="local")]
    return found


def test_several_claims_take_of_the_same_local_volumes() -> None:
    disks = [LOCAL, local("d1", "n1"), local("d2", "n2")]
    two = fit(apart("a", "b"), [*TWO, *disks])
    assert [row.answer.room for row in two.rows] == [Room.ALWAYS, Room.ALWAYS]
    three = fit(apart("a", "b", "c"), [*TWO, *disks])
    assert {row.answer.room for row in three.rows} == {Room.IMPOSSIBLE}
    checked = check(apart("a", "b"), [*TWO, *disks])
    lost = [finding.object for finding in checked.findings if finding.id == "KV4004"]
    assert lost == ["Deployment default/a", "Deployment default/b"]
    assert sum("is bound to one of 2 volumes" in line for line in checked.assumptions) == 2


@pytest.mark.parametrize("strategy", [{"type": "Recreate"}, {"rollingUpdate": {"maxSurge": 1}}], ids=str)
def test_a_claim_of_what_is_scaled_to_zero_takes_no_local_volume(strategy: Yaml) -> None:
    """A rollout of no replicas makes no pod, whatever its surge."""
    items = apart("a", "b")
    items[2]["spec"] |= {"replicas": 0, "strategy": strategy}
    report = fit(items, [*TWO, LOCAL, local("d1", "n1"), local("d2", "n2")])
    assert {row.maker.title: row.answer.room for row in report.rows}["Deployment default/a"] is Room.ALWAYS


def test_claims_that_cannot_be_counted_node_by_node_are_left_open() -> None:
    """One volume is too small for one of the claims: which takes which decides."""
    big = apart("a", "b")
    big[1]["spec"]["resources"]["requests"]["storage"] = "2Gi"
    disks = [LOCAL, local("d1", "n1"), {**local("d2", "n2")}]
    disks[2]["spec"]["capacity"]["storage"] = "5Gi"
    report = fit(big, [*TWO, *disks])
    assert "which pod takes which is not followed" in report.rows[0].answer.reason
    checked = check(big, [*TWO, *disks])
    assert {proof.verdict.outcome for proof in checked.proofs if proof.id == "KV3001"} == {Outcome.UNKNOWN}
    assert not [proof for proof in checked.proofs if proof.id == "KV4004"], "not proved with one choice"


def test_there_are_fewer_shared_volumes_than_claims() -> None:
    shared = [LOCAL, volume("d1", storageClassName="local")]
    assert [row.answer.room for row in fit(apart("a"), [*TWO, *shared]).rows] == [Room.ALWAYS]
    report = fit(apart("a", "b"), [*TWO, *shared])
    assert [row.answer.room for row in report.rows] == [Room.ALWAYS, Room.IMPOSSIBLE]


def test_pods_whose_claims_differ_are_asked_about_apart() -> None:
    existing = [
        *TWO,
        storage_class(),
        *DRIVERS,
        volume("v0", on={ZONE: "a"}, storageClassName="disk"),
        volume("v1", on={ZONE: "b"}, storageClassName="disk"),
        bound("v0", "data-db-0", storageClassName="disk"),
        bound("v1", "data-db-1", storageClassName="disk"),
    ]
    report = fit([stateful_set(4, nodeSelector={ZONE: "b"})], existing)
    assert {row.maker.title: (row.maker.most, row.answer.room) for row in report.rows} == {
        "StatefulSet default/db (db-0)": (1, Room.IMPOSSIBLE),
        "StatefulSet default/db (db-1)": (1, Room.ALWAYS),
        "StatefulSet default/db (2 pods like db-2)": (2, Room.ALWAYS),
    }
    (refusal,) = [r for r in report.rows[0].refusals if "PersistentVolume" in r.reason]
    assert refusal.cause is not None
    assert refusal.cause.path == "spec.volumeClaimTemplates[0]"


def test_every_pod_of_a_stateful_set_attaches_a_volume_of_its_own() -> None:
    existing = [node("n1"), csi_node("n1", most=2), storage_class()]
    assert room(fit([stateful_set(2)], existing)) is Room.ALWAYS
    short = fit([stateful_set(3)], existing)
    assert room(short) is Room.IMPOSSIBLE
    assert "exceed max volume count" in said(short)


def test_volumes_that_are_attached_already_count() -> None:
    attached = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "VolumeAttachment",
        "metadata": {"name": "x"},
        "spec": {"attacher": DRIVER, "nodeName": "n1", "source": {"persistentVolumeName": "v"}},
    }
    existing = [node("n1"), csi_node("n1", most=2), storage_class(), volume("v"), attached]
    assert room(fit([stateful_set(1)], existing)) is Room.ALWAYS
    assert room(fit([stateful_set(2)], existing)) is Room.IMPOSSIBLE


# -- where volumes are made -------------------------------------------------------------------------------------------


def test_a_zone_that_is_chosen_too_early() -> None:
    """B06: found by both commands; waiting for the pod mends it."""
    wanted = [stateful_set(nodeSelector={ZONE: "b"})]
    early = [*TWO, *DRIVERS, storage_class(mode="Immediate")]
    finding = the(check(wanted, early), "KV3005")
    assert f"gets a volume in {ZONE}=a, no node takes the pod" in finding.message
    assert [repair.verified for repair in finding.repairs] == [True]
    assert room(fit(wanted, early)) is Room.FRAGILE
    late = [*TWO, *DRIVERS, storage_class()]
    assert outcome(check(wanted, late), "KV3005") is Outcome.HOLDS
    assert room(fit(wanted, late)) is Room.ALWAYS


def test_room_in_the_zone_in_which_volumes_happen_to_be_made() -> None:
    """One node of a zone takes eight pods; three always fit where they have to go, nine are not proved to."""
    early = [*TWO, *DRIVERS, storage_class(mode="Immediate")]
    assert room(fit([stateful_set(3)], early)) is Room.ALWAYS
    many = fit([stateful_set(9)], early)
    assert room(many) is Room.UNKNOWN
    assert f"if it gets a volume in {ZONE}=a" in said(many)
    assert room(fit([stateful_set(9)], [*TWO, *DRIVERS, storage_class()])) is Room.ALWAYS


def test_a_zone_is_lost_with_the_volumes_in_it() -> None:
    report = fit([stateful_set(1)], [*TWO, *DRIVERS, storage_class()], "zone")
    assert [row.answer.room for loss in report.losses for row in loss.rows] == [Room.FRAGILE, Room.FRAGILE]
    assert (
        f"if claim data-db-0 was bound to a volume in {ZONE}=a, which is lost"
        in report.losses[0].rows[0].answer.message
    )


def test_an_ephemeral_volume_is_made_anew_for_the_pod_that_comes_after_a_loss() -> None:
    template = {"volumeClaimTemplate": {"spec": claim(storageClassName="disk")["spec"]}}
    wanted = [deployment(volumes=[{"name": "tmp", "ephemeral": template}])]
    late = fit(wanted, [*TWO, *DRIVERS, storage_class()], "1")
    assert (late.evaluated, late.losses) == (2, ())
    early = fit(
        [deployment(volumes=[{"name": "tmp", "ephemeral": template}], replicas=9)],
        [*TWO, *DRIVERS, storage_class(mode="Immediate")],
    )
    assert room(early) is Room.UNKNOWN
    assert "the claim web-tmp of an ephemeral volume is not bound yet" in said(early)


def test_nodes_of_different_zones_are_lost_apart() -> None:
    """n1 is alone in its zone; n2 and n3 stand in for each other."""
    nodes = [node("n3", "b"), *TWO]
    report = fit([stateful_set(1)], [*nodes, *DRIVERS, csi_node("n3"), storage_class()], "1")
    assert report.evaluated == 2
    assert [(loss.lost, loss.rows[0].answer.room) for loss in report.losses] == [("node n1", Room.FRAGILE)]


def test_a_claim_that_is_not_bound_is_taken_to_be_bound_somewhere_when_a_node_is_lost() -> None:
    report = check([deployment("data"), claim(storageClassName="disk")], [*TWO, *DRIVERS, storage_class()])
    assert "cannot get all its replicas back" in the(report, "KV4004").message
    assert any("is bound to one of 2 volumes that it can get" in line for line in report.assumptions)
    anywhere = [csi_node("n1", keys=[]), csi_node("n2", keys=[])]
    report = check([deployment("data"), claim(storageClassName="disk")], [*TWO, *anywhere, storage_class()])
    assert outcome(report, "KV4004") is Outcome.HOLDS


# -- gates ------------------------------------------------------------------------------------------------------------


def test_pods_with_gates_are_reported_and_asked_about_all_the_same() -> None:
    wanted = [deployment(schedulingGates=[{"name": "example.org/quota"}])]
    checked, fitted = check(wanted, TWO), fit(wanted, TWO)
    assert the(checked, "KV3006").causes[0].path == "spec.template.spec.schedulingGates"
    assert outcome(checked, "KV3001") is Outcome.HOLDS
    assert [d.id for d in fitted.diagnostics] == ["KV3006"]
    assert "waiting for scheduling gates: [example.org/quota]" in fitted.diagnostics[0].message
    assert room(fitted) is Room.ALWAYS
