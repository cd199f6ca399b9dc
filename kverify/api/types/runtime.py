"""Runtime classes (``node.k8s.io/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.base import EMPTY, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.quantity import Quantity
from kverify.api.types.affinity import Toleration


@frozen(kw_only=True, eq=False, repr=False)
class RuntimeOverhead(Typed):
    pod_fixed: Mapping[str, Quantity] = api_field(EMPTY)
    pass


@frozen(kw_only=True, eq=False, repr=False)
class RuntimeScheduling(Typed):
    node_selector: Mapping[str, str] = api_field(EMPTY, map_type="atomic")
    tolerations: tuple[Toleration, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class RuntimeClass(KubeObject):
    api_version: str = "node.k8s.io/v1"
    kind: str = "RuntimeClass"
    handler: str = ""
    overhead: RuntimeOverhead | None = None
    scheduling: RuntimeScheduling | None = None
