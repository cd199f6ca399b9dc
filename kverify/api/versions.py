"""What differs between the Kubernetes versions kverify knows. One table per question; no version is compared elsewhere.

Which version has which field and kind is generated (``kverify/api/types/history.py``).

Sources: the ``+featureGate`` comments of ``k8s.io/api``, the feature gate list of the documentation, and the API
deprecation guide (https://kubernetes.io/docs/reference/using-api/deprecation-guide/).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from attrs import frozen

from kverify.api.types.history import FIELDS, KINDS

VERSIONS = ("1.32", "1.33", "1.34", "1.35", "1.36", "1.37")
DEFAULT_VERSION = "1.36"


def ordinal(version: str) -> int:
    """The minor version as a number. Raises ``ValueError`` with the list of versions for one kverify does not know."""
    if version not in VERSIONS:
        raise ValueError(f"Kubernetes {version!r} is not supported; choose one of {', '.join(VERSIONS)}")
    return int(version.partition(".")[2])


@frozen
class Gate:
    """A feature gate of a field: while it is off by default the field is accepted and dropped (``dropDisabledFields``).
    ``on_since`` is None when no version here turns it on."""

    name: str
    on_since: str | None = None


_OWNED_FILES = Gate("AtomicWriteVolumeUserFields")
_RESOURCE_CLAIMS = Gate("DynamicResourceAllocation", "1.34")
_ATTRIBUTES_CLASS = Gate("VolumeAttributesClass", "1.34")
_COORDINATED = Gate("CoordinatedLeaderElection")

GATES: dict[tuple[str, str], Gate] = {
    ("PodSpec", "resources"): Gate("PodLevelResources", "1.34"),
    ("PodSpec", "hostnameOverride"): Gate("HostnameOverride", "1.35"),
    ("PodSpec", "workloadRef"): Gate("GenericWorkload"),
    ("PodSpec", "schedulingGroup"): Gate("GenericWorkload"),
    ("PodSpec", "hostUsers"): Gate("UserNamespacesSupport", "1.33"),
    ("PodSpec", "resourceClaims"): _RESOURCE_CLAIMS,
    ("PodSecurityContext", "seLinuxChangePolicy"): Gate("SELinuxChangePolicy", "1.33"),
    ("PodSecurityContext", "supplementalGroupsPolicy"): Gate("SupplementalGroupsPolicy", "1.33"),
    ("SecurityContext", "procMount"): Gate("ProcMountType", "1.33"),
    ("ResourceRequirements", "claims"): _RESOURCE_CLAIMS,
    ("Container", "resizePolicy"): Gate("InPlacePodVerticalScaling", "1.33"),
    ("Container", "restartPolicyRules"): Gate("ContainerRestartRules", "1.35"),
    ("EnvVarSource", "fileKeyRef"): Gate("EnvFiles", "1.35"),
    ("Lifecycle", "stopSignal"): Gate("ContainerStopSignals"),
    ("VolumeMount", "bindMountOptions"): Gate("VolumeBindMountOptions"),
    ("VolumeProjection", "clusterTrustBundle"): Gate("ClusterTrustBundleProjection", "1.37"),
    ("VolumeProjection", "podCertificate"): Gate("PodCertificateRequest"),
    ("PersistentVolumeSpec", "volumeAttributesClassName"): _ATTRIBUTES_CLASS,
    ("PersistentVolumeClaimSpec", "volumeAttributesClassName"): _ATTRIBUTES_CLASS,
    ("CSIDriverSpec", "nodeAllocatableUpdatePeriodSeconds"): Gate("MutableCSINodeAllocatableCount", "1.35"),
    ("CSIDriverSpec", "preventPodSchedulingIfMissing"): Gate("VolumeLimitScaling", "1.37"),
    ("Volume", "image"): Gate("ImageVolume", "1.35"),
    ("EmptyDirVolumeSource", "mode"): Gate("EmptyDirVolumeMode"),
    ("KeyToPath", "user"): _OWNED_FILES,
    ("DownwardAPIVolumeFile", "user"): _OWNED_FILES,
    ("ServiceAccountTokenProjection", "user"): _OWNED_FILES,
    ("ClusterTrustBundleProjection", "user"): _OWNED_FILES,
    ("PodCertificateProjection", "user"): _OWNED_FILES,
    ("SecretVolumeSource", "defaultUser"): _OWNED_FILES,
    ("ConfigMapVolumeSource", "defaultUser"): _OWNED_FILES,
    ("DownwardAPIVolumeSource", "defaultUser"): _OWNED_FILES,
    ("ProjectedVolumeSource", "defaultUser"): _OWNED_FILES,
    ("LeaseSpec", "strategy"): _COORDINATED,
    ("LeaseSpec", "preferredHolder"): _COORDINATED,
    ("EndpointHints", "forNodes"): Gate("PreferSameTrafficDistribution", "1.34"),
    ("RollingUpdateStatefulSetStrategy", "maxUnavailable"): Gate("MaxUnavailableStatefulSet", "1.37"),
    ("HPAScalingRules", "tolerance"): Gate("HPAConfigurableTolerance", "1.35"),
    ("JobSpec", "scheduling"): Gate("WorkloadWithJob"),
}
"""(class, JSON name) to the gate that decides whether the field counts. A field that is not here always counts."""


def known_field(cls: str, name: str, version: str) -> bool:
    """Whether ``version`` has the field; before and after that strict decoding refuses it as unknown."""
    return _within(FIELDS.get((cls, name)), version)


def known_kind(api_version: str, kind: str, version: str) -> bool:
    """Whether ``version`` serves a typed kind."""
    return _within(KINDS.get((api_version, kind)), version)


def effective_field(cls: str, name: str, version: str) -> bool:
    """Whether a known field is kept, rather than dropped because its gate is off by default."""
    gate = GATES.get((cls, name))
    return gate is None or (gate.on_since is not None and ordinal(gate.on_since) <= ordinal(version))


def _within(span: tuple[str, str | None] | None, version: str) -> bool:
    if span is None:
        return True
    since, until = span
    return ordinal(since) <= ordinal(version) and (until is None or ordinal(version) < ordinal(until))


FEATURES: dict[str, str | None] = {
    "ContainerRestartRules": "1.35",
    "CrossNamespaceVolumeDataSource": None,
    "InPlacePodLevelResourcesVerticalScaling": "1.36",
    "InPlacePodVerticalScaling": "1.33",
    "MatchLabelKeysInPodTopologySpreadSelectorMerge": "1.34",
    "MutableCSINodeAllocatableCount": "1.35",
    "MutablePVNodeAffinity": None,
    "PodLifecycleSleepActionAllowZero": "1.33",
    "PreferSameTrafficDistribution": "1.34",
    "RelaxedDNSSearchValidation": "1.33",
    "RelaxedServiceNameValidation": "1.36",
    "RestartAllContainersOnContainerExits": "1.36",
    "SELinuxMount": "1.36",
    "StrictIPCIDRValidation": "1.36",
    "TaintTolerationComparisonOperators": None,
    "UserNamespacesHostNetworkSupport": None,
    "VolumeAttributesClass": "1.34",
    "HPAScaleToZero": "1.37",
    "MaxUnavailableStatefulSet": "1.37",
    "MutablePodResourcesForSuspendedJobs": "1.36",
    "MutableSchedulingDirectivesForSuspendedJobs": "1.36",
}
"""Gates that change a rule rather than keep a field, to the version that turns them on; None: none here does."""

RULES_SINCE: dict[str, str] = {
    "init containers that end are not resized by a restart": "1.36",
    "templates name the reference of an image volume": "1.36",
    "user namespaces have no block devices": "1.35",
    "autoscalers name the API group of their target": "1.34",
    "the history limit of a stateful set can be changed": "1.33",
    "the service name of a stateful set is a DNS label": "1.33",
    "the templates of a stateful set are checked": "1.34",
    "a kubelet that restarts leaves pods Ready": "1.35",
}
"""Rules that came without a gate, to the version that has them first."""


def enabled(feature: str, version: str) -> bool:
    """Whether a gate of :data:`FEATURES` is on by default. Raises ``KeyError`` for a gate that is not listed."""
    since = FEATURES[feature]
    return since is not None and ordinal(since) <= ordinal(version)


def in_force(rule: str, version: str) -> bool:
    """Whether ``version`` has a rule of :data:`RULES_SINCE`. Raises ``KeyError`` for one that is not listed."""
    return ordinal(RULES_SINCE[rule]) <= ordinal(version)


DEPRECATED: dict[str, str] = {
    "Endpoints": "1.33",
    "PreferClose": "1.35",
    "externalIPs": "1.36",
    "FQDN endpoints": "1.33",
    "kubernetes.io/enforce-mountable-secrets": "1.32",
}
"""What the API server warns about although it serves it, to the version that warns first."""


def deprecated(name: str, version: str) -> bool:
    """Whether ``version`` warns about ``name``, a key of :data:`DEPRECATED`."""
    return ordinal(DEPRECATED[name]) <= ordinal(version)


CEL_LIBRARIES: dict[str, str] = {
    "two-variable comprehensions": "1.33",
    "semver": "1.34",
    "extended lists": "1.35",
}
"""Libraries of CEL to the first version that compiles new expressions with them. A new expression may use only what the
version before already knew (``environment.DefaultCompatibilityVersion``), so this is one after the introduction."""


def cel_library(name: str, version: str) -> bool:
    """Whether a new expression may use the library in ``version``."""
    return ordinal(version) >= ordinal(CEL_LIBRARIES[name])


@cache
def crd_formats(version: str) -> Mapping[str, frozenset[str]]:
    """The formats that the schema of a custom resource checks, by type and without hyphens.

    New ones for texts are known one version after their introduction, those of numbers are checked since 1.36
    (``pkg/apiserver/validation/formats.go`` of ``k8s.io/apiextensions-apiserver``).
    """
    texts = (
        "bsonobjectid byte cidr creditcard date datetime duration email hexcolor hostname ipv4 ipv6 isbn isbn10 isbn13 "
        "mac password quantity rgbcolor ssn uri uuid uuid3 uuid4 uuid5"
    )
    if ordinal(version) >= ordinal("1.35"):
        texts += " k8slongname k8sshortname"
    known = {"string": frozenset(texts.split())}
    if ordinal(version) >= ordinal("1.36"):
        known |= {"integer": frozenset({"int32", "int64"}), "number": frozenset({"float", "double"})}
    return known


@frozen(kw_only=True)
class RemovedAPI:
    """An API version that no supported Kubernetes serves any more. ``use`` is its successor, or what took its place."""

    removed_in: str
    use: str


REMOVED: dict[tuple[str, str], RemovedAPI] = {
    (api_version, kind): RemovedAPI(removed_in=removed_in, use=use)
    for removed_in, use, api_versions, kinds in (
        ("1.16", "apps/v1", ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2"), ("Deployment", "ReplicaSet")),
        ("1.16", "apps/v1", ("extensions/v1beta1", "apps/v1beta2"), ("DaemonSet",)),
        ("1.16", "apps/v1", ("apps/v1beta1", "apps/v1beta2"), ("ControllerRevision", "StatefulSet")),
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
        ("1.22", "apiregistration.k8s.io/v1", ("apiregistration.k8s.io/v1beta1",), ("APIService",)),
        ("1.22", "certificates.k8s.io/v1", ("certificates.k8s.io/v1beta1",), ("CertificateSigningRequest",)),
        ("1.21", "batch/v1", ("batch/v2alpha1",), ("CronJob",)),
        ("1.25", "batch/v1", ("batch/v1beta1",), ("CronJob",)),
        ("1.25", "policy/v1", ("policy/v1beta1",), ("Eviction", "PodDisruptionBudget")),
        ("1.25", "events.k8s.io/v1", ("events.k8s.io/v1beta1",), ("Event",)),
        ("1.25", "the Pod Security admission labels", ("policy/v1beta1",), ("PodSecurityPolicy",)),
        ("1.16", "the Pod Security admission labels", ("extensions/v1beta1",), ("PodSecurityPolicy",)),
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

GONE = {api_version for api_version, _ in REMOVED} - {
    "admissionregistration.k8s.io/v1beta1",
    "certificates.k8s.io/v1beta1",
    "coordination.k8s.io/v1beta1",
    "networking.k8s.io/v1beta1",
    "scheduling.k8s.io/v1alpha1",
    "storage.k8s.io/v1beta1",
}
"""The API versions of which nothing is served any more. The others have kinds that came later."""
