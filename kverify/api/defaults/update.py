"""What an update takes over from the stored object (``rest.BeforeUpdate`` and ``PrepareForUpdate`` of the strategies).

Both objects are defaulted and of one class.
"""

from __future__ import annotations

from typing import Any, TypeVar

import attrs

from kverify.api.object import KubeObject
from kverify.api.types.namespace import Namespace

T = TypeVar("T", bound=KubeObject)

SYSTEM_METADATA = ("uid", "creation_timestamp", "deletion_timestamp", "deletion_grace_period_seconds", "generation")


def keep_stored(new: T, old: KubeObject) -> T:
    """What no request changes: the metadata that the server writes, and the ``status``, which has its own endpoint."""
    metadata = attrs.evolve(new.metadata, **{name: getattr(old.metadata, name) for name in SYSTEM_METADATA})
    changed: dict[str, Any] = {"metadata": metadata}
    if hasattr(new, "status"):
        changed["status"] = old.status  # type: ignore[attr-defined]
    return attrs.evolve(new, **changed)


def prepare_namespace(new: Namespace, old: Namespace) -> Namespace:
    return attrs.evolve(new, spec=attrs.evolve(new.spec, finalizers=old.spec.finalizers))
