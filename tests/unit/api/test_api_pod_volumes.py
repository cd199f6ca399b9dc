"""One row for each rule of a pod's volumes, and of their mounts (``ValidateVolumes``, ``ValidateVolumeMounts``)."""

from __future__ import annotations

import pytest

from tests.unit.api.api_cases import in_container, in_spec, short_paths

VOLUME = "spec.volumes[0]."


def volume(source: str) -> str:
    return in_spec(f"volumes: [{{name: v, {source}}}]")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", []),
        ("emptyDir: {sizeLimit: -1}", ["emptyDir.sizeLimit"]),
        ("hostPath: {}", ["hostPath.path"]),
        ("hostPath: {path: /a/../b}", ["hostPath.path"]),
        ("hostPath: {path: /a, type: Folder}", ["hostPath.type"]),
        ("gitRepo: {}", ["gitRepo.repository"]),
        ("gitRepo: {repository: a, directory: ../b}", ["gitRepo.directory"]),
        ("gcePersistentDisk: {}", ["persistentDisk.pdName"]),
        ("gcePersistentDisk: {pdName: a, partition: 256}", ["persistentDisk.partition"]),
        ("awsElasticBlockStore: {}", ["awsElasticBlockStore.volumeID"]),
        ("awsElasticBlockStore: {volumeID: a, partition: -1}", ["awsElasticBlockStore.partition"]),
        ("secret: {}", ["secret.secretName"]),
        ("secret: {secretName: a, defaultMode: 512}", ["secret.defaultMode"]),
        ("secret: {secretName: a, items: [{path: b}]}", ["secret.items[0].key"]),
        ("secret: {secretName: a, items: [{key: b}]}", ["secret.items[0].path"]),
        ("secret: {secretName: a, items: [{key: b, path: /c}]}", ["secret.items[0].path"]),
        ("secret: {secretName: a, items: [{key: b, path: c/../d}]}", ["secret.items[0].path"]),
        ("secret: {secretName: a, items: [{key: b, path: ..d}]}", ["secret.items[0].path"]),
        ("secret: {secretName: a, items: [{key: b, path: c, mode: -1}]}", ["secret.items[0].mode"]),
        ("nfs: {}", ["nfs.path", "nfs.server"]),
        ("nfs: {server: a, path: b}", ["nfs.path"]),
        ("iscsi: {}", ["iscsi.iqn", "iscsi.targetPortal"]),
        ("iscsi: {targetPortal: a, iqn: b}", ["iscsi.iqn"]),
        ("iscsi: {targetPortal: a, iqn: 'iqn.2001-04.com.example:d', lun: 256}", ["iscsi.lun"]),
        ("iscsi: {targetPortal: a, iqn: eui.0123456789abcdef, chapAuthSession: true}", ["iscsi.secretRef"]),
        ("iscsi: {targetPortal: a, iqn: eui.0123456789abcdef, initiatorName: b}", ["iscsi.initiatorname"]),
        (
            "iscsi: {targetPortal: '10.0.0.1:3260-a-portal-with-a-name-that-is-far-too-long-for-its-volume',"
            " iqn: eui.0123456789abcdef, initiatorName: eui.0123456789abcdef}",
            ["name"],
        ),
        ("glusterfs: {}", ["glusterfs.endpoints", "glusterfs.path"]),
        ("flocker: {}", ["flocker"]),
        ("flocker: {datasetName: a, datasetUUID: b}", ["flocker"]),
        ("flocker: {datasetName: a/b}", ["flocker.datasetName"]),
        ("persistentVolumeClaim: {}", ["persistentVolumeClaim.claimName"]),
        ("rbd: {}", ["rbd.image", "rbd.monitors"]),
        ("cinder: {}", ["cinder.volumeID"]),
        ("cinder: {volumeID: a, secretRef: {}}", ["cinder.secretRef.name"]),
        ("cephfs: {}", ["cephfs.monitors"]),
        ("quobyte: {}", ["quobyte.registry", "quobyte.volume"]),
        ("quobyte: {registry: a, volume: b}", ["quobyte.registry"]),
        ("quobyte: {registry: 'a:1,b:2', volume: b}", []),
        ("downwardAPI: {defaultMode: 512}", ["downwardAPI.defaultMode"]),
        ("downwardAPI: {items: [{path: a}]}", ["downwardAPI"]),
        ("downwardAPI: {items: [{fieldRef: {fieldPath: metadata.name}}]}", ["downwardAPI.path"]),
        ("downwardAPI: {items: [{path: a, fieldRef: {fieldPath: spec.nodeName}}]}", ["downwardAPI.fieldRef.fieldPath"]),
        (
            "downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.labels},"
            " resourceFieldRef: {containerName: c, resource: limits.cpu}}]}",
            ["downwardAPI"],
        ),
        (
            "downwardAPI: {items: [{path: a, resourceFieldRef: {resource: limits.cpu}}]}",
            ["downwardAPI.resourceFieldRef.containerName"],
        ),
        ("downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.uid}, mode: 512}]}", ["downwardAPI.mode"]),
        ("fc: {}", ["fc.targetWWNs"]),
        ("fc: {targetWWNs: [a], wwids: [b], lun: 1}", ["fc.targetWWNs"]),
        ("fc: {targetWWNs: [a]}", ["fc.lun"]),
        ("fc: {targetWWNs: [a], lun: 256}", ["fc.lun"]),
        ("flexVolume: {}", ["flexVolume.driver"]),
        ("flexVolume: {driver: a, options: {kubernetes.io/a: b}}", ["flexVolume.options[kubernetes.io/a]"]),
        ("configMap: {}", ["configMap.name"]),
        ("configMap: {name: a, defaultMode: 512}", ["configMap.defaultMode"]),
        ("configMap: {name: a, items: [{}]}", ["configMap.items[0].key", "configMap.items[0].path"]),
        ("azureFile: {}", ["azureFile.secretName", "azureFile.shareName"]),
        ("vsphereVolume: {}", ["vsphereVolume.volumePath"]),
        ("photonPersistentDisk: {}", ["photonPersistentDisk.pdID"]),
        ("portworxVolume: {}", ["portworxVolume.volumeID"]),
        ("azureDisk: {kind: Managed, diskURI: /subscriptions/a}", ["azureDisk.diskName"]),
        ("azureDisk: {diskName: a, diskURI: b}", ["azureDisk.diskURI"]),
        ("azureDisk: {diskName: a, diskURI: b, kind: Managed}", ["azureDisk.diskURI"]),
        ("azureDisk: {diskName: a, diskURI: 'https://b', kind: New}", ["azureDisk.kind"]),
        ("azureDisk: {diskName: a, diskURI: 'https://b', cachingMode: All}", ["azureDisk.cachingMode"]),
        ("storageos: {}", ["storageos.volumeName"]),
        ("storageos: {volumeName: A}", ["storageos.volumeName"]),
        ("storageos: {volumeName: a, volumeNamespace: B}", ["storageos.volumeNamespace"]),
        ("storageos: {volumeName: a, secretRef: {}}", ["storageos.secretRef.name"]),
        ("scaleIO: {}", ["scaleIO.gateway", "scaleIO.system", "scaleIO.volumeName"]),
        ("csi: {}", ["csi.driver"]),
        ("csi: {driver: a_b}", ["csi.driver"]),
        ("csi: {driver: A.B}", []),
        ("csi: {driver: a, nodePublishSecretRef: {}}", ["csi.nodePublishSecretRef.name"]),
        ("csi: {driver: a, nodePublishSecretRef: {name: A}}", ["csi.name"]),
        ("image: {}", ["image.reference"]),
        ("image: {reference: a, pullPolicy: always}", ["image.pullPolicy"]),
        ("ephemeral: {}", ["ephemeral.volumeClaimTemplate"]),
        (
            "ephemeral: {volumeClaimTemplate: {spec: {}}}",
            [
                "ephemeral.volumeClaimTemplate.spec.accessModes",
                "ephemeral.volumeClaimTemplate.spec.resources[storage]",
            ],
        ),
        (
            "ephemeral: {volumeClaimTemplate: {metadata: {name: a, finalizers: [a/b]},"
            " spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1}}}}}",
            [
                "ephemeral.volumeClaimTemplate.metadata.finalizers",
                "ephemeral.volumeClaimTemplate.metadata.name",
            ],
        ),
        ("emptyDir: {}, hostPath: {path: /a}, nfs: {}", ["hostPath", "nfs"]),
        ("emptyDir: {}, cephfs: {}, downwardAPI: {}", ["cephFS", "downwarAPI"]),
    ],
)
def test_sources(source: str, expected: list[str]) -> None:
    assert short_paths(volume(source), VOLUME) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{}", []),
        ("{secret: {}}", ["sources[0].secret.name"]),
        ("{configMap: {}}", ["sources[0].configMap.name"]),
        ("{secret: {name: a, items: [{key: b}]}}", ["sources[0].secret.items[0].path"]),
        ("{downwardAPI: {items: [{path: a}]}}", ["sources[0].downwardAPI"]),
        ("{serviceAccountToken: {}}", ["path"]),
        ("{serviceAccountToken: {path: ../a}}", ["path"]),
        (
            "{serviceAccountToken: {path: a, expirationSeconds: 599}}",
            ["sources[0].serviceAccountToken.expirationSeconds"],
        ),
        (
            "{serviceAccountToken: {path: a, expirationSeconds: 4294967297}}",
            ["sources[0].serviceAccountToken.expirationSeconds"],
        ),
        ("{secret: {name: a}, configMap: {name: b}}", ["sources[0]"]),
        ("{secret: {name: a, items: [{key: b, path: c}, {key: d, path: c}]}}", [""]),
        ("{secret: {name: a, items: [{key: b, path: c}]}}, {configMap: {name: a, items: [{key: b, path: c}]}}", [""]),
    ],
)
def test_projections(source: str, expected: list[str]) -> None:
    found = short_paths(volume(f"projected: {{sources: [{source}]}}"), f"{VOLUME}projected")
    assert [path.removeprefix(".") for path in found] == expected


