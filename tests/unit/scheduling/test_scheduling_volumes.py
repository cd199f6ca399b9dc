"""The volume filters: what rejects, in the scheduler's words, and what we add to them."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from kverify.api.quantity import parse_quantity
from kverify.api.types.affinity import NodeSelector
from kverify.api.types.claim import PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements
from kverify.api.types.claim import PersistentVolumeClaimStatus as ClaimStatus
from kverify.api.types.meta import LabelSelector, ObjectMeta, OwnerReference
from kverify.api.types.persistent_volume import (
    CSIPersistentVolumeSource,
    PersistentVolume,
    PersistentVolumeSpec,
    PersistentVolumeStatus,
    VolumeNodeAffinity,
)
from kverify.api.types.storage import (
    CSIDriver,
    CSIDriverSpec,
    CSINode,
    CSINodeDriver,
    CSINodeSpec,
    CSIStorageCapacity,
    StorageClass,
    TopologySelectorLabelRequirement,
    TopologySelectorTerm,
    VolumeAttachment,
    VolumeAttachmentSource,
    VolumeAttachmentSpec,
    VolumeNodeResources,
)
from kverify.api.types.volume import (
    EphemeralVolumeSource,
    GCEPersistentDiskVolumeSource,
    ISCSIVolumeSource,
    PersistentVolumeClaimVolumeSource,
    RBDVolumeSource,
    Volume,
)
from kverify.model.expr import evaluate
from kverify.model.scheduling import PodInfo, Snapshot, feasible, message, reject, reported
from kverify.model.scheduling.storage import BIND_COMPLETED, SELECTED_NODE, Storage
from tests.unit.scheduling.scheduling_cases import ZONE, cluster, expression, node, pod, state, symbolic

DRIVER = "csi.example.com"


def claim(name: str, *, volume: str | None = None, size: str = "1Gi", **given: Any) -> PersistentVolumeClaim:
    annotations = {BIND_COMPLETED: "yes"} if volume else {}
    status = ClaimStatus(phase=given.pop("phase", None))
    metadata = ObjectMeta(
        name=name,
        namespace="default",
        annotations={**annotations, **given.pop("annotations", {})},
        deletion_timestamp=given.pop("deleted", None),
        owner_references=given.pop("owners", ()),
    )
    resources = VolumeResourceRequirements(requests={"storage": parse_quantity(size)})
    spec = PersistentVolumeClaimSpec(
        **{"access_modes": ("ReadWriteOnce",), "resources": resources, "volume_name": volume, **given}
    )
    return PersistentVolumeClaim(metadata=metadata, spec=spec, status=status)


def volume(name: str, *, size: str = "1Gi", zone: str | None = None, **given: Any) -> PersistentVolume:
    affinity = None
    if zone is not None:
        affinity = VolumeNodeAffinity(required=NodeSelector(node_selector_terms=(expression(ZONE, "In", zone),)))
    metadata = ObjectMeta(name=name, labels=given.pop("labels", {}))
    status = PersistentVolumeStatus(phase=given.pop("phase", "Available"))
    spec = PersistentVolumeSpec(
        **{
            "access_modes": ("ReadWriteOnce",),
            "capacity": {"storage": parse_quantity(size)},
            "node_affinity": affinity,
            **given,
        }
    )
    return PersistentVolume(metadata=metadata, spec=spec, status=status)


def handle(name: str) -> CSIPersistentVolumeSource:
    return CSIPersistentVolumeSource(driver=DRIVER, volume_handle=name)


def storage_class(name: str, mode: str = "WaitForFirstConsumer", **given: Any) -> StorageClass:
    return StorageClass(metadata=ObjectMeta(name=name), **{"provisioner": DRIVER, "volume_binding_mode": mode, **given})


def csi_node(name: str, limit: int) -> CSINode:
    driver = CSINodeDriver(name=DRIVER, node_id=name, allocatable=VolumeNodeResources(count=limit))
    return CSINode(metadata=ObjectMeta(name=name), spec=CSINodeSpec(drivers=(driver,)))


def using(*claims: str, name: str = "web", **given: Any) -> PodInfo:
    volumes = tuple(
        Volume(name=f"v{i}", persistent_volume_claim=PersistentVolumeClaimVolumeSource(claim_name=claim_name))
        for i, claim_name in enumerate(claims)
    )
    return pod(name, volumes=volumes, **given)


def with_volume(name: str, **source: Any) -> PodInfo:
    return pod(name, volumes=(Volume(name="v0", **source),))


NODES = (node("a", labels={ZONE: "a"}), node("b", labels={ZONE: "b"}))
LOCAL = storage_class("local", provisioner="kubernetes.io/no-provisioner")


def here(*objects: object, bound: Any = (), complete: bool = True) -> Snapshot:
    return cluster(NODES, *bound, storage=Storage.of(objects, complete=complete))


def answers(incoming: PodInfo, snapshot: Snapshot) -> list[str]:
    """What is reported of each node; ``fits`` where nothing is."""
    found = [reported(incoming, index, snapshot) for index in range(len(snapshot.nodes))]
    return ["; ".join(f"{r.plugin}: {r.reason}" for r in requirements) or "fits" for requirements in found]


MATCH = "VolumeBinding: node(s) didn't match PersistentVolume's node affinity"
FIND = "VolumeBinding: node(s) didn't find available persistent volumes to bind"


def test_a_missing_claim_gives_the_pod_up() -> None:
    snapshot = here(claim("data"))
    assert message(using("date"), snapshot) == '0/2 nodes are available: persistentvolumeclaim "date" not found.'
    (requirement,) = reported(using("date"), 0, snapshot)
    assert requirement.path == "volumes[0].persistentVolumeClaim.claimName"
    assert requirement.detail == "namespace default has no claim date; there is data: is that a typing error?"
    assert not requirement.resolvable


def test_what_may_still_come_to_exist_restricts_nothing() -> None:
    assert answers(using("date"), here(claim("data"), complete=False)) == ["fits", "fits"]
    assert answers(using("data"), here(claim("data", volume="gone"), complete=False)) == ["fits", "fits"]
    assert answers(using("data"), here(claim("data"), complete=False)) == ["fits", "fits"]


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ((claim("data"),), "VolumeBinding: pod has unbound immediate PersistentVolumeClaims"),
        (
            (claim("data", storage_class_name="now"), storage_class("now", "Immediate")),
            "VolumeBinding: pod has unbound immediate PersistentVolumeClaims",
        ),
        (
            (claim("data", volume="pv", phase="Lost"),),
            'VolumeBinding: persistentvolumeclaim "data" bound to non-existent persistentvolume "pv"',
        ),
        (
            (claim("data", volume="pv", deleted="2026-01-01T00:00:00Z"), volume("pv")),
            'VolumeBinding: persistentvolumeclaim "data" is being deleted',
        ),
        ((claim("data", volume="pv"),), 'VolumeZone: persistentvolume "pv" not found'),
    ],
)
def test_claims_that_no_node_can_serve(objects: tuple[object, ...], reason: str) -> None:
    snapshot = here(*objects)
    assert answers(using("data"), snapshot) == [reason, reason]
    assert reported(using("data"), 0, snapshot)[0].detail


def test_a_bound_volume_is_reachable_from_some_nodes() -> None:
    snapshot = here(claim("data", volume="pv"), volume("pv", zone="b"))
    assert answers(using("data"), snapshot) == [MATCH, "fits"]
    far = here(claim("data", volume="pv"), volume("pv", zone="north"))
    assert reported(using("data"), 0, far)[0].detail == (
        f"volume pv of claim data is reachable from nodes with {ZONE} In [north]; the node has {ZONE}=a"
    )


def test_zone_labels_of_a_volume_hold_for_the_node() -> None:
    snapshot = here(claim("data", volume="pv"), volume("pv", labels={ZONE: "b__c"}))
    assert answers(using("data"), snapshot) == ["VolumeZone: node(s) had no available volume zone", "fits"]
    beta = here(claim("data", volume="pv"), volume("pv", labels={"failure-domain.beta.kubernetes.io/zone": "b"}))
    assert answers(using("data"), beta) == answers(using("data"), snapshot)
    unlabelled = evolve(snapshot, nodes=(node("a"),))
    assert answers(using("data"), unlabelled) == ["fits"]


def test_a_waiting_claim_takes_the_smallest_volume_that_will_do() -> None:
    waiting = (claim("one", storage_class_name="local"), claim("two", storage_class_name="local", size="2Gi"))
    small, large = volume("small", storage_class_name="local"), volume("large", size="9Gi", storage_class_name="local")
    assert answers(using("two", "one"), here(LOCAL, *waiting, small, large)) == ["fits", "fits"]
    assert answers(using("two", "one"), here(LOCAL, *waiting, large)) == [FIND, FIND]
    snapshot = here(LOCAL, *waiting, small)
    assert reported(using("two"), 0, snapshot)[0].detail == (
        "claim two asks for 2Gi of storage class local, which provisions nothing: a volume has to exist; "
        "the nearest, small has only 1Gi"
    )


@pytest.mark.parametrize(
    ("asked", "offered"),
    [
        ({"access_modes": ("ReadWriteMany",)}, {}),
        ({"volume_mode": "Block"}, {}),
        ({"selector": LabelSelector(match_labels={"disk": "fast"})}, {}),
        ({"volume_attributes_class_name": "gold"}, {}),
        ({}, {"phase": "Released"}),
        ({}, {"storage_class_name": "other"}),
    ],
)
def test_a_volume_that_differs_in_one_thing_does_not_match(asked: dict[str, Any], offered: dict[str, Any]) -> None:
    wanted = claim("data", **{"storage_class_name": "local", **asked})
    wrong = here(LOCAL, wanted, volume("pv", **{"storage_class_name": "local", **offered}))
    assert answers(using("data"), wrong) == [FIND, FIND]
    assert reported(using("data"), 0, wrong)[0].detail


def test_a_class_provisions_where_its_topology_and_capacity_allow() -> None:
    terms = (
        TopologySelectorTerm(match_label_expressions=(TopologySelectorLabelRequirement(key=ZONE, values=("b",)),)),
    )
    waiting = claim("data", storage_class_name="wait")
    assert answers(using("data"), here(waiting, storage_class("wait"))) == ["fits", "fits"]
    assert answers(using("data"), here(waiting, storage_class("wait", allowed_topologies=terms))) == [FIND, "fits"]
    driver = CSIDriver(metadata=ObjectMeta(name=DRIVER), spec=CSIDriverSpec(storage_capacity=True))
    room = CSIStorageCapacity(
        metadata=ObjectMeta(name="room"),
        storage_class_name="wait",
        capacity=parse_quantity("5Gi"),
        node_topology=LabelSelector(match_labels={ZONE: "b"}),
    )
    none = "VolumeBinding: node(s) did not have enough free storage"
    assert answers(using("data"), here(waiting, storage_class("wait"), driver, room)) == [none, "fits"]


def test_a_claim_that_is_being_provisioned_ties_the_pod_to_that_node() -> None:
    waiting = claim("data", storage_class_name="wait", annotations={SELECTED_NODE: "b"})
    assert answers(using("data"), here(waiting, storage_class("wait"))) == [FIND, "fits"]


def test_an_ephemeral_volume_waits_for_a_claim_of_its_own() -> None:
    incoming = with_volume("web", ephemeral=EphemeralVolumeSource())
    reason = 'VolumeBinding: waiting for ephemeral volume controller to create the persistentvolumeclaim "web-v0"'
    assert answers(incoming, here()) == [reason, reason]
    owner = OwnerReference(api_version="v1", kind="Pod", name="web", uid="1", controller=True)
    own = claim("web-v0", storage_class_name="wait", owners=(owner,))
    assert answers(incoming, here(own, storage_class("wait"))) == ["fits", "fits"]
    foreign = claim("web-v0", storage_class_name="wait")
    taken = "VolumeBinding: PVC default/web-v0 was not created for pod default/web (pod is not owner)"
    assert answers(incoming, here(foreign, storage_class("wait"))) == [taken, taken]


def test_a_read_write_once_pod_claim_has_one_pod() -> None:
    objects = claim("data", volume="pv", access_modes=("ReadWriteOncePod",)), volume("pv")
    snapshot = here(*objects, bound=((using("data", name="db"), {1: 1}),))
    reason = (
        "VolumeRestrictions: node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
        "already in-use by another pod"
    )
    assert answers(using("data"), snapshot) == [reason, reason]
    assert reported(using("data"), 0, snapshot)[0].resolvable
    assert answers(using("data", namespace="team-a"), snapshot)[0].endswith('"data" not found')


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ({"pd_name": "d"}, {"pd_name": "d"}, False),
        ({"pd_name": "d", "read_only": True}, {"pd_name": "d", "read_only": True}, True),
        ({"pd_name": "d", "read_only": True}, {"pd_name": "d"}, False),
        ({"pd_name": "d"}, {"pd_name": "e"}, True),
    ],
)
def test_an_in_tree_disk_is_shared_read_only(first: dict[str, Any], second: dict[str, Any], shared: bool) -> None:
    there = with_volume("db", gce_persistent_disk=GCEPersistentDiskVolumeSource(**first))
    incoming = with_volume("web", gce_persistent_disk=GCEPersistentDiskVolumeSource(**second))
    expected = "fits" if shared else "VolumeRestrictions: node(s) had no available disk"
    assert answers(incoming, here(bound=((there, {0: 1}),))) == [expected, "fits"]


def test_other_exclusive_disks() -> None:
    rbd = RBDVolumeSource(monitors=("m1", "m2"), pool="p", image="i")
    iscsi = ISCSIVolumeSource(iqn="iqn.2026-01.example:disk")
    for source, same, other in (
        ("rbd", evolve(rbd, monitors=("m2",)), evolve(rbd, monitors=("m3",))),
        ("iscsi", iscsi, evolve(iscsi, iqn="iqn.2026-01.example:other")),
    ):
        there = with_volume("db", **{source: rbd if source == "rbd" else iscsi})
        snapshot = here(bound=((there, {0: 1}),))
        assert answers(with_volume("web", **{source: same}), snapshot)[0] != "fits"
        assert answers(with_volume("web", **{source: other}), snapshot)[0] == "fits"


def test_a_driver_attaches_so_many_volumes_to_a_node() -> None:
    names = ("a", "b", "c")
    objects: list[object] = [csi_node("a", 2)]
    objects += [claim(name, volume=f"pv-{name}") for name in names]
    objects += [volume(f"pv-{name}", csi=handle(name)) for name in names]
    snapshot = here(*objects, bound=((using("a", name="one"), {0: 2}), (using("b", name="two"), {0: 1})))
    full = "NodeVolumeLimits: node(s) exceed max volume count"
    assert answers(using("c"), snapshot) == [full, "fits"]
    assert answers(using("a", "b"), snapshot) == ["fits", "fits"]
    assert reported(using("c"), 0, snapshot)[0].detail == (
        f"{DRIVER} attaches at most 2 volumes to the node (CSINode a); it has 2, and the pod brings 1 more: 1 too many"
    )


def test_attached_and_coming_volumes_count() -> None:
    waiting = claim("new", storage_class_name="wait"), storage_class("wait")
    attachment = VolumeAttachment(
        metadata=ObjectMeta(name="x"),
        spec=VolumeAttachmentSpec(
            attacher=DRIVER, node_name="a", source=VolumeAttachmentSource(persistent_volume_name="pv")
        ),
    )
    attached = volume("pv", csi=handle("h"))
    full = "NodeVolumeLimits: node(s) exceed max volume count"
    assert answers(using("new"), here(*waiting, csi_node("a", 1), csi_node("b", 1))) == ["fits", "fits"]
    assert answers(using("new"), here(*waiting, csi_node("a", 1), attachment, attached)) == [full, "fits"]


def test_volumes_are_counted_in_symbols_as_in_numbers() -> None:
    names = ("a", "b", "c")
    objects: list[object] = [csi_node("a", 2), csi_node("b", 1)]
    objects += [claim(name, volume=f"pv-{name}", access_modes=("ReadWriteOncePod",)) for name in names[:1]]
    objects += [claim(name, volume=f"pv-{name}") for name in names[1:]]
    objects += [volume(f"pv-{name}", csi=handle(name)) for name in names]
    for count in range(3):
        bound = ((using("a", name="one"), {0: count % 2}), (using("b", name="two"), {0: 1, 1: count}))
        snapshot = here(*objects, bound=bound)
        for incoming in (using("a"), using("c"), using("b", "c")):
            for index in range(2):
                general = feasible(incoming, index, symbolic(snapshot))
                assert evaluate(general, state(snapshot)) is (not reject(incoming, index, snapshot))
