"""One row for each rule of persistent volumes and claims, of their updates and defaults."""

from __future__ import annotations

import pytest

from kverify.api import validate_update
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.persistent_volume import PersistentVolume
from tests.unit.api.api_cases import accepted, short_paths, warnings

FILLED = {
    "PersistentVolume": {
        "capacity": "{storage: 1Gi}",
        "accessModes": "[ReadWriteOnce]",
        "csi": "{driver: a.b, volumeHandle: v}",
    },
    "PersistentVolumeClaim": {"accessModes": "[ReadWriteOnce]", "resources": "{requests: {storage: 1Gi}}"},
}


def written(kind: str, extra: str = "", without: str = "", metadata: str = "") -> str:
    """An object that is valid but for the fields in ``extra``, which replace its own, and those in ``without``."""
    fields = {name: value for name, value in FILLED[kind].items() if name not in without.split()}
    for line in extra.splitlines():
        name, _, value = line.partition(": ")
        fields[name] = value
    spec = "".join(f"  {name}: {value}\n" for name, value in fields.items())
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: a{metadata}}}\nspec:\n{spec}"


def stored_volume(extra: str = "", without: str = "", version: str = "1.36") -> PersistentVolume:
    found = accepted(written("PersistentVolume", extra, without), version)
    assert isinstance(found, PersistentVolume)
    return found


def stored_claim(extra: str = "", metadata: str = "", status: str = "") -> PersistentVolumeClaim:
    found = accepted(
        written("PersistentVolumeClaim", extra, metadata=metadata) + (f"status: {status}\n" if status else "")
    )
    assert isinstance(found, PersistentVolumeClaim)
    return found


@pytest.mark.parametrize(
    ("extra", "without", "expected"),
    [
        ("", "", []),
        ("", "accessModes", ["accessModes"]),
        ("accessModes: [ReadOnce]", "", ["accessModes"]),
        ("accessModes: [ReadWriteOnce, ReadWriteOncePod]", "", ["accessModes"]),
        ("", "capacity", ["capacity"]),
        ("capacity: {cpu: 1}", "", ["capacity"]),
        ("capacity: {storage: 1Gi, cpu: 1}", "", ["capacity"]),
        ("capacity: {storage: 0}", "", ["capacity[storage]"]),
        ("capacity: {storage: -1}", "", ["capacity[storage]"]),
        ("persistentVolumeReclaimPolicy: Keep", "", ["persistentVolumeReclaimPolicy"]),
        ("nodeAffinity: {}", "", ["nodeAffinity.required"]),
        ("nodeAffinity: {required: {}}", "", ["nodeAffinity.required.nodeSelectorTerms"]),
        ("storageClassName: A", "", ["storageClassName"]),
        ("volumeMode: Disk", "", ["volumeMode"]),
        ("volumeAttributesClassName: ''", "", ["volumeAttributesClassName"]),
        ("volumeAttributesClassName: A", "", ["volumeAttributesClassName"]),
        ("volumeAttributesClassName: a\nhostPath: {path: /a}", "csi", ["csi"]),
        # Sources
        ("", "csi", [""]),
        ("hostPath: {path: /a}", "", ["csi"]),
        ("hostPath: {path: /a}\ncephfs: {monitors: [a]}", "csi", ["cephFS"]),
        ("hostPath: {path: /a}\nflexVolume: {driver: a}", "csi", []),
        ("hostPath: {path: /}\npersistentVolumeReclaimPolicy: Recycle", "csi", ["persistentVolumeReclaimPolicy"]),
        ("hostPath: {path: //.}\npersistentVolumeReclaimPolicy: Recycle", "csi", ["persistentVolumeReclaimPolicy"]),
        ("gcePersistentDisk: {}", "csi", ["persistentDisk.pdName"]),
        ("glusterfs: {endpoints: a, path: b, endpointsNamespace: C}", "csi", ["glusterfs.endpointsNamespace"]),
        ("nfs: {server: a}", "csi", ["nfs.path"]),
        ("rbd: {image: a}", "csi", ["rbd.monitors"]),
        (
            "iscsi: {targetPortal: a, iqn: eui.0123456789abcdef, chapAuthSession: true, secretRef: {}}",
            "csi",
            ["iscsi.secretRef.name"],
        ),
        (
            "iscsi: {targetPortal: a-portal-with-a-name-of-more-than-sixty-letters-for-one-reason-or-two,"
            " iqn: eui.0123456789abcdef, initiatorName: eui.0123456789abcdef}",
            "csi",
            ["iscsi.targetportal"],
        ),
        ("cinder: {volumeID: a, secretRef: {name: b}}", "csi", ["cinder.secretRef.namespace"]),
        ("azureFile: {secretName: a, shareName: b, secretNamespace: ''}", "csi", ["azureFile.secretNamespace"]),
        ("local: {}", "csi", ["local.path", "nodeAffinity"]),
        ("local: {path: a/../b}", "csi", ["local.path", "nodeAffinity"]),
        ("storageos: {volumeName: a, secretRef: {name: b}}", "csi", ["storageos.secretRef.namespace"]),
        ("csi: {}", "", ["csi.driver", "csi.volumeHandle"]),
        (
            "csi: {driver: a, volumeHandle: b, nodePublishSecretRef: {name: c}}",
            "",
            ["csi.nodePublishSecretRef.namespace"],
        ),
        (
            "csi: {driver: a, volumeHandle: b, controllerExpandSecretRef: {name: C, namespace: D}}",
            "",
            ["csi.controllerExpandSecretRef.name", "csi.controllerExpandSecretRef.namespace"],
        ),
    ],
)
def test_volumes(extra: str, without: str, expected: list[str]) -> None:
    found = short_paths(written("PersistentVolume", extra, without), "spec")
    assert [path.removeprefix(".") for path in found] == expected