def test_bundles() -> None:
    """Off by default until 1.37."""
    for bundle, expected in (
        ("{path: a}", [""]),
        ("{path: a, name: b, signerName: c.d/e}", [""]),
        ("{name: b}", [".path"]),
        ("{path: a, name: b, labelSelector: {}}", [".labelSelector"]),
        ("{path: a, signerName: c}", [".signerName"]),
        ("{path: a, signerName: c.d/e}", []),
    ):
        text = volume(f"projected: {{sources: [{{clusterTrustBundle: {bundle}}}]}}")
        prefix = f"{VOLUME}projected.sources[0].clusterTrustBundle"
        assert short_paths(text, prefix, "1.37") == expected
        assert short_paths(text, prefix, "1.36") == []


@pytest.mark.parametrize(
    ("volumes", "expected"),
    [
        ("[{}]", ["[0].name"]),
        ("[{name: a_b}]", ["[0].name"]),
        ("[{name: a}, {name: a}]", ["[1].name"]),
        (
            "[{name: a, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce],"
            " resources: {requests: {storage: 1}}}}}}, {name: b, persistentVolumeClaim: {claimName: web-a}}]",
            ["[1].persistentVolumeClaim.claimName"],
        ),
    ],
)
def test_names(volumes: str, expected: list[str]) -> None:
    assert short_paths(in_spec(f"volumes: {volumes}"), "spec.volumes") == expected


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [
        ("[{name: v}]", ["[0].mountPath"]),
        ("[{mountPath: /a}]", ["[0].name", "[0].name"]),
        ("[{name: w, mountPath: /a}]", ["[0].name"]),
        ("[{name: bad, mountPath: /a}]", ["[0].name"]),
        ("[{name: v, mountPath: a}]", []),
        ("[{name: v, mountPath: /a}, {name: v, mountPath: /a}]", ["[1].mountPath"]),
        ("[{name: v, mountPath: /a, subPath: /b}]", [".subPath"]),
        ("[{name: v, mountPath: /a, subPath: b/../c}]", [".subPath"]),
        ("[{name: v, mountPath: /a, subPathExpr: ../c}]", [".subPathExpr"]),
        ("[{name: v, mountPath: /a, subPath: b, subPathExpr: c}]", ["[0].subPathExpr"]),
        ("[{name: v, mountPath: /a, mountPropagation: Both}]", [".mountPropagation"]),
        ("[{name: v, mountPath: /a, mountPropagation: Bidirectional}]", [".mountPropagation"]),
        ("[{name: v, mountPath: /a, recursiveReadOnly: Enabled}]", [".recursiveReadOnly"]),
        ("[{name: v, mountPath: /a, readOnly: true, recursiveReadOnly: Yes!}]", [".recursiveReadOnly"]),
        (
            "[{name: v, mountPath: /a, readOnly: true, recursiveReadOnly: Enabled, mountPropagation: HostToContainer}]",
            [".recursiveReadOnly"],
        ),
    ],
)
def test_mounts(mounts: str, expected: list[str]) -> None:
    """A volume that is refused cannot be mounted either."""
    text = in_spec("volumes: [{name: v}, {name: bad, hostPath: {}}]", in_container(f"volumeMounts: {mounts}"))
    found = short_paths(text, "spec.containers[0].volumeMounts")
    assert found == [*expected, "spec.volumes[1].hostPath.path"]


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ("[{name: p, devicePath: /dev/a}]", []),
        ("[{name: e, devicePath: /dev/a}]", ["[0].name"]),
        ("[{name: w, devicePath: /dev/a}]", ["[0].name"]),
        ("[{name: p}]", ["[0].devicePath"]),
        ("[{name: p, devicePath: /dev/../a}]", ["[0].devicePath"]),
        ("[{name: p, devicePath: /dev/a}, {name: p, devicePath: /dev/b}]", ["[1].name"]),
        ("[{name: p, devicePath: /dev/a}, {name: q, devicePath: /dev/a}]", ["[1].devicePath"]),
        ("[{name: p, devicePath: /m}]", ["[0].devicePath", "spec.containers[0].volumeMounts[0].mountPath"]),
    ],
)
def test_devices(devices: str, expected: list[str]) -> None:
    claims = "{name: p, persistentVolumeClaim: {claimName: a}}, {name: q, persistentVolumeClaim: {claimName: b}}"
    volumes = f"[{{name: v}}, {{name: e}}, {claims}]"
    container = in_container(f"volumeDevices: {devices}\nvolumeMounts: [{{name: v, mountPath: /m}}]")
    assert short_paths(in_spec(f"volumes: {volumes}", container), "spec.containers[0].volumeDevices") == expected


