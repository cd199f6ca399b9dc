"""One row for each rule of ``storage.k8s.io/v1``, of the updates and defaults of its kinds."""

from __future__ import annotations

import pytest

from kverify.api import validate_update
from kverify.api.types.storage import CSIDriver, StorageClass, VolumeAttachment
from tests.unit.api.api_cases import accepted, short_paths

KINDS = {
    "StorageClass": ("provisioner: a.b/c",),
    "VolumeAttributesClass": ("driverName: a.b", "parameters: {iops: '1'}"),
    "VolumeAttachment": ("spec: {attacher: a.b, nodeName: n1, source: {persistentVolumeName: v}}",),
    "CSINode": ("spec: {drivers: [{name: a.b, nodeID: c}]}",),
    "CSIDriver": ("spec: {}",),
    "CSIStorageCapacity": ("storageClassName: a",),
}


def written(kind: str, extra: str = "") -> str:
    """A valid object, but for the fields in ``extra``, which replace its own."""
    given = [line.partition(": ")[0] for line in extra.splitlines()]
    lines = [line for line in KINDS[kind] if line.partition(": ")[0] not in given]
    head = f"apiVersion: storage.k8s.io/v1\nkind: {kind}\nmetadata: {{name: a}}\n"
    return head + "".join(f"{line}\n" for line in (*lines, *extra.splitlines()))


@pytest.mark.parametrize("kind", KINDS)
def test_valid(kind: str) -> None:
    assert accepted(written(kind)).kind == kind


def terms(*expressions: str) -> str:
    return (
        f"allowedTopologies: [{', '.join(f'{{matchLabelExpressions: [{expression}]}}' for expression in expressions)}]"
    )


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("provisioner: ''", ["provisioner"]),
        ("provisioner: a b", ["provisioner"]),
        ("provisioner: A.B/c", []),
        ("parameters: {'': a}", ["parameters"]),
        (f"parameters: {{a: {'b' * 256 * 1024}}}", ["parameters"]),
        (f"parameters: {{{', '.join(f'a{n}: b' for n in range(513))}}}", ["parameters"]),
        ("reclaimPolicy: Recycle", ["reclaimPolicy"]),
        ("reclaimPolicy: ''", []),
        ("volumeBindingMode: Never", ["volumeBindingMode"]),
        ("volumeBindingMode: ''", ["volumeBindingMode"]),
        (terms("{key: a, values: [b]}"), []),
        (terms("{key: a}"), ["allowedTopologies[0].matchLabelExpressions[0].values"]),
        (terms("{key: a, values: [b, b]}"), ["allowedTopologies[0].matchLabelExpressions[0].values[1]"]),
        (terms("{key: a b, values: [b]}"), ["allowedTopologies[0].matchLabelExpressions[0].key"]),
        (terms("{key: a, values: [b]}, {key: a, values: [c]}"), ["allowedTopologies[0].matchLabelExpressions[1].key"]),
        (terms("{key: a, values: [b, c]}", "{key: a, values: [c, b]}"), ["allowedTopologies[1].matchLabelExpressions"]),
        ("allowedTopologies: [{}]", ["allowedTopologies[0].matchLabelExpressions"]),
    ],
)
def test_storage_classes(extra: str, expected: list[str]) -> None:
    assert short_paths(written("StorageClass", extra), "") == expected


def test_defaults_of_storage_classes() -> None:
    found = accepted(written("StorageClass"))
    assert isinstance(found, StorageClass)
    assert (found.reclaim_policy, found.volume_binding_mode) == ("Delete", "Immediate")


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("driverName: ''", ["driverName"]),
        ("driverName: a b", ["driverName"]),
        ("parameters: {}", ["parameters"]),
    ],
)
def test_attributes_classes(extra: str, expected: list[str]) -> None:
    assert short_paths(written("VolumeAttributesClass", extra), "") == expected


