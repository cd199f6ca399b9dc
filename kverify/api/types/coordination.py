"""Leases (``coordination.k8s.io/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

from __future__ import annotations

from attrs import frozen

from kverify.api.base import Int32, MicroTime, Typed
from kverify.api.object import KubeObject


@frozen(kw_only=True, eq=False, repr=False)
class LeaseSpec(Typed):
    acquire_time: MicroTime | None = None
    holder_identity: str | None = None
    lease_duration_seconds: Int32 | None = None
    lease_transitions: Int32 | None = None
    preferred_holder: str | None = None
    renew_time: MicroTime | None = None
    strategy: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class Lease(KubeObject):
    api_version: str = "coordination.k8s.io/v1"
    kind: str = "Lease"
    spec: LeaseSpec = LeaseSpec()