@pytest.mark.parametrize(
    ("old", "new", "without", "expected"),
    [
        ("", "capacity: {storage: 2Gi}", "", []),
        ("", "persistentVolumeReclaimPolicy: Delete", "", []),
        ("", "csi: {driver: a.b, volumeHandle: w}", "", ["spec.persistentvolumesource"]),
        (
            "",
            "csi: {driver: a.b, volumeHandle: v, controllerExpandSecretRef: {name: a, namespace: b}}",
            "",
            [],
        ),
        ("hostPath: {path: /a}", "hostPath: {path: /b}", "csi", ["spec.persistentvolumesource"]),
        ("", "volumeMode: Block", "", ["volumeMode"]),
        ("", "nodeAffinity: ZONE", "", []),
        ("nodeAffinity: ZONE", "", "", ["nodeAffinity"]),
        ("nodeAffinity: BETA", "nodeAffinity: ZONE", "", []),
        ("nodeAffinity: ZONE", "nodeAffinity: BETA", "", ["nodeAffinity"]),
        ("volumeAttributesClassName: a", "volumeAttributesClassName: b", "", []),
        ("volumeAttributesClassName: a", "", "", ["spec.volumeAttributesClassName"]),
    ],
)
def test_updates_of_volumes(old: str, new: str, without: str, expected: list[str]) -> None:
    def zoned(text: str) -> str:
        for name, key in (("ZONE", "topology.kubernetes.io/zone"), ("BETA", "failure-domain.beta.kubernetes.io/zone")):
            requirement = f"{{key: {key}, operator: In, values: [z]}}"
            text = text.replace(name, f"{{required: {{nodeSelectorTerms: [{{matchExpressions: [{requirement}]}}]}}}}")
        return text

    found = validate_update(stored_volume(zoned(old), without), stored_volume(zoned(new), without))
    assert sorted(item.path for item in found) == expected


def test_defaults_of_volumes() -> None:
    spec = stored_volume("capacity: {storage: 1.5m}").spec
    assert (spec.persistent_volume_reclaim_policy, spec.volume_mode) == ("Retain", "Filesystem")
    assert str(spec.capacity["storage"]) == "2m"
    azure = stored_volume("azureDisk: {diskName: a, diskURI: 'https://b'}", "csi").spec.azure_disk
    assert azure is not None
    assert (azure.caching_mode, azure.kind, azure.fs_type, azure.read_only) == ("ReadWrite", "Shared", "ext4", False)
    host = stored_volume("hostPath: {path: /a}", "csi").spec.host_path
    assert host is not None
    assert host.type == ""
    assert stored_volume("volumeAttributesClassName: a", version="1.33").spec.volume_attributes_class_name is None


def test_warnings_of_volumes() -> None:
    for extra, expected in (
        ("persistentVolumeReclaimPolicy: Recycle", ["spec.persistentVolumeReclaimPolicy"]),
        ("rbd: {image: a, monitors: [b]}", ["spec.rbd"]),
        ("nfs: {server: a, path: /b}", []),
    ):
        assert warnings(written("PersistentVolume", extra, "csi" if "{" in extra else "")) == expected
    options = ", annotations: {volume.beta.kubernetes.io/mount-options: ro}"
    assert warnings(written("PersistentVolume", metadata=options)) == [
        "metadata.annotations[volume.beta.kubernetes.io/mount-options]"
    ]