INLINE = "{attacher: a.b, nodeName: n1, source: {inlineVolumeSpec: {accessModes: [ReadWriteOnce], EXTRA}}}"
CSI = "csi: {driver: a, volumeHandle: b}"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("{nodeName: n1, source: {persistentVolumeName: v}}", ["attacher"]),
        ("{attacher: a_b, nodeName: n1, source: {persistentVolumeName: v}}", ["attacher"]),
        ("{attacher: a, source: {persistentVolumeName: v}}", ["nodeName"]),
        ("{attacher: a, nodeName: n1}", ["source"]),
        ("{attacher: a, nodeName: n1, source: {persistentVolumeName: ''}}", ["source.persistentVolumeName"]),
        ("{attacher: a, nodeName: n1, source: {persistentVolumeName: V}}", ["source.persistentVolumeName"]),
        ("{attacher: a, nodeName: n1, source: {persistentVolumeName: v, inlineVolumeSpec: {}}}", ["source"]),
        (INLINE.replace("EXTRA", CSI), []),
        (INLINE.replace("EXTRA", "hostPath: {path: /a}"), ["source.inlineVolumeSpec.csi"]),
        (INLINE.replace("EXTRA", f"{CSI}, capacity: {{storage: 1}}"), ["source.inlineVolumeSpec.capacity"]),
        (INLINE.replace("EXTRA", f"{CSI}, claimRef: {{name: a}}"), ["source.inlineVolumeSpec.claimRef"]),
        (INLINE.replace("EXTRA", f"{CSI}, nodeAffinity: {{}}"), ["source.inlineVolumeSpec.nodeAffinity"]),
        (INLINE.replace("EXTRA", f"{CSI}, storageClassName: a"), ["source.inlineVolumeSpec.storageClassName"]),
        (INLINE.replace("EXTRA", f"{CSI}, volumeMode: Block"), ["source.inlineVolumeSpec.volumeMode"]),
        (
            INLINE.replace("EXTRA", f"{CSI}, persistentVolumeReclaimPolicy: Delete"),
            ["source.inlineVolumeSpec.persistentVolumeReclaimPolicy"],
        ),
    ],
)
def test_attachments(spec: str, expected: list[str]) -> None:
    assert short_paths(written("VolumeAttachment", f"spec: {spec}"), "spec.") == expected


def test_defaults_of_attachments() -> None:
    found = accepted(written("VolumeAttachment", f"spec: {INLINE.replace('EXTRA', CSI)}"))
    assert isinstance(found, VolumeAttachment)
    inline = found.spec.source.inline_volume_spec
    assert inline is not None
    assert (inline.volume_mode, inline.persistent_volume_reclaim_policy) == ("Filesystem", None)


@pytest.mark.parametrize(
    ("drivers", "expected"),
    [
        ("{nodeID: a}", ["[0].name"]),
        ("{name: a_b, nodeID: a}", ["[0].name"]),
        ("{name: a}", ["[0].nodeID"]),
        (f"{{name: a, nodeID: {'b' * 257}}}", ["[0].nodeID"]),
        ("{name: a, nodeID: b, allocatable: {count: -1}}", ["[0].allocatable.count"]),
        ("{name: a, nodeID: b}, {name: a, nodeID: b}", ["[1].name"]),
        ("{name: a, nodeID: b, topologyKeys: [c, c]}", ["[0]"]),
        ("{name: a, nodeID: b, topologyKeys: [c d]}", ["[0]"]),
        ("{name: a, nodeID: b, topologyKeys: ['']}", ["[0]"]),
    ],
)
def test_csi_nodes(drivers: str, expected: list[str]) -> None:
    assert sorted(set(short_paths(written("CSINode", f"spec: {{drivers: [{drivers}]}}"), "spec.drivers"))) == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("fsGroupPolicy: Always", ["fsGroupPolicy"]),
        ("tokenRequests: [{audience: a}, {audience: a}]", ["tokenRequests[1].audience"]),
        ("tokenRequests: [{audience: a, expirationSeconds: 599}]", ["tokenRequests[0].expirationSeconds"]),
        ("tokenRequests: [{audience: a, expirationSeconds: 4294967297}]", ["tokenRequests[0].expirationSeconds"]),
        ("tokenRequests: [{audience: ''}]", []),
        ("volumeLifecycleModes: [Persistent, Never]", ["volumeLifecycleModes"]),
        ("nodeAllocatableUpdatePeriodSeconds: 9", ["nodeAllocatableUpdatePeriodSeconds"]),
        ("serviceAccountTokenInSecrets: true", ["serviceAccountTokenInSecrets"]),
        ("serviceAccountTokenInSecrets: true, tokenRequests: [{audience: a}]", []),
    ],
)
def test_csi_drivers(spec: str, expected: list[str]) -> None:
    assert short_paths(written("CSIDriver", f"spec: {{{spec}}}"), "spec.") == expected


