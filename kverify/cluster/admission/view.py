"""What admission looks up in the cluster: a read-only protocol, and its answers from a bundle.

The input is rarely the whole cluster. :meth:`ClusterView.presumes` says whether the absence of an object means
anything. A description of the cluster that has what every cluster has of a kind (the namespace ``default``, the class
``system-node-critical``) is taken to have all objects of that kind: what it lacks is not there. Of kinds of which no
cluster needs to have any, one is enough. Otherwise what is missing may be there.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Protocol, TypeVar

from attrs import field, frozen

from kverify.api.object import KubeObject
from kverify.api.registry import AnyObject
from kverify.api.types.quota import ResourceQuota
from kverify.cluster.admission.usage import Amounts, used_by
from kverify.cluster.bundle import Bundle
from kverify.cluster.objects import Key, key, key_of, namespace_of
from kverify.cluster.references.existence import GIVEN, OPEN, Boundary, Existence

K = TypeVar("K", bound=KubeObject)


class ClusterView(Protocol):
    """What is there at the moment of a request."""

    def find(self, kind: str, namespace: str, name: str) -> AnyObject | None:
        """The object of that name, or ``None``. Of cluster-scoped kinds the namespace is empty."""

    def of_kind(self, kind: type[K], namespace: str = "") -> tuple[K, ...]:
        """All objects of a kind, of one namespace if it has namespaces, in the order of the input."""

    def presumes(self, kind: str, namespace: str, name: str) -> bool:
        """Whether something that ``find`` does not know is taken to be there all the same."""

    def used(self, quota: ResourceQuota) -> Amounts:
        """What is charged to ``quota``, for every resource it names."""


@frozen(eq=False)
class BundleView:
    """The cluster as it is once everything wanted is there.

    In a closed world (``boundary``) nothing is presumed but what is declared. ``use`` replaces what is charged to a
    quota: while objects are admitted one after another it is not yet what all of them need.
    """

    bundle: Bundle
    boundary: Boundary = OPEN
    use: Mapping[Key, Amounts] = field(factory=dict)

    def find(self, kind: str, namespace: str, name: str) -> AnyObject | None:
        return self.bundle.find(kind, namespace, name)

    def of_kind(self, kind: type[K], namespace: str = "") -> tuple[K, ...]:
        rows = self._rows.get((kind.__name__, namespace), ())
        return tuple(row for row in rows if isinstance(row, kind))

    def presumes(self, kind: str, namespace: str, name: str) -> bool:
        if self._existence.given(key(kind, namespace, name)):
            return True
        # Namespaces are usually made apart from what lives in them, by somebody else.
        closed = self.boundary.closed and kind != "Namespace"
        return not closed and not self._complete(kind, namespace)

    def _complete(self, kind: str, namespace: str) -> bool:
        """The description of the cluster has all objects of a kind (in a namespace)."""
        everywhere = [name for given, name in GIVEN if given == kind]
        if not everywhere:
            return self.bundle.lists(kind, namespace)
        return any(key(kind, namespace, name) in self._existing for name in everywhere)

    @cached_property
    def _existing(self) -> frozenset[Key]:
        return frozenset(map(key_of, self.bundle.existing))

    def used(self, quota: ResourceQuota) -> Amounts:
        known = self.use.get(key_of(quota))
        return self._used[key_of(quota)] if known is None else known

    @cached_property
    def _existence(self) -> Existence:
        return Existence(self.bundle, self.boundary.externals)

    @cached_property
    def _rows(self) -> Mapping[tuple[str, str], tuple[AnyObject, ...]]:
        rows: dict[tuple[str, str], list[AnyObject]] = {}
        for item in self.bundle.objects:
            rows.setdefault((item.kind, namespace_of(item)), []).append(item)
        return {key: tuple(row) for key, row in rows.items()}

    @cached_property
    def _used(self) -> Mapping[Key, Amounts]:
        return used_by(self.bundle.objects, self.bundle.of_kind(ResourceQuota))
