"""Priority classes (``scheduling.k8s.io/v1``)."""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from attrs import field, frozen

from kverify.api.base import Int32
from kverify.api.meta import ObjectMeta
from kverify.api.source import NOWHERE, Source


@frozen(kw_only=True)
class PriorityClass:
    api_version: str = "scheduling.k8s.io/v1"
    kind: str = "PriorityClass"
    metadata: ObjectMeta = ObjectMeta()
    value: Int32 = 0
    global_default: bool | None = None
    description: str | None = None
    preemption_policy: str | None = None
    source: Source = field(default=NOWHERE, eq=False, repr=False)
