"""The plugins in the order in which kube-apiserver asks them, and the way of an object through them."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from kverify.api.object import KubeObject
from kverify.api.registry import AnyObject
from kverify.api.types.pod import Pod
from kverify.api.validation import validate
from kverify.api.validation.report import Path
from kverify.api.versions import DEFAULT_VERSION
from kverify.cluster.admission import (
    claim_resize,
    default_ingress_class,
    default_storage_class,
    default_toleration_seconds,
    limit_ranger,
    namespace_lifecycle,
    node_taint,
    pod_security,
    priority,
    resource_quota,
    runtime_class,
    service_account,
    storage_protection,
)
from kverify.cluster.admission.request import INVALID, Admitted, Missing, Operation, Problem, Request
from kverify.cluster.admission.view import ClusterView
from kverify.cluster.codes import FILLED_IN
from kverify.cluster.references.existence import GIVEN
from kverify.manifest.diagnostics import Severity

VALIDATION = "validation"


@frozen
class Plugin:
    """``admit`` may change the object, ``validate`` only looks at it; a plugin has one or both."""

    name: str
    admit: Callable[[Request], Admitted] | None = None
    validate: Callable[[Request], tuple[Problem, ...]] | None = None


CHAIN = (
    Plugin("NamespaceLifecycle", admit=namespace_lifecycle.admit),
    Plugin("LimitRanger", admit=limit_ranger.admit, validate=limit_ranger.validate),
    Plugin("ServiceAccount", admit=service_account.admit, validate=service_account.validate),
    Plugin("TaintNodesByCondition", admit=node_taint.admit),
    Plugin("PodSecurity", validate=pod_security.validate),
    Plugin("Priority", admit=priority.admit, validate=priority.validate),
    Plugin("DefaultTolerationSeconds", admit=default_toleration_seconds.admit),
    Plugin("DefaultStorageClass", admit=default_storage_class.admit),
    Plugin("StorageObjectInUseProtection", admit=storage_protection.admit),
    Plugin("PersistentVolumeClaimResize", validate=claim_resize.validate),
    Plugin("RuntimeClass", admit=runtime_class.admit, validate=runtime_class.validate),
    Plugin("DefaultIngressClass", admit=default_ingress_class.admit),
    Plugin("ResourceQuota", validate=resource_quota.validate),
)
"""``AllOrderedPlugins`` of ``pkg/kubeapiserver/options/plugins.go``, as far as they are on by default and look at
objects of the kinds kverify reads. Webhooks and admission policies, which run before ResourceQuota, are not asked;
nor are the certificate plugins (CertificateApproval, CertificateSigning, CertificateSubjectRestriction,
ClusterTrustBundleAttest), those behind feature gates (PodGroupProtection, PodGroupWorkloadExists, JobValidation),
PodTopologyLabels (it acts when a pod is bound), NodeDeclaredFeatureValidator and PodResizeValidator (they act on
updates of pods). Off by default, and so left out: AlwaysPullImages, PodNodeSelector, PodTolerationRestriction,
EventRateLimit, ExtendedResourceToleration, LimitPodHardAntiAffinityTopology, OwnerReferencesPermissionEnforcement,
NodeRestriction, DenyServiceExternalIPs, ImagePolicyWebhook, NamespaceAutoProvision, NamespaceExists."""


def admit(
    item: AnyObject,
    view: ClusterView,
    operation: Operation = Operation.CREATE,
    *,
    old: AnyObject | None = None,
    version: str = DEFAULT_VERSION,
) -> Admitted:
    """``item`` on its way into the cluster: what every plugin makes of it and has against it.

    ``item`` has been decoded and defaulted. First the plugins that change it are asked, then it is validated if they
    did (a LimitRange can make a pod invalid), then those that only look at it. All are asked even when one refuses.
    """
    request = Request(item, view, operation, old, version)
    problems: list[Problem] = []
    assumed: list[Missing] = []
    for plugin in CHAIN:
        if plugin.admit is not None:
            answer = plugin.admit(request)
            request = evolve(request, object=answer.object)
            problems += answer.problems
            assumed += (missing for missing in answer.assumed if (missing.kind, missing.name) not in GIVEN)
    if request.object is not item and isinstance(request.object, Pod):
        problems += _validated(request.object, version)
    for plugin in CHAIN:
        if plugin.validate is not None:
            problems += plugin.validate(request)
    return Admitted(request.object, tuple(problems), tuple(assumed))


def _validated(item: KubeObject, version: str) -> list[Problem]:
    return [
        Problem(
            plugin=VALIDATION,
            id=FILLED_IN,
            message=problem.message,
            path=Path(problem.path, problem.text),
            mend=problem.mend,
            code=INVALID,
        )
        for problem in validate(item, version)
        if problem.severity is Severity.ERROR
    ]
