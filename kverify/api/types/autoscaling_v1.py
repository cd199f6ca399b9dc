"""Horizontal pod autoscalers (``autoscaling/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from kverify.api.base import Int32, Int64, Time, Typed, api_field
from kverify.api.object import KubeObject


@frozen(kw_only=True, eq=False, repr=False)
class CrossVersionObjectReference(Typed):
    ATOMIC: ClassVar[bool] = True
    api_version: str | None = api_field(None, omit_zero=True)
    kind: str = ""
    name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class HorizontalPodAutoscalerSpec(Typed):
    max_replicas: Int32 = 0
    min_replicas: Int32 | None = None
    scale_target_ref: CrossVersionObjectReference = CrossVersionObjectReference()
    target_cpu_utilization_percentage: Int32 | None = api_field(None, json="targetCPUUtilizationPercentage")


@frozen(kw_only=True, eq=False, repr=False)
class HorizontalPodAutoscalerStatus(Typed):
    current_cpu_utilization_percentage: Int32 | None = api_field(None, json="currentCPUUtilizationPercentage")
    current_replicas: Int32 = 0
    desired_replicas: Int32 = 0
    last_scale_time: Time | None = None
    observed_generation: Int64 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class HorizontalPodAutoscaler(KubeObject):
    api_version: str = "autoscaling/v1"
    kind: str = "HorizontalPodAutoscaler"
    spec: HorizontalPodAutoscalerSpec = HorizontalPodAutoscalerSpec()
    status: HorizontalPodAutoscalerStatus = HorizontalPodAutoscalerStatus()
