"""Roles and bindings (``rbac.authorization.k8s.io/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from kverify.api.base import Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.types.meta import LabelSelector


@frozen(kw_only=True, eq=False, repr=False)
class AggregationRule(Typed):
    cluster_role_selectors: tuple[LabelSelector, ...] = ()
    pass


@frozen(kw_only=True, eq=False, repr=False)
class PolicyRule(Typed):
    api_groups: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = api_field((), json="nonResourceURLs")
    resource_names: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = api_field((), null=True)


@frozen(kw_only=True, eq=False, repr=False)
class ClusterRole(KubeObject):
    api_version: str = "rbac.authorization.k8s.io/v1"
    kind: str = "ClusterRole"
    aggregation_rule: AggregationRule | None = None
    rules: tuple[PolicyRule, ...] = api_field((), null=True)


@frozen(kw_only=True, eq=False, repr=False)
class RoleRef(Typed):
    ATOMIC: ClassVar[bool] = True
    kind: str = ""
    api_group: str = ""
    name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class Subject(Typed):
    ATOMIC: ClassVar[bool] = True
    kind: str = ""
    api_group: str | None = api_field(None, omit_zero=True)
    name: str = ""
    namespace: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class ClusterRoleBinding(KubeObject):
    api_version: str = "rbac.authorization.k8s.io/v1"
    kind: str = "ClusterRoleBinding"
    role_ref: RoleRef = RoleRef()
    subjects: tuple[Subject, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class Role(KubeObject):
    api_version: str = "rbac.authorization.k8s.io/v1"
    kind: str = "Role"
    rules: tuple[PolicyRule, ...] = api_field((), null=True)


@frozen(kw_only=True, eq=False, repr=False)
class RoleBinding(KubeObject):
    api_version: str = "rbac.authorization.k8s.io/v1"
    kind: str = "RoleBinding"
    role_ref: RoleRef = RoleRef()
    subjects: tuple[Subject, ...] = ()
