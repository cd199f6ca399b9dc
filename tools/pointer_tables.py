"""Which scalars of ``k8s.io/api`` are pointers, and which fields are printed although they are empty.

OpenAPI tells neither. An optional scalar that is no pointer has no absent value in Go: a written ``""``, ``0`` or
``false`` is the same as no field at all, and is not printed (``omitempty``). ``"*"`` stands for every class.
"""

from __future__ import annotations

_POINTERS: dict[str, str] = {
    "*": (
        "immutable optional runAsNonRoot runAsUser runAsGroup defaultMode defaultUser revisionHistoryLimit "
        "collisionCount maxSurge maxUnavailable recursiveReadOnly resourceClaimName resourceClaimTemplateName "
        "volumeAttributesClassName"
    ),
    # admissionregistration
    "NamedRuleWithOperations": "scope",
    "RuleWithOperations": "scope",
    "MatchResources": "matchPolicy",
    "MutatingAdmissionPolicySpec": "failurePolicy",
    "ValidatingAdmissionPolicySpec": "failurePolicy",
    "ParamRef": "parameterNotFoundAction",
    "ServiceReference": "path port",
    "WebhookClientConfig": "url",
    "MutatingWebhook": "failurePolicy matchPolicy reinvocationPolicy timeoutSeconds",
    "ValidatingWebhook": "failurePolicy matchPolicy timeoutSeconds",
    "PolicyValidation": "reason",
    # apps, autoscaling, batch, policy
    "DeploymentSpec": "progressDeadlineSeconds replicas",
    "ReplicaSetSpec": "replicas",
    "StatefulSetSpec": "replicas",
    "ReplicationControllerSpec": "replicas",
    "DeploymentStatus": "terminatingReplicas",
    "ReplicaSetStatus": "terminatingReplicas",
    "RollingUpdateStatefulSetStrategy": "partition",
    "HorizontalPodAutoscalerSpec": "minReplicas targetCPUUtilizationPercentage",
    "HorizontalPodAutoscalerStatus": "currentCPUUtilizationPercentage observedGeneration",
    "HPAScalingRules": "selectPolicy stabilizationWindowSeconds",
    "MetricTarget": "averageUtilization",
    "MetricValueStatus": "averageUtilization",
    "PodFailurePolicyOnExitCodesRequirement": "containerName",
    "SuccessPolicyRule": "succeededCount succeededIndexes",
    "JobSpec": (
        "activeDeadlineSeconds backoffLimit backoffLimitPerIndex completionMode completions managedBy manualSelector "
        "maxFailedIndexes parallelism podReplacementPolicy suspend ttlSecondsAfterFinished"
    ),
    "CronJobSpec": "failedJobsHistoryLimit startingDeadlineSeconds successfulJobsHistoryLimit suspend timeZone",
    "JobStatus": "failedIndexes ready terminating",
    "PodDisruptionBudgetSpec": "minAvailable unhealthyPodEvictionPolicy",
    "Preconditions": "resourceVersion uid",
    "DeleteOptions": (
        "gracePeriodSeconds ignoreStoreReadErrorWithClusterBreakingPotential orphanDependents propagationPolicy"
    ),
    # core: pods
    "Toleration": "tolerationSeconds",
    "TopologySpreadConstraint": "minDomains nodeAffinityPolicy nodeTaintsPolicy",
    "ServiceAccount": "automountServiceAccountToken",
    "GRPCAction": "service",
    "Probe": "terminationGracePeriodSeconds",
    "AppArmorProfile": "localhostProfile",
    "SeccompProfile": "localhostProfile",
    "WindowsSecurityContextOptions": "gmsaCredentialSpec gmsaCredentialSpecName hostProcess runAsUserName",
    "SecurityContext": "allowPrivilegeEscalation privileged procMount readOnlyRootFilesystem",
    "Lifecycle": "stopSignal",
    "VolumeMount": "mountPropagation",
    "Container": "restartPolicy",
    "EphemeralContainer": "restartPolicy",
    "PodDNSConfigOption": "value",
    "PodSecurityContext": "fsGroup fsGroupChangePolicy seLinuxChangePolicy supplementalGroupsPolicy",
    "PodSchedulingGroup": "podGroupName",
    "PodSpec": (
        "activeDeadlineSeconds automountServiceAccountToken enableServiceLinks hostUsers hostnameOverride "
        "preemptionPolicy priority runtimeClassName setHostnameAsFQDN shareProcessNamespace "
        "terminationGracePeriodSeconds"
    ),
    "ContainerStatus": "started stopSignal",
    # core: volumes
    "PersistentVolumeClaimSpec": "storageClassName volumeMode",
    "PersistentVolumeClaimStatus": "currentVolumeAttributesClassName",
    "PersistentVolumeSpec": "volumeMode",
    "AzureDiskVolumeSource": "cachingMode fsType kind readOnly",
    "AzureFilePersistentVolumeSource": "secretNamespace",
    "GlusterfsPersistentVolumeSource": "endpointsNamespace",
    "ISCSIPersistentVolumeSource": "initiatorName",
    "ISCSIVolumeSource": "initiatorName",
    "LocalVolumeSource": "fsType",
    "KeyToPath": "mode user",
    "DownwardAPIVolumeFile": "mode user",
    "EmptyDirVolumeSource": "mode",
    "CSIVolumeSource": "fsType readOnly",
    "FCVolumeSource": "lun",
    "HostPathVolumeSource": "type",
    "ClusterTrustBundleProjection": "name signerName user",
    "ServiceAccountTokenProjection": "expirationSeconds user",
    "PodCertificateProjection": "maxExpirationSeconds user",
    # core: the rest, and meta
    "TypedLocalObjectReference": "apiGroup",
    "TypedObjectReference": "apiGroup namespace",
    "ServicePort": "appProtocol",
    "ClientIPConfig": "timeoutSeconds",
    "ServiceSpec": (
        "allocateLoadBalancerNodePorts internalTrafficPolicy ipFamilyPolicy loadBalancerClass trafficDistribution"
    ),
    "PortStatus": "error",
    "LoadBalancerIngress": "ipMode",
    "NodeFeatures": "supplementalGroupsPolicy",
    "NodeSwapStatus": "capacity",
    "NodeSystemInfo": "runningInUserNamespace",
    "NodeRuntimeHandlerFeatures": "recursiveReadOnlyMounts userNamespaces",
    "EndpointAddress": "nodeName",
    "OwnerReference": "blockOwnerDeletion controller",
    "ObjectMeta": "deletionGracePeriodSeconds",
    "ListMeta": "remainingItemCount",
    # discovery, coordination, networking, scheduling, storage
    "EndpointConditions": "ready serving terminating",
    "Endpoint": "hostname nodeName zone",
    "core.v1.EndpointPort": "appProtocol",
    "discovery.v1.EndpointPort": "appProtocol name port protocol",
    "LeaseSpec": "holderIdentity leaseDurationSeconds leaseTransitions preferredHolder strategy",
    "IngressSpec": "ingressClassName",
    "IngressPortStatus": "error",
    "IngressClassParametersReference": "apiGroup namespace scope",
    "NetworkPolicyPort": "endPort port protocol",
    "PriorityClass": "preemptionPolicy",
    "TokenRequest": "expirationSeconds",
    "CSIDriverSpec": (
        "attachRequired fsGroupPolicy nodeAllocatableUpdatePeriodSeconds podInfoOnMount preventPodSchedulingIfMissing "
        "requiresRepublish seLinuxMount serviceAccountTokenInSecrets storageCapacity"
    ),
    "VolumeNodeResources": "count",
    "StorageClass": "allowVolumeExpansion reclaimPolicy volumeBindingMode",
    "VolumeAttachmentSource": "persistentVolumeName",
    "VolumeError": "errorCode",
    # apiextensions
    "ValidationRule": "optionalOldSelf reason",
    "JSONSchemaProps": (
        "$ref maxItems maxLength maxProperties maximum minItems minLength minProperties minimum multipleOf "
        "x-kubernetes-list-type x-kubernetes-map-type x-kubernetes-preserve-unknown-fields"
    ),
    "CustomResourceSubresourceScale": "labelSelectorPath",
    "CustomResourceDefinitionVersion": "deprecationWarning",
}

