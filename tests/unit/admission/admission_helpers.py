"""Clusters and objects from YAML text."""

from __future__ import annotations

from typing import Any

from kverify.api.decode import decode_all
from kverify.api.registry import AnyObject
from kverify.api.types.pod import Pod
from kverify.cluster import Bundle
from kverify.cluster.admission import Admission, Admitted, BundleView, Operation, admit
from kverify.cluster.references.existence import Boundary
from kverify.manifest import read_text


def view(cluster: str = "", *, closed: bool = False) -> BundleView:
    """The cluster that a text describes."""
    existing = objects(cluster, "cluster.yaml") if cluster else ()
    return BundleView(Bundle(existing=existing), Boundary(closed=closed))


def objects(text: str, file: str = "test.yaml") -> tuple[AnyObject, ...]:
    """The objects of a text; the API server may warn of them, but it takes them."""
    decoded = decode_all(read_text(text, file).documents)
    assert not any(diagnostic.refuses for diagnostic in decoded.diagnostics), decoded.diagnostics
    return decoded.objects


def one(text: str) -> AnyObject:
    (item,) = objects(text)
    return item


def pod(spec: str = "", container: str = "", meta: str = "") -> Pod:
    """A pod in namespace ``default``; ``spec`` goes into its spec, ``container`` into its only container."""
    item = one(
        f"""
apiVersion: v1
kind: Pod
metadata: {{name: p{meta}}}
spec:
  containers: [{{name: c, image: "i:1"{container}}}]
{spec}
"""
    )
    assert isinstance(item, Pod)
    return item


def answer(item: AnyObject, cluster: str = "", *, old: AnyObject | None = None, **options: Any) -> Admitted:
    """What admission makes of ``item`` in a cluster."""
    operation = Operation.CREATE if old is None else Operation.UPDATE
    closed = options.pop("closed", False)
    return admit(item, view(cluster, closed=closed), operation, old=old, **options)


def refusals(found: Admitted) -> list[tuple[str, int, str]]:
    """Plugin, code and field of everything that refuses."""
    return [(problem.plugin, problem.code, problem.path.text) for problem in found.refusals]


def admission(wanted: str, existing: str = "", previous: str = "", **options: Any) -> Admission:
    texts = ((wanted, "wanted.yaml"), (existing, "existing.yaml"), (previous, "previous.yaml"))
    return Admission(Bundle(*(objects(text, file) if text else () for text, file in texts)), **options)