@pytest.mark.parametrize(
    ("extra", "without", "expected"),
    [
        ("", "", []),
        ("", "accessModes", ["accessModes"]),
        ("accessModes: [ReadOnce]", "", ["accessModes"]),
        ("accessModes: [ReadWriteOncePod, ReadOnlyMany]", "", ["accessModes"]),
        ("", "resources", ["resources[storage]"]),
        ("resources: {requests: {storage: 0}}", "", ["resources[storage]"]),
        ("selector: {matchLabels: {a b: c}}", "", ["selector.matchLabels"]),
        ("storageClassName: A", "", ["storageClassName"]),
        ("storageClassName: ''", "", []),
        ("volumeMode: ''", "", ["volumeMode"]),
        ("volumeAttributesClassName: A", "", ["volumeAttributesClassName"]),
        ("dataSource: {kind: PersistentVolumeClaim}", "", ["dataSource.name", "dataSourceRef.name"]),
        ("dataSourceRef: {apiGroup: a.b, kind: C, name: d}", "", []),
        ("dataSourceRef: {kind: C, name: d}", "", ["dataSource", "dataSourceRef"]),
        ("dataSourceRef: {apiGroup: A, kind: C, name: d}", "", ["dataSource.apiGroup", "dataSourceRef.apiGroup"]),
        (
            "dataSource: {kind: PersistentVolumeClaim, name: a}\ndataSourceRef: {kind: PersistentVolumeClaim, name: b}",
            "",
            [""],
        ),
        ("dataSource: {apiGroup: a.b, kind: C, name: d}", "", []),
    ],
)
def test_claims(extra: str, without: str, expected: list[str]) -> None:
    found = short_paths(written("PersistentVolumeClaim", extra, without), "spec")
    assert [path.removeprefix(".") for path in found] == expected


def test_data_sources_say_the_same() -> None:
    spec = stored_claim("dataSource: {apiGroup: a.b, kind: C, name: d}").spec
    assert (spec.data_source, spec.data_source_ref) == (None, None)
    spec = stored_claim("dataSourceRef: {apiGroup: a.b, kind: C, name: d}").spec
    assert spec.data_source is not None
    assert spec.data_source.kind == "C"
    spec = stored_claim("dataSource: {kind: PersistentVolumeClaim, name: d}").spec
    assert spec.data_source_ref is not None
    assert spec.data_source_ref.name == "d"
    spec = stored_claim("dataSourceRef: {kind: PersistentVolumeClaim, name: d, namespace: e}").spec
    assert (spec.data_source, spec.data_source_ref) == (None, None)


BOUND = "{phase: Bound, capacity: {storage: 1Gi}}"
BETA = ", annotations: {volume.beta.kubernetes.io/storage-class: s}"


@pytest.mark.parametrize(
    ("old", "status", "new", "expected"),
    [
        ("", "", "", []),
        ("", "", "volumeName: v", []),
        ("volumeName: v", "", "volumeName: w", ["spec"]),
        ("", "", "accessModes: [ReadWriteMany]", ["spec"]),
        ("", "", "storageClassName: s", []),
        ("storageClassName: s", "", "storageClassName: t", ["spec"]),
        ("", "", "resources: {requests: {storage: 2Gi}}", ["spec"]),
        ("", BOUND, "resources: {requests: {storage: 2Gi}}", []),
        ("", BOUND, "resources: {requests: {storage: 512Mi}}", ["spec.resources.requests.storage"]),
        ("resources: {requests: {storage: 4Gi}}", BOUND, "resources: {requests: {storage: 2Gi}}", []),
        (
            "resources: {requests: {storage: 4Gi}}",
            BOUND,
            "resources: {requests: {storage: 1Gi}}",
            ["spec.resources.requests.storage"],
        ),
        ("", "", "volumeMode: Block", ["spec", "volumeMode"]),
        ("", BOUND, "volumeAttributesClassName: a", []),
        ("", "", "volumeAttributesClassName: a", ["spec"]),
    ],
)
def test_updates_of_claims(old: str, status: str, new: str, expected: list[str]) -> None:
    found = validate_update(stored_claim(old, status=status), stored_claim(new))
    assert sorted(item.path for item in found) == expected


def test_the_class_moves_from_the_annotation_to_the_field() -> None:
    old = stored_claim(metadata=BETA)
    assert validate_update(old, stored_claim("storageClassName: s", metadata=BETA)) == ()
    (found,) = validate_update(old, stored_claim("storageClassName: t", metadata=BETA))
    assert found.path == "spec"
    (found,) = validate_update(stored_claim(), old)
    assert found.path == "metadata.annotations.volume.beta.kubernetes.io/storage-class"
    assert warnings(written("PersistentVolumeClaim", metadata=BETA)) == [
        "metadata.annotations[volume.beta.kubernetes.io/storage-class]"
    ]
