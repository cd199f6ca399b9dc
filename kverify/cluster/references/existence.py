"""What answers a reference: objects of the input, what every cluster has, what controllers make, what is declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from attrs import field, frozen

from kverify.api.object import OtherObject
from kverify.api.registry import AnyObject
from kverify.api.types.apps import StatefulSet
from kverify.cluster.bundle import Bundle
from kverify.cluster.objects import Key, covers, key, namespace_of

GIVEN = frozenset(
    {
        ("PriorityClass", "system-cluster-critical"),
        ("PriorityClass", "system-node-critical"),
        ("ServiceAccount", "default"),
        ("ConfigMap", "kube-root-ca.crt"),
        *(("ClusterRole", name) for name in ("admin", "cluster-admin", "edit", "view")),
        *(("Namespace", name) for name in ("default", "kube-node-lease", "kube-public", "kube-system")),
    }
)
"""What every cluster (and every namespace of it) has without anybody asking."""

GIVEN_IN = frozenset(
    {
        ("Service", "default", "kubernetes"),
        ("ConfigMap", "kube-system", "extension-apiserver-authentication"),
        ("Role", "kube-system", "extension-apiserver-authentication-reader"),
    }
)
"""What every cluster has in one namespace: what the API server makes when it starts
(plugin/pkg/auth/authorizer/rbac/bootstrappolicy/namespace_policy.go, pkg/controlplane/controller)."""
_RESERVED = {"ClusterRole": ("",), "ClusterRoleBinding": ("",), "Role": ("kube-system", "kube-public")}
"""Where the API server makes roles of its own, whose names begin with ``system:``."""


@frozen(kw_only=True)
class External:
    """Objects that are declared to exist although the input does not have them. All but ``kind`` and ``reason`` are
    globs; ``kind`` is one kind, or ``*``."""

    kind: str
    reason: str
    namespace: str = "*"
    name: str = "*"

    def covers(self, target: Key) -> bool:
        return covers(target, self.kind, self.namespace, self.name)


@frozen(kw_only=True)
class Boundary:
    """Where the input ends. In a ``closed`` world everything that is named is in the input or declared external; in an
    open one, what is not there may have been made by somebody else before."""

    externals: tuple[External, ...] = ()
    closed: bool = False


OPEN = Boundary()


@frozen(eq=False)
class Existence:
    """Whether something exists after the apply, as far as the input says."""

    bundle: Bundle
    externals: Sequence[External] = field(default=())

    def find(self, target: Key) -> AnyObject | None:
        return self.bundle.get(target)

    def given(self, target: Key) -> bool:
        """There without being in the input: built in, made by an object of the input, or declared."""
        return (
            (target.kind, target.name) in GIVEN
            or (target.kind, target.namespace, target.name) in GIVEN_IN
            or (target.name.startswith("system:") and target.namespace in _RESERVED.get(target.kind, ()))
            or target in self._secrets
            or self._claimed(target)
            or any(external.covers(target) for external in self.externals)
        )

    @cached_property
    def _secrets(self) -> frozenset[Key]:
        """The Secrets that operators make for custom resources of the input."""
        return frozenset(made for item in self.bundle.objects for made in _secrets_of(item))

    @cached_property
    def _claims(self) -> Mapping[tuple[str, str], range]:
        """The claims that StatefulSets make: (namespace, name without its ordinal) to the ordinals."""
        return {
            (namespace_of(item), f"{template.metadata.name}-{item.metadata.name}"): _ordinals(item)
            for item in self.bundle.of_kind(StatefulSet)
            for template in item.spec.volume_claim_templates
        }

    def _claimed(self, target: Key) -> bool:
        name, _, ordinal = target.name.rpartition("-")
        known = self._claims.get((target.namespace, name), range(0))
        return target.kind == "PersistentVolumeClaim" and ordinal.isdecimal() and int(ordinal) in known


def _ordinals(item: StatefulSet) -> range:
    start = (item.spec.ordinals.start or 0) if item.spec.ordinals is not None else 0
    return range(start, start + (1 if item.spec.replicas is None else item.spec.replicas))


def _secrets_of(item: AnyObject) -> Iterator[Key]:
    if isinstance(item, OtherObject):
        paths = _SECRET_NAMES.get((item.api_version.partition("/")[0], item.kind), ())
        names = (name for path in paths if isinstance(name := _descend(item.content, path), str))
        for name in list(names)[:1]:
            yield key("Secret", namespace_of(item), name)


_OWN_NAME = ("metadata", "name")
_SECRET_NAMES: dict[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    ("cert-manager.io", "Certificate"): (("spec", "secretName"),),
    ("external-secrets.io", "ExternalSecret"): (("spec", "target", "name"), _OWN_NAME),
    ("bitnami.com", "SealedSecret"): (("spec", "template", "metadata", "name"), _OWN_NAME),
}
"""Operators that make Secrets, and where the Secret's name stands: the first of the places that has one."""


def _descend(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
