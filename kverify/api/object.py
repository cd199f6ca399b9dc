"""What every object has, of whatever kind: identity, metadata, and where it was written."""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from kverify.api.base import Typed, api_field
from kverify.api.source import NOWHERE, Source
from kverify.api.types.meta import ObjectMeta

if TYPE_CHECKING:
    from kverify.api.custom.kinds import CustomKind


@frozen(kw_only=True, eq=False, repr=False)
class KubeObject(Typed):
    """The base of every kind kverify has a class for."""

    api_version: str = ""
    kind: str = ""
    metadata: ObjectMeta = ObjectMeta()
    source: Source = field(default=NOWHERE, eq=False, repr=False)


@frozen(kw_only=True, eq=False, repr=False)
class OtherObject(Typed):
    """An object of a kind kverify has no class for: kept and listed as not modelled, never dropped."""

    api_version: str
    kind: str
    metadata: ObjectMeta
    source: Source = field(default=NOWHERE, eq=False, repr=False)
    content: Mapping[str, Any] = api_field({})
    """The whole object as plain values, for whoever looks into kinds that are not modelled."""
    custom: CustomKind | None = field(default=None, eq=False, repr=False)
    """What the definition of a custom kind says, when it is known. Such an object has been completed and validated."""