def test_a_volume_is_a_device_or_mounted() -> None:
    container = in_container("volumeDevices: [{name: p, devicePath: /a}]\nvolumeMounts: [{name: p, mountPath: /m}]")
    text = in_spec("volumes: [{name: p, persistentVolumeClaim: {claimName: a}}]", container)
    assert short_paths(text, "spec.containers[0].") == ["volumeDevices[0].name", "volumeMounts[0].name"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("{volumeName: v, path: a, key: K}", []),
        ("{volumeName: v, key: K}", ["path"]),
        ("{volumeName: v, path: a}", ["key"]),
        ("{path: a, key: K}", ["volumeName", "volumeName"]),
        ("{volumeName: v, path: ../a, key: K}", ["path"]),
        ("{volumeName: w, path: a, key: K}", ["volumeName"]),
        ("{volumeName: h, path: a, key: K}", ["volumeName"]),
    ],
)
def test_variables_from_files(key: str, expected: list[str]) -> None:
    container = in_container(f"env: [{{name: A, valueFrom: {{fileKeyRef: {key}}}}}]")
    text = in_spec("volumes: [{name: v}, {name: h, hostPath: {path: /a}}]", container)
    assert short_paths(text, "spec.containers[0].env[0].valueFrom.fileKeyRef.") == expected
