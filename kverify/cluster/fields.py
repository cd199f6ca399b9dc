"""What the model does with every field of the kinds it knows: reads it, needs not, or does not model its effect.

The three tables together cover every field there is (a test compares them with the classes), so that a field added to a
class has to be put into one of them. A field that is in none holds an object whose own fields are in the tables.
"""

from __future__ import annotations

import attrs
from attrs import field, frozen

from kverify.api.object import KubeObject
from kverify.api.registry import AnyObject


@frozen
class Effect:
    """``text`` says what the real cluster would do and the model does not. ``usual`` values change nothing compared to
    leaving the field out, so they are not worth a word."""

    text: str
    usual: tuple[object, ...] = field(default=())


def _names(**classes: str) -> frozenset[tuple[str, str]]:
    return frozenset((name, json) for name, fields in classes.items() for json in fields.split())


def _each(name: str, fields: str, effect: Effect) -> dict[tuple[str, str], Effect]:
    return {(name, json): effect for json in fields.split()}


MODELLED = frozenset(
    {
        "Pod",
        "Deployment",
        "ReplicaSet",
        "Service",
        "Node",
        "Namespace",
        "PodDisruptionBudget",
        "ConfigMap",
        "Secret",
        "PriorityClass",
        "PersistentVolumeClaim",
        "PersistentVolume",
        "StorageClass",
        "CSINode",
        "CSIDriver",
        "CSIStorageCapacity",
        "VolumeAttachment",
        "LimitRange",
        "ResourceQuota",
        "RuntimeClass",
        "ServiceAccount",
        "HorizontalPodAutoscaler",
    }
)
"""The kinds whose objects mean something to the model. All others are kept and listed."""


def is_modelled(item: AnyObject) -> bool:
    return isinstance(item, KubeObject) and item.kind in MODELLED


def class_name(cls: type) -> str:
    """The name a class has in the tables: an ephemeral container is a Container, and its fields mean the same."""
    return next(c.__name__ for c in cls.__mro__[::-1] if attrs.has(c) and c is not KubeObject)


READ = _names(
    ObjectMeta="name namespace labels ownerReferences deletionTimestamp uid",
    DeploymentSpec="replicas selector minReadySeconds",
    DeploymentStrategy="type rollingUpdate",
    ReplicaSetSpec="replicas selector minReadySeconds",
    PodSpec="nodeSelector affinity tolerations topologySpreadConstraints hostNetwork nodeName overhead "
    "terminationGracePeriodSeconds runtimeClassName serviceAccountName serviceAccount automountServiceAccountToken "
    "imagePullSecrets hostPID hostIPC hostUsers schedulingGates "
    "priorityClassName priority preemptionPolicy",
    PriorityClass="value globalDefault preemptionPolicy",
    PodStatus="phase conditions",
    Container="image resources readinessProbe restartPolicy",
    ContainerPort="hostPort protocol hostIP",
    ResourceRequirements="requests limits",
    Volume="persistentVolumeClaim image gcePersistentDisk awsElasticBlockStore iscsi rbd",
    PersistentVolumeClaimSpec="accessModes resources selector volumeName storageClassName volumeMode "
    "volumeAttributesClassName",
    PersistentVolumeClaimStatus="phase",
    PersistentVolumeClaimTemplate="metadata",
    PersistentVolumeSpec="accessModes capacity claimRef csi nodeAffinity storageClassName volumeMode "
    "volumeAttributesClassName",
    PersistentVolumeStatus="phase",
    StorageClass="provisioner volumeBindingMode allowedTopologies",
    CSINodeDriver="name allocatable topologyKeys",
    CSIDriverSpec="storageCapacity",
    CSIStorageCapacity="capacity maximumVolumeSize nodeTopology storageClassName",
    VolumeAttachmentSpec="attacher nodeName",
    VolumeAttachmentSource="persistentVolumeName",
    LimitRangeItem="type default defaultRequest min max maxLimitRequestRatio",
    ResourceQuotaSpec="hard scopes scopeSelector",
    ResourceQuotaStatus="used",
    RuntimeOverhead="podFixed",
    RuntimeScheduling="nodeSelector tolerations",
    ServiceAccount="automountServiceAccountToken imagePullSecrets secrets",
    ServiceSpec="selector publishNotReadyAddresses type",
    PodDisruptionBudgetSpec="minAvailable maxUnavailable selector unhealthyPodEvictionPolicy",
    NodeSpec="taints unschedulable",
    NodeStatus="allocatable capacity images",
    HorizontalPodAutoscalerSpec="scaleTargetRef minReplicas maxReplicas",
    HPAScalingRules="selectPolicy",
)
"""Read by the model, by admission, or by the checks that look at references."""

