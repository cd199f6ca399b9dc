"""Defaults of role bindings (``pkg/apis/rbac/v1/defaults.go``)."""

from __future__ import annotations

from typing import TypeVar

import attrs

from kverify.api.types.rbac import ClusterRoleBinding, RoleBinding, Subject

B = TypeVar("B", RoleBinding, ClusterRoleBinding)

GROUP = "rbac.authorization.k8s.io"


def default_binding(obj: B) -> B:
    role = attrs.evolve(obj.role_ref, api_group=obj.role_ref.api_group or GROUP)
    return attrs.evolve(obj, role_ref=role, subjects=tuple(map(_subject, obj.subjects)))


def _subject(subject: Subject) -> Subject:
    grouped = subject.kind in ("User", "Group") and not subject.api_group
    return attrs.evolve(subject, api_group=GROUP) if grouped else subject
