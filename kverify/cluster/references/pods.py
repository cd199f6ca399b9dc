"""What pods need by name before they can start: identity, classes, configuration, volumes."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from kverify.api.types.container import Container
from kverify.api.types.pod import PodSpec
from kverify.api.types.volume import KeyToPath, Volume, VolumeProjection
from kverify.cluster.references.reference import Need


def pod_needs(spec: PodSpec, replaced: Collection[str] = ()) -> Iterator[Need]:
    """The needs of one pod; paths start at the pod spec. It does not mount the volumes in ``replaced``."""
    if spec.node_name:
        yield Need("Node", spec.node_name, "runs on", "nodeName")
    if spec.priority_class_name:
        yield Need("PriorityClass", spec.priority_class_name, "has priority", "priorityClassName")
    if spec.runtime_class_name:
        yield Need("RuntimeClass", spec.runtime_class_name, "runs with", "runtimeClassName")
    if spec.service_account_name:
        yield Need("ServiceAccount", spec.service_account_name, "runs as", "serviceAccountName")
    for number, secret in enumerate(spec.image_pull_secrets):
        # The kubelet pulls without a secret that is missing, and often can.
        yield Need("Secret", secret.name, "pulls images with", f"imagePullSecrets[{number}].name", optional=True)
    for field, containers in (("initContainers", spec.init_containers), ("containers", spec.containers)):
        for number, container in enumerate(containers):
            yield from _container(container, f"{field}[{number}]")
    for number, volume in enumerate(spec.volumes):
        if volume.name not in replaced:
            yield from _volume(volume, f"volumes[{number}]")
    for number, claim in enumerate(spec.resource_claims):
        here = f"resourceClaims[{number}]"
        if claim.resource_claim_name:
            yield Need("ResourceClaim", claim.resource_claim_name, "claims", f"{here}.resourceClaimName")
        if claim.resource_claim_template_name:
            name = claim.resource_claim_template_name
            yield Need("ResourceClaimTemplate", name, "claims", f"{here}.resourceClaimTemplateName")


def _container(container: Container, path: str) -> Iterator[Need]:
    for number, bulk in enumerate(container.env_from):
        here = f"{path}.envFrom[{number}]"
        if bulk.config_map_ref is not None:
            source = bulk.config_map_ref
            yield Need("ConfigMap", source.name, "reads", f"{here}.configMapRef.name", "", bool(source.optional))
        if bulk.secret_ref is not None:
            secret = bulk.secret_ref
            yield Need("Secret", secret.name, "reads", f"{here}.secretRef.name", "", bool(secret.optional))
    for number, variable in enumerate(container.env):
        value = variable.value_from
        if value is None:
            continue
        here = f"{path}.env[{number}].valueFrom"
        if value.config_map_key_ref is not None:
            key = value.config_map_key_ref
            yield Need("ConfigMap", key.name, "reads", f"{here}.configMapKeyRef.key", key.key, bool(key.optional))
        if value.secret_key_ref is not None:
            part = value.secret_key_ref
            yield Need("Secret", part.name, "reads", f"{here}.secretKeyRef.key", part.key, bool(part.optional))


def _volume(volume: Volume, path: str) -> Iterator[Need]:
    if volume.persistent_volume_claim is not None:
        claim = volume.persistent_volume_claim.claim_name
        yield Need("PersistentVolumeClaim", claim, "mounts", f"{path}.persistentVolumeClaim.claimName")
    if volume.config_map is not None:
        bulk = volume.config_map
        yield from _files("ConfigMap", bulk.name or "", bulk.items, bool(bulk.optional), f"{path}.configMap", "name")
    if volume.secret is not None:
        secret = volume.secret
        name = secret.secret_name or ""
        yield from _files("Secret", name, secret.items, bool(secret.optional), f"{path}.secret", "secretName")
    if volume.csi is not None and volume.csi.node_publish_secret_ref is not None:
        name = volume.csi.node_publish_secret_ref.name
        yield Need("Secret", name, "mounts", f"{path}.csi.nodePublishSecretRef.name")
    template = volume.ephemeral.volume_claim_template if volume.ephemeral is not None else None
    if template is not None and template.spec.storage_class_name:
        here = f"{path}.ephemeral.volumeClaimTemplate.spec.storageClassName"
        yield Need("StorageClass", template.spec.storage_class_name, "is provisioned by", here)
    for number, projection in enumerate(volume.projected.sources if volume.projected is not None else ()):
        yield from _projected(projection, f"{path}.projected.sources[{number}]")


def _projected(projection: VolumeProjection, path: str) -> Iterator[Need]:
    for field, kind, source in (
        ("configMap", "ConfigMap", projection.config_map),
        ("secret", "Secret", projection.secret),
    ):
        if source is not None:
            yield from _files(kind, source.name or "", source.items, bool(source.optional), f"{path}.{field}", "name")


def _files(kind: str, name: str, items: tuple[KeyToPath, ...], optional: bool, path: str, field: str) -> Iterator[Need]:
    """One need for the whole object, or, where only some keys become files, one for each of them."""
    if not items:
        yield Need(kind, name, "mounts", f"{path}.{field}", "", optional)
    for number, item in enumerate(items):
        yield Need(kind, name, "mounts", f"{path}.items[{number}].key", item.key, optional)