_KINDS = (
    "Deployment ReplicaSet Pod Service Node Namespace PodDisruptionBudget ConfigMap Secret PriorityClass "
    "PersistentVolumeClaim LimitRange ResourceQuota RuntimeClass ServiceAccount PersistentVolume StorageClass CSINode "
    "CSIDriver CSIStorageCapacity VolumeAttachment HorizontalPodAutoscaler"
)

DESCRIPTIVE = _names(**dict.fromkeys(_KINDS.split(" "), "apiVersion kind")) | _names(
    Deployment="status",
    ReplicaSet="status",
    Service="status",
    PodDisruptionBudget="status",
    CSINode="status",
    VolumeAttachment="status",
    HorizontalPodAutoscaler="status",
    Namespace="spec status",
    ObjectMeta="generateName selfLink resourceVersion generation creationTimestamp deletionGracePeriodSeconds "
    "annotations managedFields finalizers",
    DeploymentSpec="revisionHistoryLimit",
    PodSpec="ephemeralContainers dnsPolicy shareProcessNamespace hostname subdomain hostAliases dnsConfig "
    "enableServiceLinks setHostnameAsFQDN hostnameOverride",
    PodStatus="observedGeneration message reason nominatedNodeName hostIP hostIPs podIP podIPs startTime "
    "initContainerStatuses containerStatuses qosClass ephemeralContainerStatuses resize resourceClaimStatuses "
    "extendedResourceClaimStatus allocatedResources resources nodeAllocatableResourceClaimStatuses volumeHealth",
    Container="name command args workingDir envFrom env volumeMounts volumeDevices terminationMessagePath "
    "terminationMessagePolicy imagePullPolicy stdin stdinOnce tty",
    ContainerPort="name containerPort",
    Volume="name configMap secret downwardAPI projected gitRepo nfs hostPath glusterfs cephfs azureFile quobyte "
    "flocker",
    EmptyDirVolumeSource="medium mode",
    PersistentVolumeClaimStatus="accessModes allocatedResourceStatuses allocatedResources capacity conditions "
    "currentVolumeAttributesClassName modifyVolumeStatus healthStatus",
    PersistentVolumeSpec="mountOptions persistentVolumeReclaimPolicy local awsElasticBlockStore azureDisk azureFile "
    "cephfs cinder fc flexVolume flocker gcePersistentDisk glusterfs hostPath iscsi nfs photonPersistentDisk "
    "portworxVolume quobyte rbd scaleIO storageos vsphereVolume",
    PersistentVolumeStatus="lastPhaseTransitionTime message reason",
    StorageClass="allowVolumeExpansion mountOptions parameters reclaimPolicy",
    CSINodeDriver="nodeID",
    CSIDriverSpec="fsGroupPolicy podInfoOnMount requiresRepublish seLinuxMount tokenRequests volumeLifecycleModes "
    "nodeAllocatableUpdatePeriodSeconds serviceAccountTokenInSecrets",
    ResourceQuotaStatus="hard",
    RuntimeClass="handler",
    ServiceSpec="ports clusterIP clusterIPs externalIPs sessionAffinity loadBalancerIP loadBalancerSourceRanges "
    "externalName healthCheckNodePort sessionAffinityConfig ipFamilies ipFamilyPolicy allocateLoadBalancerNodePorts "
    "loadBalancerClass trafficDistribution",
    NodeSpec="podCIDR podCIDRs providerID configSource externalID",
    NodeStatus="phase conditions addresses daemonEndpoints nodeInfo config runtimeHandlers features "
    "declaredFeatures volumesInUse volumesAttached",
    ConfigMap="immutable data binaryData",
    Secret="immutable data stringData type",
    PriorityClass="description",
)
"""No effect on where pods run, when they start and when they are ready. The conditions of a node are here because its
taints say the same. What a pod's environment and volumes refer to by name is checked apart (``references``)."""

_BOUND = "a volume of this kind can bind a pod to some nodes, and only so many fit on one"
_COPIED = "a volume that is filled from another object is taken to be made like an empty one"
_LOAD = "which count the load asks for is left open: any of the range, at any time"
_PACE = "how fast an autoscaler goes from one count to another is left open"

