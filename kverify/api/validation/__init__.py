"""Validation as the API server does it on creation and on update, one file per group of rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kverify.api.apps import Deployment, ReplicaSet
from kverify.api.config import ConfigMap, Secret
from kverify.api.meta import OtherObject
from kverify.api.node import Namespace, Node
from kverify.api.pod import Pod
from kverify.api.policy import PodDisruptionBudget
from kverify.api.registry import AnyObject, KubeObject
from kverify.api.scheduling import PriorityClass
from kverify.api.service import Service
from kverify.api.validation import objects, pods, services, workloads
from kverify.api.validation.report import Path, Problem, Report
from kverify.api.validation.update import check_update
from kverify.api.versions import DEFAULT_VERSION
from kverify.api.volume import PersistentVolumeClaim
from kverify.manifest.diagnostics import Diagnostic

__all__ = ["Path", "Problem", "Report", "validate", "validate_update"]

_CHECKS: dict[type[KubeObject], Callable[[Any, Report], None]] = {
    Pod: pods.check_pod,
    Deployment: workloads.check_deployment,
    ReplicaSet: workloads.check_replica_set,
    Service: services.check_service,
    Node: objects.check_node,
    Namespace: objects.check_namespace,
    PodDisruptionBudget: objects.check_budget,
    ConfigMap: objects.check_config_map,
    Secret: objects.check_secret,
    PriorityClass: objects.check_priority_class,
    PersistentVolumeClaim: objects.check_claim,
}


def validate(obj: KubeObject, version: str = DEFAULT_VERSION) -> tuple[Problem, ...]:
    """Every rule ``obj`` breaks. ``obj`` has been defaulted: that is what the API server validates."""
    report = Report(version)
    _CHECKS[type(obj)](obj, report)
    return tuple(report.problems)


def validate_update(old: AnyObject, new: AnyObject, version: str = DEFAULT_VERSION) -> tuple[Diagnostic, ...]:
    """What keeps ``new`` from replacing ``old`` in a cluster, at the places in ``new``.

    Both are decoded objects of the same kind, namespace and name. Raises ``ValueError`` for two different objects.
    """
    if (old.kind, old.metadata.namespace, old.metadata.name) != (new.kind, new.metadata.namespace, new.metadata.name):
        raise ValueError(f"{old.kind} {old.metadata.name} and {new.kind} {new.metadata.name} are not one object")
    if isinstance(old, OtherObject) or isinstance(new, OtherObject):
        return ()
    report = Report(version)
    check_update(old, new, report)
    name = f"{new.metadata.namespace}/{new.metadata.name}" if new.metadata.namespace else new.metadata.name
    return tuple(
        Diagnostic(
            id=problem.id,
            severity=problem.severity,
            message=problem.message,
            span=new.source.span(problem.path),
            path=problem.text,
            object=f"{new.kind} {name}",
            mend=problem.mend,
        )
        for problem in report.problems
    )
