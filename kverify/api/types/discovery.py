"""Endpoint slices (``discovery.k8s.io/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import frozen

from kverify.api.base import EMPTY, Int32, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.types.references import ObjectReference


@frozen(kw_only=True, eq=False, repr=False)
class EndpointConditions(Typed):
    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ForZone(Typed):
    name: str = ""
    pass


@frozen(kw_only=True, eq=False, repr=False)
class ForNode(Typed):
    name: str = ""
    pass


@frozen(kw_only=True, eq=False, repr=False)
class EndpointHints(Typed):
    for_zones: tuple[ForZone, ...] = ()
    for_nodes: tuple[ForNode, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class Endpoint(Typed):
    addresses: tuple[str, ...] = api_field((), list_type="set", null=True)
    conditions: EndpointConditions = EndpointConditions()
    deprecated_topology: Mapping[str, str] = api_field(EMPTY)
    hints: EndpointHints | None = None
    hostname: str | None = None
    node_name: str | None = None
    target_ref: ObjectReference | None = None
    zone: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class EndpointPort(Typed):
    ATOMIC: ClassVar[bool] = True
    app_protocol: str | None = None
    name: str | None = None
    port: Int32 | None = None
    protocol: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class EndpointSlice(KubeObject):
    api_version: str = "discovery.k8s.io/v1"
    kind: str = "EndpointSlice"
    address_type: str = ""
    endpoints: tuple[Endpoint, ...] = api_field((), null=True)
    ports: tuple[EndpointPort, ...] = api_field((), null=True)
