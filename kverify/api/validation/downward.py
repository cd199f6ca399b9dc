"""References from a pod to its own fields and resources (``validateObjectFieldSelector``,
``validateContainerResourceFieldSelector``): variables and files of the downward API."""

from __future__ import annotations

from collections.abc import Iterable

from kverify.api.quantity import Quantity
from kverify.api.types.volume import ObjectFieldSelector, ResourceFieldSelector
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format
from kverify.api.validation.report import LABEL, Path, Report

ENV_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
VOLUME_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
RESOURCES = tuple(
    f"{kind}.{name}" for kind in ("limits", "requests") for name in ("cpu", "memory", "ephemeral-storage")
)
_HUGE_PAGES = ("limits.hugepages-", "requests.hugepages-")
_BYTE_DIVISORS = frozenset(f"1{suffix}" for suffix in ("", *"kMGTPE", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))
_CPU_DIVISORS = frozenset({"1m", "1"})


def check_field_ref(ref: ObjectFieldSelector, choices: Iterable[str], path: Path, report: Report) -> None:
    """One field of the pod; ``choices`` are the ones that can be had here, besides single labels and annotations."""
    here = path.child("fieldPath")
    if not ref.api_version:
        report.required(path.child("apiVersion"))
        return
    if not ref.field_path:
        report.required(here, "fieldRef names no field.", "add fieldPath: metadata.name, say")
        return
    if ref.api_version != "v1":
        report.invalid(here, f"Fields of a pod are read as v1, not as {ref.api_version}.", "remove apiVersion")
        return
    field, key = formats.subscripted(ref.field_path)
    known = tuple(choices)
    if key is None:
        # Old clients say spec.host.
        if (field if field != "spec.host" else "spec.nodeName") not in known:
            report.unsupported(here, field, known)
    elif field in ("metadata.labels", "metadata.annotations"):
        # The API server prints the reference, not its fieldPath.
        printed = here.printed(str(path))
        check_format(key.lower() if field.endswith("ations") else key, printed, report, formats.qualified_name, LABEL)
    else:
        report.invalid(here, f"{field} has no keys.", "only labels and annotations are read by key")


def check_resource_ref(ref: ResourceFieldSelector, path: Path, report: Report, *, volume: bool) -> None:
    """One resource of a container; ``volume``: files belong to no container, so it has to be named."""
    here = path.child("resource")
    if volume and not ref.container_name:
        report.required(path.child("containerName"), "A file does not know which container is meant.", "name one")
    elif not ref.resource:
        report.required(here, "resourceFieldRef names no resource.", "add resource: limits.cpu, say")
    elif ref.resource not in RESOURCES and not ref.resource.startswith(_HUGE_PAGES):
        report.unsupported(here, ref.resource, RESOURCES)
    _check_divisor(ref.resource, ref.divisor, path.child("divisor"), report)


def _check_divisor(resource: str, divisor: Quantity | None, path: Path, report: Report) -> None:
    if divisor is None or divisor.nano == 0:
        return
    if resource.endswith(".cpu"):
        choices = _CPU_DIVISORS
    elif resource in RESOURCES or resource.startswith(_HUGE_PAGES):
        choices = _BYTE_DIVISORS
    else:
        return
    if divisor.stored().text not in choices:
        mend = "use 1m or 1" if choices is _CPU_DIVISORS else "use 1, 1k, 1M, ..., 1Ki, 1Mi, ..."
        report.invalid(path, f"{resource} cannot be divided by {divisor}.", mend)
