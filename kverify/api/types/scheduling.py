"""Priority classes (``scheduling.k8s.io/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

from __future__ import annotations

from attrs import frozen

from kverify.api.base import Int32, api_field
from kverify.api.object import KubeObject


@frozen(kw_only=True, eq=False, repr=False)
class PriorityClass(KubeObject):
    api_version: str = "scheduling.k8s.io/v1"
    kind: str = "PriorityClass"
    description: str | None = api_field(None, omit_zero=True)
    global_default: bool | None = api_field(None, omit_zero=True)
    preemption_policy: str | None = None
    value: Int32 = 0
