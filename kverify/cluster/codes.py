"""Every diagnostic of this layer: KV20xx, objects that do not go together; KV131x, admission; KV60xx, suppressions."""

from __future__ import annotations

from kverify.manifest.codes import Code
from kverify.manifest.diagnostics import Severity

DOUBLE = "KV2000"
SERVICE = "KV2001"
BUDGET = "KV2002"
MISSING_KEY = "KV2003"
MISSING_OBJECT = "KV2004"
MISSING_PORT = "KV2005"
OVERLAP = "KV2006"
NETWORK_POLICY = "KV2007"
AMBIGUOUS = "KV2008"
SILENT_NODE = "KV2009"
TOPOLOGY_KEY = "KV2010"
SCALELESS = "KV2011"
UNMEASURED = "KV2012"
RUNTIME_CLASS = "KV1310"
NAMESPACE = "KV1311"
SERVICE_ACCOUNT = "KV1312"
LIMIT_RANGE = "KV1313"
PRIORITY = "KV1314"
POD_SECURITY = "KV1315"
QUOTA = "KV1316"
RESIZE = "KV1317"
FILLED_IN = "KV1318"
POD_SECURITY_WARNING = "KV1319"
ANNOTATION = "KV6001"
EXPIRED = "KV6002"
UNUSED = "KV6003"
OUTDATED = "KV6004"

_CROSS_OBJECT = tuple(
    Code(id, Severity.WARNING, title)
    for id, title in (
        (DOUBLE, "The same object is given twice; only the later one would be left."),
        (SERVICE, "A Service selects no pod of the input."),
        (BUDGET, "A PodDisruptionBudget protects no pod of the input."),
        (MISSING_KEY, "A ConfigMap or Secret of the input lacks a key that a pod reads."),
        (MISSING_OBJECT, "An object that is named is not there; an error where references are declared to be closed."),
        (MISSING_PORT, "A Service, the pods it selects or a probed container lack a port that is named."),
        (OVERLAP, "Two controllers select the same pods."),
        (NETWORK_POLICY, "A NetworkPolicy applies to no pod of the input."),
        (AMBIGUOUS, "Two objects claim what only one can have: a pod's budget, a scale target, a route."),
        (SILENT_NODE, "A node does not say how many pods it takes; an error where it does not say anything."),
        (TOPOLOGY_KEY, "A required rule spreads over, or keeps to, a label that no node has."),
        (SCALELESS, "A PodDisruptionBudget is a share of pods that have no scale, and lets no pod go."),
        (UNMEASURED, "An autoscaler looks at a percentage of what a container does not request."),
    )
)
"""KV2000 is an error among the manifests about to be applied."""

_ADMISSION = (
    (RUNTIME_CLASS, "The RuntimeClass of a pod does not exist, or contradicts the pod."),
    (NAMESPACE, "The namespace does not exist, or is being deleted."),
    (SERVICE_ACCOUNT, "The ServiceAccount of a pod does not exist, or does not let it use a secret."),
    (LIMIT_RANGE, "A LimitRange does not allow the resources of a container, pod or claim."),
    (PRIORITY, "The PriorityClass of a pod does not exist or contradicts it, or a second one is the global default."),
    (POD_SECURITY, "A pod breaks the Pod Security level that its namespace enforces."),
    (QUOTA, "A ResourceQuota has not enough left, or needs resources to be set."),
    (RESIZE, "A claim cannot grow."),
    (FILLED_IN, "The object is invalid once admission has filled it in."),
)
ALL = (
    *_CROSS_OBJECT,
    *(Code(id, Severity.ERROR, title) for id, title in _ADMISSION),
    Code(POD_SECURITY_WARNING, Severity.WARNING, "Pods break the Pod Security level that their namespace warns of."),
    Code(ANNOTATION, Severity.WARNING, "An annotation kverify.dev/ignore says nothing that can be followed."),
    Code(EXPIRED, Severity.WARNING, "A suppression has expired."),
    Code(UNUSED, Severity.INFO, "A suppression suppresses nothing."),
    Code(OUTDATED, Severity.INFO, "A baseline has entries that occur no longer."),
)
