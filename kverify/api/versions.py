"""What differs between the Kubernetes versions kverify knows. One table per question; no version is compared elsewhere.

Sources: the ``+featureGate`` comments of ``k8s.io/api``, the feature gate list of the documentation, and the API
deprecation guide (https://kubernetes.io/docs/reference/using-api/deprecation-guide/).
"""

from __future__ import annotations

from attrs import frozen

VERSIONS = ("1.32", "1.33", "1.34", "1.35", "1.36", "1.37")
DEFAULT_VERSION = "1.36"


def ordinal(version: str) -> int:
    """The minor version as a number. Raises ``ValueError`` with the list of versions for one kverify does not know."""
    if version not in VERSIONS:
        raise ValueError(f"Kubernetes {version!r} is not supported; choose one of {', '.join(VERSIONS)}")
    return int(version.partition(".")[2])


@frozen(kw_only=True)
class FieldHistory:
    """When a field can be written and when it does something.

    Before ``since`` (and from ``until`` on) strict decoding refuses it as unknown. While its ``gate`` is off by default
    it is accepted and dropped (``dropDisabledFields``); ``on_since`` is ``None`` when no version here turns it on.
    A field without a gate always counts.
    """

    since: str
    until: str | None = None
    gate: str | None = None
    on_since: str | None = None

    def known(self, version: str) -> bool:
        number = ordinal(version)
        return ordinal(self.since) <= number and (self.until is None or number < ordinal(self.until))

    def effective(self, version: str) -> bool:
        if not self.known(version):
            return False
        return self.gate is None or (self.on_since is not None and ordinal(self.on_since) <= ordinal(version))


_OWNED_FILES = FieldHistory(since="1.37", gate="AtomicWriteVolumeUserFields")

FIELDS: dict[tuple[str, str], FieldHistory] = {
    ("PodSpec", "resources"): FieldHistory(since="1.32", gate="PodLevelResources", on_since="1.34"),
    ("PodSpec", "hostnameOverride"): FieldHistory(since="1.34", gate="HostnameOverride", on_since="1.35"),
    ("PodSpec", "workloadRef"): FieldHistory(since="1.35", until="1.36", gate="GenericWorkload"),
    ("PodSpec", "schedulingGroup"): FieldHistory(since="1.36", gate="GenericWorkload"),
    ("PodSpec", "hostUsers"): FieldHistory(since="1.32", gate="UserNamespacesSupport", on_since="1.33"),
    ("PodSpec", "evictionResponders"): FieldHistory(since="1.37"),
    ("Container", "restartPolicyRules"): FieldHistory(since="1.34", gate="ContainerRestartRules", on_since="1.35"),
    ("EphemeralContainer", "restartPolicyRules"): FieldHistory(since="1.34"),
    ("EnvVarSource", "fileKeyRef"): FieldHistory(since="1.34", gate="EnvFiles", on_since="1.35"),
    ("Lifecycle", "stopSignal"): FieldHistory(since="1.33", gate="ContainerStopSignals"),
    ("HTTPGetAction", "protocol"): FieldHistory(since="1.37"),
    ("GRPCAction", "mode"): FieldHistory(since="1.37"),
    ("VolumeMount", "bindMountOptions"): FieldHistory(since="1.37", gate="VolumeBindMountOptions"),
    ("VolumeProjection", "podCertificate"): FieldHistory(since="1.34", gate="PodCertificateRequest"),
    ("PodCertificateProjection", "userAnnotations"): FieldHistory(since="1.35"),
    ("Volume", "image"): FieldHistory(since="1.32", gate="ImageVolume", on_since="1.35"),
    ("EmptyDirVolumeSource", "mode"): FieldHistory(since="1.37", gate="EmptyDirVolumeMode"),
    ("KeyToPath", "user"): _OWNED_FILES,
    ("DownwardAPIVolumeFile", "user"): _OWNED_FILES,
    ("ServiceAccountTokenProjection", "user"): _OWNED_FILES,
    ("ClusterTrustBundleProjection", "user"): _OWNED_FILES,
    ("PodCertificateProjection", "user"): _OWNED_FILES,
    ("SecretVolumeSource", "defaultUser"): _OWNED_FILES,
    ("ConfigMapVolumeSource", "defaultUser"): _OWNED_FILES,
    ("DownwardAPIVolumeSource", "defaultUser"): _OWNED_FILES,
    ("ProjectedVolumeSource", "defaultUser"): _OWNED_FILES,
    ("NodeSpec", "podPreemptionPolicy"): FieldHistory(since="1.37"),
}
"""Keyed by (type, JSON name), compared with the generated Python clients 32 to 37 field by field. A field that is not
here is the same in every version. Statuses are left out: they are read from clusters, not written by people."""