def test_defaults_of_csi_drivers() -> None:
    found = accepted(written("CSIDriver"))
    assert isinstance(found, CSIDriver)
    spec = found.spec
    assert (spec.attach_required, spec.fs_group_policy, spec.volume_lifecycle_modes) == (
        True,
        "ReadWriteOnceWithFSType",
        ("Persistent",),
    )
    assert (spec.pod_info_on_mount, spec.requires_republish, spec.se_linux_mount, spec.storage_capacity) == (False,) * 4


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("storageClassName: ''", ["storageClassName"]),
        ("storageClassName: A", ["storageClassName"]),
        ("capacity: -1", ["capacity"]),
        ("nodeTopology: {matchLabels: {a b: c}}", ["nodeTopology.matchLabels"]),
    ],
)
def test_storage_capacities(extra: str, expected: list[str]) -> None:
    assert short_paths(written("CSIStorageCapacity", extra), "") == expected


@pytest.mark.parametrize(
    ("kind", "old", "new", "expected"),
    [
        ("StorageClass", "", "allowVolumeExpansion: true", []),
        ("StorageClass", "", "provisioner: d", ["provisioner"]),
        ("StorageClass", "", "parameters: {a: b}", ["parameters"]),
        ("StorageClass", "", "reclaimPolicy: Retain", ["reclaimPolicy"]),
        ("StorageClass", "", "volumeBindingMode: WaitForFirstConsumer", ["volumeBindingMode"]),
        ("VolumeAttributesClass", "", "driverName: b", ["driverName"]),
        ("VolumeAttributesClass", "", "parameters: {a: b}", ["parameters"]),
        ("VolumeAttachment", "", "spec: {attacher: b, nodeName: n1, source: {persistentVolumeName: v}}", ["spec"]),
        ("CSINode", "", "spec: {drivers: []}", []),
        ("CSINode", "", "spec: {drivers: [{name: a.b, nodeID: d}]}", ["spec.drivers"]),
        ("CSINode", "", "spec: {drivers: [{name: a.b, nodeID: c, allocatable: {count: 3}}]}", []),
        ("CSIDriver", "", "spec: {podInfoOnMount: true}", []),
        ("CSIDriver", "", "spec: {attachRequired: false}", ["spec.attachedRequired"]),
        ("CSIDriver", "", "spec: {volumeLifecycleModes: [Ephemeral]}", ["spec.volumeLifecycleModes"]),
        ("CSIStorageCapacity", "", "capacity: 1", []),
        ("CSIStorageCapacity", "", "storageClassName: b", ["storageClassName"]),
        ("CSIStorageCapacity", "", "nodeTopology: {}", ["nodeTopology"]),
    ],
)
def test_updates(kind: str, old: str, new: str, expected: list[str]) -> None:
    found = validate_update(accepted(written(kind, old)), accepted(written(kind, new)))
    assert [item.path for item in found] == expected


def test_the_size_of_a_csi_node_was_immutable() -> None:
    old, new = (
        accepted(written("CSINode", f"spec: {{drivers: [{{name: a, nodeID: c, allocatable: {{count: {n}}}}}]}}"))
        for n in (1, 2)
    )
    assert [item.path for item in validate_update(old, new, "1.34")] == ["spec.drivers"]
    assert validate_update(old, new, "1.35") == ()
