"""Autoscalers (``pkg/apis/autoscaling/validation``). ``autoscaling/v1`` is checked as what it means in ``v2``."""

from __future__ import annotations

from kverify.api.defaults.autoscalers import cpu_metric, has_annotated_metrics
from kverify.api.quantity import Quantity
from kverify.api.types import autoscaling_v1 as v1
from kverify.api.types.autoscaling_v2 import (
    ContainerResourceMetricSource,
    CrossVersionObjectReference,
    ExternalMetricSource,
    HorizontalPodAutoscaler,
    HPAScalingRules,
    MetricIdentifier,
    MetricSpec,
    MetricTarget,
    ObjectMetricSource,
    PodsMetricSource,
    ResourceMetricSource,
)
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format, check_metadata
from kverify.api.validation.report import OUT_OF_RANGE, Path, Report
from kverify.api.validation.resources import CONTAINER_RESOURCES, is_extended, is_hugepages
from kverify.api.versions import enabled, in_force
from kverify.naming import snake_case

MAX_PERIOD_SECONDS = 1800
MAX_WINDOW_SECONDS = 3600
TARGET_TYPES = ("Utilization", "Value", "AverageValue")

_METADATA = Path().child("metadata")
_SPEC = Path().child("spec")

# In the order in which validateMetricSpec looks: only the first source found is examined.
_SOURCES = {
    "Object": "object",
    "External": "external",
    "Pods": "pods",
    "Resource": "resource",
    "ContainerResource": "containerResource",
}


