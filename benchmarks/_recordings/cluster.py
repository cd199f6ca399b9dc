"""The cluster that was recorded, as far as its answers depend on it: empty, IPv4 only, with one custom kind."""

from __future__ import annotations

from benchmarks._recordings.allocation import allocate
from kverify.api.apply.custom import CustomKind
from kverify.api.apply.server import Server
from kverify.api.registry import AnyObject
from kverify.api.types.meta import ObjectMeta
from kverify.api.types.namespace import Namespace
from kverify.api.types.service import Service
from kverify.cluster import Bundle
from kverify.cluster.admission import BundleView, Operation, admit
from kverify.cluster.admission.wanted import diagnostic_of
from kverify.cluster.references.existence import Boundary
from kverify.manifest import Diagnostic, Severity

NOT_CONFIGURED = "The cluster has IPv4 alone."
NAMESPACE = "rec"
"""Where the recorder applied its manifests."""

VIEW = BundleView(
    Bundle(existing=(Namespace(metadata=ObjectMeta(name=NAMESPACE)), Namespace(metadata=ObjectMeta(name="default")))),
    Boundary(closed=True),
)
"""What admission finds there: the namespaces, and what every cluster has."""

_SPEC = {
    "type": "object",
    "properties": {
        "size": {"type": "integer"},
        "color": {"type": "string", "default": "blue"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "keyed": {
            "type": "array",
            "items": {"type": "object", "properties": {"name": {"type": "string"}, "v": {"type": "integer"}}},
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
    },
    "x-kubernetes-preserve-unknown-fields": True,
}
WIDGETS = {("rec.example.com/v1", "Widget"): CustomKind({"type": "object", "properties": {"spec": _SPEC}})}
"""The custom kind of the recording, as its answers show it."""


def answer(obj: AnyObject, old: AnyObject | None) -> tuple[AnyObject, tuple[Diagnostic, ...]]:
    """What the cluster makes of a valid object: admission, and what it allocates or cannot allocate."""
    operation = Operation.CREATE if old is None else Operation.UPDATE
    admitted = admit(obj, VIEW, operation, old=old)
    said = [diagnostic_of(obj, problem) for problem in admitted.problems]
    said += [
        Diagnostic(id="KV1310", severity=Severity.ERROR, message=NOT_CONFIGURED, span=obj.source.span(path), path=path)
        for path in _not_configured(obj)
    ]
    return allocate(admitted.object), tuple(said)


SERVER = Server(namespace=NAMESPACE, custom=WIDGETS, admit=answer)
"""The recorded API server."""


def _not_configured(obj: AnyObject) -> list[str]:
    """What a cluster with IPv4 alone cannot give (``initIPFamilyFields``)."""
    if not isinstance(obj, Service) or obj.spec.type == "ExternalName":
        return []
    spec = obj.spec
    paths = ["spec.ipFamilyPolicy"] if spec.ip_family_policy == "RequireDualStack" else []
    paths += [f"spec.ipFamilies[{i}]" for i, family in enumerate(spec.ip_families) if family == "IPv6"]
    if not spec.ip_families:
        paths += [f"spec.clusterIPs[{i}]" for i, ip in enumerate(spec.cluster_ips) if ip != "None" and ":" in ip]
    return paths