RELAXED_SERVICE_NAMES_SINCE = "1.36"
"""``RelaxedServiceNameValidation``: a Service name may begin with a digit. Seen accepted by a 1.36.2 server."""


def relaxed_service_names(version: str) -> bool:
    return ordinal(version) >= ordinal(RELAXED_SERVICE_NAMES_SINCE)


@frozen(kw_only=True)
class RemovedAPI:
    """An API version that no supported Kubernetes serves any more."""

    removed_in: str
    use: str


REMOVED: dict[tuple[str, str], RemovedAPI] = {
    (api_version, kind): RemovedAPI(removed_in=removed_in, use=use)
    for removed_in, use, api_versions, kinds in (
        ("1.16", "apps/v1", ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2"), ("Deployment", "ReplicaSet")),
        ("1.16", "apps/v1", ("extensions/v1beta1", "apps/v1beta2"), ("DaemonSet",)),
        ("1.16", "apps/v1", ("apps/v1beta1", "apps/v1beta2"), ("StatefulSet",)),
        ("1.16", "networking.k8s.io/v1", ("extensions/v1beta1",), ("NetworkPolicy",)),
        ("1.22", "networking.k8s.io/v1", ("extensions/v1beta1", "networking.k8s.io/v1beta1"), ("Ingress",)),
        ("1.22", "networking.k8s.io/v1", ("networking.k8s.io/v1beta1",), ("IngressClass",)),
        ("1.22", "apiextensions.k8s.io/v1", ("apiextensions.k8s.io/v1beta1",), ("CustomResourceDefinition",)),
        (
            "1.22",
            "scheduling.k8s.io/v1",
            ("scheduling.k8s.io/v1beta1", "scheduling.k8s.io/v1alpha1"),
            ("PriorityClass",),
        ),
        (
            "1.22",
            "rbac.authorization.k8s.io/v1",
            ("rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1alpha1"),
            ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"),
        ),
        (
            "1.22",
            "admissionregistration.k8s.io/v1",
            ("admissionregistration.k8s.io/v1beta1",),
            ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
        ),
        (
            "1.22",
            "storage.k8s.io/v1",
            ("storage.k8s.io/v1beta1",),
            ("StorageClass", "CSIDriver", "CSINode", "VolumeAttachment"),
        ),
        ("1.22", "coordination.k8s.io/v1", ("coordination.k8s.io/v1beta1",), ("Lease",)),
        ("1.25", "batch/v1", ("batch/v1beta1",), ("CronJob",)),
        ("1.25", "policy/v1", ("policy/v1beta1",), ("PodDisruptionBudget",)),
        ("1.25", "the Pod Security admission labels", ("policy/v1beta1",), ("PodSecurityPolicy",)),
        ("1.25", "discovery.k8s.io/v1", ("discovery.k8s.io/v1beta1",), ("EndpointSlice",)),
        ("1.25", "node.k8s.io/v1", ("node.k8s.io/v1beta1",), ("RuntimeClass",)),
        ("1.25", "autoscaling/v2", ("autoscaling/v2beta1",), ("HorizontalPodAutoscaler",)),
        ("1.26", "autoscaling/v2", ("autoscaling/v2beta2",), ("HorizontalPodAutoscaler",)),
        ("1.27", "storage.k8s.io/v1", ("storage.k8s.io/v1beta1",), ("CSIStorageCapacity",)),
        (
            "1.32",
            "flowcontrol.apiserver.k8s.io/v1",
            tuple(f"flowcontrol.apiserver.k8s.io/v1beta{n}" for n in (1, 2, 3)),
            ("FlowSchema", "PriorityLevelConfiguration"),
        ),
    )
    for api_version in api_versions
    for kind in kinds
}