POINTERS: frozenset[tuple[str, str]] = frozenset(
    (cls, name) for cls, names in _POINTERS.items() for name in names.split()
)
"""(class, JSON name) of every optional scalar that is a Go pointer. Where two classes have one name, the definition
(``core.v1.EndpointPort``) stands for the class."""

KEPT: frozenset[tuple[str, str]] = frozenset(
    {
        ("StatefulSetOrdinals", "start"),
        ("StatefulSetStatus", "availableReplicas"),
        ("HorizontalPodAutoscalerStatus", "desiredReplicas"),
    }
)
"""Optional scalars that are Go values without ``omitempty``: absent is zero, and zero is printed."""

NULL: frozenset[tuple[str, str]] = frozenset(
    {
        *((name, "selector") for name in ("DaemonSetSpec", "DeploymentSpec", "ReplicaSetSpec", "StatefulSetSpec")),
        ("TypedLocalObjectReference", "apiGroup"),
        ("TypedObjectReference", "apiGroup"),
        ("GRPCAction", "service"),
        ("AzureFilePersistentVolumeSource", "secretNamespace"),
        ("ScaleIOVolumeSource", "secretRef"),
        ("ScaleIOPersistentVolumeSource", "secretRef"),
        ("EndpointSlice", "ports"),
        ("ProjectedVolumeSource", "sources"),
        ("HorizontalPodAutoscalerStatus", "currentMetrics"),
        ("Role", "rules"),
        ("ClusterRole", "rules"),
        ("CustomResourceDefinitionStatus", "conditions"),
        ("CustomResourceDefinitionStatus", "storedVersions"),
    }
)
"""Pointers, lists and maps without ``omitempty`` that OpenAPI does not call required: absent is printed as ``null``."""
