"""Horizontal pod autoscalers (``autoscaling/v2``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from attrs import frozen

from kverify.api.base import Int32, Int64, Time, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.quantity import Quantity
from kverify.api.types.meta import LabelSelector


@frozen(kw_only=True, eq=False, repr=False)
class HPAScalingPolicy(Typed):
    period_seconds: Int32 = 0
    type: str = ""
    value: Int32 = 0


@frozen(kw_only=True, eq=False, repr=False)
class HPAScalingRules(Typed):
    policies: tuple[HPAScalingPolicy, ...] = ()
    select_policy: str | None = None
    stabilization_window_seconds: Int32 | None = None
    tolerance: Quantity | None = None


@frozen(kw_only=True, eq=False, repr=False)
class HorizontalPodAutoscalerBehavior(Typed):
    scale_down: HPAScalingRules | None = None
    scale_up: HPAScalingRules | None = None


@frozen(kw_only=True, eq=False, repr=False)
class MetricTarget(Typed):
    average_utilization: Int32 | None = None
    average_value: Quantity | None = None
    type: str = ""
    value: Quantity | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ContainerResourceMetricSource(Typed):
    container: str = ""
    name: str = ""
    target: MetricTarget = MetricTarget()


@frozen(kw_only=True, eq=False, repr=False)
class MetricIdentifier(Typed):
    name: str = ""
    selector: LabelSelector | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ExternalMetricSource(Typed):
    metric: MetricIdentifier = MetricIdentifier()
    target: MetricTarget = MetricTarget()


@frozen(kw_only=True, eq=False, repr=False)
class CrossVersionObjectReference(Typed):
    api_version: str | None = api_field(None, omit_zero=True)
    kind: str = ""
    name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class ObjectMetricSource(Typed):
    described_object: CrossVersionObjectReference = CrossVersionObjectReference()
    metric: MetricIdentifier = MetricIdentifier()
    target: MetricTarget = MetricTarget()


@frozen(kw_only=True, eq=False, repr=False)
class PodsMetricSource(Typed):
    metric: MetricIdentifier = MetricIdentifier()
    target: MetricTarget = MetricTarget()


@frozen(kw_only=True, eq=False, repr=False)
class ResourceMetricSource(Typed):
    name: str = ""
    target: MetricTarget = MetricTarget()


@frozen(kw_only=True, eq=False, repr=False)
class MetricSpec(Typed):
    container_resource: ContainerResourceMetricSource | None = None
    external: ExternalMetricSource | None = None
    object: ObjectMetricSource | None = None
    pods: PodsMetricSource | None = None
    resource: ResourceMetricSource | None = None
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class HorizontalPodAutoscalerSpec(Typed):
    behavior: HorizontalPodAutoscalerBehavior | None = None
    max_replicas: Int32 = 0
    metrics: tuple[MetricSpec, ...] = ()
    min_replicas: Int32 | None = None
    scale_target_ref: CrossVersionObjectReference = CrossVersionObjectReference()


@frozen(kw_only=True, eq=False, repr=False)
class HorizontalPodAutoscalerCondition(Typed):
    last_transition_time: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)
    status: str = ""
    type: str = ""
    observed_generation: Int64 | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class MetricValueStatus(Typed):
    average_utilization: Int32 | None = None
    average_value: Quantity | None = None
    value: Quantity | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ContainerResourceMetricStatus(Typed):
    container: str = ""
    current: MetricValueStatus = MetricValueStatus()
    name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class ExternalMetricStatus(Typed):
    current: MetricValueStatus = MetricValueStatus()
    metric: MetricIdentifier = MetricIdentifier()


@frozen(kw_only=True, eq=False, repr=False)
class ObjectMetricStatus(Typed):
    current: MetricValueStatus = MetricValueStatus()
    described_object: CrossVersionObjectReference = CrossVersionObjectReference()
    metric: MetricIdentifier = MetricIdentifier()


@frozen(kw_only=True, eq=False, repr=False)
class PodsMetricStatus(Typed):
    current: MetricValueStatus = MetricValueStatus()
    metric: MetricIdentifier = MetricIdentifier()


@frozen(kw_only=True, eq=False, repr=False)
class ResourceMetricStatus(Typed):
    current: MetricValueStatus = MetricValueStatus()
    name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class MetricStatus(Typed):
    container_resource: ContainerResourceMetricStatus | None = None
    external: ExternalMetricStatus | None = None
    object: ObjectMetricStatus | None = None
    pods: PodsMetricStatus | None = None
    resource: ResourceMetricStatus | None = None
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class HorizontalPodAutoscalerStatus(Typed):
    conditions: tuple[HorizontalPodAutoscalerCondition, ...] = api_field(
        (), list_type="map", list_keys=("type",), patch="merge", merge_key="type"
    )
    current_metrics: tuple[MetricStatus, ...] = api_field((), null=True)
    current_replicas: Int32 | None = api_field(None, omit_zero=True)
    desired_replicas: Int32 = 0
    last_scale_time: Time | None = None
    observed_generation: Int64 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class HorizontalPodAutoscaler(KubeObject):
    api_version: str = "autoscaling/v2"
    kind: str = "HorizontalPodAutoscaler"
    spec: HorizontalPodAutoscalerSpec = HorizontalPodAutoscalerSpec()
    status: HorizontalPodAutoscalerStatus = HorizontalPodAutoscalerStatus()
