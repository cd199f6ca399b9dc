"""What objects of every kind name besides pods: routes, scale targets, roles, claims, classes, webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from kverify.api.object import OtherObject
from kverify.api.registry import AnyObject
from kverify.api.types.references import ObjectReference, SecretReference
from kverify.cluster.references.reference import Need

if TYPE_CHECKING:
    from kverify.api.types.admission import (
        MutatingAdmissionPolicyBinding,
        MutatingWebhookConfiguration,
        ServiceReference,
        ValidatingAdmissionPolicyBinding,
        ValidatingWebhookConfiguration,
    )
    from kverify.api.types.apps import StatefulSet
    from kverify.api.types.autoscaling_v1 import HorizontalPodAutoscaler as V1
    from kverify.api.types.autoscaling_v2 import HorizontalPodAutoscaler as V2
    from kverify.api.types.claim import PersistentVolumeClaim, PersistentVolumeClaimSpec
    from kverify.api.types.config import ServiceAccount
    from kverify.api.types.discovery import EndpointSlice
    from kverify.api.types.endpoints import Endpoints
    from kverify.api.types.extensions import CustomResourceDefinition
    from kverify.api.types.extensions import ServiceReference as ConversionService
    from kverify.api.types.networking import Ingress, IngressBackend, IngressClass
    from kverify.api.types.persistent_volume import PersistentVolume
    from kverify.api.types.rbac import ClusterRoleBinding, RoleBinding
    from kverify.api.types.storage import CSINode, VolumeAttachment

SERVICE_NAME = "kubernetes.io/service-name"
"""The label that says whose endpoints an EndpointSlice holds."""


def needs_of(item: AnyObject) -> Iterator[Need]:
    """Everything ``item`` itself names, except what its pods need and what its selectors find."""
    if isinstance(item, OtherObject):
        return
    reader = _READERS.get(item.kind)
    if reader is not None:
        for need in reader(item):
            if need.name:
                yield need


def _group(api_version: str | None) -> str:
    group, slash, _ = (api_version or "").rpartition("/")
    return group if slash else ""


def _ingress(item: Ingress) -> Iterator[Need]:
    spec = item.spec
    if spec.ingress_class_name:
        yield Need("IngressClass", spec.ingress_class_name, "is served by", "spec.ingressClassName")
    if spec.default_backend is not None:
        yield from _backend(spec.default_backend, "spec.defaultBackend")
    for number, rule in enumerate(spec.rules):
        for position, path in enumerate(rule.http.paths if rule.http is not None else ()):
            yield from _backend(path.backend, f"spec.rules[{number}].http.paths[{position}].backend")
    for number, tls in enumerate(spec.tls):
        if tls.secret_name:
            # Without its Secret an ingress controller serves with a certificate of its own.
            yield Need("Secret", tls.secret_name, "terminates TLS with", f"spec.tls[{number}].secretName")


def _backend(backend: IngressBackend, path: str) -> Iterator[Need]:
    service, resource = backend.service, backend.resource
    if service is not None:
        port = service.port.name or (str(service.port.number) if service.port.number else "")
        where = f"{path}.service.port.{'name' if service.port.name else 'number'}"
        yield Need("Service", service.name, "routes to", f"{path}.service.name", port, item_path=where)
    if resource is not None:
        group = resource.api_group or ""
        yield Need(resource.kind, resource.name, "routes to", f"{path}.resource.name", group=group)


def _autoscaler(item: V1 | V2) -> Iterator[Need]:
    target = item.spec.scale_target_ref
    here = "spec.scaleTargetRef.name"
    yield Need(target.kind, target.name, "scales", here, group=_group(target.api_version))
    for number, metric in enumerate(getattr(item.spec, "metrics", ())):
        if metric.object is not None:
            ref = metric.object.described_object
            path = f"spec.metrics[{number}].object.describedObject.name"
            yield Need(ref.kind, ref.name, "measures", path, group=_group(ref.api_version))


def _stateful_set(item: StatefulSet) -> Iterator[Need]:
    if item.spec.service_name:
        yield Need("Service", item.spec.service_name, "is governed by", "spec.serviceName")
    for number, claim in enumerate(item.spec.volume_claim_templates):
        yield from _claim_spec(claim.spec, f"spec.volumeClaimTemplates[{number}].spec")


def _claim(item: PersistentVolumeClaim) -> Iterator[Need]:
    yield from _claim_spec(item.spec, "spec")


def _claim_spec(spec: PersistentVolumeClaimSpec, path: str) -> Iterator[Need]:
    if spec.storage_class_name:
        yield Need("StorageClass", spec.storage_class_name, "is provisioned by", f"{path}.storageClassName")
    if spec.volume_attributes_class_name:
        name = spec.volume_attributes_class_name
        yield Need("VolumeAttributesClass", name, "is provisioned by", f"{path}.volumeAttributesClassName")
    if spec.volume_name:
        yield Need("PersistentVolume", spec.volume_name, "is bound to", f"{path}.volumeName")
    # Defaulting makes the two say the same.
    source = spec.data_source_ref
    if source is not None:
        here = f"{path}.{'dataSourceRef' if spec.data_source is None else 'dataSource'}.name"
        group = source.api_group or ""
        yield Need(source.kind, source.name, "is copied from", here, namespace=source.namespace, group=group)


def _volume(item: PersistentVolume) -> Iterator[Need]:
    spec = item.spec
    if spec.storage_class_name:
        # A class that exists only as a name is how claims and volumes made by hand find each other.
        name = spec.storage_class_name
        yield Need("StorageClass", name, "is provisioned by", "spec.storageClassName", optional=True)
    if spec.claim_ref is not None:
        yield from _object(spec.claim_ref, "is bound to", "spec.claimRef", "PersistentVolumeClaim", optional=True)
    if spec.csi is not None:
        for field, secret in (
            ("controllerPublishSecretRef", spec.csi.controller_publish_secret_ref),
            ("nodeStageSecretRef", spec.csi.node_stage_secret_ref),
            ("nodePublishSecretRef", spec.csi.node_publish_secret_ref),
            ("controllerExpandSecretRef", spec.csi.controller_expand_secret_ref),
            ("nodeExpandSecretRef", spec.csi.node_expand_secret_ref),
        ):
            if secret is not None:
                yield from _secret(secret, f"spec.csi.{field}")


def _secret(secret: SecretReference, path: str) -> Iterator[Need]:
    yield Need("Secret", secret.name or "", "reads", f"{path}.name", namespace=secret.namespace)


def _object(
    ref: ObjectReference, relation: str, path: str, kind: str = "", *, optional: bool = False
) -> Iterator[Need]:
    group = None if not ref.api_version else _group(ref.api_version)
    target = ref.kind or kind
    yield Need(target, ref.name or "", relation, f"{path}.name", "", optional, ref.namespace, group)


def _binding(item: RoleBinding | ClusterRoleBinding) -> Iterator[Need]:
    role = item.role_ref
    yield Need(role.kind, role.name, "grants", "roleRef.name")
    for number, subject in enumerate(item.subjects):
        if subject.kind == "ServiceAccount":
            here = f"subjects[{number}].name"
            yield Need("ServiceAccount", subject.name, "grants to", here, namespace=subject.namespace)


def _service_account(item: ServiceAccount) -> Iterator[Need]:
    for number, secret in enumerate(item.image_pull_secrets):
        yield Need("Secret", secret.name, "carries", f"imagePullSecrets[{number}].name", optional=True)
    for number, mountable in enumerate(item.secrets):
        yield Need("Secret", mountable.name or "", "carries", f"secrets[{number}].name", optional=True)


def _endpoint_slice(item: EndpointSlice) -> Iterator[Need]:
    if service := item.metadata.labels.get(SERVICE_NAME):
        yield Need("Service", service, "belongs to", f"metadata.labels[{SERVICE_NAME}]")
    for number, endpoint in enumerate(item.endpoints):
        if endpoint.target_ref is not None:
            here = f"endpoints[{number}].targetRef"
            yield from _object(endpoint.target_ref, "routes to", here, optional=True)
        if endpoint.node_name:
            yield Need("Node", endpoint.node_name, "runs on", f"endpoints[{number}].nodeName", optional=True)


def _endpoints(item: Endpoints) -> Iterator[Need]:
    yield Need("Service", item.metadata.name, "belongs to", "metadata.name", optional=True)


def _policy_binding(item: ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding) -> Iterator[Need]:
    kind = item.kind.removesuffix("Binding")
    if item.spec.policy_name:
        yield Need(kind, item.spec.policy_name, "enforces", "spec.policyName")


def _webhooks(item: ValidatingWebhookConfiguration | MutatingWebhookConfiguration) -> Iterator[Need]:
    configs = [webhook.client_config for webhook in item.webhooks]
    for number, config in enumerate(configs):
        service = config.service
        if service is not None:
            yield _called(service, f"webhooks[{number}].clientConfig.service")


def _custom_resource_definition(item: CustomResourceDefinition) -> Iterator[Need]:
    webhook = item.spec.conversion.webhook if item.spec.conversion is not None else None
    config = webhook.client_config if webhook is not None else None
    if config is not None and config.service is not None:
        yield _called(config.service, "spec.conversion.webhook.clientConfig.service")


def _called(service: ServiceReference | ConversionService, path: str) -> Need:
    port, where = str(service.port or 443), f"{path}.port"
    return Need("Service", service.name, "calls", f"{path}.name", port, namespace=service.namespace, item_path=where)


def _volume_attachment(item: VolumeAttachment) -> Iterator[Need]:
    yield Need("Node", item.spec.node_name, "runs on", "spec.nodeName")
    yield Need("CSIDriver", item.spec.attacher, "is attached by", "spec.attacher", optional=True)
    volume = item.spec.source.persistent_volume_name
    yield Need("PersistentVolume", volume or "", "is bound to", "spec.source.persistentVolumeName")


def _csi_node(item: CSINode) -> Iterator[Need]:
    yield Need("Node", item.metadata.name, "belongs to", "metadata.name", optional=True)


def _ingress_class(item: IngressClass) -> Iterator[Need]:
    ref = item.spec.parameters
    if ref is not None:
        namespace = ref.namespace if ref.scope == "Namespace" else ""
        here, group = "spec.parameters.name", ref.api_group or ""
        yield Need(ref.kind, ref.name, "takes parameters from", here, "", True, namespace, group)


_READERS: dict[str, Callable[[Any], Iterator[Need]]] = {
    "Ingress": _ingress,
    "IngressClass": _ingress_class,
    "HorizontalPodAutoscaler": _autoscaler,
    "StatefulSet": _stateful_set,
    "PersistentVolumeClaim": _claim,
    "PersistentVolume": _volume,
    "RoleBinding": _binding,
    "ClusterRoleBinding": _binding,
    "ServiceAccount": _service_account,
    "EndpointSlice": _endpoint_slice,
    "Endpoints": _endpoints,
    "ValidatingAdmissionPolicyBinding": _policy_binding,
    "MutatingAdmissionPolicyBinding": _policy_binding,
    "ValidatingWebhookConfiguration": _webhooks,
    "MutatingWebhookConfiguration": _webhooks,
    "CustomResourceDefinition": _custom_resource_definition,
    "VolumeAttachment": _volume_attachment,
    "CSINode": _csi_node,
}
"""By kind, so that asking does not import the classes of kinds the input does not have."""
