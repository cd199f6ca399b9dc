"""Whose doing it is that a pod has something its template does not say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kverify.api.registry import AnyObject
from kverify.api.types.pod import PodSpec
from kverify.api.types.quota import LimitRange
from kverify.api.types.runtime import RuntimeClass
from kverify.cluster.admission.request import Because


def additions(
    sent: PodSpec, stored: PodSpec, ranges: Iterable[LimitRange], runtime: AnyObject | None
) -> Iterator[Because]:
    """Requests and limits from limit ranges; overhead and node selector from the RuntimeClass.

    ``path`` is the field of the pod spec, ``note`` the field of ``object`` that fills it in.
    """
    rows = tuple(ranges)
    for field, before, after in (
        ("containers", sent.containers, stored.containers),
        ("initContainers", sent.init_containers, stored.init_containers),
    ):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            for which in ("requests", "limits"):
                for name in getattr(other.resources, which):
                    if name not in getattr(one.resources, which):
                        path = f"{field}[{number}].resources.{which}[{name}]"
                        yield from _by_range(rows, path, "defaultRequest" if which == "requests" else "default", name)
    if isinstance(runtime, RuntimeClass):
        for name in stored.overhead if not sent.overhead else ():
            yield Because(object=runtime, path=f"overhead[{name}]", note=f"overhead.podFixed[{name}]")
        for key in stored.node_selector:
            if key not in sent.node_selector:
                yield Because(object=runtime, path=f"nodeSelector[{key}]", note=f"scheduling.nodeSelector[{key}]")


def _by_range(ranges: Iterable[LimitRange], path: str, field: str, resource: str) -> Iterator[Because]:
    for limits in ranges:
        for number, item in enumerate(limits.spec.limits):
            amounts = item.default_request if field == "defaultRequest" else item.default
            if item.type == "Container" and resource in amounts:
                yield Because(object=limits, path=path, note=f"spec.limits[{number}].{field}[{resource}]")
