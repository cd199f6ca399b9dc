"""Defaults, where the recordings do not look."""

from __future__ import annotations

from operator import attrgetter

import pytest

from kverify.api.types.apps import ReplicaSet
from kverify.api.types.config import Secret
from kverify.api.types.container import HTTPGetAction
from kverify.api.types.node import Node
from kverify.api.types.service import Service
from kverify.api.types.volume import EmptyDirVolumeSource
from tests.unit.api.api_cases import DEPLOYMENT, POD, accepted, deployment, pod


def test_deployment() -> None:
    spec = deployment().spec
    assert spec.strategy.rolling_update is not None
    assert (spec.strategy.type, spec.strategy.rolling_update.max_surge) == ("RollingUpdate", "25%")
    assert spec.strategy.rolling_update.max_unavailable == "25%"
    assert (spec.replicas, spec.min_ready_seconds) == (1, 0)
    assert (spec.progress_deadline_seconds, spec.revision_history_limit) == (600, 10)
    assert deployment().metadata.namespace == "default"


def test_half_a_strategy_is_completed() -> None:
    text = DEPLOYMENT.replace("spec:\n  sel", "spec:\n  strategy: {rollingUpdate: {maxSurge: 0}}\n  sel")
    update = deployment(text).spec.strategy.rolling_update
    assert update is not None
    assert (update.max_surge, update.max_unavailable) == (0, "25%")


def test_recreate_gets_no_rolling_update() -> None:
    text = DEPLOYMENT.replace("spec:\n  sel", "spec:\n  strategy: {type: Recreate}\n  sel")
    assert deployment(text).spec.strategy.rolling_update is None


def test_replica_set() -> None:
    text = DEPLOYMENT.replace("kind: Deployment", "kind: ReplicaSet")
    found = accepted(text)
    assert isinstance(found, ReplicaSet)
    assert (found.spec.replicas, found.spec.template.spec.restart_policy) == (1, "Always")


def test_pods_get_requests_from_limits_and_templates_do_not() -> None:
    extra = "    resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}\n"
    requests = pod(POD + extra).spec.containers[0].resources.requests
    assert {name: str(value) for name, value in requests.items()} == {"cpu": "500m", "memory": "1Gi"}
    template = deployment(DEPLOYMENT + extra.replace("    ", "        ", 1)).spec.template.spec
    assert list(template.containers[0].resources.requests) == ["cpu"]


def test_probes() -> None:
    probe = (
        pod(POD + "    readinessProbe: {httpGet: {port: http}, periodSeconds: 0}\n").spec.containers[0].readiness_probe
    )
    assert probe is not None
    assert probe.http_get == HTTPGetAction(port="http", path="/", scheme="HTTP")
    numbers = (probe.timeout_seconds, probe.period_seconds, probe.success_threshold, probe.failure_threshold)
    assert numbers == (1, 10, 1, 3)


def test_pod() -> None:
    spec = pod(POD + "    ports: [{containerPort: 80}]\n  volumes: [{name: v}]\n  hostNetwork: true\n").spec
    assert (spec.termination_grace_period_seconds, spec.restart_policy) == (30, "Always")
    assert spec.enable_service_links is True
    assert spec.volumes[0].empty_dir == EmptyDirVolumeSource()
    assert (spec.containers[0].ports[0].protocol, spec.containers[0].ports[0].host_port) == ("TCP", 80)
    assert pod(POD + "  terminationGracePeriodSeconds: -5\n").spec.termination_grace_period_seconds == 1


@pytest.mark.parametrize(
    ("source", "field", "expected"),
    [
        ("azureDisk: {diskName: a, diskURI: 'https://b'}", "azure_disk.caching_mode", "ReadWrite"),
        ("azureDisk: {diskName: a, diskURI: 'https://b'}", "azure_disk.fs_type", "ext4"),
        ("configMap: {name: a}", "config_map.default_mode", 0o644),
        ("configMap: {name: a, defaultMode: 0}", "config_map.default_mode", 0),
        ("secret: {secretName: a}", "secret.default_mode", 0o644),
        ("hostPath: {path: /a}", "host_path.type", ""),
        ("image: {reference: a}", "image.pull_policy", "Always"),
        ("image: {reference: 'a:1'}", "image.pull_policy", "IfNotPresent"),
        ("iscsi: {targetPortal: a, iqn: eui.0123456789abcdef}", "iscsi.iscsi_interface", "default"),
        ("rbd: {monitors: [a], image: b}", "rbd.keyring", "/etc/ceph/keyring"),
        ("scaleIO: {gateway: a, system: b, volumeName: c, secretRef: {name: d}}", "scale_io.fs_type", "xfs"),
        (
            "scaleIO: {gateway: a, system: b, volumeName: c, secretRef: {name: d}}",
            "scale_io.storage_mode",
            "ThinProvisioned",
        ),
        ("downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.name}}]}", "downward_api.default_mode", 0o644),
        (
            "ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteMany],"
            " resources: {requests: {storage: 1}}}}}",
            "ephemeral.volume_claim_template.spec.volume_mode",
            "Filesystem",
        ),
    ],
)
def test_volumes(source: str, field: str, expected: object) -> None:
    volume = pod(POD + f"  volumes: [{{name: v, {source}}}]\n").spec.volumes[0]
    assert attrgetter(field)(volume) == expected


def test_projections() -> None:
    sources = (
        "{serviceAccountToken: {path: t}}, {downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.name}}]}}"
    )
    (volume,) = pod(POD + f"  volumes: [{{name: v, projected: {{sources: [{sources}]}}}}]\n").spec.volumes
    assert volume.projected is not None
    token, downward = volume.projected.sources
    assert token.service_account_token is not None
    assert token.service_account_token.expiration_seconds == 3600
    assert downward.downward_api is not None
    assert downward.downward_api.items[0].field_ref is not None
    assert downward.downward_api.items[0].field_ref.api_version == "v1"


def test_service() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports: [{port: 80}]\n"
    found = accepted(text)
    assert isinstance(found, Service)
    assert (found.spec.type, found.spec.session_affinity, found.spec.ports[0].target_port) == ("ClusterIP", "None", 80)
    assert found.spec.external_traffic_policy is None
    found = accepted(text + "  type: NodePort\n  sessionAffinity: ClientIP\n")
    assert isinstance(found, Service)
    assert found.spec.external_traffic_policy == "Cluster"
    assert found.spec.session_affinity_config is not None
    assert found.spec.session_affinity_config.client_ip is not None
    assert found.spec.session_affinity_config.client_ip.timeout_seconds == 10800


def test_secret_text_becomes_data() -> None:
    found = accepted("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: eA==}\nstringData: {a: z, b: ä}\n")
    assert isinstance(found, Secret)
    assert (found.data, found.string_data, found.type) == ({"a": "eg==", "b": "w6Q="}, {}, "Opaque")


def test_node_allocatable_is_its_capacity() -> None:
    found = accepted("apiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus: {capacity: {cpu: 4, pods: 110}}\n")
    assert isinstance(found, Node)
    assert found.status.allocatable == found.status.capacity
    assert found.metadata.namespace is None
