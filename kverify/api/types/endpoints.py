"""Endpoints (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from kverify.api.base import Int32, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.types.references import ObjectReference


@frozen(kw_only=True, eq=False, repr=False)
class EndpointAddress(Typed):
    ATOMIC: ClassVar[bool] = True
    hostname: str | None = api_field(None, omit_zero=True)
    ip: str = ""
    node_name: str | None = None
    target_ref: ObjectReference | None = None


@frozen(kw_only=True, eq=False, repr=False)
class EndpointPort(Typed):
    ATOMIC: ClassVar[bool] = True
    app_protocol: str | None = None
    name: str | None = api_field(None, omit_zero=True)
    port: Int32 = 0
    protocol: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class EndpointSubset(Typed):
    addresses: tuple[EndpointAddress, ...] = ()
    not_ready_addresses: tuple[EndpointAddress, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class Endpoints(KubeObject):
    api_version: str = "v1"
    kind: str = "Endpoints"
    subsets: tuple[EndpointSubset, ...] = ()