NOT_MODELLED: dict[tuple[str, str], Effect] = {
    ("DeploymentSpec", "paused"): Effect("a paused Deployment does not roll out", (False,)),
    ("DeploymentSpec", "progressDeadlineSeconds"): Effect("it only sets a condition, nothing is rolled back", (600,)),
    ("PodSpec", "restartPolicy"): Effect("containers run for ever and pods never finish", ("Always",)),
    ("PodSpec", "activeDeadlineSeconds"): Effect("the pod would be failed after this time"),
    ("PodSpec", "securityContext"): Effect("who may read and write which file is not checked"),
    ("PodSpec", "schedulerName"): Effect("another scheduler may decide otherwise", ("default-scheduler",)),
    ("PodSpec", "readinessGates"): Effect("the gates are taken to open as soon as the containers are ready"),
    ("PodSpec", "os"): Effect("a node with another operating system would refuse the pod"),
    ("PodSpec", "resourceClaims"): Effect("devices are taken to be free on every node"),
    ("PodSpec", "workloadRef"): Effect("pods are scheduled one by one, not as a gang"),
    ("PodSpec", "schedulingGroup"): Effect("pods are scheduled one by one, not as a gang"),
    ("PodSpec", "evictionResponders"): Effect("an eviction asks nobody before it deletes the pod"),
    ("NodeSpec", "podPreemptionPolicy"): Effect("every pod of the node is taken for one that may be preempted"),
    ("Container", "resizePolicy"): Effect("pods are not resized in place"),
    ("Container", "restartPolicyRules"): Effect("containers run for ever"),
    ("Container", "livenessProbe"): Effect("containers are not restarted"),
    ("Container", "startupProbe"): Effect("it is taken to succeed after some time"),
    ("Container", "lifecycle"): Effect("hooks are taken to succeed within the grace period"),
    ("Container", "securityContext"): Effect(
        "what a container may do to its node is checked only against the Pod Security level"
    ),
    ("ResourceRequirements", "claims"): Effect("devices are taken to be free on every node"),
    ("EmptyDirVolumeSource", "sizeLimit"): Effect("a pod that writes more would be evicted"),
    **_each(
        "Volume",
        "flexVolume cinder fc vsphereVolume azureDisk photonPersistentDisk portworxVolume scaleIO storageos csi",
        Effect(_BOUND),
    ),
    **_each(
        "PersistentVolumeClaimSpec",
        "dataSource dataSourceRef",
        Effect(_COPIED),
    ),
    ("CSIDriverSpec", "attachRequired"): Effect("volumes are taken to be attached to nodes", (True,)),
    ("CSIDriverSpec", "preventPodSchedulingIfMissing"): Effect(
        "a node without the driver would refuse the pod", (False,)
    ),
    ("VolumeAttachmentSource", "inlineVolumeSpec"): Effect("only volumes that have a name are counted"),
    ("ServiceSpec", "externalTrafficPolicy"): Effect("endpoints are counted for the whole cluster", ("Cluster",)),
    ("ServiceSpec", "internalTrafficPolicy"): Effect("endpoints are counted for the whole cluster", ("Cluster",)),
    **_each("HorizontalPodAutoscalerSpec", "metrics targetCPUUtilizationPercentage", Effect(_LOAD)),
    **_each("HPAScalingRules", "policies stabilizationWindowSeconds tolerance", Effect(_PACE)),
}
"""Fields that change what a cluster does and not what the model does, by class and JSON name."""

OTHER_KINDS: dict[str, str] = {
    "StatefulSet": "{its} pods take no room",
    "DaemonSet": "{its} pods take room on every node they may use; {its} updates are not asked about",
    "Job": "{its} pods take no room",
    "CronJob": "{its} pods take no room",
    "ReplicationController": "{its} pods take no room",
    "NetworkPolicy": "all traffic is let through",
    "MutatingWebhookConfiguration": "objects are taken as they are given",
    "ValidatingWebhookConfiguration": "nothing is refused",
    "MutatingAdmissionPolicy": "objects are taken as they are given",
    "ValidatingAdmissionPolicy": "nothing is refused",
}
"""What leaving out a kind means, for the kinds where that changes what is proved; ``{its}`` stands for *its* or
*their*."""
