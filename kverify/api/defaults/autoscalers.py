"""Defaults of autoscalers (``pkg/apis/autoscaling/v1`` and ``v2``: defaults.go, conversion.go)."""

from __future__ import annotations

import json
from collections.abc import Iterable

import attrs

from kverify.api.defaults.values import value_or
from kverify.api.source import Source
from kverify.api.types import autoscaling_v1 as v1
from kverify.api.types.autoscaling_v2 import (
    HorizontalPodAutoscaler,
    HPAScalingPolicy,
    HPAScalingRules,
    MetricSpec,
    MetricTarget,
    ResourceMetricSource,
)
from kverify.api.types.meta import ObjectMeta
from kverify.manifest.nodes import FieldPath, Sequence

CPU_PERCENT = 80
_PREFIX = "autoscaling.alpha.kubernetes.io"
METRICS_ANNOTATION = f"{_PREFIX}/metrics"
BEHAVIOR_ANNOTATION = f"{_PREFIX}/behavior"
"""Where ``autoscaling/v1`` keeps what it has no fields for, as JSON."""

ROUND_TRIP_ANNOTATIONS = (
    METRICS_ANNOTATION,
    BEHAVIOR_ANNOTATION,
    f"{_PREFIX}/current-metrics",
    f"{_PREFIX}/conditions",
)
"""Annotations that are only there because of the version, and gone in ``autoscaling/v2``."""

SCALE_UP = HPAScalingRules(
    stabilization_window_seconds=0,
    select_policy="Max",
    policies=(
        HPAScalingPolicy(type="Pods", value=4, period_seconds=15),
        HPAScalingPolicy(type="Percent", value=100, period_seconds=15),
    ),
)
SCALE_DOWN = HPAScalingRules(
    select_policy="Max", policies=(HPAScalingPolicy(type="Percent", value=100, period_seconds=15),)
)
"""The window of scaling down is a flag of the controller (300 s), so it stays absent."""


def cpu_metric(percent: int) -> MetricSpec:
    """A target for the mean use of the requested CPU."""
    target = MetricTarget(type="Utilization", average_utilization=percent)
    return MetricSpec(type="Resource", resource=ResourceMetricSource(name="cpu", target=target))


def default_autoscaler(obj: HorizontalPodAutoscaler) -> HorizontalPodAutoscaler:
    """A behavior that is given at all is completed on both sides."""
    spec, behavior = obj.spec, obj.spec.behavior
    if behavior is not None:
        place = ("spec", "behavior")
        behavior = attrs.evolve(
            behavior,
            scale_up=_rules(behavior.scale_up, SCALE_UP, obj.source, (*place, "scaleUp")),
            scale_down=_rules(behavior.scale_down, SCALE_DOWN, obj.source, (*place, "scaleDown")),
        )
    return attrs.evolve(
        obj,
        metadata=_without(obj.metadata, ROUND_TRIP_ANNOTATIONS),
        spec=attrs.evolve(
            spec,
            min_replicas=value_or(spec.min_replicas, 1),
            metrics=spec.metrics or (cpu_metric(CPU_PERCENT),),
            behavior=behavior,
        ),
    )


def _rules(
    given: HPAScalingRules | None, defaults: HPAScalingRules, source: Source, path: FieldPath
) -> HPAScalingRules:
    """What is given wins. A written empty list of policies is given, and validation refuses it."""
    if given is None:
        return defaults
    emptied = not given.policies and _is_list(source, (*path, "policies"))
    return attrs.evolve(
        given,
        select_policy=value_or(given.select_policy, defaults.select_policy),
        stabilization_window_seconds=value_or(
            given.stabilization_window_seconds, defaults.stabilization_window_seconds
        ),
        policies=() if emptied else given.policies or defaults.policies,
    )


def _is_list(source: Source, path: FieldPath) -> bool:
    return source.document is not None and isinstance(source.document.node(path), Sequence)


def default_autoscaler_v1(obj: v1.HorizontalPodAutoscaler) -> v1.HorizontalPodAutoscaler:
    """The CPU target is only filled in where the annotation holds no metric either."""
    spec = obj.spec
    percent = spec.target_cpu_utilization_percentage
    if percent is None and not has_annotated_metrics(obj):
        percent = CPU_PERCENT
    useless = [name for name, kind in _KINDS.items() if not _annotated(obj, name, kind)]
    return attrs.evolve(
        obj,
        metadata=_without(obj.metadata, useless),
        spec=attrs.evolve(spec, min_replicas=value_or(spec.min_replicas, 1), target_cpu_utilization_percentage=percent),
    )


_KINDS: dict[str, type] = {METRICS_ANNOTATION: list, BEHAVIOR_ANNOTATION: dict}


def has_annotated_metrics(obj: v1.HorizontalPodAutoscaler) -> bool:
    """Whether the annotation is a list of metrics."""
    return _annotated(obj, METRICS_ANNOTATION, list)


def _annotated(obj: v1.HorizontalPodAutoscaler, name: str, kind: type) -> bool:
    """Whether an annotation is JSON of a kind and not empty; all else in it is ignored, and not stored."""
    try:
        found = json.loads(obj.metadata.annotations.get(name, "null"))
    except ValueError:
        return False
    return isinstance(found, kind) and bool(found)


def _without(metadata: ObjectMeta, names: Iterable[str]) -> ObjectMeta:
    dropped = set(names)
    if dropped.isdisjoint(metadata.annotations):
        return metadata
    kept = {name: text for name, text in metadata.annotations.items() if name not in dropped}
    return attrs.evolve(metadata, annotations=kept)
