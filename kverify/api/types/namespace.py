"""Namespaces (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

from __future__ import annotations

from attrs import frozen

from kverify.api.base import Time, Typed, api_field
from kverify.api.object import KubeObject


@frozen(kw_only=True, eq=False, repr=False)
class NamespaceSpec(Typed):
    finalizers: tuple[str, ...] = ()
    pass


@frozen(kw_only=True, eq=False, repr=False)
class NamespaceCondition(Typed):
    last_transition_time: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)
    status: str = ""
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class NamespaceStatus(Typed):
    conditions: tuple[NamespaceCondition, ...] = api_field(
        (), list_type="map", list_keys=("type",), patch="merge", merge_key="type"
    )
    phase: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class Namespace(KubeObject):
    api_version: str = "v1"
    kind: str = "Namespace"
    spec: NamespaceSpec = NamespaceSpec()
    status: NamespaceStatus = NamespaceStatus()
