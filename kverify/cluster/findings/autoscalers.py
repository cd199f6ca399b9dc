"""Autoscalers that look at a percentage of nothing (KV2012)."""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.registry import AnyObject
from kverify.api.types import autoscaling_v1, autoscaling_v2
from kverify.api.types.container import Container
from kverify.api.types.pod import PodSpec
from kverify.cluster.bundle import Bundle
from kverify.cluster.codes import UNMEASURED
from kverify.cluster.objects import describe, namespace_of, templates_of
from kverify.cluster.scaling import target_of
from kverify.manifest.diagnostics import Diagnostic, Related, Severity

Autoscaler = autoscaling_v1.HorizontalPodAutoscaler | autoscaling_v2.HorizontalPodAutoscaler


def unmeasured(bundle: Bundle) -> Iterator[Diagnostic]:
    """Utilisation is usage by request, and one container without a request leaves the metric without a value
    (``calculatePodRequests`` in pkg/controller/podautoscaler/replica_calculator.go). A LimitRange may fill it in."""
    for item in bundle.of_kind("HorizontalPodAutoscaler"):
        if not isinstance(item, Autoscaler):
            continue
        target = bundle.get(target_of(item))
        if target is None or not (bundle.is_wanted(item) or bundle.is_wanted(target)):
            continue
        if any(namespace_of(limits) == namespace_of(item) for limits in bundle.of_kind("LimitRange")):
            continue
        for path, resource, name in _percentages(item):
            for place, template in templates_of(target):
                lacking = _lacking(template.spec, resource, name)
                if lacking is not None:
                    where = f"{place}.spec.{lacking[0]}"
                    yield _told(item, path, resource, target, where, lacking[1])


def _percentages(item: Autoscaler) -> Iterator[tuple[str, str, str]]:
    """The field of every utilisation that is written, the resource, and the one container it is of (empty: all)."""
    if isinstance(item, autoscaling_v1.HorizontalPodAutoscaler):
        if item.spec.target_cpu_utilization_percentage is not None:
            yield "spec.targetCPUUtilizationPercentage", "cpu", ""
        return
    document = item.source.document
    if document is not None and document.node(("spec", "metrics")) is None:
        return
    for number, metric in enumerate(item.spec.metrics):
        here = f"spec.metrics[{number}]"
        if metric.resource is not None and metric.resource.target.type == "Utilization":
            yield f"{here}.resource.name", metric.resource.name, ""
        of_one = metric.container_resource
        if of_one is not None and of_one.target.type == "Utilization":
            yield f"{here}.containerResource.name", of_one.name, of_one.container


def _lacking(spec: PodSpec, resource: str, name: str) -> tuple[str, Container] | None:
    """The first container that is counted and requests nothing, and where it stands. Limits are requests by default,
    and what the pod as a whole requests counts for all."""
    if spec.resources is not None and resource in {**spec.resources.limits, **spec.resources.requests}:
        return None
    rows = [(f"containers[{n}]", c) for n, c in enumerate(spec.containers)]
    rows += [(f"initContainers[{n}]", c) for n, c in enumerate(spec.init_containers) if c.is_sidecar]
    for place, container in rows:
        given = {**container.resources.limits, **container.resources.requests}
        if name in ("", container.name) and resource not in given:
            return place, container
    return None


def _told(
    item: Autoscaler, path: str, resource: str, target: AnyObject, where: str, container: Container
) -> Diagnostic:
    return Diagnostic(
        id=UNMEASURED,
        severity=Severity.WARNING,
        message=f"Container {container.name} of {describe(target)} requests no {resource}, so there is no percentage "
        "of it: this metric never has a value, and the autoscaler does not scale by it.",
        span=item.source.span(path),
        path=path,
        object=describe(item),
        mend=f"set resources.requests.{resource} of the container, or look at an average value",
        related=(Related(target.source.span(where), "this container", where),),
    )