def check_autoscaler(autoscaler: HorizontalPodAutoscaler, report: Report) -> None:
    """``ValidateHorizontalPodAutoscaler``."""
    check_metadata(autoscaler.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    spec = autoscaler.spec
    _check_bounds(spec.min_replicas, spec.max_replicas, report)
    _check_target(spec.scale_target_ref, report)
    metrics = _SPEC.child("metrics")
    for here, metric in metrics.each(spec.metrics):
        _check_metric(metric, here, report)
    if spec.min_replicas == 0 and not any(metric.type in ("Object", "External") for metric in spec.metrics):
        _cannot_wake(metrics, report)
    if spec.behavior is not None:
        for name, rules in (("scaleUp", spec.behavior.scale_up), ("scaleDown", spec.behavior.scale_down)):
            if rules is not None:
                _check_rules(rules, _SPEC.child("behavior", name), report)


def check_autoscaler_v1(autoscaler: v1.HorizontalPodAutoscaler, report: Report) -> None:
    """The CPU target is the first metric of ``v2``, and printed as such. Metrics in annotations are not looked at."""
    check_metadata(autoscaler.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    spec = autoscaler.spec
    _check_bounds(spec.min_replicas, spec.max_replicas, report)
    reference = spec.scale_target_ref
    target = CrossVersionObjectReference(api_version=reference.api_version, kind=reference.kind, name=reference.name)
    _check_target(target, report)
    place = _SPEC.child("targetCPUUtilizationPercentage")
    percent = spec.target_cpu_utilization_percentage
    if percent is not None:
        _check_metric(cpu_metric(percent), place.printed("spec.metrics[0]"), report)
    if spec.min_replicas == 0 and not has_annotated_metrics(autoscaler):
        _cannot_wake(place.printed("spec.metrics"), report)


def _check_bounds(low: int | None, high: int, report: Report) -> None:
    least, most = _SPEC.child("minReplicas"), _SPEC.child("maxReplicas")
    report.at_least(least, low, 0 if enabled("HPAScaleToZero", report.version) else 1)
    report.at_least(most, high, 1)
    if low is not None and high < low:
        message = f"maxReplicas ({high}) is below minReplicas ({low})."
        report.error(OUT_OF_RANGE, most, message, "raise it, or lower minReplicas")


def _cannot_wake(path: Path, report: Report) -> None:
    message = "Without pods there is no metric of pods, so nothing would scale up from 0."
    report.forbidden(path, message, "add an Object or External metric, or set minReplicas: 1")


def _check_target(target: CrossVersionObjectReference, report: Report) -> None:
    place = _SPEC.child("scaleTargetRef")
    _check_reference(target, place, report)
    needed = in_force("autoscalers name the API group of their target", report.version)
    if needed and target.kind != "ReplicationController" and not (target.api_version or "").rpartition("/")[0]:
        here = place.child("apiVersion")
        report.invalid(here, "The target's apiVersion names no API group.", "write apps/v1, say")


def _check_reference(reference: CrossVersionObjectReference, path: Path, report: Report) -> None:
    """``ValidateCrossVersionObjectReference``."""
    for name, value in (("kind", reference.kind), ("name", reference.name)):
        if not value:
            report.required(path.child(name))
        else:
            check_format(value, path.child(name), report, formats.path_segment)
    needed = in_force("autoscalers name the API group of their target", report.version)
    if needed and (reference.api_version or "").count("/") > 1:
        message = f"{reference.api_version!r} is not of the form group/version."
        report.invalid(path.child("apiVersion"), message, "write apps/v1, say")


def _check_metric(metric: MetricSpec, path: Path, report: Report) -> None:
    """``validateMetricSpec``: exactly the source that the type names."""
    kind = path.child("type")
    if not metric.type:
        report.required(kind, "The metric has no type.", f"choose one of {', '.join(sorted(_SOURCES))}")
    elif metric.type not in _SOURCES:
        report.unsupported(kind, metric.type, sorted(_SOURCES))
    given = [name for name in _SOURCES.values() if getattr(metric, snake_case(name)) is not None]
    if given:
        _check_source(getattr(metric, snake_case(given[0])), path.child(given[0]), report)
    expected = _SOURCES.get(metric.type)
    if expected is not None and expected not in given:
        report.required(path.child(expected), f"A metric of type {metric.type} needs {expected}.", f"add {expected}")
    if len(given) > 1:
        for extra in given:
            if extra != expected:
                report.forbidden(path.child(extra), "A metric has one source only.", "split it into two metrics")


def _check_source(
    source: ObjectMetricSource
    | ExternalMetricSource
    | PodsMetricSource
    | ResourceMetricSource
    | ContainerResourceMetricSource,
    path: Path,
    report: Report,
) -> None:
    target, place = source.target, path.child("target")
    _check_metric_target(target, place, report)
    average = place.child("averageValue")
    if isinstance(source, ResourceMetricSource | ContainerResourceMetricSource):
        _check_resource(source, path, report)
        if target.average_utilization is None and target.average_value is None:
            message = "A resource has a target for its use or for its amount."
            report.required(place.child("averageUtilization"), message, "add averageUtilization or averageValue")
        elif target.average_utilization is not None and target.average_value is not None:
            report.forbidden(average, "averageValue and averageUtilization exclude each other.", "keep one of them")
        return
    _check_identifier(source.metric, path.child("metric"), report)
    if isinstance(source, ObjectMetricSource):
        _check_reference(source.described_object, path.child("describedObject"), report)
    if target.average_value is None and (isinstance(source, PodsMetricSource) or target.value is None):
        report.required(average, "The metric has no target.", "add averageValue")
    if isinstance(source, ExternalMetricSource) and target.value is not None and target.average_value is not None:
        report.forbidden(place.child("value"), "value and averageValue exclude each other.", "keep one of them")


def _check_resource(source: ResourceMetricSource | ContainerResourceMetricSource, path: Path, report: Report) -> None:
    name = path.child("name")
    if not source.name:
        report.required(name, "The metric names no resource.", "add name: cpu, say")
    if not isinstance(source, ContainerResourceMetricSource):
        return
    if source.name:
        _check_container_resource(source.name, name, report)
    container = path.child("container")
    if not source.container:
        report.required(container, "The metric names no container.", "add container")
    else:
        check_format(source.container, container, report, formats.dns_label)


def _check_container_resource(name: str, path: Path, report: Report) -> None:
    """``ValidateContainerResourceName``."""
    if not check_format(name, path, report, formats.qualified_name):
        return
    known = name in CONTAINER_RESOURCES or is_hugepages(name) if "/" not in name else _may_be_extended(name)
    if not known:
        report.invalid(path, f"{name!r} is not a resource of containers.", "use cpu, memory or ephemeral-storage")


def _may_be_extended(name: str) -> bool:
    domain = name.partition("/")[0]
    return domain == "kubernetes.io" or domain.endswith(".kubernetes.io") or is_extended(name)


def _check_metric_target(target: MetricTarget, path: Path, report: Report) -> None:
    """``validateMetricTarget``; that the type fits the values is not asked."""
    kind = path.child("type")
    if not target.type:
        report.required(kind, "The target has no type.", f"choose one of {', '.join(TARGET_TYPES)}")
    elif target.type not in TARGET_TYPES:
        report.invalid(kind, f"{target.type!r} is not a type of target.", f"choose one of {', '.join(TARGET_TYPES)}")
    for name, quantity in (("value", target.value), ("averageValue", target.average_value)):
        if quantity is not None and quantity.nano <= 0:
            _not_positive(quantity, path.child(name), report)
    report.at_least(path.child("averageUtilization"), target.average_utilization, 1)


def _not_positive(quantity: Quantity, path: Path, report: Report) -> None:
    report.error(OUT_OF_RANGE, path, f"{path} is {quantity}, and must be more than 0.")


def _check_identifier(metric: MetricIdentifier, path: Path, report: Report) -> None:
    if not metric.name:
        report.required(path.child("name"), "The metric has no name.", "add name")
    else:
        check_format(metric.name, path.child("name"), report, formats.path_segment)


def _check_rules(rules: HPAScalingRules, path: Path, report: Report) -> None:
    """``validateScalingRules``."""
    report.between(path.child("stabilizationWindowSeconds"), rules.stabilization_window_seconds, 0, MAX_WINDOW_SECONDS)
    choices = ("Disabled", "Max", "Min")
    if rules.select_policy is not None and rules.select_policy not in choices:
        report.unsupported(path.child("selectPolicy"), rules.select_policy, choices)
    policies = path.child("policies")
    if not rules.policies:
        report.required(policies, "There is no policy.", "remove policies, or add one")
    for here, policy in policies.each(rules.policies):
        if policy.type not in ("Pods", "Percent"):
            report.unsupported(here.child("type"), policy.type, ("Pods", "Percent"))
        report.at_least(here.child("value"), policy.value, 1)
        report.between(here.child("periodSeconds"), policy.period_seconds, 1, MAX_PERIOD_SECONDS)
    if rules.tolerance is not None and rules.tolerance.nano < 0:
        message = f"The tolerance is {rules.tolerance}, and must be at least 0."
        report.error(OUT_OF_RANGE, path.child("tolerance"), message)
