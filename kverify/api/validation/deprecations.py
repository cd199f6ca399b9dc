"""Labels and annotations that the API server warns about, because nothing reads them any more or something newer does.

Sources: ``pkg/api/node/util.go`` for labels of nodes, ``pkg/api/pod/warnings.go`` for annotations of pods,
``pkg/api/storage/util.go``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kverify.api.defaults.creation import APPARMOR_CONTAINER
from kverify.api.labels import DEPRECATED_NODE_LABELS
from kverify.api.types.affinity import NodeSelectorTerm
from kverify.api.types.container import SecurityContext
from kverify.api.types.meta import LabelSelector
from kverify.api.types.pod import PodSpec
from kverify.api.validation.containers import visit_containers
from kverify.api.validation.placement import PREFERRED_RULES, REQUIRED_RULES
from kverify.api.validation.pod_annotations import SECCOMP_CONTAINER, SECCOMP_POD
from kverify.api.validation.report import SUSPICIOUS, Path, Report

DEAD_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": ("1.16", "set priorityClassName"),
    "security.alpha.kubernetes.io/sysctls": ("1.11", "set securityContext.sysctls"),
    "security.alpha.kubernetes.io/unsafe-sysctls": ("1.11", "set securityContext.sysctls"),
}
"""Annotations of pods without effect, the version since which that is so, and what does it now."""


def warn_node_label(key: str, path: Path, report: Report) -> None:
    """``GetNodeLabelDeprecatedMessage``; ``path`` is where the key is used."""
    newer = DEPRECATED_NODE_LABELS.get(key)
    if newer is not None:
        mend = f"use {newer}" if newer else "use another label"
        report.warn(SUSPICIOUS, path, f"The node label {key} is deprecated.", mend)


def warn_node_terms(terms: Iterable[NodeSelectorTerm], path: Path, report: Report) -> None:
    """``GetWarningsForNodeSelectorTerm``."""
    for here, term in path.each(terms):
        _warn_node_term(term, here, report)


def _warn_node_term(term: NodeSelectorTerm, path: Path, report: Report) -> None:
    for here, requirement in path.child("matchExpressions").each(term.match_expressions):
        warn_node_label(requirement.key, here.child("key"), report)


def warn_node_labels(selector: LabelSelector, path: Path, report: Report) -> None:
    """``GetWarningsForNodeSelector``: a selector of nodes by their labels."""
    for here, requirement in path.child("matchExpressions").each(selector.match_expressions):
        warn_node_label(requirement.key, here.child("key"), report)
    for key in selector.match_labels:
        place = path.child("matchLabels")
        warn_node_label(key, place.inside(key).printed(f"{place}.{key}"), report)


def warn_about_labels(spec: PodSpec, path: Path, report: Report) -> None:
    """Where a pod asks for nodes by labels that newer ones have replaced."""
    for key in spec.node_selector:
        warn_node_label(key, path.child("nodeSelector").key(key), report)
    affinity = spec.affinity.node_affinity if spec.affinity is not None else None
    if affinity is not None:
        place = path.child("affinity", "nodeAffinity")
        required = affinity.required_during_scheduling_ignored_during_execution
        if required is not None:
            terms = place.child(REQUIRED_RULES, "nodeSelectorTerms")
            warn_node_terms(required.node_selector_terms, terms, report)
        preferred = affinity.preferred_during_scheduling_ignored_during_execution
        for here, weighted in place.child(PREFERRED_RULES).each(preferred):
            _warn_node_term(weighted.preference, here.child("preference"), report)
    for here, constraint in path.child("topologySpreadConstraints").each(spec.topology_spread_constraints):
        warn_node_label(constraint.topology_key, here.child("topologyKey"), report)


def warn_about_annotations(
    annotations: Mapping[str, str], spec: PodSpec, path: Path, spec_path: Path, report: Report, *, is_pod: bool
) -> None:
    """``path`` is that of the annotations. An annotation beside the field that replaced it is fine, but of a pod the
    field was filled from the annotation before anybody looked.
    """
    for key, (since, mend) in DEAD_ANNOTATIONS.items():
        if key in annotations:
            _warn(path, key, f"The annotation {key} has no effect since Kubernetes {since}.", mend, report)
    context = spec.security_context
    if SECCOMP_POD in annotations and (context is None or context.seccomp_profile is None):
        message = f"The annotation {SECCOMP_POD} has no effect since Kubernetes 1.27."
        _warn(path, SECCOMP_POD, message, "set securityContext.seccompProfile", report)
    confined = context is not None and context.app_armor_profile is not None
    for _, container in visit_containers(spec, spec_path):
        own = container.security_context or SecurityContext()
        key = f"{SECCOMP_CONTAINER}{container.name}"
        if key in annotations and own.seccomp_profile is None:
            message = f"The annotation {key} has no effect since Kubernetes 1.27."
            _warn(path, key, message, "set securityContext.seccompProfile", report)
        key = f"{APPARMOR_CONTAINER}{container.name}"
        if key in annotations and (is_pod or not (confined or own.app_armor_profile is not None)):
            message = f"The annotation {key} is deprecated since Kubernetes 1.30."
            _warn(path, key, message, "set securityContext.appArmorProfile", report)


def _warn(path: Path, key: str, message: str, mend: str, report: Report) -> None:
    report.warn(SUSPICIOUS, path.key(key), message, mend)
